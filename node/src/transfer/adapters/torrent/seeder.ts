/**
 * The serving side: one webtorrent client for both protocol names, and our tracker. Incoming TCP and uTP are `bittorrent`,
 * WebRTC is `webtorrent`; a torrent may be served by either or both. Downloads nothing: it is told that it has every piece,
 * and its store refuses to be read, so that no byte can leave but through a wire's gate and the uplink behind it.
 * State: the torrents served, their piece hashes, the wires on them.
 */

import type { Content } from '@chiral/protocol/content';
import { AppError } from '@chiral/protocol/errors';
import type SimplePeer from '@thaunknown/simple-peer/lite.js';
import type Wire from 'bittorrent-protocol';
import type WebTorrent from 'webtorrent';
import type { Torrent, TorrentPeer } from 'webtorrent';
import type { Log } from '../../../log.ts';
import type { PeerKey, Sessions, Uplink } from '../../../ports.ts';
import { type DhtSocket, guardDht } from './dht-guard.ts';
import { DialPolicy, parseHostPort, plainAddress } from './dial-policy.ts';
import { channelOf } from './link.ts';
import { hashPieces, type Metainfo, toMetainfo, toTorrentFile } from './metainfo.ts';
import { type Identity, PeerProof } from './peer-proof.ts';
import { Presence } from './presence.ts';
import { Answerer, type RtcConfig } from './signalling.ts';
import type { TorrentProtocol } from './sources.ts';
import { Tracker, type TrackerLimits } from './tracker.ts';
import { limitMessages, MAX_QUEUED, WireGate } from './wire-gate.ts';

/** Connections of all torrents together. */
const MAX_CONNECTIONS = 400;
/** Who cannot be told apart shares one stranger's allowance. */
const NOBODY = '0.0.0.0';

export interface SeederOptions {
  /**
   * A whole chunk from the store, to be hashed here and sent to nobody.
   * @throws NOT_FOUND, CONTENT_CHANGED, STORE_FAILED
   */
  readonly readLocal: (cid: string, chunk: number) => Promise<Uint8Array>;
  /** Keeps piece hashes over a restart; they are a pure function of the content. */
  readonly pieceHashes?: {
    load(cid: string): Uint8Array | undefined;
    save(cid: string, hashes: Uint8Array): void;
  };
  /** Address that TCP and the tracker listen on; all of them by default. */
  readonly bind?: string | undefined;
  readonly torrentPort: number;
  readonly trackerPort: number;
  readonly trackerLimits?: Partial<TrackerLimits> | undefined;
  readonly trackerOpen?: boolean | undefined;
  /** WebSocket trackers of others at which we wait for offers, too. */
  readonly presentAt: readonly string[];
  /** IP addresses under which others reach this node, for the tracker's answers. */
  readonly hosts: () => readonly string[];
  readonly utp: boolean;
  /** Peer exchange among the leechers of our torrents. */
  readonly pex: boolean;
  /** Off, or options of bittorrent-dht: `bootstrap` among them. */
  readonly dht: false | object;
  readonly dhtPort?: number | undefined;
  readonly rtc: RtcConfig;
  readonly identity: Identity | undefined;
  readonly sessions: Sessions | undefined;
  readonly policy: DialPolicy;
  readonly log: Log;
}

interface Served {
  readonly content: Content;
  readonly metainfo: Metainfo;
  readonly torrent: Torrent;
  readonly uplinks: Map<TorrentProtocol, Uplink>;
  readonly gates: Set<WireGate>;
  readonly answerer: Answerer;
  leaveTracker: () => void;
}

