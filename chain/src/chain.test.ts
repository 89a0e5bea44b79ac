import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBlock } from '@ethereumjs/block';
import { bytesToHex, equalsBytes, hexToBytes } from '@ethereumjs/util';
import type { HeadChange } from './chain.ts';
import type { ChainErrorCode } from './errors.ts';
import { openState } from './execution/state.ts';
import {
  ADDRESSES,
  COINBASE,
  createFixture,
  type Fixture,
  makeBlock,
  mine,
  sealed,
  testGenesis,
  transfer,
} from './testing/fixture.ts';

async function balanceOf(
  fixture: Fixture,
  address = COINBASE,
  root = fixture.chain.head.block.header.stateRoot,
): Promise<bigint> {
  const { manager } = await openState(fixture.spec.common, fixture.chain.source, root);
  return (await manager.getAccount(address))?.balance ?? 0n;
}

function refuses(code: ChainErrorCode) {
  return (error: unknown) => (error as { code?: string }).code === code;
}

test('mines, pays 2 CHI a block and keeps the head across a restart', async () => {
  let fixture = await createFixture();
  for (let i = 0; i < 5; i++) await mine(fixture);
  const { hash } = fixture.chain.head;
  fixture = await fixture.reopen();
  await using _ = fixture;
  assert.ok(equalsBytes(fixture.chain.head.hash, hash));
  assert.equal(fixture.chain.head.block.header.number, 5n);
  assert.equal(await balanceOf(fixture), 10n * 10n ** 18n);
});

test('refuses the folder of another chain', async () => {
  const fixture = await createFixture();
  await using _ = fixture;
  const other = { ...fixture, genesis: testGenesis({ extraData: '0x1234' }) };
  await fixture.chain.close();
  await fixture.store.close();
  await assert.rejects(createFixture({ genesis: other.genesis, folder: fixture.folder }), refuses('GENESIS_MISMATCH'));
  await fixture.store.close();
});

test('a heavier side branch becomes the chain; logs, index and transactions follow', async () => {
  await using fixture = await createFixture();
  const { chain, spec } = fixture;
  const changes: HeadChange[] = [];
  chain.onHead((change) => void changes.push(change));
  const base = await mine(fixture);
  const payment = transfer(spec, 0, 0, { value: 7n });
  const onlyHere = transfer(spec, 1, 0);
  const a2 = await mine(fixture, { transactions: [payment, onlyHere] });
  const a3 = await mine(fixture);
  const b2 = await mine(fixture, { parent: base.header, seconds: 1, extraData: 'b' });
  const b3 = await makeBlock(fixture, { parent: b2.header, seconds: 1, transactions: [payment] });
  assert.equal(await chain.import(b3), 'head', 'shorter times make the branch heavier at equal length');
  const last = changes.at(-1)!;
  assert.deepEqual(
    last.removed.map((e) => bytesToHex(e.block.hash())),
    [a2, a3].map((b) => bytesToHex(b.hash())),
  );
  assert.deepEqual(
    last.added.map((e) => bytesToHex(e.block.hash())),
    [b2, b3].map((b) => bytesToHex(b.hash())),
  );
  assert.equal(chain.transactionPlace(payment.hash())?.block.header.number, 3n);
  assert.equal(chain.transactionPlace(onlyHere.hash()), undefined);
  assert.ok(equalsBytes(chain.canonicalHash(2n)!, b2.hash()));
  assert.equal(await balanceOf(fixture, ADDRESSES[4]), 1000n * 10n ** 18n + 7n, 'the payment counts once');
});

test('a longer but lighter branch does not win, and shortening the chain clears the index above the head', async () => {
  await using fixture = await createFixture({ genesis: testGenesis({ difficulty: '0x1000' }) });
  const { chain } = fixture;
  const base = await mine(fixture, { seconds: 1 });
  for (let i = 0; i < 4; i++) await mine(fixture, { seconds: 3000 });
  const light = chain.head;
  let parent = base;
  let result = '';
  for (let i = 0; i < 4 && result !== 'head'; i++) {
    parent = await makeBlock(fixture, { parent: parent.header, seconds: 1, extraData: 'heavy' });
    result = await chain.import(parent);
  }
  assert.equal(result, 'head');
  assert.ok(chain.head.block.header.number < light.block.header.number);
  assert.equal(chain.canonicalHash(light.block.header.number), undefined);
});

test('BLOCKHASH on a side branch is that of the branch', async () => {
  await using fixture = await createFixture();
  const { chain, spec } = fixture;
  const base = await mine(fixture);
  await mine(fixture);
  await mine(fixture);
  const b2 = await mine(fixture, { parent: base.header, seconds: 1, extraData: 'side' });
  // Stores BLOCKHASH(NUMBER - 1) in slot 0 while being created.
  const store = transfer(spec, 0, 0, { data: '0x6001430340600055' });
  const b3 = await makeBlock(fixture, { parent: b2.header, seconds: 1, transactions: [store] });
  await chain.import(b3);
  const { manager } = await openState(spec.common, chain.source, b3.header.stateRoot);
  const { getCreateAddress } = await import('ethers');
  const address = getCreateAddress({ from: ADDRESSES[0]!.toString(), nonce: 0 });
  const { createAddressFromString } = await import('@ethereumjs/util');
  const slot = await manager.getStorage(createAddressFromString(address), new Uint8Array(32));
  assert.equal(bytesToHex(slot), bytesToHex(b2.hash()));
});

