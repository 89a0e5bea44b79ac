/**
 * The answering side of `/chiral/offer/1.0.0` (wire: `@chiral/protocol/offer-wire`): what a stranger may learn of our own
 * content, and whose offers we have seen. It reads from `LocalOffers` and decides nothing: whether tiny content may ride
 * along is asked of the caller.
 * State: one token bucket per peer.
 */
import { type Content, fromContent } from '@chiral/protocol/content';
import { AppError, isAppError } from '@chiral/protocol/errors';
import { FrameStream } from '@chiral/protocol/frame-stream';
import { encodeOffer, type SignedOffer } from '@chiral/protocol/offer';
import {
  decodeOfferJson,
  decodeOfferRequest,
  encodeAnswer,
  encodeRefusal,
  LAYER_FRAME_BYTES,
  MAX_INLINE_BYTES,
  MAX_OFFER_BYTES,
  MAX_OFFER_REQUEST_BYTES,
  MAX_SEEN,
  OFFER_PROTOCOL,
  type OfferRequest,
} from '@chiral/protocol/offer-wire';
import type { LocalOffers } from '../ports.ts';
import type { Host } from './host-core.ts';
import type { OfferCache } from './offer-cache.ts';
import { createPeerBuckets } from './peer-buckets.ts';

/** A stranger has this long to ask, and we to answer, ms; a chunk layer may take longer in all but not per frame. */
const REQUEST_TIMEOUT_MS = 10_000;
/** Requests of one peer. */
const RATE = { burst: 200, perSecond: 50, maxPeers: 4096, isStrict: true };
/** Streams of one peer at a time. */
const MAX_STREAMS_PER_PEER = 32;

/**
 * The bytes of tiny content that go to `peer` with the offer, or undefined when they may not. The caller counts them as
 * delivered when it returns them.
 */
export type InlineSource = (peer: string, content: Content) => Promise<Uint8Array | undefined>;

export type PieceSource = (cid: string) => Uint8Array | undefined;

export interface OfferServerOptions {
  readonly host: Host;
  readonly local: LocalOffers;
  readonly inline?: InlineSource;
  /** SHA-1 of the pieces of a content of ours, packed; undefined where it is not served over BitTorrent. */
  readonly pieces?: PieceSource;
  /** Offers of others that may be handed on. */
  readonly seen: OfferCache;
  /** Checks an offer that a peer asks us to hand on. @throws OFFER_INVALID */
  readonly check: (value: unknown, name: string, peer: string) => SignedOffer;
  readonly nowMs?: () => number;
}

/** @returns stops answering */
export function serveOffers(options: OfferServerOptions): Promise<() => Promise<void>> {
  const { host, nowMs = Date.now } = options;
  const allow = createPeerBuckets(RATE, nowMs);

  return host.handle(
    OFFER_PROTOCOL,
    async (peer, stream) => {
      const frames = new FrameStream(stream, MAX_OFFER_BYTES);
      const body = await frames.read(MAX_OFFER_REQUEST_BYTES, AbortSignal.timeout(REQUEST_TIMEOUT_MS));
      if (!body) return frames.close();
      const write = (frame: Uint8Array) => frames.write(frame, AbortSignal.timeout(REQUEST_TIMEOUT_MS));
      let first: Uint8Array;
      let rest: Iterable<Uint8Array> = [];
      try {
        if (!allow(peer)) throw new AppError('TOO_MANY', 'Too many requests; slow down.');
        const request = decodeOfferRequest(body);
        if (request.kind === 'tell') first = await hear(options, peer, request.cid, frames);
        else [first, rest] = await answer(options, peer, request);
      } catch (error) {
        if (!isAppError(error) || stream.status !== 'open') throw error;
        first = encodeRefusal(error.code, error.message);
      }
      await write(first);
      for (const frame of rest) await write(frame);
      await frames.close(AbortSignal.timeout(REQUEST_TIMEOUT_MS));
    },
    MAX_STREAMS_PER_PEER,
  );
}

/** An offer of `peer`'s own to hand on. @throws OFFER_INVALID, BAD_REQUEST */
async function hear({ seen, check }: OfferServerOptions, peer: string, name: string, frames: FrameStream) {
  const told = await frames.read(MAX_OFFER_BYTES, AbortSignal.timeout(REQUEST_TIMEOUT_MS));
  if (!told) throw new AppError('BAD_REQUEST', 'The offer is missing.');
  seen.add(check(decodeOfferJson(told), name, peer), name);
  return encodeAnswer(new Uint8Array());
}

/** First frame and the others. @throws NOT_FOUND */
async function answer(
  { host, local, inline, pieces, seen }: OfferServerOptions,
  peer: string,
  { kind, cid }: OfferRequest,
): Promise<[Uint8Array, Iterable<Uint8Array>]> {
  const notHere = () => new AppError('NOT_FOUND', 'This content is not offered here.');
  const toText = (text: string) => new TextEncoder().encode(text);
  if (kind === 'content') {
    const content = local.content(cid);
    if (!content) throw notHere();
    const { manifest, layer } = fromContent(content);
    return [encodeAnswer(manifest), slices(layer)];
  }
  if (kind === 'pieces') {
    const hashes = local.content(cid) && pieces?.(cid);
    if (!hashes) throw notHere();
    return [encodeAnswer(new Uint8Array()), slices(hashes)];
  }
  if (kind === 'seen') {
    const offers = seen.get(cid).slice(0, MAX_SEEN);
    const frames = offers.map(async (signed) => {
      const addresses = await host.addressesOf(signed.offer.peerId);
      return toText(`{"signed":${encodeOffer(signed)},"addresses":${JSON.stringify(addresses)}}`);
    });
    return [
      encodeAnswer(new Uint8Array()),
      (await Promise.all(frames)).filter(({ length }) => length <= MAX_OFFER_BYTES),
    ];
  }
  const signed = await local.offer(cid);
  if (!signed) throw notHere();
  const content = kind === 'offer-inline' ? local.content(signed.offer.cid) : undefined;
  const bytes =
    inline && content && content.size <= MAX_INLINE_BYTES ? await orNothing(inline(peer, content)) : undefined;
  const empty = new Uint8Array();
  const manifest = content && bytes ? fromContent(content).manifest : empty;
  return [encodeAnswer(toText(encodeOffer(signed))), [manifest, bytes ?? empty]];
}

/** Tiny content that may not go now is no reason to keep the offer back. */
async function orNothing(bytes: Promise<Uint8Array | undefined>): Promise<Uint8Array | undefined> {
  try {
    return await bytes;
  } catch (error) {
    if (!isAppError(error)) throw error;
    return undefined;
  }
}

function* slices(layer: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < layer.length; at += LAYER_FRAME_BYTES) yield layer.subarray(at, at + LAYER_FRAME_BYTES);
}
