/** Shapes of the untyped packages used here, only the members that this folder touches. Versions are pinned in package.json. */

declare module 'bittorrent-protocol' {
  import type { EventEmitter } from 'node:events';

  export interface WireRequest {
    piece: number;
    offset: number;
    length: number;
  }
  export interface WireExtension {
    prototype: { name: string };
    new (wire: Wire): object;
  }
  export default class Wire extends EventEmitter {
    constructor(type?: string, encryption?: number);
    readonly type: string;
    /** Hex. */
    readonly peerId: string | null;
    readonly peerIdBuffer: Uint8Array | null;
    remoteAddress?: string;
    remotePort?: number;
    amChoking: boolean;
    peerChoking: boolean;
    peerInterested: boolean;
    hasFast: boolean;
    destroyed: boolean;
    uploaded: number;
    peerRequests: WireRequest[];
    extendedHandshake: Record<string, unknown>;
    peerExtendedHandshake: Record<string, unknown>;
    peerExtendedMapping: Record<string, number>;
    handshake(infoHash: string, peerId: string, extensions: { fast: boolean; dht: boolean }): void;
    use(extension: WireExtension): void;
    extended(name: string, payload: Uint8Array): void;
    choke(): void;
    unchoke(): void;
    interested(): void;
    uninterested(): void;
    haveNone(): void;
    reject(piece: number, offset: number, length: number): void;
    readonly peerPieces: { get(piece: number): boolean };
    readonly requests: WireRequest[];
    bitfield(bits: Uint8Array): void;
    request(
      piece: number,
      offset: number,
      length: number,
      done: (error: Error | null, block?: Uint8Array) => void,
    ): void;
    cancel(piece: number, offset: number, length: number): void;
    piece(piece: number, offset: number, block: Uint8Array): void;
    setKeepAlive(on: boolean): void;
    destroy(): void;
    end(data?: Uint8Array): Wire;
    pipe<T>(to: T): T;
    _pull(from: WireRequest[], piece: number, offset: number, length: number): WireRequest | null;
    _onMessageLength(buffer: Uint8Array): void;
    _parser: (buffer: Uint8Array) => void;
    _readableState: { buffered: number };
  }
}

declare module 'webtorrent' {
  import type { EventEmitter } from 'node:events';
  import type { Server } from 'node:net';
  import type Wire from 'bittorrent-protocol';

  export interface TorrentPeer extends EventEmitter {
    /** ip:port, or for WebRTC the peer id that the tracker named. */
    readonly id: string;
    readonly wire: Wire | null;
    readonly conn: { writableLength?: number; remoteAddress?: string; _pc?: unknown } | null;
  }
  export interface Torrent extends EventEmitter {
    readonly infoHash: string;
    readonly destroyed: boolean;
    readonly wires: Wire[];
    readonly _peers: Map<string, TorrentPeer> | null;
    _rechoke(): void;
    _addPeer(peer: unknown, type: string, source: string): unknown;
    addPeer(peer: unknown, source?: string): boolean;
    destroy(options: object | null, done?: (error?: Error) => void): void;
  }
  export default class WebTorrent extends EventEmitter {
    static readonly UTP_SUPPORT: boolean;
    constructor(options: object);
    readonly peerId: string;
    torrentPort: number;
    secure: number;
    readonly listening: boolean;
    readonly destroyed: boolean;
    /** bittorrent-dht, or false. */
    readonly dht: { readonly _rpc: { readonly socket: object } } | false;
    readonly _connPool: { tcpServer: Server; utpServer?: { unref(): void } | null };
    add(torrent: Uint8Array, options: object): Torrent;
    destroy(done: (error?: Error) => void): void;
  }
}

declare module 'bittorrent-tracker/server' {
  import type { EventEmitter } from 'node:events';
  import type { IncomingMessage, ServerResponse } from 'node:http';
  import type { WebSocketServer } from 'ws';

  export interface SwarmPeer {
    readonly type: string;
    readonly peerId: string;
    readonly socket?: { send(text: string, done?: (error?: Error) => void): void };
  }
  export interface Swarm {
    readonly peers: { peek(id: string): SwarmPeer | undefined; readonly keys: string[] };
    announce(params: object, done: (error: Error | null, response?: object) => void): void;
    _getPeers(wanted: number, ownPeerId: string, webrtc: boolean): SwarmPeer[];
  }
  export default class Server extends EventEmitter {
    constructor(options: object);
    readonly torrents: Record<string, Swarm>;
    readonly ws: WebSocketServer;
    createSwarm(infoHash: string, done: (error: Error | null, swarm: Swarm) => void): void;
    onHttpRequest(request: IncomingMessage, response: ServerResponse, options?: object): void;
    onWebSocketConnection(socket: object): void;
    _onWebSocketRequest(socket: object, options: object, message: string): void;
    close(done: (error?: Error) => void): void;
  }
}

declare module '@thaunknown/simple-peer/lite.js' {
  import type { Duplex } from 'node:stream';

  export default class SimplePeer extends Duplex {
    constructor(options: { initiator?: boolean; trickle?: boolean; config?: object });
    /** Set by whoever hands it to a torrent: the peer id the tracker named, hex. */
    id?: string;
    readonly connected: boolean;
    readonly remoteAddress?: string;
    readonly remotePort?: number;
    signal(data: object): void;
    readonly _pc: { localDescription: { sdp: string }; remoteDescription: { sdp: string } } | null;
  }
}
