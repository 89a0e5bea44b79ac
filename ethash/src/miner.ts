/**
 * The miner: searches for seals on worker threads over a full dataset. For Node; a page has `Kernel` and its own workers.
 * It knows seal hashes and targets, never headers, transactions or coins. Owns one thread group (threads and the
 * dataset's memory), the queue of what is asked of it, and at most one dataset in the making for the next epoch.
 *
 * Everything that uses the memory goes through the queue, one after another: loads, builds, searches. Two things run beside
 * it: storing a dataset just built, which only reads it and is waited for before it is replaced, and making the next
 * epoch's dataset, which has a small memory of its own.
 */

import { availableParallelism } from 'node:os';
import { buildDataset, type DatasetJob, loadDataset, storeDataset, storeDatasetAhead } from './dataset.ts';
import { HashMeter } from './hash-meter.ts';
import { type Layout, layOut } from './kernel.ts';
import { epochOf, LAST_EPOCH, MAINNET_PARAMS } from './params.ts';
import { nonceToBytes, targetFromDifficulty } from './target.ts';
import { ThreadGroup } from './thread-group.ts';
import type {
  EpochRef,
  EthashOptions,
  EthashParams,
  Miner,
  MinerOptions,
  MinerStats,
  SearchRequest,
  SearchResult,
} from './types.ts';

/** The next epoch's dataset is made from here on: 3,000 blocks of mainnet's 30,000, half a day of 15 s blocks. */
const AHEAD_FROM = 0.9;

/** Starts no thread before the first `prepare` or `search`. @throws RangeError on a thread count that is no count. */
export function createMiner(options: MinerOptions & EthashOptions = {}): Miner {
  return new ThreadedMiner(options);
}

class ThreadedMiner implements Miner {
  readonly params: EthashParams;
  readonly #threads: number;
  readonly #cacheDir: string | undefined;
  readonly #onProgress: NonNullable<MinerOptions['onProgress']>;
  readonly #onWarning: NonNullable<MinerOptions['onWarning']>;
  readonly #meter = new HashMeter();
  readonly #lifetime = new AbortController();
  #group: ThreadGroup | undefined;
  /** The layout of the dataset that lies whole in the group's memory. */
  #ready: Layout | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #storing: Promise<void> = Promise.resolve();
  #ahead: { readonly epoch: number; readonly abort: AbortController; readonly done: Promise<void> } | undefined;

