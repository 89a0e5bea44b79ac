/**
 * Messages of the payment layer: what `/chiral/pay/1.0.0` and `POST /pay` carry, as JSON with wei as decimal text. Pure.
 * A carrier moves them as opaque bytes; the peer that sends one is whoever the carrier proved it to be.
 *
 * One request, one answer:
 *   terms    → terms      what does this content cost me, where do I stand with you
 *   open     → opened     here is a channel and the proof that it is mine to use; a session token comes back
 *   voucher  → accepted   a new running total
 *   paid     → credited   this transaction pays you for me, with the proof that it is mine
 *   work     → work       what can I search on for you, and what is a find worth
 *   share    → counted    I found this; the running total of what my shares were worth comes back
 * and `refused` to any of them, with a code and what stands.
 */
import { z } from 'zod';
import { AppError, ERRORS, type ErrorCode } from './errors.ts';
import { decodeJson, encodeJson } from './json.ts';
import { address, bytes4, bytes8, bytes32, decimal, signatureHex } from './schema.ts';

/** Longest message, bytes. */
export const MAX_MESSAGE_BYTES = 16 * 1024;

const cid = z.string().max(128);
const uint53 = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);

/** A channel's seven fields, as they travel. */
export const channelConfig = z.strictObject({
  payer: address,
  payerAuthorizer: address,
  receiver: address,
  receiverAuthorizer: address,
  token: address,
  withdrawDelay: z
    .number()
    .int()
    .nonnegative()
    .max(2 ** 40 - 1),
  salt: bytes32,
});

const voucher = z.strictObject({
  channelId: bytes32,
  maxClaimableAmount: decimal,
  config: channelConfig,
  signature: signatureHex,
});

/** Where the two sides stand, as the seller counts: wei, running totals. */
const standing = z.strictObject({
  /** Less what shares have paid for: what vouchers are to cover. */
  deliveredWei: decimal,
  authorizedWei: decimal,
  /** Bytes that the seller still gives on credit right now. */
  roomBytes: uint53,
  /** Bytes that this peer may owe in all. */
  creditBytes: uint53,
});
export type Standing = z.output<typeof standing>;

const requestSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('terms'), cid }),
  z.strictObject({
    type: z.literal('open'),
    cid,
    config: channelConfig,
    binding: z.strictObject({ issuedAt: uint53, signature: signatureHex }),
  }),
  z.strictObject({ type: z.literal('voucher'), voucher }),
  /** `signature` is the authorizer's, for this transaction and the peer that sends this. */
  z.strictObject({ type: z.literal('paid'), transaction: bytes32, authorizer: address, signature: signatureHex }),
  /** `hashesPerSecond`: what the asker can do, 0 when it does not know yet; the seller fits the shares to it. */
  z.strictObject({ type: z.literal('work'), hashesPerSecond: uint53 }),
  z.strictObject({ type: z.literal('share'), sealHash: bytes32, nonce: bytes8, mixHash: bytes32 }),
]);

const answerSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('terms'),
    chainId: uint53,
    contract: address,
    receiver: address,
    weiPerMiB: decimal,
    freeBytes: uint53,
    creditBytes: uint53,
    minWithdrawDelaySeconds: uint53,
    token: z.string().max(256),
    standing,
  }),
  z.strictObject({ type: z.literal('opened'), channelId: bytes32, balanceWei: decimal, standing }),
  z.strictObject({ type: z.literal('accepted'), cumulativeWei: decimal, standing }),
  /** What of the transaction is the seller's, wei. */
  z.strictObject({ type: z.literal('credited'), wei: decimal, standing }),
  z.strictObject({
    type: z.literal('work'),
    /** Which Ethash: the real one, or the small one of development chains. */
    profile: z.enum(['full', 'dev']),
    epoch: z.number().int().nonnegative().max(2047),
    sealHash: bytes32,
    /** First bytes of every nonce that counts. */
    noncePrefix: bytes4,
    /** Hashes that a share costs on average. */
    shareDifficulty: decimal,
    /** What a share raises the total by, wei. */
    shareWei: decimal,
    standing,
  }),
  z.strictObject({ type: z.literal('counted'), workedWei: decimal, standing }),
  z.strictObject({
    type: z.literal('refused'),
    code: z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]),
    message: z.string().max(1000),
    standing: standing.optional(),
  }),
]);

export type PayRequest = z.output<typeof requestSchema>;
export type PayAnswer = z.output<typeof answerSchema>;

function decode<T>(schema: z.ZodType<T>, bytes: Uint8Array): T {
  if (bytes.length > MAX_MESSAGE_BYTES)
    throw new AppError('TOO_LARGE', `A payment message has at most ${MAX_MESSAGE_BYTES} bytes.`);
  return decodeJson(schema, bytes);
}

export const encodePayRequest = (message: PayRequest): Uint8Array => encodeJson(message);
export const encodePayAnswer = (message: PayAnswer): Uint8Array => encodeJson(message);
/** @throws BAD_REQUEST, TOO_LARGE */
export const decodePayRequest = (bytes: Uint8Array): PayRequest => decode(requestSchema, bytes);
/** @throws BAD_REQUEST, TOO_LARGE */
export const decodePayAnswer = (bytes: Uint8Array): PayAnswer => decode(answerSchema, bytes);
