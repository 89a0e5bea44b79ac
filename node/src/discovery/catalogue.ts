/**
 * The public catalogue of this node: its owner's own listings and those that others told it, each signed by the wallet that sells.
 * Listings spread by telling: what is new goes on to a few connected peers at once, and every few minutes a few are asked for what
 * they have. It hands on what is signed and nothing else, and decides nothing: who lists what is the owner's business.
 *
 * State, in memory and bounded: what was heard, by whom; how much each peer asked and told lately. After a restart it asks again.
 */
import { AppError } from '@chiral/protocol/errors';
import {
  CATALOGUE_PROTOCOL,
  checkListing,
  decodeCatalogueRequest,
  encodeListings,
  MAX_CATALOGUE_BYTES,
  MAX_PAGE,
  matches,
  type SignedListing,
} from '@chiral/protocol/listing';
import type { Deployment } from '@chiral/protocol/typed-data';
import type { Log } from '../log.ts';
import type { PeerKey } from '../ports.ts';
import { askCatalogue, signatureIn, tellCatalogue } from './catalogue-client.ts';
import type { Host } from './host-core.ts';
import { createPeerBuckets } from './peer-buckets.ts';
import { createRequestProtocol } from './request-protocol.ts';

/**
 * Listings remembered in all, of one wallet, and told by one peer; and how many new ones a peer may tell at once. Of a wallet with
 * more, the newest stay, which are the same everywhere. A peer with more is heard no further: what it pushed out here, others, to
 * whom it was handed on, would tell again, and fill their share with it.
 */
const LIMITS = { heard: 4096, perWallet: 256, perTeller: 1024, newsBurst: 256 };
/** Whom news goes to, and who is asked in one round. */
const FAN_OUT = 6;
const ASKED_PER_ROUND = 3;
/** Between two rounds of asking, ms, and after the first peer appeared. */
const ROUND_MS = 5 * 60_000;
const FIRST_ROUND_MS = 500;
/** Pages taken from one peer in a round. */
const MAX_PAGES = 16;
/** One question or telling, ms. */
const TIMEOUT_MS = 10_000;
/** What a peer may ask, and how many new listings it may tell after its burst: each costs a signature check. */
const QUESTIONS = { burst: 40, perSecond: 4, maxPeers: 1024, isStrict: false };
const NEWS = { perSecond: 1, maxPeers: 1024, isStrict: false };

export interface Catalogue {
  /** All that have the words, the newest first; the owner's own among them. */
  find(words: string): Promise<readonly SignedListing[]>;
  /** The owner's own have changed: others are told. */
  announce(): Promise<void>;
  /** Asks others for what they have, now. */
  gather(): Promise<void>;
  close(): Promise<void>;
}

export interface CatalogueOptions {
  readonly host: Host;
  /** The owner's own listings, signed. */
  readonly own: () => readonly SignedListing[] | Promise<readonly SignedListing[]>;
  readonly deployment: Deployment;
  readonly nowMs?: () => number;
  readonly limits?: typeof LIMITS;
  readonly log?: Log;
}

interface Heard {
  readonly signed: SignedListing;
  readonly teller: PeerKey;
}

