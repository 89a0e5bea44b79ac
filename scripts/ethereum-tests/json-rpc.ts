/**
 * The JSON-RPC vectors of github.com/ethereum/execution-apis (tests/chain.rlp and tests/METHOD/CASE.io). Their chain mines for 35
 * blocks, through every fork that ours begins with, and stakes from then on. We import the mined part and run the cases that
 * speak of it, for the methods that exist here; what needs a later block, or the newest, does not apply.
 */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Chain } from '@chiral/chain/chain';
import { createChainSpec, type Genesis } from '@chiral/chain/genesis';
import { createLog } from '@chiral/chain/log';
import { WorkSource } from '@chiral/chain/miner/work';
import { DEFAULT_LIMITS, type RpcContext } from '@chiral/chain/rpc/context';
import { dispatch } from '@chiral/chain/rpc/dispatch';
import { FilterSet } from '@chiral/chain/rpc/filters';
import { METHODS } from '@chiral/chain/rpc/methods';
import { ChainStore } from '@chiral/chain/store/store';
import { TxPool } from '@chiral/chain/txpool/pool';
import { MAINNET_PARAMS } from '@chiral/ethash/params';
import { createBlockFromBytesArray } from '@ethereumjs/block';
import { RLP } from '@ethereumjs/rlp';
import type { Recorder } from '../ethereum-tests.ts';

/** Methods whose answer depends on the newest block or on what waits, whatever they are asked. */
const ABOUT_NOW = new Set([
  'eth_blockNumber',
  'eth_syncing',
  'eth_sendRawTransaction',
  'txpool_content',
  'txpool_status',
]);
/** Where the block stands among the parameters; a case that leaves it out asks for the newest. */
const BLOCK_AT: Record<string, number> = {
  eth_getBalance: 1,
  eth_getCode: 1,
  eth_getTransactionCount: 1,
  eth_call: 1,
  eth_estimateGas: 1,
  eth_createAccessList: 1,
  eth_getStorageAt: 2,
  eth_getProof: 2,
};
/**
 * Fields that are not compared: the first three a later specification adds, the last it dropped with the merge, and clients of
 * mined chains give it.
 */
const OTHER_TIMES = ['blockTimestamp', 'baseFeePerBlobGas', 'blobGasUsedRatio', 'totalDifficulty'];

/** @param folder `tests` of a checkout of execution-apis */
export async function runJsonRpcFolder(folder: string, record: Recorder): Promise<void> {
  const place = await mkdtemp(join(tmpdir(), 'chiral-json-rpc-'));
  const store = await ChainStore.open(place);
  try {
    const context = await openMinedPart(folder, store);
    for (const method of (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isDirectory())) {
      for (const file of (await readdir(join(folder, method.name))).filter((name) => name.endsWith('.io'))) {
        const name = `${method.name} ${file}`;
        if (!METHODS.has(method.name)) record(name, 'skip');
        else record(name, await runCase(context, method.name, await readFile(join(folder, method.name, file), 'utf8')));
      }
    }
  } finally {
    await store.close();
    await rm(place, { recursive: true, force: true });
  }
}

async function openMinedPart(folder: string, store: ChainStore): Promise<RpcContext> {
  const genesis = JSON.parse(await readFile(join(folder, 'genesis.json'), 'utf8'));
  const config = Object.entries(genesis.config).filter(
    ([key]) => !/Time$|^terminal|^mergeNetsplit|^blobSchedule/.test(key),
  );
  const spec = await createChainSpec({ ...genesis, config: Object.fromEntries(config) } as Genesis);
  const log = createLog('silent');
  // The generator of the vectors does not mine; the rules are checked, the work is not.
  const chain = await Chain.open({
    spec,
    store,
    verifier: { verify: async () => true },
    log,
    now: () => Number.MAX_SAFE_INTEGER,
  });
  for (let rest = new Uint8Array(await readFile(join(folder, 'chain.rlp'))); rest.length > 0; ) {
    const { data, remainder } = RLP.decode(rest, true);
    rest = remainder as Uint8Array<ArrayBuffer>;
    const header = (data as unknown as Uint8Array[][])[0]!;
    if (header[7]!.length === 0) break;
    await chain.import(createBlockFromBytesArray(data as never, { common: spec.common, setHardfork: true }));
  }
  const pool = await TxPool.open({ chain, store, log });
  const work = new WorkSource({ chain, pool, params: MAINNET_PARAMS, log });
  const status = {
    clientVersion: '',
    peerCount: () => 0,
    listening: () => true,
    syncing: () => undefined,
    miner: () => undefined,
  };
  return {
    chain,
    pool,
    work,
    status,
    filters: new FilterSet(chain, pool),
    reportedRates: new Map(),
    limits: DEFAULT_LIMITS,
  };
}

