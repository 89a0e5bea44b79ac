/**
 * The owner's taste: how much may be owed here, what is paid ahead there, what a byte costs. Pure data and pure functions;
 * the ledger asks, nobody else decides.
 */
import { CHUNK_BYTES } from '@chiral/protocol/content';
import { costWei, type Terms } from '@chiral/protocol/payment';
import type { PeerKey, PricingPolicy } from '../ports.ts';

const MIB = 1 << 20;

/** How far a seller trusts and how a buyer pays. Every figure is the owner's to change. */
export interface CreditPolicy {
  /** What anyone may owe before its first payment, bytes. */
  readonly freeBytes: number;
  /** Credit granted for each unit authorized so far, thousandths: 1000 lets a peer owe as much again as it has paid. */
  readonly growthPermille: number;
  /** Credit never exceeds this, bytes. */
  readonly maxCreditBytes: number;
  /** As a buyer: what we authorize ahead of delivery, bytes. 0 is download first, pay later. */
  readonly prepayBytes: number;
  /** As a buyer: pay whenever this much is owed, bytes; 'window' is half of what the seller lets us owe; 'end' once at the end. */
  readonly payEvery: number | 'window' | 'end';
  /** As a buyer: bytes lost on the way that we pay for rather than be choked for ever, per seller. */
  readonly toleranceBytes: number;
}

/** Presets: strict ensures payment, generous encourages business and makes fewer vouchers, balanced is the default. */
export const PRESETS = {
  strict: {
    freeBytes: CHUNK_BYTES,
    growthPermille: 0,
    maxCreditBytes: CHUNK_BYTES,
    prepayBytes: 0,
    payEvery: CHUNK_BYTES,
    toleranceBytes: CHUNK_BYTES,
  },
  balanced: {
    freeBytes: MIB,
    growthPermille: 1000,
    maxCreditBytes: 128 * MIB,
    prepayBytes: 0,
    payEvery: 'window',
    toleranceBytes: MIB,
  },
  generous: {
    freeBytes: 8 * MIB,
    growthPermille: 2000,
    maxCreditBytes: 512 * MIB,
    prepayBytes: 8 * MIB,
    payEvery: 'window',
    toleranceBytes: 8 * MIB,
  },
} as const satisfies Record<string, CreditPolicy>;

export type PresetName = keyof typeof PRESETS;

/** Most wei that a peer with `authorizedWei` behind it may owe on content at this price. */
export function creditWei(policy: CreditPolicy, authorizedWei: bigint, weiPerMiB: bigint): bigint {
  const free = costWei(policy.freeBytes, weiPerMiB);
  const cap = costWei(Math.max(policy.maxCreditBytes, policy.freeBytes), weiPerMiB);
  const earned = (authorizedWei * BigInt(policy.growthPermille)) / 1000n;
  if (earned <= free) return free;
  return earned < cap ? earned : cap;
}

/** What the owner asks for content, one price for each, and the most it pays. */
export function createPricing(options: {
  credit: CreditPolicy;
  /** Price of one content, wei per MiB. */
  priceOf(cid: string): bigint;
  /** The most we pay as a buyer, wei per MiB; absent for no limit of our own. */
  maxWeiPerMiB?: bigint;
}): PricingPolicy {
  const { credit, priceOf, maxWeiPerMiB } = options;
  return {
    quote: (_peer: PeerKey, cid: string): Terms => ({
      weiPerMiB: priceOf(cid),
      freeBytes: credit.freeBytes,
      creditBytes: credit.freeBytes,
    }),
    acceptable: (terms) => maxWeiPerMiB === undefined || terms.weiPerMiB <= maxWeiPerMiB,
  };
}
