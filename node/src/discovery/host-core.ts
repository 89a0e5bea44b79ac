/**
 * The libp2p host: who this peer is on the network, whom it knows, and streams to and from them. The same in a daemon and in
 * a page; what differs (identity, datastore, transports) is lent by `host.ts` there and by the page here.
 *
 * It owns every connection. It knows nothing of offers: protocols are registered by those who speak them.
 */
import { AppError, isAppError } from '@chiral/protocol/errors';
import { abortError } from '@chiral/protocol/frame-stream';
import { identify } from '@libp2p/identify';
import type { Connection, PeerId, PrivateKey, Stream } from '@libp2p/interface';
import { type KadDHT, kadDHT } from '@libp2p/kad-dht';
import { noise } from '@libp2p/noise';
import { peerIdFromString } from '@libp2p/peer-id';
import { ping } from '@libp2p/ping';
import { yamux } from '@libp2p/yamux';
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr';
import { createLibp2p, type Libp2pOptions } from 'libp2p';
import type { Log } from '../log.ts';
import { boundedPeerStore, type Datastore, MAX_ADDRESSES_PER_PEER } from './dht-store.ts';
import { createInboundLimit } from './inbound-limit.ts';
import {
  ADDRESS_AGE_MS,
  ADDRESS_DIAL_TIMEOUT_MS,
  DIAL_TIMEOUT_MS,
  FIND_PEER_TIMEOUT_MS,
  HANDSHAKE_TIMEOUT_MS,
  K,
  LIMITS,
  MAX_LOOK_INTERVAL_MS,
  PEER_AGE_MS,
  PING_INTERVAL_MS,
  PING_TIMEOUT_MS,
  RECORD_LIFE,
  REJOIN_INTERVAL_MS,
  REJOIN_PEERS,
  type RecordLife,
} from './limits.ts';

export const KAD_PROTOCOL = '/chiral/kad/1.0.0';

export interface HostOptions {
  /** Multiaddrs to listen on. */
  readonly listen: readonly string[];
  /** Multiaddrs of nodes to join through. None is needed to be found by those who dial us. */
  readonly bootstrap: readonly string[];
  /** Multiaddrs to tell others instead of those listened on (behind a forwarded port). */
  readonly announce?: readonly string[];
  readonly limits?: Partial<Record<keyof typeof LIMITS, number>>;
  readonly recordLife?: RecordLife;
  readonly log?: Log;
}

/** What the machine lends. */
export interface HostMeans {
  readonly privateKey: PrivateKey;
  readonly transports: NonNullable<Libp2pOptions['transports']>;
  /** Peers, addresses, the WebRTC certificate; in memory when absent. Closed by the host. */
  readonly datastore?: Datastore & { close(): Promise<void> };
  /** Where the DHT keeps the records of others; the same as `datastore` when absent. */
  readonly records?: Datastore;
  /** Keeps the WebRTC certificate over restarts. */
  readonly keychain?: NonNullable<Libp2pOptions['services']>[string];
  /** A peer that nobody can dial asks the DHT and answers nobody. */
  readonly clientMode?: boolean;
  readonly connectionGater?: Libp2pOptions['connectionGater'];
  /** noise as its package brings it when absent. */
  readonly encrypter?: NonNullable<Libp2pOptions['connectionEncrypters']>[number];
}

export type StreamHandler = (peerId: string, stream: Stream) => Promise<void>;