async function runCase(context: RpcContext, method: string, text: string): Promise<string | undefined | 'skip'> {
  const lines = text.split('\n');
  const request = lines.find((line) => line.startsWith('>> '))?.slice(3);
  const expected = lines.find((line) => line.startsWith('<< '))?.slice(3);
  if (!request || !expected) return 'skip';
  const { result, error } = JSON.parse(expected);
  if (ABOUT_NOW.has(method) || !speaksOfTheMinedPart(context, method, JSON.parse(request).params, result))
    return 'skip';
  const answer = JSON.parse((await dispatch(request, { context }))!);
  if (error) return answer.error ? undefined : `answered, expected error ${error.code} ${error.message}`;
  if (answer.error) return `error ${answer.error.code} ${answer.error.message}`;
  const [ours, theirs] = [comparable(answer.result), comparable(result)];
  return isDeepStrictEqual(ours, theirs) ? undefined : difference(ours, theirs);
}

/** Whether every block and transaction that a request or its answer names lies in the part that we have. */
function speaksOfTheMinedPart({ chain }: RpcContext, method: string, params: unknown[], result: unknown): boolean {
  const text = JSON.stringify(params ?? []);
  if (/"(latest|pending|safe|finalized)"/.test(text)) return false;
  const last = chain.head.block.header.number;
  const numbers = [...text.matchAll(/"(0x[0-9a-f]{1,8})"/g)].map(([, n]) => BigInt(n!));
  const named = [...text.matchAll(/0x[0-9a-f]{64}/g)].map(([hash]) => hash);
  const at = BLOCK_AT[method];
  if (at !== undefined) {
    const block = params[at];
    if (block === undefined || block === null) return false;
    const hash = /0x[0-9a-f]{64}/.exec(JSON.stringify(block))?.[0];
    return hash !== undefined ? isBlock(chain, hash) : BigInt(block as string) <= last;
  }
  if (numbers.some((n) => n > last && n < 0xffffn)) return false;
  if (
    method === 'eth_getLogs' ||
    method === 'eth_getTransactionReceipt' ||
    method.startsWith('eth_getBlock') ||
    method.startsWith('eth_getTransaction') ||
    method.startsWith('debug_')
  ) {
    const blocks = [...JSON.stringify(result ?? null).matchAll(/"(?:blockHash|hash)":"(0x[0-9a-f]{64})"/g)].map(
      ([, hash]) => hash!,
    );
    if (result !== undefined && result !== null && JSON.stringify(result) !== '[]') {
      if (blocks.length > 0) return blocks.some((hash) => isBlock(chain, hash));
      return named.length === 0 || named.some((hash) => isBlock(chain, hash) || isTransaction(chain, hash));
    }
  }
  return true;
}

function isBlock(chain: Chain, hash: string): boolean {
  return chain.has(Uint8Array.from(Buffer.from(hash.slice(2), 'hex')));
}

function isTransaction(chain: Chain, hash: string): boolean {
  return chain.transactionPlace(Uint8Array.from(Buffer.from(hash.slice(2), 'hex'))) !== undefined;
}

function comparable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !OTHER_TIMES.includes(key))
      .map(([key, inner]) => [key, comparable(inner)]),
  );
}

/** The first places where two answers differ. */
function difference(ours: unknown, theirs: unknown, path = ''): string {
  if (typeof ours === 'object' && typeof theirs === 'object' && ours && theirs) {
    const keys = new Set([...Object.keys(ours), ...Object.keys(theirs)]);
    return [...keys]
      .filter((key) => !isDeepStrictEqual((ours as never)[key], (theirs as never)[key]))
      .slice(0, 4)
      .map((key) => difference((ours as never)[key], (theirs as never)[key], `${path}.${key}`))
      .join('; ');
  }
  return `${path} is ${JSON.stringify(ours)?.slice(0, 90)}, expected ${JSON.stringify(theirs)?.slice(0, 90)}`;
}
