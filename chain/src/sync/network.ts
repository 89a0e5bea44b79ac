/**
 * The node among nodes: listens, dials the nodes it was told of and no other, keeps peers and their bans, and sees that the
 * chain follows the heaviest of them. There is no discovery: a private network is who you name.
 */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { EthMessageCodes } from '@ethereumjs/devp2p';
import { bytesToHex, equalsBytes } from '@ethereumjs/util';
import type { Chain } from '../chain.ts';
import type { SealVerifier } from '../consensus/validate.ts';
import { isChainError } from '../errors.ts';
import type { Log } from '../log.ts';
import { Lru } from '../lru.ts';
import { pause } from '../pause.ts';
import type { SyncProgress } from '../rpc/context.ts';
import type { TxPool } from '../txpool/pool.ts';
import { Connection, type Identity, type Status } from './connection.ts';
import { downloadFrom } from './download.ts';
import { type Enode, formatEnode, loadNodeKey, parseEnode } from './enode.ts';
import { Gossip } from './gossip.ts';
import type { Rlp } from './messages.ts';
import { COST, Peer } from './peer.ts';
import { REQUESTS, serve } from './serve.ts';

const DEFAULT_MAX_PEERS = 25;
/** Sockets in the handshake, all and from one address. */
const MAX_HANDSHAKES = 32;
const MAX_HANDSHAKES_PER_ADDRESS = 8;
/** How long a banned node stays out, milliseconds, and how many bans are remembered. */
const BAN_MS = 10 * 60 * 1_000;
const MAX_BANS = 1_024;
/** Wait before a node is dialled again: doubles from the first to the second, milliseconds. */
const REDIAL_MS = 500;
const MAX_REDIAL_MS = 30_000;
const DIAL_MS = 5_000;
/** Requests that a peer may make in a second; the rest are not answered. */
const MAX_REQUESTS_PER_SECOND = 200;
/** Messages of one peer that may wait; a peer that sends faster than we work is cut. */
const MAX_QUEUED = 512;
/** Wait before another try to follow a peer after one failed, milliseconds. */
const RESYNC_MS = 1_000;

export interface NetworkOptions {
  chain: Chain;
  pool: TxPool;
  verifier: SealVerifier;
  log: Log;
  /** Where the node's key lives. */
  keyFile: string;
  /** 0 takes a free one. */
  port: number;
  /** @default '127.0.0.1' */
  host?: string;
  bootnodes?: readonly string[];
  maxPeers?: number;
  clientVersion: string;
}

export interface Network {
  readonly peerCount: number;
  readonly enode: string;
  /** Undefined when up to date. */
  syncing(): SyncProgress | undefined;
  /** Dials a node now and whenever it is gone. @throws Error when it is no enode URL */
  dial(enode: string): void;
  /** Dials it no more and ends its connection. */
  forget(enode: string): void;
  close(): Promise<void>;
}

/** @throws Error when the port is taken or an enode is malformed */
export async function createNetwork(options: NetworkOptions): Promise<Network> {
  const { key, id } = await loadNodeKey(options.keyFile);
  const node = new NetworkNode(options, { key, id, clientVersion: options.clientVersion, port: options.port });
  await node.listen();
  for (const enode of options.bootnodes ?? []) node.dial(enode);
  return node;
}

class NetworkNode implements Network {
  readonly #options: NetworkOptions;
  readonly #identity: Identity;
  readonly #server: Server;
  readonly #gossip: Gossip;
  readonly #stop = new AbortController();
  readonly #peers = new Map<string, Peer>();
  readonly #dials = new Map<string, AbortController>();
  readonly #bans = new Lru<string, number>(MAX_BANS);
  readonly #handshakes = new Map<Socket, string>();
  #sync: Promise<void> | undefined;
  #progress: SyncProgress | undefined;

