/** Shares of this node's own templates, judged by the desk of `ethash/`: what is heavy enough is a block of the chain. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ShareDesk } from '@chiral/ethash/shares';
import { ADDRESSES, searcher, testGenesis } from '../testing/fixture.ts';
import { createTestNode } from '../testing/node.ts';
import type { Work } from './work.ts';

/** A chain on which a block is far heavier than a share; its timestamp keeps the first block from being an easy one. */
const heavy = testGenesis({ difficulty: '0x2000000', timestamp: `0x${Math.floor(Date.now() / 1000).toString(16)}` });

const toTemplate = ({ sealHash, difficulty }: Work) => ({ sealHash, difficulty, epoch: 0 });
const firstNonce = (prefix: Uint8Array) => BigInt(`0x${Buffer.from(prefix).toString('hex')}`) << 32n;

test('a share of a template counts for the node that made it, and is no block yet', async () => {
  await using net = await createTestNode({ genesis: heavy, rpcPort: undefined });
  await using other = await createTestNode({ genesis: heavy, rpcPort: undefined, etherbase: ADDRESSES[0] });
  const desk = new ShareDesk(net.node.ethash);
  const issued = desk.issue('peer', toTemplate((await net.node.work.current())!), 500n);
  const { sealHash, epoch, shareDifficulty, noncePrefix } = issued;
  const found = await searcher.search({
    sealHash,
    epoch,
    difficulty: shareDifficulty,
    startNonce: firstNonce(noncePrefix),
  });
  const share = { sealHash, nonce: found.nonce, mixHash: found.mixHash };
  assert.deepEqual(await desk.submit('peer', share), { verdict: 'counted', issued, isBlock: false });
  const elsewhere = new ShareDesk(other.node.ethash);
  elsewhere.issue('peer', toTemplate((await other.node.work.current())!), 500n);
  assert.equal((await elsewhere.submit('peer', share)).verdict, 'stale');
  assert.equal(net.node.chain.head.block.header.number, 0n);
});

test("a share that weighs enough is a block, and the reward is the node's", async () => {
  await using net = await createTestNode({ rpcPort: undefined });
  const desk = new ShareDesk(net.node.ethash);
  const work = (await net.node.work.current())!;
  const { sealHash, epoch, shareDifficulty, noncePrefix } = desk.issue('peer', toTemplate(work), 10n ** 12n);
  assert.equal(shareDifficulty, work.difficulty, 'never harder than the block itself');
  const { nonce, mixHash } = await searcher.search({
    sealHash,
    epoch,
    difficulty: shareDifficulty,
    startNonce: firstNonce(noncePrefix),
  });
  const verdict = await desk.submit('peer', { sealHash, nonce, mixHash });
  assert.ok(verdict.verdict === 'counted' && verdict.isBlock);
  assert.equal(await net.node.work.submit(sealHash, nonce, mixHash), true);
  assert.ok(net.node.chain.head.block.header.coinbase.equals(net.node.work.coinbase!));
});

test('without a payout address there is nothing to work on', async () => {
  await using net = await createTestNode({ rpcPort: undefined, etherbase: undefined });
  assert.equal(await net.node.work.current(), undefined);
});