/** Satisfies webtorrent's constructor; reading it would be a way around the gate, so there is none. */
class NoStore {
  readonly chunkLength: number;
  constructor(chunkLength: number) {
    this.chunkLength = chunkLength;
  }
  get(_index: number, options: unknown, done?: (error: Error) => void): void {
    const callback = done ?? (options as (error: Error) => void);
    queueMicrotask(() => callback(new Error('Blocks are read through the gate only.')));
  }
  put(_index: number, _bytes: Uint8Array, done?: (error: Error) => void): void {
    queueMicrotask(() => done?.(new Error('This client takes nothing in.')));
  }
  close(done?: (error: null) => void): void {
    queueMicrotask(() => done?.(null));
  }
  destroy(done?: (error: null) => void): void {
    this.close(done);
  }
}

export class Seeder {
  readonly #options: SeederOptions;
  readonly #client: WebTorrent;
  readonly #Peer: typeof SimplePeer;
  readonly #tracker: Tracker;
  /** By CID. */
  readonly #served = new Map<string, Served>();
  readonly #presences: Presence[];
  readonly #hashes = new Map<string, Promise<Uint8Array>>();

  private constructor(options: SeederOptions, client: WebTorrent, Peer: typeof SimplePeer, tracker: Tracker) {
    this.#options = options;
    this.#client = client;
    this.#Peer = Peer;
    this.#tracker = tracker;
    // The owner named these, so they may be anywhere.
    const policy = new DialPolicy({ allowPrivate: true });
    const { peerId } = client;
    this.#presences = options.presentAt.map((url) => new Presence({ url, peerId, policy, log: options.log }));
  }

  /** Loads webtorrent and listens. @throws the listen error */
  static async start(options: SeederOptions): Promise<Seeder> {
    const [{ default: Client }, { default: Peer }] = await Promise.all([
      import('webtorrent'),
      import('@thaunknown/simple-peer/lite.js'),
    ]);
    const { bind, log } = options;
    const client = new Client({
      tracker: false,
      dht: options.dht,
      dhtPort: options.dhtPort,
      lsd: false,
      utPex: options.pex,
      natUpnp: false,
      natPmp: false,
      utp: options.utp && bind === undefined,
      webSeeds: false,
      maxConns: MAX_CONNECTIONS,
      torrentPort: options.torrentPort,
    });
    // Before it has sent anything.
    if (client.dht) guardDht(client.dht._rpc.socket as DhtSocket, options.policy);
    await new Promise<void>((resolve, reject) => {
      client.once('error', reject);
      client.once('listening', resolve);
    });
    client.on('error', (err: Error) => log.error({ err }, 'torrent client failed'));
    try {
      if (bind !== undefined) await rebind(client, options.torrentPort, bind);
      let seeder: Seeder | undefined;
      const tracker = await Tracker.start({
        host: bind ?? '::',
        port: options.trackerPort,
        sessions: options.sessions,
        limits: options.trackerLimits,
        open: options.trackerOpen,
        onHolder: (peer) => seeder?.wake(peer),
        log,
      });
      seeder = new Seeder(options, client, Peer, tracker);
      return seeder;
    } catch (error) {
      await new Promise((resolve) => client.destroy(resolve));
      throw error;
    }
  }

  get torrentPort(): number {
    return this.#client.torrentPort;
  }

  get trackerPort(): number {
    return this.#tracker.port;
  }

