/**
 * Fetching over WebTorrent and BitTorrent: one connection per provider and protocol, made when needed and kept while it is
 * used. The same in a daemon and in a page, which dials by WebRTC only. Knows no prices; verifies nothing.
 * State: the connections on which we fetch.
 */
import { type Content, chunkLength } from '@chiral/protocol/content';
import { AppError } from '@chiral/protocol/errors';
import type { Log } from '../../../log.ts';
import type { Offer } from '../../../ports.ts';
import { ChunkParts, type Link, type LinkOptions, MAX_OPEN, newPeerId } from './link.ts';
import { type Magnet, parseMagnet } from './metainfo.ts';
import type { Identity } from './peer-proof.ts';

/** A connection without a fetch is closed after this, ms. */
const IDLE_MS = 30_000;
/** Providers connected at a time; the longest unused gives way. */
const MAX_SOURCES = 128;
/** WebRTC fails now and then when both ends check at the same moment. */
const WEBRTC_ATTEMPTS = 3;

export type TorrentProtocol = 'webtorrent' | 'bittorrent';
export type Dial = (magnet: Magnet, link: LinkOptions, signal: AbortSignal) => Promise<Link>;

export interface Sources {
  /** Unverified bytes of one chunk. @throws as `ProtocolAdapter.fetch` */
  fetch(
    protocol: TorrentProtocol,
    offer: Offer,
    content: Content,
    chunk: number,
    signal: AbortSignal,
  ): Promise<Uint8Array>;
  close(): void;
}

/** @param dials ways to a provider; a protocol without one is UNSUPPORTED */
export function createSources(
  dials: Partial<Record<TorrentProtocol, Dial>>,
  { identity, log }: { identity: Identity | undefined; log: Log },
): Sources {
  const sources = new Map<string, Source>();
  const ownId = newPeerId();

  function sourceOf(protocol: TorrentProtocol, dial: Dial, offer: Offer, magnet: Magnet): Source {
    const key = JSON.stringify([protocol, offer.peerId, magnet.infoHash, magnet.peers, magnet.trackers]);
    let source = sources.get(key);
    if (!source) {
      for (const [other, old] of sources) {
        if (sources.size < MAX_SOURCES) break;
        if (!old.busy) {
          old.close();
          sources.delete(other);
        }
      }
      const link = { ownId, identity, seller: offer.peerId, log };
      source = new Source((signal) => dial(magnet, link, signal), protocol === 'bittorrent' ? 1 : WEBRTC_ATTEMPTS);
    } else {
      sources.delete(key);
    }
    sources.set(key, source);
    return source;
  }

  return {
    async fetch(protocol, offer, content, chunk, signal) {
      const length = chunkLength(content.size, chunk);
      if (signal.aborted) throw new AppError('CANCELLED', 'The fetch was cancelled.');
      const url = offer.endpoints.find((endpoint) => endpoint.protocol === protocol)?.url;
      const dial = dials[protocol];
      if (url === undefined || !dial) throw new AppError('UNSUPPORTED', `There is no way to fetch by ${protocol}.`);
      const magnet = parseMagnet(url);
      if (magnet.provider !== undefined && magnet.provider !== offer.peerId) {
        throw new AppError('OFFER_INVALID', 'The endpoint belongs to another peer than the offer.');
      }
      return sourceOf(protocol, dial, offer, magnet).fetch(`${content.cid} ${chunk}`, chunk, length, signal);
    },
    close() {
      for (const source of sources.values()) source.close();
      sources.clear();
    },
  };
}

/** One provider by one protocol: its connection, made when needed, and the chunks half fetched from it. */
class Source {
  readonly #dial: (signal: AbortSignal) => Promise<Link>;
  readonly #attempts: number;
  /** Chunks cut in half by a choke, so that no block is fetched and accounted twice. */
  readonly #parts = new Map<string, ChunkParts>();
  readonly #jobs = new Map<string, { controller: AbortController; waiting: number; bytes: Promise<Uint8Array> }>();
  readonly #closing = new AbortController();
  #link: Promise<Link> | undefined;
  #current: Link | undefined;
  #idle: NodeJS.Timeout | undefined;

  constructor(dial: (signal: AbortSignal) => Promise<Link>, attempts: number) {
    this.#dial = dial;
    this.#attempts = attempts;
  }

  get busy(): boolean {
    return this.#jobs.size > 0;
  }

  /** Who asks for a chunk that is on its way already, waits for the same bytes. @param key of the chunk, among all contents */
  async fetch(key: string, chunk: number, length: number, signal: AbortSignal): Promise<Uint8Array> {
    let job = this.#jobs.get(key);
    if (!job) {
      const controller = new AbortController();
      const made = { controller, waiting: 0, bytes: this.#fill(key, chunk, length, controller.signal) };
      this.#jobs.set(key, made);
      made.bytes
        .catch(() => {})
        .finally(() => {
          if (this.#jobs.get(key) === made) this.#jobs.delete(key);
          if (this.#jobs.size === 0) this.#idle = setTimeout(() => this.#hangUp(), IDLE_MS);
          if (this.#jobs.size === 0) this.#idle?.unref?.();
        });
      job = made;
    }
    clearTimeout(this.#idle);
    job.waiting++;
    try {
      return await abandonable(job.bytes, signal);
    } finally {
      if (--job.waiting === 0) {
        job.controller.abort();
        if (this.#jobs.get(key) === job) this.#jobs.delete(key);
      }
    }
  }

  async #fill(key: string, chunk: number, length: number, signal: AbortSignal): Promise<Uint8Array> {
    const link = await abandonable(this.#connect(), signal);
    const parts = this.#parts.get(key) ?? new ChunkParts(length);
    this.#parts.delete(key);
    this.#parts.set(key, parts);
    if (this.#parts.size > MAX_OPEN) this.#parts.delete(this.#parts.keys().next().value!);
    if (!parts.complete) await link.fill(chunk, parts, signal);
    this.#parts.delete(key);
    return parts.bytes;
  }

  close(): void {
    clearTimeout(this.#idle);
    this.#closing.abort();
    this.#hangUp();
  }

  #hangUp(): void {
    this.#current?.destroy();
    this.#current = undefined;
    this.#link = undefined;
  }

  /** One dial serves all who wait for it, so it ends with the source and not with any of them. */
  #connect(): Promise<Link> {
    if (this.#link && this.#current?.alive !== false) return this.#link;
    this.#current = undefined;
    const dialled = this.#dialOften();
    this.#link = dialled;
    dialled.then(
      (link) => {
        this.#current = link;
        if (this.#closing.signal.aborted) link.destroy();
      },
      () => {
        if (this.#link === dialled) this.#link = undefined;
      },
    );
    return dialled;
  }

  async #dialOften(): Promise<Link> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#dial(this.#closing.signal);
      } catch (error) {
        const again = error instanceof AppError && error.code === 'PEER_UNREACHABLE' && attempt < this.#attempts;
        if (!again || this.#closing.signal.aborted) throw error;
      }
    }
  }
}

function abandonable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const onAbort = () => reject(new AppError('CANCELLED', 'The fetch was cancelled.'));
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
