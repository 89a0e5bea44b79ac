/**
 * A token's transfer on its holder's signature (EIP-3009), sent by whoever is to get it. The chain may have it already: we may have
 * died while it was mined, and anybody may send it. Then that transaction is found and nothing is sent. No state.
 *
 * @see https://eips.ethereum.org/EIPS/eip-3009
 */
import { AppError, isAppError } from '@chiral/protocol/errors';
import { getAddress, Interface } from 'ethers';
import type { ChainClient } from '../ports.ts';
import type { ExactPayload } from './x402-message.ts';

/** Time left that an authorization must have when we send it, seconds. */
const MARGIN_SECONDS = 6;
/** How far back we look for a transfer that was sent before, blocks: some three days. */
const SEEN_BLOCKS = 20_000;

const abi = new Interface([
  'event AuthorizationUsed(address indexed authorizer, bytes32 indexed nonce)',
  'event Transfer(address indexed from, address indexed to, uint256 value)',
  'function transferWithAuthorization(address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce, bytes signature)',
]);

type Authorization = ExactPayload['authorization'];
interface Where {
  readonly chain: ChainClient;
  readonly token: string;
}

export const isTooLate = (validBefore: bigint) => validBefore < BigInt(Math.floor(Date.now() / 1000) + MARGIN_SECONDS);

/**
 * @returns the confirmed transaction that moved the amount. It may have moved more for the same holder: it counts once for each
 * @throws CHAIN_REVERTED it cannot be moved; CHAIN_UNREACHABLE, TIMEOUT
 */
export async function moveSigned(where: Where, authorization: Authorization, signature: string): Promise<string> {
  const { from, to, value, validAfter, validBefore, nonce } = authorization;
  let failure = new AppError('CHAIN_REVERTED', 'The authorization has run out.');
  if (!isTooLate(validBefore)) {
    const args = [from, to, value, validAfter, validBefore, nonce, signature];
    try {
      const { chain, token } = where;
      const hash = await chain.send({ to: token, data: abi.encodeFunctionData('transferWithAuthorization', args) });
      return (await chain.confirmed(hash)).hash;
    } catch (error) {
      if (!isAppError(error, 'CHAIN_REVERTED')) throw error;
      failure = error;
    }
  }
  const sent = await sentBefore(where, authorization);
  if (sent === undefined) throw failure;
  return sent;
}

async function sentBefore({ chain, token }: Where, { from, to, value, nonce }: Authorization) {
  const head = await chain.blockNumber();
  const topics = abi.encodeFilterTopics('AuthorizationUsed', [from, nonce]) as string[];
  const [used] = await chain.logs({ address: token, topics, fromBlock: Math.max(0, head - SEEN_BLOCKS) });
  const mined = used && (await chain.mined(used.transactionHash));
  const isMoved = mined?.logs.some((log) => {
    const event = getAddress(log.address) === token ? abi.parseLog(log) : null;
    if (event?.name !== 'Transfer') return false;
    return event.args.from === from && event.args.to === to && event.args.value === value;
  });
  return isMoved ? mined?.hash : undefined;
}
