/**
 * The block tree and its heaviest branch. Owns the store's blocks and the head; knows no peer, no pool, no RPC.
 *
 * `import` is the only way in. In this order: header rules, clock, seal, body, uncles, execution on the parent's state, then one
 * atomic batch. A block that was not executed here is never stored, so every stored block has its state, on every branch.
 * The head is the block with the greatest total difficulty; of two equal ones the first that arrived stays.
 */
import type { Block, BlockHeader } from '@ethereumjs/block';
import { bytesToHex, equalsBytes } from '@ethereumjs/util';
import {
  type SealVerifier,
  validateClock,
  validateHeader,
  validateSeal,
  validateUncles,
} from './consensus/validate.ts';
import { ChainError, isChainError } from './errors.ts';
import { type Execution, type ExecutionSource, executeBlock, validateBody } from './execution/execute.ts';
import type { Pace } from './execution/pace.ts';
import { buildGenesisState } from './execution/state.ts';
import type { ChainSpec } from './genesis.ts';
import type { Log } from './log.ts';
import { Lru } from './lru.ts';
import { Mutex } from './mutex.ts';
import {
  decodeBlock,
  decodeHeader,
  decodeReceipts,
  type ExecutedBlock,
  encodeBody,
  encodeReceipts,
  type Receipt,
  sameBytes,
} from './store/codec.ts';
import type { ChainStore, StoreBatch } from './store/store.ts';

/** Decoded headers, blocks and verdicts kept in memory. A header is about 1 KB, a block some tens of KB. */
const HEADER_CACHE = 2_048;
const BLOCK_CACHE = 32;
const BAD_BLOCK_CACHE = 1_024;

/**
 * Faults that the hash of a header commits to, so that the verdict may be remembered. INVALID_BODY is not among them: a
 * stranger could send a good header with a wrong body first, and we would refuse the good block for ever.
 */
const VERDICTS = ['INVALID_HEADER', 'INVALID_SEAL', 'INVALID_UNCLES', 'INVALID_EXECUTION'] as const;

export interface Head {
  block: Block;
  hash: Uint8Array;
  totalDifficulty: bigint;
}

/** What changed when the head moved. Both lists ascend by number; `removed` is empty unless the chain was reorganised. */
export interface HeadChange {
  head: Head;
  added: ExecutedBlock[];
  removed: ExecutedBlock[];
}

export type HeadListener = (change: HeadChange) => void | Promise<void>;
export type SideListener = (block: Block) => void;

/** `known`: stored before; `side`: stored, not on the heaviest branch; `head`: the new head. */
export type ImportResult = 'known' | 'side' | 'head';

export interface ChainOptions {
  spec: ChainSpec;
  store: ChainStore;
  verifier: SealVerifier;
  log: Log;
  /** Milliseconds since the epoch. @default Date.now */
  now?: () => number;
}

export class Chain {
  readonly spec: ChainSpec;
  readonly source: ExecutionSource;
  readonly #store: ChainStore;
  readonly #verifier: SealVerifier;
  readonly #log: Log;
  readonly #now: () => number;
  readonly #imports = new Mutex();
  readonly #listeners: HeadListener[] = [];
  readonly #sideListeners: SideListener[] = [];
  readonly #headers = new Lru<string, BlockHeader>(HEADER_CACHE);
  readonly #blocks = new Lru<string, Block>(BLOCK_CACHE);
  readonly #bad = new Lru<string, ChainError>(BAD_BLOCK_CACHE);
  #head!: Head;
  #closing: AbortController = new AbortController();

  private constructor(options: ChainOptions) {
    this.spec = options.spec;
    this.#store = options.store;
    this.#verifier = options.verifier;
    this.#log = options.log;
    this.#now = options.now ?? Date.now;
    this.source = {
      node: (hex) => this.#store.node(hex),
      link: (hash) => this.header(hash),
      canonicalHash: (number) => this.#store.canonicalHash(number),
    };
  }

  /**
   * Opens the chain of `store`, or begins it with the genesis block.
   * @throws GENESIS_MISMATCH the folder holds another chain; STORE_CORRUPT no block of it is whole
   */
  static async open(options: ChainOptions): Promise<Chain> {
    const chain = new Chain(options);
    const { store, spec } = options;
    const stored = store.canonicalHash(0n);
    if (!stored) await chain.#begin();
    else if (!equalsBytes(stored, spec.genesis.hash())) {
      throw new ChainError('GENESIS_MISMATCH', `the folder holds the chain ${bytesToHex(stored)}`);
    }
    await chain.#restoreHead();
    return chain;
  }

  /** Stops a running execution and waits for the import to end. The store stays open. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#imports.idle();
  }

  get head(): Head {
    return this.#head;
  }

  /** Called after every move of the head, one at a time, in order, before the next import begins. */
  onHead(listener: HeadListener): void {
    this.#listeners.push(listener);
  }

