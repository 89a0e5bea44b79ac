/**
 * From hand to hand, by pressing what a person presses: one browser shares a file, encrypted, and another opens the link, pays,
 * reads and saves it; the first is paid; the second adds to what it set aside, and takes back what is left. Each question of each
 * wallet is compared with what it must say, and whoever lacks the link's fragment has nothing.
 */
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { CHUNK_BYTES } from '@chiral/protocol/content';
import { BATCH_SETTLEMENT_ABI } from '@chiral/protocol/generated/batch-settlement';
import { costWei } from '@chiral/protocol/payment';
import { Interface, parseEther, Wallet } from 'ethers';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { createNetwork, type Daemon, type DevNetwork } from '../../scripts/devnet/network.ts';
import { hasBrowser, launchBrowser } from './support/browser.ts';
import {
  addChainParams,
  cidOf,
  claimManyParams,
  drawnIn,
  listingParams,
  offerParams,
  openManyParams,
  withdrawParams,
} from './support/prompts.ts';
import { builtSite, wordsOf } from './support/site.ts';
import { until } from './support/trade.ts';
import { type Asked, announceWallet, createTestWallet, type TestWallet } from './support/wallet-provider.ts';

const MIB = 1 << 20;
const say = wordsOf('en');
const abi = new Interface(BATCH_SETTLEMENT_ABI);
const LINE = 'Nobody but you may read this line.\n';
/** Four chunks and a rest of text that a player shows. */
const LETTER = Buffer.from(LINE.repeat(Math.ceil((4 * CHUNK_BYTES + 999) / LINE.length)));
const NOVEL = Buffer.from('Another story.\n'.repeat(Math.ceil((9 * MIB) / 15)));
/** As the field of the page has it: CHI for a gigabyte. */
const CHI_PER_GB = '0.01';

interface Person {
  readonly context: BrowserContext;
  readonly page: Page;
  readonly wallet: TestWallet;
  /** All that the browser sent over HTTP and WebSocket, addresses included. */
  readonly sent: string[];
}

