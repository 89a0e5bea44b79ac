/**
 * What the engine asks of a wallet, and what becomes of a download when the wallet does something else: every prompt is held
 * against what it must say, to the byte; no, wrong network, locked, another account, no wallet at all.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { BATCH_SETTLEMENT_ABI } from '@chiral/protocol/generated/batch-settlement';
import { costWei, NATIVE_TOKEN } from '@chiral/protocol/payment';
import { Interface, parseEther } from 'ethers';
import type { Browser } from 'playwright-core';
import { createNetwork, type Daemon, type DevNetwork } from '../../scripts/devnet/network.ts';
import { enginePage, hasBrowser, launchBrowser } from './support/browser.ts';
import {
  begin,
  CHAIN_HEX,
  events,
  hashIn,
  outcome,
  type PageWorld,
  questions,
  snapshot,
  start,
  visit,
} from './support/engine-lab.ts';
import { publish, randomFile, sha256, standing, until } from './support/trade.ts';

const MIB = 1 << 20;
const PRICE = parseEther('0.00001');
const abi = new Interface(BATCH_SETTLEMENT_ABI);
/** Refusals in a row; each takes a search, terms and an opening. CHIRAL_REFUSALS=100 for the long run. */
const REFUSALS = Number(process.env.CHIRAL_REFUSALS ?? 10);

