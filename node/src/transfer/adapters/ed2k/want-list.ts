/**
 * The chunks of one remote client that are on their way: what has come of each, and who waits for it. State alone; what is asked,
 * and when, is in `download.ts`.
 */
import { CHUNK_BYTES } from '@chiral/protocol/content';
import type { AppError } from '@chiral/protocol/errors';
import type { Range } from './message.ts';

/** Unfinished chunks that are kept without a fetch. */
const MAX_KEPT = 64;

export interface Waiter<T> {
  resolve(value: T): void;
  reject(error: AppError): void;
}

/** One chunk on its way. */
export interface Want {
  /** Offset of the chunk in the file. */
  readonly offset: number;
  readonly data: Buffer;
  /** Ranges of the file that have not come, in order. */
  missing: Range[];
  /** Asked for over this connection and since the last word to stop. */
  isAsked: boolean;
  /** The fetches that wait for it; none when it was given up. */
  readonly waiters: Set<Waiter<Uint8Array>>;
}

/** Name of a chunk among those of all files. */
export function wantKey(hash: string, chunk: number): string {
  return `${hash}:${chunk}`;
}

export class WantList {
  readonly #wants = new Map<string, Want>();

  get isAwaited(): boolean {
    return [...this.#wants.values()].some(({ waiters }) => waiters.size > 0);
  }

  /** The chunk under `key`, with what has come of it before. */
  get(key: string, offset: number, length: number): Want {
    const known = this.#wants.get(key);
    if (known) return known;
    this.#makeRoom();
    const missing = [{ start: offset, end: offset + length }];
    const want: Want = { offset, data: Buffer.allocUnsafeSlow(length), missing, isAsked: false, waiters: new Set() };
    this.#wants.set(key, want);
    return want;
  }

  /** Takes bytes of a file in. @returns how many of them were missing */
  take(hash: string, start: number, data: Uint8Array): number {
    let used = 0;
    for (let at = 0; at < data.length; ) {
      const chunk = Math.floor((start + at) / CHUNK_BYTES);
      const bytes = data.subarray(at, (chunk + 1) * CHUNK_BYTES - start);
      const key = wantKey(hash, chunk);
      const want = this.#wants.get(key);
      if (want) {
        used += fill(want, start + at, bytes);
        this.finish(key, want);
      }
      at += bytes.length;
    }
    return used;
  }

  /** Hands a whole chunk to those who wait for it. */
  finish(key: string, want: Want): void {
    if (want.missing.length > 0 || want.waiters.size === 0) return;
    this.#wants.delete(key);
    // Each gives its bytes up to whoever verifies them, so none shares them.
    let isFirst = true;
    for (const waiter of want.waiters) {
      waiter.resolve(isFirst ? want.data : new Uint8Array(want.data));
      isFirst = false;
    }
  }

  /** Nothing is being sent to us any more. */
  unask(): void {
    for (const want of this.#wants.values()) want.isAsked = false;
  }

  /** Ends every fetch; what has come is kept. */
  refuse(error: AppError): void {
    for (const { waiters } of this.#wants.values()) for (const waiter of waiters) waiter.reject(error);
  }

  /** Ends the fetches of one file, and forgets what has come of it. */
  drop(hash: string, error: AppError): void {
    for (const [key, { waiters }] of this.#wants) {
      if (!key.startsWith(hash)) continue;
      this.#wants.delete(key);
      for (const waiter of waiters) waiter.reject(error);
    }
  }

  /** Lets go of the oldest unfinished chunks that nobody waits for. */
  #makeRoom(): void {
    let kept = 0;
    for (const { waiters } of this.#wants.values()) if (waiters.size === 0) kept++;
    for (const [key, { waiters }] of this.#wants) {
      if (kept < MAX_KEPT) return;
      if (waiters.size > 0) continue;
      this.#wants.delete(key);
      kept--;
    }
  }
}

/** Puts bytes at `start` of the file where they are missing. @returns how many were */
function fill(want: Want, start: number, bytes: Uint8Array): number {
  const end = start + bytes.length;
  const missing: Range[] = [];
  let used = 0;
  for (const range of want.missing) {
    const from = Math.max(start, range.start);
    const to = Math.min(end, range.end);
    if (from >= to) {
      missing.push(range);
      continue;
    }
    want.data.set(bytes.subarray(from - start, to - start), from - want.offset);
    used += to - from;
    if (range.start < from) missing.push({ start: range.start, end: from });
    if (to < range.end) missing.push({ start: to, end: range.end });
  }
  want.missing = missing;
  return used;
}
