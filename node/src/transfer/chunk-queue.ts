/**
 * Which chunks are still wanted, and who was asked for which. Owns nothing else: no sources' state, no judgement, no I/O.
 * A chunk is open (nobody asked), asked (of one source, or of more when those before are slow) or done.
 */
import type { Offer } from '../ports.ts';

/** `sequential` for streaming; `rarest` first, so that what few have spreads. */
export type Order = 'sequential' | 'rarest';

/** Open chunks that `rarest` compares before it takes one: bounds the cost of a pick. */
const RAREST_SAMPLE = 256;

export interface Asked<S> {
  readonly source: S;
  readonly sinceMs: number;
}

export interface ChunkQueue<S> {
  /** Chunks not done. */
  readonly left: number;
  isDone(chunk: number): boolean;
  /** Takes an open chunk that lies in `ranges`, undefined when there is none. */
  take(ranges: Offer['chunks'], source: S, nowMs: number): number | undefined;
  /** Takes this chunk when nobody was asked for it. @returns whether it did */
  takeThis(chunk: number, source: S, nowMs: number): boolean;
  /** The open chunk when there is only one. */
  lastOpen(): number | undefined;
  /** Asks one more source for a chunk that others were asked for. */
  double(chunk: number, source: S, nowMs: number): void;
  /** `source` no longer works on it; open again when nobody does. */
  giveBack(chunk: number, source: S): void;
  done(chunk: number): void;
  /** Chunks that were asked for, with those who work on them, longest asked first. */
  underWay(): Iterable<[chunk: number, asked: readonly Asked<S>[]]>;
  /** Who works on it. */
  askedOf(chunk: number): readonly Asked<S>[];
  /** True when some chunk that is not done lies in `ranges`. */
  wants(ranges: Offer['chunks']): boolean;
  /** Open chunks from this one on are taken before those ahead of it, in sequential order only. */
  prefer(chunk: number): void;
  /** Counts, or no longer counts, a holder of `ranges`. */
  addHolder(ranges: Offer['chunks'], sign: 1 | -1): void;
}

/** @param isHeld chunks that need not be fetched */
export function createChunkQueue<S>(count: number, isHeld: (chunk: number) => boolean, order: Order): ChunkQueue<S> {
  const OPEN = 0;
  const ASKED = 1;
  const DONE = 2;
  const states = new Uint8Array(count);
  const holders = order === 'rarest' ? new Uint16Array(count) : undefined;
  const asked = new Map<number, Asked<S>[]>();
  let left = 0;
  for (let chunk = 0; chunk < count; chunk++) {
    if (isHeld(chunk)) states[chunk] = DONE;
    else left++;
  }
  /** No open chunk lies below. */
  let firstOpen = 0;
  let preferred = 0;

  function nextOpen(from: number, end: number): number | undefined {
    const found = states.subarray(0, end).indexOf(OPEN, Math.max(from, firstOpen));
    return found < 0 ? undefined : found;
  }

  function pick(ranges: Offer['chunks']): number | undefined {
    const lowest = nextOpen(0, count);
    if (lowest === undefined) {
      firstOpen = count;
      return undefined;
    }
    firstOpen = lowest;
    if (!holders && preferred > lowest) {
      for (const { first, count: length } of ranges) {
        const end = Math.min(count, first + length);
        const chunk = nextOpen(Math.max(first, preferred), end);
        if (chunk !== undefined) return chunk;
      }
    }
    let best: number | undefined;
    let compared = 0;
    for (const { first, count: length } of ranges) {
      const end = Math.min(count, first + length);
      for (let chunk = nextOpen(first, end); chunk !== undefined; chunk = nextOpen(chunk + 1, end)) {
        if (!holders) return chunk;
        if (best === undefined || holders[chunk]! < holders[best]!) best = chunk;
        if (holders[best] === 1 || ++compared >= RAREST_SAMPLE) return best;
      }
    }
    return best;
  }

  function ask(chunk: number, source: S, nowMs: number): void {
    states[chunk] = ASKED;
    asked.set(chunk, [{ source, sinceMs: nowMs }]);
  }

  return {
    get left() {
      return left;
    },
    isDone: (chunk) => states[chunk] === DONE,
    take(ranges, source, nowMs) {
      const chunk = pick(ranges);
      if (chunk !== undefined) ask(chunk, source, nowMs);
      return chunk;
    },
    takeThis(chunk, source, nowMs) {
      if (states[chunk] !== OPEN) return false;
      ask(chunk, source, nowMs);
      return true;
    },
    lastOpen() {
      const first = nextOpen(0, count);
      return first === undefined || nextOpen(first + 1, count) !== undefined ? undefined : first;
    },
    double(chunk, source, nowMs) {
      asked.get(chunk)!.push({ source, sinceMs: nowMs });
    },
    giveBack(chunk, source) {
      if (states[chunk] !== ASKED) return;
      const rest = asked.get(chunk)!.filter((entry) => entry.source !== source);
      if (rest.length > 0) {
        asked.set(chunk, rest);
        return;
      }
      asked.delete(chunk);
      states[chunk] = OPEN;
      firstOpen = Math.min(firstOpen, chunk);
    },
    done(chunk) {
      if (states[chunk] === DONE) return;
      states[chunk] = DONE;
      asked.delete(chunk);
      left--;
    },
    underWay: () => asked,
    askedOf: (chunk) => asked.get(chunk) ?? [],
    wants(ranges) {
      return ranges.some(({ first, count: length }) => {
        const end = Math.min(count, first + length);
        for (let chunk = first; chunk < end; chunk++) if (states[chunk] !== DONE) return true;
        return false;
      });
    },
    prefer(chunk) {
      preferred = chunk;
    },
    addHolder(ranges, sign) {
      if (!holders) return;
      for (const { first, count: length } of ranges) {
        for (let chunk = first; chunk < Math.min(count, first + length); chunk++) holders[chunk]! += sign;
      }
    },
  };
}
