/**
 * Reliability row 1, the daemon's part: a payer begins to take its deposit back while the seller holds a better voucher. The
 * node's own settler looks at the chain every `WATCH_MS`; it must have claimed before a quarter of the delay is over, in 100 of
 * 100 withdrawals begun at any moment, on a chain node that goes away now and then. Time is the chain's and jumps.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BATCH_SETTLEMENT_ADDRESS, channelId, signVoucher } from '@chiral/protocol/payment';
import { BrowserProvider, Wallet } from 'ethers';
import { createLedger } from '../../node/src/accounting/ledger.ts';
import { createPricing, PRESETS } from '../../node/src/accounting/policy.ts';
import { createChainClient } from '../../node/src/chain/client.ts';
import { openDatabase } from '../../node/src/db.ts';
import { createLog } from '../../node/src/log.ts';
import { createChannelBook } from '../../node/src/payments/channel-book.ts';
import { createSettlementContract } from '../../node/src/payments/contract.ts';
import { createChannelRail } from '../../node/src/payments/rail.ts';
import { createSettler, WATCH_MS } from '../../node/src/payments/settler.ts';
import { addressOf, CHAIN_ID, CHI, channel, DEPLOYMENT, newKey, receiptOf, startChain } from './chain.ts';

const WITHDRAWALS = 100;
const DELAYS = [900, 1800, 3600] as const;
const TICK_SECONDS = WATCH_MS / 1000;
/** The chain node is away for this share of the looks, and for at most this many in a row. */
const AWAY = { share: 0.3, longest: 5 };
/** Looks over which the withdrawals begin. */
const LOOKS = 60;

/** A chain node that is not always there. */
class FlakyProvider extends BrowserProvider {
  isAway = false;

  override async send(method: string, params: unknown[] | Record<string, unknown>): Promise<unknown> {
    if (this.isAway) throw Object.assign(new Error('away'), { code: 'ECONNREFUSED' });
    return super.send(method, params);
  }
}

test('row 1: 100 of 100 withdrawals are answered with a claim within a quarter of their delay', async (t) => {
  const chain = await startChain();
  const seller = new Wallet(Wallet.createRandom().privateKey);
  await receiptOf(chain.signer(2).sendTransaction({ to: seller.address, value: CHI }));
  const db = openDatabase(':memory:');
  const pricing = createPricing({ credit: PRESETS.strict, priceOf: () => 1n });
  const ledger = createLedger({ db, pricing, credit: () => PRESETS.strict });
  const provider = new FlakyProvider(chain.provider, CHAIN_ID, { cacheTimeout: -1 });
  const client = createChainClient({ rpcUrl: '', chainId: CHAIN_ID, wallet: seller, provider, pollMs: 2 });
  const contract = createSettlementContract(client, BATCH_SETTLEMENT_ADDRESS);
  const book = createChannelBook(db);
  const session = newKey();
  const keys = { wallet: seller, session, sessionAddress: addressOf(session) };
  const rail = createChannelRail({ book, contract, keys, deployment: DEPLOYMENT });
  const settler = createSettler({
    book,
    rail,
    chain: client,
    ledger,
    gasMultiple: 0,
    log: createLog('silent'),
    watchMs: 2 ** 30,
  });
  t.after(async () => {
    await settler.stop();
    client.close();
    ledger.close();
    db.close();
  });

  const channels = [];
  for (let i = 0; i < WITHDRAWALS; i++) {
    const payer = chain.signer(3 + (i % 15));
    const withdrawDelay = DELAYS[i % DELAYS.length]!;
    const config = channel({
      payer: payer.address,
      payerAuthorizer: addressOf(session),
      receiver: seller.address,
      withdrawDelay,
    });
    const id = channelId(config, DEPLOYMENT);
    await receiptOf(chain.as(payer).openMany([config], [CHI], { value: CHI }));
    const peer = `peer-${i}`;
    book.add({ id, role: 'payee', peer, config, balanceWei: CHI });
    const promisedWei = CHI / BigInt(i + 2);
    const wei = await rail.accept(peer, signVoucher(session, config, promisedWei, DEPLOYMENT));
    ledger.authorize(peer, 'out', wei);
    const beginsAtLook = Math.floor(Math.random() * LOOKS);
    channels.push({ payer, config, id, promisedWei, beginsAtLook, begunAt: 0, claimedAt: 0 });
  }

  const now = async () => (await chain.ethers.provider.getBlock('latest'))!.timestamp;
  let awayFor = 0;
  let missed = 0;
  for (let look = 0; channels.some(({ claimedAt }) => claimedAt === 0); look++) {
    assert.ok(look < LOOKS + AWAY.longest + 2, 'every withdrawal is seen soon after it began');
    for (const one of channels) {
      if (one.beginsAtLook !== look) continue;
      const { blockNumber } = await receiptOf(chain.as(one.payer).initiateWithdraw(one.config, CHI));
      one.begunAt = (await chain.ethers.provider.getBlock(blockNumber))!.timestamp;
    }
    await chain.provider.request({ method: 'evm_increaseTime', params: [TICK_SECONDS] });
    await chain.provider.request({ method: 'evm_mine' });
    if (awayFor === 0 && Math.random() < AWAY.share / AWAY.longest) awayFor = AWAY.longest;
    provider.isAway = awayFor > 0;
    if (provider.isAway) {
      awayFor--;
      missed++;
      await assert.rejects(settler.look(), { code: 'CHAIN_UNREACHABLE' });
      continue;
    }
    await settler.look();
    for (const one of channels) {
      if (one.begunAt === 0 || one.claimedAt > 0) continue;
      const [, claimedWei] = await chain.settlement.channels(one.id);
      if (claimedWei === one.promisedWei) one.claimedAt = await now();
    }
  }
  const shares = channels.map(({ begunAt, claimedAt, config }) => (claimedAt - begunAt) / config.withdrawDelay);
  t.diagnostic(`latest claim after ${(100 * Math.max(...shares)).toFixed(1)} % of its delay; ${missed} looks failed`);
  assert.equal(shares.filter((share) => share <= 0.25).length, WITHDRAWALS);
});
