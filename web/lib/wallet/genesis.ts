/**
 * Two chains may carry the same number: a development chain that began anew, or a wallet that asks another node. Block 0 tells
 * them apart. A wallet that remembers the old chain sends a nonce nobody waits for, and its transaction hangs without a word,
 * so the page says what to press. State: the hash of block 0 that was seen last, in local storage.
 */
import type { Provider } from './switch.ts';

const KEY = 'chiral.genesis';

export type GenesisVerdict =
  | { readonly kind: 'same' }
  /** The wallet asks a node of another chain with our number. */
  | { readonly kind: 'elsewhere'; readonly ours: string; readonly wallets: string }
  /** The chain began anew since this browser saw it last. */
  | { readonly kind: 'restarted'; readonly ours: string; readonly remembered: string };

/** @param wallets block 0 as the wallet's node has it; undefined when it cannot be asked */
export function judgeGenesis(
  ours: string | undefined,
  wallets: string | undefined,
  remembered: string | null,
): GenesisVerdict {
  if (ours && wallets && ours !== wallets) return { kind: 'elsewhere', ours, wallets };
  const current = ours ?? wallets;
  if (current && remembered && current !== remembered) return { kind: 'restarted', ours: current, remembered };
  return { kind: 'same' };
}

export async function genesisHash(provider: Provider): Promise<string | undefined> {
  try {
    const block = await provider.request({ method: 'eth_getBlockByNumber', params: ['0x0', false] });
    const { hash } = (block ?? {}) as { hash?: unknown };
    return typeof hash === 'string' ? hash.toLowerCase() : undefined;
  } catch {
    return undefined;
  }
}

export const rememberedGenesis = (): string | null => localStorage.getItem(KEY);
export const rememberGenesis = (hash: string): void => localStorage.setItem(KEY, hash);

/** Compares, and remembers the first hash ever seen. */
export async function checkGenesis(ours: Provider | undefined, wallet: Provider | undefined): Promise<GenesisVerdict> {
  const [here, there] = await Promise.all([ours && genesisHash(ours), wallet && genesisHash(wallet)]);
  const remembered = rememberedGenesis();
  const seen = here ?? there;
  if (!remembered && seen) rememberGenesis(seen);
  return judgeGenesis(here, there, remembered);
}
