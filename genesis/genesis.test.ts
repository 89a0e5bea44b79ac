/** The committed genesis files: fresh, as the design says, and with the contracts where x402 looks for them. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createChainSpec, type Genesis } from '../chain/src/genesis.ts';
import { createLog } from '../chain/src/log.ts';
import { createChainNode } from '../chain/src/node.ts';
import { CONTRACT_ADDRESSES } from '../protocol/src/addresses.ts';
import { BATCH_SETTLEMENT_RUNTIME_BYTECODE } from '../protocol/src/generated/batch-settlement.ts';

const BATCH_SETTLEMENT = CONTRACT_ADDRESSES.BatchSettlement;
const GENERATOR = fileURLToPath(new URL('generate.ts', import.meta.url));
const read = async (name: string) => JSON.parse(await readFile(new URL(name, import.meta.url), 'utf8')) as Genesis;
const generate = (...args: string[]) => spawnSync(process.execPath, [GENERATOR, ...args], { encoding: 'utf8' });

test('the files are what the generator writes', () => {
  const { status, stderr } = generate('--check');
  assert.equal(status, 0, stderr);
});

test('the network: the numbers of the design, in the form that other clients take', async () => {
  const genesis = await read('genesis.json');
  const { config } = genesis;
  assert.equal(config.chainId, 98765);
  assert.equal(genesis.difficulty, '0x400000');
  assert.equal(genesis.gasLimit, '0x47b760');
  assert.equal(genesis.extraData, '0x4b656570206f6e206b656570696e67206f6e21');
  assert.equal(Buffer.from(genesis.extraData!.slice(2), 'hex').toString('ascii'), 'Keep on keeping on!');
  const forks = Object.entries(config).filter(([key]) => key.endsWith('Block'));
  assert.equal(forks.length, 13);
  assert.ok(forks.every(([, block]) => block === 0));
  assert.deepEqual(
    Object.keys(config).sort(),
    ['chainId', 'ethash', ...forks.map(([key]) => key)].sort(),
    'and nothing else',
  );
  for (const field of ['nonce', 'timestamp', 'mixHash', 'coinbase', 'baseFeePerGas', 'parentHash'] as const)
    assert.ok(genesis[field], field);
  const rich = Object.values(genesis.alloc).filter(({ balance }) => BigInt(balance) === 10_000n * 10n ** 18n);
  assert.equal(rich.length, 10);
});

test('development: the same chain id, a small Ethash, a low floor, no delay', async () => {
  const spec = await createChainSpec(await read('dev.json'));
  assert.equal(spec.chainId, 98765n);
  assert.equal(spec.ethash?.datasetInitBytes, 1_048_576);
  assert.ok(spec.difficulty.minimum < 0x400000n && spec.difficulty.stepSeconds < 9n);
  const network = await createChainSpec(await read('genesis.json'));
  assert.notDeepEqual(spec.genesis.hash(), network.genesis.hash(), 'nodes of one never join the other');
});

test('a node that begins from each file has the contracts and the accounts', async () => {
  for (const profile of ['full', 'dev'] as const) {
    const datadir = await mkdtemp(join(tmpdir(), 'chiral-genesis-'));
    await using stack = new AsyncDisposableStack();
    stack.defer(() => rm(datadir, { recursive: true, force: true }));
    const node = await createChainNode({ profile, datadir, rpcPort: 0, log: createLog('silent') });
    stack.defer(() => node.stop());
    const call = async (method: string, ...params: unknown[]) => {
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
      const response = await fetch(node.rpc!.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      });
      return ((await response.json()) as { result: unknown }).result;
    };
    assert.equal(await call('eth_getCode', BATCH_SETTLEMENT, 'latest'), BATCH_SETTLEMENT_RUNTIME_BYTECODE);
    const domain = (await call('eth_call', { to: BATCH_SETTLEMENT, data: '0x84b0196e' }, 'latest')) as string;
    assert.ok(Buffer.from(domain.slice(2), 'hex').includes('x402 Batch Settlement'), 'eip712Domain() answers');
    assert.equal(
      BigInt((await call('eth_getBalance', '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266', 'latest')) as string),
      10_000n * 10n ** 18n,
    );
    assert.equal(await call('eth_chainId'), '0x181cd');
    for (const [name, address] of Object.entries(CONTRACT_ADDRESSES))
      assert.ok(((await call('eth_getCode', address, 'latest')) as string).length > 100, name);
  }
});

test('your own accounts instead of the published ones', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'chiral-genesis-'));
  const out = join(folder, 'own.json');
  const own = '0x00000000000000000000000000000000000000aa';
  assert.equal(generate('--fund', `${own}=5`, '--out', out).status, 0);
  const genesis = JSON.parse(await readFile(out, 'utf8')) as Genesis;
  const rich = Object.entries(genesis.alloc).filter(([, { balance }]) => BigInt(balance) > 0n);
  assert.deepEqual(rich, [[own.slice(2), { balance: '0x4563918244f40000' }]]);
  assert.notEqual(generate('--fund', 'nobody=5', '--out', out).status, 0);
  assert.notEqual(generate('--fund', `${own}=5`).status, 0);
  await rm(folder, { recursive: true, force: true });
});
