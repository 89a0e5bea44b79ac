/**
 * WebTorrent and BitTorrent as two protocol adapters over one client: `createTorrentAdapters`. Knows no prices and no
 * wallets; who may have how much is the uplink's to say, what a chunk must hash to is the scheduler's to check.
 * State: the serving client (loaded and started with the first `serve`) and the connections on which we fetch.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { chunkLength } from '@chiral/protocol/content';
import { AppError } from '@chiral/protocol/errors';
import type { Log } from '../../../log.ts';
import type { Offer, PeerKey, ProtocolAdapter, Sessions } from '../../../ports.ts';
import { dialTcp, dialWebRtc } from './dial.ts';
import { DialPolicy, toHostPort } from './dial-policy.ts';
import { ChunkParts, type Link, MAX_OPEN, newPeerId } from './link.ts';
import { type Magnet, parseMagnet, toMagnet, toTorrentFile } from './metainfo.ts';
import type { Identity } from './peer-proof.ts';
import { Seeder, type SeederOptions, type TorrentProtocol } from './seeder.ts';
import type { RtcConfig } from './signalling.ts';
import type { TrackerLimits } from './tracker.ts';

/** A connection without a fetch is closed after this, ms. */
const IDLE_MS = 30_000;
/** Providers connected at a time; the longest unused gives way. */
const MAX_SOURCES = 128;
/** WebRTC fails now and then when both ends check at the same moment. */
const WEBRTC_ATTEMPTS = 3;
/** Collections after a stop, and the time between them, ms. */
const COLLECTIONS = 20;
const COLLECT_MS = 250;

export interface TorrentOptions {
  /** A whole chunk from the store, for hashing only; it reaches no peer. @throws NOT_FOUND, CONTENT_CHANGED, STORE_FAILED */
  readonly readLocal: (cid: string, chunk: number) => Promise<Uint8Array>;
  /** IP addresses under which others reach this node. */
  readonly hosts: () => readonly string[];
  readonly log: Log;
  /** Keeps SHA-1 piece hashes over a restart. */
  readonly pieceHashes?: SeederOptions['pieceHashes'];
  /** Our libp2p key: proves us to peers of ours. Without it we are a stranger to them. */
  readonly identity?: Identity;
  /** A session token is a passkey: whoever announces with it is that session's peer. */
  readonly sessions?: Sessions;
  /** URL of our HTTP file for BEP 19, with a session's token when there is one. */
  readonly webSeed?: (cid: string, token?: string) => string | undefined;
  /** Listen on this address only; everywhere by default. */
  readonly bind?: string;
  /** @default 0, any free port */
  readonly torrentPort?: number;
  /** @default 0, any free port */
  readonly trackerPort?: number;
  /** The tracker's WebSocket as browsers on https reach it, `wss://host/announce`, when something in front speaks TLS. */
  readonly trackerUrl?: string;
  readonly trackerLimits?: Partial<TrackerLimits>;
  /** Let the tracker introduce peers of torrents that are not served here: for nodes behind NAT. @default false */
  readonly trackerOpen?: boolean;
  /** For a node that nobody can reach: WebSocket trackers of others (`trackerOpen`) at which buyers find it. */
  readonly presentAt?: readonly string[];
  /** Accept uTP beside TCP. Off when `bind` is given. @default true */
  readonly utp?: boolean;
  /** @default true */
  readonly pex?: boolean;
  /** @default false; else options of bittorrent-dht */
  readonly dht?: false | object;
  readonly dhtPort?: number;
  /** STUN and TURN servers, and the address WebRTC binds to. @default no servers */
  readonly rtc?: RtcConfig;
  /** Loopback and private addresses may be dialled on a stranger's word: closed networks and tests. @default false */
  readonly allowPrivate?: boolean;
}

export interface TorrentAdapters {
  readonly webtorrent: ProtocolAdapter;
  readonly bittorrent: ProtocolAdapter;
  /**
   * A .torrent for a stock client: tracker and web seed, personal when a passkey (session token) is given.
   * @throws NOT_FOUND unless served
   */
  torrentFile(cid: string, options?: { passkey?: string }): Buffer;
  /** `peer` was granted more: unchoke it now instead of at the next try. */
  wake(peer: PeerKey): void;
  /** Ports in use; undefined before the first `serve`. */
  ports(): { torrent: number; tracker: number } | undefined;
  stop(): Promise<void>;
}

