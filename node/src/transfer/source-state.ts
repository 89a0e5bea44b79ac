/**
 * What the scheduler remembers of one source over one protocol (a lane): its window, its speed, its pauses, its record.
 * State and the transitions on it; the judgement is in `policy.ts`, the work in `scheduler.ts`.
 */
import type { ErrorCode } from '@chiral/protocol/errors';
import type { Offer, PeerKey, ProtocolAdapter, ProtocolName } from '../ports.ts';
import { average, chokePauseMs, FIRST_WINDOW, isLost, retryPauseMs, windowLimit } from './policy.ts';

/** What a lane did, for the report. */
export interface SourceStats {
  readonly peer: PeerKey;
  readonly protocol: ProtocolName;
  /** Verified and stored, whole or in part. */
  chunks: number;
  bytes: number;
  /** Chunks that did not verify. */
  bad: number;
  chokes: number;
  failures: number;
  /** Chunks that came after another source had brought them. */
  late: number;
  /** Time with at least one request open, milliseconds. */
  ms: number;
  /** How it ended. */
  state: 'active' | 'banned' | 'lost';
}

export class Lane {
  readonly peer: PeerKey;
  readonly protocol: ProtocolName;
  readonly adapter: ProtocolAdapter;
  readonly stats: SourceStats;
  offer: Offer;
  price: number;
  /** Chunk → what cuts its request. */
  readonly open = new Map<number, AbortController>();
  /** Chunks that it said it does not have. */
  readonly lacking = new Set<number>();
  /** Measured over everything between asking and storing, bytes per millisecond. */
  bytesPerMs: number | undefined;
  /** Usual time of a chunk, milliseconds. */
  usualMs: number | undefined;
  #window = FIRST_WINDOW;
  #pausedUntilMs = 0;
  #pausedSinceMs = -1;
  #chokesInRow = 0;
  #failuresInRow = 0;
  #busySinceMs = 0;

  constructor(peer: PeerKey, protocol: ProtocolName, adapter: ProtocolAdapter, offer: Offer, price: number) {
    this.peer = peer;
    this.protocol = protocol;
    this.adapter = adapter;
    this.offer = offer;
    this.price = price;
    this.stats = {
      peer,
      protocol,
      chunks: 0,
      bytes: 0,
      bad: 0,
      chokes: 0,
      failures: 0,
      late: 0,
      ms: 0,
      state: 'active',
    };
  }

  get isActive(): boolean {
    return this.stats.state === 'active';
  }

  get isChoked(): boolean {
    return this.#chokesInRow > 0;
  }

  /** When it may be asked again; 0 is now. */
  get pausedUntilMs(): number {
    return this.#pausedUntilMs;
  }

  /** How many more requests it may get. */
  room(nowMs: number, cheapest: number): number {
    if (!this.isActive || nowMs < this.#pausedUntilMs) return 0;
    // After a refusal or a failure one request finds out; the others wait for its answer.
    const isProbing = this.#chokesInRow > 0 || this.#failuresInRow > 0;
    const limit = isProbing ? 1 : Math.min(this.#window, windowLimit(this.bytesPerMs, this.price, cheapest));
    return limit - this.open.size;
  }

  /** Whether it may be asked for a slice beyond its window: nothing speaks against it. */
  isReady(nowMs: number): boolean {
    return this.isActive && nowMs >= this.#pausedUntilMs && this.#chokesInRow === 0 && this.#failuresInRow === 0;
  }

  asked(chunk: number, controller: AbortController, nowMs: number): void {
    if (this.open.size === 0) this.#busySinceMs = nowMs;
    this.open.set(chunk, controller);
  }

  /** The request for `chunk` is over, whatever came of it. */
  settled(chunk: number, nowMs: number): void {
    this.open.delete(chunk);
    if (this.open.size === 0) this.stats.ms += nowMs - this.#busySinceMs;
  }

  /**
   * A chunk was verified and stored.
   * @param bytes of it that came from here
   * @param isPart of a chunk that others shared: how long that took says nothing of whole ones
   * @param openBefore requests open while it was fetched, itself included
   */
  succeeded(bytes: number, isPart: boolean, sinceMs: number, nowMs: number, openBefore: number): void {
    const ms = Math.max(0.01, nowMs - sinceMs);
    if (!isPart) this.usualMs = average(this.usualMs, ms);
    this.bytesPerMs = average(this.bytesPerMs, (bytes * openBefore) / ms);
    this.stats.chunks++;
    this.stats.bytes += bytes;
    this.#failuresInRow = 0;
    // An answer to something asked before the pause says nothing about the gate now.
    if (sinceMs >= this.#pausedSinceMs) this.#chokesInRow = 0;
    this.#window++;
  }

  /** @returns true for the first refusal since the last pause; those asked before it are the same one */
  choked(sinceMs: number, nowMs: number): boolean {
    if (sinceMs < this.#pausedSinceMs) return false;
    this.stats.chokes++;
    this.#chokesInRow++;
    this.#window = Math.max(1, this.#window >> 1);
    this.#pausedSinceMs = nowMs;
    this.#pausedUntilMs = nowMs + chokePauseMs(this.#chokesInRow);
    return true;
  }

  /** The gate may be open again. */
  wake(): void {
    if (this.#chokesInRow === 0) return;
    this.#chokesInRow = 0;
    this.#pausedUntilMs = 0;
  }

  /** @returns true when it is given up */
  failed(code: ErrorCode, sinceMs: number, nowMs: number): boolean {
    // Requests that were open when the first one failed fail with it.
    if (sinceMs < this.#pausedSinceMs && !isLost(code, 0)) return false;
    this.stats.failures++;
    this.#failuresInRow++;
    this.#window = FIRST_WINDOW;
    this.#pausedSinceMs = nowMs;
    this.#pausedUntilMs = nowMs + retryPauseMs(this.#failuresInRow);
    if (isLost(code, this.#failuresInRow)) this.stats.state = 'lost';
    return this.stats.state === 'lost';
  }

  /** A fresh offer of the same peer: what it has may have grown, and a lost one may be back. */
  renew(offer: Offer, price: number): void {
    this.offer = offer;
    this.price = price;
    this.lacking.clear();
    if (this.stats.state === 'lost') {
      this.stats.state = 'active';
      this.#failuresInRow = 0;
      this.#pausedUntilMs = 0;
    }
  }
}
