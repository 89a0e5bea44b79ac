/** The daemon as a process: its ready line, its end, and its end without warning. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { COINBASE } from './testing/fixture.ts';
import { post } from './testing/node.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
const BASE = ['--json', '--log-level', 'silent', '--rpc-port', '0', '--p2p-port', '0'];

function start(...args: string[]): ChildProcess {
  return spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
}

async function ready(
  child: ChildProcess,
): Promise<{ rpcUrl: string; wsUrl: string; enode: string; genesisHash: string; head: number; chainId: number }> {
  for await (const line of createInterface({ input: child.stdout! })) return JSON.parse(line);
  throw new Error('the daemon ended before it was ready');
}

async function numberAt(url: string): Promise<number> {
  return Number((await post(url, { jsonrpc: '2.0', id: 1, method: 'eth_blockNumber', params: [] })).result);
}

/** Asks ten times a second, so that the miner has the processor meanwhile. */
async function reaches(url: string, least: number): Promise<number> {
  for (;;) {
    const number = await numberAt(url);
    if (number >= least) return number;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

test('mines, ends at SIGINT, goes on where it was, and survives kill -9', async () => {
  const datadir = await mkdtemp(join(tmpdir(), 'chiral-main-'));
  const args = [...BASE, '--datadir', datadir, '--mine', '--threads', '1', '--etherbase', COINBASE.toString()];
  let child = start(...args);
  const first = await ready(child);
  assert.equal(first.chainId, 98765);
  assert.match(first.enode, /^enode:\/\/[0-9a-f]{128}@127\.0\.0\.1:\d+$/);
  assert.equal((await stat(join(datadir, 'nodekey'))).mode & 0o777, 0o600);
  let reached = await reaches(first.rpcUrl, 2);
  child.kill('SIGINT');
  assert.deepEqual(await once(child, 'exit'), [0, null]);

  child = start(...args);
  const second = await ready(child);
  assert.ok(second.head >= reached);
  assert.equal(second.genesisHash, first.genesisHash);
  assert.equal(second.enode.split('@')[0], first.enode.split('@')[0]);
  reached = await reaches(second.rpcUrl, second.head + 1);
  child.kill('SIGKILL');
  await once(child, 'exit');

  child = start(...args);
  const third = await ready(child);
  assert.ok(third.head >= reached);
  child.kill('SIGTERM');
  assert.deepEqual(await once(child, 'exit'), [0, null]);
  await rm(datadir, { recursive: true, force: true });
});

test("a miner in another process finds out which Ethash it needs, and the reward is the node's", async () => {
  const datadir = await mkdtemp(join(tmpdir(), 'chiral-main-'));
  const node = start(...BASE, '--datadir', datadir, '--etherbase', COINBASE.toString());
  const { rpcUrl } = await ready(node);
  const script = fileURLToPath(new URL('./mine.ts', import.meta.url));
  const args = [
    '--rpc',
    rpcUrl,
    '--threads',
    '1',
    '--cache-dir',
    join(datadir, 'ethash'),
    '--json',
    '--log-level',
    'silent',
  ];
  const miner = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const found: { accepted: boolean }[] = [];
  for await (const line of createInterface({ input: miner.stdout })) {
    if (found.push(JSON.parse(line)) === 2) miner.kill('SIGINT');
  }
  if (miner.exitCode === null) await once(miner, 'exit');
  assert.equal(miner.exitCode, 0);
  assert.ok(found.some(({ accepted }) => accepted));
  const balance = await post(rpcUrl, {
    jsonrpc: '2.0',
    id: 1,
    method: 'eth_getBalance',
    params: [COINBASE.toString(), 'latest'],
  });
  assert.equal(BigInt(balance.result), BigInt(await numberAt(rpcUrl)) * 2n * 10n ** 18n);
  node.kill('SIGTERM');
  await once(node, 'exit');
  await rm(datadir, { recursive: true, force: true });
});

test('says what is wrong and ends with an error', async () => {
  const datadir = await mkdtemp(join(tmpdir(), 'chiral-main-'));
  const cases: [string[], RegExp][] = [
    [['--mine'], /needs --etherbase/],
    [['--etherbase', '0x12'], /an address/],
    [['--rpc-port', '99999'], /an integer/],
    [['--extra-data', 'x'.repeat(33)], /at most 32 bytes/],
    [['--bootnodes', 'enode://nonsense'], /not an enode URL/],
    [['--profile', 'mainnet'], /Allowed choices are dev, full/],
  ];
  const each = cases.map(async ([args, message]) => {
    const child = start(...BASE, '--datadir', datadir, ...args);
    let text = '';
    child.stderr!.on('data', (part) => {
      text += part;
    });
    const [code] = await once(child, 'close');
    assert.equal(code, 1, args.join(' '));
    assert.match(text, message);
  });
  await Promise.all(each);
  await rm(datadir, { recursive: true, force: true });
});
