/**
 * The threads that work on one memory, and the memory. Runs one job at a time on all of them; knows nothing of what the
 * jobs are for. Owns memory and threads: `close` ends the threads, and the memory goes when the group is dropped.
 */

import { Control } from './control.ts';
import type { Layout } from './kernel.ts';
import { Thread } from './thread.ts';
import type { Find, Task } from './thread-tasks.ts';
import { createMemory, growMemory, MAX_PAGES, PAGE_BYTES, type WasmMemory } from './wasm.ts';

export interface JobOptions {
  readonly signal: AbortSignal;
  readonly firstNonce?: bigint;
  /** The first thread alone, for what cannot be shared. */
  readonly isSerial?: boolean;
  readonly onProgress?: (amount: number) => void;
}

export class ThreadGroup {
  readonly #memory: WasmMemory;
  readonly #control: Control;
  readonly #threads: readonly Thread[];

  constructor(layout: Layout, threads: number) {
    // Reserving all that wasm32 can address lets the memory grow with the epochs instead of being copied.
    this.#memory = createMemory(layout.totalBytes, MAX_PAGES * PAGE_BYTES);
    this.#control = new Control(this.#memory);
    const data = { memory: this.#memory, layout };
    this.#threads = Array.from({ length: threads }, (_, thread) => new Thread({ ...data, thread }));
  }

  get threads(): number {
    return this.#threads.length;
  }

  /** True when a thread died: the group can only be closed. */
  get isBroken(): boolean {
    return this.#threads.some((thread) => thread.isDead);
  }

  /** Nonces tried in the group's life. */
  get hashes(): number {
    return this.#control.hashes;
  }

  /** `length` bytes of the dataset area, live. */
  dataset(layout: Layout, length: number): Uint8Array {
    return new Uint8Array(this.#memory.buffer, layout.datasetAt, length);
  }

  /** Moves all threads to another layout, for as many threads as before. */
  async configure(layout: Layout): Promise<void> {
    growMemory(this.#memory, layout.totalBytes);
    await Promise.all(this.#threads.map((thread) => thread.run({ kind: 'configure', layout })));
  }

  /**
   * Runs one job to its end. On abort every thread comes back after the slice or batch it is in, and this rejects then
   * with the signal's reason; a find that was made meanwhile counts.
   * @throws Error when a thread dies; the group is then broken.
   */
  async run(taskOf: (job: number) => Task, options: JobOptions): Promise<Find | undefined> {
    const { signal, firstNonce, isSerial = false, onProgress } = options;
    signal.throwIfAborted();
    if (this.isBroken) throw new Error('An Ethash thread died.');
    const task = taskOf(this.#control.begin(firstNonce));
    const stop = () => this.#control.stop();
    signal.addEventListener('abort', stop, { once: true });
    try {
      const threads = isSerial ? this.#threads.slice(0, 1) : this.#threads;
      const finds = await Promise.all(threads.map((thread) => thread.run(task, onProgress)));
      const find = finds.find((each) => each !== undefined);
      if (find === undefined) signal.throwIfAborted();
      return find;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  async close(): Promise<void> {
    this.#control.stop();
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }
}
