/**
 * The chain on disk: one classic-level database. Owns its keys and nothing else; it never judges a block.
 *
 * Crash order: everything that one imported block changes (trie nodes, code, block, receipts, total difficulty, and when the
 * head moves also the canonical index, the transaction index, the log index and the head itself) goes into ONE batch.
 * LevelDB applies a batch whole or not at all, so after kill -9 the head is always a block whose state is present.
 *
 * Keys are one letter and then: t trie node or code, h header, b body, r receipts, d total difficulty (all by hash);
 * n number to canonical hash; x number to logs bloom (canonical blocks with logs only); l transaction hash to place
 * (canonical only); p pooled transaction; m settings.
 */
import { RLP } from '@ethereumjs/rlp';
import { bigIntToBytes, bytesToBigInt, concatBytes, hexToBytes, setLengthLeft } from '@ethereumjs/util';
import { ClassicLevel } from 'classic-level';
import { ChainError } from '../errors.ts';
import { Lru } from '../lru.ts';

/** Raises with every incompatible change of the keys or values. */
const SCHEMA_VERSION = 1;
/** Memory for LevelDB's own block cache, bytes. */
const BLOCK_CACHE_BYTES = 16 * 1024 * 1024;
/** Memory for LevelDB's log before it becomes a table, bytes. */
const WRITE_BUFFER_BYTES = 8 * 1024 * 1024;
/** Trie nodes kept decoded-free in memory. A node is about 100 to 530 bytes, so this stays under some 20 MB. */
const NODE_CACHE_ENTRIES = 30_000;

export interface TxPlace {
  blockHash: Uint8Array;
  index: number;
}

type Operation = { type: 'put'; key: Uint8Array; value: Uint8Array } | { type: 'del'; key: Uint8Array };

/** One atomic change. Made by `ChainStore.batch`, applied by `ChainStore.write`. */
export class StoreBatch {
  readonly operations: Operation[] = [];
  readonly nodes = new Map<string, Uint8Array>();

  putNodes(nodes: ReadonlyMap<string, Uint8Array>): void {
    for (const [hex, value] of nodes) {
      this.nodes.set(hex, value);
      this.#put(nodeKey(hex), value);
    }
  }

  putBlock(
    hash: Uint8Array,
    header: Uint8Array,
    body: Uint8Array,
    receipts: Uint8Array,
    totalDifficulty: bigint,
  ): void {
    this.#put(key('h', hash), header);
    this.#put(key('b', hash), body);
    this.#put(key('r', hash), receipts);
    this.#put(key('d', hash), bigIntToBytes(totalDifficulty));
  }

  putCanonical(number: bigint, hash: Uint8Array): void {
    this.#put(numberKey('n', number), hash);
  }

  deleteCanonical(number: bigint): void {
    this.#del(numberKey('n', number));
    this.#del(numberKey('x', number));
  }

  putBloom(number: bigint, bloom: Uint8Array): void {
    if (bloom.every((byte) => byte === 0)) this.#del(numberKey('x', number));
    else this.#put(numberKey('x', number), bloom);
  }

  putTxPlace(txHash: Uint8Array, place: TxPlace): void {
    this.#put(key('l', txHash), RLP.encode([place.blockHash, place.index]));
  }

  deleteTxPlace(txHash: Uint8Array): void {
    this.#del(key('l', txHash));
  }

  putHead(hash: Uint8Array): void {
    this.#put(HEAD_KEY, hash);
  }

  putPooled(txHash: Uint8Array, raw: Uint8Array): void {
    this.#put(key('p', txHash), raw);
  }

  deletePooled(txHash: Uint8Array): void {
    this.#del(key('p', txHash));
  }

  putSetting(name: string, value: Uint8Array): void {
    this.#put(settingKey(name), value);
  }

  #put(k: Uint8Array, value: Uint8Array): void {
    this.operations.push({ type: 'put', key: k, value });
  }

  #del(k: Uint8Array): void {
    this.operations.push({ type: 'del', key: k });
  }
}

export class ChainStore {
  readonly #db: ClassicLevel<Uint8Array, Uint8Array>;
  readonly #nodes = new Lru<string, Uint8Array>(NODE_CACHE_ENTRIES);

  private constructor(db: ClassicLevel<Uint8Array, Uint8Array>) {
    this.#db = db;
  }