  /** Called with every valid block that did not become the head: a possible uncle. */
  onSide(listener: SideListener): void {
    this.#sideListeners.push(listener);
  }

  header(hash: Uint8Array): BlockHeader | undefined {
    const key = bytesToHex(hash);
    const cached = this.#headers.get(key);
    if (cached) return cached;
    const stored = this.#store.header(hash);
    if (!stored) return undefined;
    const header = decodeHeader(stored, this.spec.common);
    this.#headers.set(key, header);
    return header;
  }

  block(hash: Uint8Array): Block | undefined {
    const key = bytesToHex(hash);
    const cached = this.#blocks.get(key);
    if (cached) return cached;
    const header = this.#store.header(hash);
    const body = this.#store.body(hash);
    if (!header || !body) return undefined;
    const block = decodeBlock(header, body, this.spec.common);
    this.#blocks.set(key, block);
    return block;
  }

  has(hash: Uint8Array): boolean {
    return this.#headers.has(bytesToHex(hash)) || this.#store.header(hash) !== undefined;
  }

  receipts(hash: Uint8Array): Receipt[] | undefined {
    const stored = this.#store.receipts(hash);
    return stored && decodeReceipts(stored);
  }

  totalDifficulty(hash: Uint8Array): bigint | undefined {
    return this.#store.totalDifficulty(hash);
  }

  canonicalHash(number: bigint): Uint8Array | undefined {
    return this.#store.canonicalHash(number);
  }

  canonicalBlock(number: bigint): Block | undefined {
    const hash = this.canonicalHash(number);
    return hash && this.block(hash);
  }

  canonicalHeader(number: bigint): BlockHeader | undefined {
    const hash = this.canonicalHash(number);
    return hash && this.header(hash);
  }

  isCanonical(header: BlockHeader): boolean {
    return sameBytes(this.canonicalHash(header.number), header.hash());
  }

  /** Where a transaction stands on the heaviest branch. */
  transactionPlace(txHash: Uint8Array): { block: Block; index: number } | undefined {
    const place = this.#store.txPlace(txHash);
    const block = place && this.block(place.blockHash);
    return place && block && { block, index: place.index };
  }

  /** Numbers and blooms of canonical blocks that have logs. */
  blooms(from: bigint, to: bigint) {
    return this.#store.blooms(from, to);
  }

