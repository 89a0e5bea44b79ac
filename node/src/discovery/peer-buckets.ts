/**
 * Token buckets by peer: what each may ask of us at once, and how often after that.
 * State: one bucket a peer, the longest unused forgotten first.
 */
import type { PeerKey } from '../ports.ts';

export interface PeerRate {
  /** Requests at once. */
  readonly burst: number;
  readonly perSecond: number;
  /** Peers remembered. */
  readonly maxPeers: number;
  /** A refusal takes the part of a request that had come back: who asks too often is let in only after it has paused. */
  readonly isStrict: boolean;
}

/** @returns takes one request off what `peer` may ask; false when it has none left */
export function createPeerBuckets(
  { burst, perSecond, maxPeers, isStrict }: PeerRate,
  nowMs: () => number,
): (peer: PeerKey) => boolean {
  const buckets = new Map<PeerKey, { left: number; atMs: number }>();
  return (peer) => {
    const now = nowMs();
    const bucket = buckets.get(peer) ?? { left: burst, atMs: now };
    const left = Math.min(burst, bucket.left + ((now - bucket.atMs) / 1000) * perSecond);
    const isEnough = left >= 1;
    // Set anew, so that the first key is always the one longest unused.
    buckets.delete(peer);
    buckets.set(peer, { left: isEnough ? left - 1 : isStrict ? 0 : left, atMs: now });
    if (buckets.size > maxPeers) buckets.delete(buckets.keys().next().value!);
    return isEnough;
  };
}
