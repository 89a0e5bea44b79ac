/** Log filters: reading one from a request and matching logs against it. Pure. */
import type { Block } from '@ethereumjs/block';
import { bytesToHex } from '@ethereumjs/util';
import type { RawLog, Receipt } from '../store/codec.ts';
import { INVALID_PARAMS, LIMIT_EXCEEDED, RpcError } from './errors.ts';
import { logsOf, toRpcLog } from './format.ts';
import { type BlockRef, blockRef, data, object } from './params.ts';

/** Addresses, or topics at one place, in one filter. */
const MAX_ALTERNATIVES = 1_000;
const MAX_TOPICS = 4;

export type RpcLog = ReturnType<typeof toRpcLog>;

export interface LogFilter {
  /** Hex addresses; undefined matches all. */
  addresses?: Set<string>;
  /** Per place the topics that match; undefined matches all. */
  topics: (Set<string> | undefined)[];
  range: { block: Uint8Array } | { from: BlockRef; to: BlockRef };
}

/** @throws -32602 */
export function readLogFilter(value: unknown, position: number): LogFilter {
  const { address, topics, fromBlock, toBlock, blockHash } = value === undefined ? {} : object(value, position);
  if (blockHash !== undefined && (fromBlock !== undefined || toBlock !== undefined)) {
    throw new RpcError(INVALID_PARAMS, 'cannot specify both BlockHash and FromBlock/ToBlock, choose one or the other');
  }
  if (topics !== undefined && topics !== null && (!Array.isArray(topics) || topics.length > MAX_TOPICS)) {
    throw new RpcError(INVALID_PARAMS, 'expected at most four topics');
  }
  const given = (block: unknown) => (block === undefined || block === null ? 'latest' : blockRef(block, position));
  return {
    addresses: alternatives(address, position, 20),
    topics: ((topics as unknown[] | null | undefined) ?? []).map((topic) => alternatives(topic, position, 32)),
    range:
      blockHash !== undefined
        ? { block: data(blockHash, position, 32) }
        : { from: given(fromBlock), to: given(toBlock) },
  };
}

function alternatives(value: unknown, position: number, length: number): Set<string> | undefined {
  if (value === undefined || value === null) return undefined;
  const list = Array.isArray(value) ? value : [value];
  if (list.length > MAX_ALTERNATIVES) throw new RpcError(LIMIT_EXCEEDED, 'too many alternatives in a filter');
  return list.length === 0 ? undefined : new Set(list.map((item) => bytesToHex(data(item, position, length))));
}

export function matches([address, topics]: RawLog, filter: LogFilter): boolean {
  if (filter.addresses && !filter.addresses.has(bytesToHex(address))) return false;
  if (filter.topics.length > topics.length) return false;
  return filter.topics.every((wanted, i) => !wanted || wanted.has(bytesToHex(topics[i]!)));
}

export function matchingLogs(block: Block, receipts: readonly Receipt[], filter: LogFilter, removed = false): RpcLog[] {
  const found: RpcLog[] = [];
  for (const { log, place } of logsOf(block, receipts, removed))
    if (matches(log, filter)) found.push(toRpcLog(log, place));
  return found;
}