  /**
   * Serves `content` under one protocol name.
   * @returns the torrent, and `stop`, after which this name is gone and its wires with it
   * @throws UNSUPPORTED; what `readLocal` throws
   */
  async serve(
    content: Content,
    protocol: TorrentProtocol,
    uplink: Uplink,
  ): Promise<{ metainfo: Metainfo; stop(): Promise<void> }> {
    const pieces = await this.#pieceHashes(content);
    let served = this.#served.get(content.cid);
    if (!served) {
      served = this.#add(content, toMetainfo(content, pieces));
      this.#served.set(content.cid, served);
    }
    const { uplinks, metainfo, torrent } = served;
    if (uplinks.has(protocol)) throw new AppError('CONFLICT', `This content is served by ${protocol} already.`);
    uplinks.set(protocol, uplink);
    await this.#joinTracker(served);
    await ready(torrent);
    const own = served;
    return { metainfo, stop: () => this.#stopServing(own, protocol) };
  }

  /** @throws NOT_FOUND unless served */
  metainfo(cid: string): Metainfo {
    const served = this.#served.get(cid);
    if (!served) throw new AppError('NOT_FOUND', 'This content is not served by torrent.', { cid });
    return served.metainfo;
  }

  /** Something changed for `peer`: its wires may try again now. */
  wake(peer: PeerKey): void {
    for (const { gates } of this.#served.values()) {
      for (const gate of gates) if (gate.peer === peer) gate.wake();
    }
  }

  async stop(): Promise<void> {
    for (const presence of this.#presences) presence.stop();
    for (const { answerer, leaveTracker } of this.#served.values()) {
      answerer.stop();
      leaveTracker();
    }
    this.#served.clear();
    await this.#tracker.stop();
    // A uTP remote that is gone is waited for half a minute; that must not hold the process.
    this.#client._connPool.utpServer?.unref();
    await new Promise((resolve) => this.#client.destroy(resolve));
  }

  /** Once per content and process; two callers share the work. */
  #pieceHashes(content: Content): Promise<Uint8Array> {
    const { cid, size } = content;
    const { pieceHashes, readLocal } = this.#options;
    let hashes = this.#hashes.get(cid);
    if (!hashes) {
      const kept = pieceHashes?.load(cid);
      hashes = kept ? Promise.resolve(kept) : hashPieces(size, (chunk) => readLocal(cid, chunk));
      this.#hashes.set(cid, hashes);
      hashes.then(
        (made) => kept ?? pieceHashes?.save(cid, made),
        () => this.#hashes.delete(cid),
      );
    }
    return hashes;
  }

  #add(content: Content, metainfo: Metainfo): Served {
    const { rtc, policy, log } = this.#options;
    const torrent = this.#client.add(toTorrentFile(metainfo, { trackers: [], webSeeds: [] }), {
      store: NoStore,
      storeCacheSlots: 0,
      skipVerify: true,
      announce: [],
    });
    // The gates decide who is unchoked; the library's ten-second lottery of slots does not.
    torrent._rechoke = () => {};
    const add = torrent._addPeer.bind(torrent);
    torrent._addPeer = (peer, _type, source) => {
      if (typeof peer !== 'string') return add(peer, 'webrtc', source);
      const target = parseHostPort(peer);
      return target && policy.mayDial(target.host, target.port, 'swarm') ? add(peer, 'tcp', source) : null;
    };
    torrent.on('error', (err: Error) => log.warn({ err, cid: content.cid }, 'torrent failed'));
    torrent.on('warning', (err: Error | string) => log.debug({ err, cid: content.cid }, 'torrent warning'));
    const answerer = new Answerer({
      Peer: this.#Peer,
      rtc,
      policy,
      onPeer: (peer) => {
        if (torrent.destroyed || !torrent.addPeer(peer, 'tracker')) peer.destroy();
      },
      log,
    });
    const served: Served = {
      content,
      metainfo,
      torrent,
      uplinks: new Map(),
      gates: new Set(),
      answerer,
      leaveTracker: () => {},
    };
    torrent.on('wire', (wire: Wire) => this.#onWire(served, wire));
    return served;
  }

