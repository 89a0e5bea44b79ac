/**
 * Which transactions the pool takes: the checks that need no pool, in the order of their cost. The messages are geth's, word
 * for word, because wallets and libraries match on them.
 */

import type { Common } from '@ethereumjs/common';
import {
  Capability,
  createTxFromRLP,
  type FeeMarket1559Tx,
  type LegacyTx,
  TransactionType,
  type TypedTransaction,
} from '@ethereumjs/tx';
import { ChainError } from '../errors.ts';

/** Largest transaction that travels, bytes: four slots of 32 KiB, as in geth. */
export const MAX_TX_BYTES = 128 * 1024;
/** A replacement must raise both fees by this share, per cent. */
const PRICE_BUMP_PERCENT = 10n;

/** What the sender may pay per gas, wei; for a legacy transaction both are its gas price. */
export interface Fees {
  maxFee: bigint;
  maxTip: bigint;
}

export function refuse(message: string, cause?: unknown): never {
  throw new ChainError('TX_REFUSED', message, { cause });
}

/** @throws TX_REFUSED */
export function decodeTransaction(raw: Uint8Array, common: Common): TypedTransaction {
  if (raw.length > MAX_TX_BYTES) refuse('oversized data');
  try {
    return createTxFromRLP(raw, { common });
  } catch (cause) {
    const message = (cause as Error).message;
    if (/chain ?id|EIP155-based V/i.test(message)) refuse('invalid chain id for signer', cause);
    if (/maxFeePerGas cannot be less than maxPriorityFeePerGas/.test(message)) {
      refuse('max priority fee per gas higher than max fee per gas', cause);
    }
    return refuse(`rlp: ${message.replace(/\s*\(.*$/s, '')}`, cause);
  }
}

export function feesOf(tx: TypedTransaction): Fees {
  if (tx.supports(Capability.EIP1559FeeMarket)) {
    const { maxFeePerGas, maxPriorityFeePerGas } = tx as FeeMarket1559Tx;
    return { maxFee: maxFeePerGas, maxTip: maxPriorityFeePerGas };
  }
  const { gasPrice } = tx as LegacyTx;
  return { maxFee: gasPrice, maxTip: gasPrice };
}

/** Wei per gas that goes to the miner at `baseFee`; negative when the transaction cannot pay it. */
export function effectiveTip({ maxFee, maxTip }: Fees, baseFee: bigint): bigint {
  const room = maxFee - baseFee;
  return room < maxTip ? room : maxTip;
}

/** The most that `tx` can take from its sender, wei. */
export function maxCost(tx: TypedTransaction): bigint {
  return tx.value + tx.gasLimit * feesOf(tx).maxFee;
}

/** @throws TX_REFUSED for what no state can make right */
export function checkForm(tx: TypedTransaction, limits: { gasLimit: bigint; minTipWei: bigint }): void {
  if (tx.type > TransactionType.FeeMarketEIP1559) refuse('transaction type not supported');
  if (tx.serialize().length > MAX_TX_BYTES) refuse('oversized data');
  if (!tx.isSigned() || !tx.isValid()) {
    const problems = tx.getValidationErrors().join(', ');
    refuse(/gas/i.test(problems) ? 'intrinsic gas too low' : `invalid sender`);
  }
  if (tx.type === TransactionType.Legacy && !tx.supports(Capability.EIP155ReplayProtection)) {
    refuse('only replay-protected (EIP-155) transactions allowed over RPC');
  }
  if (tx.gasLimit > limits.gasLimit) refuse('exceeds block gas limit');
  if (feesOf(tx).maxTip < limits.minTipWei) {
    refuse(`transaction underpriced: gas tip cap ${feesOf(tx).maxTip}, minimum needed ${limits.minTipWei}`);
  }
}

/** @throws TX_REFUSED when `tx` does not raise both fees of `old` enough */
export function checkReplacement(tx: TypedTransaction, old: TypedTransaction): void {
  const needed = (fee: bigint) => (fee * (100n + PRICE_BUMP_PERCENT) + 99n) / 100n;
  const [next, before] = [feesOf(tx), feesOf(old)];
  if (next.maxFee < needed(before.maxFee) || next.maxTip < needed(before.maxTip)) {
    refuse('replacement transaction underpriced');
  }
}
