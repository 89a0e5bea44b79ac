/** Real nodes on loopback: following, passing on, parting and coming together again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TypedTransaction } from '@ethereumjs/tx';
import { Address, bytesToHex, equalsBytes, hexToBytes } from '@ethereumjs/util';
import { openState } from '../execution/state.ts';
import {
  ADDRESSES,
  CHI,
  COINBASE,
  type Fixture,
  makeBlock,
  silent,
  testGenesis,
  transfer,
} from '../testing/fixture.ts';
import { createTestNode, type TestNode } from '../testing/node.ts';

/** Blocks of the sync from zero, and of each side of the partition. The full figures are 1,000 and 20. */
const SYNC_BLOCKS = Number(process.env.CHIRAL_SYNC_BLOCKS ?? 80);
const PARTITION_BLOCKS = Number(process.env.CHIRAL_PARTITION_BLOCKS ?? 20);
const OTHER_MINER = new Address(hexToBytes(`0x${'d0'.repeat(20)}`));

const peerNode = (options: Parameters<typeof createTestNode>[0] = {}) =>
  createTestNode({ p2pPort: 0, rpcPort: undefined, ...options });
const fixtureOf = ({ node }: TestNode) => ({ chain: node.chain, spec: node.spec }) as Fixture;
const headOf = ({ node }: TestNode) => bytesToHex(node.chain.head.hash);

/** Adds a block with the given transactions and a made-up clock, so that a thousand need no thousand seconds. */
async function extend(
  net: TestNode,
  transactions: TypedTransaction[] = [],
  coinbase = COINBASE,
  seconds = 13,
): Promise<void> {
  await net.node.chain.import(await makeBlock(fixtureOf(net), { transactions, coinbase, seconds }));
}

