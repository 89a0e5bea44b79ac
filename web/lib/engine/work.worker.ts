/**
 * Searches for shares in a thread of its own, on a dataset in memory of its own. One such worker and no more: to share the dataset (1 GiB on
 * the real chain) among several, a page must be cross-origin isolated, and then the pop-ups that some wallets open no longer reach
 * it. It knows seal hashes and targets, and neither sellers nor money. State: the dataset that was made last.
 */
import { HashMeter } from '@chiral/ethash/hash-meter';
import { Kernel, layOut } from '@chiral/ethash/kernel';
import { DEV_PARAMS, ITEM_BYTES, MAINNET_PARAMS, seedHash } from '@chiral/ethash/params';
import { meetsTarget, nonceToBytes } from '@chiral/ethash/target';
import { createMemory } from '@chiral/ethash/wasm';
import type { Where, WorkOrder, WorkReply } from './work-messages.ts';

/** Nonces between two looks at the messages: some 10 to 20 ms. Also what the kernel likes. */
const BATCH = 8_192;
/** Dataset items made between two looks, an even number: some 30 ms. */
const ITEMS = 4_096;
const RATE_MS = 500;

const meter = new HashMeter();
const stopped = new Set<number>();
let ready: { where: Where; kernel: Kernel } | undefined;

const say = postMessage as (reply: WorkReply) => void;

const channel = new MessageChannel();
let turned: (() => void) | undefined;
channel.port1.onmessage = () => turned?.();
/** Lets messages in. A timer of no length would wait for milliseconds. */
const turn = () =>
  new Promise<void>((resolve) => {
    turned = resolve;
    channel.port2.postMessage(0);
  });

async function prepare(id: number, where: Where): Promise<Kernel | undefined> {
  if (ready?.where.profile === where.profile && ready.where.epoch === where.epoch) return ready.kernel;
  // The old dataset goes first: a page may not have room for both.
  ready = undefined;
  const layout = layOut(where.profile === 'dev' ? DEV_PARAMS : MAINNET_PARAMS, where.epoch, 1, 'all');
  const kernel = new Kernel(createMemory(layout.totalBytes, layout.totalBytes), layout);
  for (const _fraction of kernel.makeCache(seedHash(where.epoch))) {
    if (stopped.has(id)) return undefined;
    await turn();
  }
  const items = layout.datasetBytes / ITEM_BYTES;
  for (let from = 0; from < items; from += ITEMS) {
    if (stopped.has(id)) return undefined;
    kernel.makeItems(from, Math.min(items, from + ITEMS));
    say({ id, fraction: Math.min(1, (from + ITEMS) / items) });
    await turn();
  }
  ready = { where, kernel };
  return kernel;
}

async function search(id: number, kernel: Kernel, order: WorkOrder & { do: 'search' }): Promise<WorkReply> {
  const { sealHash, target } = order;
  let nonce = order.startNonce;
  let tried = 0;
  let saidMs = performance.now();
  meter.start(() => tried);
  try {
    while (!stopped.has(id)) {
      const offset = kernel.search(sealHash, nonce, BATCH, target);
      tried += offset === undefined ? BATCH : offset + 1;
      nonce += BigInt(offset ?? BATCH);
      if (offset !== undefined) {
        const { mixHash, result } = kernel.hashFull(sealHash, nonce);
        // The kernel compares 64 bits, this all of them.
        if (meetsTarget(result, target)) return { id, done: true, find: { nonce: nonceToBytes(nonce), mixHash } };
        nonce++;
      }
      if (performance.now() - saidMs > RATE_MS) {
        saidMs = performance.now();
        say({ id, hashesPerSecond: meter.hashesPerSecond });
      }
      await turn();
    }
    return { id, done: true };
  } finally {
    meter.stop();
    say({ id, hashesPerSecond: meter.hashesPerSecond });
  }
}

async function carryOut(order: WorkOrder & { id: number; where: Where }): Promise<WorkReply> {
  const { id, where } = order;
  try {
    const kernel = await prepare(id, where);
    return kernel && order.do === 'search' ? await search(id, kernel, order) : { id, done: true };
  } catch (error) {
    return { id, error: String(error), isTooLarge: error instanceof RangeError };
  } finally {
    stopped.delete(id);
  }
}

let last: Promise<void> = Promise.resolve();
addEventListener('message', ({ data: order }: MessageEvent<WorkOrder>) => {
  if (order.do === 'stop') {
    stopped.add(order.id);
    return;
  }
  last = last.then(() => carryOut(order)).then(say);
});
