/**
 * A connected node: what it knows, what we asked it, and how much we trust it. Requests are matched to answers by number; an
 * answer nobody asked for, a late one or a malformed one costs trust. Owns its connection.
 */
import type { BlockHeader } from '@ethereumjs/block';
import type { Common } from '@ethereumjs/common';
import { EthMessageCodes } from '@ethereumjs/devp2p';
import type { TypedTransaction } from '@ethereumjs/tx';
import { bytesToHex } from '@ethereumjs/util';
import { ChainError } from '../errors.ts';
import { Lru } from '../lru.ts';
import type { Connection } from './connection.ts';
import {
  type BodyRlp,
  decodeBodies,
  decodeHeaders,
  decodeNumbered,
  decodeTransactions,
  encodeHeadersRequest,
  type HeadersRequest,
  type Rlp,
  toInteger,
} from './messages.ts';

/** Time for an answer, milliseconds. */
const ANSWER_MS = 8_000;
/** Hashes that a peer is remembered to know. */
const MAX_KNOWN = 16_384;
/** Trust begins at 0 and ends the connection at this. */
const LIMIT = -100;
/** What faults cost: lying about blocks ends it at once, clumsiness five times. */
export const COST = { lie: 100, malformed: 50, unasked: 20, late: 20, spam: 2 } as const;

interface Waiting {
  code: EthMessageCodes;
  resolve(body: Rlp): void;
  reject(error: Error): void;
}

export class Peer {
  readonly connection: Connection;
  /** Its best block, as far as it told. */
  head: { hash: Uint8Array; totalDifficulty: bigint };
  readonly #common: Common;
  readonly #onBanned: (peer: Peer, why: string) => void;
  readonly #waiting = new Map<bigint, Waiting>();
  readonly #blocks = new Lru<string, true>(MAX_KNOWN);
  readonly #transactions = new Lru<string, true>(MAX_KNOWN);
  #requests = 0n;
  #trust = 0;

  constructor(connection: Connection, common: Common, onBanned: (peer: Peer, why: string) => void) {
    this.connection = connection;
    this.head = { hash: connection.remote.bestHash, totalDifficulty: connection.remote.totalDifficulty };
    this.#common = common;
    this.#onBanned = onBanned;
    void connection.closed.then(() => {
      for (const { reject } of this.#waiting.values()) reject(new ChainError('PEER_FAULT', 'the peer is gone'));
      this.#waiting.clear();
    });
  }

  get key(): string {
    return bytesToHex(this.connection.id);
  }

  /** Takes trust away; at the limit the peer is banned and its connection ends. */
  blame(cost: number, why: string): void {
    const before = this.#trust;
    this.#trust -= cost;
    if (this.#trust <= LIMIT && before > LIMIT) this.#onBanned(this, why);
  }

  /** A good block pays a fault back, a little at a time. */
  praise(): void {
    if (this.#trust < 0) this.#trust++;
  }

  async headers(request: HeadersRequest): Promise<BlockHeader[]> {
    const body = await this.#ask(
      EthMessageCodes.GET_BLOCK_HEADERS,
      EthMessageCodes.BLOCK_HEADERS,
      encodeHeadersRequest(request),
    );
    return this.#decode(() => {
      const headers = decodeHeaders(body, this.#common);
      if (headers.length > request.count) throw new ChainError('PEER_FAULT', 'more headers than asked for');
      return headers;
    });
  }

  /** Bodies in the order asked; fewer when the peer does not have or will not send them all. */
  async bodies(hashes: readonly Uint8Array[]): Promise<BodyRlp[]> {
    const body = await this.#ask(EthMessageCodes.GET_BLOCK_BODIES, EthMessageCodes.BLOCK_BODIES, [...hashes]);
    return this.#decode(() => {
      const bodies = decodeBodies(body);
      if (bodies.length > hashes.length) throw new ChainError('PEER_FAULT', 'more bodies than asked for');
      return bodies;
    });
  }

  async pooledTransactions(hashes: readonly Uint8Array[]): Promise<TypedTransaction[]> {
    const code = EthMessageCodes.GET_POOLED_TRANSACTIONS;
    const body = await this.#ask(code, EthMessageCodes.POOLED_TRANSACTIONS, [...hashes]);
    return this.#decode(() => decodeTransactions(body, this.#common));
  }

  /** An answer came. */
  settle(code: EthMessageCodes, payload: Rlp): void {
    const { id, body } = decodeNumbered(payload);
    const waiting = this.#waiting.get(id);
    if (waiting?.code === code) {
      this.#waiting.delete(id);
      waiting.resolve(body);
    } else this.blame(COST.unasked, 'an answer nobody asked for');
  }

  /** @returns whether this is the first time the peer and we speak of this block */
  noteBlock(hash: Uint8Array): boolean {
    return note(this.#blocks, hash);
  }

  noteTransaction(hash: Uint8Array): boolean {
    return note(this.#transactions, hash);
  }

  send(code: EthMessageCodes, payload: Rlp): void {
    this.connection.send(code, payload);
  }

  close(): void {
    this.connection.close();
  }

  #ask(code: EthMessageCodes, answer: EthMessageCodes, body: Rlp): Promise<Rlp> {
    const id = ++this.#requests;
    return new Promise<Rlp>((resolve, reject) => {
      const late = setTimeout(() => {
        this.#waiting.delete(id);
        this.blame(COST.late, 'no answer');
        reject(new ChainError('PEER_FAULT', 'no answer in time'));
      }, ANSWER_MS);
      const settle =
        <T>(then: (value: T) => void) =>
        (value: T) => {
          clearTimeout(late);
          then(value);
        };
      this.#waiting.set(id, { code: answer, resolve: settle(resolve), reject: settle(reject) });
      this.send(code, [toInteger(id), body]);
    });
  }

  #decode<T>(decode: () => T): T {
    try {
      return decode();
    } catch (error) {
      this.blame(COST.malformed, (error as Error).message);
      throw error;
    }
  }
}

function note(known: Lru<string, true>, hash: Uint8Array): boolean {
  const key = bytesToHex(hash);
  if (known.has(key)) return false;
  known.set(key, true);
  return true;
}
