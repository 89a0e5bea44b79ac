/**
 * Selling: what this node offers. Publishes files, serves them through every adapter, signs an offer for each when asked,
 * announces them, and does all of it again after a restart. It takes no money: the ledger and the payee do.
 * Owns the table of prices.
 */
import type { Content } from '@chiral/protocol/content';
import { aliasCid, chunkCount } from '@chiral/protocol/content';
import { AppError } from '@chiral/protocol/errors';
import { infoHashCid } from '@chiral/protocol/infohash';
import { infoHashOfMagnet } from '@chiral/protocol/magnet';
import { type Offer, type SignedOffer, toRanges } from '@chiral/protocol/offer';
import type { Database } from './db.ts';
import type { Log } from './log.ts';
import type { ChunkStore, Directory, LocalOffers, ProtocolAdapter, ProtocolName, Uplink } from './ports.ts';

/** Life of an offer and when it is signed anew, seconds. */
const OFFER_SECONDS = 3600;
const RENEW_SECONDS = 1800;

const MIGRATIONS = [
  `CREATE TABLE listing (
     cid TEXT PRIMARY KEY, wei_per_mib TEXT NOT NULL, protocols TEXT NOT NULL
   ) STRICT;`,
];

/** What the shop needs of the library. */
export interface Stock extends ChunkStore {
  list(): (Content & { name: string; mime: string })[];
  find(cid: string): (Content & { name: string; mime: string; addedAtMs: number }) | undefined;
}

export interface Shop extends LocalOffers {
  /** Price of a content here, wei per MiB; the default for what has none of its own. */
  priceOf(cid: string): bigint;
  offers(cid: string): boolean;
  /** Sets price and protocols, serves, announces. Listing again changes both. */
  list(cid: string, terms?: { weiPerMiB?: bigint; protocols?: ProtocolName[] }): Promise<void>;
  /** Stops serving and announcing. The next request is NOT_FOUND. */
  unlist(cid: string): Promise<void>;
  /** Serves again what was listed before. */
  resume(): Promise<void>;
  listings(): { cid: string; weiPerMiB: bigint; protocols: ProtocolName[] }[];
  close(): Promise<void>;
}

interface Listing {
  readonly cid: string;
  weiPerMiB: bigint;
  protocols: ProtocolName[];
  endpoints: Offer['endpoints'];
  /** The alias of what BitTorrent calls it, where it is served so. */
  infoHashName: string | undefined;
  stops: (() => Promise<void>)[];
  signed: SignedOffer | undefined;
  heldWhenSigned: number;
}

