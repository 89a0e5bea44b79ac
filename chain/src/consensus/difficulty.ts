/**
 * How hard the next block is. Pure arithmetic on header fields; no chain, no clock.
 * @see https://eips.ethereum.org/EIPS/eip-2 (homestead) and https://eips.ethereum.org/EIPS/eip-100 (byzantium)
 */

export interface DifficultyRules {
  /** Which formula: 'byzantium' counts the parent's uncles and is the one our chains use from block 0. */
  era: 'frontier' | 'homestead' | 'byzantium';
  /** Difficulty never falls below this. 131,072 on every Ethereum chain; a development chain may go lower. */
  minimum: bigint;
  /** A block moves the difficulty by at most 99 / this (down) or 2 / this (up). 2,048 on every Ethereum chain. */
  boundDivisor: bigint;
  /** Seconds per step of the byzantium formula. 9 gives about 12.6 s between blocks; 2 gives about 2.6 s. */
  stepSeconds: bigint;
  /** The bomb counts from this block. 11,400,000 since Gray Glacier, so a chain of 15 s blocks meets it after five years. */
  bombDelay: bigint;
}

/** What the formulas read of the parent. */
export interface DifficultyParent {
  number: bigint;
  timestamp: bigint;
  difficulty: bigint;
  hasUncles: boolean;
}

/** Blocks per doubling of the difficulty bomb. @see https://eips.ethereum.org/EIPS/eip-649 */
const BOMB_PERIOD = 100_000n;
/** Largest downward move, in steps. */
const MAX_STEPS_DOWN = -99n;
/** Seconds of the homestead formula, and the boundary of the frontier one. */
const HOMESTEAD_STEP_SECONDS = 10n;
const FRONTIER_LIMIT_SECONDS = 13n;

/** @returns the only difficulty that a child of `parent` at `timestamp` (seconds) may carry */
export function nextDifficulty(parent: DifficultyParent, timestamp: bigint, rules: DifficultyRules): bigint {
  const step = parent.difficulty / rules.boundDivisor;
  const elapsed = timestamp - parent.timestamp;
  let difficulty: bigint;
  if (rules.era === 'frontier') {
    difficulty = elapsed < FRONTIER_LIMIT_SECONDS ? parent.difficulty + step : parent.difficulty - step;
  } else {
    const steps =
      rules.era === 'homestead'
        ? 1n - elapsed / HOMESTEAD_STEP_SECONDS
        : (parent.hasUncles ? 2n : 1n) - elapsed / rules.stepSeconds;
    difficulty = parent.difficulty + step * (steps < MAX_STEPS_DOWN ? MAX_STEPS_DOWN : steps);
  }
  // The floor comes before the bomb, as in every client; the yellow paper writes it the other way round.
  if (difficulty < rules.minimum) difficulty = rules.minimum;
  const number = parent.number + 1n;
  const counted = number > rules.bombDelay ? number - rules.bombDelay : 0n;
  const exponent = counted / BOMB_PERIOD - 2n;
  return exponent >= 0n ? difficulty + 2n ** exponent : difficulty;
}