  /**
   * @param folder made when missing; held by one process at a time
   * @throws STORE_CORRUPT when it cannot be opened or was written by another version
   */
  static async open(folder: string): Promise<ChainStore> {
    const db = new ClassicLevel<Uint8Array, Uint8Array>(folder, {
      keyEncoding: 'view',
      valueEncoding: 'view',
      cacheSize: BLOCK_CACHE_BYTES,
      writeBufferSize: WRITE_BUFFER_BYTES,
    });
    try {
      await db.open();
    } catch (cause) {
      const locked = (cause as { cause?: { code?: string } }).cause?.code === 'LEVEL_LOCKED';
      throw new ChainError(
        'STORE_CORRUPT',
        locked ? 'the chain folder is in use by another process' : 'the chain folder cannot be opened',
        { cause },
      );
    }
    const store = new ChainStore(db);
    const version = await store.setting('schema');
    if (version === undefined) {
      const batch = store.batch();
      batch.putSetting('schema', Uint8Array.of(SCHEMA_VERSION));
      await store.write(batch);
    } else if (version[0] !== SCHEMA_VERSION) {
      await db.close();
      throw new ChainError(
        'STORE_CORRUPT',
        `the chain folder has layout ${version[0]}, this program ${SCHEMA_VERSION}`,
      );
    }
    return store;
  }

  async close(): Promise<void> {
    await this.#db.close();
  }

  batch(): StoreBatch {
    return new StoreBatch();
  }

  /** All of the batch or none of it, also after kill -9. Loss of power may undo the newest batches, never part of one. */
  async write(batch: StoreBatch): Promise<void> {
    await this.#db.batch(batch.operations);
    for (const [hex, value] of batch.nodes) this.#nodes.set(hex, value);
  }

  /** A trie node or code by its database key in hex (no 0x). */
  async node(hex: string): Promise<Uint8Array | undefined> {
    const cached = this.#nodes.get(hex);
    if (cached) return cached;
    const value = this.#db.getSync(nodeKey(hex));
    if (value) this.#nodes.set(hex, value);
    return value;
  }

  header(hash: Uint8Array): Uint8Array | undefined {
    return this.#db.getSync(key('h', hash));
  }

  body(hash: Uint8Array): Uint8Array | undefined {
    return this.#db.getSync(key('b', hash));
  }

  receipts(hash: Uint8Array): Uint8Array | undefined {
    return this.#db.getSync(key('r', hash));
  }

  totalDifficulty(hash: Uint8Array): bigint | undefined {
    const value = this.#db.getSync(key('d', hash));
    return value && bytesToBigInt(value);
  }

  canonicalHash(number: bigint): Uint8Array | undefined {
    return number < 0n ? undefined : this.#db.getSync(numberKey('n', number));
  }

  txPlace(txHash: Uint8Array): TxPlace | undefined {
    const value = this.#db.getSync(key('l', txHash));
    if (!value) return undefined;
    const [blockHash, index] = RLP.decode(value) as [Uint8Array, Uint8Array];
    return { blockHash, index: Number(bytesToBigInt(index)) };
  }

  headHash(): Uint8Array | undefined {
    return this.#db.getSync(HEAD_KEY);
  }

  async setting(name: string): Promise<Uint8Array | undefined> {
    return this.#db.get(settingKey(name));
  }

  /** Numbers and blooms of canonical blocks with logs, ascending, both ends included. */
  async *blooms(from: bigint, to: bigint): AsyncGenerator<{ number: bigint; bloom: Uint8Array }> {
    for await (const [k, bloom] of this.#db.iterator({ gte: numberKey('x', from), lte: numberKey('x', to) })) {
      yield { number: bytesToBigInt(k.subarray(1)), bloom };
    }
  }

  /** Transactions that were waiting when the node last ran, in no particular order. */
  async pooled(): Promise<Uint8Array[]> {
    const low = key('p', new Uint8Array(0));
    const high = Uint8Array.of(low[0]! + 1);
    return this.#db.values({ gte: low, lt: high }).all();
  }
}

function key(letter: string, rest: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(letter.charCodeAt(0)), rest);
}

function numberKey(letter: string, number: bigint): Uint8Array {
  return key(letter, setLengthLeft(bigIntToBytes(number), 8));
}

function nodeKey(hex: string): Uint8Array {
  return key('t', hexToBytes(`0x${hex}`));
}

function settingKey(name: string): Uint8Array {
  return key('m', new TextEncoder().encode(name));
}

const HEAD_KEY = settingKey('head');
