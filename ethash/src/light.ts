/**
 * Light verification: is this nonce a proof of work? From the cache of its epoch alone, in a node or in a browser worker.
 * Never touches a dataset, a file or a thread. Owns the caches of the last few epochs that were asked for.
 */

import { Kernel, layOut } from './kernel.ts';
import { epochOf, LAST_EPOCH, MAINNET_PARAMS, seedHash } from './params.ts';
import { bytesToUint, meetsTarget, targetFromDifficulty } from './target.ts';
import type { EpochRef, EthashOptions, EthashParams, HashimotoResult, LightVerifier, Seal } from './types.ts';
import { createMemory } from './wasm.ts';

/** Caches kept: the epoch of the head, the one before (side branches, uncles) and the one being made ahead. */
const CACHES_KEPT = 3;
/** The next epoch's cache is made once a block of the last tenth of an epoch was verified. */
const AHEAD_FROM = 0.9;
/** Verifications asked for at once are computed in stretches of about this long, with a turn of the event loop between. */
const STRETCH_MS = 10;

/** One per chain: `createLightVerifier({ params })`. */
export function createLightVerifier(options: EthashOptions = {}): LightVerifier {
  return new CachedVerifier(options.params ?? MAINNET_PARAMS);
}

class CachedVerifier implements LightVerifier {
  readonly params: EthashParams;
  /** By epoch, the longest unused first. */
  readonly #kernels = new Map<number, Promise<Kernel>>();
  /** Caches are made one after another: two at once would only take turns. */
  #making: Promise<unknown> = Promise.resolve();
  /** When the running stretch of verifications began, and the turn of the event loop that all now wait for. */
  #stretchSinceMs = 0;
  #turn: Promise<void> | undefined;

  constructor(params: EthashParams) {
    this.params = params;
  }

  async verify(seal: Seal): Promise<boolean> {
    const { sealHash, nonce, mixHash, difficulty, blockNumber } = seal;
    if (sealHash.length !== 32 || nonce.length !== 8 || mixHash.length !== 32 || difficulty <= 0n) return false;
    if (blockNumber < 0n || blockNumber / BigInt(this.params.epochBlocks) > LAST_EPOCH) return false;
    const epoch = epochOf(this.params, { blockNumber });
    const hash = await this.#hash(epoch, sealHash, nonce);
    this.#makeAhead(epoch, blockNumber);
    return (
      hash.mixHash.every((byte, i) => byte === mixHash[i]) && meetsTarget(hash.result, targetFromDifficulty(difficulty))
    );
  }

  async hashimotoLight(work: EpochRef & { sealHash: Uint8Array; nonce: Uint8Array }): Promise<HashimotoResult> {
    const { sealHash, nonce } = work;
    if (sealHash.length !== 32 || nonce.length !== 8) {
      throw new RangeError('A seal hash has 32 bytes and a nonce has 8.');
    }
    return this.#hash(epochOf(this.params, work), sealHash, nonce);
  }

  async prepare(where: EpochRef): Promise<void> {
    const epoch = epochOf(this.params, where);
    await heldAlive(async () => {
      await this.#kernelOf(epoch);
    });
  }

  #hash(epoch: number, sealHash: Uint8Array, nonce: Uint8Array): Promise<HashimotoResult> {
    return heldAlive(async () => {
      const kernel = await this.#kernelOf(epoch);
      while (performance.now() - this.#stretchSinceMs > STRETCH_MS) {
        this.#turn ??= nextTurn().then(() => {
          this.#turn = undefined;
          this.#stretchSinceMs = performance.now();
        });
        await this.#turn;
      }
      return kernel.hashLight(sealHash, bytesToUint(nonce));
    });
  }

  #kernelOf(epoch: number): Promise<Kernel> {
    const kernel = this.#kernels.get(epoch) ?? this.#make(epoch);
    this.#kernels.delete(epoch);
    this.#kernels.set(epoch, kernel);
    for (const oldest of this.#kernels.keys()) {
      if (this.#kernels.size <= CACHES_KEPT) break;
      this.#kernels.delete(oldest);
    }
    return kernel;
  }

  #make(epoch: number): Promise<Kernel> {
    const kernel = this.#making.then(async () => {
      const layout = layOut(this.params, epoch, 1, 'none');
      const made = new Kernel(createMemory(layout.totalBytes, layout.totalBytes), layout);
      for (const _fraction of made.makeCache(seedHash(epoch))) await nextIdleTurn();
      return made;
    });
    this.#making = kernel.catch(() => {});
    // A failure (no memory) is the caller's to see, and the next caller's to try again.
    kernel.catch(() => {
      if (this.#kernels.get(epoch) === kernel) this.#kernels.delete(epoch);
    });
    return kernel;
  }

  #makeAhead(epoch: number, blockNumber: bigint): void {
    const intoEpoch = Number(blockNumber) - epoch * this.params.epochBlocks;
    if (intoEpoch < AHEAD_FROM * this.params.epochBlocks || epoch === LAST_EPOCH || this.#kernels.has(epoch + 1))
      return;
    this.#kernelOf(epoch + 1).catch(() => {});
  }
}

/** Lets timers, messages and I/O run. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    // Browsers have no setImmediate, and make a timer of 0 wait for some milliseconds.
    if ('setImmediate' in globalThis) setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
}

/** The same without keeping a process alive: a cache made ahead may never be needed. */
function nextIdleTurn(): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, 0) as { unref?: () => void };
    timer.unref?.();
  });
}

/** Keeps the process alive while someone waits for `work`. */
async function heldAlive<T>(work: () => Promise<T>): Promise<T> {
  const hold = setInterval(() => {}, 60_000);
  try {
    return await work();
  } finally {
    clearInterval(hold);
  }
}
