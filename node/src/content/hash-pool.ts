/**
 * Threads that hash, started when first needed and kept; nothing waits for a start that could be done here or by another. They
 * never hold the process open.
 * Owns the threads and the jobs that wait for their answers.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { AppError, type ErrorCode } from '@chiral/protocol/errors';
import { chunkLength, verifyChunk } from '@chiral/protocol/tree';
import type { ChunkVerifier } from '../ports.ts';
import { READY, SMALL_BYTES, sha256 } from './hash-jobs.ts';
import type { HashJob, HashReply } from './hash-worker.ts';

interface Thread {
  readonly worker: Worker;
  isReady: boolean;
  readonly waiting: Map<
    number,
    { resolve(result: NonNullable<HashReply['result']>): void; reject(error: Error): void }
  >;
}

export interface HashPool {
  readonly threads: number;
  /** Runs one job; jobs with the same `lane` run in order on one thread. */
  run(job: HashJob, lane?: number): Promise<NonNullable<HashReply['result']>>;
  /** Checks chunks on these threads. */
  readonly verify: ChunkVerifier;
  close(): Promise<void>;
}

/** @param threads at most this many; all cores by default */
export function createHashPool(threads: number = availableParallelism()): HashPool {
  const pool: (Thread | undefined)[] = Array.from({ length: threads }, () => undefined);
  let nextId = 0;

  function start(index: number): Thread {
    const waiting: Thread['waiting'] = new Map();
    const worker = new Worker(new URL('./hash-worker.ts', import.meta.url));
    const fail = (error: Error) => {
      if (pool[index]?.worker === worker) pool[index] = undefined;
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
    };
    worker.on('message', (message: HashReply | typeof READY) => {
      if (message === READY) {
        thread.isReady = true;
        return;
      }
      const { id, result, error } = message;
      const job = waiting.get(id);
      waiting.delete(id);
      if (waiting.size === 0) worker.unref();
      if (error?.code) job?.reject(new AppError(error.code as ErrorCode, error.message));
      else if (error) job?.reject(new Error(error.message));
      else job?.resolve(result ?? {});
    });
    worker.on('error', (cause) => fail(new Error('A hashing thread failed.', { cause })));
    worker.on('exit', () => fail(new AppError('CANCELLED', 'Hashing was stopped.')));
    worker.unref();
    const thread: Thread = { worker, waiting, isReady: false };
    pool[index] = thread;
    return thread;
  }

  /** The idlest thread of those that run. When it has work already one more is started, for what comes later. */
  function choose(): Thread {
    let best: Thread | undefined;
    for (const thread of pool) {
      if (!thread) continue;
      const isBetter =
        !best || (thread.isReady === best.isReady ? thread.waiting.size < best.waiting.size : thread.isReady);
      if (isBetter) best = thread;
    }
    const isStarting = pool.some((thread) => thread?.isReady === false);
    const free = pool.indexOf(undefined);
    if (best && (best.waiting.size === 0 || isStarting || free < 0)) return best;
    const started = start(free);
    return best ?? started;
  }

  function run(job: HashJob, lane?: number): Promise<NonNullable<HashReply['result']>> {
    const index = lane === undefined ? undefined : lane % threads;
    return send(index === undefined ? choose() : (pool[index] ?? start(index)), job);
  }

  function send({ worker, waiting }: Thread, job: HashJob): Promise<NonNullable<HashReply['result']>> {
    const id = nextId++;
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      worker.ref();
      // Memory that is all of its buffer moves to the thread and back; the rest is copied.
      const data = job.job === 'chunk' ? job.data : undefined;
      const moves = data && data.buffer instanceof ArrayBuffer && data.byteLength === data.buffer.byteLength;
      worker.postMessage({ id, job }, moves ? [data.buffer as ArrayBuffer] : []);
    });
  }

  return {
    threads,
    run,
    async verify(content, chunk, data) {
      const thread = threads > 1 && content.size > SMALL_BYTES ? choose() : undefined;
      if (!thread?.isReady) return verifyChunk(content, chunk, data, sha256) ? data : undefined;
      if (data.length !== chunkLength(content.size, chunk)) return undefined;
      // The hash is compared here: a row of the layer would take all of its memory along.
      const { hash, data: back = data } = await send(thread, { job: 'chunk', size: content.size, data });
      return Buffer.compare(hash!, content.layer.at(chunk)) === 0 ? back : undefined;
    },
    async close() {
      await Promise.all(pool.map((thread) => thread?.worker.terminate()));
    },
  };
}
