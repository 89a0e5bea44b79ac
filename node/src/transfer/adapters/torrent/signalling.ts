/**
 * WebRTC signalling as WebTorrent trackers carry it: JSON over WebSocket, offers out, answers back. Holds the messages'
 * limits for both sides, the answering side (a seeder) and the offering side (a buyer). Never touches content.
 * State: negotiations under way, bounded.
 *
 * The answering side tries nobody's candidates at first. Its checks would reach the offerer before the answer does, which
 * makes the other end's connection slow or dead now and then; and a candidate is an address that a stranger chose for us.
 * If the offerer does not come through by itself, the permitted candidates are tried after a moment (both behind NAT).
 */
import { joinPieces } from '@chiral/protocol/frames';
import type SimplePeer from '@thaunknown/simple-peer/lite.js';
import type { Log } from '../../../log.ts';

/** Largest session description and message taken, bytes, as libtorrent bounds them. */
export const MAX_SDP_BYTES = 64 * 1024;
export const MAX_MESSAGE_BYTES = 128 * 1024;
/** Negotiations under way per torrent, and offers waiting for their turn. */
const MAX_NEGOTIATIONS = 10;
const MAX_WAITING = 64;
/** An offer must lead to a connection in this time, ms. */
const NEGOTIATION_MS = 15_000;
/** The offerer's own checks have this long before its candidates are tried, ms. */
const CANDIDATE_DELAY_MS = 400;
/** Offers taken from one announce. */
const MAX_OFFERS = 10;

/** Longest message of a data channel that we make, bytes: a quarter of what browsers and node-datachannel take. */
const MAX_BATCH_BYTES = 64 * 1024;

/** RTCPeerConnection configuration; `bindAddress` is node-datachannel's. */
export interface RtcConfig {
  readonly iceServers: readonly { urls: string | readonly string[]; username?: string; credential?: string }[];
  readonly bindAddress?: string;
}

/** The part of a WebSocket that is used, which a browser's and Node's have in common. */
export interface TrackerSocket {
  readonly readyState: number;
  onopen: (() => void) | null;
  onerror: (() => void) | null;
  onclose: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  send(text: string): void;
  close(): void;
}
const SOCKET_OPEN = 1;

/** What strangers may make this machine reach. */
export interface WebRtcPolicy {
  /** Begins to connect. @throws PEER_UNREACHABLE when it may not */
  openSocket(url: string): Promise<TrackerSocket>;
  /** Takes the candidates out of a session description. @returns the description without them, and those that may be tried */
  splitCandidates(sdp: string): { sdp: string; candidates: string[] };
}

/** Trackers speak of 20 bytes as a string of 20 characters below 256. */
export const toBinary = (hex: string): string => Buffer.from(hex, 'hex').toString('latin1');
export const toHex = (binary: string): string => Buffer.from(binary, 'latin1').toString('hex');

const is20 = (value: unknown): value is string => typeof value === 'string' && /^[\0-\xff]{20}$/.test(value);
const sdpOf = (value: unknown, type: 'offer' | 'answer'): string | undefined => {
  const { type: kind, sdp } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  return kind === type && typeof sdp === 'string' && sdp.length <= MAX_SDP_BYTES ? sdp : undefined;
};

/** A message of either side, reduced to what is understood. Ids are hex; `offerId` stays the sender's text. */
export interface SignalMessage {
  readonly action: 'announce';
  readonly infoHash?: string;
  readonly peerId?: string;
  readonly offer?: string;
  readonly answer?: string;
  readonly offerId?: string;
  readonly failure?: string;
  /** The same message, written anew for a tracker. */
  clean(): string;
}

