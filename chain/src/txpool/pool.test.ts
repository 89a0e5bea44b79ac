import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLegacyTx } from '@ethereumjs/tx';
import { bytesToHex } from '@ethereumjs/util';
import {
  ADDRESSES,
  CHI,
  createFixture,
  type Fixture,
  GWEI,
  KEYS,
  makeBlock,
  mine,
  silent,
  transfer,
} from '../testing/fixture.ts';
import { TxPool } from './pool.ts';
import { decodeTransaction } from './rules.ts';

const FEE_FREE = 0n;

function openPool(fixture: Fixture, options: { maxTransactions?: number; minTipWei?: bigint } = {}): Promise<TxPool> {
  return TxPool.open({ chain: fixture.chain, store: fixture.store, log: silent, ...options });
}

test('a gap queues, filling it makes both executable, mining empties the pool', async () => {
  await using fixture = await createFixture();
  const { spec } = fixture;
  const pool = await openPool(fixture);
  const announced: bigint[] = [];
  pool.events.on('pending', (tx) => announced.push(tx.nonce));
  assert.equal(await pool.add(transfer(spec, 0, 1)), false);
  assert.equal(await pool.nextNonce(ADDRESSES[0]!), 0n);
  assert.equal(await pool.add(transfer(spec, 0, 0)), true);
  assert.equal(await pool.nextNonce(ADDRESSES[0]!), 2n);
  assert.deepEqual(announced, [0n, 1n]);
  await mine(fixture, { transactions: [...pool.best(FEE_FREE)] });
  assert.equal(pool.size, 0);
  assert.equal(await pool.nextNonce(ADDRESSES[0]!), 2n);
});

test('refuses with the words of geth', async () => {
  await using fixture = await createFixture();
  const { spec } = fixture;
  const pool = await openPool(fixture, { minTipWei: 100n });
  await mine(fixture, { transactions: [transfer(spec, 0, 0)] });
  const first = transfer(spec, 0, 1);
  await pool.add(first);
  const poor = 10n ** 26n;
  const cases: [string, ReturnType<typeof transfer>][] = [
    ['already known', first],
    ['nonce too low: next nonce 1, tx nonce 0', transfer(spec, 0, 0, { value: 3n })],
    ['replacement transaction underpriced', transfer(spec, 0, 1, { maxPriorityFeePerGas: GWEI * 2n })],
    ['replacement transaction underpriced', transfer(spec, 0, 1, { maxFeePerGas: GWEI * 20n })],
    ['intrinsic gas too low', transfer(spec, 0, 2, { gasLimit: 20_999n })],
    ['exceeds block gas limit', transfer(spec, 0, 2, { gasLimit: 31_000_000n })],
    [
      'transaction underpriced: gas tip cap 99, minimum needed 100',
      transfer(spec, 0, 2, { maxPriorityFeePerGas: 99n }),
    ],
  ];
  for (const [message, tx] of cases) await assert.rejects(pool.add(tx), { code: 'TX_REFUSED', message });
  await assert.rejects(
    pool.add(transfer(spec, 0, 2, { value: poor })),
    /^ChainError: insufficient funds for gas \* price \+ value/,
  );
  const unprotected = createLegacyTx(
    { nonce: 2, gasLimit: 21_000n, gasPrice: GWEI, to: ADDRESSES[1] },
    { common: preSpurious(spec.common) },
  ).sign(KEYS[0]!);
  const decoded = decodeTransaction(unprotected.serialize(), spec.common);
  await assert.rejects(pool.add(decoded), /only replay-protected/);
  assert.equal(pool.size, 1);
});

test('a mainnet transaction is not decodable here', async () => {
  await using fixture = await createFixture();
  const { Common, Mainnet } = await import('@ethereumjs/common');
  const { createFeeMarket1559Tx } = await import('@ethereumjs/tx');
  const common = new Common({ chain: Mainnet, hardfork: 'london' });
  const typed = createFeeMarket1559Tx(
    { chainId: 1n, gasLimit: 21_000n, maxFeePerGas: GWEI, to: ADDRESSES[1] },
    { common },
  ).sign(KEYS[0]!);
  const legacy = createLegacyTx({ gasLimit: 21_000n, gasPrice: GWEI, to: ADDRESSES[1] }, { common }).sign(KEYS[0]!);
  for (const tx of [typed, legacy]) {
    assert.throws(() => decodeTransaction(tx.serialize(), fixture.spec.common), {
      message: 'invalid chain id for signer',
    });
  }
});

