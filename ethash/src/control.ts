/**
 * The few words that the threads of one memory share beside the kernel's data: which job is on, who takes the next piece
 * of it, who found. Every access is atomic. Owns nothing: it is a view on the memory's first page.
 */

import { CONTROL_AT } from './kernel.ts';
import type { WasmMemory } from './wasm.ts';

/** Indices of 32-bit words. */
const JOB = 0;
const FOUND = 1;
const NEXT_SLICE = 2;
/** Indices of 64-bit words, which begin 64 bytes further on. */
const NEXT_NONCE = 0;
const HASHES = 1;

export class Control {
  readonly #words: Int32Array;
  readonly #longs: BigInt64Array;

  constructor(memory: WasmMemory) {
    this.#words = new Int32Array(memory.buffer, CONTROL_AT, 16);
    this.#longs = new BigInt64Array(memory.buffer, CONTROL_AT + 64, 8);
  }

  /** Begins a job and answers its number. Only while no thread works. */
  begin(firstNonce = 0n): number {
    Atomics.store(this.#words, FOUND, 0);
    Atomics.store(this.#words, NEXT_SLICE, 0);
    Atomics.store(this.#longs, NEXT_NONCE, BigInt.asIntN(64, firstNonce));
    return Atomics.add(this.#words, JOB, 1) + 1;
  }

  /** Ends the job that is on: its threads come back after the slice or batch that they are in. */
  stop(): void {
    Atomics.add(this.#words, JOB, 1);
  }

  isOn(job: number): boolean {
    return Atomics.load(this.#words, JOB) === job;
  }

  /** The next slice of the job, from 0. */
  takeSlice(): number {
    return Atomics.add(this.#words, NEXT_SLICE, 1);
  }

  /** The first of `count` nonces that no other thread tries. */
  takeNonces(count: number): bigint {
    return BigInt.asUintN(64, Atomics.add(this.#longs, NEXT_NONCE, BigInt(count)));
  }

  countHashes(count: number): void {
    Atomics.add(this.#longs, HASHES, BigInt(count));
  }

  /** Hashes counted in this memory's life. */
  get hashes(): number {
    return Number(Atomics.load(this.#longs, HASHES));
  }

  /** True for the first thread of a job that asks; it alone reports its find, and the job is over. */
  claim(): boolean {
    if (Atomics.compareExchange(this.#words, FOUND, 0, 1) !== 0) return false;
    this.stop();
    return true;
  }
}
