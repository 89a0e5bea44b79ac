/**
 * The engine of the page in a real browser, with real daemons and a real chain: one confirmation, three protocols, everybody
 * paid to the wei; and what happens when the wallet says no, a node dies, the page is reloaded, or a seeder lies.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { GetEvent } from '@chiral/protocol/api';
import { costWei } from '@chiral/protocol/payment';
import { parseEther, Wallet } from 'ethers';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { createNetwork, type Daemon, type DevNetwork } from '../../scripts/devnet/network.ts';
import type { Engine, EngineSnapshot } from '../../web/lib/engine/types.ts';
import { enginePage, hasBrowser, launchBrowser } from './support/browser.ts';
import { addWallet, type TestWallet } from './support/metamask.ts';
import { publish, randomFile, settle, sha256, standing } from './support/trade.ts';

const MIB = 1 << 20;
const PRICE = parseEther('0.00001');
const SIZE = 24 * MIB + 4321;

/** What the page keeps for the test. */
interface PageWorld {
  loadEngine(): Promise<typeof import('../../web/lib/engine/index.ts')>;
  testWallet: { request(args: { method: string; params?: unknown }): Promise<unknown> };
  engine: Engine;
  events: GetEvent[];
  stop: AbortController;
  getting: Promise<string>;
}