  /**
   * Judges a block and, when it is valid, stores it and moves the head if it is the heaviest. Imports run one at a time.
   * @throws UNKNOWN_PARENT, FUTURE_BLOCK try again later; INVALID_* never valid; STOPPED the chain is closing
   */
  import(block: Block): Promise<ImportResult> {
    return this.#imports.run(async () => {
      if (this.#closing.signal.aborted) throw new ChainError('STOPPED', 'the chain is closing');
      const hash = block.hash();
      if (this.has(hash)) return 'known';
      const verdict = this.#bad.get(bytesToHex(hash));
      if (verdict) throw verdict;
      const parent = this.header(block.header.parentHash);
      if (!parent) throw new ChainError('UNKNOWN_PARENT', `block ${block.header.number} has no parent here`);
      let execution: Execution;
      try {
        execution = await this.#judge(block, parent, { signal: this.#closing.signal });
      } catch (error) {
        if (isChainError(error, ...VERDICTS)) {
          this.#bad.set(bytesToHex(hash), error);
        }
        throw error;
      }
      return this.#accept(block, execution);
    });
  }

  async #judge(block: Block, parent: BlockHeader, limits: Pace): Promise<Execution> {
    validateHeader(this.spec, block.header, parent);
    validateClock(block.header, this.#now());
    await validateSeal(this.#verifier, block.header);
    await validateBody(block);
    const kinship = (hash: Uint8Array) => {
      const relative = this.block(hash);
      return relative && { header: relative.header, uncles: relative.uncleHeaders };
    };
    await validateUncles(this.spec, block, kinship, this.#verifier);
    return executeBlock(this.spec.common, this.source, block, parent.stateRoot, limits);
  }

  async #accept(block: Block, execution: Execution): Promise<ImportResult> {
    const hash = block.hash();
    const parentTotal = this.totalDifficulty(block.header.parentHash);
    if (parentTotal === undefined) throw new ChainError('STORE_CORRUPT', 'a stored block has no total difficulty');
    const totalDifficulty = parentTotal + block.header.difficulty;
    const batch = this.#store.batch();
    batch.putNodes(execution.nodes);
    const receipts = encodeReceipts(execution.receipts);
    batch.putBlock(hash, block.header.serialize(), encodeBody(block), receipts, totalDifficulty);
    if (totalDifficulty <= this.#head.totalDifficulty) {
      await this.#store.write(batch);
      for (const listener of this.#sideListeners) listener(block);
      return 'side';
    }
    const change = this.#plan({ block, receipts: execution.receipts }, totalDifficulty);
    this.#indexChange(batch, change);
    await this.#store.write(batch);
    this.#headers.set(bytesToHex(hash), block.header);
    this.#blocks.set(bytesToHex(hash), block);
    this.#head = change.head;
    await this.#announce(change);
    return 'head';
  }

  /** Walks both branches back to their common ancestor. */
  #plan(tip: ExecutedBlock, totalDifficulty: bigint): HeadChange {
    const added = [tip];
    const removed: ExecutedBlock[] = [];
    let theirs = tip.block.header.parentHash;
    let ours = this.#head.hash;
    while (!equalsBytes(theirs, ours)) {
      const theirBlock = this.#executed(theirs);
      const ourBlock = this.#executed(ours);
      const theirNumber = theirBlock.block.header.number;
      const ourNumber = ourBlock.block.header.number;
      if (theirNumber >= ourNumber) {
        added.unshift(theirBlock);
        theirs = theirBlock.block.header.parentHash;
      }
      if (ourNumber >= theirNumber) {
        removed.unshift(ourBlock);
        ours = ourBlock.block.header.parentHash;
      }
    }
    return { head: { block: tip.block, hash: tip.block.hash(), totalDifficulty }, added, removed };
  }

  #executed(hash: Uint8Array): ExecutedBlock {
    const block = this.block(hash);
    const receipts = this.receipts(hash);
    if (!block || !receipts) throw new ChainError('STORE_CORRUPT', `block ${bytesToHex(hash)} is missing`);
    return { block, receipts };
  }

  /** Deletions first: a transaction that both branches carry keeps the place that the new branch gives it. */
  #indexChange(batch: StoreBatch, change: HeadChange): void {
    for (const { block } of change.removed) {
      batch.deleteCanonical(block.header.number);
      for (const tx of block.transactions) batch.deleteTxPlace(tx.hash());
    }
    for (const { block } of change.added) {
      const hash = block.hash();
      batch.putCanonical(block.header.number, hash);
      batch.putBloom(block.header.number, block.header.logsBloom);
      for (const [index, tx] of block.transactions.entries()) batch.putTxPlace(tx.hash(), { blockHash: hash, index });
    }
    batch.putHead(change.head.hash);
  }

  async #announce(change: HeadChange): Promise<void> {
    const { header } = change.head.block;
    const reorg = change.removed.length;
    const entry = { number: Number(header.number), hash: bytesToHex(change.head.hash), reorg };
    if (reorg > 0) this.#log.info(entry, 'chain reorganised');
    else this.#log.debug(entry, 'new head');
    for (const listener of this.#listeners) {
      try {
        await listener(change);
      } catch (error) {
        this.#log.error({ err: error }, 'a head listener failed');
      }
    }
  }

  async #begin(): Promise<void> {
    const { genesis, common, alloc } = this.spec;
    const { root, nodes } = await buildGenesisState(common, alloc);
    if (!equalsBytes(root, genesis.header.stateRoot)) throw new Error('the genesis state has another root');
    const batch = this.#store.batch();
    batch.putNodes(nodes);
    const hash = genesis.hash();
    batch.putBlock(
      hash,
      genesis.header.serialize(),
      encodeBody(genesis),
      encodeReceipts([]),
      genesis.header.difficulty,
    );
    batch.putCanonical(0n, hash);
    batch.putHead(hash);
    await this.#store.write(batch);
  }

  /** Takes the stored head, or, if the disk lost part of it, the newest canonical block that is whole. */
  async #restoreHead(): Promise<void> {
    const stored = this.#store.headHash();
    const start = stored && this.header(stored)?.number;
    for (let number = start ?? 0n; number >= 0n; number--) {
      const hash = this.canonicalHash(number);
      const block = hash && this.block(hash);
      const totalDifficulty = hash && this.totalDifficulty(hash);
      if (!hash || !block || totalDifficulty === undefined || !this.#store.receipts(hash)) continue;
      if (!(await this.#hasState(block.header.stateRoot))) continue;
      this.#head = { block, hash, totalDifficulty };
      if (number !== start || !sameBytes(stored, hash)) {
        this.#log.warn({ number: Number(number) }, 'the newest blocks were not whole, going back');
        const batch = this.#store.batch();
        for (let lost = number + 1n; this.canonicalHash(lost); lost++) batch.deleteCanonical(lost);
        batch.putHead(hash);
        await this.#store.write(batch);
      }
      return;
    }
    throw new ChainError('STORE_CORRUPT', 'no block of the chain folder is whole');
  }

  async #hasState(root: Uint8Array): Promise<boolean> {
    return (await this.#store.node(bytesToHex(root).slice(2))) !== undefined || equalsBytes(root, EMPTY_STATE_ROOT);
  }
}

/** Root of a trie without entries: keccak256(rlp('')). */
const EMPTY_STATE_ROOT = Uint8Array.from(
  Buffer.from('56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421', 'hex'),
);
