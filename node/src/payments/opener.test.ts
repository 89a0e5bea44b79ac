/** Who shares a transaction: with a real book, and a contract that only notes what it is asked and takes its time. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '@chiral/protocol/errors';
import { SigningKey, Wallet } from 'ethers';
import { temporaryFolder } from '../../../test/ports/fixtures.ts';
import { openDatabase } from '../db.ts';
import { createChannelBook } from './channel-book.ts';
import type { SettlementContract } from './contract.ts';
import { createOpener } from './opener.ts';

const DEPLOYMENT = { chainId: 98765, contract: '0x4020074e9dF2ce1deE5A9C1b5c3f541D02a10003' };
const SELLERS = ['a', 'b', 'c'].map((peer) => ({ peer, receiver: Wallet.createRandom().address }));

test('after a no, sellers whose channels are looked up on the chain first share one transaction again', async (t) => {
  const db = openDatabase(join(await temporaryFolder(t), 'state.db'));
  const book = createChannelBook(db);
  const sent: number[] = [];
  let lookups = 0;
  const contract = {
    ready: async () => {},
    async openMany(rows: readonly { amountWei: bigint }[]) {
      sent.push(rows.length);
      if (sent.length === 1) throw new AppError('CANCELLED', 'You declined in the wallet.');
    },
    async channel() {
      // Each later than the one before, the last long after all are said to be there.
      await sleep(60 * lookups++);
      return { balanceWei: sent.length > 1 ? 5n : 0n, settledWei: 0n, closing: false };
    },
  } as unknown as SettlementContract;
  const wallet = Wallet.createRandom();
  const keys = { wallet, session: new SigningKey(wallet.privateKey), sessionAddress: wallet.address };
  const opener = createOpener({ book, contract, keys, deployment: DEPLOYMENT, batchMs: 20 });
  const purchase = {};
  const askAll = () => Promise.allSettled(SELLERS.map((seller) => opener.ensure({ ...seller, roomWei: 5n, purchase })));
  const first = askAll();
  opener.gathered();
  assert.ok((await first).every(({ status }) => status === 'rejected'));
  const second = askAll();
  opener.gathered();
  assert.ok((await second).every(({ status }) => status === 'fulfilled'));
  assert.deepEqual(sent, [SELLERS.length, SELLERS.length]);
  db.close();
});