export async function createCatalogue(options: CatalogueOptions): Promise<Catalogue> {
  const { host, own, deployment, nowMs = Date.now, limits = LIMITS, log } = options;
  // By wallet and content; insertion order is the order in which it was heard.
  const heard = new Map<string, Heard>();
  const mayAsk = createPeerBuckets(QUESTIONS, nowMs);
  const mayTell = createPeerBuckets({ ...NEWS, burst: limits.newsBurst }, nowMs);
  const closing = new AbortController();
  const transport = createRequestProtocol(host, CATALOGUE_PROTOCOL, {
    maxBytes: MAX_CATALOGUE_BYTES,
    timeoutMs: TIMEOUT_MS,
  });
  const nowSeconds = () => Math.floor(nowMs() / 1000);
  const keyOf = ({ listing: { wallet, cid } }: SignedListing) => `${wallet} ${cid}`;

  /** @returns whether it was news, and is kept */
  function keep(signed: SignedListing, teller: PeerKey): boolean {
    const key = keyOf(signed);
    const known = heard.get(key);
    if (known) {
      if (known.signed.listing.createdAt >= signed.listing.createdAt) return false;
      // It stays in the share of whoever told of it first: an update takes no room.
      heard.set(key, { signed, teller: known.teller });
      return true;
    }
    if (!hasRoom(teller)) return false;
    heard.set(key, { signed, teller });
    dropOfWallet(signed.listing.wallet);
    if (heard.size > limits.heard) dropExpired();
    if (heard.size > limits.heard) dropOne();
    return heard.has(key);
  }

  function hasRoom(teller: PeerKey): boolean {
    const count = () => [...heard.values()].filter((one) => one.teller === teller).length;
    if (count() < limits.perTeller) return true;
    dropExpired();
    return count() < limits.perTeller;
  }

  function dropExpired(): void {
    const now = nowSeconds();
    for (const [key, { signed }] of heard) if (signed.listing.expiresAt <= now) heard.delete(key);
  }

  function dropOfWallet(wallet: string): void {
    const its = [...heard].filter(([, { signed }]) => signed.listing.wallet === wallet);
    its.sort(([, a], [, b]) => b.signed.listing.createdAt - a.signed.listing.createdAt);
    for (const [key] of its.slice(limits.perWallet)) heard.delete(key);
  }

  /** Whoever told most loses its last: a crowd of wallets behind one peer does not push out what others told. */
  function dropOne(): void {
    const counts = new Map<PeerKey, number>();
    for (const { teller } of heard.values()) counts.set(teller, (counts.get(teller) ?? 0) + 1);
    const [loudest] = [...counts].reduce((most, one) => (one[1] > most[1] ? one : most));
    const [key] = [...heard].findLast(([, { teller }]) => teller === loudest)!;
    heard.delete(key);
  }

  async function find(words: string): Promise<readonly SignedListing[]> {
    dropExpired();
    const all = new Map([...heard].map(([key, { signed }]) => [key, signed]));
    for (const signed of await own()) all.set(keyOf(signed), signed);
    return [...all.values()]
      .filter(({ listing }) => matches(listing, words))
      .sort((a, b) => b.listing.createdAt - a.listing.createdAt);
  }

  /** Some of those that are connected; never all, never always the same. */
  function some(count: number, except?: PeerKey): PeerKey[] {
    const peers = host.connectedPeers().filter((peer) => peer !== except);
    for (let i = peers.length - 1; i > 0; i--) {
      const j = Math.floor(Math.random() * (i + 1));
      [peers[i], peers[j]] = [peers[j]!, peers[i]!];
    }
    return peers.slice(0, count);
  }

  async function tell(listings: readonly SignedListing[], peers: readonly PeerKey[]): Promise<void> {
    if (listings.length === 0) return;
    const telling = peers.map((peer) => tellCatalogue(transport, peer, listings, closing.signal));
    for (const outcome of await Promise.allSettled(telling))
      if (outcome.status === 'rejected') log?.debug({ error: String(outcome.reason) }, 'listings were not taken');
  }

  /** Everything that `peer` has, as long as all of it is signed. */
  async function take(peer: PeerKey): Promise<void> {
    const bySignature = new Map([...heard.values()].map(({ signed }) => [signed.signature, signed]));
    for (let page = 0; page < MAX_PAGES; page++) {
      const question = { words: '', skip: page * MAX_PAGE };
      const { listings, isHonest, isFull } = await askCatalogue(
        transport,
        peer,
        question,
        deployment,
        closing.signal,
        (signature) => bySignature.get(signature),
      );
      for (const signed of listings) keep(signed, peer);
      if (!isHonest) log?.debug({ peer }, 'a listing that nobody signed; not heard further');
      if (!isHonest || !isFull) return;
    }
  }

  async function gather(): Promise<void> {
    for (const peer of some(ASKED_PER_ROUND)) {
      // Whatever went wrong there, others are asked.
      await take(peer).catch((error: unknown) => log?.debug({ peer, error: String(error) }, 'no catalogue from it'));
    }
  }

  await transport.handle(async (peer, message) => {
    const request = decodeCatalogueRequest(message);
    if ('ask' in request) {
      if (!mayAsk(peer)) throw new AppError('TOO_MANY', 'Too many questions; slow down.');
      const { words, skip } = request.ask;
      return encodeListings((await find(words)).slice(skip, skip + MAX_PAGE));
    }
    const fresh: SignedListing[] = [];
    const signatures = new Set([...heard.values()].map(({ signed }) => signed.signature));
    for (const value of request.tell) {
      if (signatures.has(signatureIn(value))) continue;
      if (!mayTell(peer)) throw new AppError('TOO_MANY', 'Too much news; slow down.');
      // One that is not signed ends it: an honest peer checked what it hands on.
      const signed = checkListing(value, { nowSeconds: nowSeconds(), deployment });
      if (keep(signed, peer)) fresh.push(signed);
    }
    void tell(fresh, some(FAN_OUT, peer));
    return encodeListings([]);
  });

  /** Signatures of the owner's own listings that somebody was told. */
  let told = new Set<string>();
  async function announce(): Promise<void> {
    const listings = [...(await own())];
    const peers = some(FAN_OUT);
    if (peers.length === 0) return;
    const news = listings.filter(({ signature }) => !told.has(signature));
    told = new Set(listings.map(({ signature }) => signature));
    await tell(news, peers);
  }

  const rounds = setInterval(gather, ROUND_MS);
  rounds.unref?.();
  let first: ReturnType<typeof setTimeout> | undefined;
  const stopListening = host.onDhtPeer(() => {
    first ??= setTimeout(async () => {
      await gather();
      await announce();
    }, FIRST_ROUND_MS);
    first.unref?.();
  });

  return {
    find,
    gather,
    announce,
    async close() {
      closing.abort(new AppError('CANCELLED', 'The node is stopping.'));
      clearInterval(rounds);
      clearTimeout(first);
      stopListening();
      await transport.close();
    },
  };
}
