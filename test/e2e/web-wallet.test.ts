/**
 * The page and the person's wallet in a real browser: a wallet with MetaMask's rules, whose keys are outside the page, against a
 * real node and chain. What it asks, in which order, and what stays when the person says no.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Wallet } from 'ethers';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { createNetwork, type Daemon, type DevNetwork } from '../../scripts/devnet/network.ts';
import { hasBrowser, launchBrowser } from './support/browser.ts';
import { builtSite, wordsOf } from './support/site.ts';
import { announceWallet, createTestWallet, type TestWallet, type WalletOptions } from './support/wallet-provider.ts';

const CHAIN = '0x181cd';
const say = wordsOf('en');
const newKey = () => Wallet.createRandom().privateKey as `0x${string}`;

describe('the page and a wallet', { skip: !hasBrowser(), timeout: 240_000 }, () => {
  let network: DevNetwork;
  let node: Daemon;
  let browser: Browser;
  let origin: string;
  let context: BrowserContext | undefined;

  before(async () => {
    const siteDir = builtSite();
    network = await createNetwork();
    node = await network.daemon('node', ['--site-dir', siteDir]);
    origin = node.publicUrl.replace('127.0.0.1', 'localhost');
    browser = await launchBrowser();
  });
  after(async () => {
    await context?.close();
    await browser?.close();
    await network?.stop();
  });

  /** The wallet's page with an empty profile. */
  async function open(...wallets: { wallet: TestWallet; name: string }[]): Promise<Page> {
    await context?.close();
    context = await browser.newContext({ locale: 'en' });
    for (const { wallet, name } of wallets) await announceWallet(context, wallet, { name, rdns: name.toLowerCase() });
    const page = await context.newPage();
    await page.goto(`${origin}/wallet/`);
    return page;
  }
  const create = (more: Partial<WalletOptions> = {}) =>
    createTestWallet({ privateKeys: [newKey(), newKey()], ...more });
  const questions = (wallet: TestWallet) => wallet.asked.map(({ question }) => question);

  async function press(page: Page, key: string): Promise<void> {
    await page.getByRole('main').getByRole('button', { name: say[key]!, exact: true }).click();
  }
  async function choose(page: Page, name: string): Promise<void> {
    await press(page, 'wallet.connect');
    await page.getByRole('dialog').getByRole('button', { name }).click();
  }
  const see = (page: Page, key: string) => page.getByText(say[key]!, { exact: true }).first().waitFor();
  const seeAddress = (page: Page, address: string) =>
    page
      .locator('header')
      .getByText(`${address.slice(0, 6)}…${address.slice(-4)}`)
      .waitFor();

  for (const code of [4902, 4001] as const)
    it(`connects and adds a network that the wallet refuses with ${code}`, async () => {
      const wallet = create({ unknownChainCode: code });
      const page = await open({ wallet, name: 'Fox' });
      await choose(page, 'Fox');
      await see(page, 'wallet.offChain');
      await press(page, 'wallet.addNetwork');
      await see(page, 'wallet.onChain');
      assert.equal(wallet.chainId, CHAIN);
      assert.deepEqual(questions(wallet), ['connect', 'addChain']);
      await seeAddress(page, wallet.addresses[0]!);
    });

  it('switches, and adds nothing, where the wallet knows the network', async () => {
    const wallet = create();
    wallet.knowChain(CHAIN, network.chain.rpcUrl);
    const page = await open({ wallet, name: 'Fox' });
    await choose(page, 'Fox');
    await press(page, 'wallet.addNetwork');
    await see(page, 'wallet.onChain');
    assert.deepEqual(questions(wallet), ['connect', 'switchChain']);
    assert.deepEqual(wallet.asked[1]!.params, [{ chainId: CHAIN }]);
  });

  it('takes a no at each step, changes nothing, and goes on when asked again', async () => {
    const wallet = create();
    const page = await open({ wallet, name: 'Fox' });
    // A person takes a moment to say no; an answer at once would not be a person's.
    wallet.decide(() => new Promise((resolve) => setTimeout(resolve, 700, false)));
    await choose(page, 'Fox');
    await page.getByRole('dialog').getByText(say['problem.declined']!).waitFor();
    const kept = String(await page.evaluate('JSON.stringify(localStorage)')).toLowerCase();
    assert.ok(!kept.includes(wallet.addresses[0]!.slice(2).toLowerCase()), 'nothing of the account was kept');
    wallet.decide(() => true);
    await page.getByRole('dialog').getByRole('button', { name: 'Fox' }).click();
    await see(page, 'wallet.offChain');
    wallet.decide(() => new Promise((resolve) => setTimeout(resolve, 700, false)));
    await press(page, 'wallet.addNetwork');
    await see(page, 'problem.declined');
    assert.equal(wallet.chainId, '0x1');
    wallet.decide(() => true);
    await press(page, 'wallet.addNetwork');
    await see(page, 'wallet.onChain');
    assert.deepEqual(questions(wallet), ['connect', 'connect', 'addChain', 'addChain']);
  });

  it('lets the person choose between two wallets and asks only that one', async () => {
    const [first, second] = [create(), create()];
    const page = await open({ wallet: first, name: 'Fox' }, { wallet: second, name: 'Rabbit' });
    await press(page, 'wallet.connect');
    const dialog = page.getByRole('dialog');
    const choice = dialog.getByRole('button', { name: 'Rabbit' });
    // Counting does not wait.
    await choice.waitFor();
    assert.equal(await dialog.getByRole('listitem').count(), 2);
    await choice.click();
    await seeAddress(page, second.addresses[0]!);
    assert.deepEqual([first.asked, questions(second)], [[], ['connect']]);
  });

  it('waits for a wallet that is locked, and lets go of one that locks', async () => {
    const wallet = create();
    wallet.lock();
    const page = await open({ wallet, name: 'Fox' });
    await choose(page, 'Fox');
    await page.getByText(say['wallet.lookInWallet']!).waitFor();
    wallet.unlock();
    await seeAddress(page, wallet.addresses[0]!);
    wallet.lock();
    await see(page, 'wallet.notConnected');
  });

  it('follows the person to another account and another network', async () => {
    const wallet = create();
    wallet.knowChain(CHAIN, network.chain.rpcUrl);
    wallet.useChain(CHAIN);
    const page = await open({ wallet, name: 'Fox' });
    await choose(page, 'Fox');
    await see(page, 'wallet.onChain');
    wallet.useAccount(1);
    await seeAddress(page, wallet.addresses[1]!);
    wallet.useChain('0x1');
    await see(page, 'wallet.offChain');
    wallet.useChain(CHAIN);
    await see(page, 'wallet.onChain');
  });

  it('remembers the wallet over a reload without asking', async () => {
    const wallet = create();
    const page = await open({ wallet, name: 'Fox' });
    await choose(page, 'Fox');
    await seeAddress(page, wallet.addresses[0]!);
    await page.reload();
    await seeAddress(page, wallet.addresses[0]!);
    assert.deepEqual(questions(wallet), ['connect']);
  });

  it('explains a chain that began anew, and believes the person who has dealt with it', async () => {
    const wallet = create();
    const page = await open({ wallet, name: 'Fox' });
    await page.evaluate(`localStorage.setItem('chiral.genesis', '0x${'ab'.repeat(32)}')`);
    await page.reload();
    await see(page, 'genesis.restarted');
    await press(page, 'genesis.done');
    await page.reload();
    await see(page, 'wallet.notConnected');
    assert.equal(await page.getByText(say['genesis.restarted']!).count(), 0);
  });

  it('says how to get a wallet where there is none', async () => {
    const page = await open();
    await press(page, 'wallet.connect');
    const link = page.getByRole('dialog').getByRole('link', { name: say['wallet.install']! });
    assert.equal(await link.getAttribute('href'), 'https://metamask.io/download/');
  });
});
