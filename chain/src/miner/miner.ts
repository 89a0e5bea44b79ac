/**
 * Mines in this process: takes the current work, searches with the threads of the Ethash library, hands the nonce back.
 * Owns the search; the work, and with it the payout address, belongs to `WorkSource`.
 */
import type { MinerStats, Miner as Searcher } from '@chiral/ethash/types';
import { isChainError } from '../errors.ts';
import type { Log } from '../log.ts';
import { pause } from '../pause.ts';
import type { Work, WorkSource } from './work.ts';

/** How far ahead of the clock a block may be mined, milliseconds: far less than the 15 s at which others refuse it. */
const MAX_AHEAD_MS = 0;
/** Wait after a fault before the next try, milliseconds. */
const RETRY_MS = 1_000;
/** Work is asked for again after this long even if nothing changed, milliseconds. */
const REFRESH_MS = 5_000;

export interface LocalMinerOptions {
  work: WorkSource;
  searcher: Searcher;
  log: Log;
  /**
   * A block without transactions waits until the last one is this old, milliseconds: a chain for development then takes no core
   * for itself while nothing happens. @default 0
   */
  idleMs?: number;
  now?: () => number;
}

export class LocalMiner {
  readonly #work: WorkSource;
  readonly #searcher: Searcher;
  readonly #log: Log;
  readonly #idleMs: number;
  readonly #now: () => number;
  #startedMs = 0;
  #stop: AbortController | undefined;
  #running: Promise<void> | undefined;
  #round = new AbortController();
  readonly #changed = () => this.#round.abort(new Error('new work'));

  constructor(options: LocalMinerOptions) {
    this.#work = options.work;
    this.#searcher = options.searcher;
    this.#log = options.log;
    this.#idleMs = options.idleMs ?? 0;
    this.#now = options.now ?? Date.now;
  }

  get mining(): boolean {
    return this.#running !== undefined;
  }

  stats(): MinerStats {
    return this.#searcher.stats();
  }

  start(): void {
    if (this.#running) return;
    this.#stop = new AbortController();
    this.#startedMs = this.#now();
    this.#work.events.on('changed', this.#changed);
    this.#running = this.#run(this.#stop.signal);
  }

  /** Ends the search and its threads. */
  async stop(): Promise<void> {
    this.#work.events.off('changed', this.#changed);
    this.#stop?.abort(new Error('stopped'));
    this.#round.abort(new Error('stopped'));
    await this.#running;
    this.#running = undefined;
    await this.#searcher.close();
  }

  async #run(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      this.#round = new AbortController();
      try {
        let work = await this.#work.current();
        if (!work) throw new Error('there is no payout address');
        // More than once: a timer may ring a millisecond early, which is another second in a block.
        for (let restMs = this.#restMs(work); restMs > 0; restMs = this.#restMs(work)) {
          await pause(restMs, this.#round.signal);
          if (this.#round.signal.aborted) break;
          // With the time at which it is begun.
          work = (await this.#work.current(0))!;
        }
        if (!this.#round.signal.aborted) await this.#mine(work, this.#round.signal, stop);
      } catch (error) {
        if (stop.aborted || isChainError(error, 'STOPPED')) return;
        if (this.#round.signal.aborted) continue;
        this.#log.error({ err: error }, 'mining failed, trying again');
        await pause(RETRY_MS, stop);
      }
    }
  }

  async #mine(work: Work, round: AbortSignal, stop: AbortSignal): Promise<void> {
    const refresh = AbortSignal.timeout(REFRESH_MS);
    const signal = AbortSignal.any([round, stop, refresh]);
    try {
      const aheadMs = Number(work.timestamp) * 1000 - this.#now();
      if (aheadMs > MAX_AHEAD_MS) await pause(aheadMs, signal);
      const { sealHash, blockNumber, difficulty } = work;
      const found = await this.#searcher.search({ sealHash, blockNumber, difficulty, signal });
      await this.#work.submit(sealHash, found.nonce, found.mixHash);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  /** How long `work` may wait, milliseconds: nobody waits for it. */
  #restMs({ parentTimestamp, isEmpty }: Work): number {
    if (!isEmpty) return 0;
    return Math.max(Number(parentTimestamp) * 1000, this.#startedMs) + this.#idleMs - this.#now();
  }
}
