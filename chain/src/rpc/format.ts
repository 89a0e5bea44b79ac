/** Blocks, transactions, receipts and logs in the words of the Ethereum JSON-RPC specification. Pure. */
import type { Block, BlockHeader } from '@ethereumjs/block';
import {
  type AccessList2930Tx,
  Capability,
  type FeeMarket1559Tx,
  type LegacyTx,
  TransactionType,
  type TypedTransaction,
} from '@ethereumjs/tx';
import { bigIntToHex, bytesToHex, type PrefixedHexString } from '@ethereumjs/util';
import { getAddress, getCreateAddress } from 'ethers';
import { logsBloom, type RawLog, type Receipt } from '../store/codec.ts';
import { effectiveTip, feesOf } from '../txpool/rules.ts';

export function toQuantity(value: bigint | number): PrefixedHexString {
  return bigIntToHex(BigInt(value));
}

export interface LogPlace {
  blockHash: Uint8Array;
  blockNumber: bigint;
  blockTimestamp: bigint;
  transactionHash: Uint8Array;
  transactionIndex: number;
  logIndex: number;
  removed?: boolean;
}

export function toRpcLog([address, topics, data]: RawLog, place: LogPlace) {
  return {
    address: bytesToHex(address),
    topics: topics.map((topic) => bytesToHex(topic)),
    data: bytesToHex(data),
    blockHash: bytesToHex(place.blockHash),
    blockNumber: toQuantity(place.blockNumber),
    blockTimestamp: toQuantity(place.blockTimestamp),
    transactionHash: bytesToHex(place.transactionHash),
    transactionIndex: toQuantity(place.transactionIndex),
    logIndex: toQuantity(place.logIndex),
    removed: place.removed ?? false,
  };
}

/** Every log of a block in order, with its place. */
export function* logsOf(
  block: Block,
  receipts: readonly Receipt[],
  removed = false,
): Generator<{ log: RawLog; place: LogPlace }> {
  let logIndex = 0;
  const { number, timestamp } = block.header;
  const shared = { blockHash: block.hash(), blockNumber: number, blockTimestamp: timestamp, removed };
  for (const [transactionIndex, receipt] of receipts.entries()) {
    if (receipt.logs.length === 0) continue;
    const transactionHash = block.transactions[transactionIndex]!.hash();
    for (const log of receipt.logs)
      yield { log, place: { ...shared, transactionHash, transactionIndex, logIndex: logIndex++ } };
  }
}

/** @param place undefined for a transaction that waits */
export function toRpcTransaction(tx: TypedTransaction, place?: { header: BlockHeader; index: number }) {
  const legacy = tx.type === TransactionType.Legacy;
  const market = tx.supports(Capability.EIP1559FeeMarket);
  const { maxFee, maxTip } = feesOf(tx);
  const baseFee = place?.header.baseFeePerGas;
  const protectedTx = !legacy || tx.supports(Capability.EIP155ReplayProtection);
  return {
    blockHash: place ? bytesToHex(place.header.hash()) : null,
    blockNumber: place ? toQuantity(place.header.number) : null,
    transactionIndex: place ? toQuantity(place.index) : null,
    hash: bytesToHex(tx.hash()),
    type: toQuantity(tx.type),
    nonce: toQuantity(tx.nonce),
    from: tx.getSenderAddress().toString(),
    to: tx.to?.toString() ?? null,
    value: toQuantity(tx.value),
    input: bytesToHex(tx.data),
    gas: toQuantity(tx.gasLimit),
    gasPrice: toQuantity(effectivePrice(tx, market && baseFee === undefined ? undefined : baseFee)),
    ...(market && { maxFeePerGas: toQuantity(maxFee), maxPriorityFeePerGas: toQuantity(maxTip) }),
    ...(!legacy && {
      accessList: accessListOf(tx as AccessList2930Tx),
      yParity: toQuantity((tx as FeeMarket1559Tx).v ?? 0n),
    }),
    ...(protectedTx && { chainId: toQuantity(tx.common.chainId()) }),
    v: toQuantity((tx as LegacyTx).v ?? 0n),
    r: toQuantity(tx.r ?? 0n),
    s: toQuantity(tx.s ?? 0n),
  };
}