async function until(condition: () => boolean, what: string): Promise<void> {
  const lateMs = Date.now() + 20_000;
  while (!condition()) {
    if (Date.now() > lateMs) assert.fail(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function balance(net: TestNode, address: Address): Promise<bigint> {
  const { manager } = await openState(
    net.node.spec.common,
    net.node.chain.source,
    net.node.chain.head.block.header.stateRoot,
  );
  return (await manager.getAccount(address))?.balance ?? 0n;
}

test(`a fresh node follows ${SYNC_BLOCKS} blocks, and a third follows the second`, async () => {
  await using first = await peerNode();
  for (let i = 0; i < SYNC_BLOCKS; i++) await extend(first, i % 10 === 0 ? [transfer(first.node.spec, 0, i / 10)] : []);
  await using second = await peerNode({ bootnodes: [first.node.network!.enode] });
  const startedMs = performance.now();
  await until(() => headOf(second) === headOf(first), 'the second node follows');
  console.log(`followed ${SYNC_BLOCKS} blocks in ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
  await using third = await peerNode({ bootnodes: [second.node.network!.enode] });
  await until(() => headOf(third) === headOf(first), 'the third node follows');
  const spent = transfer(first.node.spec, 0, 0);
  for (const net of [second, third]) {
    assert.equal(net.node.chain.transactionPlace(spent.hash())?.block.header.number, 1n);
    assert.equal(await balance(net, ADDRESSES[4]!), 1000n * CHI + BigInt(Math.ceil(SYNC_BLOCKS / 10)));
  }
});

test('a block mined here is the head everywhere, and a transaction sent there is mined here', async () => {
  await using first = await peerNode();
  await using second = await peerNode({ bootnodes: [first.node.network!.enode] });
  await using third = await peerNode({ bootnodes: [second.node.network!.enode] });
  await until(
    () => second.node.network!.peerCount === 2 && third.node.network!.peerCount === 1,
    'three nodes in a row',
  );
  await first.mine();
  await until(() => headOf(third) === headOf(first), 'the block reaches the third');
  const tx = transfer(first.node.spec, 0, 0);
  await third.node.pool.add(tx);
  await until(() => first.node.pool.has(tx.hash()), 'the transaction reaches the first');
  await first.mine(2);
  await until(() => headOf(third) === headOf(first), 'two more blocks reach the third');
  assert.ok(third.node.chain.transactionPlace(tx.hash()));
  assert.equal(third.node.pool.size, 0);
});

test(`two halves part for ${PARTITION_BLOCKS} blocks and heal: one head, every payment once, none lost`, async () => {
  await using first = await peerNode();
  await using second = await peerNode({ bootnodes: [first.node.network!.enode] });
  await using third = await peerNode({ bootnodes: [first.node.network!.enode] });
  await until(() => first.node.network!.peerCount === 2, 'three nodes together');
  const { spec } = first.node;
  for (const net of [second, third]) net.node.network!.forget(first.node.network!.enode);
  await until(() => first.node.network!.peerCount === 0, 'parted');
  second.node.network!.dial(third.node.network!.enode);
  await until(() => second.node.network!.peerCount === 1, 'the two are together');

  const shared = transfer(spec, 0, 0, { value: CHI, to: ADDRESSES[4] });
  const onlyLight = transfer(spec, 1, 0, { value: 2n * CHI, to: ADDRESSES[4] });
  const lightTwice = transfer(spec, 2, 0, { value: 3n * CHI, to: ADDRESSES[4] });
  const heavyTwice = transfer(spec, 2, 0, { value: 4n * CHI, to: ADDRESSES[4] });
  await extend(first, [shared, onlyLight, lightTwice]);
  for (let i = 1; i < PARTITION_BLOCKS; i++) await extend(first);
  // The other half is quicker, so each of its blocks is heavier.
  await extend(second, [heavyTwice], OTHER_MINER, 3);
  await extend(second, [shared], OTHER_MINER, 3);
  for (let i = 2; i < PARTITION_BLOCKS; i++) await extend(second, [], OTHER_MINER, 3);
  assert.equal(first.node.chain.head.block.header.number, second.node.chain.head.block.header.number);

  third.node.network!.dial(first.node.network!.enode);
  first.node.network!.dial(second.node.network!.enode);
  await until(() => headOf(first) === headOf(second) && headOf(third) === headOf(second), 'healed');
  await until(() => first.node.pool.has(onlyLight.hash()), 'the orphaned payment waits again');
  assert.equal(first.node.pool.size, 1, 'the one whose nonce was used elsewhere is gone');
  await until(() => second.node.pool.has(onlyLight.hash()), 'and the others know of it');
  await extend(second, [...second.node.pool.best(0n)], OTHER_MINER);
  first.node.network!.forget(second.node.network!.enode);
  first.node.network!.dial(second.node.network!.enode);
  await until(() => headOf(first) === headOf(second), 'the next block');
  assert.equal(await balance(first, ADDRESSES[4]!), 1000n * CHI + CHI + 2n * CHI + 4n * CHI);
  for (const tx of [shared, onlyLight, heavyTwice]) assert.ok(first.node.chain.transactionPlace(tx.hash()));
  assert.equal(first.node.chain.transactionPlace(lightTwice.hash()), undefined);
});

test('nodes of another chain do not become peers', async () => {
  const reasons: string[] = [];
  const log = {
    ...silent,
    debug: (entry: { reason?: string }) => void reasons.push(entry.reason ?? ''),
  } as unknown as typeof silent;
  await using ours = await peerNode({ log });
  await using theirs = await peerNode({ genesis: testGenesis({ extraData: '0x6f74686572' }) });
  theirs.node.network!.dial(ours.node.network!.enode);
  await until(() => reasons.length > 1, 'the handshake failed twice');
  assert.match(reasons.join(), /Genesis block mismatch|closed during the handshake/);
  assert.equal(ours.node.network!.peerCount + theirs.node.network!.peerCount, 0);
});

test('a node keeps its name and its peers over a restart', async () => {
  await using first = await peerNode();
  const second = await peerNode({ bootnodes: [first.node.network!.enode], keep: true });
  await until(() => first.node.network!.peerCount === 1, 'connected');
  const { enode } = second.node.network!;
  await second[Symbol.asyncDispose]();
  await until(() => first.node.network!.peerCount === 0, 'gone');
  await extend(first);
  await using again = await peerNode({ bootnodes: [first.node.network!.enode], datadir: second.folder });
  assert.equal(again.node.network!.enode.split('@')[0], enode.split('@')[0]);
  await until(() => headOf(again) === headOf(first), 'caught up');
  assert.ok(equalsBytes(again.node.chain.head.hash, first.node.chain.head.hash));
});

test('two nodes that dial each other end with one connection', async () => {
  await using first = await peerNode();
  await using second = await peerNode();
  first.node.network!.dial(second.node.network!.enode);
  second.node.network!.dial(first.node.network!.enode);
  await until(() => first.node.network!.peerCount === 1 && second.node.network!.peerCount === 1, 'connected');
  await first.mine();
  await until(() => headOf(second) === headOf(first), 'and it works');
});
