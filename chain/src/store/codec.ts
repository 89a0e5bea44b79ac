/** How blocks and receipts look on disk and on the wire. Decoding never runs anything: it is for our own, already judged, data. */
import { type Block, type BlockHeader, createBlockFromBytesArray, createBlockHeaderFromRLP } from '@ethereumjs/block';
import type { Common } from '@ethereumjs/common';
import { RLP } from '@ethereumjs/rlp';
import { Capability } from '@ethereumjs/tx';
import { bigIntToUnpaddedBytes, bytesToBigInt, concatBytes, equalsBytes } from '@ethereumjs/util';
import { Bloom, type TxReceipt } from '@ethereumjs/vm';

/** Address, topics, data. */
export type RawLog = [Uint8Array, Uint8Array[], Uint8Array];

/** What a transaction did. The bloom is computed from the logs when it is asked for. */
export interface Receipt {
  /** EIP-2718 type; 0 is a legacy transaction. */
  type: number;
  /** 1 or 0 since Byzantium, before that the state root after the transaction. */
  outcome: 0 | 1 | Uint8Array;
  /** Gas of the block up to and including this transaction. */
  cumulativeGas: bigint;
  logs: RawLog[];
}

/** A block together with what its execution gave. */
export interface ExecutedBlock {
  block: Block;
  receipts: Receipt[];
}

export function toReceipt(type: number, receipt: TxReceipt): Receipt {
  return {
    type,
    outcome: 'stateRoot' in receipt ? receipt.stateRoot : receipt.status,
    cumulativeGas: receipt.cumulativeBlockGasUsed,
    logs: receipt.logs as RawLog[],
  };
}

export function encodeReceipts(receipts: readonly Receipt[]): Uint8Array {
  return RLP.encode(
    receipts.map((r) => [
      bigIntToUnpaddedBytes(BigInt(r.type)),
      outcomeBytes(r),
      bigIntToUnpaddedBytes(r.cumulativeGas),
      r.logs,
    ]),
  );
}

export function decodeReceipts(bytes: Uint8Array): Receipt[] {
  return (RLP.decode(bytes) as unknown as [Uint8Array, Uint8Array, Uint8Array, RawLog[]][]).map(
    ([type, outcome, cumulativeGas, logs]) => ({
      type: Number(bytesToBigInt(type)),
      outcome: outcome.length === 32 ? outcome : outcome.length === 1 ? 1 : 0,
      cumulativeGas: bytesToBigInt(cumulativeGas),
      logs,
    }),
  );
}

export function logsBloom(logs: readonly RawLog[]): Uint8Array {
  const bloom = new Bloom();
  for (const [address, topics] of logs) {
    bloom.add(address);
    for (const topic of topics) bloom.add(topic);
  }
  return bloom.bitvector;
}

/** Consensus encoding of a receipt, as it stands in the receipt trie and in eth/68 Receipts. */
export function encodeConsensusReceipt(receipt: Receipt): Uint8Array {
  const body = RLP.encode([
    outcomeBytes(receipt),
    bigIntToUnpaddedBytes(receipt.cumulativeGas),
    logsBloom(receipt.logs),
    receipt.logs,
  ]);
  return receipt.type === 0 ? body : concatBytes(Uint8Array.of(receipt.type), body);
}

function outcomeBytes(receipt: Receipt): Uint8Array {
  if (typeof receipt.outcome === 'object') return receipt.outcome;
  return receipt.outcome === 1 ? Uint8Array.of(1) : new Uint8Array(0);
}

/** RLP of [transactions, uncles], the form of eth/68 BlockBodies. */
export function encodeBody(block: Block): Uint8Array {
  return RLP.encode(rawBody(block));
}

export function rawBody(block: Block): [(Uint8Array | Uint8Array[])[], Uint8Array[][]] {
  return [
    block.transactions.map((tx) =>
      tx.supports(Capability.EIP2718TypedTransaction) ? tx.serialize() : (tx.raw() as Uint8Array[]),
    ),
    block.uncleHeaders.map((header) => header.raw() as Uint8Array[]),
  ];
}

export function decodeHeader(bytes: Uint8Array, common: Common): BlockHeader {
  return createBlockHeaderFromRLP(bytes, { common, setHardfork: true });
}

export function decodeBlock(header: Uint8Array, body: Uint8Array, common: Common): Block {
  const [transactions, uncles] = RLP.decode(body) as unknown as [Uint8Array[], Uint8Array[][]];
  const values = [RLP.decode(header), transactions, uncles] as unknown as Parameters<
    typeof createBlockFromBytesArray
  >[0];
  return createBlockFromBytesArray(values, { common, setHardfork: true });
}

/** True when two byte strings are equal; undefined equals nothing. */
export function sameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a !== undefined && b !== undefined && equalsBytes(a, b);
}