  constructor(options: NetworkOptions, identity: Identity) {
    this.#options = options;
    this.#identity = identity;
    this.#server = createServer((socket) => void this.#accept(socket));
    const { chain, pool, log } = options;
    this.#gossip = new Gossip({
      chain,
      pool,
      log,
      peers: () => this.#peers.values(),
      onBehind: () => this.#follow(),
      isCatchingUp: () =>
        this.#progress !== undefined && this.#progress.currentBlock + 1n < this.#progress.highestBlock,
    });
  }

  get peerCount(): number {
    return this.#peers.size;
  }

  get enode(): string {
    return formatEnode({ id: this.#identity.id, host: this.#options.host ?? '127.0.0.1', port: this.#identity.port });
  }

  syncing(): SyncProgress | undefined {
    return this.#progress;
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#options.port, this.#options.host ?? '127.0.0.1', resolve);
    });
    this.#identity.port = (this.#server.address() as AddressInfo).port;
  }

  dial(url: string): void {
    const enode = parseEnode(url);
    const key = bytesToHex(enode.id);
    if (this.#dials.has(key) || equalsBytes(enode.id, this.#identity.id)) return;
    const ended = new AbortController();
    this.#dials.set(key, ended);
    void this.#keepDialling(enode, AbortSignal.any([ended.signal, this.#stop.signal]));
  }

  forget(url: string): void {
    const key = bytesToHex(parseEnode(url).id);
    this.#dials.get(key)?.abort();
    this.#dials.delete(key);
    this.#peers.get(key)?.close();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    for (const socket of this.#handshakes.keys()) socket.destroy();
    for (const peer of this.#peers.values()) peer.close();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    await this.#sync;
  }

  async #accept(socket: Socket): Promise<void> {
    const address = socket.remoteAddress ?? '';
    const same = [...this.#handshakes.values()].filter((other) => other === address).length;
    const full = this.#peers.size >= (this.#options.maxPeers ?? DEFAULT_MAX_PEERS);
    if (full || this.#handshakes.size >= MAX_HANDSHAKES || same >= MAX_HANDSHAKES_PER_ADDRESS)
      return void socket.destroy();
    await this.#shake(socket, undefined, this.#stop.signal);
  }

  async #keepDialling(enode: Enode, signal: AbortSignal): Promise<void> {
    const key = bytesToHex(enode.id);
    let waitMs = REDIAL_MS;
    while (!signal.aborted) {
      const known = this.#peers.get(key);
      if (known) {
        await Promise.race([known.connection.closed, pause(MAX_REDIAL_MS, signal)]);
        waitMs = REDIAL_MS;
        continue;
      }
      if (!this.#isBanned(key) && (await this.#dialOnce(enode, signal))) continue;
      // Two nodes that dial each other at the same moment must not meet at the same moment again.
      await pause(waitMs * (0.5 + Math.random()), signal);
      waitMs = Math.min(waitMs * 2, MAX_REDIAL_MS);
    }
  }

  async #dialOnce({ id, host, port }: Enode, signal: AbortSignal): Promise<boolean> {
    const socket = connect({ host, port });
    const open = await new Promise<boolean>((resolve) => {
      const late = setTimeout(() => resolve(false), DIAL_MS);
      const end = (result: boolean) => () => {
        clearTimeout(late);
        resolve(result);
      };
      socket.once('connect', end(true)).once('error', end(false)).once('close', end(false));
    });
    if (open && !signal.aborted) return this.#shake(socket, id, signal);
    socket.destroy();
    return false;
  }

  /** @returns whether a peer came of it; a handshake that outlasts `signal` comes to nothing */
  async #shake(socket: Socket, remoteId: Uint8Array | undefined, signal: AbortSignal): Promise<boolean> {
    this.#handshakes.set(socket, socket.remoteAddress ?? '');
    socket.on('error', () => socket.destroy());
    try {
      const { common } = this.#options.chain.spec;
      const connection = await Connection.open(socket, remoteId, this.#identity, common, () => this.#status());
      if (!signal.aborted) return this.#welcome(connection);
      connection.close();
      return false;
    } catch (error) {
      socket.destroy();
      const { log } = this.#options;
      if (isChainError(error, 'PEER_FAULT'))
        log.debug({ address: socket.remoteAddress, reason: error.message }, 'no handshake');
      else log.error({ err: error }, 'a handshake failed');
      return false;
    } finally {
      this.#handshakes.delete(socket);
    }
  }

  #status(): Status {
    const { hash, totalDifficulty } = this.#options.chain.head;
    return { genesisHash: this.#options.chain.spec.genesis.hash(), bestHash: hash, totalDifficulty };
  }

  #welcome(connection: Connection): boolean {
    const { chain, log, maxPeers } = this.#options;
    const key = bytesToHex(connection.id);
    const rival = this.#peers.get(key);
    const full = !rival && this.#peers.size >= (maxPeers ?? DEFAULT_MAX_PEERS);
    if (this.#isBanned(key) || full || (rival && !this.#isPreferred(connection))) {
      connection.close();
      return rival !== undefined;
    }
    rival?.close();
    const peer = new Peer(connection, chain.spec.common, (_, why) => this.#ban(peer, why));
    this.#peers.set(key, peer);
    log.info(
      { peer: connection.name, client: connection.clientVersion, outbound: connection.outbound },
      'peer connected',
    );
    void connection.closed.then(() => {
      if (this.#peers.get(key) === peer) this.#peers.delete(key);
      log.info({ peer: connection.name }, 'peer gone');
    });
    this.#hear(peer);
    this.#gossip.welcome(peer);
    this.#follow();
    return true;
  }

  /** Of two connections between the same nodes, both keep the one that the node with the lower id dialled. */
  #isPreferred({ id, outbound }: Connection): boolean {
    return outbound === bytesToHex(this.#identity.id) < bytesToHex(id);
  }

  /** Requests are answered at once, answers settled at once, news taken one after another. */
  #hear(peer: Peer): void {
    let second = 0;
    let requests = 0;
    let queued = 0;
    let news = Promise.resolve();
    const guarded = (work: () => void) => {
      try {
        work();
      } catch (error) {
        this.#fault(peer, error);
      }
    };
    peer.connection.onMessage((code: EthMessageCodes, payload: Rlp) => {
      const { chain, pool } = this.#options;
      if (REQUESTS.has(code)) {
        const now = Math.floor(Date.now() / 1000);
        requests = now === second ? requests + 1 : 1;
        second = now;
        if (requests > MAX_REQUESTS_PER_SECOND) peer.blame(COST.spam, 'too many requests');
        else guarded(() => serve(chain, pool, peer, code, payload));
      } else if (ANSWERS.has(code)) {
        guarded(() => peer.settle(code, payload));
      } else if (++queued > MAX_QUEUED) {
        peer.close();
      } else {
        news = news.then(async () => {
          queued--;
          await this.#gossip.receive(peer, code, payload).catch((error: unknown) => this.#fault(peer, error));
        });
      }
    });
  }

  #fault(peer: Peer, error: unknown): void {
    if (isChainError(error, 'STOPPED')) return;
    if (isChainError(error, 'PEER_FAULT')) peer.blame(COST.malformed, error.message);
    else this.#options.log.error({ err: error, peer: peer.connection.name }, 'a message could not be worked on');
  }

  #ban(peer: Peer, why: string): void {
    this.#options.log.warn({ peer: peer.connection.name, why }, 'peer banned');
    this.#bans.set(peer.key, Date.now() + BAN_MS);
    peer.close();
  }

  #isBanned(key: string): boolean {
    return (this.#bans.get(key) ?? 0) > Date.now();
  }

  /** Follows the heaviest peer until none is heavier than we are. One download at a time. */
  #follow(): void {
    this.#sync ??= this.#followAll()
      .catch((error: unknown) => this.#options.log.error({ err: error }, 'following failed'))
      .finally(() => {
        this.#sync = undefined;
        this.#progress = undefined;
        this.#gossip.announceHead();
      });
  }

  async #followAll(): Promise<void> {
    const { chain, verifier, log } = this.#options;
    const { signal } = this.#stop;
    for (let peer = this.#heaviest(); peer && !signal.aborted; peer = this.#heaviest()) {
      const startingBlock = chain.head.block.header.number;
      try {
        const claimed = peer.head.totalDifficulty;
        const count = await downloadFrom(peer, {
          chain,
          verifier,
          signal,
          onProgress: (currentBlock, highestBlock) => {
            this.#progress = { startingBlock, currentBlock, highestBlock };
          },
        });
        log.info(
          { peer: peer.connection.name, blocks: count, head: Number(chain.head.block.header.number) },
          'followed a peer',
        );
        // It gave all it has; a claim that is still heavier than our head was wrong or is out of date.
        if (peer.head.totalDifficulty === claimed) peer.head = { ...peer.head, totalDifficulty: 0n };
      } catch (error) {
        if (isChainError(error, 'STOPPED')) return;
        if (!isChainError(error, 'PEER_FAULT', 'FUTURE_BLOCK')) throw error;
        log.debug({ peer: peer.connection.name, reason: error.message }, 'following a peer failed');
        peer.blame(COST.late, error.message);
        await pause(RESYNC_MS, signal);
      }
    }
  }

  #heaviest(): Peer | undefined {
    const own = this.#options.chain.head.totalDifficulty;
    let best: Peer | undefined;
    for (const peer of this.#peers.values()) {
      const { totalDifficulty } = peer.head;
      if (totalDifficulty > own && totalDifficulty > (best?.head.totalDifficulty ?? 0n)) best = peer;
    }
    return best;
  }
}

const ANSWERS: ReadonlySet<number> = new Set([
  EthMessageCodes.BLOCK_HEADERS,
  EthMessageCodes.BLOCK_BODIES,
  EthMessageCodes.RECEIPTS,
  EthMessageCodes.POOLED_TRANSACTIONS,
]);
