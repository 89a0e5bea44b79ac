/**
 * Finds shares for the payer in a worker of this tab. The worker is started when it is first needed and given back, with its
 * dataset's memory, when nothing was searched for a while. State: the worker, and the orders it has not answered.
 */
import type { ShareSearcher } from '@chiral/node/payments/work-payer';
import { AppError } from '@chiral/protocol/errors';
import { getBytes, hexlify } from 'ethers';
import type { WorkOrder, WorkReply } from './work-messages.ts';

/** A worker that had nothing to do for so long is ended, milliseconds: its dataset may be a gigabyte, and half a minute's work. */
const IDLE_MS = 120_000;

type Find = { nonce: Uint8Array; mixHash: Uint8Array };
type Order = Exclude<WorkOrder, { do: 'stop' }>;
/** `Omit` over each member of a union. */
type Unnumbered<T> = T extends unknown ? Omit<T, 'id'> : never;

interface Waiting {
  onFraction(fraction: number): void;
  resolve(find: Find | undefined): void;
  reject(error: AppError): void;
}

export function createTabSearcher(): ShareSearcher & { close(): void } {
  let worker: Worker | undefined;
  let idle: ReturnType<typeof setTimeout> | undefined;
  let rate = 0;
  let lastId = 0;
  const waiting = new Map<number, Waiting>();

  function end(): void {
    clearTimeout(idle);
    worker?.terminate();
    worker = undefined;
    for (const { reject } of waiting.values()) reject(new AppError('CANCELLED', 'The work was stopped.'));
    waiting.clear();
  }

  function hear(reply: WorkReply): void {
    if ('hashesPerSecond' in reply) {
      rate = reply.hashesPerSecond;
      return;
    }
    const order = waiting.get(reply.id);
    if ('fraction' in reply) {
      order?.onFraction(reply.fraction);
      return;
    }
    waiting.delete(reply.id);
    if (waiting.size === 0) idle = setTimeout(end, IDLE_MS);
    if ('done' in reply) order?.resolve(reply.find);
    else
      order?.reject(
        new AppError(
          'UNSUPPORTED',
          reply.isTooLarge
            ? 'This browser gives too little memory for this work.'
            : 'This browser cannot do this work.',
          { reason: reply.error },
        ),
      );
  }

  function start(): Worker {
    const made = new Worker(new URL('./work.worker.ts', import.meta.url), { type: 'module' });
    made.addEventListener('message', ({ data }: MessageEvent<WorkReply>) => hear(data));
    made.addEventListener('error', ({ message }) => {
      for (const id of [...waiting.keys()])
        hear({ id, error: message || 'The worker did not start.', isTooLarge: false });
    });
    return made;
  }

  function give(order: Unnumbered<Order>, onFraction: (fraction: number) => void, signal: AbortSignal) {
    clearTimeout(idle);
    worker ??= start();
    const at = worker;
    const id = ++lastId;
    const stop = () => at.postMessage({ do: 'stop', id } satisfies WorkOrder);
    const answer = new Promise<Find | undefined>((resolve, reject) => waiting.set(id, { onFraction, resolve, reject }));
    at.postMessage({ ...order, id } as Order);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
    return answer.finally(() => signal.removeEventListener('abort', stop));
  }

  return {
    async prepare(where, onProgress, signal) {
      await give({ do: 'prepare', where }, onProgress, signal);
      if (signal.aborted) throw new AppError('CANCELLED', 'The work was stopped.');
    },
    async search({ profile, epoch, sealHash, noncePrefix, difficulty }, signal) {
      const find = await give(
        {
          do: 'search',
          where: { profile, epoch },
          sealHash: getBytes(sealHash),
          startNonce: BigInt(noncePrefix) << 32n,
          target: 2n ** 256n / difficulty,
        },
        () => {},
        signal,
      );
      return find && { nonce: hexlify(find.nonce), mixHash: hexlify(find.mixHash) };
    },
    hashesPerSecond: () => rate,
    close: end,
  };
}