export function createTorrentAdapters(options: TorrentOptions): TorrentAdapters {
  const { log, identity } = options;
  const policy = new DialPolicy({ allowPrivate: options.allowPrivate ?? false });
  const rtc = options.rtc ?? { iceServers: [] };
  const sources = new Map<string, Source>();
  const ownId = newPeerId();
  let seeder: Promise<Seeder> | undefined;
  let running: Seeder | undefined;
  let stopped = false;
  let usedWebRtc = false;

  const start = (): Promise<Seeder> => {
    seeder ??= Seeder.start({
      readLocal: options.readLocal,
      ...(options.pieceHashes ? { pieceHashes: options.pieceHashes } : {}),
      bind: options.bind,
      torrentPort: options.torrentPort ?? 0,
      trackerPort: options.trackerPort ?? 0,
      trackerLimits: options.trackerLimits,
      trackerOpen: options.trackerOpen,
      presentAt: options.presentAt ?? [],
      hosts: options.hosts,
      utp: options.utp ?? true,
      pex: options.pex ?? true,
      dht: options.dht ?? false,
      dhtPort: options.dhtPort,
      rtc,
      identity,
      sessions: options.sessions,
      policy,
      log,
    }).then(
      (started) => {
        running = started;
        return started;
      },
      (error: unknown) => {
        seeder = undefined;
        throw error;
      },
    );
    return seeder;
  };

  /** Tracker URLs of a scheme, with a passkey when there is one. */
  const trackers = (scheme: 'http' | 'ws', passkey?: string): string[] => {
    const end = passkey === undefined ? '' : `/${encodeURIComponent(passkey)}`;
    const own = options.hosts().map((host) => `${scheme}://${toHostPort(host, running!.trackerPort)}/announce${end}`);
    if (scheme === 'http') return own;
    const front = options.trackerUrl === undefined ? [] : [`${options.trackerUrl}${end}`];
    return [...front, ...own, ...(options.presentAt ?? [])];
  };

  const webSeeds = (cid: string, token?: string): string[] => {
    const url = options.webSeed?.(cid, token);
    return url === undefined ? [] : [url];
  };

  const adapter = (protocol: TorrentProtocol): ProtocolAdapter => ({
    protocol,
    async serve(content, uplink) {
      if (stopped) throw new AppError('UNSUPPORTED', 'The torrent adapters are stopped.');
      usedWebRtc ||= protocol === 'webtorrent';
      const { metainfo, stop } = await (await start()).serve(content, protocol, uplink);
      const hosts = options.hosts();
      const magnet: Magnet = {
        infoHash: metainfo.infoHash,
        peers: protocol === 'bittorrent' ? hosts.map((host) => toHostPort(host, running!.torrentPort)) : [],
        trackers: trackers(protocol === 'bittorrent' ? 'http' : 'ws'),
        webSeeds: webSeeds(content.cid),
        ...(identity ? { provider: identity.peerId } : {}),
      };
      return { endpoint: toMagnet(magnet, content), stop };
    },
    async fetch(offer, content, chunk, signal) {
      const length = chunkLength(content.size, chunk);
      usedWebRtc ||= protocol === 'webtorrent';
      if (signal.aborted) throw new AppError('CANCELLED', 'The fetch was cancelled.');
      const url = offer.endpoints.find((endpoint) => endpoint.protocol === protocol)?.url;
      if (url === undefined) throw new AppError('UNSUPPORTED', `The offer names no ${protocol} endpoint.`);
      const magnet = parseMagnet(url);
      if (magnet.provider !== undefined && magnet.provider !== offer.peerId) {
        throw new AppError('OFFER_INVALID', 'The endpoint belongs to another peer than the offer.');
      }
      return sourceOf(protocol, offer, magnet).fetch(`${content.cid} ${chunk}`, chunk, length, signal);
    },
  });

  function sourceOf(protocol: TorrentProtocol, offer: Offer, magnet: Magnet): Source {
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
      const link = { ownId, identity, seller: offer.peerId, policy, rtc, log };
      const dial =
        protocol === 'bittorrent'
          ? (signal: AbortSignal) => dialTcp(magnet, link, signal)
          : (signal: AbortSignal) => dialWebRtc(magnet, link, signal);
      source = new Source(dial, protocol === 'bittorrent' ? 1 : WEBRTC_ATTEMPTS);
    } else {
      sources.delete(key);
    }
    sources.set(key, source);
    return source;
  }

  return {
    webtorrent: adapter('webtorrent'),
    bittorrent: adapter('bittorrent'),
    torrentFile(cid, { passkey } = {}) {
      if (!running) throw new AppError('NOT_FOUND', 'Nothing is served by torrent.');
      return toTorrentFile(running.metainfo(cid), {
        trackers: [...trackers('http', passkey), ...trackers('ws', passkey)],
        webSeeds: webSeeds(cid, passkey),
      });
    },
    wake: (peer) => running?.wake(peer),
    ports: () => running && { torrent: running.torrentPort, tracker: running.trackerPort },
    async stop() {
      stopped = true;
      for (const source of sources.values()) source.close();
      sources.clear();
      await (await seeder?.catch(() => undefined))?.stop();
      if (usedWebRtc) releaseWebRtc();
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
          if (this.#jobs.size === 0) this.#idle = setTimeout(() => this.#hangUp(), IDLE_MS).unref();
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

/**
 * Lets a process end after WebRTC was used: node-datachannel sometimes misses the close of a data channel and then keeps the
 * event loop alive until the channel's object is collected. (Its own `cleanup()` aborts the process.) Streams let go of
 * their channels up to a second after their end, hence more than one collection; the timer itself holds nothing.
 */
function releaseWebRtc(): void {
  collectionsLeft = COLLECTIONS;
  if (collecting) return;
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collecting = setInterval(() => {
    collect();
    if (--collectionsLeft > 0) return;
    clearInterval(collecting);
    collecting = undefined;
  }, COLLECT_MS).unref();
}
let collecting: NodeJS.Timeout | undefined;
let collectionsLeft = 0;
