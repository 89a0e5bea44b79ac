/** How fast a miner searches. Time in which it does not search does not count. Owns the counts, starts no timer. */

/** The rate is taken over at least this much searching, where there has been so much. */
const WINDOW_MS = 5_000;

interface Stretch {
  readonly hashes: number;
  readonly durationMs: number;
}

export class HashMeter {
  readonly #now: () => number;
  #finishedHashes = 0;
  /** The last finished searches, oldest first, no more than the window needs. */
  #recent: Stretch[] = [];
  #running: { readonly sinceMs: number; readonly count: () => number } | undefined;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** A search begins; `count` answers the nonces it has tried so far. */
  start(count: () => number): void {
    this.#running = { sinceMs: this.#now(), count };
  }

  /** The search is over. */
  stop(): void {
    const stretch = this.#stretch();
    if (stretch === undefined) return;
    this.#running = undefined;
    this.#finishedHashes += stretch.hashes;
    this.#recent.push(stretch);
    while (total(this.#recent.slice(1)).durationMs >= WINDOW_MS) this.#recent.shift();
  }

  get hashes(): number {
    return this.#finishedHashes + (this.#stretch()?.hashes ?? 0);
  }

  get hashesPerSecond(): number {
    const running = this.#stretch();
    const isEnough = running !== undefined && running.durationMs >= WINDOW_MS;
    const { hashes, durationMs } = total([...(isEnough ? [] : this.#recent), ...(running ? [running] : [])]);
    return durationMs === 0 ? 0 : (hashes * 1000) / durationMs;
  }

  #stretch(): Stretch | undefined {
    if (this.#running === undefined) return undefined;
    return { hashes: this.#running.count(), durationMs: this.#now() - this.#running.sinceMs };
  }
}

function total(stretches: readonly Stretch[]): Stretch {
  return {
    hashes: stretches.reduce((sum, { hashes }) => sum + hashes, 0),
    durationMs: stretches.reduce((sum, { durationMs }) => sum + durationMs, 0),
  };
}
