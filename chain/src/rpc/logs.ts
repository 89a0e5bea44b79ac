/** Searching the chain for logs, by way of the blooms. */
import { hexToBytes, type PrefixedHexString } from '@ethereumjs/util';
import { keccak256 } from '../keccak.ts';
import { createBreather } from './breathe.ts';
import { findView, type RpcContext } from './context.ts';
import { INVALID_PARAMS, LIMIT_EXCEEDED, RpcError, SERVER_ERROR } from './errors.ts';
import { type LogFilter, matchingLogs, type RpcLog } from './log-filter.ts';
import type { BlockRef } from './params.ts';

/** @throws -32000 unknown block; -32005 too many results */
export async function searchLogs(context: RpcContext, filter: LogFilter): Promise<RpcLog[]> {
  const { chain, limits } = context;
  if ('block' in filter.range) {
    const found = await findView(context, { hash: filter.range.block, requireCanonical: false });
    if (!found) throw new RpcError(SERVER_ERROR, 'unknown block');
    return matchingLogs(found.block, found.receipts(), filter);
  }
  const { from, to } = filter.range;
  const head = chain.head.block.header.number;
  const first = await numberOf(context, from);
  const last = await numberOf(context, to);
  if (first > last) throw new RpcError(INVALID_PARAMS, 'invalid block range params');
  const logs: RpcLog[] = [];
  const mayHold = bloomTest(filter);
  const breathe = createBreather(limits.callMs);
  for await (const { number, bloom } of chain.blooms(first, last < head ? last : head)) {
    if (!mayHold(bloom)) continue;
    await breathe();
    const block = chain.canonicalBlock(number);
    const receipts = block && chain.receipts(block.hash());
    if (block && receipts) logs.push(...matchingLogs(block, receipts, filter));
    if (logs.length > limits.logs)
      throw new RpcError(LIMIT_EXCEEDED, `query returned more than ${limits.logs} results`);
  }
  return logs;
}

async function numberOf(context: RpcContext, ref: BlockRef): Promise<bigint> {
  if (typeof ref === 'bigint') return ref < 2n ** 63n ? ref : 2n ** 63n;
  if (ref === 'pending' || ref === 'latest') return context.chain.head.block.header.number;
  const found = await findView(context, ref);
  if (!found) throw new RpcError(SERVER_ERROR, 'unknown block');
  return found.block.header.number;
}

/** A test that is true for every bloom of a block with a matching log, and rarely for another. */
function bloomTest(filter: LogFilter): (bloom: Uint8Array) => boolean {
  const groups = [filter.addresses, ...filter.topics].flatMap((group) => (group ? [[...group].map(bitsOf)] : []));
  return (bloom) =>
    groups.every((group) => group.some((bits) => bits.every(([byte, mask]) => (bloom[byte]! & mask) !== 0)));
}

/** The three bits that an item sets in a bloom. Yellow paper, section 4.3.1. */
function bitsOf(hex: string): [number, number][] {
  const hash = keccak256(hexToBytes(hex as PrefixedHexString));
  return [0, 2, 4].map((i) => {
    const bit = ((hash[i]! << 8) | hash[i + 1]!) & 2047;
    return [255 - (bit >> 3), 1 << (bit & 7)];
  });
}
