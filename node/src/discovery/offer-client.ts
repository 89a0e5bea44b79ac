/**
 * The asking side of `/chiral/offer/1.0.0` (wire: `@chiral/protocol/offer-wire`). Everything that comes back is a
 * stranger's word and is checked here before anybody sees it. No state.
 */
import {
  ChunkLayer,
  type Content,
  chunkCount,
  cidOfManifest,
  decodeManifest,
  HASH_BYTES,
  leafHashes,
  type Manifest,
  toContent,
  verifyChunk,
} from '@chiral/protocol/content';
import { AppError } from '@chiral/protocol/errors';
import { FrameStream } from '@chiral/protocol/frame-stream';
import { sha256 } from '@chiral/protocol/hashes';
import { MAX_PIECES, PIECE_HASH_BYTES, piecesBytes } from '@chiral/protocol/infohash';
import { encodeOffer, type SignedOffer } from '@chiral/protocol/offer';
import {
  decodeAnswer,
  decodeOfferJson,
  encodeOfferRequest,
  LAYER_FRAME_BYTES,
  MAX_INLINE_BYTES,
  MAX_MANIFEST_BYTES,
  MAX_OFFER_BYTES,
  MAX_SEEN,
  OFFER_PROTOCOL,
  type OfferRequest,
} from '@chiral/protocol/offer-wire';
import type { Host } from './host-core.ts';

/** Longest chunk layer taken, bytes: that of 512 GiB. It is held in memory. */
const MAX_LAYER_BYTES = 64 * 1024 * 1024;
/** A refusal: its status and up to 200 characters. */
const MAX_REFUSAL_BYTES = 1 + 4 * 200;

/** Content that came whole with an offer, verified against its CID. */
export interface Inline {
  readonly content: Content;
  readonly data: Uint8Array;
}

/** An unchecked offer, for `checkOffer`, and verified tiny content when it rode along. */
export interface OfferReply {
  readonly value: unknown;
  readonly inline: Inline | undefined;
}

/** @throws NOT_FOUND, TOO_MANY, PEER_UNREACHABLE, UNSUPPORTED, TIMEOUT, CANCELLED; OFFER_INVALID, TOO_LARGE, BAD_REQUEST for nonsense */
export async function askOffer(
  host: Host,
  peer: string,
  cid: string,
  withInline: boolean,
  signal: AbortSignal,
): Promise<OfferReply> {
  return exchange(host, peer, { kind: withInline ? 'offer-inline' : 'offer', cid }, signal, async (next) => {
    const value = decodeOfferJson(decodeAnswer(await next(MAX_OFFER_BYTES)));
    const manifest = await next(MAX_MANIFEST_BYTES);
    const data = await next(MAX_INLINE_BYTES);
    return { value, inline: manifest.length > 0 ? toInline(manifest, data) : undefined };
  });
}

/**
 * Manifest and chunk layer of `cid`, checked against it. The manifest is checked before the layer is read, so that the
 * size it states bounds what is read.
 * @throws NOT_FOUND, CONTENT_INVALID, TOO_LARGE, TOO_MANY, PEER_UNREACHABLE, UNSUPPORTED, TIMEOUT, CANCELLED
 */
export async function askContent(host: Host, peer: string, cid: string, signal: AbortSignal): Promise<Content> {
  return exchange(host, peer, { kind: 'content', cid }, signal, async (next) => {
    const encoded = decodeAnswer(await next(MAX_MANIFEST_BYTES));
    const { size } = checkManifest(encoded, cid);
    const layer = new Uint8Array(layerBytes(size));
    for (let at = 0; at < layer.length; ) {
      const due = Math.min(LAYER_FRAME_BYTES, layer.length - at);
      const part = await next(due);
      if (part.length !== due) throw new AppError('CONTENT_INVALID', 'A frame of the chunk layer is short.');
      layer.set(part, at);
      at += due;
    }
    return toContent(cid, encoded, layer, sha256);
  });
}

/**
 * SHA-1 hashes of the pieces of a content of `size` bytes, packed, as `peer` says. @throws as `askContent`; TOO_LARGE for content
 * that no torrent can hold
 */
export async function askPieces(
  host: Host,
  peer: string,
  { cid, size }: { cid: string; size: number },
  signal: AbortSignal,
): Promise<Uint8Array> {
  const bytes = piecesBytes(size);
  if (bytes > MAX_PIECES * PIECE_HASH_BYTES) throw new AppError('TOO_LARGE', 'No torrent is of this size.');
  return exchange(host, peer, { kind: 'pieces', cid }, signal, async (next) => {
    decodeAnswer(await next(0));
    const pieces = new Uint8Array(bytes);
    for (let at = 0; at < bytes; ) {
      const due = Math.min(LAYER_FRAME_BYTES, bytes - at);
      const part = await next(due);
      if (part.length !== due) throw new AppError('CONTENT_INVALID', 'A frame of the piece hashes is short.');
      pieces.set(part, at);
      at += due;
    }
    return pieces;
  });
}

