/**
 * Pulls the chunks of one content from every source at once, by price and measured speed, until the store has them all.
 *
 * It verifies each chunk before it stores it, stores it before it counts it, and counts nothing else. It knows prices only as
 * numbers to compare, and a closed gate only as "not now". Sources come and go while it runs; what the store already has is
 * never asked for. It owns the queue and the lanes of this one download; the store, the adapters and the clock are lent to it.
 *
 * One turn: a request settles, a source joins, a pause ends or `wake` is called → `fill` gives every lane with room the next
 * chunk that it has → fetch → verify → put → count → `fill`.
 *
 * A player's next chunk and the last of a file are asked of several at once, by slices (`slices.ts`): whoever sent a wrong one is
 * known when the chunk has come whole.
 *
 * Long because one closure holds that turn: queue, lanes and policy are files of their own, what is left are its steps.
 */
import { CHUNK_BYTES, chunkCount, chunkLength, SLICE_BYTES } from '@chiral/protocol/content';
import { AppError, isAppError } from '@chiral/protocol/errors';
import type { ChunkStore, ChunkVerifier, Content, Meter, Offer, PeerKey, ProtocolAdapter } from '../ports.ts';
import { giveBuffer } from './chunk-buffers.ts';
import { createChunkQueue, type Order } from './chunk-queue.ts';
import { covers, without } from './chunk-ranges.ts';
import { type Clock, systemClock } from './clock.ts';
import {
  BAN_AFTER_BAD_CHUNKS,
  MAX_IN_FLIGHT,
  overdueMs,
  REQUEST_TIMEOUT_MS,
  rank,
  STALL_MS,
  shouldDouble,
  TICK_MS,
} from './policy.ts';
import { assemble, deal, liars, MAX_TEAM, type Part, type Sent } from './slices.ts';
import { Lane, type SourceStats } from './source-state.ts';
import type { TransferEvent } from './transfer-event.ts';
import { verifyHere } from './verify-here.ts';

/** A seller to fetch from. */
export interface Source {
  readonly peer: PeerKey;
  readonly offer: Offer;
  /** In any unit that compares; only ratios count. */
  readonly price: number;
}

/** A lane's part in a chunk that came. @param openBefore see `Lane.succeeded` */
interface Share {
  readonly lane: Lane;
  readonly bytes: number;
  readonly openBefore: number;
}

export type { TransferEvent } from './transfer-event.ts';

export interface TransferOptions {
  readonly content: Content;
  /** May go on yielding while the download runs; a peer that comes again brings a fresh offer. */
  readonly sources: AsyncIterable<Source>;
  readonly adapters: readonly ProtocolAdapter[];
  /** Its `put` must accept this content. */
  readonly store: ChunkStore;
  readonly meter: Meter;
  /** On this thread by default. */
  readonly verify?: ChunkVerifier;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: TransferEvent) => void;
  /** @default 'sequential' */
  readonly order?: Order;
  readonly clock?: Clock;
  /** Asked before each request; false leaves the chunk to others. Whoever says no ends the download when it must. */
  readonly mayAsk?: (peer: PeerKey, bytes: number) => boolean;
  /** Gives up after this long without a chunk, milliseconds. */
  readonly stallMs?: number;
}

export interface Report {
  readonly cid: string;
  /** Fetched now, without what the store had. */
  readonly bytes: number;
  readonly chunks: number;
  readonly ms: number;
  /** One per peer and protocol, in order of joining. */
  readonly sources: readonly SourceStats[];
}

export interface Transfer {
  /**
   * Resolves when the store has every chunk. Rejects when nothing is under way any more: what was counted by then is all.
   * @throws NO_OFFERS no source is left that has what is missing; CHOKED stalled at closed gates; CANCELLED; STORE_FAILED
   */
  readonly report: Promise<Report>;
  /** Bytes asked of each peer and not yet counted. */
  pendingBytes(): Map<PeerKey, number>;
  /** The gate of `peer` may be open now: ask at once instead of after the pause. */
  wake(peer: PeerKey): void;
  /** Somebody reads from here on: these chunks first. */
  seek(chunk: number): void;
}

/** `startTransfer` for callers that never wake. */
export function download(options: TransferOptions): Promise<Report> {
  return startTransfer(options).report;
}

