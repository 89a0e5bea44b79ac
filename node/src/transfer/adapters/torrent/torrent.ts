/**
 * WebTorrent and BitTorrent as two protocol adapters over one client: `createTorrentAdapters`. Knows no prices and no
 * wallets; who may have how much is the uplink's to say, what a chunk must hash to is the scheduler's to check.
 * State: the serving client (loaded and started with the first `serve`) and the connections on which we fetch.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { AppError } from '@chiral/protocol/errors';
import type { Log } from '../../../log.ts';
import type { PeerKey, ProtocolAdapter, Sessions } from '../../../ports.ts';
import { DialPolicy, toHostPort } from './dial-policy.ts';
import { dialTcp } from './dial-tcp.ts';
import { dialWebRtc } from './dial-webrtc.ts';
import { type Magnet, toMagnet, toTorrentFile } from './metainfo.ts';
import type { Identity } from './peer-proof.ts';
import { Seeder, type SeederOptions } from './seeder.ts';
import type { RtcConfig } from './signalling.ts';
import { createSources, type TorrentProtocol } from './sources.ts';
import type { TrackerLimits } from './tracker.ts';

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
  const sources = createSources(
    {
      bittorrent: (magnet, link, signal) => dialTcp(magnet, policy, link, signal),
      webtorrent: (magnet, link, signal) => dialWebRtc(magnet, { ...link, policy, rtc }, signal),
    },
    { identity, log },
  );
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
    fetch(offer, content, chunk, signal) {
      usedWebRtc ||= protocol === 'webtorrent';
      return sources.fetch(protocol, offer, content, chunk, signal);
    },
  });

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
      sources.close();
      await (await seeder?.catch(() => undefined))?.stop();
      if (usedWebRtc) releaseWebRtc();
    },
  };
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
