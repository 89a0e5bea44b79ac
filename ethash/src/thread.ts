/**
 * One worker thread as its miner sees it: a task in, a find or nothing out. Owns the thread; whoever starts one closes it.
 */

import { Worker } from 'node:worker_threads';
import type { Find, Reply, Task, ThreadData } from './thread-tasks.ts';

interface Pending {
  readonly resolve: (find: Find | undefined) => void;
  readonly reject: (error: Error) => void;
  readonly onProgress: (amount: number) => void;
}

export class Thread {
  readonly #worker: Worker;
  #pending: Pending | undefined;
  #failure: Error | undefined;

  constructor(data: ThreadData) {
    this.#worker = new Worker(new URL('./thread-worker.ts', import.meta.url), { workerData: data });
    this.#worker.on('message', (reply: Reply) => {
      if (reply.kind === 'progress') this.#pending?.onProgress(reply.amount);
      else this.#settle((pending) => pending.resolve(reply.find));
    });
    this.#worker.on('error', (error) => this.#fail(new Error('An Ethash thread failed.', { cause: error })));
    this.#worker.on('exit', () => this.#fail(new Error('An Ethash thread ended.')));
  }

  /** True once the thread failed or was closed: it takes no more tasks. */
  get isDead(): boolean {
    return this.#failure !== undefined;
  }

  /** Runs one task; the caller waits for it before it gives another. @throws Error when the thread dies. */
  run(task: Task, onProgress: (amount: number) => void = () => {}): Promise<Find | undefined> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#pending !== undefined) return Promise.reject(new Error('An Ethash thread has one task at a time.'));
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject, onProgress };
      this.#worker.postMessage(task);
    });
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #fail(failure: Error): void {
    this.#failure ??= failure;
    this.#settle((pending) => pending.reject(failure));
  }

  #settle(how: (pending: Pending) => void): void {
    const pending = this.#pending;
    this.#pending = undefined;
    if (pending !== undefined) how(pending);
  }
}
