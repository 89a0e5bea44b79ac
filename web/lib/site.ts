/**
 * What the place that served the page says about the network: `/chiral.json`, answered by a node, or put there by whoever hosts
 * the page as files. It is a hint and no more: nodes named in it are asked for signed records, and the chain's identity is checked
 * against what this browser remembers. Pure but for the fetch.
 */
import { CHAIN_ID } from './wallet/chain.ts';

export interface Site {
  /** Nodes to begin with: multiaddrs or web addresses. */
  readonly bootstrap: readonly string[];
  /** JSON-RPC of the chain, for reads and for wallets. */
  readonly rpcUrl?: string;
  readonly chainId: number;
  readonly contract?: string;
  /** Contract of one payment to many, if the network has it. */
  readonly payments?: string;
}

export const EMPTY_SITE: Site = { bootstrap: [], chainId: CHAIN_ID };
/** The page does not wait longer than this for a hint, milliseconds. */
const TIMEOUT_MS = 4_000;
const MAX_NODES = 32;

const isAddress = (value: unknown): value is string => typeof value === 'string' && /^0x[0-9a-fA-F]{40}$/.test(value);

/** Whatever was answered → a site; what is not understood is left out. */
export function parseSite(value: unknown): Site {
  if (typeof value !== 'object' || value === null) return EMPTY_SITE;
  const { bootstrap, rpcUrl, chainId, contract, payments } = value as Record<string, unknown>;
  return {
    bootstrap: Array.isArray(bootstrap)
      ? bootstrap.filter((node): node is string => typeof node === 'string' && node.length < 512).slice(0, MAX_NODES)
      : [],
    chainId: typeof chainId === 'number' && Number.isSafeInteger(chainId) && chainId > 0 ? chainId : CHAIN_ID,
    ...(typeof rpcUrl === 'string' && URL.canParse(rpcUrl) && { rpcUrl }),
    ...(isAddress(contract) && { contract }),
    ...(isAddress(payments) && { payments }),
  };
}

export async function askSite(origin: string): Promise<Site> {
  try {
    const response = await fetch(`${origin}/chiral.json`, {
      signal: AbortSignal.timeout(TIMEOUT_MS),
      cache: 'no-store',
    });
    return response.ok ? parseSite(await response.json()) : EMPTY_SITE;
  } catch {
    return EMPTY_SITE;
  }
}
