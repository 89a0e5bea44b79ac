/** Offers as a person sees them: by way of transfer, the cheapest first, with what the whole file would cost. Pure. */
import type { FoundOffer, ProtocolName } from '../engine/types.ts';

/** The order of groups, and of colours. The same names as in protocol/offer, which would bring a signature library along. */
export const PROTOCOLS = ['http', 'webtorrent', 'bittorrent', 'ed2k', 'libp2p'] as const satisfies ProtocolName[];

export interface OfferGroup {
  readonly protocol: ProtocolName;
  /** Whether a page can speak it. */
  readonly isUsable: boolean;
  /** Cheapest first; at one price, whoever is known best. */
  readonly offers: readonly FoundOffer[];
}

/** Who never sent anything bad first, then whoever delivered most. */
const byTrust = ({ known: a }: FoundOffer, { known: b }: FoundOffer): number =>
  a.badChunks - b.badChunks || b.bytes - a.bytes;

export function groupOffers(offers: readonly FoundOffer[]): OfferGroup[] {
  return PROTOCOLS.flatMap((protocol) => {
    const having = offers
      .filter((offer) => offer.protocols.includes(protocol))
      .sort((a, b) => Number(a.weiPerMiB - b.weiPerMiB) || byTrust(a, b) || a.answeredMs - b.answeredMs);
    if (having.length === 0) return [];
    return [{ protocol, isUsable: having.some((offer) => offer.usable.includes(protocol)), offers: having }];
  }).sort((a, b) => Number(b.isUsable) - Number(a.isUsable));
}

export interface Pick {
  readonly peers: ReadonlySet<string>;
  readonly protocols: ReadonlySet<ProtocolName>;
}

/**
 * Those offers of a choice through which something can come. Where nobody chose by hand, whoever once sent bad data is left out as
 * long as there is another.
 */
export function pickedOffers(offers: readonly FoundOffer[], pick: Pick | undefined): FoundOffer[] {
  if (pick)
    return offers.filter(({ peer, usable }) => pick.peers.has(peer) && usable.some((name) => pick.protocols.has(name)));
  const usable = offers.filter((offer) => offer.usable.length > 0);
  const trusted = usable.filter(({ known }) => known.badChunks === 0);
  return trusted.length > 0 ? trusted : usable;
}

/** The whole file from the cheapest and from the dearest of them; undefined without any. */
export function priceRange(offers: readonly FoundOffer[]): { least: bigint; most: bigint } | undefined {
  const prices = offers.map(({ totalWei }) => totalWei).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return prices.length === 0 ? undefined : { least: prices[0]!, most: prices.at(-1)! };
}

/**
 * A limit that a download at the dearest price stays under. The engine counts parts that are on their way, and near the end some are
 * asked for twice, so the bare price would stop it short of the last ones: a tenth and a MiB of each seller on top.
 */
export function defaultCap(offers: readonly FoundOffer[]): bigint | undefined {
  const range = priceRange(offers);
  return range && range.most + range.most / 10n + offers.reduce((sum, { weiPerMiB }) => sum + weiPerMiB, 0n);
}