/** Reads one message of a stranger. @returns undefined for what is no announce, is malformed or exceeds a limit */
export function readMessage(text: string): SignalMessage | undefined {
  if (text.length > MAX_MESSAGE_BYTES) return undefined;
  let raw: Record<string, unknown>;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    raw = value as Record<string, unknown>;
  } catch {
    return undefined;
  }
  if (raw.action !== 'announce') return undefined;
  const { info_hash, peer_id, to_peer_id } = raw;
  const offerId = typeof raw.offer_id === 'string' && raw.offer_id.length <= 64 ? raw.offer_id : undefined;
  const offer = sdpOf(raw.offer, 'offer');
  const answer = sdpOf(raw.answer, 'answer');
  const failure = raw['failure reason'];
  return {
    action: 'announce',
    ...(is20(info_hash) ? { infoHash: toHex(info_hash) } : {}),
    ...(is20(peer_id) ? { peerId: toHex(peer_id) } : {}),
    ...(offer === undefined ? {} : { offer }),
    ...(answer === undefined ? {} : { answer }),
    ...(offerId === undefined ? {} : { offerId }),
    ...(typeof failure === 'string' ? { failure: failure.slice(0, 200) } : {}),
    clean: () => {
      const offers = (Array.isArray(raw.offers) ? raw.offers : []).slice(0, MAX_OFFERS).flatMap((one: unknown) => {
        const { offer: description, offer_id } = (one ?? {}) as Record<string, unknown>;
        const sdp = sdpOf(description, 'offer');
        return sdp !== undefined && is20(offer_id) ? [{ offer: { type: 'offer', sdp }, offer_id }] : [];
      });
      const event = ['started', 'stopped', 'completed', 'paused'].find((name) => name === raw.event);
      return JSON.stringify({
        action: 'announce',
        info_hash,
        peer_id,
        left: Number.isFinite(raw.left) ? raw.left : 1,
        ...(event === undefined ? {} : { event }),
        ...(answer !== undefined && is20(to_peer_id) && offerId !== undefined
          ? { answer: { type: 'answer', sdp: answer }, to_peer_id, offer_id: offerId }
          : { offers }),
      });
    },
  };
}

/** An offer that reached a seeder. */
export interface Offer {
  readonly sdp: string;
  /** BitTorrent id of the sender, hex, as the tracker vouches for it. */
  readonly peerId: string;
  readonly answer: (sdp: string) => void;
}

export interface AnswererOptions {
  /** The class, since its module is loaded late. */
  readonly Peer: typeof SimplePeer;
  readonly rtc: RtcConfig;
  readonly policy: WebRtcPolicy;
  /** A connected peer; its `id` is the sender's. */
  readonly onPeer: (peer: SimplePeer) => void;
  readonly log: Log;
}

/** Answers offers for one torrent. */
export class Answerer {
  readonly #options: AnswererOptions;
  readonly #live = new Set<SimplePeer>();
  #waiting: { offer: Offer; expiresAtMs: number }[] = [];
  #stopped = false;

  constructor(options: AnswererOptions) {
    this.#options = options;
  }

  /** Negotiations under way. */
  get live(): number {
    return this.#live.size;
  }

