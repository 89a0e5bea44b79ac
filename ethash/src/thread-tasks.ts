/** What a miner and its threads say to each other. Types only; src/thread.ts speaks for the miner, thread-worker.ts answers. */

import type { Layout } from './kernel.ts';
import type { HashimotoResult } from './types.ts';
import type { WasmMemory } from './wasm.ts';

/** Given to a thread when it starts. */
export interface ThreadData {
  readonly memory: WasmMemory;
  readonly layout: Layout;
  /** Which scratch area is this thread's. */
  readonly thread: number;
}

/** One at a time per thread. `job` is a number of Control: the thread comes back early when it is over. */
export type Task =
  | { readonly kind: 'configure'; readonly layout: Layout }
  | { readonly kind: 'cache'; readonly job: number; readonly seed: Uint8Array }
  /** Dataset items [from, to), shared with the other threads of the job, `from` at the start of the dataset area. */
  | { readonly kind: 'items'; readonly job: number; readonly from: number; readonly to: number }
  | { readonly kind: 'search'; readonly job: number; readonly sealHash: Uint8Array; readonly target: bigint };

export interface Find extends HashimotoResult {
  readonly nonce: bigint;
}

/** `progress` any number of times (items made, or the fraction of the cache), then `done` once. */
export type Reply =
  | { readonly kind: 'progress'; readonly amount: number }
  | { readonly kind: 'done'; readonly find?: Find };
