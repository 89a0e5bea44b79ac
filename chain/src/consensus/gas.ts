/** Gas limit and base fee of the next block. Pure arithmetic on header fields. */

/** A block may move the gas limit by less than parent / this. Yellow paper, section 4.4.4. */
const GAS_LIMIT_DIVISOR = 1024n;
/** The protocol's floor for a gas limit. */
export const MIN_GAS_LIMIT = 5_000n;
/** The protocol's ceiling, so that sums of gas fit a signed 64-bit integer in every client. */
export const MAX_GAS_LIMIT = 2n ** 63n - 1n;
/** Where our miners steer the gas limit: 30 million, as mainnet before the merge. */
export const DEFAULT_GAS_TARGET = 30_000_000n;
/** Base fee of the first London block, wei. @see https://eips.ethereum.org/EIPS/eip-1559 */
export const INITIAL_BASE_FEE_WEI = 1_000_000_000n;
const ELASTICITY = 2n;
const BASE_FEE_CHANGE_DENOMINATOR = 8n;

/** @returns the gas limit a miner sets: one legal move from `parentLimit` towards `target` */
export function nextGasLimit(parentLimit: bigint, target: bigint): bigint {
  const goal = target < MIN_GAS_LIMIT ? MIN_GAS_LIMIT : target;
  const room = parentLimit / GAS_LIMIT_DIVISOR - 1n;
  if (room <= 0n) return parentLimit;
  if (goal > parentLimit) return parentLimit + room < goal ? parentLimit + room : goal;
  return parentLimit - room > goal ? parentLimit - room : goal;
}

/** @returns whether a child may carry `limit` after a parent (already doubled by the caller on the first London block) */
export function isGasLimitLegal(limit: bigint, parentLimit: bigint): boolean {
  const difference = limit > parentLimit ? limit - parentLimit : parentLimit - limit;
  return difference < parentLimit / GAS_LIMIT_DIVISOR && limit >= MIN_GAS_LIMIT && limit <= MAX_GAS_LIMIT;
}

/** @returns the only base fee (wei) that a child of a London parent may carry */
export function nextBaseFee(parent: { gasLimit: bigint; gasUsed: bigint; baseFeePerGas: bigint }): bigint {
  const target = parent.gasLimit / ELASTICITY;
  const { gasUsed, baseFeePerGas } = parent;
  if (gasUsed === target) return baseFeePerGas;
  const distance = gasUsed > target ? gasUsed - target : target - gasUsed;
  const change = (baseFeePerGas * distance) / target / BASE_FEE_CHANGE_DENOMINATOR;
  if (gasUsed > target) return baseFeePerGas + (change > 1n ? change : 1n);
  return baseFeePerGas - change;
}

/** Gas limit that the first London block measures itself against. */
export function londonParentLimit(parentLimit: bigint): bigint {
  return parentLimit * ELASTICITY;
}