export interface Host {
  readonly peerId: string;
  /** Where others reach us, each ending in our peer id. */
  addresses(): string[];
  connectedPeers(): string[];
  isConnected(peerId: string): boolean;
  /** Open connections and the remote address of each. */
  connections(): { peer: string; address: string }[];
  /** DHT peers in the routing table. */
  dhtPeerCount(): number;
  /** Calls back whenever a DHT peer enters the routing table. @returns unsubscribe */
  onDhtPeer(listener: () => void): () => void;
  /** Resolves when the DHT has a peer, or a round of knocking reached nobody. @throws TIMEOUT, CANCELLED */
  joined(signal: AbortSignal): Promise<void>;
  /** Peers at the bootstrap addresses, as many as can be reached now. */
  guides(signal: AbortSignal): Promise<string[]>;
  /** Opens a connection. @throws BAD_REQUEST malformed; PEER_UNREACHABLE, TIMEOUT, CANCELLED */
  dial(address: string, signal?: AbortSignal): Promise<string>;
  /** Remembers where a peer was said to be, at most 16 addresses; what is no address is skipped. @throws BAD_REQUEST for a malformed peer id */
  learn(peerId: string, addresses: readonly (Multiaddr | string)[]): Promise<void>;
  /** Addresses known of a peer. */
  addressesOf(peerId: string): Promise<string[]>;
  /**
   * A stream to a peer: over an open connection, its known addresses, or those that the DHT knows.
   * @throws PEER_UNREACHABLE, UNSUPPORTED, TIMEOUT, CANCELLED
   */
  openStream(peerId: string, protocol: string, signal: AbortSignal): Promise<Stream>;
  /** Answers streams of one protocol. A handler that rejects resets its stream. @returns stops answering */
  handle(protocol: string, handler: StreamHandler, maxStreamsPerPeer?: number): Promise<() => Promise<void>>;
  /** Signs with the identity key, for protocols that carry their own proof of who we are. */
  sign(data: Uint8Array): Promise<Uint8Array>;
  readonly dht: KadDHT;
  /** Closes every connection and the datastore. Safe to call twice. */
  stop(): Promise<void>;
}

/** The part of the DHT that its public type leaves out. */
type RoutingTable = EventTarget & { size: number };