describe('a file from one browser to another', { skip: !hasBrowser(), timeout: 300_000 }, () => {
  let network: DevNetwork;
  let browser: Browser;
  let door: Daemon;
  let origin: string;
  let seller: Person;
  let buyer: Person;
  let link: string;
  let cid: string;
  let weiPerMiB: bigint;
  /** As the network has it. */
  let ciphertext: Buffer;
  let albumCid: string;
  /** What the chain moved: to the seller by its claim, to the buyer by its withdrawal. */
  let [claimedWei, freeWei] = [0n, 0n];

  before(async () => {
    const siteDir = builtSite();
    network = await createNetwork();
    door = await network.daemon('door', ['--site-dir', siteDir]);
    origin = door.publicUrl.replace('127.0.0.1', 'localhost');
    browser = await launchBrowser();
    seller = await visit();
    buyer = await visit();
  });
  after(async () => {
    await seller?.context.close();
    await buyer?.context.close();
    await browser?.close();
    await network?.stop();
  });

  async function visit(): Promise<Person> {
    const wallet = createTestWallet({ privateKeys: [Wallet.createRandom().privateKey as `0x${string}`] });
    await network.fund([wallet.addresses[0]!], parseEther('5'));
    const context = await browser.newContext({ locale: 'en', acceptDownloads: true });
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await announceWallet(context, wallet, { name: 'Fox' });
    const page = await context.newPage();
    const sent: string[] = [];
    context.on('request', (request) =>
      sent.push(request.url(), JSON.stringify(request.headers()), request.postData() ?? ''),
    );
    page.on('websocket', (socket) => {
      sent.push(socket.url());
      socket.on('framesent', ({ payload }) => sent.push(payload.toString('latin1')));
    });
    return { context, page, wallet, sent };
  }

  const main = ({ page }: Person) => page.getByRole('main');
  const button = (person: Person, key: string) =>
    main(person)
      .getByRole('button', { name: new RegExp(`^${say[key]!.replace(/\{\w+\}/g, '.*')}$`) })
      .first();
  /** Questions since the last call. */
  const seen = new Map<TestWallet, number>();
  const asked = ({ wallet }: Person) => {
    const news = wallet.asked.slice(seen.get(wallet) ?? 0);
    seen.set(wallet, wallet.asked.length);
    return news;
  };
  const transaction = ({ detail }: TestWallet['asked'][number]) => {
    const { to, value, data } = detail as { to: string; value: bigint; data: string };
    assert.equal(to.toLowerCase(), network.chain.contract.toLowerCase());
    const { name, args } = abi.parseTransaction({ data, value })!;
    return { name, args, value };
  };
  /** What the newest transaction cost: here each has a block of its own. */
  async function lastGasWei(): Promise<bigint> {
    const block = (await network.provider.getBlock('latest', true))!;
    const { gasUsed, gasPrice } = (await network.provider.getTransactionReceipt(block.transactions[0]!))!;
    return gasUsed * gasPrice;
  }
  async function shareFile(name: string, buffer: Buffer): Promise<string> {
    const { page } = seller;
    // Enabled once the peer of the tab runs.
    await page.locator('input[multiple]:enabled').waitFor({ state: 'attached', timeout: 30_000 });
    await page.locator('input[multiple]').setInputFiles({ name, mimeType: 'text/plain', buffer });
    const row = main(seller).locator('li', { hasText: name });
    await row.waitFor({ timeout: 20_000 });
    await row.getByRole('button', { name: say['transfer.copyLink']! }).click();
    return until(async () => {
      const text = (await page.evaluate('navigator.clipboard.readText()')) as string;
      return text.includes('#/get/') && text !== link && text;
    });
  }

  it('is shared encrypted, for one signature that says what is sold and for how much', async () => {
    const { page, wallet } = seller;
    await page.goto(`${origin}/wallet/`);
    await button(seller, 'wallet.connect').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Fox' }).click();
    await button(seller, 'wallet.addNetwork').click();
    await main(seller).getByText(say['wallet.onChain']!, { exact: true }).first().waitFor();
    await page.locator('header, nav').getByRole('link', { name: say['nav.share']! }).first().click();
    await page.getByLabel(say['share.price']!).fill(CHI_PER_GB);
    await main(seller).getByLabel(say['share.encrypt']!, { exact: true }).check();
    link = await shareFile('Diary of a spring.txt', LETTER);
    assert.match(link, /\/#\/get\/b[a-z2-7]+\?key=[\w-]{43}$/);
    cid = /get\/(\w+)/.exec(link)![1]!;
    const questions = asked(seller);
    assert.deepEqual(
      questions.map(({ question }) => question),
      ['connect', 'addChain', 'signTypedData'],
    );
    const { primaryType, message } = questions[2]!.detail as { primaryType: string; message: Record<string, unknown> };
    assert.equal(primaryType, 'Offer');
    weiPerMiB = BigInt(message.weiPerMiB as string);
    // A gigabyte is ten to the ninth, a MiB two to the twentieth; rounded up.
    assert.equal(weiPerMiB, (parseEther(CHI_PER_GB) * BigInt(MIB) + 999_999_999n) / 1_000_000_000n);
    assert.deepEqual(
      [message.cid, String(message.wallet).toLowerCase(), message.name, message.mime],
      [cid, wallet.addresses[0]!.toLowerCase(), '', 'application/vnd.chiral.encrypted'],
    );
    const head = 4 + JSON.stringify({ name: 'Diary of a spring.txt', mime: 'text/plain' }).length;
    assert.equal(Number(message.size), LETTER.length + head + 5 * 16, 'as long as its pieces and their tags');
  });

  it('is kept and sold as bytes in which nothing of it can be seen', async () => {
    const text = (await seller.page.evaluate(async (name) => {
      // biome-ignore lint/suspicious/noExplicitAny: this runs in the page, whose types are not here
      const folder = await (globalThis as any).navigator.storage.getDirectory();
      const file = await (await (await folder.getDirectoryHandle('contents')).getFileHandle(name)).getFile();
      // As latin-1 is meant, which a browser's own decoder takes for something else.
      return Array.from(new Uint8Array(await file.arrayBuffer()), (byte) => String.fromCharCode(byte)).join('');
    }, `${cid}.bin`)) as string;
    assert.ok(text.length > LETTER.length);
    ciphertext = Buffer.from(text, 'latin1');
    for (const part of ['Nobody but you', 'Diary', 'text/plain']) assert.ok(!text.includes(part), part);
    // Every byte about as often as any other.
    const counts = new Uint32Array(256);
    for (let i = 0; i < text.length; i++) counts[text.charCodeAt(i)]!++;
    assert.ok(Math.max(...counts) < (1.2 * text.length) / 256 && Math.min(...counts) > (0.8 * text.length) / 256);
  });

  it('is bought, read and saved by who has the link, for one payment that is no more than it must be', async () => {
    const { page, wallet } = buyer;
    await page.goto(link);
    await button(buyer, 'get.connectAndPay').click({ timeout: 60_000 });
    await main(buyer).locator('pre').filter({ hasText: LINE.trim() }).waitFor({ timeout: 60_000 });
    await main(buyer).getByRole('heading', { level: 1, name: 'Diary of a spring.txt' }).waitFor();
    await button(buyer, 'transfer.save').waitFor({ timeout: 60_000 });
    const [download] = await Promise.all([page.waitForEvent('download'), button(buyer, 'transfer.save').click()]);
    assert.equal(download.suggestedFilename(), 'Diary of a spring.txt');
    assert.ok((await readFile(await download.path())).equals(LETTER));
    const questions = asked(buyer);
    assert.deepEqual(
      questions.map(({ question }) => question),
      ['connect', 'addChain', 'sendTransaction'],
    );
    const { name, args, value } = transaction(questions[2]!);
    assert.equal(name, 'openMany');
    const [configs, amounts] = args as unknown as [{ payer: string; receiver: string }[], bigint[]];
    assert.deepEqual(
      configs.map(({ payer, receiver }) => [payer, receiver]),
      [[wallet.addresses[0], seller.wallet.addresses[0]]],
    );
    assert.equal(value, amounts[0]);
    const size = LETTER.length + 200;
    assert.ok(value > 0n && value <= costWei(size + 2 * MIB, weiPerMiB), `${value}`);
  });

  it('says what is missing to who has the link without its end, and to who has another', async () => {
    const { page } = buyer;
    await page.evaluate("localStorage.removeItem('chiral.keys')");
    await page.goto(`${origin}/#/get/${cid}`);
    await page.reload();
    await main(buyer).getByText(say['secret.locked']!, { exact: true }).waitFor({ timeout: 30_000 });
    assert.ok(!(await main(buyer).innerText()).includes('Diary'));
    await page.goto(`${origin}/#/get/${cid}?key=${'A'.repeat(43)}`);
    await page.reload();
    await main(buyer).getByText(say['error.CONTENT_INVALID']!, { exact: true }).waitFor({ timeout: 30_000 });
  });

  it('told nobody the key: no address, header, body or frame of either browser has it', () => {
    const key = /key=([\w-]+)/.exec(link)![1]!;
    for (const { sent } of [seller, buyer]) {
      assert.ok(sent.length > 30, 'something was sent');
      const raw = Buffer.from(key, 'base64url').toString('latin1');
      assert.deepEqual(
        sent.filter(
          (text) => text.includes(key) || text.includes(raw) || text.includes('#/get') || text.includes('Diary'),
        ),
        [],
      );
    }
  });

  it('is paid out to who shared it, by one transaction that claims what was promised', async () => {
    const { page, wallet } = seller;
    await page.locator('header').getByRole('link', { name: say['nav.earnings']! }).click();
    await until(async () => button(seller, 'earnings.settle').isEnabled());
    const sold = main(seller).getByRole('table', { name: say['earnings.files']! }).locator('tbody tr');
    const size = LETTER.length + 200;
    assert.match(
      (await sold.allTextContents()).join('|'),
      /^Diary of a spring\.txt.*100%/,
      'the one file, by its own name',
    );
    await main(seller).getByText(say['earnings.ways']!, { exact: true }).click();
    const ways = main(seller).getByRole('table', { name: say['earnings.ways']! }).locator('tbody tr');
    assert.match((await ways.allTextContents()).join('|'), new RegExp(`^${say['protocol.libp2p']}[^|]*$`));
    await main(seller).getByText(say['earnings.peers']!, { exact: true }).click();
    await main(seller).getByRole('table', { name: say['earnings.peers']! }).locator('tbody tr').waitFor();
    const before = await network.provider.getBalance(wallet.addresses[0]!);
    await button(seller, 'earnings.settle').click();
    const questions = await until(async () => {
      const news = asked(seller);
      return news.length > 0 && news;
    });
    assert.deepEqual(
      questions.map(({ question }) => question),
      ['sendTransaction'],
    );
    const { name, value } = transaction(questions[0]!);
    assert.deepEqual([name, value], ['claimMany', 0n]);
    await until(async () => (await network.provider.getTransactionCount(wallet.addresses[0]!)) === 1);
    const rise = (await network.provider.getBalance(wallet.addresses[0]!)) - before + (await lastGasWei());
    assert.ok(rise > 0n && rise <= costWei(size + MIB, weiPerMiB), `${rise}`);
    claimedWei = rise;
  });

  it('has a successor, for which the buyer adds to what is set aside with the same seller', async () => {
    await seller.page.locator('header').getByRole('link', { name: say['nav.share']! }).click();
    const second = await shareFile('Novel.txt', NOVEL);
    asked(seller);
    const { page, wallet } = buyer;
    await page.goto(second);
    // The same seller as before, and that is said.
    await main(buyer)
      .getByText(new RegExp(say['get.delivered']!.replace('{bytes}', '.*')))
      .first()
      .waitFor({ timeout: 60_000 });
    await button(buyer, 'get.payUpTo').click({ timeout: 60_000 });
    await button(buyer, 'transfer.save').waitFor({ timeout: 60_000 });
    const questions = asked(buyer);
    assert.deepEqual(
      questions.map(({ question }) => question),
      ['sendTransaction'],
    );
    const { name, args, value } = transaction(questions[0]!);
    assert.equal(name, 'openMany');
    const [configs, amounts] = args as unknown as [{ payer: string; receiver: string; salt: string }[], bigint[]];
    assert.deepEqual(
      new Set(configs.map(({ payer, receiver }) => `${payer} ${receiver}`)),
      new Set([`${wallet.addresses[0]} ${seller.wallet.addresses[0]}`]),
    );
    assert.equal(configs.length, 1, 'into the channel that there is, once');
    assert.equal(value, amounts[0]);
    assert.ok(value <= costWei(NOVEL.length + 2 * MIB, weiPerMiB));
    await page.locator('header').getByRole('link', { name: say['nav.wallet']! }).click();
    const rows = main(buyer).getByRole('table', { name: say['aside.title']! }).locator('tbody tr');
    await rows.first().waitFor();
    assert.equal(await rows.count(), 1, 'the same channel');
  });

  it('is a folder as well: one question for each file and one for the list, and who has the link sees what is in it', async () => {
    const folder = join(network.dir, 'album');
    await mkdir(join(folder, 'spring'), { recursive: true });
    await writeFile(join(folder, 'spring', 'one.txt'), 'The first picture.\n');
    await writeFile(join(folder, 'two.txt'), 'The second picture.\n'.repeat(20_000));
    const input = seller.page.locator('input[webkitdirectory]');
    await main(seller).getByLabel(say['share.encrypt']!, { exact: true }).uncheck();
    await main(seller).getByLabel(say['share.listed']!, { exact: true }).check();
    await main(seller).getByLabel(say['share.about']!, { exact: true }).fill('Two pictures of a garden');
    await input.setInputFiles(folder);
    const row = main(seller).locator('li', { hasText: 'album' });
    await row.getByText(say['share.isListed']!, { exact: true }).waitFor({ timeout: 20_000 });
    const signed = asked(seller).map(({ question, detail }) => {
      const { message, primaryType } = detail as { message: Record<string, unknown>; primaryType: string };
      return [question, primaryType, message.name, BigInt(message.weiPerMiB as string)];
    });
    assert.deepEqual(
      signed.sort(([, ...a], [, ...b]) => `${a}`.localeCompare(`${b}`)),
      [
        ['signTypedData', 'Listing', 'album', 0n],
        ['signTypedData', 'Offer', 'album', 0n],
        ['signTypedData', 'Offer', 'one.txt', weiPerMiB],
        ['signTypedData', 'Offer', 'two.txt', weiPerMiB],
      ],
    );
    await row.getByRole('button', { name: say['transfer.copyLink']! }).click();
    const shared = await until(async () => {
      const text = (await seller.page.evaluate('navigator.clipboard.readText()')) as string;
      return text.includes('#/get/') && !text.includes(cid) && text;
    });
    albumCid = /get\/(\w+)/.exec(shared)![1]!;
    await buyer.page.goto(shared);
    const list = main(buyer).getByRole('list', { name: say['folder.list']! });
    await list.getByRole('listitem').first().waitFor({ timeout: 60_000 });
    const rows = await list.getByRole('listitem').allTextContents();
    assert.deepEqual(
      [rows.length, rows[0]!.startsWith('spring/one.txt'), rows[1]!.startsWith('two.txt')],
      [2, true, true],
    );
    // Who has no link finds it as well.
    await buyer.page.locator('header').getByRole('link', { name: say['nav.catalogue']!, exact: true }).click();
    await main(buyer)
      .getByRole('link', { name: /album.*Two pictures of a garden/ })
      .waitFor({ timeout: 30_000 });
    assert.deepEqual(asked(buyer), []);
    await buyer.page.locator('header').getByRole('link', { name: say['nav.wallet']! }).click();
  });

  it('leaves the buyer what was not used, after the wait', async () => {
    const { page, wallet } = buyer;
    const address = wallet.addresses[0]!;
    await button(buyer, 'aside.begin').click();
    await main(buyer)
      .getByText(/Ready in/)
      .waitFor({ timeout: 30_000 });
    const [begun] = asked(buyer);
    const { name, args, value } = transaction(begun!);
    assert.deepEqual([name, value], ['initiateWithdraw', 0n]);
    const free = args[1] as bigint;
    assert.ok(free > 0n);
    await network.provider.send('evm_increaseTime', [3_601]);
    await network.provider.send('evm_mine', []);
    await page.reload();
    await main(buyer)
      .getByText(/Ready in/)
      .waitFor({ timeout: 30_000 });
    await page.clock.setSystemTime(Date.now() + 3_601_000);
    const before = await network.provider.getBalance(address);
    await button(buyer, 'aside.finish').click({ timeout: 60_000 });
    const questions = await until(async () => {
      const news = asked(buyer);
      return news.length > 0 && news;
    });
    assert.deepEqual(
      questions.map((one) => [one.question, transaction(one).name, transaction(one).value]),
      [['sendTransaction', 'finalizeWithdraw', 0n]],
    );
    // More or less: what comes back here is worth about its gas.
    await until(async () => (await network.provider.getBalance(address)) !== before);
    assert.equal((await network.provider.getBalance(address)) - before + (await lastGasWei()), free);
    freeWei = free;
  });

  it('asked both wallets nothing but what it must, byte for byte', async (t) => {
    const { contract } = network.chain;
    const [wallet, payer] = [seller, buyer].map((person) => person.wallet.addresses[0]!) as [string, string];
    const files = new Map<string, { path: string; bytes: Buffer; mime: string }>();
    for (const [name, bytes, mime] of [
      ['', ciphertext, 'application/vnd.chiral.encrypted'],
      ['Novel.txt', NOVEL, 'text/plain'],
      ['one.txt', Buffer.from('The first picture.\n'), 'text/plain'],
      ['two.txt', Buffer.from('The second picture.\n'.repeat(20_000)), 'text/plain'],
    ] as const) {
      const path = join(network.dir, `again ${name}`);
      await writeFile(path, bytes);
      files.set(name, { path, bytes, mime });
    }
    const messageOf = (one: Asked) => (one.detail as { message: Record<string, string> }).message;
    const { peerId } = messageOf(seller.wallet.asked.find(({ question }) => question === 'signTypedData')!);
    const via = door.addresses.find((address) => address.includes('/ws/'))!;
    const album = {
      contract,
      wallet,
      cid: albumCid,
      name: 'album',
      mime: 'application/vnd.chiral.folder',
      weiPerMiB: 0n,
    };
    const signed = async (one: Asked) => {
      const { name, size } = messageOf(one);
      const file = files.get(name!);
      // How long the list of a folder is, is the folder's affair; what it lists was read above.
      if (!file) {
        const facts = { ...album, size: Number(size) };
        return one.detail.primaryType === 'Listing'
          ? listingParams(one, facts, 'Two pictures of a garden')
          : offerParams(one, facts, peerId!, via);
      }
      const { path, bytes, mime } = file;
      const facts = {
        contract,
        wallet,
        cid: await cidOf(path, bytes),
        size: bytes.length,
        name: name!,
        mime,
        weiPerMiB,
      };
      return offerParams(one, facts, peerId!, via);
    };
    const sent = buyer.wallet.asked.filter(({ question }) => question === 'sendTransaction');
    const channel = { contract, payer, receiver: wallet, ...drawnIn(sent[0]!) };
    const firstWei = costWei(ciphertext.length + MIB, weiPerMiB);
    const sums = [firstWei, costWei(NOVEL.length + MIB, weiPerMiB) - (firstWei - claimedWei)];
    const expected = async (one: Asked) => {
      if (one.question === 'connect') return [];
      if (one.question === 'addChain') return addChainParams(origin);
      if (one.question === 'signTypedData') return signed(one);
      const at = sent.indexOf(one);
      if (at < 0) return claimManyParams(one, channel, claimedWei);
      return at < 2
        ? openManyParams(one, channel, sums[at]!)
        : withdrawParams(one, channel, at === 2 ? freeWei : undefined);
    };
    const prompts = [...seller.wallet.asked, ...buyer.wallet.asked];
    for (const one of prompts)
      assert.equal(JSON.stringify(one.params), JSON.stringify(await expected(one)), `${one.question}`);
    t.diagnostic(`${prompts.length} of ${prompts.length} prompts as computed beside the page`);
    assert.equal(prompts.length, 15);
  });
});