describe('the engine in a page', { skip: !hasBrowser(), timeout: 400_000 }, () => {
  let network: DevNetwork;
  let browser: Browser;
  let door: Daemon;
  const sellers: Daemon[] = [];

  before(async () => {
    const siteDir = await enginePage();
    network = await createNetwork();
    door = await network.daemon('door', ['--protocol', 'http', '--site-dir', siteDir]);
    sellers.push(
      ...(await Promise.all(
        ['http', 'libp2p', 'webtorrent'].map((protocol) => network.daemon(protocol, ['--protocol', protocol])),
      )),
    );
    await network.fund(
      sellers.map(({ wallet }) => wallet),
      parseEther('10'),
    );
    browser = await launchBrowser();
  });
  after(async () => {
    await browser?.close();
    await network?.stop();
  });

  /** A page with an empty profile and a funded wallet that is connected and on the chain. */
  async function visitor(): Promise<{ context: BrowserContext; page: Page; wallet: TestWallet }> {
    const key = Wallet.createRandom().privateKey;
    const context = await browser.newContext();
    const wallet = await addWallet(context, {
      key,
      networks: [{ chainId: network.chain.chainId, rpcUrl: network.chain.rpcUrl }],
    });
    await network.fund([wallet.address], parseEther('5'));
    const page = await context.newPage();
    if (process.env.CHIRAL_PAGE_LOG) {
      page.on('console', (message) => console.error('page:', message.text()));
      page.on('pageerror', (error) => console.error('page error:', error));
    }
    return { context, page, wallet };
  }

  /** Opens the page and starts its engine. */
  async function start(page: Page): Promise<void> {
    await page.goto(door.publicUrl.replace('127.0.0.1', 'localhost'));
    await page.waitForFunction(() => 'loadEngine' in window);
    await page.evaluate(async () => {
      const world = window as unknown as PageWorld;
      const { createEngine } = await world.loadEngine();
      const site = await (await fetch('/chiral.json')).json();
      const [address] = (await world.testWallet.request({ method: 'eth_requestAccounts' })) as string[];
      world.engine = await createEngine({
        bootstrap: site.bootstrap,
        rpcUrl: site.rpcUrl,
        chainId: site.chainId,
        contract: site.contract,
        wallet: { address: address!, request: (args) => world.testWallet.request(args) },
      });
    });
  }

  /** Begins a download; `outcome` is 'done' or the code of what ended it. */
  async function begin(page: Page, options: { target: string; maxWei?: string; peers?: string[] }): Promise<void> {
    await page.evaluate(({ target, maxWei, peers }) => {
      const world = window as unknown as PageWorld;
      world.events = [];
      world.stop = new AbortController();
      world.getting = world.engine
        .get(
          { target, ...(maxWei && { maxWei: BigInt(maxWei) }), ...(peers && { peers }) },
          (event) => world.events.push(event),
          world.stop.signal,
        )
        .then(
          () => 'done',
          (error) => error.code ?? String(error.stack),
        );
    }, options);
  }
  const outcome = (page: Page) => page.evaluate(() => (window as unknown as PageWorld).getting);
  const events = (page: Page) => page.evaluate(() => (window as unknown as PageWorld).events);
  const snapshot = async (page: Page): Promise<EngineSnapshot> =>
    JSON.parse(
      await page.evaluate(() =>
        JSON.stringify((window as unknown as PageWorld).engine.snapshot(), (_key, value) =>
          typeof value === 'bigint' ? `${value}n` : ArrayBuffer.isView(value) ? [...(value as Uint8Array)] : value,
        ),
      ),
      (_key, value) => (typeof value === 'string' && /^\d+n$/.test(value) ? BigInt(value.slice(0, -1)) : value),
    );
  const hashIn = (page: Page, cid: string) =>
    page.evaluate(async (cid) => {
      const blob = await (window as unknown as PageWorld).engine.blob(cid);
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await blob.arrayBuffer()));
      return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
    }, cid);

  it('buys a file over three protocols with one confirmation, and pays each to the wei', async (t) => {
    const file = await randomFile(join(network.dir, 'film.mp4'), SIZE);
    const cids = await Promise.all(sellers.map((seller) => publish(seller, file, PRICE)));
    const cid = cids[0]!;
    const { context, page, wallet } = await visitor();
    const startedMs = Date.now();
    await start(page);
    const startedIn = Date.now() - startedMs;
    await begin(page, { target: cid });
    assert.equal(await outcome(page), 'done');
    const seconds = (Date.now() - startedMs) / 1000;
    assert.equal(await hashIn(page, cid), await sha256(file));
    assert.deepEqual(wallet.questions, ['connect', 'transaction']);
    const done = (await events(page)).find((event) => event.event === 'done')!;
    assert.equal(
      done.sellers.reduce((sum, { bytes }) => sum + bytes, 0),
      SIZE,
    );
    for (const [at, protocol] of ['http', 'libp2p', 'webtorrent'].entries()) {
      const seller = sellers[at]!;
      const rows = done.sellers.filter(({ peer }) => peer === seller.peerId);
      assert.deepEqual(
        rows.map((row) => row.protocol),
        [protocol],
      );
      const owed = costWei(rows[0]!.bytes, PRICE);
      assert.ok(owed > 0n, `${protocol} took part`);
      const { peerId } = (await snapshot(page)).network;
      const sold = await standing(seller, peerId, 'out');
      assert.deepEqual([sold.delivered, sold.authorized], [owed, owed], protocol);
      const before = await network.provider.getBalance(seller.wallet);
      const { transaction } = await settle(seller);
      const receipt = await network.provider.getTransactionReceipt(transaction!);
      const rise = (await network.provider.getBalance(seller.wallet)) - before + receipt!.gasUsed * receipt!.gasPrice;
      assert.equal(rise, owed, protocol);
    }
    const { money, transfers } = await snapshot(page);
    assert.deepEqual([money.owedWei, money.worstCaseWei], [0n, 0n]);
    const marks = transfers[0]!.chunks.protocol as unknown as number[];
    assert.equal(marks.filter((mark) => mark >= 2).length, Math.ceil(SIZE / (256 * 1024)));
    t.diagnostic(
      `${seconds.toFixed(1)} s from the link to the last voucher, of which ${startedIn} ms to a running engine; bytes ${JSON.stringify(done.sellers.map(({ protocol, bytes }) => [protocol, bytes]))}`,
    );
    await context.close();
  });
});
