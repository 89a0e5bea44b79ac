/**
 * Offer: a seller's signed record of what it has, how and where to get it, what it costs and which wallet is paid. Pure.
 * The wallet to be paid signs it, bound to the peer id that presents it, to a chain and contract, and to an expiry.
 */
import { getAddress, type SigningKey } from 'ethers';
import { z } from 'zod';
import { CHUNK_BYTES, chunkCount, parseCid } from './content.ts';
import { AppError } from './errors.ts';
import { toJsonText } from './json.ts';
import { address, decimal, signatureHex } from './schema.ts';
import { type Deployment, digestOf, recoverSigner, signDigest, type TypedDataKind } from './typed-data.ts';

/** Transfer protocols by their names on the wire. */
export const PROTOCOLS = ['http', 'webtorrent', 'bittorrent', 'ed2k', 'libp2p'] as const;
export type ProtocolName = (typeof PROTOCOLS)[number];

/** Limits on what a stranger may put into an offer. */
const MAX_ENDPOINTS = 16;
const MAX_RANGES = 256;
const MAX_TEXT = 512;
/** Longest life of an offer, seconds: a day, the republish interval of Kademlia's provider records being shorter. */
export const MAX_OFFER_SECONDS = 86_400;
/** Clocks of strangers may be off by this, seconds. */
const CLOCK_SKEW_SECONDS = 300;

const text = (max: number) => z.string().max(max);
const uint53 = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);

const offerSchema = z.strictObject({
  cid: text(128),
  /** Bytes; the same as the manifest's. */
  size: uint53,
  peerId: text(128).min(1),
  wallet: address,
  weiPerMiB: decimal,
  endpoints: z
    .array(z.strictObject({ protocol: z.enum(PROTOCOLS), url: text(2048).min(1) }))
    .min(1)
    .max(MAX_ENDPOINTS),
  /** Chunks held, as sorted ranges that neither touch nor overlap; one range of all of them for a complete copy. */
  chunks: z.array(z.strictObject({ first: uint53, count: uint53.min(1) })).max(MAX_RANGES),
  /** File name and MIME type as the seller calls them. Display only, never a path. */
  name: text(MAX_TEXT),
  mime: text(MAX_TEXT),
  /** Seconds since 1970. */
  createdAt: uint53,
  expiresAt: uint53,
});

export type Offer = z.output<typeof offerSchema>;

const signedOfferSchema = z.strictObject({ offer: offerSchema, signature: signatureHex });
export type SignedOffer = z.output<typeof signedOfferSchema>;

export const OFFER: TypedDataKind = {
  name: 'Chiral',
  version: '1',
  types: {
    Offer: [
      { name: 'cid', type: 'string' },
      { name: 'size', type: 'uint64' },
      { name: 'peerId', type: 'string' },
      { name: 'wallet', type: 'address' },
      { name: 'weiPerMiB', type: 'uint256' },
      { name: 'endpoints', type: 'Endpoint[]' },
      { name: 'chunks', type: 'ChunkRange[]' },
      { name: 'name', type: 'string' },
      { name: 'mime', type: 'string' },
      { name: 'createdAt', type: 'uint64' },
      { name: 'expiresAt', type: 'uint64' },
    ],
    Endpoint: [
      { name: 'protocol', type: 'string' },
      { name: 'url', type: 'string' },
    ],
    ChunkRange: [
      { name: 'first', type: 'uint64' },
      { name: 'count', type: 'uint64' },
    ],
  },
};

/** 32-byte EIP-712 digest, 0x-hex. */
export function offerDigest(offer: Offer, deployment: Deployment): string {
  return digestOf(OFFER, deployment, offer);
}

/** Signs with the key of `offer.wallet`. */
export function signOffer(key: SigningKey, offer: Offer, deployment: Deployment): SignedOffer {
  return { offer, signature: signDigest(key, offerDigest(offer, deployment)) };
}

/**
 * Checks an offer from a stranger: shape, limits, content asked for, peer that presented it, life, and the signature of
 * the wallet to be paid.
 * @param expected what the caller knows: `nowSeconds` is the caller's clock; `peerId` absent when handed on by a third party
 * @throws OFFER_INVALID
 */
