/**
 * The scheduler's judgement, as numbers and pure functions: how much to ask of a source, how long to leave it alone, when to
 * give up on it. No state, no I/O.
 */
import { CHUNK_BYTES } from '@chiral/protocol/content';
import type { ErrorCode } from '@chiral/protocol/errors';

/** Requests that a source gets before its first verified chunk: what a liar can waste. */
export const FIRST_WINDOW = 2;
/** Most chunks being fetched, checked and stored at once, from one source or from all: bounds memory to 16 MiB. */
export const MAX_IN_FLIGHT = 64;
/** A source is never given more work than it does in this time, milliseconds, so that little waits on a slow one. */
const QUEUE_MS = 2_000;
/** Chunks that do not verify before a source is banned. One: transports do not corrupt by accident. */
export const BAN_AFTER_BAD_CHUNKS = 1;
/** Failures in a row before a source is given up. */
const LOST_AFTER_FAILURES = 5;
/** First and longest pause after a failure, milliseconds. */
const RETRY_MS = { first: 200, longest: 5_000 };
/** First and longest pause after CHOKED, milliseconds; `wake` ends it at once. */
const CHOKE_MS = { first: 50, longest: 5_000 };
/** A request older than this is cut, milliseconds. */
export const REQUEST_TIMEOUT_MS = 30_000;
/** A chunk is overdue when it takes this many times its source's usual time, but never before `OVERDUE_FLOOR_MS`. */
const OVERDUE_FACTOR = 4;
const OVERDUE_FLOOR_MS = 1_000;
/** How often overdue chunks are looked for, milliseconds. */
export const TICK_MS = 100;
/** The whole download gives up after this long without a chunk, milliseconds: longer than an opening needs to be mined. */
export const STALL_MS = 120_000;
/** Weight of the newest measurement in a running average. */
const AVERAGE_WEIGHT = 0.2;

/** Running average; undefined is no measurement yet. */
export function average(before: number | undefined, now: number): number {
  return before === undefined ? now : before + AVERAGE_WEIGHT * (now - before);
}

/**
 * Most requests that a source may have open: what it can do in `QUEUE_MS`, and less for one that asks more than the cheapest.
 * Price leans, speed decides: a dear source still adds its speed, but takes few chunks that a cheap one could.
 * @param bytesPerMs measured, undefined before the first chunk
 * @param price in any unit; only the ratio to `cheapest` counts
 */
export function windowLimit(bytesPerMs: number | undefined, price: number, cheapest: number): number {
  if (bytesPerMs === undefined) return FIRST_WINDOW;
  const bySpeed = Math.min(MAX_IN_FLIGHT, Math.ceil((bytesPerMs * QUEUE_MS) / CHUNK_BYTES));
  const byPrice = price <= cheapest ? 1 : Math.max(cheapest, Number.MIN_VALUE) / price;
  return Math.max(1, Math.ceil(bySpeed * byPrice));
}

/** Order in which sources are offered work: cheap and fast first. Lower is earlier. */
export function rank(bytesPerMs: number | undefined, price: number): number {
  return (price + 1) / (bytesPerMs ?? 1);
}

/** Pause after the `count`th refusal in a row, milliseconds. */
export function chokePauseMs(count: number): number {
  return Math.min(CHOKE_MS.longest, CHOKE_MS.first * 2 ** (count - 1));
}

/** Pause after the `count`th failure in a row, milliseconds. */
export function retryPauseMs(count: number): number {
  return Math.min(RETRY_MS.longest, RETRY_MS.first * 2 ** (count - 1));
}

/** True when a source is given up: it said something final, or failed too often. */
export function isLost(code: ErrorCode, failuresInRow: number): boolean {
  if (code === 'CONTENT_CHANGED' || code === 'UNSUPPORTED' || code === 'FORBIDDEN') return true;
  return failuresInRow >= LOST_AFTER_FAILURES;
}

/** Age at which a chunk is also asked of others, milliseconds. @param usualMs running average of its source */
export function overdueMs(usualMs: number | undefined): number {
  return Math.max(OVERDUE_FLOOR_MS, OVERDUE_FACTOR * (usualMs ?? 0));
}

/**
 * End game: whether a source that has nothing left to do should also fetch a chunk that another has had for `ageMs`.
 * Only when it would probably be done well before the other, since what comes twice is paid by nobody.
 */
export function shouldDouble(
  ageMs: number,
  holderUsualMs: number | undefined,
  ownUsualMs: number | undefined,
): boolean {
  if (ownUsualMs === undefined) return ageMs >= overdueMs(holderUsualMs);
  const remainingMs = holderUsualMs === undefined ? ageMs : Math.max(ageMs / 2, holderUsualMs - ageMs);
  return ageMs >= Math.min(overdueMs(holderUsualMs), 2 * ownUsualMs) && remainingMs > 2 * ownUsualMs;
}
