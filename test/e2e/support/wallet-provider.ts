/**
 * A wallet for tests that keeps MetaMask's published rules, announced to a page by EIP-6963. Keys and decisions stay in this
 * process: the page has a pipe of messages and nothing else. One wallet serves all pages of a browser context.
 *
 * The rules, each of which a looser mock would hide: typed data only for the active chain; an added chain needs an unpadded
 * hex id, an https or loopback RPC that answers with that id, 18 decimals, a symbol of 1 to 6 characters, no unknown keys;
 * an unknown chain is refused before anybody is asked; custom chains estimate gas and pay type 0 where there is no base fee;
 * the next nonce is remembered per chain even when the chain begins anew.
 */
import { randomUUID } from 'node:crypto';
import type { BrowserContext, Page } from 'playwright-core';
import { createPublicClient, getAddress, type Hex, hexToBigInt, http, isAddress, toHex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

/** What a person is asked. Answer false to decline. */
export type Question = 'connect' | 'addChain' | 'switchChain' | 'signTypedData' | 'personalSign' | 'sendTransaction';

export interface WalletOptions {
  /** One account each, in order; the first is active. */
  readonly privateKeys: readonly Hex[];
  /** Decides for the person. @default yes to all */
  readonly confirm?: (question: Question, detail: Record<string, unknown>) => boolean | Promise<boolean>;
  /** What an unknown chain is answered with: MetaMask 4902, Enkrypt 4001. @default 4902 */
  readonly unknownChainCode?: 4902 | 4001;
}

/** One question. `params` are what the page sent, as it sent them. */
export interface Asked {
  readonly question: Question;
  readonly detail: Record<string, unknown>;
  readonly params: unknown;
}

export interface TestWallet {
  readonly addresses: readonly Hex[];
  /** Every question asked so far, in order. */
  readonly asked: Asked[];
  readonly chainId: Hex;
  /** Replaces the decision. */
  decide(confirm: NonNullable<WalletOptions['confirm']>): void;
  /** The person picks another account or chain in the wallet itself. */
  useAccount(index: number): void;
  useChain(chainId: Hex): void;
  /** While locked there are no accounts, and asking for them waits for `unlock`. */
  lock(): void;
  unlock(): void;
  /** Adds a network as the person would by hand. */
  knowChain(chainId: Hex, rpcUrl: string, symbol?: string): void;
  request(origin: string, call: { method: string; params?: unknown }): Promise<unknown>;
  subscribe(listener: (event: string, payload: unknown) => void): () => void;
}

interface KnownChain {
  readonly rpcUrl: string | undefined;
  readonly symbol: string;
}

class RpcError extends Error {
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

const UNPADDED_HEX = /^0x[1-9a-f][0-9a-f]*$/;
const MAX_CHAIN_ID = 4_503_599_627_370_476;
/** MetaMask's share of the block when an estimate fails: the transaction is still offered to the person. */
const FAILED_ESTIMATE_PERCENT = 35n;

const isAllowedUrl = (text: unknown): text is string => {
  if (typeof text !== 'string' || !URL.canParse(text)) return false;
  const { hostname, protocol } = new URL(text);
  return protocol === 'https:' || hostname === 'localhost' || hostname === '127.0.0.1';
};

export function createTestWallet(options: WalletOptions): TestWallet {
  const accounts = options.privateKeys.map((key) => privateKeyToAccount(key));
  const chains = new Map<Hex, KnownChain>([['0x1', { rpcUrl: undefined, symbol: 'ETH' }]]);
  const permitted = new Set<string>();
  const nextNonce = new Map<string, number>();
  const listeners = new Set<(event: string, payload: unknown) => void>();
  const asked: TestWallet['asked'] = [];
  const waiting: (() => void)[] = [];
  const pending = new Set<string>();
  let confirm = options.confirm ?? (() => true);
  let active = 0;
  let chainId: Hex = '0x1';
  let isLocked = false;

  const emit = (event: string, payload: unknown) => {
    for (const listener of listeners) listener(event, payload);
  };
  const account = () => accounts[active]!;
  const visible = (origin: string) =>
    permitted.has(origin) && !isLocked ? [account().address.toLowerCase() as Hex] : [];
  const client = () => {
    const { rpcUrl } = chains.get(chainId)!;
    if (!rpcUrl) throw new RpcError(-32603, `No endpoint for ${chainId}.`);
    return createPublicClient({ transport: http(rpcUrl, { retryCount: 0 }) });
  };
  async function ask(question: Question, detail: Record<string, unknown>, params: unknown = []): Promise<void> {
    asked.push({ question, detail, params });
    if (!(await confirm(question, detail))) throw new RpcError(4001, 'User rejected the request.');
  }
  function allowed(origin: string): void {
    if (visible(origin).length === 0) throw new RpcError(4100, 'The account has not been authorized by the user.');
  }
  function parseChainId(value: unknown): Hex {
    const id = String(value).toLowerCase();
    if (!UNPADDED_HEX.test(id)) throw new RpcError(-32602, `Expected an unpadded, non-zero hexadecimal chainId: ${id}`);
    if (Number(id) > MAX_CHAIN_ID) throw new RpcError(-32602, 'The chainId is too large.');
    return id as Hex;
  }
  function useChain(id: Hex): void {
    if (chainId === id) return;
    chainId = id;
    emit('chainChanged', id);
  }

  async function connect(origin: string): Promise<Hex[]> {
    if (visible(origin).length > 0) return visible(origin);
    if (pending.has(origin)) throw new RpcError(-32002, `Already processing eth_requestAccounts. Please wait.`);
    pending.add(origin);
    try {
      if (isLocked) await new Promise<void>((resolve) => waiting.push(resolve));
      if (!permitted.has(origin)) await ask('connect', { origin });
      permitted.add(origin);
      emit('accountsChanged', visible(origin));
      return visible(origin);
    } finally {
      pending.delete(origin);
    }
  }

  async function addChain(origin: string, value: unknown): Promise<null> {
    if (typeof value !== 'object' || value === null) throw new RpcError(-32602, 'Expected one object parameter.');
    const {
      chainId: wanted,
      chainName,
      rpcUrls,
      nativeCurrency = null,
      blockExplorerUrls = null,
      iconUrls: _icons,
      ...rest
    } = value as Record<string, unknown>;
    if (Object.keys(rest).length > 0) throw new RpcError(-32602, `Unsupported keys: ${Object.keys(rest)}`);
    const id = parseChainId(wanted);
    const rpcUrl = Array.isArray(rpcUrls) ? rpcUrls.find(isAllowedUrl) : undefined;
    if (!rpcUrl) throw new RpcError(-32602, 'Expected at least one https or loopback URL in rpcUrls.');
    if (blockExplorerUrls !== null && !(Array.isArray(blockExplorerUrls) && blockExplorerUrls.some(isAllowedUrl)))
      throw new RpcError(-32602, 'Expected null or at least one https URL in blockExplorerUrls.');
    if (typeof chainName !== 'string' || chainName === '') throw new RpcError(-32602, 'Expected a chainName.');
    let symbol = 'UNKNOWN';
    if (nativeCurrency !== null) {
      const currency = nativeCurrency as { decimals?: unknown; symbol?: unknown };
      if (currency.decimals !== 18) throw new RpcError(-32602, 'Expected 18 decimals.');
      if (typeof currency.symbol !== 'string' || currency.symbol.length < 1 || currency.symbol.length > 6)
        throw new RpcError(-32602, 'Expected a symbol of 1 to 6 characters.');
      symbol = currency.symbol;
    }
    const known = chains.get(id);
    if (known && known.symbol !== symbol) throw new RpcError(-32602, 'The symbol does not match the known network.');
    const answered = await createPublicClient({ transport: http(rpcUrl, { retryCount: 0 }) })
      .getChainId()
      .catch(() => {
        throw new RpcError(-32603, `Request for eth_chainId on ${rpcUrl} failed.`);
      });
    if (toHex(answered) !== id) throw new RpcError(-32602, `The chain at ${rpcUrl} is not ${id}.`);
    await ask('addChain', { origin, chainId: id, rpcUrl, chainName, symbol }, [value]);
    chains.set(id, { rpcUrl, symbol });
    useChain(id);
    return null;
  }

  async function switchChain(origin: string, value: unknown): Promise<null> {
    const id = parseChainId((value as { chainId?: unknown } | undefined)?.chainId);
    if (!chains.has(id)) throw new RpcError(options.unknownChainCode ?? 4902, `Unrecognized chain ID "${id}".`);
    if (chainId !== id) await ask('switchChain', { origin, chainId: id }, [value]);
    useChain(id);
    return null;
  }

  async function signTypedData(origin: string, [from, json]: unknown[]): Promise<Hex> {
    allowed(origin);
    if (!isAddress(String(from)) || getAddress(String(from)) !== account().address)
      throw new RpcError(4100, 'That account is not active.');
    const data = (typeof json === 'string' ? JSON.parse(json) : json) as {
      types: Record<string, { name: string; type: string }[]>;
      primaryType: string;
      domain: { chainId?: string | number };
      message: Record<string, unknown>;
    };
    if (data.domain.chainId !== undefined && Number(data.domain.chainId) !== Number(chainId))
      throw new RpcError(-32603, `Chain ${data.domain.chainId} must match the active chain ${Number(chainId)}.`);
    await ask('signTypedData', { origin, primaryType: data.primaryType, message: data.message }, [from, json]);
    const { EIP712Domain: _domain, ...types } = data.types;
    return account().signTypedData({ ...data, types } as Parameters<ReturnType<typeof account>['signTypedData']>[0]);
  }

  async function sendTransaction(origin: string, [value]: unknown[]): Promise<Hex> {
    allowed(origin);
    const asks = value as { from: Hex; to?: Hex; data?: Hex; value?: Hex; gas?: Hex; chainId?: Hex };
    if (getAddress(asks.from) !== account().address) throw new RpcError(4100, 'That account is not active.');
    if (asks.chainId && asks.chainId.toLowerCase() !== chainId)
      throw new RpcError(-32602, 'The chainId differs from the active network.');
    const node = client();
    const amount = asks.value ? hexToBigInt(asks.value) : 0n;
    const block = await node.getBlock();
    const isLegacy = block.baseFeePerGas === null || block.baseFeePerGas === undefined;
    let gas = asks.gas && hexToBigInt(asks.gas);
    if (!gas) {
      const cap = (block.gasLimit * 90n) / 100n;
      try {
        const estimate = await node.estimateGas({
          account: account().address,
          ...(asks.to && { to: asks.to }),
          ...(asks.data && { data: asks.data }),
          value: amount,
        });
        const padded = (estimate * 3n) / 2n;
        gas = estimate > cap ? estimate : padded < cap ? padded : cap;
      } catch {
        gas = (block.gasLimit * FAILED_ESTIMATE_PERCENT) / 100n;
      }
    }
    const onChain = await node.getTransactionCount({ address: account().address, blockTag: 'pending' });
    const key = `${chainId}:${account().address}`;
    const nonce = Math.max(onChain, nextNonce.get(key) ?? 0);
    await ask('sendTransaction', { origin, to: asks.to, value: amount, data: asks.data, gas, nonce }, [value]);
    const common = {
      chainId: Number(chainId),
      nonce,
      gas,
      value: amount,
      ...(asks.to && { to: asks.to }),
      ...(asks.data && { data: asks.data }),
    };
    const serializedTransaction = isLegacy
      ? await account().signTransaction({ ...common, type: 'legacy', gasPrice: await node.getGasPrice() })
      : await account().signTransaction({ ...common, type: 'eip1559', ...(await node.estimateFeesPerGas()) });
    const hash = await node.sendRawTransaction({ serializedTransaction });
    nextNonce.set(key, nonce + 1);
    return hash;
  }

  async function request(origin: string, call: { method: string; params?: unknown }): Promise<unknown> {
    const params = (Array.isArray(call.params) ? call.params : call.params ? [call.params] : []) as unknown[];
    switch (call.method) {
      case 'eth_accounts':
        return visible(origin);
      case 'eth_requestAccounts':
        return connect(origin);
      case 'wallet_requestPermissions':
        await connect(origin);
        return [{ parentCapability: 'eth_accounts', invoker: origin, caveats: [] }];
      case 'wallet_getPermissions':
        return permitted.has(origin) ? [{ parentCapability: 'eth_accounts', invoker: origin, caveats: [] }] : [];
      case 'wallet_revokePermissions':
        permitted.delete(origin);
        emit('accountsChanged', []);
        return null;
      case 'eth_chainId':
        return chainId;
      case 'net_version':
        return String(Number(chainId));
      case 'wallet_addEthereumChain':
        return addChain(origin, params[0]);
      case 'wallet_switchEthereumChain':
        return switchChain(origin, params[0]);
      case 'eth_signTypedData_v4':
        return signTypedData(origin, params);
      case 'eth_sendTransaction':
        return sendTransaction(origin, params);
      case 'personal_sign':
        allowed(origin);
        await ask('personalSign', { origin, data: params[0] }, params);
        return account().signMessage({ message: { raw: params[0] as Hex } });
      case 'wallet_getCapabilities':
        return {};
      case 'wallet_sendCalls':
        throw new RpcError(5710, `EIP-7702 is not supported on ${chainId}.`);
      default:
        if (/^(eth|net|web3)_/.test(call.method) && !/^eth_sign/.test(call.method))
          return client().request({ method: call.method, params } as never);
        throw new RpcError(4200, `The method "${call.method}" is not available.`);
    }
  }

  return {
    addresses: accounts.map(({ address }) => address),
    asked,
    get chainId() {
      return chainId;
    },
    decide: (next) => {
      confirm = next;
    },
    useAccount: (index) => {
      active = index;
      if (!isLocked && permitted.size > 0) emit('accountsChanged', [account().address.toLowerCase()]);
    },
    useChain,
    lock: () => {
      isLocked = true;
      emit('accountsChanged', []);
    },
    unlock: () => {
      isLocked = false;
      for (const go of waiting.splice(0)) go();
      if (permitted.size > 0) emit('accountsChanged', [account().address.toLowerCase()]);
    },
    knowChain: (id, rpcUrl, symbol = 'CHI') => void chains.set(id, { rpcUrl, symbol }),
    request,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/**
 * Announces `wallet` to every page of `context` opened from now on; call it once per wallet.
 * @param named how the wallet presents itself; `legacy` also sets `window.ethereum`
 */
export async function announceWallet(
  context: BrowserContext,
  wallet: TestWallet,
  { name = 'Test Wallet', rdns = 'test.wallet', legacy = false } = {},
): Promise<void> {
  const pipe = `__wallet_${randomUUID().replaceAll('-', '')}`;
  const pages = new Set<Page>();
  const watch = (page: Page) => {
    pages.add(page);
    page.once('close', () => pages.delete(page));
  };
  for (const page of context.pages()) watch(page);
  context.on('page', watch);
  await context.exposeBinding(pipe, async ({ frame }, call: { method: string; params?: unknown }) => {
    try {
      return { result: await wallet.request(new URL(frame.url()).origin, call) };
    } catch (error) {
      const { code = -32603, message } = error as { code?: number; message: string };
      return { error: { code, message } };
    }
  });
  const stop = wallet.subscribe((event, payload) => {
    for (const page of pages) {
      page
        .evaluate(
          ([pipe, event, payload]) => {
            (globalThis as never as Record<string, (event: string, payload: unknown) => void>)[`${pipe}_emit`]?.(
              event as string,
              payload,
            );
          },
          [pipe, event, payload] as const,
        )
        // A page that is on its way to another address hears the news from the wallet itself when it asks.
        .catch(() => {});
    }
  });
  context.once('close', stop);
  await context.addInitScript(
    ({ pipe, uuid, name, rdns, legacy }) => {
      const scope = globalThis as never as Record<string, unknown> & EventTarget;
      const listeners = new Map<string, Set<(payload: unknown) => void>>();
      const provider = Object.freeze({
        isMetaMask: true,
        async request(call: { method: string; params?: unknown }) {
          const send = scope[pipe] as (call: unknown) => Promise<{ result?: unknown; error?: { code: number } }>;
          const { result, error } = await send(JSON.parse(JSON.stringify(call)));
          if (error) throw Object.assign(new Error((error as { message?: string }).message), error);
          return result;
        },
        on(event: string, listener: (payload: unknown) => void) {
          listeners.set(event, (listeners.get(event) ?? new Set()).add(listener));
          return provider;
        },
        removeListener(event: string, listener: (payload: unknown) => void) {
          listeners.get(event)?.delete(listener);
          return provider;
        },
      });
      Object.defineProperty(scope, `${pipe}_emit`, {
        value: (event: string, payload: unknown) => {
          for (const listener of listeners.get(event) ?? []) listener(payload);
        },
      });
      if (legacy) scope.ethereum = provider;
      const icon =
        "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'%3E%3Crect width='8' height='8' rx='2' fill='%23f6851b'/%3E%3C/svg%3E";
      const detail = Object.freeze({ info: Object.freeze({ uuid, name, rdns, icon }), provider });
      const announce = () => scope.dispatchEvent(new CustomEvent('eip6963:announceProvider', { detail }));
      scope.addEventListener('eip6963:requestProvider', announce);
      announce();
    },
    { pipe, uuid: randomUUID(), name, rdns, legacy },
  );
}