/** An unchecked offer that a third party has seen, and where it thinks its peer is. */
export interface Hearsay {
  readonly value: unknown;
  readonly addresses: readonly string[];
}

/** Offers that `peer` has seen of others, unchecked. @throws as `askOffer` */
export async function askSeen(host: Host, peer: string, cid: string, signal: AbortSignal): Promise<Hearsay[]> {
  return exchange(host, peer, { kind: 'seen', cid }, signal, async (next, nextOrEnd) => {
    decodeAnswer(await next(0));
    const heard: Hearsay[] = [];
    for (let frame = await nextOrEnd(MAX_OFFER_BYTES); frame && heard.length < MAX_SEEN; ) {
      const entry = decodeOfferJson(frame) as { signed?: unknown; addresses?: unknown } | null;
      const addresses = Array.isArray(entry?.addresses) ? entry.addresses : [];
      heard.push({ value: entry?.signed, addresses: addresses.filter((address) => typeof address === 'string') });
      frame = await nextOrEnd(MAX_OFFER_BYTES);
    }
    return heard;
  });
}

/** Asks `peer` to hand an offer of ours on under `name`. @throws as `askOffer`; OFFER_INVALID when it is refused */
export async function tellOffer(
  host: Host,
  peer: string,
  name: string,
  signed: SignedOffer,
  signal: AbortSignal,
): Promise<void> {
  const told = new TextEncoder().encode(encodeOffer(signed));
  await exchange(host, peer, { kind: 'tell', cid: name }, signal, async (next) => decodeAnswer(await next(0)), told);
}

type Next<T> = (maxBytes: number) => Promise<T>;

/**
 * Runs one request on a stream of its own.
 * @param readAnswer takes the frames of the answer: `next` throws PEER_UNREACHABLE when there is none, `nextOrEnd` does not
 * @param more a second frame of the request
 */
async function exchange<T>(
  host: Host,
  peer: string,
  request: OfferRequest,
  signal: AbortSignal,
  readAnswer: (next: Next<Uint8Array>, nextOrEnd: Next<Uint8Array | undefined>) => Promise<T>,
  more?: Uint8Array,
): Promise<T> {
  const stream = await host.openStream(peer, OFFER_PROTOCOL, signal);
  const frames = new FrameStream(stream, MAX_OFFER_BYTES + 1);
  try {
    await frames.write(encodeOfferRequest(request), signal);
    if (more) await frames.write(more, signal);
    let isFirst = true;
    const nextOrEnd = async (maxBytes: number) => {
      if (!isFirst) return frames.read(maxBytes, signal);
      isFirst = false;
      // The first frame has a status before its payload, or a refusal instead of it.
      const frame = await frames.read(Math.max(maxBytes + 1, MAX_REFUSAL_BYTES), signal);
      if (frame && frame[0] !== 0) decodeAnswer(frame);
      if (frame && frame.length > maxBytes + 1) throw new AppError('TOO_LARGE', 'The answer is longer than it may be.');
      return frame;
    };
    const next = async (maxBytes: number) => {
      const frame = await nextOrEnd(maxBytes);
      if (!frame) throw new AppError('PEER_UNREACHABLE', 'The peer closed before its answer was whole.', { peer });
      return frame;
    };
    const result = await readAnswer(next, nextOrEnd);
    frames.close(signal).catch(() => {});
    return result;
  } catch (error) {
    frames.abort(error);
    throw error;
  }
}

function checkManifest(encoded: Uint8Array, cid: string): Manifest {
  if (cidOfManifest(encoded, sha256) !== cid)
    throw new AppError('CONTENT_INVALID', 'The manifest does not hash to its CID.');
  return decodeManifest(encoded);
}

function layerBytes(size: number): number {
  const bytes = chunkCount(size) * HASH_BYTES;
  if (bytes > MAX_LAYER_BYTES)
    throw new AppError('TOO_LARGE', 'This content has more chunks than a node keeps in memory.');
  return bytes;
}

/** Tiny content is one leaf at most, so its bytes are its chunk layer. @throws CONTENT_INVALID */
function toInline(encoded: Uint8Array, data: Uint8Array): Inline {
  const layer = ChunkLayer.from(leafHashes(data, sha256));
  const content = toContent(cidOfManifest(encoded, sha256), encoded, layer.bytes, sha256);
  if (content.size !== data.length || (content.size > 0 && !verifyChunk(content, 0, data, sha256))) {
    throw new AppError('CONTENT_INVALID', 'The content in the offer is not what its manifest names.');
  }
  return { content, data };
}
