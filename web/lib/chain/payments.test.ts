/** Events of our contracts, read back as what they mean for files and sellers. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BATCH_SETTLEMENT_ABI } from '@chiral/protocol/generated/batch-settlement';
import { PAYMENTS_ABI } from '@chiral/protocol/generated/payments';
import { Interface } from 'ethers';
import type { ChainLog } from './blocks.ts';
import { calledFunction, type Deed, deedOf, eventTopic, tellOnce } from './payments.ts';

// Another library writes them than the one that reads them.
const batch = new Interface(JSON.stringify(BATCH_SETTLEMENT_ABI));
const payments = new Interface(JSON.stringify(PAYMENTS_ABI));
const [alice, bob] = ['0x00000000000000000000000000000000000A11cE', '0x0000000000000000000000000000000000000B0b'];
const id = `0x${'12'.repeat(32)}`;

function log(from: Interface, event: string, values: unknown[]): ChainLog {
  const { data, topics } = from.encodeEventLog(event, values);
  return {
    address: '0x4020074e9dF2ce1deE5A9C1b5c3f541D02a10003',
    topics: topics as `0x${string}`[],
    data: data as `0x${string}`,
    blockNumber: 1,
    transactionHash: id,
    logIndex: 0,
  };
}

describe('an event', () => {
  it('of a deposit names buyer, seller and sum', () => {
    assert.deepEqual(deedOf(log(batch, 'Deposited', [id, alice, bob, 5n])), {
      kind: 'deposited',
      payer: alice,
      seller: bob,
      wei: 5n,
    });
  });
  it('of a claim of many names the seller and how many buyers', () => {
    assert.deepEqual(deedOf(log(batch, 'ClaimedMany', [bob, alice, id, 7n, 3n])), {
      kind: 'claimedMany',
      seller: bob,
      wei: 7n,
      buyers: 3,
    });
  });
  it('of a withdrawal says when', () => {
    const deed = deedOf(log(batch, 'WithdrawInitiated', [id, bob, 9n, 1_700_000_000]));
    assert.deepEqual(deed, { kind: 'withdrawBegun', seller: bob, wei: 9n, readyAtMs: 1_700_000_000_000 });
  });
  it('of one payment to many has a row for each seller', () => {
    const rows = `0x${bob.slice(2)}${250n.toString(16).padStart(32, '0')}0000000402${alice.slice(2)}${'0'.repeat(31)}10000000103`;
    const deed = deedOf(log(payments, 'Paid', [alice, id, rows]));
    assert.equal(deed?.kind, 'paid');
    assert.deepEqual(deed.rows, [
      { payee: bob.toLowerCase(), wei: 250n, chunks: 4, protocol: 'webtorrent' },
      { payee: alice.toLowerCase(), wei: 1n, chunks: 1, protocol: 'bittorrent' },
    ]);
  });
  it('of one payment to many leaves out the row that names a key', () => {
    const rows = `0x${bob.slice(2)}${250n.toString(16).padStart(32, '0')}0000000402${alice.slice(2)}${'0'.repeat(42)}`;
    const deed = deedOf(log(payments, 'Paid', [alice, id, rows]));
    assert.equal(deed?.kind, 'paid');
    assert.deepEqual(
      deed.rows.map(({ wei }) => wei),
      [250n],
    );
  });
  it('of somebody else is left alone', () => {
    const foreign = new Interface(['event Transfer(address indexed from, address indexed to, uint256 value)']);
    assert.equal(deedOf(log(foreign, 'Transfer', [alice, bob, 1n])), undefined);
  });
  it('that is broken is left alone', () => {
    assert.equal(deedOf({ ...log(batch, 'Deposited', [id, alice, bob, 5n]), data: '0x' }), undefined);
  });
});

it('a called function has its name, another has none', () => {
  const input = batch.encodeFunctionData('settle', [alice, bob]) as `0x${string}`;
  assert.equal(calledFunction(input), 'settle');
  assert.equal(calledFunction('0xdeadbeef'), undefined);
  assert.equal(calledFunction('0x'), undefined);
});

it('topics are those that the contract emits', () =>
  assert.equal(eventTopic('Settled'), batch.getEvent('Settled')!.topicHash));

describe('a transaction', () => {
  const deposit = (seller: string, wei: bigint): Deed => ({ kind: 'deposited', payer: alice, seller, wei });
  it('of many deposits is told as one', () => {
    assert.deepEqual(tellOnce([deposit(bob, 2n), deposit(alice, 3n)]), [
      { kind: 'depositedMany', payer: alice, wei: 5n, sellers: 2 },
    ]);
    assert.deepEqual(tellOnce([deposit(bob, 2n)]), [deposit(bob, 2n)]);
  });
  it('that claims and pays out is told by its claim', () => {
    const claim: Deed = { kind: 'claimedMany', seller: bob, wei: 5n, buyers: 2 };
    assert.deepEqual(
      tellOnce([{ kind: 'claimed', channelId: id, wei: 5n }, claim, { kind: 'settled', seller: bob, wei: 5n }]),
      [claim],
    );
    assert.equal(tellOnce([{ kind: 'settled', seller: bob, wei: 5n }]).length, 1);
  });
});
