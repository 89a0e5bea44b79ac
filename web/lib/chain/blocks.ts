/** Blocks, transactions and receipts of a chain node's JSON-RPC, as the pages use them. Pure but for asking. */
import { AppError } from '@chiral/protocol/errors';
import type { Provider } from '../wallet/switch.ts';

export interface ChainBlock {
  readonly number: number;
  readonly hash: string;
  readonly parentHash: string;
  readonly miner: string;
  readonly timestampMs: number;
  readonly difficulty: bigint;
  readonly gasUsed: bigint;
  readonly gasLimit: bigint;
  readonly baseFeeWei: bigint | undefined;
  readonly transactions: readonly string[];
}

export interface ChainTransaction {
  readonly hash: string;
  readonly blockNumber: number | undefined;
  readonly from: string;
  readonly to: string | null;
  readonly wei: bigint;
  readonly input: `0x${string}`;
}

export interface ChainLog {
  readonly address: `0x${string}`;
  readonly topics: readonly `0x${string}`[];
  readonly data: `0x${string}`;
  readonly blockNumber: number;
  readonly transactionHash: string;
  readonly logIndex: number;
}

export interface ChainReceipt {
  readonly succeeded: boolean;
  readonly feeWei: bigint;
  readonly logs: readonly ChainLog[];
}

type Raw = Record<string, unknown>;
const hex = (value: unknown): bigint => BigInt(typeof value === 'string' ? value : 0);
const quantity = (value: number): string => `0x${value.toString(16)}`;

const toBlock = (raw: Raw): ChainBlock => ({
  number: Number(raw.number),
  hash: String(raw.hash),
  parentHash: String(raw.parentHash),
  miner: String(raw.miner),
  timestampMs: Number(raw.timestamp) * 1000,
  difficulty: hex(raw.difficulty),
  gasUsed: hex(raw.gasUsed),
  gasLimit: hex(raw.gasLimit),
  baseFeeWei: raw.baseFeePerGas === undefined ? undefined : hex(raw.baseFeePerGas),
  transactions: raw.transactions as string[],
});

const toLog = (raw: Raw): ChainLog => ({
  address: raw.address as `0x${string}`,
  topics: raw.topics as `0x${string}`[],
  data: raw.data as `0x${string}`,
  blockNumber: Number(raw.blockNumber),
  transactionHash: String(raw.transactionHash),
  logIndex: Number(raw.logIndex),
});

const notFound = (what: string) => new AppError('NOT_FOUND', `The chain has no such ${what}.`);

export async function blockNumber(chain: Provider): Promise<number> {
  return Number(await chain.request({ method: 'eth_blockNumber' }));
}

/** @throws NOT_FOUND, CHAIN_UNREACHABLE */
export async function readBlock(chain: Provider, id: number | string): Promise<ChainBlock> {
  const raw =
    typeof id === 'number'
      ? await chain.request({ method: 'eth_getBlockByNumber', params: [quantity(id), false] })
      : await chain.request({ method: 'eth_getBlockByHash', params: [id, false] });
  if (!raw) throw notFound('block');
  return toBlock(raw as Raw);
}

/** The newest, newest first. */
export async function latestBlocks(chain: Provider, count: number): Promise<ChainBlock[]> {
  const head = await blockNumber(chain);
  const numbers = Array.from({ length: Math.min(count, head + 1) }, (_, i) => head - i);
  return Promise.all(numbers.map((number) => readBlock(chain, number)));
}

/** @throws NOT_FOUND, CHAIN_UNREACHABLE */
export async function readTransaction(
  chain: Provider,
  hash: string,
): Promise<{ transaction: ChainTransaction; receipt: ChainReceipt | undefined }> {
  const [raw, receipt] = (await Promise.all([
    chain.request({ method: 'eth_getTransactionByHash', params: [hash] }),
    chain.request({ method: 'eth_getTransactionReceipt', params: [hash] }),
  ])) as [Raw | null, Raw | null];
  if (!raw) throw notFound('transaction');
  return {
    transaction: {
      hash: String(raw.hash),
      blockNumber: raw.blockNumber === null ? undefined : Number(raw.blockNumber),
      from: String(raw.from),
      to: (raw.to as string | null) ?? null,
      wei: hex(raw.value),
      input: raw.input as `0x${string}`,
    },
    receipt: receipt
      ? {
          succeeded: hex(receipt.status) === 1n,
          feeWei: hex(receipt.gasUsed) * hex(receipt.effectiveGasPrice),
          logs: (receipt.logs as Raw[]).map(toLog),
        }
      : undefined,
  };
}

/** Logs of one contract over the last `blocks` blocks, oldest first. `topics` narrows them as `eth_getLogs` does. */
export async function recentLogs(
  chain: Provider,
  address: string,
  blocks: number,
  topics: (string | string[] | null)[] = [],
): Promise<ChainLog[]> {
  const head = await blockNumber(chain);
  const raw = (await chain.request({
    method: 'eth_getLogs',
    params: [{ address, fromBlock: quantity(Math.max(0, head - blocks)), toBlock: quantity(head), topics }],
  })) as Raw[];
  return raw.map(toLog);
}