  constructor(options: MinerOptions & EthashOptions) {
    this.params = options.params ?? MAINNET_PARAMS;
    this.#threads = options.threads ?? availableParallelism();
    this.#cacheDir = options.cacheDir;
    this.#onProgress = options.onProgress ?? (() => {});
    this.#onWarning = options.onWarning ?? (() => {});
    if (!Number.isInteger(this.#threads) || this.#threads < 1) {
      throw new RangeError(`A miner has at least one thread, not ${this.#threads}.`);
    }
  }

  async prepare(where: EpochRef): Promise<void> {
    const epoch = epochOf(this.params, where);
    this.#lifetime.signal.throwIfAborted();
    if (this.#ready?.epoch === epoch) return;
    await this.#enqueue(() => this.#load(epoch));
  }

  async search(request: SearchRequest): Promise<SearchResult> {
    const { sealHash, startNonce = randomNonce() } = request;
    const target = 'target' in request ? request.target : targetFromDifficulty(request.difficulty);
    const epoch = epochOf(this.params, request);
    if (sealHash.length !== 32) throw new RangeError(`A seal hash has 32 bytes, not ${sealHash.length}.`);
    if (target < 1n) throw new RangeError('A target is at least 1.');
    if (startNonce < 0n || startNonce >= 2n ** 64n) throw new RangeError('A nonce has 64 bits.');
    const signal = AbortSignal.any([this.#lifetime.signal, ...(request.signal === undefined ? [] : [request.signal])]);
    signal.throwIfAborted();
    if ('blockNumber' in request) this.#makeAhead(epoch, request.blockNumber);
    const searched = this.#enqueue(async () => {
      signal.throwIfAborted();
      await this.#load(epoch);
      return this.#search({ sealHash: Uint8Array.from(sealHash), target, startNonce, signal });
    });
    return untilAborted(searched, signal);
  }

  stats(): MinerStats {
    return { threads: this.#threads, hashes: this.#meter.hashes, hashesPerSecond: this.#meter.hashesPerSecond };
  }

  async close(): Promise<void> {
    this.#lifetime.abort(new Error('The miner is closed.'));
    await this.#queue;
    await Promise.all([this.#storing, this.#ahead?.done]);
    await this.#dropGroup();
  }

  /** Runs `task` after all that was asked before. A task that breaks the threads costs the next one a new start. */
  #enqueue<T>(task: () => Promise<T>): Promise<T> {
    const run = this.#queue.then(async () => {
      this.#lifetime.signal.throwIfAborted();
      try {
        return await task();
      } finally {
        if (this.#group?.isBroken) await this.#dropGroup();
      }
    });
    this.#queue = run.catch(() => {});
    return run;
  }

  async #search(work: {
    sealHash: Uint8Array;
    target: bigint;
    startNonce: bigint;
    signal: AbortSignal;
  }): Promise<SearchResult> {
    const { sealHash, target, startNonce, signal } = work;
    const group = this.#group!;
    const before = group.hashes;
    this.#meter.start(() => group.hashes - before);
    try {
      const find = await group.run((job) => ({ kind: 'search', job, sealHash, target }), {
        signal,
        firstNonce: startNonce,
      });
      if (find === undefined) throw new Error('The threads came back without a find.');
      const { nonce, mixHash, result } = find;
      return { nonce: nonceToBytes(nonce), mixHash, result, hashes: group.hashes - before };
    } finally {
      this.#meter.stop();
    }
  }

  /** Makes `epoch` the one whose dataset is in memory. */
  async #load(epoch: number): Promise<void> {
    if (this.#ready?.epoch === epoch) return;
    const layout = layOut(this.params, epoch, this.#threads, 'all');
    if (this.#ahead?.epoch === epoch) await this.#abandonAhead();
    await this.#storing;
    this.#ready = undefined;
    if (this.#group === undefined) this.#group = new ThreadGroup(layout, this.#threads);
    else await this.#group.configure(layout);
    const job = this.#job(this.#lifetime.signal);
    const isStored =
      this.#cacheDir !== undefined && (await loadDataset(this.#group, layout, this.#cacheDir, job, this.#onWarning));
    if (!isStored) {
      await buildDataset(this.#group, layout, job);
      if (this.#cacheDir !== undefined) this.#storing = this.#store(this.#group, layout, this.#cacheDir);
    }
    this.#ready = layout;
  }

  /** Never rejects: what cannot be stored is mined with all the same. Not cut short by `close`, which waits for it. */
  async #store(group: ThreadGroup, layout: Layout, folder: string): Promise<void> {
    try {
      await storeDataset(group, layout, folder, this.#job(new AbortController().signal));
    } catch (error) {
      this.#onWarning(
        new Error(`The dataset of epoch ${layout.epoch} could not be stored in ${folder}.`, { cause: error }),
      );
    }
  }

  #makeAhead(epoch: number, blockNumber: bigint): void {
    const next = epoch + 1;
    const intoEpoch = Number(blockNumber) - epoch * this.params.epochBlocks;
    if (this.#cacheDir === undefined || next > LAST_EPOCH || this.#ahead?.epoch === next) return;
    if (intoEpoch < AHEAD_FROM * this.params.epochBlocks) return;
    const abort = new AbortController();
    const signal = AbortSignal.any([abort.signal, this.#lifetime.signal]);
    const before = this.#abandonAhead();
    const made = before.then(() => storeDatasetAhead(next, this.#cacheDir!, this.#job(signal)));
    const done = made.catch((error) => {
      if (signal.aborted) return;
      this.#onWarning(new Error(`The dataset of epoch ${next} could not be made ahead.`, { cause: error }));
    });
    this.#ahead = { epoch: next, abort, done };
  }

  /** The epoch has come, or another is next: all threads do it faster than the one. */
  async #abandonAhead(): Promise<void> {
    this.#ahead?.abort.abort();
    await this.#ahead?.done;
  }

  #job(signal: AbortSignal): DatasetJob {
    return { params: this.params, signal, onProgress: this.#onProgress };
  }

  async #dropGroup(): Promise<void> {
    const group = this.#group;
    this.#group = undefined;
    this.#ready = undefined;
    await group?.close();
  }
}

/** Settles as `work` does, or rejects with the signal's reason as soon as it is aborted. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

function randomNonce(): bigint {
  return crypto.getRandomValues(new BigUint64Array(1))[0]!;
}
