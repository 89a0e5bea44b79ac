import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ADDRESSES, searcher, testGenesis } from '../testing/fixture.ts';
import { createTestNode } from '../testing/node.ts';
import { ShareDesk } from './shares.ts';

/** A chain on which a block is far heavier than a share; its timestamp keeps the first block from being an easy one. */
const heavy = testGenesis({ difficulty: '0x2000000', timestamp: `0x${Math.floor(Date.now() / 1000).toString(16)}` });

test('an empty wallet pays in shares: each counts once, for this node alone', async () => {
  await using net = await createTestNode({ genesis: heavy, rpcPort: undefined });
  await using other = await createTestNode({ genesis: heavy, rpcPort: undefined, etherbase: ADDRESSES[0] });
  const desk = new ShareDesk(net.node.work, net.node.ethash);
  const { work, shareDifficulty } = (await desk.issue(500n))!;
  assert.equal(shareDifficulty, 500n);
  const { sealHash, blockNumber } = work;
  const found = await searcher.search({ sealHash, blockNumber, difficulty: shareDifficulty });
  const share = { sealHash, nonce: found.nonce, mixHash: found.mixHash };
  const both = await Promise.all([desk.submit(share), desk.submit(share)]);
  assert.deepEqual(both.map(({ verdict }) => verdict).sort(), ['counted', 'duplicate']);
  assert.equal((await desk.submit(share)).verdict, 'duplicate');
  const elsewhere = new ShareDesk(other.node.work, other.node.ethash);
  await elsewhere.issue(500n);
  assert.equal((await elsewhere.submit(share)).verdict, 'stale');
  const bent = { ...share, nonce: Uint8Array.from(share.nonce, (byte) => byte ^ 1) };
  assert.equal((await desk.submit(bent)).verdict, 'invalid');
  assert.equal(
    (await desk.submit({ ...share, mixHash: new Uint8Array(32), nonce: new Uint8Array(8) })).verdict,
    'invalid',
  );
  assert.equal((await desk.submit({ ...share, nonce: new Uint8Array(7) })).verdict, 'invalid');
  assert.equal((await desk.submit({ ...share, sealHash: new Uint8Array(5) })).verdict, 'stale');
  assert.equal(net.node.chain.head.block.header.number, 0n);
});

test("a share that weighs enough is a block, and the reward is the node's", async () => {
  await using net = await createTestNode({ rpcPort: undefined });
  const desk = new ShareDesk(net.node.work, net.node.ethash);
  const { work, shareDifficulty } = (await desk.issue(10n ** 12n))!;
  assert.equal(shareDifficulty, work.difficulty, 'never harder than the block itself');
  const { sealHash, blockNumber } = work;
  const { nonce, mixHash } = await searcher.search({ sealHash, blockNumber, difficulty: shareDifficulty });
  assert.deepEqual(await desk.submit({ sealHash, nonce, mixHash }), {
    verdict: 'counted',
    shareDifficulty,
    block: true,
  });
  assert.ok(net.node.chain.head.block.header.coinbase.equals(net.node.work.coinbase!));
});

test('without a payout address there is nothing to work on', async () => {
  await using net = await createTestNode({ rpcPort: undefined, etherbase: undefined });
  assert.equal(await new ShareDesk(net.node.work, net.node.ethash).issue(1n), undefined);
});