export function createShop(options: {
  db: Database;
  stock: Stock;
  /** The way out for one protocol. */
  uplink(protocol: ProtocolName): Uplink;
  adapters: readonly ProtocolAdapter[];
  /** Late, since a directory answers from this shop. */
  directory: () => Directory;
  /** Signs with the key of `wallet`; a wallet may ask its user first. */
  sign(offer: Offer): SignedOffer | Promise<SignedOffer>;
  wallet: string;
  peerId: string;
  defaultWeiPerMiB: bigint;
  /** Life of an offer and when it is signed anew, seconds. */
  offerSeconds?: number;
  renewSeconds?: number;
  log: Log;
}): Shop {
  const { db, stock, uplink, adapters, directory, wallet, peerId, defaultWeiPerMiB, log } = options;
  const { offerSeconds = OFFER_SECONDS, renewSeconds = RENEW_SECONDS } = options;
  const uplinks = new Map(adapters.map(({ protocol }) => [protocol, uplink(protocol)]));
  db.migrate('listings', MIGRATIONS);
  const listings = new Map<string, Listing>();
  const save = db.connection.prepare(
    `INSERT INTO listing (cid, wei_per_mib, protocols) VALUES (?, ?, ?)
     ON CONFLICT (cid) DO UPDATE SET wei_per_mib = excluded.wei_per_mib, protocols = excluded.protocols`,
  );
  const remove = db.connection.prepare('DELETE FROM listing WHERE cid = ?');

  async function serve(listing: Listing): Promise<void> {
    const { cid, protocols } = listing;
    const content = stock.find(cid);
    if (!content) throw new AppError('NOT_FOUND', 'This content is not held here.', { cid });
    const chosen = adapters.filter(({ protocol }) => protocols.includes(protocol));
    for (const adapter of chosen) {
      const { endpoint, stop } = await adapter.serve(content, uplinks.get(adapter.protocol)!);
      listing.endpoints.push({ protocol: adapter.protocol, url: endpoint });
      listing.stops.push(stop);
    }
    const infoHash = listing.endpoints.map(({ url }) => infoHashOfMagnet(url)).find((found) => found !== undefined);
    listing.infoHashName = infoHash && infoHashCid(infoHash);
    const names = [cid, aliasCid(content.sha256), ...(listing.infoHashName ? [listing.infoHashName] : [])];
    for (const name of names) {
      // Announcing may take as long as the DHT is empty; the content is served meanwhile.
      const announced = directory()
        .provide(name)
        .catch((error: Error) => void log.warn({ cid, error: error.message }, 'not announced'));
      // Nobody waits for this: an announcement may still be under way, and what is withdrawn is answered "not here" at once.
      listing.stops.push(async () => void announced.then((announcement) => announcement?.stop()));
    }
  }

  /** On the list before it is announced: whoever is told of it asks for its offer at once. */
  async function open(listing: Listing): Promise<void> {
    listings.set(listing.cid, listing);
    try {
      await serve(listing);
    } catch (error) {
      listings.delete(listing.cid);
      await stopServing(listing);
      throw error;
    }
  }

  async function stopServing(listing: Listing): Promise<void> {
    const stops = listing.stops.splice(0);
    listing.endpoints = [];
    listing.signed = undefined;
    await Promise.all(stops.map((stop) => stop()));
  }

  async function sign(
    listing: Listing,
    content: NonNullable<ReturnType<Stock['find']>>,
    held: Offer['chunks'],
    heldCount: number,
  ): Promise<SignedOffer> {
    const now = Math.floor(Date.now() / 1000);
    const signed = await options.sign({
      cid: content.cid,
      size: content.size,
      peerId,
      wallet,
      weiPerMiB: listing.weiPerMiB,
      endpoints: listing.endpoints,
      chunks: held,
      name: content.name.slice(0, 512),
      mime: content.mime.slice(0, 512),
      createdAt: now,
      expiresAt: now + offerSeconds,
    });
    listing.heldWhenSigned = heldCount;
    listing.signed = signed;
    return signed;
  }

  /** The listing that `name` (a CID, or the alias of a file's SHA-256 or of an infohash) stands for. */
  function listed(name: string): Listing | undefined {
    const direct = listings.get(name);
    if (direct) return direct;
    const byInfoHash = [...listings.values()].find(({ infoHashName }) => infoHashName === name);
    if (byInfoHash) return byInfoHash;
    const content = stock.list().find(({ sha256 }) => aliasCid(sha256) === name);
    return content && listings.get(content.cid);
  }

  return {
    priceOf: (cid) => listings.get(cid)?.weiPerMiB ?? defaultWeiPerMiB,
    offers: (cid) => listings.has(cid),

    async offer(name) {
      const listing = listed(name);
      const content = listing && stock.find(listing.cid);
      if (!listing || !content || listing.endpoints.length === 0) return undefined;
      const count = chunkCount(content.size);
      const held = toRanges(count, (chunk) => stock.has(content.cid, chunk));
      const heldCount = held.reduce((sum, range) => sum + range.count, 0);
      const { signed } = listing;
      const fresh =
        signed && signed.offer.createdAt + renewSeconds > Date.now() / 1000 && listing.heldWhenSigned === heldCount;
      return fresh ? signed : sign(listing, content, held, heldCount);
    },

    content(name) {
      const listing = listed(name);
      return listing && stock.find(listing.cid);
    },

    async list(cid, { weiPerMiB, protocols } = {}) {
      const known = listings.get(cid);
      if (known) await stopServing(known);
      const listing: Listing = {
        cid,
        weiPerMiB: weiPerMiB ?? known?.weiPerMiB ?? defaultWeiPerMiB,
        protocols: protocols ?? known?.protocols ?? adapters.map(({ protocol }) => protocol),
        endpoints: [],
        infoHashName: undefined,
        stops: [],
        signed: undefined,
        heldWhenSigned: 0,
      };
      await open(listing);
      save.run(cid, listing.weiPerMiB.toString(), JSON.stringify(listing.protocols));
    },

    async unlist(cid) {
      const listing = listings.get(cid);
      if (!listing) throw new AppError('NOT_FOUND', 'This content is not on offer here.', { cid });
      listings.delete(cid);
      remove.run(cid);
      await stopServing(listing);
    },

    async resume() {
      for (const row of db.connection.prepare('SELECT * FROM listing').all()) {
        const cid = String(row.cid);
        const weiPerMiB = BigInt(String(row.wei_per_mib));
        const protocols: ProtocolName[] = JSON.parse(String(row.protocols));
        const listing: Listing = {
          cid,
          weiPerMiB,
          protocols,
          endpoints: [],
          infoHashName: undefined,
          stops: [],
          signed: undefined,
          heldWhenSigned: 0,
        };
        try {
          await open(listing);
        } catch (error) {
          log.warn({ cid, error: (error as Error).message }, 'a file that was on offer cannot be served now');
        }
      }
    },

    listings: () => [...listings.values()].map(({ cid, weiPerMiB, protocols }) => ({ cid, weiPerMiB, protocols })),

    async close() {
      await Promise.all([...listings.values()].map(stopServing));
    },
  };
}