export function startTransfer(options: TransferOptions): Transfer {
  const { content, sources, adapters, store, meter, verify = verifyHere, signal, onEvent = () => {} } = options;
  const { order = 'sequential', clock = systemClock, stallMs = STALL_MS, mayAsk = () => true } = options;
  const queue = createChunkQueue<Lane>(chunkCount(content.size), (chunk) => store.has(content.cid, chunk), order);
  const lanes: Lane[] = [];
  /** What came of chunks that were put together and did not verify; until one comes whole, nobody knows who lied. */
  const doubtful = new Map<number, readonly Sent<Lane>[]>();
  /** A player waits for this chunk. */
  let urgent: number | undefined;
  const startedMs = clock.now();
  let lastProgressMs = startedMs;
  let inFlight = 0;
  let fetchedBytes = 0;
  let fetchedChunks = 0;
  let sourcesEnded = false;
  let isOver = false;
  let cancelTick = () => {};
  let onQuiet = () => {};
  const iterator = sources[Symbol.asyncIterator]();
  let resolveReport!: (report: Report) => void;
  let rejectReport!: (error: unknown) => void;
  const report = new Promise<Report>((resolve, reject) => {
    resolveReport = resolve;
    rejectReport = reject;
  });

  const onAbort = () => end(new AppError('CANCELLED', 'The download was stopped.'));
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted) onAbort();
  else {
    void collect();
    tick();
  }

  /** Takes sources as they come. */
  async function collect(): Promise<void> {
    try {
      while (!isOver) {
        const next = await iterator.next();
        if (isOver) return;
        if (next.done) break;
        join(next.value);
      }
    } catch (error) {
      end(error);
      return;
    }
    sourcesEnded = true;
    review();
  }

  function join({ peer, offer, price }: Source): void {
    if (lanes.some((lane) => lane.peer === peer && lane.stats.state === 'banned')) return;
    for (const adapter of adapters) {
      const { protocol } = adapter;
      if (!offer.endpoints.some((endpoint) => endpoint.protocol === protocol)) continue;
      const known = lanes.find((lane) => lane.peer === peer && lane.protocol === protocol);
      if (known) {
        if (known.isActive) queue.addHolder(known.offer.chunks, -1);
        known.renew(offer, price);
      } else {
        lanes.push(new Lane(peer, protocol, adapter, offer, price));
        onEvent({ type: 'joined', peer, protocol });
      }
      queue.addHolder(offer.chunks, 1);
    }
    fill();
  }

  /** Gives every lane with room something to do, one chunk each in turn, cheap and fast lanes first. */
  function fill(): void {
    const nowMs = clock.now();
    const cheapest = Math.min(...lanes.filter((lane) => lane.isActive).map((lane) => lane.price));
    let willing = lanes.filter((lane) => lane.room(nowMs, cheapest) > 0);
    willing.sort((a, b) => rank(a.bytesPerMs, a.price) - rank(b.bytesPerMs, b.price));
    while (willing.length > 0 && inFlight < MAX_IN_FLIGHT && !isOver) {
      willing = willing.filter((lane) => {
        if (inFlight >= MAX_IN_FLIGHT || !mayAsk(lane.peer, CHUNK_BYTES)) return false;
        share(nowMs);
        const chunk = queue.take(rangesOf(lane), lane, nowMs) ?? doubleFor(lane, nowMs);
        if (chunk === undefined) return false;
        void ask(lane, chunk, nowMs);
        return lane.room(nowMs, cheapest) > 0;
      });
    }
  }

  function rangesOf(lane: Lane): Offer['chunks'] {
    if (lane.lacking.size === 0) return lane.offer.chunks;
    return without(lane.offer.chunks, lane.lacking);
  }

  /** End game: a chunk that another is slow with. */
  function doubleFor(lane: Lane, nowMs: number): number | undefined {
    for (const [chunk, holders] of queue.underWay()) {
      const isSlow = holders.every(
        ({ source, sinceMs }) => source !== lane && shouldDouble(nowMs - sinceMs, source.usualMs, lane.usualMs),
      );
      if (!isSlow || !covers(rangesOf(lane), chunk)) continue;
      queue.double(chunk, lane, nowMs);
      return chunk;
    }
    return undefined;
  }

  /** Asks several for the slices of one chunk, when all would wait for it: a player's next, or the last that nobody was asked for. */
  function share(nowMs: number): void {
    const chunk = urgent ?? queue.lastOpen();
    if (chunk === undefined || doubtful.has(chunk) || chunkLength(content.size, chunk) <= SLICE_BYTES) return;
    const able = lanes
      .filter((lane) => lane.adapter.fetchRange && lane.isReady(nowMs) && covers(rangesOf(lane), chunk))
      .sort((a, b) => rank(a.bytesPerMs, a.price) - rank(b.bytesPerMs, b.price));
    // Until somebody can be asked at all it stays urgent.
    if (able.length > 0) urgent = undefined;
    const team = able.filter((lane, i) => able.findIndex(({ peer }) => peer === lane.peer) === i).slice(0, MAX_TEAM);
    if (team.length < 2 || inFlight + team.length > MAX_IN_FLIGHT) return;
    const parts = deal(chunkLength(content.size, chunk), team);
    if (parts.length < 2 || !parts.every(({ member }) => mayAsk(member.peer, CHUNK_BYTES))) return;
    if (!queue.takeThis(chunk, parts[0]!.member, nowMs)) return;
    for (const { member } of parts.slice(1)) queue.double(chunk, member, nowMs);
    const sent: Sent<Lane>[] = [];
    const shares: Share[] = [];
    for (const part of parts) {
      void ask(part.member, chunk, nowMs, part, async (data, openBefore) => {
        if (data.length !== part.end - part.start) return bad(part.member, chunk);
        sent.push({ ...part, data });
        shares.push({ lane: part.member, bytes: data.length, openBefore });
        if (sent.length < parts.length || queue.isDone(chunk)) return;
        if (!(await accept(shares, chunk, assemble(chunkLength(content.size, chunk), sent), nowMs))) {
          doubtful.set(chunk, sent);
        }
      });
    }
  }

  /**
   * @param part of the chunk; all of it by default
   * @param take what came
   */
  async function ask(
    lane: Lane,
    chunk: number,
    sinceMs: number,
    part?: Part<Lane>,
    take = async (data: Uint8Array, openBefore: number): Promise<void> => {
      const shares = [{ lane, bytes: chunkLength(content.size, chunk), openBefore }];
      if (!(await accept(shares, chunk, data, sinceMs))) bad(lane, chunk);
    },
  ): Promise<void> {
    const controller = new AbortController();
    lane.asked(chunk, controller, sinceMs);
    const openBefore = lane.open.size;
    inFlight++;
    const { adapter, offer } = lane;
    try {
      const data = await (part
        ? adapter.fetchRange!(offer, content, chunk, part, controller.signal)
        : adapter.fetch(offer, content, chunk, controller.signal));
      if (!isOver) await take(data, openBefore);
    } catch (error) {
      if (!isOver) refused(lane, chunk, error, sinceMs, controller.signal);
    } finally {
      inFlight--;
      lane.settled(chunk, clock.now());
      if (isOver && inFlight === 0) onQuiet();
      if (!isOver) {
        queue.giveBack(chunk, lane);
        review();
      }
    }
  }

  /**
   * Verify, store, count: in this order, and nothing is counted that did not pass the first two.
   * @returns false when it does not verify
   */
  async function accept(shares: readonly Share[], chunk: number, data: Uint8Array, sinceMs: number): Promise<boolean> {
    const good = queue.isDone(chunk) ? data : await verify(content, chunk, data);
    if (!good) return false;
    if (isOver) return true;
    const late = () => {
      for (const { lane } of shares) lane.stats.late++;
      return true;
    };
    if (queue.isDone(chunk)) return late();
    for (const liar of liars(doubtful.get(chunk) ?? [], good)) bad(liar, chunk);
    doubtful.delete(chunk);
    try {
      await store.put(content.cid, chunk, good);
    } catch (error) {
      end(error);
      return true;
    }
    giveBuffer(good);
    if (queue.isDone(chunk)) return late();
    const others = queue.askedOf(chunk).filter(({ source }) => shares.every(({ lane }) => lane !== source));
    queue.done(chunk);
    const nowMs = clock.now();
    lastProgressMs = nowMs;
    fetchedBytes += chunkLength(content.size, chunk);
    fetchedChunks++;
    for (const { lane, bytes, openBefore } of shares) {
      const { peer, protocol } = lane;
      lane.succeeded(bytes, shares.length > 1, sinceMs, nowMs, openBefore);
      meter.received(peer, content.cid, bytes);
      onEvent({ type: 'chunk', peer, protocol, chunk, bytes });
    }
    for (const { source } of others) source.open.get(chunk)?.abort();
    return true;
  }

  function bad(lane: Lane, chunk: number): void {
    lane.stats.bad++;
    if (lane.stats.bad < BAN_AFTER_BAD_CHUNKS || !lane.isActive) return;
    // Whoever lies over one protocol lies over all of them.
    for (const other of lanes.filter(({ peer }) => peer === lane.peer)) {
      const wasActive = other.isActive;
      other.stats.state = 'banned';
      if (wasActive) dismiss(other);
    }
    onEvent({ type: 'banned', peer: lane.peer, protocol: lane.protocol, chunk });
  }

  function refused(lane: Lane, chunk: number, error: unknown, sinceMs: number, requestSignal: AbortSignal): void {
    const nowMs = clock.now();
    const isTimeout = requestSignal.aborted && isAppError(requestSignal.reason, 'TIMEOUT');
    if (requestSignal.aborted && !isTimeout) return;
    const fault = isTimeout ? (requestSignal.reason as AppError) : error;
    if (!isAppError(fault)) {
      // Not an answer of a peer but a bug of ours: the download stops with it.
      end(fault);
      return;
    }
    const { peer, protocol } = lane;
    if (fault.code === 'CHOKED') {
      // The gate weighs the peer, so all its lanes wait.
      const isNew = lanes.filter((other) => other.peer === peer && other.choked(sinceMs, nowMs)).length > 0;
      if (isNew) onEvent({ type: 'choked', peer, protocol });
      return;
    }
    if (fault.code === 'CONTENT_INVALID') {
      bad(lane, chunk);
      return;
    }
    if (fault.code === 'NOT_FOUND') lane.lacking.add(chunk);
    if (lane.isActive && lane.failed(fault.code, sinceMs, nowMs)) {
      dismiss(lane);
      onEvent({ type: 'lost', peer, protocol, code: fault.code });
    }
  }

  /** Takes all work from a lane that is no longer active. */
  function dismiss(lane: Lane): void {
    queue.addHolder(lane.offer.chunks, -1);
    for (const [chunk, controller] of lane.open) {
      controller.abort();
      queue.giveBack(chunk, lane);
    }
  }

  /** After every change: finished, hopeless, or more to ask. */
  function review(): void {
    if (isOver) return;
    if (queue.left === 0) {
      end();
      return;
    }
    fill();
    const isHopeless =
      sourcesEnded && inFlight === 0 && !lanes.some((lane) => lane.isActive && queue.wants(rangesOf(lane)));
    if (isHopeless)
      end(new AppError('NO_OFFERS', 'No source is left that has what is missing.', { missing: queue.left }));
  }

  /** Pauses end, chunks become overdue and downloads stall by the clock alone. */
  function tick(): void {
    if (isOver) return;
    const nowMs = clock.now();
    for (const lane of lanes) {
      for (const [chunk, controller] of lane.open) {
        const asked = queue.askedOf(chunk).find(({ source }) => source === lane);
        if (!asked) continue;
        const ageMs = nowMs - asked.sinceMs;
        if (ageMs > REQUEST_TIMEOUT_MS) controller.abort(new AppError('TIMEOUT', 'The peer took too long.'));
        else if (ageMs > overdueMs(lane.usualMs)) reassign(chunk, nowMs);
      }
    }
    if (nowMs - lastProgressMs > stallMs) {
      const code = lanes.some((lane) => lane.isActive && lane.isChoked) ? 'CHOKED' : 'NO_OFFERS';
      end(new AppError(code, 'No chunk has come for too long.', { missing: queue.left }));
      return;
    }
    review();
    if (!isOver) cancelTick = clock.after(TICK_MS, tick);
  }

  /** A chunk that is overdue wherever it was asked for is not left there while another could take it now. */
  function reassign(chunk: number, nowMs: number): void {
    const holders = queue.askedOf(chunk);
    const isLate = holders.every(({ source, sinceMs }) => nowMs - sinceMs > overdueMs(source.usualMs));
    if (!isLate || inFlight >= MAX_IN_FLIGHT) return;
    const cheapest = Math.min(...lanes.filter((lane) => lane.isActive).map((lane) => lane.price));
    const other = lanes.find(
      (lane) =>
        holders.every(({ source }) => source !== lane) &&
        lane.room(nowMs, cheapest) > 0 &&
        covers(rangesOf(lane), chunk) &&
        mayAsk(lane.peer, CHUNK_BYTES),
    );
    if (!other) return;
    queue.double(chunk, other, nowMs);
    void ask(other, chunk, nowMs);
  }

  function end(error?: unknown): void {
    if (isOver) return;
    isOver = true;
    cancelTick();
    signal?.removeEventListener('abort', onAbort);
    // Not awaited: a search for sources may take its time to stop.
    void Promise.resolve(iterator.return?.()).catch(() => {});
    for (const lane of lanes) for (const controller of lane.open.values()) controller.abort();
    if (error !== undefined) {
      onQuiet = () => rejectReport(error);
      if (inFlight === 0) onQuiet();
      return;
    }
    resolveReport({
      cid: content.cid,
      bytes: fetchedBytes,
      chunks: fetchedChunks,
      ms: clock.now() - startedMs,
      sources: lanes.map((lane) => ({ ...lane.stats })),
    });
  }

  return {
    report,
    pendingBytes() {
      const pending = new Map<PeerKey, number>();
      for (const { peer, open } of lanes) {
        for (const chunk of open.keys()) pending.set(peer, (pending.get(peer) ?? 0) + chunkLength(content.size, chunk));
      }
      return pending;
    },
    wake(peer) {
      if (isOver) return;
      for (const lane of lanes) if (lane.peer === peer) lane.wake();
      fill();
    },
    seek(chunk) {
      if (isOver) return;
      queue.prefer(chunk);
      urgent = chunk;
      share(clock.now());
      fill();
    },
  };
}
