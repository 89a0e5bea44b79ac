/**
 * eth/68 messages between RLP and values. Decoding trusts nothing: a message of a wrong shape throws PEER_FAULT, and every list
 * is as long as its limit at most.
 * @see https://github.com/ethereum/devp2p/blob/master/caps/eth.md
 */
import { Block, type BlockHeader, createBlockFromBytesArray, createBlockHeaderFromBytesArray } from '@ethereumjs/block';
import type { Common } from '@ethereumjs/common';
import { createTxFromBlockBodyData, type TypedTransaction } from '@ethereumjs/tx';
import { bigIntToUnpaddedBytes, bytesToBigInt } from '@ethereumjs/util';
import { ChainError } from '../errors.ts';
import { rawBody } from '../store/codec.ts';

/** What RLP decodes to and encodes from. */
export type Rlp = Uint8Array | Rlp[];

/** Items that a message may carry; what we ask for and what we answer stay below. */
export const MAX_HEADERS = 1_024;
export const MAX_BODIES = 256;
export const MAX_HASHES = 4_096;
export const MAX_TRANSACTIONS = 4_096;

export type BodyRlp = [Rlp[], Rlp[]];

export interface HeadersRequest {
  start: { hash: Uint8Array } | { number: bigint };
  /** Headers wanted. */
  count: number;
  /** Headers left out between two. */
  skip: number;
  reverse: boolean;
}

export function fault(why: string, cause?: unknown): never {
  throw new ChainError('PEER_FAULT', why, { cause });
}

export function asList(value: Rlp | undefined, least = 0, most = Number.MAX_SAFE_INTEGER): Rlp[] {
  if (!Array.isArray(value) || value.length < least || value.length > most) fault('expected a list');
  return value;
}

export function asBytes(value: Rlp | undefined, length?: number): Uint8Array {
  if (!(value instanceof Uint8Array) || (length !== undefined && value.length !== length)) fault('expected bytes');
  return value;
}

export function asInteger(value: Rlp | undefined): bigint {
  const bytes = asBytes(value);
  if (bytes.length > 32 || bytes[0] === 0) fault('expected an integer');
  return bytes.length === 0 ? 0n : bytesToBigInt(bytes);
}

/** An integer that cannot be used to ask for more than `most`. */
function asCount(value: Rlp | undefined, most: number): number {
  const integer = asInteger(value);
  return integer > BigInt(most) ? most : Number(integer);
}

export function asHashes(value: Rlp | undefined, most = MAX_HASHES): Uint8Array[] {
  return asList(value, 0, most).map((hash) => asBytes(hash, 32));
}

export function toInteger(value: bigint | number): Uint8Array {
  return bigIntToUnpaddedBytes(BigInt(value));
}

/** A request or answer: its number and what it is about. */
export function decodeNumbered(payload: Rlp): { id: bigint; body: Rlp } {
  const [id, body] = asList(payload, 2, 2);
  return { id: asInteger(id), body: body! };
}

export function encodeHeadersRequest({ start, count, skip, reverse }: HeadersRequest): Rlp {
  return [
    'hash' in start ? start.hash : toInteger(start.number),
    toInteger(count),
    toInteger(skip),
    toInteger(reverse ? 1 : 0),
  ];
}

export function decodeHeadersRequest(body: Rlp): HeadersRequest {
  const [start, count, skip, reverse] = asList(body, 4, 4);
  const origin = asBytes(start);
  return {
    start: origin.length === 32 ? { hash: origin } : { number: asInteger(origin) },
    count: asCount(count, MAX_HEADERS),
    skip: asCount(skip, Number.MAX_SAFE_INTEGER),
    reverse: asInteger(reverse) !== 0n,
  };
}

export function decodeHeaders(body: Rlp, common: Common): BlockHeader[] {
  return asList(body, 0, MAX_HEADERS).map((header) => decodeHeader(header, common));
}

export function decodeHeader(header: Rlp, common: Common): BlockHeader {
  const fields = asList(header, 15, 16).map((field) => asBytes(field));
  return guarded('header', () => createBlockHeaderFromBytesArray(fields, { common, setHardfork: true }));
}

export function decodeBodies(body: Rlp): BodyRlp[] {
  return asList(body, 0, MAX_BODIES).map((item) => {
    const [transactions, uncles] = asList(item, 2, 2);
    return [asList(transactions), asList(uncles)];
  });
}

export function toBlock(header: BlockHeader, [transactions, uncles]: BodyRlp, common: Common): Block {
  return guarded('block', () => {
    const options = { common, setHardfork: true };
    const txs = transactions.map((tx) =>
      createTxFromBlockBodyData(tx as Uint8Array | Uint8Array[], { common: header.common }),
    );
    const uncleHeaders = uncles.map((uncle) => decodeHeader(uncle, common));
    return new Block(header, txs, uncleHeaders, undefined, options);
  });
}

export function decodeNewBlock(payload: Rlp, common: Common): { block: Block; totalDifficulty: bigint } {
  const [block, totalDifficulty] = asList(payload, 2, 2);
  const [header, transactions, uncles] = asList(block, 3, 3);
  const values = [asList(header), asList(transactions), asList(uncles)] as unknown as Parameters<
    typeof createBlockFromBytesArray
  >[0];
  return {
    block: guarded('block', () => createBlockFromBytesArray(values, { common, setHardfork: true })),
    totalDifficulty: asInteger(totalDifficulty),
  };
}

export function encodeNewBlock(block: Block, totalDifficulty: bigint): Rlp {
  return [[block.header.raw() as Rlp, ...(rawBody(block) as Rlp[])], toInteger(totalDifficulty)];
}

export function decodeNewBlockHashes(payload: Rlp): { hash: Uint8Array; number: bigint }[] {
  return asList(payload, 0, MAX_HASHES).map((item) => {
    const [hash, number] = asList(item, 2, 2);
    return { hash: asBytes(hash, 32), number: asInteger(number) };
  });
}

/** Raw transactions: bytes of a typed one, fields of a legacy one; each decoded by the caller, who knows whom to blame. */
export function decodeTransactions(body: Rlp, common: Common): TypedTransaction[] {
  return asList(body, 0, MAX_TRANSACTIONS).map((tx) =>
    guarded('transaction', () => createTxFromBlockBodyData(tx as Uint8Array | Uint8Array[], { common })),
  );
}

export function encodeTransactions(transactions: readonly TypedTransaction[]): Rlp {
  return transactions.map((tx) => (tx.type === 0 ? (tx.raw() as Rlp) : tx.serialize()));
}

/** eth/68 announces types and sizes beside the hashes. */
export function encodeAnnouncement(transactions: readonly TypedTransaction[]): Rlp {
  return [
    Uint8Array.from(transactions.map(({ type }) => type)),
    transactions.map((tx) => toInteger(tx.serialize().length)),
    transactions.map((tx) => tx.hash()),
  ];
}

export function decodeAnnouncement(payload: Rlp): Uint8Array[] {
  const [types, sizes, hashes] = asList(payload, 3, 3);
  const list = asHashes(hashes);
  if (asBytes(types).length !== list.length || asList(sizes).length !== list.length) fault('lists of different length');
  return list;
}

function guarded<T>(what: string, decode: () => T): T {
  try {
    return decode();
  } catch (cause) {
    if (cause instanceof ChainError) throw cause;
    return fault(`not a ${what}: ${(cause as Error).message}`, cause);
  }
}
