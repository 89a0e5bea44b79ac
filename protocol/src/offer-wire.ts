/**
 * The wire of `/chiral/offer/1.0.0`. Pure: bytes in, bytes out.
 *
 * One libp2p stream carries one request and its answer, both as frames (`frames.ts`); then both sides close.
 *
 *   request           kind (1 byte) | CID (its binary form, 4 to 64 bytes)
 *
 *   kind 1, 2         Do you offer this content? 2 also asks for the content itself when it is tiny.
 *     frame 1         status (1 byte) | signed offer as JSON, at most 64 KiB
 *     frame 2         manifest, at most 256 bytes; empty unless frame 3 carries the content
 *     frame 3         the content, at most 16 KiB (one leaf, so its manifest verifies it alone)
 *
 *   kind 3            What is this content?
 *     frame 1         status (1 byte) | manifest, at most 256 bytes
 *     frames 2 to n   the chunk layer in order, each 64 KiB but the last; as many as the manifest's size says
 *
 *   kind 4            Whose offers of this content have you seen lately?
 *     frame 1         status (1 byte)
 *     frames 2 to n   at most 8, each `{ "signed": a signed offer, "addresses": multiaddrs of its peer }` as JSON, at most 64 KiB
 *
 *   kind 5            Hand this offer of mine on to those who ask. The request has a second frame: the signed offer as JSON.
 *     frame 1         status (1 byte)
 *
 *   kind 6            What are the SHA-1 hashes of its 256 KiB pieces? By them an infohash proves to mean this content.
 *     frame 1         status (1 byte)
 *     frames 2 to n   the hashes in order, each 64 KiB but the last; as many as the size in the offer says
 *
 * `status` is 0, or the wire byte of an error code (`errors.ts`) with which the answer ends; its text follows for people.
 * A CID is that of a manifest, or for all kinds but 3 and 6 an alias, of a file's SHA-256 or of an infohash; the offer then names
 * the manifest.
 * A server answers an unknown kind with BAD_REQUEST. A reader ignores frames after those it knows: room for a later minor.
 */
import { CID } from 'multiformats/cid';
import { LEAF_BYTES } from './content.ts';
import { AppError, ERRORS, type ErrorCode, fromWire } from './errors.ts';

export const OFFER_PROTOCOL = '/chiral/offer/1.0.0';

/** Longest content that rides in an offer reply, bytes. */
export const MAX_INLINE_BYTES = LEAF_BYTES;
/** Longest binary CID, bytes. */
const MAX_CID_BYTES = 64;
/** Longest request body, bytes. */
export const MAX_OFFER_REQUEST_BYTES = 1 + MAX_CID_BYTES;
/** Longest first frame of an offer reply, bytes: 16 endpoints of 2 KiB and 256 ranges fit. */
export const MAX_OFFER_BYTES = 64 * 1024;
/** Longest encoded manifest, bytes; today's has about 90. */
export const MAX_MANIFEST_BYTES = 256;
/** Bytes of chunk layer in one frame: a whole number of hashes. */
export const LAYER_FRAME_BYTES = 64 * 1024;

/** Offers of others in one answer. */
export const MAX_SEEN = 8;

const KINDS = { offer: 1, 'offer-inline': 2, content: 3, seen: 4, tell: 5, pieces: 6 } as const;
export type OfferRequestKind = keyof typeof KINDS;
const kindOf = new Map<number, OfferRequestKind>(
  Object.entries(KINDS).map(([kind, byte]) => [byte, kind as OfferRequestKind]),
);

export interface OfferRequest {
  readonly kind: OfferRequestKind;
  /** CIDv1 text in base32. */
  readonly cid: string;
}

/** @throws BAD_REQUEST for a text that is no CID */
export function encodeOfferRequest({ kind, cid }: OfferRequest): Uint8Array {
  const bytes = parseAnyCid(() => CID.parse(cid)).bytes;
  const body = new Uint8Array(1 + bytes.length);
  body[0] = KINDS[kind];
  body.set(bytes, 1);
  return body;
}

/** @throws BAD_REQUEST for anything else than a known kind and one whole CIDv1 */
export function decodeOfferRequest(body: Uint8Array): OfferRequest {
  const kind = kindOf.get(body[0] ?? 0);
  if (!kind) throw new AppError('BAD_REQUEST', 'Unknown kind of offer request.');
  const cid = parseAnyCid(() => CID.decode(body.subarray(1)));
  return { kind, cid: cid.toString() };
}

function parseAnyCid(parse: () => CID): CID {
  try {
    const cid = parse();
    if (cid.version === 1 && cid.bytes.length <= MAX_CID_BYTES) return cid;
  } catch {
    // Every malformed CID gets the same answer.
  }
  throw new AppError('BAD_REQUEST', 'Not a CIDv1 of at most 64 bytes.');
}

/** First frame of a good answer. */
export function encodeAnswer(payload: Uint8Array): Uint8Array {
  const body = new Uint8Array(1 + payload.length);
  body.set(payload, 1);
  return body;
}

/** First and only frame of a refusal. */
export function encodeRefusal(code: ErrorCode, message: string): Uint8Array {
  const body = encodeAnswer(new TextEncoder().encode(message.slice(0, 200)));
  body[0] = ERRORS[code].wire;
  return body;
}

/** Payload of a good answer. @throws the code of a refusal; BAD_REQUEST for an unknown or missing status */
export function decodeAnswer(body: Uint8Array): Uint8Array {
  const status = body[0];
  if (status === 0) return body.subarray(1);
  const code = status === undefined ? undefined : fromWire(status);
  if (!code) throw new AppError('BAD_REQUEST', 'The answer has an unknown status.', { status });
  throw new AppError(code, new TextDecoder().decode(body.subarray(1, 201)) || ERRORS[code].meaning);
}

/** JSON of an offer reply as an unchecked value, for `checkOffer`. @throws OFFER_INVALID */
export function decodeOfferJson(payload: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
  } catch (cause) {
    throw new AppError('OFFER_INVALID', 'The offer is not JSON.', {}, { cause });
  }
}