/** Wei per gas that the transaction pays; its cap while the base fee is unknown. */
export function effectivePrice(tx: TypedTransaction, baseFee: bigint | undefined): bigint {
  const fees = feesOf(tx);
  return baseFee === undefined ? fees.maxFee : baseFee + effectiveTip(fees, baseFee);
}

function accessListOf(tx: AccessList2930Tx) {
  return tx.accessList.map(([address, slots]) => ({
    address: bytesToHex(address),
    storageKeys: slots.map((slot) => bytesToHex(slot)),
  }));
}

export function toRpcHeader(header: BlockHeader) {
  return {
    number: toQuantity(header.number),
    hash: bytesToHex(header.hash()),
    parentHash: bytesToHex(header.parentHash),
    nonce: bytesToHex(header.nonce),
    mixHash: bytesToHex(header.mixHash),
    sha3Uncles: bytesToHex(header.uncleHash),
    logsBloom: bytesToHex(header.logsBloom),
    transactionsRoot: bytesToHex(header.transactionsTrie),
    stateRoot: bytesToHex(header.stateRoot),
    receiptsRoot: bytesToHex(header.receiptTrie),
    miner: header.coinbase.toString(),
    difficulty: toQuantity(header.difficulty),
    extraData: bytesToHex(header.extraData),
    gasLimit: toQuantity(header.gasLimit),
    gasUsed: toQuantity(header.gasUsed),
    timestamp: toQuantity(header.timestamp),
    ...(header.baseFeePerGas !== undefined && { baseFeePerGas: toQuantity(header.baseFeePerGas) }),
  };
}

/** @param totalDifficulty undefined for the pending block, whose hash, nonce and miner are then null too */
export function toRpcBlock(block: Block, totalDifficulty: bigint | undefined, fullTransactions: boolean) {
  const { header } = block;
  const sealed = totalDifficulty !== undefined;
  return {
    ...toRpcHeader(header),
    ...(!sealed && { hash: null, nonce: null, miner: null, mixHash: null }),
    ...(sealed && { totalDifficulty: toQuantity(totalDifficulty) }),
    size: toQuantity(block.serialize().length),
    uncles: block.uncleHeaders.map((uncle) => bytesToHex(uncle.hash())),
    transactions: block.transactions.map((tx, index) => {
      if (!fullTransactions) return bytesToHex(tx.hash());
      const rpc = toRpcTransaction(tx, { header, index });
      return sealed ? rpc : { ...rpc, blockHash: null };
    }),
  };
}

export function toRpcReceipt(block: Block, receipts: readonly Receipt[], index: number) {
  const tx = block.transactions[index]!;
  const receipt = receipts[index]!;
  const before = index === 0 ? 0n : receipts[index - 1]!.cumulativeGas;
  const firstLog = receipts.slice(0, index).reduce((sum, { logs }) => sum + logs.length, 0);
  const from = tx.getSenderAddress().toString();
  const { number, timestamp, baseFeePerGas } = block.header;
  const place = {
    blockHash: block.hash(),
    blockNumber: number,
    blockTimestamp: timestamp,
    transactionHash: tx.hash(),
    transactionIndex: index,
  };
  return {
    type: toQuantity(tx.type),
    transactionHash: bytesToHex(tx.hash()),
    transactionIndex: toQuantity(index),
    blockHash: bytesToHex(place.blockHash),
    blockNumber: toQuantity(number),
    from,
    to: tx.to?.toString() ?? null,
    contractAddress: tx.to ? null : getAddress(getCreateAddress({ from, nonce: tx.nonce })).toLowerCase(),
    cumulativeGasUsed: toQuantity(receipt.cumulativeGas),
    gasUsed: toQuantity(receipt.cumulativeGas - before),
    effectiveGasPrice: toQuantity(effectivePrice(tx, baseFeePerGas)),
    logs: receipt.logs.map((log, i) => toRpcLog(log, { ...place, logIndex: firstLog + i })),
    logsBloom: bytesToHex(logsBloom(receipt.logs)),
    ...(typeof receipt.outcome === 'object'
      ? { root: bytesToHex(receipt.outcome) }
      : { status: toQuantity(receipt.outcome) }),
  };
}
