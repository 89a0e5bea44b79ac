/**
 * The public catalogue as a tab sees it: asks the nodes that it is connected to and believes no line that is not signed by the wallet
 * that sells; lists what the user shares and wants listed, one signature of the wallet a file and a day, kept and told again after a
 * reload. It keeps nothing of what it was told. Owns the table `page_listing`.
 */
import { askCatalogue, tellCatalogue } from '@chiral/node/discovery/catalogue-client';
import type { Host } from '@chiral/node/discovery/host-core';
import { createRequestProtocol } from '@chiral/node/discovery/request-protocol';
import type { Log } from '@chiral/node/log';
import type { Database } from '@chiral/node/sql';
import type { CatalogueRow } from '@chiral/protocol/api';
import { AppError, isAppError } from '@chiral/protocol/errors';
import {
  CATALOGUE_PROTOCOL,
  checkListing,
  composeListing,
  LISTING,
  type Listing,
  MAX_CATALOGUE_BYTES,
  MAX_PAGE,
  type SignedListing,
  toCatalogueRow,
} from '@chiral/protocol/listing';
import { type Deployment, domainOf } from '@chiral/protocol/typed-data';
import { TypedDataEncoder } from 'ethers';
import type { WalletSender } from './wallet-sender.ts';

/** Life of a listing from a tab, seconds: that of its offer. */
const LISTING_SECONDS = 86_400;
const TIMEOUT_MS = 8_000;
/** Nodes asked in one search, told of one listing, and pages taken from each. */
const MAX_NODES = 6;
const MAX_PAGES = 3;

const MIGRATIONS = ['CREATE TABLE page_listing (cid TEXT PRIMARY KEY, listing TEXT NOT NULL) STRICT;'];

export interface PageCatalogue {
  /** Newest first. @throws the first refusal, when nobody answered */
  browse(words: string, signal: AbortSignal): Promise<CatalogueRow[]>;
  /** @throws CANCELLED the user declined to sign */
  list(
    file: { cid: string; size: number; name: string; mime: string; weiPerMiB: bigint },
    about: string,
  ): Promise<void>;
  unlist(cid: string): void;
  /** What the catalogue says of it; undefined when it is not listed. */
  about(cid: string): string | undefined;
  close(): Promise<void>;
}

export function createPageCatalogue(options: {
  db: Database;
  host: Host;
  sender: WalletSender;
  deployment: Deployment;
  log: Log;
}): PageCatalogue {
  const { db, host, sender, deployment, log } = options;
  db.migrate('page-listings', MIGRATIONS);
  const save = db.connection.prepare('INSERT OR REPLACE INTO page_listing (cid, listing) VALUES (?, ?)');
  const forget = db.connection.prepare('DELETE FROM page_listing WHERE cid = ?');
  const transport = createRequestProtocol(host, CATALOGUE_PROTOCOL, {
    maxBytes: MAX_CATALOGUE_BYTES,
    timeoutMs: TIMEOUT_MS,
  });
  const nowSeconds = () => Math.floor(Date.now() / 1000);
  const closing = new AbortController();
  const own = new Map<string, SignedListing>();
  for (const row of db.connection.prepare('SELECT * FROM page_listing').all()) {
    const cid = String(row.cid);
    try {
      own.set(cid, checkListing(JSON.parse(String(row.listing)), { nowSeconds: nowSeconds(), deployment }));
    } catch (error) {
      if (!isAppError(error)) throw error;
      forget.run(cid);
    }
  }

  async function tell(listings: readonly SignedListing[]): Promise<void> {
    if (listings.length === 0) return;
    const peers = host.connectedPeers().slice(0, MAX_NODES);
    const telling = peers.map((peer) => tellCatalogue(transport, peer, listings, closing.signal));
    for (const outcome of await Promise.allSettled(telling))
      if (outcome.status === 'rejected') log.debug({ error: String(outcome.reason) }, 'listings were not taken');
  }
  // A node may have forgotten, or be another one.
  let told = false;
  const stopListening = host.onDhtPeer(() => {
    if (told) return;
    told = true;
    void tell([...own.values()]);
  });

  async function askAll(peer: string, words: string, signal: AbortSignal): Promise<SignedListing[]> {
    const found: SignedListing[] = [];
    for (let page = 0; page < MAX_PAGES; page++) {
      const question = { words, skip: page * MAX_PAGE };
      const { listings, isHonest, isFull } = await askCatalogue(transport, peer, question, deployment, signal);
      found.push(...listings);
      if (!isHonest) log.warn({ peer }, 'a node handed on a listing that nobody signed');
      if (!isHonest || !isFull) break;
    }
    return found;
  }

  return {
    async browse(words, signal) {
      const limit = AbortSignal.any([signal, closing.signal]);
      const peers = host.connectedPeers().slice(0, MAX_NODES);
      const answers = await Promise.allSettled(peers.map((peer) => askAll(peer, words, limit)));
      const good = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
      const [refused] = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as unknown] : []));
      if (good.length === 0 && refused && !isAppError(refused, 'UNSUPPORTED')) throw refused;
      const newest = new Map<string, Listing>();
      for (const { listing } of good.flat()) {
        const key = `${listing.wallet} ${listing.cid}`;
        const known = newest.get(key);
        if (!known || known.createdAt < listing.createdAt) newest.set(key, listing);
      }
      return [...newest.values()].sort((a, b) => b.createdAt - a.createdAt).map(toCatalogueRow);
    },
    async list({ cid, size, name, mime, weiPerMiB }, about) {
      const now = nowSeconds();
      const said = { cid, size, name, mime, about, wallet: sender.address, weiPerMiB };
      const listing = composeListing(said, now, LISTING_SECONDS);
      const payload = TypedDataEncoder.getPayload(domainOf(LISTING, deployment), LISTING.types, listing);
      // A number, as wallets document it: some leave a chain id that is text out of what they sign.
      payload.domain.chainId = deployment.chainId;
      const signature = await sender.signTypedData(JSON.stringify(payload));
      const value = { listing: { ...listing, weiPerMiB: `${weiPerMiB}` }, signature };
      const signed = checkListing(value, { nowSeconds: now, deployment });
      save.run(cid, JSON.stringify(value));
      own.set(cid, signed);
      await tell([signed]);
    },
    unlist(cid) {
      forget.run(cid);
      own.delete(cid);
    },
    about: (cid) => own.get(cid)?.listing.about,
    async close() {
      stopListening();
      closing.abort(new AppError('CANCELLED', 'The page is closing.'));
      await transport.close();
    },
  };
}
