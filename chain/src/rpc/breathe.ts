/** For loops over many stored blocks: lets the event loop run between them and ends a loop whose time is up. */
import { setImmediate } from 'node:timers/promises';
import { ChainError } from '../errors.ts';

/** Longest stretch without yielding, milliseconds. */
const YIELD_MS = 10;

/** @returns a function to await in each round; it throws TIMEOUT `limitMs` milliseconds after now */
export function createBreather(limitMs: number): () => Promise<void> {
  const endMs = performance.now() + limitMs;
  let yieldedMs = performance.now();
  return async () => {
    const now = performance.now();
    if (now > endMs) throw new ChainError('TIMEOUT', 'query timeout exceeded');
    if (now - yieldedMs < YIELD_MS) return;
    await setImmediate();
    yieldedMs = performance.now();
  };
}
