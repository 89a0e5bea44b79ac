/**
 * What one host may use at most, how long it waits, and how long it remembers. No code.
 *
 * Memory stays below connections × streams × buffer, as libp2p's doc/LIMITS.md counts it.
 */

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Kademlia's k: peers per bucket, and nodes that keep each record. */
export const K = 20;

/** What one host may use at most. */
export const LIMITS = {
  /** Connections in all; above it the least valued are closed. */
  connections: 300,
  /** New connections per second from one address. With the handshake timeout it keeps one address below the next limit. */
  connectionsPerSecond: 40,
  /** Connections that have not finished their handshake. */
  pendingConnections: 256,
  /** Streams per connection, each direction, all protocols together. */
  streamsPerConnection: 256,
  /** Streams that others opened, all protocols of ours together. Above it a peer keeps its first few and gets no more. */
  inboundStreams: 1024,
  crowdedStreamsPerPeer: 4,
  /** Bytes that a remote may send ahead on one stream: four chunks in flight. */
  streamWindowBytes: 1024 * 1024,
} as const;

/** Time to reach a peer, all addresses together, and for one address; dead providers are the normal case. */
export const DIAL_TIMEOUT_MS = 6_000;
export const ADDRESS_DIAL_TIMEOUT_MS = 3_000;
/** Time for a stranger to finish its handshake. */
export const HANDSHAKE_TIMEOUT_MS = 5_000;
/** Time to look a peer's address up in the DHT after its known ones failed. */
export const FIND_PEER_TIMEOUT_MS = 5_000;
/** How often a node without DHT peers knocks at the bootstrap addresses and at those it remembers. */
export const REJOIN_INTERVAL_MS = 5_000;
/**
 * Longest time between two looks for neighbours while a node knows fewer than K; the first comes after REJOIN_INTERVAL_MS, each
 * next after twice the time. Those that join at the same moment are not in each other's first answers.
 */
export const MAX_LOOK_INTERVAL_MS = 300_000;
/** Remembered peers tried per round of rejoining. */
export const REJOIN_PEERS = 20;
/** A connection is given up when a ping is not answered in 20 s: libp2p's own 10 s and less closed busy, healthy ones. */
export const PING_INTERVAL_MS = 30_000;
export const PING_TIMEOUT_MS = 20_000;
/** Addresses are learned again with each announcement; these ages let a node return after two days and still know somebody. */
export const ADDRESS_AGE_MS = 48 * HOUR_MS;
export const PEER_AGE_MS = 7 * 24 * HOUR_MS;

/** Life of provider records: announced again when `validityMs - thresholdMs` old, gone at `validityMs`; looked at each `intervalMs`. */
export interface RecordLife {
  readonly validityMs: number;
  readonly thresholdMs: number;
  readonly intervalMs: number;
}

/** Announced again after 20 to 30 minutes, so that one lost announcement does no harm; a dead seeder is forgotten in an hour or so. */
export const RECORD_LIFE: RecordLife = {
  validityMs: 70 * MINUTE_MS,
  thresholdMs: 50 * MINUTE_MS,
  intervalMs: 10 * MINUTE_MS,
};
