/**
 * Keeps the event loop alive while the EVM runs, and stops a run whose time is up.
 *
 * The interpreter never lets a timer or a socket run between two instructions. It asks before each one whether anybody
 * listens to `step`; we answer yes every few thousand instructions only, and use that one event to yield and to look at the
 * clock. Building the event for every instruction would be ten times slower.
 */
import type { EVM, EVMInterface } from '@ethereumjs/evm';
import { ChainError } from '../errors.ts';

/** Instructions between two looks at the clock; some 5 ms on a slow core. */
const STEPS_PER_LOOK = 16_384;
/** Longest stretch without yielding to the event loop, milliseconds. */
const YIELD_MS = 10;

export interface Pace {
  /** Milliseconds since the epoch after which the run is given up. */
  deadlineMs?: number;
  signal?: AbortSignal;
}

/** Fits `evm` with the pace. A run past its deadline throws TIMEOUT, an aborted one STOPPED; the state is then worthless. */
export function pace(evm: EVMInterface, limits: Pace = {}): void {
  const events = (evm as EVM).events;
  let steps = 0;
  let yieldedMs = performance.now();
  let stopped: ChainError | undefined;
  const count = events.listenerCount.bind(events);
  events.listenerCount = (event) => {
    if (event !== 'step') return count(event);
    if (stopped) throw stopped;
    return ++steps % STEPS_PER_LOOK === 0 ? count(event) : 0;
  };
  events.on('step', (_event, resume) => {
    if (limits.deadlineMs !== undefined && Date.now() > limits.deadlineMs) {
      stopped = new ChainError('TIMEOUT', 'execution timeout');
    } else if (limits.signal?.aborted) {
      stopped = new ChainError('STOPPED', 'execution stopped');
    }
    const now = performance.now();
    if (now - yieldedMs < YIELD_MS) return resume?.();
    setImmediate(() => {
      yieldedMs = performance.now();
      resume?.();
    });
  });
}
