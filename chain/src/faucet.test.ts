/** The faucet as a process: it gives on a chain that funds it, and says why not on others. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { computeAddress } from 'ethers';
import { readGenesis } from './genesis.ts';
import { PUBLISHED_KEY } from './published-key.ts';
import { createTestNode } from './testing/node.ts';

const FAUCET = fileURLToPath(new URL('./faucet.ts', import.meta.url));
const SOMEBODY = `0x${'5b'.repeat(20)}`;

async function faucet(...args: string[]) {
  const child = spawn(process.execPath, [FAUCET, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { output, errors, code: child.exitCode };
}

test('gives coins on the development chain', async () => {
  const genesis = await readGenesis(new URL('../../genesis/dev.json', import.meta.url));
  await using net = await createTestNode({ genesis, mine: { threads: 1 } });
  const given = await faucet(SOMEBODY, '--rpc', net.url, '--amount', '2.5', '--json');
  assert.equal(given.code, 0, given.errors);
  const { hash, to, wei } = JSON.parse(given.output);
  assert.equal(to, SOMEBODY);
  assert.equal(wei, '2500000000000000000');
  assert.equal(BigInt(await net.rpc('eth_getBalance', SOMEBODY, 'latest')), 2_500_000_000_000_000_000n);
  assert.equal((await net.rpc('eth_getTransactionReceipt', hash)).status, '0x1');
  const tooMuch = await faucet(SOMEBODY, '--rpc', net.url, '--amount', '20000');
  assert.equal(tooMuch.code, 1);
  assert.match(tooMuch.errors, /cannot give that/);
});

test('says what it takes', async () => {
  const help = await faucet('--help');
  assert.equal(help.code, 0, help.errors);
  assert.match(help.output, /--amount <chi>\s+how much \(default: 10 CHI\)/);
});

test('says why not: no money there, no node, no address', async () => {
  await using net = await createTestNode();
  const poor = await faucet(SOMEBODY, '--rpc', net.url);
  assert.equal(poor.code, 1);
  assert.match(poor.errors, new RegExp(`${computeAddress(PUBLISHED_KEY)}\\) holds 0.0 CHI`));
  const nobody = await faucet(SOMEBODY, '--rpc', 'http://127.0.0.1:1');
  assert.equal(nobody.code, 1);
  assert.match(nobody.errors, /No chain node answers/);
  assert.equal((await faucet('somebody')).code, 1);
});
