/** Time as the scheduler sees it, so that simulations can pass another. */
export interface Clock {
  /** Milliseconds, never falling. */
  now(): number;
  /** Calls `work` once after `ms`; the answer cancels. */
  after(ms: number, work: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, work) {
    const timer = setTimeout(work, ms);
    return () => clearTimeout(timer);
  },
};
