/**
 * What the owner lists in the public catalogue, and nothing that the owner did not say so of. Signs a listing for each file that is
 * on offer and shown, and signs it anew while it is. Owns the table of what is shown.
 */
import { composeListing, type Listing, type SignedListing, toLine } from '@chiral/protocol/listing';
import { MAX_ABOUT } from '@chiral/protocol/listing-limits';
import type { Database } from './db.ts';

/** Life of a listing and when it is signed anew, seconds: who is gone for two days is out of the catalogue. */
const LISTING_SECONDS = 2 * 86_400;
const RENEW_SECONDS = 43_200;
/** No node keeps more of one wallet. */
const MAX_SHOWN = 256;

const MIGRATIONS = ['CREATE TABLE showcase (cid TEXT PRIMARY KEY, about TEXT NOT NULL) STRICT;'];

export interface Showcase {
  /** @param about what the owner says of it, in a line */
  show(cid: string, about: string): void;
  hide(cid: string): void;
  /** Undefined: not shown. */
  about(cid: string): string | undefined;
  /** Everything that is shown and on offer, signed; the same signatures as long as nothing changes. */
  listings(): SignedListing[];
}

export function createShowcase(options: {
  db: Database;
  find(cid: string): { name: string; mime: string; size: number } | undefined;
  /** Price of what is on offer, wei per MiB; undefined for what is not. */
  priceOf(cid: string): bigint | undefined;
  sign(listing: Listing): SignedListing;
  wallet: string;
  nowMs?: () => number;
}): Showcase {
  const { db, find, priceOf, sign, wallet, nowMs = Date.now } = options;
  db.migrate('showcase', MIGRATIONS);
  const save = db.connection.prepare('INSERT OR REPLACE INTO showcase (cid, about) VALUES (?, ?)');
  const remove = db.connection.prepare('DELETE FROM showcase WHERE cid = ?');
  const shown = new Map(
    db.connection
      .prepare('SELECT cid, about FROM showcase ORDER BY rowid')
      .all()
      .map(({ cid, about }) => [String(cid), String(about)]),
  );
  const signed = new Map<string, SignedListing>();

  function listingOf(cid: string, about: string): SignedListing | undefined {
    const file = find(cid);
    const weiPerMiB = priceOf(cid);
    if (!file || weiPerMiB === undefined) return undefined;
    const now = Math.floor(nowMs() / 1000);
    const { size, name, mime } = file;
    const listing = composeListing({ cid, size, name, mime, about, wallet, weiPerMiB }, now, LISTING_SECONDS);
    const known = signed.get(cid);
    const isFresh =
      known &&
      known.listing.createdAt + RENEW_SECONDS > now &&
      (['name', 'mime', 'about', 'weiPerMiB'] as const).every((key) => known.listing[key] === listing[key]);
    if (isFresh) return known;
    const made = sign(listing);
    signed.set(cid, made);
    return made;
  }

  return {
    show(cid, about) {
      const text = toLine(about, MAX_ABOUT);
      save.run(cid, text);
      shown.set(cid, text);
    },
    hide(cid) {
      remove.run(cid);
      shown.delete(cid);
      signed.delete(cid);
    },
    about: (cid) => shown.get(cid),
    listings: () => [...shown].slice(-MAX_SHOWN).flatMap(([cid, about]) => listingOf(cid, about) ?? []),
  };
}
