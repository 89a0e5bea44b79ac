/**
 * The whole of it, as a person does it: a link is opened in an empty browser with a funded wallet, one button is pressed, the wallet
 * asks three times, and the file comes from three sellers over three protocols, each of whom is paid what it delivered.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createHost } from '@chiral/node/discovery/host';
import { createRequestProtocol } from '@chiral/node/discovery/request-protocol';
import { createLog } from '@chiral/node/log';
import type { CatalogueRow, LedgerRow, PublishEvent } from '@chiral/protocol/api';
import { CHUNK_BYTES } from '@chiral/protocol/content';
import { CATALOGUE_PROTOCOL, MAX_CATALOGUE_BYTES, signListing } from '@chiral/protocol/listing';
import { parseEther, Wallet } from 'ethers';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { createNetwork, type Daemon, type DevNetwork } from '../../scripts/devnet/network.ts';
import { hasBrowser, launchBrowser } from './support/browser.ts';
import { expectedPayMany, rootOf } from './support/prompts.ts';
import { builtSite, wordsOf } from './support/site.ts';
import { publish, randomFile, settle, sha256, until } from './support/trade.ts';
import { announceWallet, createTestWallet, type TestWallet } from './support/wallet-provider.ts';

const MIB = 1 << 20;
const PRICE = parseEther('0.00001');
const NOTES = 'A note of the holiday.\n'.repeat(30_000);
const say = wordsOf('en');

describe('getting a file with the page', { skip: !hasBrowser(), timeout: 300_000 }, () => {
  let network: DevNetwork;
  let browser: Browser;
  let context: BrowserContext;
  let door: Daemon;
  let sellers: Daemon[];
  let file: string;
  let cid: string;
  let folderCid: string;
  let wallet: TestWallet;
  let page: Page;

  before(async () => {
    const siteDir = builtSite();
    network = await createNetwork();
    door = await network.daemon('door', ['--site-dir', siteDir]);
    sellers = await Promise.all(
      ['http', 'libp2p', 'webtorrent'].map((protocol) => network.daemon(protocol, ['--protocol', protocol])),
    );
    file = await randomFile(join(network.dir, 'letter.bin'), 64 * MIB + 321);
    const key = Wallet.createRandom().privateKey as `0x${string}`;
    wallet = createTestWallet({ privateKeys: [key] });
    await network.fund([...sellers.map((seller) => seller.wallet), wallet.addresses[0]!], parseEther('5'));
    [cid] = (await Promise.all(sellers.map((seller) => publish(seller, file, PRICE)))) as [string];
    browser = await launchBrowser();
    context = await browser.newContext({ locale: 'en', acceptDownloads: true });
    await announceWallet(context, wallet, { name: 'Fox' });
    page = await context.newPage();
  });
  after(async () => {
    await context?.close();
    await browser?.close();
    await network?.stop();
  });

  const main = () => page.getByRole('main');
  const see = (key: string) => main().getByText(say[key]!, { exact: true }).first().waitFor({ timeout: 60_000 });
  const saying = (key: string) => new RegExp(say[key]!.replace(/\{\w+\}/g, '.*'));
  const button = (key: string) => main().getByRole('button', { name: saying(key) });

  it('finds the three sellers from the link and shows what the whole will cost', async () => {
    await page.goto(`${door.publicUrl.replace('127.0.0.1', 'localhost')}/#/get/${cid}`);
    await main().getByText(say['get.sellers']!.replace('{count}', '3'), { exact: true }).waitFor({ timeout: 60_000 });
    for (const name of ['http', 'libp2p', 'webtorrent'])
      await main()
        .getByRole('region', { name: say[`protocol.${name}`]! })
        .waitFor();
    assert.deepEqual(wallet.asked, []);
  });

  it('finds them as well by the SHA-256 of the file, and by a magnet link that says no more than an infohash', async () => {
    const answer = await fetch(`${door.publicUrl}/routing/v1/providers/${cid}`);
    const infoHash = /urn:btih:([0-9a-f]{40})/.exec(await answer.text())![1];
    for (const [pasted, count] of [
      [await sha256(file), 3],
      [`magnet:?xt=urn:btih:${infoHash}&dn=a+film`, 1],
    ] as const) {
      await page.goto(`${new URL(page.url()).origin}/#/`);
      await page.getByLabel(say['get.fieldLabel']!).fill(pasted);
      await button('get.find').click();
      await main()
        .getByText(say['get.sellers']!.replace('{count}', `${count}`), { exact: true })
        .waitFor({ timeout: 60_000 });
      await main().getByRole('heading', { level: 1, name: 'letter.bin' }).waitFor();
    }
    await page.goto(`${new URL(page.url()).origin}/#/get/${cid}`);
    await main().getByText(say['get.sellers']!.replace('{count}', '3'), { exact: true }).waitFor({ timeout: 60_000 });
    assert.deepEqual(wallet.asked, []);
  });

  it('leaves everything as it was after a no to the payment', async () => {
    wallet.decide(
      (question) => question !== 'sendTransaction' || new Promise((resolve) => setTimeout(resolve, 700, false)),
    );
    await button('get.connectAndPay').click();
    // The only wallet needs no choosing.
    await see('problem.declined');
    assert.deepEqual(
      wallet.asked.map(({ question }) => question),
      ['connect', 'addChain', 'sendTransaction'],
    );
    assert.equal(await network.provider.getTransactionCount(wallet.addresses[0]!), 0);
  });

  it('brings the file from all three with one confirmation', async (test) => {
    wallet.decide(() => true);
    const startedMs = Date.now();
    await button('get.payUpTo').or(button('transfer.resume')).first().click();
    await button('transfer.save').waitFor({ timeout: 90_000 });
    test.diagnostic(`${((Date.now() - startedMs) / 1000).toFixed(1)} s from the press to the whole file`);
    assert.equal(
      wallet.asked.filter(({ question }) => question === 'sendTransaction').length,
      2,
      'one more, this time with a yes',
    );
    assert.equal(await network.provider.getTransactionCount(wallet.addresses[0]!), 1);
    const rows = main().locator('tbody tr');
    assert.equal(await rows.count(), 3);
    const ways = (await rows.allTextContents()).join(' ');
    for (const name of ['http', 'libp2p', 'webtorrent']) assert.match(ways, new RegExp(say[`protocol.${name}`]!));
  });

  it('saves bytes that are those of the original', async () => {
    const [download] = await Promise.all([
      page.waitForEvent('download', { timeout: 10_000 }),
      button('transfer.save').click(),
    ]);
    assert.equal(await sha256(await download.path()), await sha256(file));
    assert.equal(download.suggestedFilename(), 'letter.bin');
  });

  it('pays each seller, on the chain, what it was promised', async () => {
    await see('transfer.done');
    for (const seller of sellers) {
      const before = await network.provider.getBalance(seller.wallet);
      const { transaction, rows } = await settle(seller);
      assert.ok(transaction, 'there was something to settle');
      const receipt = await network.provider.getTransactionReceipt(transaction);
      const rise = (await network.provider.getBalance(seller.wallet)) - before + receipt!.gasUsed * receipt!.gasPrice;
      assert.equal(
        rise,
        rows.reduce((sum, { settledWei }) => sum + BigInt(settledWei), 0n),
      );
      assert.ok(rise > 0n);
    }
  });

  it('has it after a reload and asks for nothing', async () => {
    const before = wallet.asked.length;
    await page.reload();
    await button('transfer.save').waitFor({ timeout: 60_000 });
    assert.equal(wallet.asked.length, before);
  });

  it('shows who knows nobody what is listed, two presses from the start, and nothing that is not signed', async () => {
    const about = 'Pages from the sea';
    const request = { path: file, weiPerMiB: `${PRICE}`, listed: about };
    for await (const event of sellers[0]!.api.stream<PublishEvent>('/publish', request, AbortSignal.timeout(60_000)))
      if (event.event === 'done') assert.equal(event.file.listed, about);
    // A node that the page begins with, and that lies: no signature, another's, another chain's, a changed price.
    const genuine = await until(async () => {
      const [row] = await door.api.get<CatalogueRow[]>('/catalogue?words=sea');
      return row;
    });
    const stranger = Wallet.createRandom();
    const listing = { ...genuine, weiPerMiB: 0n, expiresAt: genuine.createdAt + 3600, name: 'forged' };
    const mine = { ...listing, wallet: stranger.address };
    const deployment = { chainId: 98765, contract: network.chain.contract };
    const lies = [
      [{ listing }],
      [{ listing, signature: `0x${'11'.repeat(64)}1b` }],
      [signListing(stranger.signingKey, listing, deployment)],
      [signListing(stranger.signingKey, mine, { ...deployment, chainId: 1 })],
      [{ ...signListing(stranger.signingKey, mine, deployment), listing: { ...mine, name: 'forged too' } }],
    ];
    let told = 0;
    const liar = await createHost({
      dataDir: join(network.dir, 'liar'),
      listen: ['/ip4/127.0.0.1/tcp/0/ws'],
      bootstrap: [],
      log: createLog('silent'),
    });
    const mouth = createRequestProtocol(liar, CATALOGUE_PROTOCOL, { maxBytes: MAX_CATALOGUE_BYTES, timeoutMs: 5_000 });
    await mouth.handle(async () => {
      const answer = { listings: lies[told++ % lies.length] };
      return Buffer.from(JSON.stringify(answer, (_key, value) => (typeof value === 'bigint' ? `${value}` : value)));
    });
    const nodes = JSON.stringify({ nodes: liar.addresses() });
    const visitor = await browser.newContext({ locale: 'en' });
    try {
      await visitor.addInitScript(`localStorage.setItem('chiral.settings', ${JSON.stringify(nodes)})`);
      const guest = await visitor.newPage();
      await guest.goto(door.publicUrl.replace('127.0.0.1', 'localhost'));
      await guest.getByRole('link', { name: say['get.browse']!, exact: true }).click();
      const list = guest.getByRole('list', { name: say['catalogue.title']! });
      await list.getByRole('listitem').filter({ hasText: about }).waitFor({ timeout: 60_000 });
      const search = async (words: string) => {
        await guest.getByRole('searchbox').fill(words);
        await guest.getByRole('button', { name: say['catalogue.find']! }).click();
      };
      // Each search is a question, and each answer of its another lie.
      for (const words of ['f', 'fo', 'for', 'forg']) {
        const before = told;
        await search(words);
        await until(async () => told > before);
      }
      await search('');
      await list.getByRole('listitem').first().waitFor({ timeout: 30_000 });
      assert.ok(told >= lies.length);
      assert.deepEqual(await list.getByRole('listitem').filter({ hasText: 'forged' }).allTextContents(), []);
      assert.equal(await list.getByRole('listitem').count(), 1);
      await search('nothing of the kind');
      await guest.getByText(say['catalogue.nothing']!, { exact: true }).waitFor({ timeout: 30_000 });
      await search('SEA letter');
      await list.getByRole('link', { name: /letter\.bin/ }).click({ timeout: 30_000 });
      await guest
        .getByRole('main')
        .getByText(say['get.sellers']!.replace('{count}', '3'), { exact: true })
        .waitFor({ timeout: 60_000 });
    } finally {
      await visitor.close();
      await mouth.close();
      await liar.stop();
    }
  });

  it('opens a folder as a list, for nothing and without a question', async () => {
    const folder = join(network.dir, 'holiday');
    await mkdir(join(folder, 'deep'), { recursive: true });
    await writeFile(join(folder, 'notes.txt'), NOTES);
    await writeFile(join(folder, 'empty.txt'), '');
    await randomFile(join(folder, 'deep', 'film.bin'), 5 * MIB + 99);
    [folderCid] = (await Promise.all(sellers.slice(0, 2).map((seller) => publish(seller, folder, PRICE)))) as [string];
    const before = wallet.asked.length;
    await page.goto(`${new URL(page.url()).origin}/#/get/${folderCid}`);
    await main().getByRole('heading', { level: 1, name: 'holiday' }).waitFor({ timeout: 60_000 });
    const list = main().getByRole('list', { name: say['folder.list']! });
    await list.getByRole('listitem').first().waitFor({ timeout: 60_000 });
    const rows = await list.getByRole('listitem').allTextContents();
    assert.equal(rows.length, 3);
    for (const [i, path] of ['deep/film.bin', 'empty.txt', 'notes.txt'].entries())
      assert.ok(rows[i]!.startsWith(path), rows[i]);
    assert.equal(wallet.asked.length, before);
  });

  it('brings one file of a folder for the price of that file, then the rest with it as one', async () => {
    const delivered = async () => {
      const ledgers = await Promise.all(sellers.map((seller) => seller.api.get<LedgerRow[]>('/ledger')));
      return ledgers.flat().reduce((sum, { direction, bytes }) => sum + (direction === 'out' ? bytes : 0), 0);
    };
    const start = await delivered();
    await main()
      .getByRole('link', { name: /notes\.txt/ })
      .click();
    await button('get.payUpTo').click({ timeout: 60_000 });
    await main().locator('pre').filter({ hasText: 'A note of the holiday.' }).waitFor({ timeout: 60_000 });
    await button('transfer.save').waitFor({ timeout: 60_000 });
    const one = (await delivered()) - start;
    // What two are asked for at the end is counted by both.
    assert.ok(one >= NOTES.length && one <= 2 * NOTES.length, `${one} of ${NOTES.length} bytes`);
    await main()
      .getByRole('link', { name: new RegExp(say['folder.back']!) })
      .click();
    await main()
      .getByRole('link', { name: /notes\.txt/ })
      .getByText(say['get.here']!)
      .waitFor({ timeout: 30_000 });
    const questions = wallet.asked.length;
    await button('folder.payUpTo').click({ timeout: 60_000 });
    await button('folder.save').waitFor({ timeout: 60_000 });
    assert.ok(wallet.asked.length - questions <= 1, 'at most one confirmation for all of it');
    const [download] = await Promise.all([
      page.waitForEvent('download', { timeout: 20_000 }),
      button('folder.save').click(),
    ]);
    assert.equal(download.suggestedFilename(), 'holiday.zip');
    const zip = await readFile(await download.path());
    for (const path of ['deep/film.bin', 'notes.txt']) {
      assert.ok(zip.includes(Buffer.from(path)), path);
      assert.ok(zip.includes(await readFile(join(network.dir, 'holiday', path))), `${path} is in it whole`);
    }
    assert.equal(zip.readUInt16LE(zip.length - 12), 3, 'the empty one, too');
    const reader = spawnSync('python3', ['-m', 'zipfile', '-t', await download.path()], { encoding: 'utf8' });
    assert.ok(
      reader.error || reader.stdout.trim() === 'Done testing',
      `another reader: ${reader.stdout}${reader.stderr}`,
    );
  });

  it('shows what can come back to the buyer', async () => {
    await page.goto(`${new URL(page.url()).origin}/wallet/`);
    await main().getByRole('table', { name: say['aside.title']! }).waitFor({ timeout: 60_000 });
    assert.equal(await main().getByRole('table', { name: say['aside.title']! }).locator('tbody tr').count(), 3);
  });

  describe('and paying afterwards', () => {
    /** Two sellers give four chunks before they are paid and the third 32: none is left out, and three may get lost. */
    const CHUNKS = 37;
    let stranger: BrowserContext;
    let purse: TestWallet;
    let trusting: Daemon[];
    let small: string;
    let smallCid: string;
    const sold = async (seller: Daemon) =>
      (await seller.api.get<LedgerRow[]>('/ledger')).filter(({ direction }) => direction === 'out');

    before(async () => {
      const presets = { http: 'balanced', libp2p: 'balanced', webtorrent: 'generous' };
      trusting = await Promise.all(
        Object.entries(presets).map(([protocol, preset]) =>
          network.daemon(`trusting-${protocol}`, ['--protocol', protocol, '--preset', preset]),
        ),
      );
      small = await randomFile(join(network.dir, 'card.bin'), CHUNKS * CHUNK_BYTES);
      [smallCid] = (await Promise.all(trusting.map((seller) => publish(seller, small, PRICE)))) as [string];
      // The second account holds nothing.
      purse = createTestWallet({ privateKeys: [0, 1].map(() => Wallet.createRandom().privateKey as `0x${string}`) });
      await network.fund([...trusting.map(({ wallet }) => wallet), purse.addresses[0]!], parseEther('1'));
      stranger = await browser.newContext({ locale: 'en', acceptDownloads: true });
      await announceWallet(stranger, purse, { name: 'Fox' });
      page = await stranger.newPage();
    });
    after(() => stranger?.close());

    it('brings a file that is whole and checked before any wallet is asked', async () => {
      await page.goto(`${door.publicUrl.replace('127.0.0.1', 'localhost')}/#/get/${smallCid}`);
      await main().getByText(say['get.sellers']!.replace('{count}', '3'), { exact: true }).waitFor({ timeout: 60_000 });
      await main().getByText(say['get.whenAfter']!, { exact: true }).click();
      await button('get.startAfter').click();
      await see('transfer.verified');
      assert.deepEqual(purse.asked, []);
      const [download] = await Promise.all([page.waitForEvent('download'), button('transfer.save').click()]);
      assert.equal(await sha256(await download.path()), await sha256(small));
      const rows = await Promise.all(trusting.map(sold));
      assert.ok(rows.every(([row]) => BigInt(row!.authorizedWei) === 0n && BigInt(row!.deliveredWei) > 0n));
    });

    it('owes the same after a reload, and a no in the wallet changes nothing', async () => {
      await page.reload();
      await see('due.title');
      purse.decide((question) => question !== 'sendTransaction');
      await button('due.connect').click();
      await see('problem.declined');
      assert.equal(await network.provider.getTransactionCount(purse.addresses[0]!), 0);
    });

    it('pays each seller with one confirmation exactly what it delivered, and each of them counts it', async (test) => {
      const before = await Promise.all(trusting.map(({ wallet }) => network.provider.getBalance(wallet)));
      purse.decide(() => true);
      await button('due.pay').click();
      await main().getByText(say['due.title']!, { exact: true }).waitFor({ state: 'detached', timeout: 60_000 });
      assert.deepEqual(
        purse.asked.map(({ question }) => question),
        ['connect', 'addChain', 'sendTransaction', 'sendTransaction'],
      );
      const rises = await Promise.all(
        trusting.map(async ({ wallet }, i) => (await network.provider.getBalance(wallet)) - before[i]!),
      );
      const chunkWei = PRICE / 4n;
      test.diagnostic(`paid ${rises.map((wei) => Number(wei / chunkWei)).join(' : ')} chunks`);
      assert.equal(
        rises.reduce((sum, wei) => sum + wei, 0n),
        BigInt(CHUNKS) * chunkWei,
      );
      for (const [i, most] of [4n, 4n, 32n].entries())
        assert.ok(rises[i]! >= chunkWei && rises[i]! <= most * chunkWei, 'as each was ready to trust');
      const rows = await until(async () => {
        const rows = await Promise.all(trusting.map(async (seller) => (await sold(seller))[0]!));
        return rows.every(({ settledWei }) => BigInt(settledWei) > 0n) && rows;
      });
      for (const [i, { authorizedWei, settledWei }] of rows.entries())
        assert.deepEqual([BigInt(authorizedWei), BigInt(settledWei)], [rises[i], rises[i]]);
      const { detail } = purse.asked.at(-1)!;
      const payees = trusting.map(({ wallet }, i) => ({ payee: wallet, wei: rises[i]! }));
      assert.deepEqual(
        { to: String(detail.to).toLowerCase(), value: detail.value, data: detail.data },
        expectedPayMany(String(detail.data), await rootOf(small), payees),
      );
      test.diagnostic(`${(await network.provider.getTransactionReceipt(await lastHash()))!.gasUsed} gas`);
    });

    const lastHash = async () => {
      const block = await network.provider.getBlock('latest');
      return block!.transactions.at(-1)!;
    };

    it('takes more than sellers trust it with in two parts, each paid when it is here', async () => {
      // Who has paid 1, 1 and 8 MiB is trusted with 2, 2 and 24, and not with this.
      const large = await randomFile(join(network.dir, 'book.bin'), 34 * MIB);
      const [largeCid] = await Promise.all(trusting.map((seller) => publish(seller, large, PRICE)));
      await page.goto(`${door.publicUrl.replace('127.0.0.1', 'localhost')}/#/get/${largeCid}`);
      await main().getByText(say['get.sellers']!.replace('{count}', '3'), { exact: true }).waitFor({ timeout: 60_000 });
      await button('get.startAfter').click();
      for (let part = 1; ; part++) {
        await see('due.title');
        const isWhole = await main().getByText(say['transfer.verified']!, { exact: true }).isVisible();
        if (isWhole) {
          assert.ok(part > 1, 'it stopped on the way');
          break;
        }
        // Nothing comes before it is paid, and nothing says that it does.
        await main().getByText(saying('due.textPart')).waitFor();
        await main().getByText(saying('due.goesOn')).waitFor();
        await main().getByText(say['sellers.choked']!, { exact: true }).nth(2).waitFor();
        for (const untrue of ['sellers.active', 'transfer.noSpeed', 'transfer.nextPart', 'transfer.resume'])
          assert.equal(await main().getByText(say[untrue]!, { exact: true }).count(), 0, untrue);
        await button('due.pay').click();
        await main().getByText(say['due.title']!, { exact: true }).waitFor({ state: 'detached', timeout: 60_000 });
      }
      await button('due.pay').click();
      await see('transfer.done');
      const [download] = await Promise.all([page.waitForEvent('download'), button('transfer.save').click()]);
      assert.equal(await sha256(await download.path()), await sha256(large));
    });

    it('tells who has an empty account what to do, and sees by itself when there is something in it', async () => {
      purse.useAccount(1);
      await page.goto(`${door.publicUrl.replace('127.0.0.1', 'localhost')}/#/get/${cid}`);
      await main().getByText(say['get.whenDuring']!, { exact: true }).click({ timeout: 60_000 });
      await see('purse.empty');
      const filled = () => main().locator('button.bg-ink').allTextContents();
      assert.deepEqual(await filled(), [say['work.pay']]);
      assert.equal(await main().getByRole('link', { name: say['purse.mine']! }).getAttribute('href'), '/mine/');
      await network.fund([purse.addresses[1]!], parseEther('1'));
      await main().getByText(say['purse.empty']!, { exact: true }).waitFor({ state: 'detached', timeout: 30_000 });
      assert.match((await filled()).join(), new RegExp(`^${say['get.payUpTo']!.replace(/\{\w+\}/, '.*')}$`));
    });
  });
});