  async #joinTracker(served: Served): Promise<void> {
    const { metainfo, uplinks, answerer } = served;
    for (const presence of this.#presences) {
      if (uplinks.has('webtorrent')) presence.join(metainfo.infoHash, (offer) => answerer.take(offer));
      else presence.leave(metainfo.infoHash);
    }
    served.leaveTracker = await this.#tracker.join(metainfo.infoHash, {
      peerId: this.#client.peerId,
      addresses: () =>
        uplinks.has('bittorrent') ? this.#options.hosts().map((ip) => ({ ip, port: this.torrentPort })) : [],
      onOffer: uplinks.has('webtorrent') ? (offer) => answerer.take(offer) : undefined,
    });
  }

  #onWire(served: Served, wire: Wire): void {
    const { content, metainfo, torrent, uplinks, gates } = served;
    const { identity, log } = this.#options;
    const protocol: TorrentProtocol = wire.type === 'webrtc' ? 'webtorrent' : 'bittorrent';
    const remote: TorrentPeer | undefined = [...(torrent._peers?.values() ?? [])].find((peer) => peer.wire === wire);
    if (!uplinks.has(protocol) || !remote) {
      wire.destroy();
      return;
    }
    limitMessages(wire);
    wire.extendedHandshake.reqq = MAX_QUEUED / 2;
    const address = wire.remoteAddress === undefined ? undefined : plainAddress(wire.remoteAddress);
    const proof = new PeerProof(wire, {
      infoHash: metainfo.infoHash,
      ownId: this.#client.peerId,
      // Whom we dial by a stranger's word gets no proof to pass on.
      identity: wire.type.endsWith('Outgoing') ? undefined : identity,
      channel: () => channelOf(remote.conn),
      onAsk: () => gate.wake(),
      onSettled: () => gate.wake(),
    });
    const peer = (): PeerKey | undefined => {
      if (proof.pending) return undefined;
      if (proof.peer !== undefined) return proof.peer;
      const webrtc = protocol === 'webtorrent';
      const btId = webrtc ? remote.id : wire.peerId;
      const { p: port } = wire.peerExtendedHandshake;
      const holder = this.#tracker.passkeys.find({
        infoHash: metainfo.infoHash,
        webrtc,
        peerId: btId ?? undefined,
        address,
        port: typeof port === 'number' ? port : undefined,
      });
      return holder ?? `ip:${address ?? NOBODY}`;
    };
    const gate = new WireGate(wire, {
      content,
      uplink: () => uplinks.get(protocol),
      peer,
      onFault: (code, piece) => proof.fault(code, piece),
      backlog: () => wire._readableState.buffered + (remote.conn?.writableLength ?? 0),
      log,
    });
    remote.on('upload', () => gate.pump());
    gates.add(gate);
    wire.once('close', () => gates.delete(gate));
  }

  async #stopServing(served: Served, protocol: TorrentProtocol): Promise<void> {
    const { content, torrent, uplinks, answerer } = served;
    if (!uplinks.delete(protocol)) return;
    if (uplinks.size > 0) {
      await this.#joinTracker(served);
      for (const wire of [...torrent.wires]) {
        if ((wire.type === 'webrtc') === (protocol === 'webtorrent')) wire.destroy();
      }
      return;
    }
    this.#served.delete(content.cid);
    for (const presence of this.#presences) presence.leave(served.metainfo.infoHash);
    served.leaveTracker();
    answerer.stop();
    if (!torrent.destroyed) await new Promise<void>((resolve) => torrent.destroy(null, () => resolve()));
  }
}

function ready(torrent: Torrent & { ready?: boolean }): Promise<void> {
  return new Promise((resolve, reject) => {
    if (torrent.ready) return resolve();
    torrent.once('ready', resolve);
    torrent.once('error', reject);
    torrent.once('close', () => reject(new AppError('NOT_FOUND', 'The torrent was stopped before it was served.')));
  });
}

/** The library listens on every address; move it to one. */
async function rebind(client: WebTorrent, port: number, host: string): Promise<void> {
  const { tcpServer } = client._connPool;
  await new Promise((resolve) => tcpServer.close(resolve));
  await new Promise<void>((resolve, reject) => {
    tcpServer.once('error', reject);
    tcpServer.listen(port, host, () => {
      tcpServer.removeListener('error', reject);
      resolve();
    });
  });
  const address = tcpServer.address();
  if (typeof address === 'object' && address) client.torrentPort = address.port;
}
