/** A seller's terms, asked for and held to what its signed offer says. No state. */
import { AppError } from '@chiral/protocol/errors';
import { decodePayAnswer, encodePayRequest, type PayAnswer, type PayRequest } from '@chiral/protocol/messages';
import type { Deployment } from '@chiral/protocol/typed-data';
import type { Offer, PayTransport, PeerKey, PricingPolicy } from '../ports.ts';

export type TermsAnswer = PayAnswer & { type: 'terms' };

/** One payment message and its answer. @throws PEER_UNREACHABLE, TIMEOUT, BAD_REQUEST, TOO_LARGE */
export async function askSeller(
  transport: PayTransport,
  peer: PeerKey,
  request: PayRequest,
  signal?: AbortSignal,
): Promise<PayAnswer> {
  return decodePayAnswer(await transport.request(peer, encodePayRequest(request), signal));
}

/** The error that an answer of another kind than was asked for stands for. */
export function refusedBy(answer: PayAnswer): AppError {
  return answer.type === 'refused'
    ? new AppError(answer.code, answer.message)
    : new AppError('BAD_REQUEST', 'The seller answered with the wrong kind of message.');
}

interface Asker {
  readonly transport: PayTransport;
  readonly pricing: PricingPolicy;
  readonly deployment: Deployment;
}

/**
 * Whoever waits for them hears of a failure; they may be asked for in vain.
 * @throws OFFER_INVALID other terms than offered, or more than we accept; WRONG_CHAIN; what the seller refuses with
 */
export function askTerms(asker: Asker, offer: Offer): Promise<TermsAnswer> {
  const asked = askAndCheck(asker, offer);
  asked.catch(() => {});
  return asked;
}

async function askAndCheck({ transport, pricing, deployment }: Asker, offer: Offer): Promise<TermsAnswer> {
  const peer = offer.peerId;
  const answer = await askSeller(transport, peer, { type: 'terms', cid: offer.cid });
  if (answer.type !== 'terms') throw refusedBy(answer);
  if (answer.receiver !== offer.wallet || answer.weiPerMiB > offer.weiPerMiB) {
    throw new AppError('OFFER_INVALID', 'The seller asks other terms than its signed offer says.', { peer });
  }
  if (answer.chainId !== deployment.chainId || answer.contract !== deployment.contract) {
    throw new AppError('WRONG_CHAIN', 'The seller settles on another chain or contract.', { peer });
  }
  if (!pricing.acceptable(answer))
    throw new AppError('OFFER_INVALID', 'The price is above what this buyer accepts.', { peer });
  return answer;
}
