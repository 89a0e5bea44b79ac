/**
 * Offers that this node has seen, to hand on to those who cannot search themselves. Bounded; an offer leaves when it
 * expires. Whoever takes one from here checks its signature again: this cache is trusted by nobody.
 */
import type { SignedOffer } from '@chiral/protocol/offer';

/** Contents remembered, the longest unused leaving first. */
const MAX_CONTENTS = 4096;
/** Offers remembered of one content. */
const MAX_OFFERS_PER_CONTENT = 32;
/** Contents for which the offers of one peer are remembered: a seeder of many files does not push out the others. */
const MAX_CONTENTS_PER_PEER = 1024;

export interface OfferCache {
  /** @param name under which it is found: its CID, or the alias of its file */
  add(signed: SignedOffer, name?: string): void;
  /** A provider that turned out to be gone, or withdrew. */
  remove(cid: string, peerId: string): void;
  /** Unexpired offers of `cid`, the newest first. */
  get(cid: string): SignedOffer[];
}

const LIMITS = {
  contents: MAX_CONTENTS,
  offersPerContent: MAX_OFFERS_PER_CONTENT,
  contentsPerPeer: MAX_CONTENTS_PER_PEER,
};

export function createOfferCache(nowSeconds: () => number, limits = LIMITS): OfferCache {
  // By name, then by peer, and the names of each peer; insertion order is age in all three.
  const contents = new Map<string, Map<string, SignedOffer>>();
  const namesOf = new Map<string, Set<string>>();

  const remove = (name: string, peerId: string): void => {
    const offers = contents.get(name);
    offers?.delete(peerId);
    if (offers?.size === 0) contents.delete(name);
    const names = namesOf.get(peerId);
    names?.delete(name);
    if (names?.size === 0) namesOf.delete(peerId);
  };

  return {
    add(signed, name = signed.offer.cid) {
      const { peerId } = signed.offer;
      const offers = contents.get(name) ?? new Map<string, SignedOffer>();
      contents.delete(name);
      contents.set(name, offers);
      offers.delete(peerId);
      offers.set(peerId, signed);
      const names = namesOf.get(peerId) ?? new Set();
      namesOf.set(peerId, names);
      names.delete(name);
      names.add(name);
      if (offers.size > limits.offersPerContent) remove(name, offers.keys().next().value!);
      if (names.size > limits.contentsPerPeer) remove(names.values().next().value!, peerId);
      if (contents.size > limits.contents) {
        const [oldest, those] = contents.entries().next().value!;
        for (const peer of [...those.keys()]) remove(oldest, peer);
      }
    },
    remove,
    get(name) {
      const now = nowSeconds();
      for (const [peerId, { offer }] of [...(contents.get(name) ?? [])]) {
        if (offer.expiresAt <= now) remove(name, peerId);
      }
      return [...(contents.get(name)?.values() ?? [])].reverse();
    },
  };
}
