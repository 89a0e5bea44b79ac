/**
 * Listing: a seller's signed line in the public catalogue, so that one who knows nobody finds something; and the messages in which
 * listings travel over `/chiral/catalogue/1.0.0`. Pure. Nobody's content is listed unless the wallet that sells it signs so: an
 * offer goes to who knows a name, a listing to everybody.
 *
 * Each request is JSON, as is each answer, both at most `MAX_CATALOGUE_BYTES`:
 *   `{ "ask": { "words": text, "skip": number } }`   listings that have all the words, the newest first, from the one after so many
 *   `{ "tell": [listing, …] }`                            listings to hand on
 *   both are answered with `{ "listings": [listing, …] }`, a telling with none
 */
import { getAddress, type SigningKey } from 'ethers';
import { z } from 'zod';
import type { CatalogueRow } from './api.ts';
import { MAX_CONTENT_BYTES, parseCid } from './content.ts';
import { AppError, isAppError } from './errors.ts';
import { decodeJson, encodeJson } from './json.ts';
import { MAX_ABOUT, MAX_MIME, MAX_NAME, MAX_WORDS } from './listing-limits.ts';
import { address, decimal, signatureHex } from './schema.ts';
import { type Deployment, digestOf, recoverSigner, signDigest, type TypedDataKind } from './typed-data.ts';
import { UNREADABLE } from './unreadable.ts';

export const CATALOGUE_PROTOCOL = '/chiral/catalogue/1.0.0';
/** Longest message, bytes: a page of listings as long as they may be. */
export const MAX_CATALOGUE_BYTES = 256 * 1024;
/** Listings in one answer and in one telling. */
export const MAX_PAGE = 64;
export const MAX_TOLD = 16;
/** Nobody keeps more than this to be asked for. */
export const MAX_SKIP = 8192;
/** Longest life of a listing, seconds: who stops renewing it is forgotten in a week. */
export const MAX_LISTING_SECONDS = 7 * 86_400;
/** Clocks of strangers may be off by this, seconds. */
const CLOCK_SKEW_SECONDS = 300;

const EVERY_UNREADABLE = new RegExp(`[${UNREADABLE}]`, 'gu');
/** A line in a list must read as it is. */
const line = (max: number) =>
  z
    .string()
    .max(max)
    .refine((text) => text.search(EVERY_UNREADABLE) < 0, 'it does not read as it is');
const seconds = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);

const listingSchema = z.strictObject({
  cid: z.string().max(128),
  /** Bytes. */
  size: z.number().int().nonnegative().max(MAX_CONTENT_BYTES),
  name: line(MAX_NAME).min(1),
  mime: line(MAX_MIME),
  /** What the seller says of it. */
  about: line(MAX_ABOUT),
  /** Who lists it and is paid. */
  wallet: address,
  /** When it was signed; the offer says what it is now. */
  weiPerMiB: decimal,
  /** Seconds since 1970. */
  createdAt: seconds,
  expiresAt: seconds,
});
export type Listing = z.output<typeof listingSchema>;

const signedListingSchema = z.strictObject({ listing: listingSchema, signature: signatureHex });
export type SignedListing = z.output<typeof signedListingSchema>;

export const LISTING: TypedDataKind = {
  name: 'Chiral',
  version: '1',
  types: {
    Listing: [
      { name: 'cid', type: 'string' },
      { name: 'size', type: 'uint64' },
      { name: 'name', type: 'string' },
      { name: 'mime', type: 'string' },
      { name: 'about', type: 'string' },
      { name: 'wallet', type: 'address' },
      { name: 'weiPerMiB', type: 'uint256' },
      { name: 'createdAt', type: 'uint64' },
      { name: 'expiresAt', type: 'uint64' },
    ],
  },
};

/** 32-byte EIP-712 digest, 0x-hex. */
export const listingDigest = (listing: Listing, deployment: Deployment): string =>
  digestOf(LISTING, deployment, listing);

