/**
 * How many streams others may hold open here, all protocols together. Below the limit anybody may; above it each peer keeps
 * a few and gets no more, so that a crowd of streams from one peer takes none from another. State: the counts.
 */
import { AppError } from '@chiral/protocol/errors';

/** Runs the answering of one stream of `peer` within the limit. @throws TOO_MANY, or what `answer` throws */
export type InboundLimit = (peer: string, answer: () => Promise<void>) => Promise<void>;

/** @param max streams in all before it is crowded; @param crowdedPerPeer what each peer may have then */
export function createInboundLimit(max: number, crowdedPerPeer: number): InboundLimit {
  const countOf = new Map<string, number>();
  let total = 0;
  return async (peer, answer) => {
    const own = countOf.get(peer) ?? 0;
    if (total >= max && own >= crowdedPerPeer) throw new AppError('TOO_MANY', 'Too many streams are open here.');
    countOf.set(peer, own + 1);
    total++;
    try {
      await answer();
    } finally {
      const left = countOf.get(peer)! - 1;
      if (left > 0) countOf.set(peer, left);
      else countOf.delete(peer);
      total--;
    }
  };
}