describe('the engine and a wallet', { skip: !hasBrowser(), timeout: 400_000 }, () => {
  let network: DevNetwork;
  let browser: Browser;
  let door: Daemon;
  let sellers: Daemon[];
  let file: string;
  let cid: string;

  before(async () => {
    const siteDir = await enginePage();
    network = await createNetwork();
    door = await network.daemon('door', ['--site-dir', siteDir]);
    sellers = await Promise.all(
      ['http', 'libp2p'].map((protocol) => network.daemon(protocol, ['--protocol', protocol])),
    );
    file = await randomFile(join(network.dir, 'file.bin'), 8 * MIB + 17);
    cid = (await Promise.all(sellers.map((seller) => publish(seller, file, PRICE))))[0]!;
    browser = await launchBrowser();
  });
  after(async () => {
    await browser?.close();
    await network?.stop();
  });

  it('asks for exactly what it means: receivers, amounts, session key, delay, and nothing else', async () => {
    const { context, page, wallet, address } = await visit(browser, network);
    await start(page, door);
    await begin(page, { target: cid });
    assert.equal(await outcome(page), 'done');
    assert.deepEqual(questions(wallet), ['connect', 'sendTransaction']);
    const { to, value, data } = wallet.asked[1]!.detail as { to: string; value: bigint; data: string };
    assert.equal(to.toLowerCase(), network.chain.contract.toLowerCase());
    const call = abi.parseTransaction({ data, value })!;
    assert.equal(call.name, 'openMany');
    const [configs, amounts] = call.args as unknown as [
      {
        payer: string;
        payerAuthorizer: string;
        receiver: string;
        receiverAuthorizer: string;
        token: string;
        withdrawDelay: bigint;
      }[],
      bigint[],
    ];
    assert.deepEqual(new Set(configs.map(({ receiver }) => receiver)), new Set(sellers.map(({ wallet }) => wallet)));
    assert.equal(configs.length, sellers.length);
    for (const config of configs) {
      assert.deepEqual(
        [config.payer, config.receiverAuthorizer, config.token, config.withdrawDelay],
        [address, config.receiver, NATIVE_TOKEN, 3600n],
      );
      assert.equal(config.payerAuthorizer, configs[0]!.payerAuthorizer);
      assert.notEqual(config.payerAuthorizer, address, 'the key that signs vouchers is not the wallet’s');
    }
    // Enough for the whole file and the tolerance of one MiB from each, less what the other gave on trust before this one had
    // named its terms: from nothing to the whole free MiB.
    const most = costWei(9 * MIB + 17, PRICE);
    const least = costWei(8 * MIB + 17, PRICE);
    for (const amount of amounts) assert.ok(least <= amount && amount <= most, `${amount} of ${least} to ${most}`);
    assert.equal(value, amounts[0]! + amounts[1]!);
    await context.close();
  });

  it('is as before after each of many refusals', async (t) => {
    const { context, page, wallet, address } = await visit(browser, network);
    const before = await network.provider.getBalance(address);
    wallet.decide((question) => question !== 'sendTransaction');
    await start(page, door);
    let unchanged = 0;
    for (let round = 0; round < REFUSALS; round++) {
      await begin(page, { target: cid });
      assert.equal(await outcome(page), 'CANCELLED');
      const { files, transfers, money } = await snapshot(page);
      const same = files.length === 0 && transfers.length === 0 && money.authorizedWei === 0n && money.lockedWei === 0n;
      if (same && (await network.provider.getBalance(address)) === before) unchanged++;
    }
    assert.equal(unchanged, REFUSALS);
    assert.equal(questions(wallet).filter((question) => question === 'sendTransaction').length, REFUSALS);
    t.diagnostic(`${unchanged} of ${REFUSALS} refusals left everything as it was`);
    await context.close();
  });

  it('refuses to pay on another network, and pays when the user is back', async () => {
    const { context, page, wallet, address } = await visit(browser, network);
    await start(page, door);
    wallet.useChain('0x1');
    await begin(page, { target: cid });
    assert.equal(await outcome(page), 'WRONG_CHAIN');
    assert.deepEqual(questions(wallet), ['connect'], 'the wallet was not asked for money');
    wallet.useChain(CHAIN_HEX);
    await begin(page, { target: cid });
    assert.equal(await outcome(page), 'done');
    assert.equal(await network.provider.getTransactionCount(address), 1);
    await context.close();
  });

  it('says that the wallet is locked, and goes on when it is not', async () => {
    const { context, page, wallet } = await visit(browser, network);
    await start(page, door);
    wallet.lock();
    await begin(page, { target: cid });
    assert.equal(await outcome(page), 'KEY_LOCKED');
    wallet.unlock();
    await begin(page, { target: cid });
    assert.equal(await outcome(page), 'done');
    assert.equal(await hashIn(page, cid), await sha256(file));
    await context.close();
  });

  it('goes on with its channels when the account changes midway, and opens the next from the new one', async () => {
    const long = await randomFile(join(network.dir, 'long.bin'), 48 * MIB);
    const [longCid] = await Promise.all(sellers.map((seller) => publish(seller, long, PRICE)));
    const { context, page, wallet, address } = await visit(browser, network);
    const second = wallet.addresses[1]!;
    await network.fund([second], parseEther('5'));
    await start(page, door);
    await begin(page, { target: longCid! });
    await until(async () => (await events(page)).some(({ event }) => event === 'paid'));
    wallet.useAccount(1);
    await page.evaluate((address) => {
      const world = globalThis as unknown as PageWorld;
      world.engine.setWallet({ address, request: (args) => world.wallet.request(args) });
    }, second);
    assert.ok((await snapshot(page)).transfers[0]!.heldBytes < 48 * MIB, 'it was changed on the way');
    assert.equal(await outcome(page), 'done');
    assert.equal(await hashIn(page, longCid!), await sha256(long));
    assert.equal(await network.provider.getTransactionCount(second), 0);
    const third = await network.daemon('third', ['--protocol', 'http']);
    const other = await randomFile(join(network.dir, 'other.bin'), 4 * MIB);
    const otherCid = await publish(third, other, PRICE);
    await begin(page, { target: otherCid });
    assert.equal(await outcome(page), 'done');
    assert.deepEqual(
      [await network.provider.getTransactionCount(address), await network.provider.getTransactionCount(second)],
      [1, 1],
    );
    const { channels } = await snapshot(page);
    assert.equal(channels.find(({ peer }) => peer === third.peerId)!.payer, second);
    await context.close();
  });

  it('takes back what is not promised, in two steps with the delay between', async () => {
    const { context, page, wallet, address } = await visit(browser, network);
    await start(page, door);
    await begin(page, { target: cid });
    assert.equal(await outcome(page), 'done');
    const { channels, money } = await snapshot(page);
    const channel = channels[0]!;
    assert.ok(money.lockedWei > 0n);
    const withdraw = () => page.evaluate((id) => (globalThis as unknown as PageWorld).engine.withdraw(id), channel.id);
    const begun = await withdraw();
    assert.equal(begun.state, 'begun');
    assert.ok((await snapshot(page)).channels[0]!.closing);
    await assert.rejects(withdraw(), /CHAIN_REVERTED|refuses/, 'not before the delay is over');
    await network.provider.send('evm_increaseTime', [3601]);
    await network.provider.send('evm_mine', []);
    const balance = await network.provider.getBalance(address);
    const { state, hash } = await withdraw();
    assert.equal(state, 'finished');
    const receipt = await network.provider.getTransactionReceipt(hash);
    const gas = receipt!.gasUsed * receipt!.gasPrice;
    const free = channel.balanceWei - channel.promisedWei;
    assert.equal((await network.provider.getBalance(address)) - balance + gas, free);
    assert.equal(questions(wallet).filter((question) => question === 'sendTransaction').length, 3);
    await context.close();
  });

  it('downloads one content once, and gives its place to another page when it is closed', async () => {
    const { context, page } = await visit(browser, network);
    await start(page, door);
    await begin(page, { target: cid });
    const second = await page.evaluate((target) => {
      const { engine } = globalThis as unknown as PageWorld;
      return engine
        .get({ target }, () => {}, new AbortController().signal)
        .then(
          () => 'done',
          (error) => error.code,
        );
    }, cid);
    assert.equal(second, 'CONFLICT');
    assert.equal(await outcome(page), 'done');
    const other = await context.newPage();
    await assert.rejects(start(other, door), /another tab/);
    await page.evaluate(() => (globalThis as unknown as PageWorld).engine.close());
    await start(other, door);
    await begin(other, { target: await sha256(file) });
    assert.equal(await outcome(other), 'done', 'by its plain SHA-256, from what is here');
    assert.equal(await hashIn(other, cid), await sha256(file));
    await context.close();
  });

  it('gives a visitor without a wallet what is free, and says what is missing for the rest', async () => {
    const small = await randomFile(join(network.dir, 'small.bin'), MIB + 5);
    const [smallCid] = await Promise.all(sellers.map((seller) => publish(seller, small, PRICE)));
    const { context, page } = await visit(browser, network, 0n);
    await start(page, door, { withWallet: false });
    await begin(page, { target: smallCid! });
    assert.equal(await outcome(page), 'done');
    assert.equal(await hashIn(page, smallCid!), await sha256(small));
    await begin(page, { target: cid });
    assert.equal(await outcome(page), 'INSUFFICIENT_FUNDS');
    const { network: net, money } = await snapshot(page);
    assert.equal(money.authorizedWei, 0n);
    for (const seller of sellers) assert.ok((await standing(seller, net.peerId, 'out')).bytes <= MIB);
    await context.close();
  });
});
