/**
 * A network in memory with its own time: sources with a speed, a delay and a character behind one ProtocolAdapter, so that
 * the scheduler can be watched for hours of its time in milliseconds of ours.
 */
import { type Content, chunkCount, chunkLength } from '@chiral/protocol/content';
import { AppError } from '@chiral/protocol/errors';
import type { Meter, Offer, PeerKey, ProtocolAdapter, ProtocolName } from '../../node/src/ports.ts';
import type { Clock } from '../../node/src/transfer/clock.ts';
import type { Source } from '../../node/src/transfer/scheduler.ts';
import { chunkOf, toTestOffer } from '../ports/fixtures.ts';
import { createMemoryStore, type MemoryStore } from '../ports/memory-store.ts';

/** Time that moves only when everything that could be done at this moment was done. */
export interface SimClock extends Clock {
  /** Runs until `promise` settles. @throws when nothing is left that could settle it */
  run<T>(promise: Promise<T>, limitMs?: number): Promise<T>;
  sleep(ms: number): Promise<void>;
}

export function createSimClock(): SimClock {
  let nowMs = 0;
  let nextId = 0;
  const timers = new Map<number, { atMs: number; work: () => void }>();
  const after = (ms: number, work: () => void) => {
    const id = nextId++;
    timers.set(id, { atMs: nowMs + Math.max(0, ms), work });
    return () => void timers.delete(id);
  };
  /** Lets every promise that is ready run its course. */
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  return {
    now: () => nowMs,
    after,
    sleep: (ms) => new Promise((resolve) => after(ms, resolve)),
    async run(promise, limitMs = 24 * 3_600_000) {
      let isSettled = false;
      const watched = promise.finally(() => {
        isSettled = true;
      });
      watched.catch(() => {});
      await settle();
      while (!isSettled) {
        let next: { id: number; atMs: number } | undefined;
        for (const [id, { atMs }] of timers) if (!next || atMs < next.atMs) next = { id, atMs };
        if (!next) throw new Error('The simulation waits for something that never comes.');
        if (next.atMs > limitMs) throw new Error(`Not done after ${limitMs} simulated milliseconds.`);
        nowMs = Math.max(nowMs, next.atMs);
        const { work } = timers.get(next.id)!;
        timers.delete(next.id);
        work();
        await settle();
      }
      return watched;
    },
  };
}

/** One simulated seeder. */
export interface Seeder {
  readonly peer: PeerKey;
  readonly bytesPerMs: number;
  /** One way, milliseconds. */
  readonly delayMs?: number;
  readonly price?: number;
  readonly chunks?: Offer['chunks'];
  readonly protocol?: ProtocolName;
  /** Gives parts of chunks, too; `behave` then sees what was asked of it. */
  readonly hasRanges?: boolean;
  /** Joins this late, milliseconds. */
  readonly joinsAtMs?: number;
  /** Changes what is sent, or throws instead. Called when the answer leaves. */
  readonly behave?: (chunk: number, data: Uint8Array, nowMs: number) => Uint8Array | Promise<Uint8Array>;
  /** Bytes that may still go out; CHOKED at 0. */
  readonly gate?: { room: number };
}

export interface Network {
  readonly adapters: ProtocolAdapter[];
  readonly sources: AsyncIterable<Source>;
  readonly store: MemoryStore;
  readonly meter: Meter;
  /** Bytes that the meter was told of, per peer. */
  readonly metered: Map<PeerKey, number>;
  /** Requests that each peer got. */
  readonly requests: Map<PeerKey, number>;
  /** Most requests that each peer had open at once. */
  readonly peak: Map<PeerKey, number>;
}

/** @param lasting the search for sources never ends by itself */
export function createNetwork(
  clock: SimClock,
  content: Content,
  bytes: Uint8Array,
  seeders: readonly Seeder[],
  lasting = false,
): Network {
  const store = createMemoryStore();
  const metered = new Map<PeerKey, number>();
  const requests = new Map<PeerKey, number>();
  const peak = new Map<PeerKey, number>();
  const open = new Map<PeerKey, number>();
  /** When each seeder's line is free again. */
  const freeAt = new Map<PeerKey, number>();

  async function answer(seeder: Seeder, chunk: number, range?: { start: number; end: number }): Promise<Uint8Array> {
    const { peer, bytesPerMs, delayMs = 1, behave, gate } = seeder;
    await clock.sleep(delayMs);
    const { start, end } = range ?? { start: 0, end: chunkLength(content.size, chunk) };
    const length = end - start;
    if (gate && gate.room < length) {
      await clock.sleep(delayMs);
      throw new AppError('CHOKED', 'Simulated.');
    }
    if (gate) gate.room -= length;
    const startMs = Math.max(clock.now(), freeAt.get(peer) ?? 0);
    const endMs = startMs + length / bytesPerMs;
    freeAt.set(peer, endMs);
    await clock.sleep(endMs - clock.now());
    const data = Uint8Array.from(chunkOf(bytes, chunk).subarray(start, end));
    const sent = behave ? await behave(chunk, data, clock.now()) : data;
    await clock.sleep(delayMs);
    return sent;
  }

  const protocols = [...new Set(seeders.map(({ protocol = 'http' }) => protocol))];
  const adapters = protocols.map((protocol): ProtocolAdapter => {
    const speakers = seeders.filter((one) => (one.protocol ?? 'http') === protocol);
    async function fetch(
      offer: Offer,
      chunk: number,
      range: { start: number; end: number } | undefined,
      signal: AbortSignal,
    ): Promise<Uint8Array> {
      const seeder = speakers.find((one) => one.peer === offer.peerId)!;
      const { peer } = seeder;
      requests.set(peer, (requests.get(peer) ?? 0) + 1);
      open.set(peer, (open.get(peer) ?? 0) + 1);
      peak.set(peer, Math.max(peak.get(peer) ?? 0, open.get(peer)!));
      try {
        return await new Promise<Uint8Array>((resolve, reject) => {
          signal.addEventListener('abort', () => reject(new AppError('CANCELLED', 'Given up.')), { once: true });
          answer(seeder, chunk, range).then(resolve, reject);
        });
      } finally {
        open.set(peer, open.get(peer)! - 1);
      }
    }
    return {
      protocol,
      fetch: (offer, _content, chunk, signal) => fetch(offer, chunk, undefined, signal),
      ...(speakers.every(({ hasRanges }) => hasRanges) && {
        fetchRange: (offer, _content, chunk, range, signal) => fetch(offer, chunk, range, signal),
      }),
      serve: () => Promise.reject(new Error('simulated seeders are not served')),
    };
  });

  async function* sources(): AsyncGenerator<Source> {
    const late = [...seeders].sort((a, b) => (a.joinsAtMs ?? 0) - (b.joinsAtMs ?? 0));
    for (const { peer, price = 1, chunks, protocol = 'http', joinsAtMs = 0 } of late) {
      if (joinsAtMs > clock.now()) await clock.sleep(joinsAtMs - clock.now());
      const offer = toTestOffer(content, [{ protocol, url: `sim://${peer}` }], {
        peerId: peer,
        ...(chunks ? { chunks } : {}),
      });
      yield { peer, offer, price };
    }
    if (lasting) await new Promise(() => {});
  }

  return {
    adapters,
    sources: { [Symbol.asyncIterator]: sources },
    store,
    meter: { received: (peer, _cid, count) => void metered.set(peer, (metered.get(peer) ?? 0) + count) },
    metered,
    requests,
    peak,
  };
}

/** Every chunk of `content` as one range. */
export function allOf(content: Content): Offer['chunks'] {
  return [{ first: 0, count: chunkCount(content.size) }];
}
