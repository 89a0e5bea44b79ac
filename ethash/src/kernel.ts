/**
 * The WebAssembly kernel behind typed calls, and the layout of the memory it works on. Browser-safe; every call is
 * synchronous and returns bytes of its own. It never starts threads: many kernels, one per thread, may share a memory.
 * Owns the compiled module (once per process or page); a Kernel owns its scratch area and nothing else.
 */

import { KERNEL_WASM_BASE64 } from './generated/kernel-wasm.ts';
import { cacheBytes, datasetBytes, ITEM_BYTES, ROW_BYTES } from './params.ts';
import type { EthashParams, HashimotoResult } from './types.ts';
import { compile, instantiate, MAX_PAGES, PAGE_BYTES, type WasmMemory } from './wasm.ts';

/** The exports of assembly/kernel.ts. Addresses and counts are u32, nonces u64; what comes back is i32. */
interface KernelExports {
  readonly CACHE_ROUNDS: { readonly value: number };
  readonly INPUT: { readonly value: number };
  readonly MIX_HASH: { readonly value: number };
  readonly RESULT: { readonly value: number };
  readonly SCRATCH_BYTES: { readonly value: number };
  configure(cacheAt: number, cacheItems: number, datasetAt: number, datasetRows: number): void;
  fillCache(scratch: number, from: number, to: number): void;
  mixCache(scratch: number, from: number, to: number): void;
  makeItems(scratch: number, out: number, from: number, to: number): void;
  search(scratch: number, nonce: bigint, count: number, target: bigint): number;
  hashFull(scratch: number, nonce: bigint): void;
  hashLight(scratch: number, nonce: bigint): void;
}

/** Where things lie in one memory, in bytes. */
export interface Layout {
  readonly epoch: number;
  readonly scratchAt: number;
  readonly cacheAt: number;
  readonly cacheBytes: number;
  /** Start of the dataset, or of the window that part of it is made in. */
  readonly datasetAt: number;
  /** The whole dataset, whether or not the memory holds all of it. */
  readonly datasetBytes: number;
  /** End of what is used. */
  readonly totalBytes: number;
}

/** Where src/control.ts keeps its words, in the first page, past the kernel's constants. */
export const CONTROL_AT = 4096;
/** Scratch areas follow the first page, one page each. */
const SCRATCH_AT = PAGE_BYTES;

/** What of the dataset a memory is to hold: nothing (light), all, or a window of so many bytes. */
export type DatasetRoom = 'none' | 'all' | number;

/** @throws RangeError when the whole does not fit the 4 GiB of wasm32: mainnet's dataset does up to epoch 376. */
export function layOut(params: EthashParams, epoch: number, threads: number, room: DatasetRoom): Layout {
  const cache = cacheBytes(params, epoch);
  const dataset = datasetBytes(params, epoch);
  const cacheAt = SCRATCH_AT + threads * PAGE_BYTES;
  const datasetAt = Math.ceil((cacheAt + cache) / PAGE_BYTES) * PAGE_BYTES;
  const held = room === 'none' ? 0 : room === 'all' ? dataset : room;
  const totalBytes = datasetAt + held;
  if (totalBytes > MAX_PAGES * PAGE_BYTES) {
    throw new RangeError(`The ${params.name} dataset of epoch ${epoch} does not fit the 4 GiB of wasm32.`);
  }
  return {
    epoch,
    scratchAt: SCRATCH_AT,
    cacheAt,
    cacheBytes: cache,
    datasetAt,
    datasetBytes: dataset,
    totalBytes,
  };
}

/** Cache items worked on in one slice of `makeCache`: about 15 ms, so that an event loop can run in between. */
const CACHE_SLICE_ITEMS = 16_384;
const MAX_U64 = 2n ** 64n - 1n;

let compiled: object | undefined;

export class Kernel {
  readonly #memory: WasmMemory;
  readonly #exports: KernelExports;
  readonly #scratch: number;
  #layout: Layout;

  /** `thread` picks the scratch area: no two kernels on one memory may share it. The memory must hold the layout. */
  constructor(memory: WasmMemory, layout: Layout, thread = 0) {
    compiled ??= compile(Uint8Array.from(atob(KERNEL_WASM_BASE64), (character) => character.charCodeAt(0)));
    this.#memory = memory;
    this.#exports = instantiate(compiled, memory) as KernelExports;
    this.#scratch = layout.scratchAt + thread * PAGE_BYTES;
    this.#layout = layout;
    this.configure(layout);
  }

  /** Moves to another epoch's layout on the same memory, which the caller has grown. */
  configure(layout: Layout): void {
    this.#layout = layout;
    this.#exports.configure(
      layout.cacheAt,
      layout.cacheBytes / ITEM_BYTES,
      layout.datasetAt,
      layout.datasetBytes / ROW_BYTES,
    );
  }

  /** Makes the cache from a 32-byte seed, in slices: yields the fraction done after each. */
  *makeCache(seed: Uint8Array): Generator<number, void> {
    this.#write(seed);
    const items = this.#layout.cacheBytes / ITEM_BYTES;
    const passes = 1 + this.#exports.CACHE_ROUNDS.value;
    for (let pass = 0; pass < passes; pass++) {
      for (let from = 0; from < items; from += CACHE_SLICE_ITEMS) {
        const to = Math.min(items, from + CACHE_SLICE_ITEMS);
        if (pass === 0) this.#exports.fillCache(this.#scratch, from, to);
        else this.#exports.mixCache(this.#scratch, from, to);
        yield (pass + to / items) / passes;
      }
    }
  }

  /**
   * Makes dataset items [from, to) from the cache at byte `offset` of the dataset or window. Even numbers, since the
   * kernel works in pairs.
   */
  makeItems(from: number, to: number, offset = from * ITEM_BYTES): void {
    this.#exports.makeItems(this.#scratch, this.#layout.datasetAt + offset, from, to);
  }

  /**
   * Tries `count` nonces over the full dataset, wrapping at 2^64. Answers the offset of the first whose hash is within the target
   * judged by its top 64 bits only, or undefined. Confirm a find with `hashFull`.
   */
  search(sealHash: Uint8Array, nonce: bigint, count: number, target: bigint): number | undefined {
    this.#write(sealHash);
    const high = target >> 192n;
    const found = this.#exports.search(this.#scratch, nonce, count, high > MAX_U64 ? MAX_U64 : high);
    return found < 0 ? undefined : found;
  }

  /** Hash of one nonce from the full dataset. */
  hashFull(sealHash: Uint8Array, nonce: bigint): HashimotoResult {
    this.#write(sealHash);
    this.#exports.hashFull(this.#scratch, nonce);
    return this.#result();
  }

  /** Hash of one nonce from the cache alone. */
  hashLight(sealHash: Uint8Array, nonce: bigint): HashimotoResult {
    this.#write(sealHash);
    this.#exports.hashLight(this.#scratch, nonce);
    return this.#result();
  }

  #write(input: Uint8Array): void {
    this.#view(this.#exports.INPUT.value).set(input);
  }

  #result(): HashimotoResult {
    return {
      mixHash: Uint8Array.from(this.#view(this.#exports.MIX_HASH.value)),
      result: Uint8Array.from(this.#view(this.#exports.RESULT.value)),
    };
  }

  /** 32 bytes of the scratch area. */
  #view(offset: number): Uint8Array {
    return new Uint8Array(this.#memory.buffer, this.#scratch + offset, 32);
  }
}