test('a replacement with 10 % more takes the place', async () => {
  await using fixture = await createFixture();
  const pool = await openPool(fixture);
  await pool.add(transfer(fixture.spec, 0, 0));
  const better = transfer(fixture.spec, 0, 0, {
    maxFeePerGas: 11n * GWEI,
    maxPriorityFeePerGas: (11n * GWEI) / 10n,
    value: 5n,
  });
  await pool.add(better);
  assert.deepEqual(
    [...pool.best(FEE_FREE)].map((tx) => tx.value),
    [5n],
  );
  assert.equal(pool.size, 1);
});

test('best first by tip at the base fee, each sender in the order of nonces', async () => {
  await using fixture = await createFixture();
  const { spec } = fixture;
  const pool = await openPool(fixture);
  const tip = (gwei: bigint) => ({ maxPriorityFeePerGas: gwei * GWEI, maxFeePerGas: 10n * GWEI });
  await pool.add(transfer(spec, 0, 0, tip(1n)));
  await pool.add(transfer(spec, 0, 1, tip(9n)));
  await pool.add(transfer(spec, 1, 0, tip(5n)));
  await pool.add(transfer(spec, 2, 0, { maxFeePerGas: 7n * GWEI, maxPriorityFeePerGas: 7n * GWEI }));
  const order = (baseFee: bigint) =>
    [...pool.best(baseFee)].map((tx) => `${ADDRESSES.findIndex((a) => a.equals(tx.getSenderAddress()))}:${tx.nonce}`);
  assert.deepEqual(order(0n), ['2:0', '1:0', '0:0', '0:1']);
  assert.deepEqual(order(6n * GWEI), ['1:0', '0:0', '0:1', '2:0'], 'the base fee eats the tip of a low cap');
  assert.deepEqual(order(8n * GWEI), ['1:0', '0:0', '0:1'], 'and what cannot pay it waits');
});

test('a full pool lets the cheapest go for a better one', async () => {
  await using fixture = await createFixture();
  const { spec } = fixture;
  const pool = await openPool(fixture, { maxTransactions: 2 });
  const cheap = transfer(spec, 0, 0, { maxPriorityFeePerGas: 1n });
  await pool.add(cheap);
  await pool.add(transfer(spec, 1, 0, { maxPriorityFeePerGas: 5n }));
  await assert.rejects(pool.add(transfer(spec, 2, 0, { maxPriorityFeePerGas: 1n })), { message: 'txpool is full' });
  await pool.add(transfer(spec, 2, 0, { maxPriorityFeePerGas: 3n }));
  assert.equal(pool.has(cheap.hash()), false);
  assert.equal(pool.size, 2);
});

test('waiting transactions outlive a restart, and mined ones do not come back', async () => {
  let fixture = await createFixture();
  const { spec } = fixture;
  let pool = await openPool(fixture);
  const mined = transfer(spec, 0, 0);
  const waiting = transfer(spec, 0, 1);
  await pool.add(waiting);
  await pool.add(mined);
  await mine(fixture, { transactions: [mined] });
  const batch = fixture.store.batch();
  batch.putPooled(mined.hash(), mined.serialize());
  await fixture.store.write(batch);
  fixture = await fixture.reopen();
  await using _ = fixture;
  pool = await openPool(fixture);
  assert.deepEqual(
    pool.content().pending.map((tx) => bytesToHex(tx.hash())),
    [bytesToHex(waiting.hash())],
  );
  assert.equal((await fixture.store.pooled()).length, 1);
});

test('a reorganisation brings orphaned transactions back, but not those the new branch carries', async () => {
  await using fixture = await createFixture();
  const { spec, chain } = fixture;
  const pool = await openPool(fixture);
  const base = await mine(fixture);
  const [both, lost, spent] = [transfer(spec, 0, 0), transfer(spec, 1, 0), transfer(spec, 2, 0, { value: 600n * CHI })];
  for (const tx of [both, lost, spent]) await pool.add(tx);
  await mine(fixture, { transactions: [both, lost, spent] });
  assert.equal(pool.size, 0);
  const rival = transfer(spec, 2, 0, { value: 1n });
  const b2 = await mine(fixture, { parent: base.header, seconds: 1, transactions: [both, rival] });
  const b3 = await makeBlock(fixture, { parent: b2.header, seconds: 1 });
  assert.equal(await chain.import(b3), 'head');
  const back = pool.content().pending.map((tx) => bytesToHex(tx.hash()));
  assert.deepEqual(back, [bytesToHex(lost.hash())], 'the one of the used nonce is gone for good');
});

/** The same chain before EIP-155, to sign without a chain id. */
function preSpurious(common: Fixture['spec']['common']) {
  const old = common.copy();
  old.setHardfork('homestead');
  return old;
}
