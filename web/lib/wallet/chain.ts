/**
 * The chain as a wallet must be told of it, and what may be told. Pure.
 * MetaMask wants an unpadded hex id, an endpoint over https or on exactly localhost or 127.0.0.1, and no explorer rather than an empty list.
 */
export const CHAIN_ID = 98765;
export const CHAIN_ID_HEX = '0x181cd';
export const CHAIN_NAME = 'Chiral';
export const CURRENCY = { name: 'Chiral', symbol: 'CHI', decimals: 18 } as const;

export interface AddChainParameter {
  readonly chainId: string;
  readonly chainName: string;
  readonly nativeCurrency: typeof CURRENCY;
  readonly rpcUrls: readonly string[];
}

export const addChainParameter = (rpcUrl: string): AddChainParameter => ({
  chainId: CHAIN_ID_HEX,
  chainName: CHAIN_NAME,
  nativeCurrency: CURRENCY,
  rpcUrls: [rpcUrl],
});

/** Whether a wallet would take this endpoint. */
export function isWalletEndpoint(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || (protocol === 'http:' && (hostname === 'localhost' || hostname === '127.0.0.1'));
}

/** `eth_chainId` of any wallet → number; some answer decimal numbers, some padded hex. */
export function parseChainId(value: unknown): number | undefined {
  const id = typeof value === 'string' || typeof value === 'number' ? Number(value) : Number.NaN;
  return Number.isSafeInteger(id) && id > 0 ? id : undefined;
}
