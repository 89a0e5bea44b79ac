/**
 * Which protocol first: the seller's default order in its offers, and the order in which a downloader begins. Pure tables.
 * An order is where one starts, not what one is held to: a download draws on every protocol that it may use at the same time,
 * and what the scheduler measures moves the work from the first moment on.
 */
import type { ProtocolName } from '@chiral/protocol/offer';

/** How others reach a seller. A page reaches out and cannot be dialled but by WebRTC. */
export type Reach = 'public' | 'nat' | 'browser';

/**
 * Public: HTTP, which every client speaks and every proxy passes. Behind NAT: WebRTC, which finds a way through, and
 * BitTorrent, whose clients come by themselves once a port is mapped. In a page: WebRTC only.
 */
const SELLER_ORDER: Record<Reach, readonly ProtocolName[]> = {
  public: ['http', 'libp2p', 'webtorrent', 'bittorrent', 'ed2k'],
  nat: ['webtorrent', 'bittorrent', 'libp2p', 'ed2k', 'http'],
  browser: ['webtorrent'],
};

/** What a page can open: no TCP and no UDP of its own. Its libp2p goes over WebRTC and WebSocket. */
const IN_BROWSER: readonly ProtocolName[] = ['webtorrent', 'libp2p', 'http'];
/** A file above this, with more seeders than `MANY_SEEDERS`, is what BitTorrent is best at. Bytes: 100 MB. */
const LARGE_BYTES = 100_000_000;
const MANY_SEEDERS = 5;
/** Where nothing else decides. */
const USUAL: readonly ProtocolName[] = ['http', 'libp2p', 'bittorrent', 'webtorrent', 'ed2k'];

/**
 * Order in which an offer lists protocols.
 * @param preferred the owner's own order, which comes first
 */
export function sellerOrder(
  reach: Reach,
  available: readonly ProtocolName[],
  preferred: readonly ProtocolName[] = [],
): ProtocolName[] {
  const usable = SELLER_ORDER[reach].filter((protocol) => available.includes(protocol));
  return distinct([...preferred.filter((protocol) => usable.includes(protocol)), ...usable]);
}

export interface DownloadFacts {
  readonly isBrowser?: boolean;
  /** What the user wants first. */
  readonly preferred?: ProtocolName;
  readonly sizeBytes: number;
  /** How many sellers offer it over each protocol; those that are absent offer it over none. */
  readonly sellers: Readonly<Partial<Record<ProtocolName, number>>>;
  /** Only web traffic passes here: a proxy, a filter. */
  readonly isRestricted?: boolean;
}

/**
 * Protocols with a seller, in the order in which a downloader begins:
 * a page with WebRTC; else what the user prefers; a large file with many seeders by BitTorrent; HTTP where there is any, and
 * above all where nothing else passes; else whatever most sellers speak.
 */
export function downloadOrder(facts: DownloadFacts): ProtocolName[] {
  const { isBrowser, preferred, sizeBytes, sellers, isRestricted } = facts;
  const count = (protocol: ProtocolName) => sellers[protocol] ?? 0;
  const byAvailability = [...USUAL].sort((a, b) => count(b) - count(a));
  const order: ProtocolName[] = [];
  if (isBrowser) order.push(...IN_BROWSER);
  else {
    if (preferred) order.push(preferred);
    if (isRestricted) order.push('http');
    if (sizeBytes > LARGE_BYTES && count('bittorrent') > MANY_SEEDERS) order.push('bittorrent');
    order.push('http', ...byAvailability);
  }
  return distinct(order).filter((protocol) => count(protocol) > 0);
}

const distinct = (names: readonly ProtocolName[]) => [...new Set(names)];
