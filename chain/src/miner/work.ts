/**
 * What there is to mine: block templates on the head, and the way back in for whoever found a nonce. The same work serves the
 * miner in this process, getWork miners and the `pending` block of RPC.
 *
 * The payout address is fixed when the node starts. Nothing a miner submits can change it: a submission names a template by
 * its seal hash and brings a nonce and a mix, no more.
 */
import { EventEmitter } from 'node:events';
import { epochOf, seedHash } from '@chiral/ethash/params';
import type { EthashParams } from '@chiral/ethash/types';
import { type Address, bytesToHex, createZeroAddress } from '@ethereumjs/util';
import type { Chain } from '../chain.ts';
import { DEFAULT_GAS_TARGET } from '../consensus/gas.ts';
import { childBaseFee, sealHash } from '../consensus/validate.ts';
import { isChainError } from '../errors.ts';
import { type BuiltBlock, buildBlock, sealBlock } from '../execution/build.ts';
import type { Log } from '../log.ts';
import { Lru } from '../lru.ts';
import { Mutex } from '../mutex.ts';
import type { TxPool } from '../txpool/pool.ts';
import { UncleCandidates } from './uncles.ts';

/** Templates that a late submission may still name. */
const MAX_TEMPLATES = 128;
/** How long filling a template with transactions may take, milliseconds. */
const BUILD_BUDGET_MS = 2_000;
/** New transactions change the work at most this often, milliseconds. */
const MIN_REBUILD_MS = 500;
/** A template older than this is built anew, so that its timestamp stays true and its difficulty falls, milliseconds. */
const MAX_REBUILD_MS = 5_000;
const TWO_256 = 2n ** 256n;

export interface Work {
  readonly sealHash: Uint8Array;
  readonly seedHash: Uint8Array;
  readonly blockNumber: bigint;
  readonly difficulty: bigint;
  /** Largest hash that counts, 256 bits. */
  readonly target: bigint;
  /** Seconds since the epoch. */
  readonly timestamp: bigint;
  /** Of the block before, seconds since the epoch. */
  readonly parentTimestamp: bigint;
  /** Without transactions. */
  readonly isEmpty: boolean;
}

export interface WorkOptions {
  chain: Chain;
  pool: TxPool;
  params: EthashParams;
  log: Log;
  /** Where rewards go; without it there is no work, only a pending block. */
  coinbase?: Address;
  gasTarget?: bigint;
  /** At most 32 bytes. */
  extraData?: Uint8Array;
  now?: () => number;
}

export type WorkEvents = {
  /** The current work is out of date: ask again. */
  changed: [];
  mined: [block: BuiltBlock['block']];
};

export class WorkSource {
  readonly events = new EventEmitter<WorkEvents>();
  readonly coinbase: Address | undefined;
  readonly #options: WorkOptions;
  readonly #now: () => number;
  readonly #uncles: UncleCandidates;
  readonly #templates = new Lru<string, BuiltBlock['block']>(MAX_TEMPLATES);
  readonly #builds = new Mutex();
  #built: { block: BuiltBlock; parent: Uint8Array; atMs: number; stale: boolean } | undefined;

  constructor(options: WorkOptions) {
    this.#options = options;
    this.coinbase = options.coinbase;
    this.#now = options.now ?? Date.now;
    this.#uncles = new UncleCandidates(options.chain);
    options.chain.onHead(() => void this.events.emit('changed'));
    options.pool.events.on('pending', () => this.#age());
  }

  /** The next block as it would be mined now, at most half a second behind the pool. */
  async pending(): Promise<BuiltBlock> {
    return this.#builds.run(() => this.#template());
  }

  /**
   * @param maxAgeMs how old the template may be, milliseconds
   * @returns undefined when there is no payout address
   */
  async current(maxAgeMs = MAX_REBUILD_MS): Promise<Work | undefined> {
    if (!this.coinbase) return undefined;
    const { block } = await this.#builds.run(() => this.#template(maxAgeMs));
    const hash = sealHash(block.header);
    this.#templates.set(bytesToHex(hash), block);
    const { number, difficulty, timestamp } = block.header;
    const target = difficulty <= 1n ? TWO_256 - 1n : TWO_256 / difficulty;
    const seed = seedHash(epochOf(this.#options.params, { blockNumber: number }));
    const parentTimestamp = this.#options.chain.head.block.header.timestamp;
    const isEmpty = block.transactions.length === 0;
    return {
      sealHash: hash,
      seedHash: seed,
      blockNumber: number,
      difficulty,
      target,
      timestamp,
      parentTimestamp,
      isEmpty,
    };
  }

  /** @returns whether the nonce sealed a block that is now stored */
  async submit(hash: Uint8Array, nonce: Uint8Array, mixHash: Uint8Array): Promise<boolean> {
    const template = this.#templates.get(bytesToHex(hash));
    if (!template || nonce.length !== 8 || mixHash.length !== 32) return false;
    const { chain, log } = this.#options;
    const block = sealBlock(chain.spec, template, nonce, mixHash);
    try {
      const result = await chain.import(block);
      if (result === 'known') return false;
      log.info({ number: Number(block.header.number), hash: bytesToHex(block.hash()), result }, 'mined a block');
      this.events.emit('mined', block);
      return true;
    } catch (error) {
      if (!isChainError(error)) throw error;
      if (error.code !== 'INVALID_SEAL') log.warn({ code: error.code, reason: error.message }, 'mined block refused');
      return false;
    }
  }

  /** A new transaction waits: the template is good for another moment, so that a flood of them costs no flood of builds. */
  #age(): void {
    if (!this.#built || this.#built.stale) return;
    this.#built.stale = true;
    const restMs = Math.max(0, MIN_REBUILD_MS - (this.#now() - this.#built.atMs));
    setTimeout(() => this.events.emit('changed'), restMs).unref();
  }

  async #template(maxAgeMs = MAX_REBUILD_MS): Promise<BuiltBlock> {
    const { chain, pool, gasTarget, extraData } = this.#options;
    const { block: head, hash: parentHash } = chain.head;
    const built = this.#built;
    if (built && bytesToHex(built.parent) === bytesToHex(parentHash)) {
      const ageMs = this.#now() - built.atMs;
      if (ageMs < (built.stale ? MIN_REBUILD_MS : maxAgeMs)) return built.block;
    }
    const atMs = this.#now();
    const block = await buildBlock(chain.spec, chain.source, {
      parent: head.header,
      coinbase: this.coinbase ?? createZeroAddress(),
      timestamp: BigInt(Math.floor(atMs / 1000)),
      gasTarget: gasTarget ?? DEFAULT_GAS_TARGET,
      extraData: extraData ?? new Uint8Array(0),
      uncles: this.#uncles.choose(head.header),
      transactions: pool.best(childBaseFee(chain.spec, head.header) ?? 0n),
      budgetMs: BUILD_BUDGET_MS,
    });
    this.#built = { block, parent: parentHash, atMs, stale: false };
    return block;
  }
}
