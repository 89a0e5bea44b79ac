/** What the RPC methods may see of the node: reading, the pool's front door and the work desk. No keys exist here. */
import type { MinerStats } from '@chiral/ethash/types';
import type { Block } from '@ethereumjs/block';
import { bytesToHex } from '@ethereumjs/util';
import type { Chain } from '../chain.ts';
import type { ExecutionSource } from '../execution/execute.ts';
import type { WorkSource } from '../miner/work.ts';
import type { Receipt } from '../store/codec.ts';
import type { TxPool } from '../txpool/pool.ts';
import { RpcError, SERVER_ERROR, UNKNOWN_BLOCK } from './errors.ts';
import type { FilterSet } from './filters.ts';
import type { BlockRef, Params } from './params.ts';

export interface SyncProgress {
  startingBlock: bigint;
  currentBlock: bigint;
  highestBlock: bigint;
}

export interface NodeStatus {
  /** Name and version, as `web3_clientVersion` gives it. */
  clientVersion: string;
  peerCount(): number;
  listening(): boolean;
  /** Undefined when up to date. */
  syncing(): SyncProgress | undefined;
  /** Undefined when this process does not mine. */
  miner(): { mining: boolean; stats: MinerStats } | undefined;
}

export interface RpcContext {
  chain: Chain;
  pool: TxPool;
  work: WorkSource;
  status: NodeStatus;
  filters: FilterSet;
  /** Rates that getWork miners reported: hashes per second and when, by their id. */
  reportedRates: Map<string, { perSecond: number; atMs: number }>;
  limits: RpcLimits;
}

export interface RpcLimits {
  /** Gas that one call may use. */
  callGas: bigint;
  /** Milliseconds that one call may take. */
  callMs: number;
  /** Logs in one answer. */
  logs: number;
  /** Steps in one trace, and characters of stack and memory. */
  traceSteps: number;
  traceCharacters: number;
}

export const DEFAULT_LIMITS: RpcLimits = {
  callGas: 50_000_000n,
  callMs: 5_000,
  logs: 10_000,
  traceSteps: 100_000,
  traceCharacters: 32_000_000,
};

export type Method = (context: RpcContext, params: Params) => unknown | Promise<unknown>;
export type MethodTable = Record<string, Method>;

/** A block that a request named, and where its state is read. */
export interface View {
  block: Block;
  source: ExecutionSource;
  /** False for the pending block, which has no hash yet. */
  sealed: boolean;
  receipts(): Receipt[];
}

/** @returns undefined when there is no such block */
export async function findView({ chain, work }: RpcContext, ref: BlockRef): Promise<View | undefined> {
  if (ref === 'pending') {
    const { block, nodes, receipts } = await work.pending();
    const source = { ...chain.source, node: async (hex: string) => nodes.get(hex) ?? chain.source.node(hex) };
    return { block, source, sealed: false, receipts: () => receipts };
  }
  const block = findBlock(chain, ref);
  return block && { block, source: chain.source, sealed: true, receipts: () => chain.receipts(block.hash()) ?? [] };
}

/** @throws -32000 header not found */
export async function view(context: RpcContext, ref: BlockRef): Promise<View> {
  const found = await findView(context, ref);
  if (!found) throw new RpcError(SERVER_ERROR, 'header not found');
  return found;
}

function findBlock(chain: Chain, ref: Exclude<BlockRef, 'pending'>): Block | undefined {
  if (ref === 'latest') return chain.head.block;
  if (ref === 'earliest') return chain.canonicalBlock(0n);
  // Proof of work finalizes nothing; geth answers the same before the merge.
  if (ref === 'safe' || ref === 'finalized') throw new RpcError(UNKNOWN_BLOCK, `${ref} block not found`);
  if (typeof ref === 'bigint') return ref < 2n ** 64n ? chain.canonicalBlock(ref) : undefined;
  const block = chain.block(ref.hash);
  if (block && ref.requireCanonical && !chain.isCanonical(block.header)) {
    throw new RpcError(SERVER_ERROR, `hash ${bytesToHex(ref.hash)} is not currently canonical`);
  }
  return block;
}