/** Signs with the key of `listing.wallet`. */
export function signListing(key: SigningKey, listing: Listing, deployment: Deployment): SignedListing {
  return { listing, signature: signDigest(key, listingDigest(listing, deployment)) };
}

/** Whatever a seller calls a file → text that a listing may carry. */
export const toLine = (text: string, max: number): string =>
  text
    .replace(EVERY_UNREADABLE, ' ')
    .trim()
    .slice(0, max)
    // The cut may leave half a character, which nobody can sign.
    .replace(/[\p{Cs}\s]+$/u, '');

/** What a seller says of a content, and for how long, seconds → the listing to be signed, its words fit to be lines. */
export const composeListing = (
  said: Omit<Listing, 'createdAt' | 'expiresAt'>,
  nowSeconds: number,
  lifeSeconds: number,
): Listing => ({
  ...said,
  name: toLine(said.name, MAX_NAME) || said.cid,
  mime: toLine(said.mime, MAX_MIME),
  about: toLine(said.about, MAX_ABOUT),
  createdAt: nowSeconds,
  expiresAt: nowSeconds + lifeSeconds,
});

/** As the owner's API and the page show it. */
export const toCatalogueRow = ({ expiresAt: _, ...said }: Listing): CatalogueRow => ({
  ...said,
  weiPerMiB: `${said.weiPerMiB}`,
});

/**
 * Checks a listing from a stranger: shape, limits, life, and the signature of the wallet for this chain.
 * @throws OFFER_INVALID
 */
export function checkListing(value: unknown, expected: { nowSeconds: number; deployment: Deployment }): SignedListing {
  const fail = (why: string, cause?: unknown) =>
    new AppError('OFFER_INVALID', `Listing refused: ${why}.`, {}, { cause });
  const parsed = signedListingSchema.safeParse(value);
  if (!parsed.success) throw fail(z.prettifyError(parsed.error).slice(0, 300));
  const { listing, signature } = parsed.data;
  try {
    if (parseCid(listing.cid) !== listing.cid) throw fail('its CID is not in the canonical form');
  } catch (cause) {
    throw isAppError(cause, 'OFFER_INVALID') ? cause : fail('it names no content', cause);
  }
  const { createdAt, expiresAt } = listing;
  if (expiresAt <= expected.nowSeconds) throw fail('it has expired');
  if (expiresAt - createdAt > MAX_LISTING_SECONDS) throw fail('it lives too long');
  if (createdAt > expected.nowSeconds + CLOCK_SKEW_SECONDS) throw fail('it is from the future');
  if (recoverSigner(listingDigest(listing, expected.deployment), signature) !== getAddress(listing.wallet))
    throw fail('the wallet that sells did not sign it for this chain');
  return parsed.data;
}

/** True when every word of `words` stands in what is said of the content. */
export function matches({ name, about, mime }: Listing, words: string): boolean {
  const text = `${name} ${about} ${mime}`.normalize('NFKC').toLowerCase();
  return words
    .normalize('NFKC')
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

const requestSchema = z.union([
  z.strictObject({
    ask: z.strictObject({ words: z.string().max(MAX_WORDS), skip: z.number().int().min(0).max(MAX_SKIP) }),
  }),
  z.strictObject({ tell: z.array(z.unknown()).max(MAX_TOLD) }),
]);
const answerSchema = z.object({ listings: z.array(z.unknown()).max(MAX_PAGE) });

/** Listings in a request or an answer are unchecked. */
export type CatalogueRequest = z.output<typeof requestSchema>;

export const encodeCatalogueRequest = (request: CatalogueRequest): Uint8Array => encodeJson(request);
/** @throws BAD_REQUEST */
export const decodeCatalogueRequest = (bytes: Uint8Array): CatalogueRequest => decodeJson(requestSchema, bytes);
export const encodeListings = (listings: readonly SignedListing[]): Uint8Array => encodeJson({ listings });
/** Unchecked listings. @throws BAD_REQUEST */
export const decodeListings = (bytes: Uint8Array): unknown[] => decodeJson(answerSchema, bytes).listings;
