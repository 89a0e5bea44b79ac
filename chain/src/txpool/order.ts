/** The order in which a miner takes transactions: best tip first, but each sender's by nonce. Pure. */
import type { TypedTransaction } from '@ethereumjs/tx';
import { effectiveTip, feesOf } from './rules.ts';

export interface Waiting {
  tx: TypedTransaction;
  /** Position in the order of arrival; of two equal tips the earlier goes first. */
  arrival: number;
}

/** @param queues one list per sender, by nonce without gaps, the first executable now */
export function* bestFirst(queues: Iterable<readonly Waiting[]>, baseFee: bigint): Generator<TypedTransaction> {
  const heap: { tip: bigint; waiting: Waiting; queue: readonly Waiting[]; at: number }[] = [];
  const before = (a: (typeof heap)[number], b: (typeof heap)[number]) =>
    a.tip > b.tip || (a.tip === b.tip && a.waiting.arrival < b.waiting.arrival);
  const push = (queue: readonly Waiting[], at: number) => {
    const waiting = queue[at];
    if (!waiting) return;
    const tip = effectiveTip(feesOf(waiting.tx), baseFee);
    if (tip < 0n) return;
    heap.push({ tip, waiting, queue, at });
    let i = heap.length - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!before(heap[i]!, heap[parent]!)) break;
      [heap[i], heap[parent]] = [heap[parent]!, heap[i]!];
      i = parent;
    }
  };
  const pop = () => {
    const top = heap[0]!;
    const last = heap.pop()!;
    if (heap.length > 0) {
      heap[0] = last;
      for (let i = 0; ; ) {
        let best = i;
        for (const child of [2 * i + 1, 2 * i + 2]) {
          if (child < heap.length && before(heap[child]!, heap[best]!)) best = child;
        }
        if (best === i) break;
        [heap[i], heap[best]] = [heap[best]!, heap[i]!];
        i = best;
      }
    }
    return top;
  };
  for (const queue of queues) push(queue, 0);
  while (heap.length > 0) {
    const { waiting, queue, at } = pop();
    yield waiting.tx;
    push(queue, at + 1);
  }
}
