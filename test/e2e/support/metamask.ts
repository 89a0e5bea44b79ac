/**
 * A wallet for pages under test: EIP-1193 with MetaMask's rules, announced by EIP-6963, its key outside the page. What the
 * user answers to each question is the test's to say. It was written from MetaMask's behaviour as docs of the project record it
 * (facts about add-chain, switch-chain, typed data); it is no mock that says yes to everything.
 *
 * State: networks it knows, the active one, the accounts it shows, and every question it asked.
 */
import { JsonRpcProvider, Network, Wallet } from 'ethers';
import type { BrowserContext } from 'playwright-core';

export type Question = 'connect' | 'add-chain' | 'switch-chain' | 'transaction' | 'sign';
export type Answer = 'yes' | 'no';

export interface TestWallet {
  readonly address: string;
  /** Every question that the user saw, in order. */
  readonly questions: Question[];
  /** What the user says; yes to all by default. */
  answer: (question: Question) => Answer | Promise<Answer>;
  isLocked: boolean;
  readonly activeChainId: number;
  /** Hashes of what it sent. */
  readonly sent: string[];
}

export interface TestWalletOptions {
  readonly key: string;
  readonly name?: string;
  /** Networks it begins with; the first is active. */
  readonly networks: readonly { readonly chainId: number; readonly rpcUrl: string }[];
  /** For an unknown chain some wallets say 4001 instead of 4902. */
  readonly unknownChainCode?: 4902 | 4001;
}

