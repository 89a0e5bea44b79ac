/** The least gas limit with which a message succeeds, found by search as geth does. */
import type { CallMachine, CallMessage, CallOutcome } from './call.ts';

/** A plain transfer. */
const TRANSFER_GAS = 21_000n;
/** A callee gets at most 63/64 of the gas (EIP-150), and a transfer inside adds a stipend: the first guess allows for both. */
const STIPEND_GAS = 2_300n;
/** The search ends when the answer is known within 1.5 %, as in geth: each step costs a whole run. */
const ERROR_DIVISOR = 66n;

export type Estimate =
  | { gas: bigint }
  /** It fails at any gas: a revert, or another error of the EVM. */
  | { failed: CallOutcome }
  /** It fails for want of gas even at `allowance`. */
  | { allowance: bigint };

/** @param cap the most gas to try */
export async function estimateGas(machine: CallMachine, message: CallMessage, cap: bigint): Promise<Estimate> {
  const plain = message.data.length === 0 && message.accessList.length === 0 && message.to;
  if (plain && cap >= TRANSFER_GAS && !(await machine.hasCode(message.to!))) {
    const outcome = await machine.run(message, TRANSFER_GAS);
    if (outcome.failure === undefined) return { gas: TRANSFER_GAS };
  }
  const intrinsic = machine.intrinsicGas(message);
  if (cap < intrinsic) return { allowance: cap };
  const first = await machine.run(message, cap);
  if (first.failure !== undefined) return isGasFailure(first) ? { allowance: cap } : { failed: first };
  let low = first.gasUsed - 1n;
  let high = cap;
  const guess = ((first.gasUsed + first.gasRefund + STIPEND_GAS) * 64n) / 63n;
  if (guess < high) {
    if (await succeeds(machine, message, guess)) high = guess;
    else low = guess;
  }
  while (low + 1n < high && high - low > high / ERROR_DIVISOR) {
    const middle = (high + low) / 2n > low * 2n ? low * 2n : (high + low) / 2n;
    if (await succeeds(machine, message, middle)) high = middle;
    else low = middle;
  }
  return { gas: high };
}

async function succeeds(machine: CallMachine, message: CallMessage, gas: bigint): Promise<boolean> {
  if (gas < machine.intrinsicGas(message)) return false;
  return (await machine.run(message, gas)).failure === undefined;
}

function isGasFailure({ failure }: CallOutcome): boolean {
  return failure === 'out of gas' || failure === 'code store out of gas';
}