/** @throws STORE_FAILED when it cannot listen; BAD_REQUEST for a malformed address */
export async function startHost(options: HostOptions, means: HostMeans): Promise<Host> {
  const { listen, bootstrap, announce = [], recordLife = RECORD_LIFE, log } = options;
  const {
    privateKey,
    datastore,
    transports,
    keychain,
    connectionGater,
    clientMode = false,
    encrypter = noise(),
  } = means;
  const limits = { ...LIMITS, ...options.limits };
  for (const address of [...listen, ...bootstrap, ...announce]) parseAddress(address);
  const bootstrapAddresses = bootstrap.map(parseAddress);

  const libp2p = await (async () => {
    return createLibp2p({
      privateKey,
      ...(datastore && { datastore }),
      ...(connectionGater && { connectionGater }),
      addresses: { listen: [...listen], announce: [...announce] },
      transports,
      connectionEncrypters: [encrypter],
      streamMuxers: [
        yamux({
          maxInboundStreams: limits.streamsPerConnection,
          maxOutboundStreams: limits.streamsPerConnection,
          // A paused stream must hold what the window still lets in, or it would be reset.
          streamOptions: {
            maxStreamWindowSize: limits.streamWindowBytes,
            maxReadBufferLength: 2 * limits.streamWindowBytes,
          },
        }),
      ],
      connectionManager: {
        maxConnections: limits.connections,
        inboundConnectionThreshold: limits.connectionsPerSecond,
        maxIncomingPendingConnections: limits.pendingConnections,
        inboundUpgradeTimeout: HANDSHAKE_TIMEOUT_MS,
        dialTimeout: DIAL_TIMEOUT_MS,
        addressDialTimeout: ADDRESS_DIAL_TIMEOUT_MS,
        maxPeerAddrsToDial: MAX_ADDRESSES_PER_PEER,
      },
      connectionMonitor: {
        pingInterval: PING_INTERVAL_MS,
        pingTimeout: { minTimeout: PING_TIMEOUT_MS, maxTimeout: PING_TIMEOUT_MS },
      },
      peerStore: { maxAddressAge: ADDRESS_AGE_MS, maxPeerAge: PEER_AGE_MS },
      services: {
        identify: identify(),
        ping: ping(),
        dht: (components) =>
          kadDHT({
            protocol: KAD_PROTOCOL,
            kBucketSize: K,
            // Explicit, or the DHT waits for a public address before it answers anybody.
            clientMode,
            // The default drops private addresses, and with them every local network; ours only cuts long lists.
            peerInfoMapper: (peer) => ({ ...peer, multiaddrs: peer.multiaddrs.slice(0, MAX_ADDRESSES_PER_PEER) }),
            // A node may be the first of its network; it must not wait for a second.
            allowQueryWithZeroPeers: true,
            reprovide: {
              validity: recordLife.validityMs,
              threshold: recordLife.thresholdMs,
              interval: recordLife.intervalMs,
            },
          })({
            peerId: components.peerId,
            privateKey: components.privateKey,
            registrar: components.registrar,
            addressManager: components.addressManager,
            connectionManager: components.connectionManager,
            events: components.events,
            logger: components.logger,
            ping: components.ping,
            peerStore: boundedPeerStore(components.peerStore),
            datastore: means.records ?? components.datastore,
          }),
        ...(keychain && { keychain }),
      },
    });
  })().catch(async (cause: unknown) => {
    await datastore?.close();
    if (isAppError(cause)) throw cause;
    throw new AppError('STORE_FAILED', 'The network host could not start; is an address in use?', {}, { cause });
  });

  const dht = libp2p.services.dht as KadDHT;
  const table = (dht as unknown as { routingTable: RoutingTable }).routingTable;
  const peers = boundedPeerStore(libp2p.peerStore);
  const stopping = new AbortController();

  /** Dials those who may know the network. @returns how many answered */
  const rejoin = async (): Promise<number> => {
    if (table.size > 0) return table.size;
    const remembered = (await libp2p.peerStore.all({ limit: REJOIN_PEERS }))
      .filter((peer) => peer.protocols.includes(KAD_PROTOCOL))
      .map((peer) => peer.id);
    const targets: (PeerId | Multiaddr)[] = [...bootstrapAddresses, ...remembered];
    const dials = await Promise.allSettled(targets.map((target) => libp2p.dial(target, { signal: stopping.signal })));
    return dials.filter(({ status }) => status === 'fulfilled').length;
  };
  const knock = () =>
    rejoin().catch((error: unknown) => {
      log?.debug({ error: String(error) }, 'joining the network failed');
      return 0;
    });
  let lookEveryMs = REJOIN_INTERVAL_MS;
  let nextLookMs = Date.now() + lookEveryMs;
  /** Asks for its neighbours again, as the DHT itself does only every five minutes. */
  const look = async (): Promise<void> => {
    if (table.size === 0 || table.size >= K || Date.now() < nextLookMs) return;
    lookEveryMs = Math.min(2 * lookEveryMs, MAX_LOOK_INTERVAL_MS);
    nextLookMs = Date.now() + lookEveryMs;
    const signal = AbortSignal.any([stopping.signal, AbortSignal.timeout(REJOIN_INTERVAL_MS)]);
    try {
      for await (const _ of dht.getClosestPeers(libp2p.peerId.toMultihash().bytes, { signal }));
    } catch (error) {
      log?.debug({ error: String(error) }, 'looking for neighbours failed');
    }
  };
  const rejoinTimer = setInterval(() => void Promise.all([knock(), look()]), REJOIN_INTERVAL_MS);
  rejoinTimer.unref?.();
  const firstRound = knock();

  const openConnection = async (peerId: string, signal: AbortSignal): Promise<Connection> => {
    const id = parsePeerId(peerId);
    try {
      return await libp2p.dial(id, { signal });
    } catch (error) {
      if (signal.aborted) throw abortError(signal);
      if (!(await findMoved(id, signal))) throw unreachable(peerId, error);
      return await libp2p.dial(id, { signal }).catch((again: unknown) => {
        throw signal.aborted ? abortError(signal) : unreachable(peerId, again);
      });
    }
  };

  /** Asks the DHT where a peer is now; true when that is news. */
  const findMoved = async (id: PeerId, signal: AbortSignal): Promise<boolean> => {
    const known = new Set(await addressesOf(id.toString()));
    const search = AbortSignal.any([signal, stopping.signal, AbortSignal.timeout(FIND_PEER_TIMEOUT_MS)]);
    try {
      for await (const event of dht.findPeer(id, { signal: search })) {
        if (event.name !== 'FINAL_PEER') continue;
        const moved = event.peer.multiaddrs.filter((address) => !known.has(address.toString()));
        if (moved.length === 0) continue;
        await peers.merge(id, { multiaddrs: moved });
        return true;
      }
    } catch {
      // Not found is the answer.
    }
    return false;
  };

  const addressesOf = async (peerId: string): Promise<string[]> => {
    const id = parsePeerId(peerId);
    if (!(await libp2p.peerStore.has(id))) return [];
    return (await libp2p.peerStore.get(id)).addresses.map(({ multiaddr: address }) => address.toString());
  };

  const inbound = createInboundLimit(limits.inboundStreams, limits.crowdedStreamsPerPeer);

  let stopped: Promise<void> | undefined;
  const host: Host = {
    peerId: libp2p.peerId.toString(),
    addresses: () => libp2p.getMultiaddrs().map((address) => address.toString()),
    connectedPeers: () => libp2p.getPeers().map((id) => id.toString()),
    connections: () =>
      libp2p
        .getConnections()
        .map(({ remotePeer, remoteAddr }) => ({ peer: remotePeer.toString(), address: remoteAddr.toString() })),
    isConnected: (peerId) => libp2p.getConnections(parsePeerId(peerId)).length > 0,
    dhtPeerCount: () => table.size,
    onDhtPeer(listener) {
      table.addEventListener('peer:add', listener);
      return () => table.removeEventListener('peer:add', listener);
    },
    joined: (signal) =>
      new Promise((resolve, reject) => {
        const settle = (outcome: () => void) => () => {
          table.removeEventListener('peer:add', onPeer);
          signal.removeEventListener('abort', onAbort);
          outcome();
        };
        const onPeer = settle(resolve);
        const onAbort = settle(() => reject(abortError(signal)));
        table.addEventListener('peer:add', onPeer);
        signal.addEventListener('abort', onAbort);
        if (signal.aborted) onAbort();
        else if (table.size > 0) onPeer();
        // Whoever answered still has to introduce itself before it is in the table.
        else firstRound.then((answered) => answered === 0 && onPeer());
      }),
    async guides(signal) {
      const dials = bootstrapAddresses.map((address) => libp2p.dial(address, { signal }));
      const peers = (await Promise.allSettled(dials)).flatMap((dial) =>
        dial.status === 'fulfilled' ? [dial.value.remotePeer.toString()] : [],
      );
      return [...new Set(peers)];
    },
    async dial(address, signal) {
      const target = parseAddress(address);
      try {
        return (await libp2p.dial(target, signal ? { signal } : {})).remotePeer.toString();
      } catch (error) {
        throw signal?.aborted ? abortError(signal) : unreachable(address, error);
      }
    },
    async learn(peerId, addresses) {
      const id = parsePeerId(peerId);
      const multiaddrs: Multiaddr[] = [];
      for (const address of addresses.slice(0, MAX_ADDRESSES_PER_PEER)) {
        try {
          multiaddrs.push(multiaddr(address));
        } catch {
          // Strangers name addresses; one that we cannot read does not spoil the others.
        }
      }
      if (peerId !== host.peerId && multiaddrs.length > 0) await peers.merge(id, { multiaddrs });
    },
    addressesOf,
    async openStream(peerId, protocol, signal) {
      const connection = await openConnection(peerId, signal);
      try {
        return await connection.newStream(protocol, { signal });
      } catch (error) {
        if (signal.aborted) throw abortError(signal);
        if ((error as Error).name === 'UnsupportedProtocolError') {
          throw new AppError('UNSUPPORTED', `The peer does not speak ${protocol}.`, { peerId }, { cause: error });
        }
        throw unreachable(peerId, error);
      }
    },
    async handle(protocol, handler, maxStreamsPerPeer = 32) {
      await libp2p.handle(
        protocol,
        async (stream, connection) => {
          const peer = connection.remotePeer.toString();
          try {
            await inbound(peer, () => handler(peer, stream));
          } catch (error) {
            log?.debug({ peer, protocol, error: String(error) }, 'stream reset');
            stream.abort(error instanceof Error ? error : new Error(String(error)));
          }
        },
        { maxInboundStreams: maxStreamsPerPeer, maxOutboundStreams: maxStreamsPerPeer },
      );
      return async () => {
        await libp2p.unhandle(protocol);
      };
    },
    sign: async (data) => privateKey.sign(data),
    dht,
    stop() {
      stopped ??= (async () => {
        clearInterval(rejoinTimer);
        stopping.abort();
        await libp2p.stop();
        await datastore?.close();
      })();
      return stopped;
    },
  };
  return host;
}

function parsePeerId(text: string): PeerId {
  try {
    return peerIdFromString(text);
  } catch (cause) {
    throw new AppError('BAD_REQUEST', `"${text.slice(0, 80)}" is not a peer id.`, {}, { cause });
  }
}

/** @throws BAD_REQUEST */
export function parseAddress(text: string): Multiaddr {
  try {
    return multiaddr(text);
  } catch (cause) {
    throw new AppError('BAD_REQUEST', `"${text.slice(0, 120)}" is not a multiaddr.`, {}, { cause });
  }
}

function unreachable(peer: string, cause: unknown): AppError {
  return new AppError('PEER_UNREACHABLE', 'The peer could not be reached.', { peer }, { cause });
}
