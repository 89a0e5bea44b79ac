/** For tests only: a whole node that mines when it is told to, and calls on its RPC. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Genesis } from '../genesis.ts';
import { type ChainNode, type ChainNodeOptions, createChainNode } from '../node.ts';
import { COINBASE, searcher, silent, testGenesis } from './fixture.ts';

/** What JSON holds; a test knows what it asked for. */
// biome-ignore lint/suspicious/noExplicitAny: answers are as the method gives them
type Json = any;

export interface TestNode extends AsyncDisposable {
  node: ChainNode;
  folder: string;
  url: string;
  /** Seals the current work, `count` times. */
  mine(count?: number): Promise<void>;
  /** Result of one call, or its error object thrown as is. */
  rpc(method: string, ...params: unknown[]): Promise<Json>;
}

export async function createTestNode(
  options: Partial<ChainNodeOptions> & { genesis?: Genesis; keep?: boolean } = {},
): Promise<TestNode> {
  const folder = options.datadir ?? (await mkdtemp(join(tmpdir(), 'chiral-node-')));
  const node = await createChainNode({
    genesis: testGenesis(),
    rpcPort: 0,
    etherbase: COINBASE,
    log: silent,
    ...options,
    datadir: folder,
  });
  const url = node.rpc?.url ?? '';
  return {
    node,
    folder,
    url,
    async mine(count = 1) {
      for (let i = 0; i < count; i++) await mineOne(node);
    },
    async rpc(method, ...params) {
      const { result, error } = await post(url, { jsonrpc: '2.0', id: 1, method, params });
      if (error) throw error;
      return result;
    },
    async [Symbol.asyncDispose]() {
      await node.stop();
      if (!options.keep) await rm(folder, { recursive: true, force: true });
    },
  };
}

async function mineOne({ work }: ChainNode): Promise<void> {
  const { sealHash, blockNumber, difficulty } = (await work.current())!;
  const { nonce, mixHash } = await searcher.search({ sealHash, blockNumber, difficulty });
  if (!(await work.submit(sealHash, nonce, mixHash))) throw new Error('the mined block was refused');
}

export async function post(url: string, body: unknown): Promise<Json> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return response.json();
}

/** The test contract: its source stands in the file. */
export async function readCounter(): Promise<{ abi: Json[]; bytecode: `0x${string}` }> {
  return JSON.parse(await readFile(new URL('../../vectors/counter.json', import.meta.url), 'utf8'));
}