  take(offer: Offer): void {
    if (this.#stopped || this.#waiting.length >= MAX_WAITING) return;
    this.#waiting.push({ offer, expiresAtMs: Date.now() + NEGOTIATION_MS });
    this.#next();
  }

  stop(): void {
    this.#stopped = true;
    this.#waiting = [];
    for (const peer of this.#live) peer.destroy();
  }

  #next(): void {
    while (!this.#stopped && this.#live.size < MAX_NEGOTIATIONS) {
      const next = this.#waiting.shift();
      if (!next) return;
      if (next.expiresAtMs > Date.now()) this.#negotiate(next.offer);
    }
  }

  #negotiate(offer: Offer): void {
    const { Peer, rtc, policy, onPeer, log } = this.#options;
    const { sdp, candidates } = policy.splitCandidates(offer.sdp);
    const peer = inBatches(new Peer({ trickle: false, config: rtc }));
    peer.id = offer.peerId;
    this.#live.add(peer);
    const sdpMid = /^a=mid:(\S{1,3})/m.exec(sdp)?.[1] ?? '0';
    const tryCandidates = setTimeout(() => {
      for (const candidate of candidates) peer.signal({ candidate: { candidate, sdpMid, sdpMLineIndex: 0 } });
    }, CANDIDATE_DELAY_MS);
    const giveUp = setTimeout(() => peer.destroy(), NEGOTIATION_MS);
    const settle = () => {
      clearTimeout(tryCandidates);
      clearTimeout(giveUp);
      if (this.#live.delete(peer)) this.#next();
    };
    peer.once('signal', (answer: { type: string; sdp?: string }) => {
      if (answer.type === 'answer' && answer.sdp !== undefined) offer.answer(answer.sdp);
    });
    peer.on('error', (err: Error) => {
      log.debug({ err }, 'webrtc negotiation failed');
      settle();
    });
    peer.once('close', settle);
    peer.once('connect', () => {
      settle();
      if (this.#stopped) peer.destroy();
      else onPeer(peer);
    });
    peer.signal({ type: 'offer', sdp });
  }
}

/** One WebSocket to somebody's tracker, bounded. Owned by its opener, who closes it. */
export async function openTracker(
  url: string,
  policy: WebRtcPolicy,
  on: { open: () => void; message: (message: SignalMessage) => void; close: () => void },
): Promise<{ send(message: object): void; close(): void }> {
  const socket = await policy.openSocket(url);
  socket.onerror = () => {};
  socket.onopen = on.open;
  socket.onclose = on.close;
  socket.onmessage = ({ data }) => {
    const message = typeof data === 'string' ? readMessage(data) : undefined;
    if (message) on.message(message);
  };
  return {
    send: (message) => {
      if (socket.readyState === SOCKET_OPEN) socket.send(JSON.stringify(message));
    },
    close: () => socket.close(),
  };
}

/** What a stream of streamx is underneath, as far as batches need it. */
interface Underneath {
  readonly _writableState: {
    highWaterMark: number;
    /** Hands `chunk` and all that waits behind it to `_writev`. */
    autoBatch(chunk: Uint8Array, done: (error?: Error | null) => void): void;
  };
  _write(chunk: Uint8Array, done: (error?: Error | null) => void): void;
  _writev(chunks: readonly Uint8Array[], done: (error?: Error | null) => void): void;
}

/**
 * The same peer; what is written to it in a row leaves as few messages. A message wakes several threads on both sides, and a wire
 * writes a block in two and each request by itself.
 */
export function inBatches(peer: SimplePeer): SimplePeer {
  const stream = peer as unknown as Underneath;
  const send = stream._write.bind(peer);
  stream._writableState.highWaterMark = MAX_BATCH_BYTES;
  stream._write = (chunk, done) => stream._writableState.autoBatch(chunk, done);
  stream._writev = (chunks, done) => {
    let length = chunks[0]!.length;
    let count = 1;
    while (count < chunks.length && length + chunks[count]!.length <= MAX_BATCH_BYTES)
      length += chunks[count++]!.length;
    const rest = chunks.slice(count);
    send(joinPieces(chunks.slice(0, count)), (error) => {
      if (error || rest.length === 0) done(error);
      else stream._writev(rest, done);
    });
  };
  return peer;
}

/** A fresh offer, its candidates gathered. */
export async function makeOffer(rtc: RtcConfig): Promise<{ peer: SimplePeer; offerId: string; sdp: string }> {
  const { default: Peer } = await import('@thaunknown/simple-peer/lite.js');
  const peer = inBatches(new Peer({ initiator: true, trickle: false, config: rtc }));
  const sdp = await new Promise<string>((resolve, reject) => {
    peer.once('signal', (offer: { sdp: string }) => resolve(offer.sdp));
    peer.once('error', reject);
    peer.once('close', () => reject(new Error('The peer connection closed before it had an offer.')));
  });
  return { peer, offerId: toHex(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(20)))), sdp };
}
