/**
 * The engine of the page on its bare page, in a real browser, with a wallet that keeps MetaMask's rules: what a test does with it,
 * as verbs. The page keeps the engine, its events and the running download; everything else is asked of it anew.
 */
import type { GetEvent } from '@chiral/protocol/api';
import { parseEther, Wallet } from 'ethers';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { Daemon, DevNetwork } from '../../../scripts/devnet/network.ts';
import type { CreateEngine, Engine, EngineSnapshot } from '../../../web/lib/engine/types.ts';
import { announceWallet, createTestWallet, type Question, type TestWallet } from './wallet-provider.ts';

export const CHAIN_HEX = '0x181cd';

/** The part of a media element that is used: this project's tests know no DOM. */
interface Media {
  muted: boolean;
  currentTime: number;
  readonly duration: number;
  readonly error: { message: string } | null;
  onplaying: ((event: unknown) => void) | null;
  onseeked: ((event: unknown) => void) | null;
  onerror: (() => void) | null;
  play(): Promise<void>;
}

interface Provider {
  request(args: { method: string; params?: unknown }): Promise<unknown>;
}

/** What the page keeps for a test. */
export interface PageWorld {
  loadEngine(): Promise<{ createEngine: CreateEngine }>;
  Audio: new (url: string) => Media;
  audio: Media;
  wallet: Provider;
  engine: Engine;
  events: GetEvent[];
  stop: AbortController;
  getting: Promise<string>;
  localStorage: { setItem(key: string, value: string): void };
}

export interface Visitor {
  readonly context: BrowserContext;
  readonly page: Page;
  readonly wallet: TestWallet;
  readonly address: string;
}

/** An empty profile with a wallet of two accounts that knows the chain and is on it; the first account is funded. */
export async function visit(browser: Browser, network: DevNetwork, wei = parseEther('5')): Promise<Visitor> {
  const privateKeys = [0, 1].map(() => Wallet.createRandom().privateKey as `0x${string}`);
  const wallet = createTestWallet({ privateKeys });
  wallet.knowChain(CHAIN_HEX, network.chain.rpcUrl);
  wallet.useChain(CHAIN_HEX);
  const context = await browser.newContext();
  await announceWallet(context, wallet);
  if (wei > 0n) await network.fund([wallet.addresses[0]!], wei);
  const page = await context.newPage();
  if (process.env.CHIRAL_PAGE_LOG) {
    await page.addInitScript(() => {
      (globalThis as unknown as PageWorld).localStorage.setItem('chiral.debug', '1');
    });
    page.on('console', async (message) => {
      const values = await Promise.all(message.args().map((value) => value.jsonValue().catch(() => '?')));
      console.error('page:', message.text(), JSON.stringify(values.slice(1)));
    });
    page.on('pageerror', (error) => console.error('page error:', error));
  }
  return { context, page, wallet, address: wallet.addresses[0]! };
}

/** Opens the page at `door` and starts its engine. */
export async function start(
  page: Page,
  door: Daemon,
  {
    bootstrap,
    withWallet = true,
    host = 'localhost',
  }: { bootstrap?: string[]; withWallet?: boolean; host?: string } = {},
): Promise<void> {
  await page.goto(door.publicUrl.replace('127.0.0.1', host));
  await page.waitForFunction(() => 'loadEngine' in globalThis);
  await page.evaluate(
    async ({ bootstrap, withWallet }) => {
      const world = globalThis as unknown as PageWorld;
      const { createEngine } = await world.loadEngine();
      const site = (await (await fetch('/chiral.json')).json()) as {
        bootstrap: string[];
        rpcUrl: string;
        chainId: number;
        contract: string;
      };
      const target = globalThis as unknown as EventTarget;
      target.addEventListener(
        'eip6963:announceProvider',
        (event) => {
          world.wallet = (event as unknown as { detail: { provider: Provider } }).detail.provider;
        },
        { once: true },
      );
      target.dispatchEvent(new Event('eip6963:requestProvider'));
      const wallet = withWallet && {
        address: ((await world.wallet.request({ method: 'eth_requestAccounts' })) as string[])[0]!,
        request: (args: { method: string; params?: unknown }) => world.wallet.request(args),
      };
      world.engine = await createEngine({
        bootstrap: bootstrap ?? site.bootstrap,
        rpcUrl: site.rpcUrl,
        chainId: site.chainId,
        contract: site.contract,
        ...(wallet && { wallet }),
      });
    },
    { bootstrap, withWallet },
  );
}

/** Begins a download; `outcome` is 'done' or the code of what ended it. */
export async function begin(
  page: Page,
  options: { target: string; maxWei?: string; peers?: string[]; after?: boolean },
): Promise<void> {
  await page.evaluate(({ target, maxWei, peers, after }) => {
    const world = globalThis as unknown as PageWorld;
    world.events = [];
    world.stop = new AbortController();
    world.getting = world.engine
      .get(
        { target, ...(maxWei && { maxWei: BigInt(maxWei) }), ...(peers && { peers }), ...(after && { after }) },
        (event) => world.events.push(event),
        world.stop.signal,
      )
      .then(
        () => 'done',
        (error) => error.code ?? String(error.stack),
      );
  }, options);
}

export const outcome = (page: Page) => page.evaluate(() => (globalThis as unknown as PageWorld).getting);
export const events = (page: Page) => page.evaluate(() => (globalThis as unknown as PageWorld).events);

export async function snapshot(page: Page): Promise<EngineSnapshot> {
  const text = await page.evaluate(() =>
    JSON.stringify((globalThis as unknown as PageWorld).engine.snapshot(), (_key, value) =>
      typeof value === 'bigint' ? `${value}n` : ArrayBuffer.isView(value) ? [...(value as Uint8Array)] : value,
    ),
  );
  return JSON.parse(text, (_key, value) =>
    typeof value === 'string' && /^\d+n$/.test(value) ? BigInt(value.slice(0, -1)) : value,
  );
}

/** SHA-256 of what the page holds, hex. */
export const hashIn = (page: Page, cid: string) =>
  page.evaluate(async (cid) => {
    const blob = await (globalThis as unknown as PageWorld).engine.blob(cid);
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await blob.arrayBuffer()));
    return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  }, cid);

export const questions = (wallet: TestWallet): Question[] => wallet.asked.map(({ question }) => question);