class RpcError extends Error {
  readonly code: number;
  readonly data: unknown;
  constructor(code: number, message: string, data?: unknown) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

const rejected = () => new RpcError(4001, 'MetaMask Tx Signature: User denied transaction signature.');
const toHex = (value: number | bigint) => `0x${value.toString(16)}`;

/** Announces the wallet in every page of `context` that is opened from now on. */
export async function addWallet(context: BrowserContext, options: TestWalletOptions): Promise<TestWallet> {
  const { key, name = 'Test Wallet', unknownChainCode = 4902 } = options;
  const networks = new Map(options.networks.map(({ chainId, rpcUrl }) => [chainId, rpcUrl]));
  let active = options.networks[0]!.chainId;
  const signer = new Wallet(key);
  const connected = new Set<string>();
  const wallet: TestWallet & { isLocked: boolean } = {
    address: signer.address,
    questions: [],
    answer: () => 'yes',
    isLocked: false,
    get activeChainId() {
      return active;
    },
    sent: [],
  };
  const ask = async (question: Question) => {
    wallet.questions.push(question);
    if ((await wallet.answer(question)) === 'no') throw rejected();
  };
  const providerOf = (chainId: number) => {
    const network = Network.from(chainId);
    return new JsonRpcProvider(networks.get(chainId)!, network, { staticNetwork: network, cacheTimeout: -1 });
  };

  async function request(origin: string, method: string, params: unknown[]): Promise<unknown> {
    const isConnected = connected.has(origin) && !wallet.isLocked;
    switch (method) {
      case 'eth_chainId':
        return toHex(active);
      case 'net_version':
        return String(active);
      case 'eth_accounts':
        return isConnected ? [signer.address.toLowerCase()] : [];
      case 'eth_requestAccounts':
        if (!isConnected) await ask('connect');
        wallet.isLocked = false;
        connected.add(origin);
        return [signer.address.toLowerCase()];
      case 'wallet_switchEthereumChain': {
        const chainId = Number((params[0] as { chainId: string }).chainId);
        if (!networks.has(chainId)) throw new RpcError(unknownChainCode, 'Unrecognized chain ID.');
        if (chainId === active) return null;
        await ask('switch-chain');
        active = chainId;
        return null;
      }
      case 'wallet_addEthereumChain': {
        const chainId = checkAddChain(params[0]);
        if (!networks.has(chainId)) {
          await ask('add-chain');
          networks.set(chainId, (params[0] as { rpcUrls: string[] }).rpcUrls[0]!);
        }
        if (chainId !== active) await ask('switch-chain');
        active = chainId;
        return null;
      }
      case 'eth_sendTransaction': {
        if (!isConnected) throw new RpcError(4100, 'The requested account and/or method has not been authorized.');
        const { from, to, data, value, gas } = params[0] as Record<string, string | undefined>;
        if (from?.toLowerCase() !== signer.address.toLowerCase())
          throw new RpcError(4100, 'The requested account has not been authorized by the user.');
        await ask('transaction');
        const provider = providerOf(active);
        try {
          const sent = await signer.connect(provider).sendTransaction({
            to: to ?? null,
            data: data ?? '0x',
            value: BigInt(value ?? 0),
            ...(gas && { gasLimit: BigInt(gas) }),
          });
          wallet.sent.push(sent.hash);
          return sent.hash;
        } catch (error) {
          throw new RpcError(-32603, (error as Error).message);
        } finally {
          provider.destroy();
        }
      }
      case 'eth_signTypedData_v4': {
        if (!isConnected) throw new RpcError(4100, 'The requested account has not been authorized.');
        const { domain, types, message } = JSON.parse(String(params[1]));
        if (domain.chainId !== undefined && Number(domain.chainId) !== active)
          throw new RpcError(-32603, `Provided chainId "${domain.chainId}" must match the active chainId "${active}"`);
        await ask('sign');
        const { EIP712Domain: _domain, ...rest } = types;
        return signer.signTypedData(domain, rest, message);
      }
      default: {
        if (method.startsWith('wallet_')) throw new RpcError(-32601, `The method "${method}" does not exist.`);
        const provider = providerOf(active);
        try {
          return await provider.send(method, params);
        } catch (error) {
          const { code = -32603, message } = ((error as { error?: { code?: number; message: string } }).error ??
            error) as { code?: number; message: string };
          throw new RpcError(typeof code === 'number' ? code : -32603, message);
        } finally {
          provider.destroy();
        }
      }
    }
  }

  const door = `wallet_${Math.random().toString(36).slice(2)}`;
  await context.exposeBinding(door, async ({ frame }, method: string, params: unknown[]) => {
    try {
      return { result: await request(new URL(frame.url()).origin, method, params ?? []) };
    } catch (error) {
      if (error instanceof RpcError) return { error: { code: error.code, message: error.message, data: error.data } };
      throw error;
    }
  });
  await context.addInitScript(
    ({ door, name, uuid }) => {
      const listeners = new Map<string, Set<(value: unknown) => void>>();
      const say = (event: string, value: unknown) => {
        for (const listener of listeners.get(event) ?? []) listener(value);
      };
      let lastChain: unknown;
      let lastAccounts = '';
      const call = (globalThis as unknown as Record<string, (method: string, params: unknown) => Promise<unknown>>)[
        door
      ]!;
      const raw = async (method: string, params?: unknown) => {
        const { result, error } = (await call(method, params)) as {
          result?: unknown;
          error?: { code: number; message: string; data?: unknown };
        };
        if (error) throw Object.assign(new Error(error.message), { code: error.code, data: error.data });
        return result;
      };
      const provider = {
        isMetaMask: true,
        async request({ method, params }: { method: string; params?: unknown }) {
          const result = await raw(method, params);
          const chain = await raw('eth_chainId');
          if (lastChain !== undefined && chain !== lastChain) say('chainChanged', chain);
          lastChain = chain;
          const accounts = (await raw('eth_accounts')) as string[];
          if (accounts.join() !== lastAccounts) say('accountsChanged', accounts);
          lastAccounts = accounts.join();
          return result;
        },
        on(event: string, listener: (value: unknown) => void) {
          listeners.set(event, (listeners.get(event) ?? new Set()).add(listener));
          return provider;
        },
        removeListener(event: string, listener: (value: unknown) => void) {
          listeners.get(event)?.delete(listener);
          return provider;
        },
      };
      const detail = Object.freeze({
        info: {
          uuid,
          name,
          icon: 'data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>',
          rdns: `test.${name.toLowerCase().replace(/\W+/g, '')}`,
        },
        provider,
      });
      const page = globalThis as unknown as EventTarget;
      const announce = () => page.dispatchEvent(new CustomEvent('eip6963:announceProvider', { detail }));
      page.addEventListener('eip6963:requestProvider', announce);
      announce();
      Object.assign(globalThis, { testWallet: provider });
    },
    { door, name, uuid: crypto.randomUUID() },
  );
  return wallet;
}

/** MetaMask's rules for wallet_addEthereumChain. @returns the chain id */
function checkAddChain(parameter: unknown): number {
  const fail = (message: string) => new RpcError(-32602, message);
  if (typeof parameter !== 'object' || parameter === null) throw fail('Expected single, object parameter.');
  const known = ['chainId', 'chainName', 'nativeCurrency', 'rpcUrls', 'blockExplorerUrls', 'iconUrls'];
  for (const key of Object.keys(parameter)) {
    if (!known.includes(key)) throw fail(`Received unexpected keys on object parameter. Unsupported keys: ${key}`);
  }
  const { chainId, rpcUrls, nativeCurrency, chainName, blockExplorerUrls } = parameter as Record<string, unknown>;
  if (typeof chainId !== 'string' || !/^0x(?:0|[1-9a-f][0-9a-f]*)$/i.test(chainId))
    throw fail("Expected 0x-prefixed, unpadded, non-zero hexadecimal string 'chainId'.");
  if (typeof chainName !== 'string' || chainName === '') throw fail("Expected non-empty string 'chainName'.");
  const isFit = (url: unknown) =>
    typeof url === 'string' &&
    URL.canParse(url) &&
    (new URL(url).protocol === 'https:' || ['localhost', '127.0.0.1'].includes(new URL(url).hostname));
  if (!Array.isArray(rpcUrls) || !rpcUrls.some(isFit))
    throw fail("Expected an array with at least one valid string HTTPS url 'rpcUrls'.");
  if (blockExplorerUrls !== undefined && blockExplorerUrls !== null) {
    if (!Array.isArray(blockExplorerUrls) || blockExplorerUrls.length === 0)
      throw fail("Expected null or array with at least one valid string HTTPS URL 'blockExplorerUrl'.");
  }
  const { symbol, decimals } = (nativeCurrency ?? {}) as Record<string, unknown>;
  if (decimals !== 18) throw fail("Expected the number 18 for 'nativeCurrency.decimals'.");
  if (typeof symbol !== 'string' || symbol.length < 1 || symbol.length > 6)
    throw fail("Expected 1-6 character string 'nativeCurrency.symbol'.");
  return Number(chainId);
}
