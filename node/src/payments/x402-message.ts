/**
 * What x402 (version 2) puts into HTTP headers, for the schemes `batch-settlement` and `exact`: base64 of JSON, both ways. Pure.
 * Names are the standard's; what a stranger sends is read with our schemas and nothing else of it is looked at.
 *
 * @see https://github.com/coinbase/x402
 */
import { AppError } from '@chiral/protocol/errors';
import { toJsonText } from '@chiral/protocol/json';
import { channelConfig as ownChannelConfig } from '@chiral/protocol/messages';
import { address, bytes32, decimal, signatureHex } from '@chiral/protocol/schema';
import { z } from 'zod';

export const X402_VERSION = 2;
export const BATCH_SETTLEMENT = 'batch-settlement';
export const EXACT = 'exact';
/** Header of a request that pays, as Node spells it. */
export const PAYMENT_HEADER = 'payment-signature';
export const CHALLENGE_HEADER = 'payment-required';
export const RECEIPT_HEADER = 'payment-response';
/** Longest header that is decoded, characters: a deposit with all its signatures has about 3,000. */
const MAX_HEADER_CHARS = 12 * 1024;

/** The standard's codes that a client acts on. */
export const X402_ERRORS = {
  malformed: 'invalid_payload',
  otherTerms: 'invalid_payment_requirements',
  mismatch: 'invalid_batch_settlement_evm_cumulative_amount_mismatch',
  badSignature: 'invalid_batch_settlement_evm_voucher_signature',
  exceedsBalance: 'invalid_batch_settlement_evm_cumulative_exceeds_balance',
  smallDeposit: 'invalid_batch_settlement_evm_deposit_below_min_deposit',
  depositFailed: 'invalid_batch_settlement_evm_deposit_transaction_failed',
  wrongChannel: 'invalid_batch_settlement_evm_channel_id_mismatch',
  noChannel: 'invalid_batch_settlement_evm_channel_not_found',
  nothingToRefund: 'invalid_batch_settlement_evm_refund_no_balance',
  badRefund: 'invalid_batch_settlement_evm_refund_amount_invalid',
  refundFailed: 'invalid_batch_settlement_evm_refund_transaction_failed',
  transferFailed: 'invalid_transaction_state',
} as const;

/** One way to pay for a resource. */
export interface Requirements {
  readonly scheme: string;
  readonly network: string;
  readonly asset: string;
  /** In the asset's smallest unit. */
  readonly amount: string;
  readonly payTo: string;
  readonly maxTimeoutSeconds: number;
  readonly extra: Record<string, unknown>;
}

export interface Challenge {
  readonly x402Version: typeof X402_VERSION;
  readonly error: string;
  readonly resource: { url: string; description: string; mimeType: string };
  readonly accepts: readonly Requirements[];
}

/** Ours with whatever a later version of the standard adds. */
const channelConfig = z.object(ownChannelConfig.shape);
const voucher = z.object({ channelId: bytes32, maxClaimableAmount: decimal, signature: signatureHex });

const batchPayload = z.discriminatedUnion('type', [
  z.object({ type: z.literal('voucher'), channelConfig, voucher }),
  z.object({
    type: z.literal('deposit'),
    channelConfig,
    voucher,
    deposit: z.object({
      amount: decimal,
      authorization: z.object({
        erc3009Authorization: z.object({
          validAfter: decimal,
          validBefore: decimal,
          salt: bytes32,
          signature: signatureHex,
        }),
      }),
    }),
  }),
  z.object({ type: z.literal('refund'), channelConfig, voucher, amount: decimal.optional() }),
]);
export type BatchPayload = z.output<typeof batchPayload>;

const exactPayload = z.object({
  signature: signatureHex,
  authorization: z.object({
    from: address,
    to: address,
    value: decimal,
    validAfter: decimal,
    validBefore: decimal,
    nonce: bytes32,
  }),
});
export type ExactPayload = z.output<typeof exactPayload>;

const accepted = z.object({ network: z.string(), asset: address, amount: decimal, payTo: address });
const payment = z.object({
  x402Version: z.literal(X402_VERSION),
  accepted: accepted.extend({ scheme: z.enum([BATCH_SETTLEMENT, EXACT]) }),
  payload: z.unknown(),
});

/** A payment as it came in; its terms are what the payer believes them to be. */
export type Payment = { accepted: z.output<typeof accepted> } & (
  | { scheme: typeof BATCH_SETTLEMENT; payload: BatchPayload }
  | { scheme: typeof EXACT; payload: ExactPayload }
);

/** Base64 of JSON, as the standard's headers have it. */
export function encodeHeader(value: object): string {
  return Buffer.from(toJsonText(value), 'utf8').toString('base64');
}

/** @throws BAD_REQUEST */
export function decodePayment(header: string): Payment {
  if (header.length > MAX_HEADER_CHARS) throw new AppError('BAD_REQUEST', 'The payment header is too long.');
  const parse = <T>(schema: z.ZodType<T>, value: unknown): T => {
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    throw new AppError('BAD_REQUEST', `The payment header: ${z.prettifyError(parsed.error).slice(0, 300)}`);
  };
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(header, 'base64').toString('utf8'));
  } catch (cause) {
    throw new AppError('BAD_REQUEST', 'The payment header is not base64 of JSON.', {}, { cause });
  }
  const { accepted, payload } = parse(payment, value);
  return accepted.scheme === BATCH_SETTLEMENT
    ? { scheme: BATCH_SETTLEMENT, accepted, payload: parse(batchPayload, payload) }
    : { scheme: EXACT, accepted, payload: parse(exactPayload, payload) };
}
