/**
 * The tracker inside the daemon: where browsers meet the seeder by WebSocket, and stock clients learn its address by HTTP.
 * It never carries content, answers for torrents that are not served here only if told to, and has no page for humans. State: who has
 * announced (inside bittorrent-tracker), who showed a passkey, and a few counters per remote.
 *
 * bittorrent-tracker does the bookkeeping; it has no limits, and some messages would throw inside it. So every message is
 * read and written anew here before it sees it. No UDP: its connection id is a constant, anybody could aim the answers.
 *
 * The local seeder stands first in every answer. A buyer needs that one seeder, not just any member of the swarm.
 *
 * @see https://www.bittorrent.org/beps/bep_0003.html https://www.bittorrent.org/beps/bep_0023.html
 */
import { createServer, type Server as HttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type Server from 'bittorrent-tracker/server';
import type { Swarm, SwarmPeer } from 'bittorrent-tracker/server';
import type { WebSocket } from 'ws';
import type { Log } from '../../../log.ts';
import type { PeerKey, Sessions } from '../../../ports.ts';
import { plainAddress } from './dial-policy.ts';
import { Passkeys, type Remote } from './passkeys.ts';
import { MAX_MESSAGE_BYTES, type Offer, readMessage, toBinary, toHex } from './signalling.ts';

/** Limits that a test or a busy node may move. */
export interface TrackerLimits {
  /** Open sockets, all together and from one address. */
  readonly sockets: number;
  readonly socketsPerAddress: number;
  /** Announces over HTTP from one address: at once, and per second after that. */
  readonly announceBurst: number;
  readonly announcesPerSecond: number;
}

const LIMITS: TrackerLimits = { sockets: 6000, socketsPerAddress: 128, announceBurst: 60, announcesPerSecond: 1 };
/** Messages on one WebSocket: at once, and per second after that. A page sends one announce and up to ten answers. */
const MESSAGE_BURST = 60;
const MESSAGES_PER_SECOND = 4;
/** Bytes that may wait for a socket that does not read. */
const MAX_BUFFERED_BYTES = 1024 * 1024;
/** Between announces of one client, ms; WebSocket clients are told a fifth of it. */
const INTERVAL_MS = 10 * 60_000;
/** Peers remembered per torrent, and addresses in all. */
const MAX_PEERS = 5000;
const MAX_ADDRESSES = 10_000;
/** Dead sockets are found at this interval, ms. */
const PING_MS = 60_000;

/** `capacity` at once, `perSecond` after that. */
class Bucket {
  #left: number;
  #at: number;
  readonly #capacity: number;
  readonly #perSecond: number;

  constructor(capacity: number, perSecond: number) {
    this.#capacity = capacity;
    this.#perSecond = perSecond;
    this.#left = capacity;
    this.#at = performance.now();
  }

  take(): boolean {
    const now = performance.now();
    this.#left = Math.min(this.#capacity, this.#left + ((now - this.#at) / 1000) * this.#perSecond);
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}

/** A seeder in this process, as the tracker tells others of it. */
export interface LocalSeeder {
  /** BitTorrent id, hex. */
  readonly peerId: string;
  /** Addresses that answer BitTorrent over TCP, none when it is not served. */
  readonly addresses: () => readonly { ip: string; port: number }[];
  /** Takes an offer for WebRTC; absent when it is not served. */
  readonly onOffer?: ((offer: Offer) => void) | undefined;
}

export interface TrackerOptions {
  readonly host: string;
  /** 0 for any. */
  readonly port: number;
  readonly sessions?: Sessions | undefined;
  /** Introduce browsers and nodes that nobody can reach to each other, for torrents that are not served here. */
  readonly open?: boolean | undefined;
  readonly limits?: Partial<TrackerLimits> | undefined;
  /** A passkey was shown: the wires of this peer may be worth another look. */
  readonly onHolder: (peer: PeerKey) => void;
  readonly log: Log;
}

/** A socket as bittorrent-tracker decorates it. */
type TrackedSocket = WebSocket & { onMessageBound?: ((message: string) => void) | null };

export class Tracker {
  readonly #options: TrackerOptions;
  readonly #limits: TrackerLimits;
  readonly #server: Server;
  readonly #http: HttpServer;
  readonly #local = new Map<string, LocalSeeder>();
  /** Who announced with a passkey. */
  readonly passkeys: Passkeys;
  readonly #owners = new Map<string, WebSocket>();
  readonly #buckets = new Map<string, Bucket>();
  readonly #sockets = new Map<WebSocket, { alive: boolean }>();
  readonly #perAddress = new Map<string, number>();
  readonly #ping: NodeJS.Timeout;

  private constructor(server: Server, options: TrackerOptions) {
    this.#server = server;
    this.#options = options;
    this.passkeys = new Passkeys({ sessions: options.sessions, ttlMs: 2 * INTERVAL_MS });
    this.#limits = { ...LIMITS, ...options.limits };
    server.on('warning', (err: Error) => options.log.debug({ err }, 'tracker message refused'));
    server.on('error', (err: Error) => options.log.warn({ err }, 'tracker error'));
    this.#http = createServer({ maxHeaderSize: 8192, headersTimeout: 10_000, requestTimeout: 15_000 });
    this.#http.maxConnections = this.#limits.sockets;
    this.#http.on('request', (request, response) => this.#onRequest(request, response));
    this.#http.on('upgrade', (request, socket, head) => this.#onUpgrade(request, socket as Socket, head));
    this.#ping = setInterval(() => this.#dropDead(), PING_MS).unref();
  }

  /** Listens. @throws the listen error */
  static async start(options: TrackerOptions): Promise<Tracker> {
    const { default: TrackerServer } = await import('bittorrent-tracker/server');
    const server = new TrackerServer({
      http: false,
      udp: false,
      ws: { noServer: true, maxPayload: MAX_MESSAGE_BYTES },
      stats: false,
      interval: INTERVAL_MS,
      peersCacheLength: MAX_PEERS,
    });
    const tracker = new Tracker(server, options);
    await new Promise<void>((resolve, reject) => {
      tracker.#http.once('error', reject);
      tracker.#http.listen(options.port, options.host, resolve);
    });
    tracker.#http.on('error', (err) => options.log.warn({ err }, 'tracker listener error'));
    return tracker;
  }

  get port(): number {
    return (this.#http.address() as AddressInfo).port;
  }

  /** From now on the tracker answers for `infoHash` (hex) and names this seeder first. */
  async join(infoHash: string, seeder: LocalSeeder): Promise<() => void> {
    this.#local.set(infoHash, seeder);
    const swarm = await new Promise<Swarm>((resolve, reject) => {
      this.#server.createSwarm(infoHash, (error, made) => (error ? reject(error) : resolve(made)));
    });
    const others = swarm._getPeers.bind(swarm);
    swarm._getPeers = (wanted, ownPeerId, webrtc) => {
      const peers = [...this.#localPeers(infoHash, webrtc), ...others(wanted, ownPeerId, webrtc)];
      // Told of itself, a client dials itself, and libtorrent then takes the next peer at that address for the same one.
      return peers.filter((peer) => peer.peerId !== ownPeerId).slice(0, wanted);
    };
    return () => {
      this.#local.delete(infoHash);
      delete this.#server.torrents[infoHash];
    };
  }

  async stop(): Promise<void> {
    clearInterval(this.#ping);
    for (const socket of this.#sockets.keys()) socket.terminate();
    this.#http.closeAllConnections();
    await new Promise<void>((resolve) => this.#http.close(() => resolve()));
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #localPeers(infoHash: string, webrtc: boolean): (SwarmPeer & { ip?: string; port?: number })[] {
    const seeder = this.#local.get(infoHash);
    if (!seeder) return [];
    const { peerId, addresses, onOffer } = seeder;
    if (!webrtc) return addresses().map(({ ip, port }) => ({ type: 'http', peerId, ip, port }));
    if (!onOffer) return [];
    const send = (text: string) => {
      const message = readMessage(text);
      if (message?.offer && message.offerId && message.peerId) {
        const { offer, offerId, peerId: from } = message;
        onOffer({ sdp: offer, peerId: from, answer: (sdp) => this.#answer(infoHash, peerId, from, offerId, sdp) });
      }
    };
    return [{ type: 'ws', peerId, socket: { send } }];
  }

  #answer(infoHash: string, peerId: string, to: string, offerId: string, sdp: string): void {
    this.#server.torrents[infoHash]?.peers.peek(to)?.socket?.send(
      JSON.stringify({
        action: 'announce',
        answer: { type: 'answer', sdp },
        offer_id: offerId,
        peer_id: toBinary(peerId),
        info_hash: toBinary(infoHash),
      }),
    );
  }

  // ---- HTTP ----------------------------------------------------------------------------------------------------------

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    const path = parsePath(request.url);
    const address = plainAddress(request.socket.remoteAddress ?? '');
    if (!path || request.method !== 'GET') {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('404 Not Found\n');
      return;
    }
    const fail = (reason: string) => response.end(`d14:failure reason${reason.length}:${reason}e`);
    response.setHeader('content-type', 'text/plain');
    if (!this.#mayAnnounce(address)) {
      fail('too many announces, slow down');
      return;
    }
    const query = rawQuery(request.url!);
    const infoHash = query.get('info_hash');
    if (infoHash === undefined || !this.#local.has(infoHash)) {
      fail('unknown torrent');
      return;
    }
    if (path.action === 'scrape') {
      // Only of the torrent that was looked at: without a name the library would list them all.
      request.url = `/scrape?info_hash=${percent(infoHash)}`;
      this.#server.onHttpRequest(request, response, { action: 'scrape' });
      return;
    }
    const peerId = query.get('peer_id');
    if (peerId?.length !== 40) {
      fail('invalid peer_id');
      return;
    }
    const port = Number(query.get('port'));
    if (
      path.passkey !== undefined &&
      !this.#remember(path.passkey, { infoHash, webrtc: false, peerId, address, port })
    ) {
      fail('unknown passkey');
      return;
    }
    this.#server.onHttpRequest(request, response, { action: 'announce' });
  }

  #mayAnnounce(address: string): boolean {
    let bucket = this.#buckets.get(address);
    if (!bucket) {
      if (this.#buckets.size >= MAX_ADDRESSES) this.#buckets.delete(this.#buckets.keys().next().value!);
      bucket = new Bucket(this.#limits.announceBurst, this.#limits.announcesPerSecond);
      this.#buckets.set(address, bucket);
    }
    return bucket.take();
  }

  /** @returns false for a passkey that nobody was given */
  #remember(passkey: string, remote: Remote): boolean {
    const peer = this.passkeys.peer(passkey);
    if (peer === undefined) return false;
    this.passkeys.remember(peer, remote);
    this.#options.onHolder(peer);
    return true;
  }

  // ---- WebSocket -----------------------------------------------------------------------------------------------------

  #onUpgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const path = parsePath(request.url?.replace(/^\/(?=$|\?)/, '/announce'));
    const address = plainAddress(socket.remoteAddress ?? '');
    const fromThere = this.#perAddress.get(address) ?? 0;
    const known = path?.passkey === undefined || this.passkeys.peer(path.passkey) !== undefined;
    if (!path || !known || this.#sockets.size >= this.#limits.sockets || fromThere >= this.#limits.socketsPerAddress) {
      socket.on('error', () => {});
      socket.end(`HTTP/1.1 ${path && known ? '429 Too Many Requests' : '404 Not Found'}\r\nconnection: close\r\n\r\n`);
      return;
    }
    this.#server.ws.handleUpgrade(request, socket, head, (webSocket) => {
      this.#adopt(webSocket as TrackedSocket, request, address, path.passkey);
    });
  }

  #adopt(socket: TrackedSocket, request: IncomingMessage, address: string, passkey: string | undefined): void {
    const entry = { alive: true };
    this.#sockets.set(socket, entry);
    this.#perAddress.set(address, (this.#perAddress.get(address) ?? 0) + 1);
    const bucket = new Bucket(MESSAGE_BURST, MESSAGES_PER_SECOND);
    const owned = new Map<string, Remote>();
    const send = socket.send.bind(socket) as (text: string, done?: (error?: Error) => void) => void;
    socket.send = ((text: string, done?: (error?: Error) => void) => {
      if (socket.bufferedAmount > MAX_BUFFERED_BYTES) socket.terminate();
      else send(text, done);
    }) as typeof socket.send;
    Object.assign(socket, { upgradeReq: request });
    this.#server.onWebSocketConnection(socket);
    const pass = socket.onMessageBound!;
    socket.removeListener('message', pass);
    socket.on('pong', () => {
      entry.alive = true;
    });
    socket.on('close', () => {
      this.#sockets.delete(socket);
      const left = this.#perAddress.get(address)! - 1;
      if (left > 0) this.#perAddress.set(address, left);
      else this.#perAddress.delete(address);
      for (const [key, remote] of owned) {
        this.#owners.delete(key);
        this.passkeys.forget(remote);
      }
    });
    socket.on('message', (data) => {
      entry.alive = true;
      const message = bucket.take() ? readMessage(String(data)) : undefined;
      if (message?.action !== 'announce' || !message.infoHash || !message.peerId) return;
      const { infoHash, peerId } = message;
      const key = `${infoHash} ${peerId}`;
      const owner = this.#owners.get(key);
      const known = this.#introduces(infoHash);
      if (!known || (owner !== undefined && owner !== socket)) {
        socket.send(
          JSON.stringify({
            action: 'announce',
            'failure reason': known ? 'peer id in use' : 'unknown torrent',
            info_hash: toBinary(infoHash),
          }),
        );
        return;
      }
      if (owner === undefined) {
        if (owned.size >= MAX_OWNED) return;
        this.#owners.set(key, socket);
        owned.set(key, { infoHash, webrtc: true, peerId });
      }
      if (passkey !== undefined) this.#remember(passkey, { infoHash, webrtc: true, peerId });
      pass(message.clean());
    });
  }

  #introduces(infoHash: string): boolean {
    if (this.#local.has(infoHash)) return true;
    if (!this.#options.open) return false;
    const { torrents } = this.#server;
    return torrents[infoHash] !== undefined || Object.keys(torrents).length < MAX_TORRENTS;
  }

  #dropDead(): void {
    for (const [infoHash, swarm] of Object.entries(this.#server.torrents)) {
      if (!this.#local.has(infoHash) && swarm.peers.keys.length === 0) delete this.#server.torrents[infoHash];
    }
    for (const [socket, entry] of this.#sockets) {
      if (!entry.alive) socket.terminate();
      entry.alive = false;
      socket.ping();
    }
  }
}

/** Torrents of others, when the tracker is open to them. */
const MAX_TORRENTS = 1000;
/** Torrents that one socket may announce. */
const MAX_OWNED = 256;

/** `/announce`, `/announce/<passkey>` or `/scrape`; undefined for any other path. */
function parsePath(url: string | undefined): { action: 'announce' | 'scrape'; passkey?: string } | undefined {
  const path = url?.split('?')[0] ?? '';
  if (path === '/scrape') return { action: 'scrape' };
  const match = /^\/announce(?:\/([\w.~-]{1,256}))?$/.exec(path);
  if (!match) return undefined;
  return match[1] === undefined ? { action: 'announce' } : { action: 'announce', passkey: match[1] };
}

const percent = (hex: string): string => hex.replace(/../g, '%$&');

/** The parameters of an announce that are looked at here; the binary ones, percent-encoded bytes, as hex. */
function rawQuery(url: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const pair of (url.split('?')[1] ?? '').split('&')) {
    const [key, value = ''] = pair.split('=', 2);
    if (key === undefined || values.has(key)) continue;
    if (key === 'info_hash' || key === 'peer_id') values.set(key, toHex(unescape(value)));
    else if (key === 'port') values.set(key, value);
  }
  return values;
}
