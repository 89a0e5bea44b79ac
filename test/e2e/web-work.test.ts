/**
 * A person without a wallet and without a coin: the page works for the seller in the tab and gets a file that is larger than what is
 * free. The seller is a real node whose chain node, the real development chain, pays its blocks to the seller's wallet. Then a
 * stranger without a page sends it the same shares again, and false ones.
 */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { LedgerRow } from '@chiral/protocol/api';
import { costWei } from '@chiral/protocol/payment';
import { parseEther } from 'ethers';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { createNetwork, type Daemon, type DevNetwork } from '../../scripts/devnet/network.ts';
import { hasBrowser, launchBrowser } from './support/browser.ts';
import { MINER_KEY } from './support/miner.ts';
import { builtSite, wordsOf } from './support/site.ts';
import { createStranger, findShare, lieAbout } from './support/stranger.ts';
import { publish, randomFile, sha256 } from './support/trade.ts';

const MIB = 1 << 20;
const BYTES = 5 * MIB + 4321;
/** A share is worth two CHI at most, a block's reward: the file takes three of them at least. */
const PRICE = parseEther('1');
const say = wordsOf('en');

describe('paying by work in the page', { skip: !hasBrowser(), timeout: 180_000 }, () => {
  let network: DevNetwork;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let seller: Daemon;
  let file: string;
  let cid: string;

  before(async () => {
    const siteDir = builtSite();
    network = await createNetwork({ chain: 'dev' });
    const keyFile = join(network.dir, 'miner.key');
    await writeFile(keyFile, MINER_KEY, { mode: 0o600 });
    seller = await network.daemon('seller', ['--import-key', keyFile, '--site-dir', siteDir]);
    file = await randomFile(join(network.dir, 'film.bin'), BYTES);
    cid = await publish(seller, file, PRICE);
    browser = await launchBrowser();
    context = await browser.newContext({ locale: 'en', acceptDownloads: true });
    page = await context.newPage();
  });
  after(async () => {
    await context?.close();
    await browser?.close();
    await network?.stop();
  });

  const main = () => page.getByRole('main');
  const button = (key: string) => main().getByRole('button', { name: say[key]!, exact: true });
  const sold = async () => (await seller.api.get<LedgerRow[]>('/ledger')).find(({ direction }) => direction === 'out');
  const figure = (key: string) => main().locator('dt', { hasText: say[key]! }).locator('+ dd').innerText();

  it('offers to work where there is no wallet, and stops when it is told to', async () => {
    await page.goto(`${seller.publicUrl.replace('127.0.0.1', 'localhost')}/#/get/${cid}`);
    await button('work.pay').click({ timeout: 60_000 });
    await button('work.stop').click();
    await button('work.resume').waitFor();
    assert.ok(BigInt((await sold())?.workedWei ?? 0) < costWei(BYTES, PRICE));
  });

  it('gets the whole file, byte for byte, for work alone', async (test) => {
    const startedMs = Date.now();
    await button('work.resume').click();
    await main().getByText(say['transfer.done']!, { exact: true }).waitFor({ timeout: 90_000 });
    test.diagnostic(`${((Date.now() - startedMs) / 1000).toFixed(1)} s from the press to all paid`);
    const [download] = await Promise.all([page.waitForEvent('download'), button('transfer.save').click()]);
    assert.equal(await sha256(await download.path()), await sha256(file));

    const row = (await sold())!;
    const cost = costWei(BYTES, PRICE);
    assert.equal(BigInt(row.deliveredWei) >= cost, true);
    assert.equal(row.authorizedWei, '0');
    assert.ok(BigInt(row.workedWei) >= cost, `${row.workedWei} of ${cost}`);
    const shares = Number(await figure('work.shares'));
    assert.ok(shares >= 1);
    test.diagnostic(`${shares} shares since the restart, ${await figure('meter.worked')} in all`);
    assert.match(await figure('meter.owed'), /^0 /);
  });

  it('counts a stranger’s share once, and takes no false one', async () => {
    await using stranger = await createStranger(network, 'stranger', seller);
    const earned = async () =>
      (await seller.api.get<LedgerRow[]>('/ledger')).find(({ peer }) => peer === stranger.peerId)?.workedWei;
    const work = await stranger.work();
    const share = findShare(work);
    const counted = await stranger.ask(share);
    assert.equal(counted.type === 'counted' && counted.workedWei, work.shareWei);
    const again = await stranger.ask(share);
    assert.equal(again.type === 'refused' && again.code, 'SHARE_DUPLICATE');
    const bent = await stranger.ask({ ...share, sealHash: share.mixHash });
    assert.equal(bent.type === 'refused' && bent.code, 'SHARE_STALE');
    const lie = await stranger.ask(lieAbout(work));
    assert.equal(lie.type === 'refused' && lie.code, 'SHARE_INVALID');
    // From now on it is not heard, and what it earned before stays earned.
    const silenced = await stranger.ask({ type: 'work', hashesPerSecond: 0 });
    assert.equal(silenced.type === 'refused' && silenced.code, 'SHARE_INVALID');
    assert.equal(await earned(), `${work.shareWei}`);
  });
});
