/**
 * What a transaction did, in the terms of files and sellers: money set aside, collected, paid for parts, asked back. Read from the
 * events of our contracts by the generated ABIs; what is not ours is left alone. Pure.
 */

import { BATCH_SETTLEMENT_ABI } from '@chiral/protocol/generated/batch-settlement';
import { PAYMENTS_ABI } from '@chiral/protocol/generated/payments';
import { decodePaidRows, type PaidRow } from '@chiral/protocol/paid-rows';
import { type Abi, decodeEventLog, decodeFunctionData, toEventSelector } from 'viem';
import type { ChainLog } from './blocks.ts';

export type Deed =
  | { readonly kind: 'deposited'; readonly payer: string; readonly seller: string; readonly wei: bigint }
  /** Several of the former by one buyer in one transaction. */
  | { readonly kind: 'depositedMany'; readonly payer: string; readonly wei: bigint; readonly sellers: number }
  | { readonly kind: 'claimed'; readonly channelId: string; readonly wei: bigint }
  | { readonly kind: 'claimedMany'; readonly seller: string; readonly wei: bigint; readonly buyers: number }
  | { readonly kind: 'settled'; readonly seller: string; readonly wei: bigint }
  | { readonly kind: 'withdrawBegun'; readonly seller: string; readonly wei: bigint; readonly readyAtMs: number }
  | { readonly kind: 'withdrawn'; readonly payer: string; readonly wei: bigint }
  | { readonly kind: 'refunded'; readonly channelId: string; readonly wei: bigint }
  | { readonly kind: 'reserved'; readonly payer: string; readonly wei: bigint }
  | { readonly kind: 'unreserved'; readonly payer: string; readonly wei: bigint }
  | { readonly kind: 'paid'; readonly payer: string; readonly contentRoot: string; readonly rows: readonly PaidRow[] };

const BATCH = BATCH_SETTLEMENT_ABI as unknown as Abi;
const PAYMENTS = PAYMENTS_ABI as unknown as Abi;

/** The selector of an event of BatchSettlement, for `eth_getLogs`. */
export function eventTopic(name: string): `0x${string}` {
  const found = BATCH.find((item) => item.type === 'event' && item.name === name);
  if (found?.type !== 'event') throw new Error(`no event ${name}`);
  return toEventSelector(found);
}

function decode(abi: Abi, log: ChainLog): { name: string; args: Record<string, unknown> } | undefined {
  try {
    const { eventName, args } = decodeEventLog({ abi, data: log.data, topics: log.topics as [`0x${string}`] });
    return { name: String(eventName), args: args as unknown as Record<string, unknown> };
  } catch {
    // Not an event of ours.
    return undefined;
  }
}

/** One event → what it did; undefined for events of others, and for those that repeat what another says. */
export function deedOf(log: ChainLog): Deed | undefined {
  const event = decode(BATCH, log) ?? decode(PAYMENTS, log);
  if (!event) return undefined;
  const { name, args } = event;
  const text = (key: string) => String(args[key]);
  const wei = (key: string) => args[key] as bigint;
  switch (name) {
    case 'Deposited':
      return { kind: 'deposited', payer: text('payer'), seller: text('receiver'), wei: wei('amount') };
    case 'Claimed':
      return { kind: 'claimed', channelId: text('channelId'), wei: wei('claimAmount') };
    case 'ClaimedMany':
      return { kind: 'claimedMany', seller: text('receiver'), wei: wei('amount'), buyers: Number(args.rows) };
    case 'Settled':
      return { kind: 'settled', seller: text('receiver'), wei: wei('amount') };
    case 'WithdrawInitiated':
      return {
        kind: 'withdrawBegun',
        seller: text('receiver'),
        wei: wei('amount'),
        readyAtMs: Number(args.finalizeAfter) * 1000,
      };
    case 'WithdrawFinalized':
      return { kind: 'withdrawn', payer: text('payer'), wei: wei('amount') };
    case 'Refunded':
      return { kind: 'refunded', channelId: text('channelId'), wei: wei('amount') };
    case 'ReserveFunded':
      return { kind: 'reserved', payer: text('payer'), wei: wei('amount') };
    case 'ReserveWithdrawn':
      return { kind: 'unreserved', payer: text('payer'), wei: wei('amount') };
    case 'Paid':
      return {
        kind: 'paid',
        payer: text('payer'),
        contentRoot: text('contentRoot'),
        // The row that names the payer's key pays nobody.
        rows: decodePaidRows(text('rows')).rows,
      };
    default:
      return undefined;
  }
}

/** The contract function that a transaction calls; undefined when it is none of ours. */
export function calledFunction(input: `0x${string}`): string | undefined {
  for (const abi of [BATCH, PAYMENTS]) {
    try {
      return decodeFunctionData({ abi, data: input }).functionName;
    } catch {
      // The next one, then.
    }
  }
  return undefined;
}

/** A transaction's deeds, told once: many deposits as one, and no payout or row beside the claim that caused it. */
export function tellOnce(deeds: readonly Deed[]): Deed[] {
  const hasClaim = deeds.some(({ kind }) => kind === 'claimedMany');
  const kept = deeds.filter(({ kind }) => !(hasClaim && (kind === 'claimed' || kind === 'settled')));
  const deposits = kept.filter((deed) => deed.kind === 'deposited');
  if (deposits.length < 2) return kept;
  const many: Deed = {
    kind: 'depositedMany',
    payer: deposits[0]!.payer,
    wei: deposits.reduce((sum, { wei }) => sum + wei, 0n),
    sellers: deposits.length,
  };
  return [many, ...kept.filter(({ kind }) => kind !== 'deposited')];
}
