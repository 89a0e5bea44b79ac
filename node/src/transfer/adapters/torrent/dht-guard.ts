/**
 * Keeps the mainline DHT node of the torrent client from being a cannon: UDP has no handshake, so whoever writes to it may have
 * written under a victim's address, and whoever answers it may name a victim as a node.
 *
 * An answer is never longer than three times its query; nodes and peers that do not fit are left out. A query of ours goes to an
 * address that the dial policy permits, once a minute until it has answered one; what else we would ask it waits for that answer.
 * State: what is waited for, and who has answered lately.
 */
import { randomInt } from 'node:crypto';
import type { Socket } from 'node:dgram';
import { type DialPolicy, plainAddress, toHostPort } from './dial-policy.ts';

/** Bytes out for bytes in before the other has shown that it receives at its address. */
const MAX_AMPLIFICATION = 3;
/** A node that answered is good for this long (BEP 5), ms. */
const PROVED_MS = 15 * 60_000;
/** Nodes remembered as good, and those waited for. */
const MAX_REMEMBERED = 4096;
/** Queries that wait for the first answer of one node; a lookup asks a node once. */
const MAX_WAITING = 16;
/** As long as the library waits for an answer, ms. */
const ANSWER_MS = 2_000;
/** A compact node and a compact peer with its bencoded length (BEP 5), bytes. */
const NODE_BYTES = 26;

export interface DhtMessage {
  readonly t: Uint8Array;
  readonly y: 'q' | 'r' | 'e';
  r?: { values?: Uint8Array[]; nodes?: Uint8Array };
}
interface DhtPeer {
  readonly host?: string;
  readonly address?: string;
  readonly port: number;
}
/** k-rpc-socket, under bittorrent-dht: the members that are used. */
export interface DhtSocket {
  send(peer: DhtPeer, message: DhtMessage, done?: () => void): void;
  readonly socket: Socket;
  /** Number of the last query; the next one's is one more. */
  _tick: number;
}

interface Asked {
  readonly sinceMs: number;
  /** Transaction id of the first query, latin1. */
  readonly id: string;
  readonly waiting: (() => void)[];
}

export function guardDht(rpc: DhtSocket, policy: DialPolicy, now: () => number = Date.now): void {
  const proved = new Map<string, number>();
  const asked = new Map<string, Asked>();
  const send = rpc.send.bind(rpc);
  /** Of the query that is being answered now: the library answers in the same turn, or not at all. */
  let heard = { place: '', bytes: 0 };

  // Ids that count up could be guessed by whoever wants a victim to count as having answered.
  rpc._tick = randomInt(65_534);
  rpc.socket.prependListener('message', (data, { address, port }) => {
    const place = toHostPort(plainAddress(address), port);
    heard = { place, bytes: data.length };
    const first = asked.get(place);
    if (!first || transactionOf(data) !== first.id) return;
    asked.delete(place);
    remember(proved, place, now());
    policy.answered(address, port);
    for (const go of first.waiting) go();
  });

  rpc.send = (peer, message, done) => {
    const host = peer.address ?? peer.host ?? '';
    const place = toHostPort(plainAddress(host), peer.port);
    if (message.y !== 'q') {
      const fitting = place === heard.place && fit(message, MAX_AMPLIFICATION * heard.bytes);
      heard = { place: '', bytes: 0 };
      if (fitting) send(peer, message, done);
      return;
    }
    rpc._tick = randomInt(65_534);
    if (now() - (proved.get(place) ?? Number.NEGATIVE_INFINITY) < PROVED_MS) return send(peer, message, done);
    const first = asked.get(place);
    if (first && now() - first.sinceMs < ANSWER_MS) {
      if (first.waiting.length < MAX_WAITING) first.waiting.push(() => send(peer, message, done));
      return;
    }
    if (!policy.mayDial(host, peer.port, 'swarm')) return;
    remember(asked, place, { sinceMs: now(), id: Buffer.from(message.t).toString('latin1'), waiting: [] });
    send(peer, message, done);
  };
}

/** Leaves out of an answer what makes it longer than `limit`. @returns false when it is too long even so */
export function fit(message: DhtMessage, limit: number): boolean {
  const { r } = message;
  const over = () => sizeOf(message) - limit;
  if (r?.values && over() > 0) {
    while (over() > 0 && r.values.length > 0) r.values = r.values.slice(0, -Math.ceil(over() / NODE_BYTES));
    if (r.values.length === 0) delete r.values;
  }
  if (r?.nodes && over() > 0) {
    const kept = Math.floor((r.nodes.length - over()) / NODE_BYTES);
    r.nodes = r.nodes.subarray(0, Math.max(0, kept) * NODE_BYTES);
  }
  return over() <= 0;
}

/** Of a message when it is bencoded, bytes. */
function sizeOf(value: unknown): number {
  if (typeof value === 'number') return String(Math.trunc(value)).length + 2;
  if (typeof value === 'string') return sizeOfBytes(Buffer.byteLength(value));
  if (value instanceof Uint8Array) return sizeOfBytes(value.length);
  if (Array.isArray(value)) return 2 + value.reduce<number>((sum, item) => sum + sizeOf(item), 0);
  if (typeof value !== 'object' || value === null) return 0;
  return 2 + Object.entries(value).reduce((sum, [key, item]) => sum + sizeOf(key) + sizeOf(item), 0);
}

const sizeOfBytes = (length: number): number => `${length}:`.length + length;

/** Transaction id of an answer or a fault, latin1: the keys `t` and `y` are the last of the dictionary but for `v`. */
function transactionOf(data: Uint8Array): string | undefined {
  const text = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('latin1');
  const at = text.lastIndexOf('1:t2:');
  return at >= 0 && /1:y1:[re]/.test(text.slice(at + 7)) ? text.slice(at + 5, at + 7) : undefined;
}

function remember<T>(map: Map<string, T>, place: string, value: T): void {
  map.delete(place);
  if (map.size >= MAX_REMEMBERED) map.delete(map.keys().next().value!);
  map.set(place, value);
}