test('an orphan becomes an uncle and is paid', async () => {
  await using fixture = await createFixture();
  const { chain } = fixture;
  const base = await mine(fixture);
  const other = createBlock({}, { common: fixture.spec.common }).header.coinbase;
  const orphan = await makeBlock(fixture, { parent: base.header, seconds: 40, coinbase: other });
  await mine(fixture);
  assert.equal(await chain.import(orphan), 'side');
  const nephew = await mine(fixture, { uncles: [orphan.header] });
  assert.ok(equalsBytes(chain.head.hash, nephew.hash()));
  assert.equal(await balanceOf(fixture, other), (2n * 10n ** 18n * 7n) / 8n);
  assert.equal(await balanceOf(fixture), 3n * 2n * 10n ** 18n + (2n * 10n ** 18n) / 32n);
  await assert.rejects(mine(fixture, { uncles: [orphan.header] }), refuses('INVALID_UNCLES'), 'twice');
  await assert.rejects(mine(fixture, { uncles: [nephew.header] }), refuses('INVALID_UNCLES'), 'an ancestor');
});

test('refuses every bent header, and remembers the verdict', async () => {
  await using fixture = await createFixture();
  const { chain, spec } = fixture;
  await mine(fixture);
  const good = await makeBlock(fixture, { transactions: [transfer(spec, 0, 0)] });
  const bend = (fields: Record<string, unknown>) =>
    sealed(
      spec,
      createBlock(
        { header: { ...good.header.toJSON(), ...fields }, transactions: good.transactions },
        { common: spec.common },
      ),
    );
  const cases: [string, Record<string, unknown>, ChainErrorCode][] = [
    ['state root', { stateRoot: hexToBytes(`0x${'11'.repeat(32)}`) }, 'INVALID_EXECUTION'],
    ['receipt root', { receiptTrie: hexToBytes(`0x${'11'.repeat(32)}`) }, 'INVALID_EXECUTION'],
    ['gas used', { gasUsed: 20_999n }, 'INVALID_EXECUTION'],
    ['bloom', { logsBloom: new Uint8Array(256).fill(1) }, 'INVALID_EXECUTION'],
    ['transaction root', { transactionsTrie: hexToBytes(`0x${'11'.repeat(32)}`) }, 'INVALID_BODY'],
    ['uncle hash', { uncleHash: hexToBytes(`0x${'11'.repeat(32)}`) }, 'INVALID_BODY'],
    ['difficulty', { difficulty: good.header.difficulty - 1n }, 'INVALID_HEADER'],
    ['gas limit', { gasLimit: good.header.gasLimit + good.header.gasLimit / 1024n }, 'INVALID_HEADER'],
    ['base fee', { baseFeePerGas: good.header.baseFeePerGas! - 1n }, 'INVALID_HEADER'],
    ['timestamp', { timestamp: chain.head.block.header.timestamp }, 'INVALID_HEADER'],
    ['number', { number: 3n }, 'INVALID_HEADER'],
    ['parent', { parentHash: new Uint8Array(32) }, 'UNKNOWN_PARENT'],
  ];
  for (const [name, fields, code] of cases) {
    const bad = await bend(fields);
    await assert.rejects(chain.import(bad), refuses(code), name);
    await assert.rejects(chain.import(bad), refuses(code), `${name}, asked again`);
    assert.equal(chain.has(bad.hash()), false, name);
  }
  const unsealed = createBlock(
    { header: { ...good.header.toJSON(), nonce: '0xffffffffffffffff' }, transactions: good.transactions },
    { common: spec.common },
  );
  await assert.rejects(chain.import(unsealed), refuses('INVALID_SEAL'));
  assert.equal(await chain.import(good), 'head');
  assert.equal(await chain.import(good), 'known');
});

test('a good header that came first with a wrong body is still accepted with the right one', async () => {
  await using fixture = await createFixture();
  const { chain, spec } = fixture;
  const good = await makeBlock(fixture, { transactions: [transfer(spec, 0, 0)] });
  const options = { common: spec.common };
  const fewer = createBlock({ header: good.header }, options);
  const more = createBlock(
    { header: good.header, transactions: [...good.transactions, transfer(spec, 1, 0)] },
    options,
  );
  const wrongUncle = createBlock(
    { header: good.header, transactions: good.transactions, uncleHeaders: [chain.head.block.header] },
    options,
  );
  for (const bad of [fewer, more, wrongUncle]) await assert.rejects(chain.import(bad), refuses('INVALID_BODY'));
  assert.equal(await chain.import(good), 'head');
});

test('a block from the future waits for its time', async () => {
  let nowMs = 0;
  await using fixture = await createFixture({ now: () => nowMs });
  const block = await makeBlock(fixture, { seconds: 100 });
  await assert.rejects(fixture.chain.import(block), refuses('FUTURE_BLOCK'));
  nowMs = 85_000;
  assert.equal(await fixture.chain.import(block), 'head');
});