export function checkOffer(
  value: unknown,
  expected: { cid: string; peerId?: string; nowSeconds: number; deployment: Deployment },
): SignedOffer {
  const fail = (why: string, cause?: unknown) => new AppError('OFFER_INVALID', `Offer refused: ${why}.`, {}, { cause });
  const parsed = signedOfferSchema.safeParse(value);
  if (!parsed.success) throw fail(z.prettifyError(parsed.error).slice(0, 300));
  const { offer, signature } = parsed.data;
  if (offer.cid !== expected.cid) throw fail('it is for other content');
  if (expected.peerId !== undefined && offer.peerId !== expected.peerId) throw fail('it names another peer');
  const { nowSeconds } = expected;
  if (offer.expiresAt <= nowSeconds) throw fail('it has expired');
  if (offer.expiresAt - offer.createdAt > MAX_OFFER_SECONDS) throw fail('it lives too long');
  if (offer.createdAt > nowSeconds + CLOCK_SKEW_SECONDS) throw fail('it is from the future');
  let end = -1;
  for (const { first, count } of offer.chunks) {
    if (first <= end) throw fail('its chunk ranges are not sorted and apart');
    end = first + count;
  }
  if (end > chunkCount(offer.size)) throw fail('it claims chunks that do not exist');
  if (recoverSigner(offerDigest(offer, expected.deployment), signature) !== getAddress(offer.wallet)) {
    throw fail('the wallet to be paid did not sign it for this chain');
  }
  return parsed.data;
}

/** True when the offer says that it holds chunk `index`. */
export function hasChunk(offer: Offer, index: number): boolean {
  return offer.chunks.some(({ first, count }) => index >= first && index < first + count);
}

/** Ranges for `Offer.chunks` from what is held. */
export function toRanges(count: number, has: (chunk: number) => boolean): Offer['chunks'] {
  const ranges: Offer['chunks'] = [];
  for (let chunk = 0; chunk < count; chunk++) {
    if (!has(chunk)) continue;
    const last = ranges.at(-1);
    if (last && last.first + last.count === chunk) last.count++;
    else ranges.push({ first: chunk, count: 1 });
  }
  return ranges.slice(0, MAX_RANGES);
}

/** Offer for the wire: JSON text with wei as decimal text. */
export function encodeOffer(offer: SignedOffer): string {
  return toJsonText(offer);
}

/**
 * File metadata as listings show it (DHT-04): what offers of one content say together. Names are the sellers' words.
 */
export interface FileMetadata {
  fileHash: string;
  fileName: string;
  fileSize: number;
  totalChunks: number;
  chunkSize: number;
  mimeType: string;
  created: number;
  seeders: Record<
    ProtocolName,
    { peerId: string; wallet: string; weiPerMiB: string; url: string; chunks: Offer['chunks'] }[]
  >;
  totalSeeders: number;
}

/** @throws OFFER_INVALID when there is none, or they disagree on the size */
export function toFileMetadata(cid: string, offers: readonly Offer[]): FileMetadata {
  const first = offers[0];
  if (!first || offers.some((offer) => offer.size !== first.size || offer.cid !== parseCid(cid))) {
    throw new AppError('OFFER_INVALID', 'File metadata needs offers of one content that agree on its size.');
  }
  const seeders = Object.fromEntries(PROTOCOLS.map((name) => [name, []])) as unknown as FileMetadata['seeders'];
  for (const { peerId, wallet, weiPerMiB, endpoints, chunks } of offers) {
    for (const { protocol, url } of endpoints) {
      seeders[protocol].push({ peerId, wallet, weiPerMiB: weiPerMiB.toString(), url, chunks });
    }
  }
  return {
    fileHash: first.cid,
    fileName: first.name,
    fileSize: first.size,
    totalChunks: chunkCount(first.size),
    chunkSize: CHUNK_BYTES,
    mimeType: first.mime,
    created: Math.min(...offers.map((offer) => offer.createdAt)),
    seeders,
    totalSeeders: new Set(offers.map((offer) => offer.peerId)).size,
  };
}
