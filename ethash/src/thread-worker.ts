/**
 * The body of a miner's worker thread: makes the cache, makes its share of the dataset, tries its share of the nonces.
 * It computes for as long as a task lasts and looks at the control words between slices, so a stop takes one slice.
 * It opens no file and decides nothing. Owns one kernel on the shared memory.
 */

import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { Control } from './control.ts';
import { Kernel } from './kernel.ts';
import { meetsTarget } from './target.ts';
import type { Find, Reply, Task, ThreadData } from './thread-tasks.ts';

/** Dataset items made between two looks at the control words: about 20 ms. */
const SLICE_ITEMS = 8192;
/**
 * Nonces tried between two looks: about 10 ms, long enough that calls cost nothing and the engine, which swaps in its
 * optimised code between calls, has done so in the first second. A search begins with small batches, so that at the tiny
 * difficulties of the dev profile nothing is tried in vain.
 */
const FIRST_BATCH_NONCES = 256;
const BATCH_NONCES = 8192;

/**
 * Mining takes what others leave: a node on the same cores goes on answering while a dataset grows. On Linux this is the
 * thread's own; elsewhere it would be the whole process's.
 */
const NICENESS = 5;
if (process.platform === 'linux') setPriority(0, NICENESS);

const { memory, layout, thread } = workerData as ThreadData;
const kernel = new Kernel(memory, layout, thread);
const control = new Control(memory);

parentPort!.on('message', (task: Task) => {
  const find = perform(task);
  reply(find === undefined ? { kind: 'done' } : { kind: 'done', find });
});

function reply(message: Reply): void {
  parentPort!.postMessage(message);
}

function perform(task: Task): Find | undefined {
  switch (task.kind) {
    case 'configure':
      kernel.configure(task.layout);
      return undefined;
    case 'cache':
      makeCache(task.job, task.seed);
      return undefined;
    case 'items':
      makeItems(task.job, task.from, task.to);
      return undefined;
    case 'search':
      return search(task.job, task.sealHash, task.target);
  }
}

function makeCache(job: number, seed: Uint8Array): void {
  for (const amount of kernel.makeCache(seed)) {
    reply({ kind: 'progress', amount });
    if (!control.isOn(job)) return;
  }
}

function makeItems(job: number, from: number, to: number): void {
  while (control.isOn(job)) {
    const first = from + control.takeSlice() * SLICE_ITEMS;
    if (first >= to) return;
    const end = Math.min(to, first + SLICE_ITEMS);
    kernel.makeItems(first, end, (first - from) * 64);
    reply({ kind: 'progress', amount: end - first });
  }
}

function search(job: number, sealHash: Uint8Array, target: bigint): Find | undefined {
  for (let batch = FIRST_BATCH_NONCES; control.isOn(job); batch = Math.min(BATCH_NONCES, 2 * batch)) {
    const find = searchBatch(sealHash, target, control.takeNonces(batch), batch);
    if (find !== undefined) return control.claim() ? find : undefined;
  }
  return undefined;
}

/** Goes on behind a nonce that fits the top 64 bits of the target but not all of it. */
function searchBatch(sealHash: Uint8Array, target: bigint, first: bigint, count: number): Find | undefined {
  for (let tried = 0; tried < count; ) {
    const offset = kernel.search(sealHash, first + BigInt(tried), count - tried, target);
    const end = offset === undefined ? count : tried + offset + 1;
    control.countHashes(end - tried);
    if (offset !== undefined) {
      const nonce = BigInt.asUintN(64, first + BigInt(tried + offset));
      const hash = kernel.hashFull(sealHash, nonce);
      if (meetsTarget(hash.result, target)) return { nonce, ...hash };
    }
    tried = end;
  }
  return undefined;
}
