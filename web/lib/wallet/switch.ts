/**
 * Brings a wallet to the Chiral network with one press: switch, and where that fails for any reason that is not clearly the
 * person's, add. Wallets disagree on how they refuse an unknown chain: MetaMask says 4902, others 4001 as if somebody had declined,
 * which nobody can have done when the answer came at once.
 */
import { AppError } from '@chiral/protocol/errors';
import { addChainParameter, CHAIN_ID, CHAIN_ID_HEX, isWalletEndpoint, parseChainId } from './chain.ts';

/** EIP-1193, as far as it is used here. */
export interface Provider {
  request(call: { method: string; params?: unknown }): Promise<unknown>;
}

/** Nobody reads a question and declines it faster than this, milliseconds. */
export const FASTEST_PERSON_MS = 500;

export type Refusal = 'declined' | 'unknownChain' | 'busy' | 'locked' | 'other';

const codeOf = (error: unknown): number | undefined => {
  if (typeof error !== 'object' || error === null) return undefined;
  const { code, data, cause } = error as { code?: unknown; data?: { originalError?: unknown }; cause?: unknown };
  // Mobile wallets hide the true answer inside an internal error.
  const inner = codeOf(data?.originalError) ?? codeOf(cause);
  return inner ?? (typeof code === 'number' ? code : undefined);
};

/** What a wallet's error means. @param tookMs from the question to the answer */
export function readRefusal(error: unknown, tookMs: number): Refusal {
  switch (codeOf(error)) {
    case 4001:
      return tookMs < FASTEST_PERSON_MS ? 'unknownChain' : 'declined';
    case 4902:
      return 'unknownChain';
    case -32002:
      return 'busy';
    case 4100:
      return 'locked';
    default:
      return 'other';
  }
}

/** @param reason shown to developers; the page says its own words by the code */
export const declined = (reason: string, cause?: unknown) =>
  new AppError('CANCELLED', reason, { wallet: true }, { cause });

/** The wallet has a question open already. */
export const isBusy = (error: unknown): boolean => codeOf(error) === -32002;

async function isThere(provider: Provider): Promise<boolean> {
  return parseChainId(await provider.request({ method: 'eth_chainId' })) === CHAIN_ID;
}

/**
 * The wallet is on the Chiral network when this resolves.
 * @param rpcUrl what a wallet that does not know the network is told
 * @throws CANCELLED (`details.wallet`) the person declined; TOO_MANY a question waits in the wallet; WRONG_CHAIN it could not be done
 */
export async function ensureChain(
  provider: Provider,
  rpcUrl: string | undefined,
  now: () => number = () => performance.now(),
): Promise<void> {
  if (await isThere(provider)) return;
  const refused = await attempt(provider, 'wallet_switchEthereumChain', { chainId: CHAIN_ID_HEX }, now);
  if (refused) {
    if (refused.refusal === 'declined') throw declined('The change of network was declined.', refused.error);
    if (refused.refusal === 'busy') throw new AppError('TOO_MANY', 'A question is open in the wallet.');
    if (!rpcUrl || !isWalletEndpoint(rpcUrl))
      throw new AppError('WRONG_CHAIN', 'The wallet does not know the network, and takes no such endpoint.', {
        ...(rpcUrl && { rpcUrl }),
      });
    const alsoRefused = await attempt(provider, 'wallet_addEthereumChain', addChainParameter(rpcUrl), now);
    if (alsoRefused) {
      // Only a person answers 4001 here: the call is known to every wallet that got this far.
      if (codeOf(alsoRefused.error) === 4001) throw declined('The network was declined.', alsoRefused.error);
      if (alsoRefused.refusal === 'busy') throw new AppError('TOO_MANY', 'A question is open in the wallet.');
      throw new AppError(
        'WRONG_CHAIN',
        `The wallet did not take the network: ${(alsoRefused.error as Error).message}`,
        { rpcUrl },
        { cause: alsoRefused.error },
      );
    }
  }
  if (await isThere(provider)) return;
  // Some wallets add and stay where they are.
  const stayed = await attempt(provider, 'wallet_switchEthereumChain', { chainId: CHAIN_ID_HEX }, now);
  if (stayed && codeOf(stayed.error) === 4001) throw declined('The change of network was declined.', stayed.error);
  if (!(await isThere(provider))) throw new AppError('WRONG_CHAIN', 'The wallet stayed on another network.');
}

async function attempt(provider: Provider, method: string, parameter: unknown, now: () => number) {
  const startedMs = now();
  try {
    await provider.request({ method, params: [parameter] });
    return undefined;
  } catch (error) {
    return { error, refusal: readRefusal(error, now() - startedMs) };
  }
}
