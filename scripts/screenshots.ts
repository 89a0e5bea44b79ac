/**
 * `node scripts/screenshots.ts`: pictures of every page at 390 and 1440 px, light and dark, into docs/screenshots. Behind them run a
 * real chain that mines, real nodes that sell, and a wallet with MetaMask's rules; what the pictures show has happened.
 *
 *   --only PART   pages whose name contains PART
 *   --keep        do not build the page anew
 *   --lang CODE   in another language, into docs/screenshots/CODE
 *   --axe         also run axe-core on each page, and fail on anything serious
 */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parseEther, Wallet } from 'ethers';
import type { BrowserContext, Page } from 'playwright-core';
import { launchBrowser } from '../test/e2e/support/browser.ts';
import { get, publish, randomFile, settle } from '../test/e2e/support/trade.ts';
import { announceWallet, createTestWallet } from '../test/e2e/support/wallet-provider.ts';
import { createNetwork } from './devnet/network.ts';

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    keep: { type: 'boolean' },
    lang: { type: 'string' },
    axe: { type: 'boolean' },
  },
});
const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'docs/screenshots', options.lang ?? '');
const MIB = 1 << 20;
const SIZES = [
  { name: '390', width: 390, height: 844 },
  { name: '1440', width: 1440, height: 900 },
] as const;

if (
  !options.keep &&
  spawnSync(process.execPath, ['web/scripts/build.ts'], { cwd: root, stdio: 'inherit' }).status !== 0
)
  process.exit(1);
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const say = (text: string) => process.stderr.write(`${text}\n`);
const faults: string[] = [];

const network = await createNetwork({ chain: 'dev' });
const browser = await launchBrowser();
try {
  const door = await network.daemon('door', ['--protocol', 'http']);
  const sellers = await Promise.all(
    ['http', 'libp2p', 'webtorrent'].map((protocol) => network.daemon(protocol, ['--protocol', protocol])),
  );
  const buyer = await network.daemon('buyer', ['--protocol', 'http']);
  const visitor = Wallet.createRandom();
  await network.fund([visitor.address, ...[door, buyer, ...sellers].map(({ wallet }) => wallet)], parseEther('20'));

  // The own node has sold something, so that its books have rows.
  for (const [name, size] of [
    ['Field recordings.flac', 18 * MIB],
    ['Notes on tides.pdf', 6 * MIB],
    ['Harbour at night.tiff', 11 * MIB],
  ] as const) {
    const cid = await publish(door, await randomFile(join(network.dir, name), size), parseEther('0.00001'));
    await get(buyer, cid, join(network.dir, `bought ${name}`));
    await settle(door);
  }
  // What strangers find in the catalogue.
  for (const [name, listed] of [
    ['Field recordings.flac', 'An hour at a river before sunrise'],
    ['Notes on tides.pdf', 'Tables and drawings for small boats'],
    ['Harbour at night.tiff', 'Forty megapixels, from the old lighthouse'],
  ]) {
    const asked = { path: join(network.dir, name!), weiPerMiB: `${parseEther('0.00001')}`, listed };
    for await (const _ of door.api.stream('/publish', asked, new AbortController().signal));
  }
  const film = join(network.dir, 'The long way home.webm');
  await writeFile(film, await makeFilm());
  const filmCid = (
    await Promise.all(sellers.map((seller, i) => publish(seller, film, parseEther('0.00001') + BigInt(i) * 10n ** 12n)))
  )[0]!;

  const origin = door.publicUrl.replace('127.0.0.1', 'localhost');
  const { url, token } = JSON.parse(readFileSync(join(door.dataDir, 'api.json'), 'utf8')) as {
    url: string;
    token: string;
  };
  const own = url.replace('127.0.0.1', 'localhost');
  const transaction = await lastTransaction();

  /** Pages by name: where, and what has to be there before the picture is taken. */
  const pages: { name: string; open: (page: Page) => Promise<void>; own?: boolean; wallet?: boolean }[] = [
    { name: 'get', open: (page) => go(page, `${origin}/`) },
    {
      name: 'get-offers',
      wallet: true,
      open: async (page) => {
        await go(page, `${origin}/#/get/${filmCid}`);
        await page.getByText(/\b3\b/).first().waitFor();
        await page.locator('li input, li .font-mono').nth(2).waitFor({ timeout: 30_000 });
      },
    },
    {
      name: 'get-download',
      wallet: true,
      open: async (page) => {
        await go(page, `${origin}/#/get/${filmCid}`);
        await page.locator('main button.bg-ink').first().click({ timeout: 40_000 });
        await page.locator('canvas').waitFor({ timeout: 60_000 });
        await page.locator('video').waitFor({ timeout: 60_000 });
        // Its first picture is there long before the file is.
        await see(page, `document.querySelector('video').readyState >= 2`);
        await see(page, `document.querySelectorAll('main table tbody tr').length > 1`);
        await see(
          page,
          `Number(document.querySelector('main [role=progressbar][aria-valuenow]')?.getAttribute('aria-valuenow')) >= 40`,
        );
      },
    },
    {
      name: 'get-afterwards',
      open: async (page) => {
        await go(page, `${origin}/#/get/${filmCid}`);
        await page.locator('fieldset label').nth(1).click({ timeout: 40_000 });
        await page.locator('main button.bg-ink').first().click();
        // What sellers give before they are paid is here.
        await page.locator('main ul.border-y li').nth(2).waitFor({ timeout: 60_000 });
      },
    },
    {
      name: 'catalogue',
      open: async (page) => {
        await go(page, `${origin}/catalogue/`);
        await page.locator('main li a').nth(2).waitFor({ timeout: 60_000 });
      },
    },
    { name: 'share', wallet: true, open: (page) => go(page, `${origin}/share/`) },
    { name: 'wallet', own: true, wallet: true, open: (page) => go(page, `${own}/wallet/`) },
    { name: 'wallet-none', open: (page) => go(page, `${origin}/wallet/`) },
    {
      name: 'earnings',
      own: true,
      open: async (page) => {
        await go(page, `${own}/earnings/`);
        await page.locator('figure svg').first().waitFor({ timeout: 20_000 });
      },
    },
    { name: 'earnings-none', open: (page) => go(page, `${origin}/earnings/`) },
    {
      name: 'mine',
      wallet: true,
      open: async (page) => {
        await go(page, `${origin}/mine/`);
        await page.locator('table tbody tr').first().waitFor();
      },
    },
    {
      name: 'network',
      own: true,
      open: async (page) => {
        await go(page, `${own}/network/`);
        await page.locator('figure svg').first().waitFor({ timeout: 30_000 });
      },
    },
    {
      name: 'explorer',
      open: async (page) => {
        await go(page, `${origin}/explorer/`);
        await page.locator('table tbody tr').first().waitFor();
        await page.locator('main ul li a').first().waitFor();
      },
    },
    {
      name: 'explorer-transaction',
      open: async (page) => {
        await go(page, `${origin}/explorer/#/tx/${transaction}`);
        await page.locator('main dl').first().waitFor();
      },
    },
    { name: 'settings', open: (page) => go(page, `${origin}/settings/`) },
  ];

  await mkdir(folder, { recursive: true });
  for (const wanted of pages.filter(({ name }) => name.includes(options.only ?? ''))) {
    for (const theme of ['light', 'dark'] as const) {
      for (const { name: size, width, height } of SIZES) {
        const context = await browser.newContext({
          viewport: { width, height },
          colorScheme: theme,
          deviceScaleFactor: width < 500 ? 2 : 1,
          locale: options.lang ?? 'en',
          isMobile: width < 500,
          hasTouch: width < 500,
          // The policy of the page is under test elsewhere; axe must be let in here.
          bypassCSP: options.axe === true,
        });
        try {
          await shoot(context, wanted, join(folder, `${wanted.name}-${size}-${theme}.png`));
        } catch (error) {
          faults.push(`${wanted.name} ${size} ${theme}: ${(error as Error).message.split('\n')[0]}`);
          say(faults.at(-1)!);
        } finally {
          await context.close();
        }
      }
    }
  }

  async function shoot(context: BrowserContext, wanted: (typeof pages)[number], path: string): Promise<void> {
    if (wanted.own)
      await context.addInitScript(
        ({ url, token }) => localStorage.setItem('chiral.owner', JSON.stringify({ url, token })),
        { url: own, token },
      );
    const wallet = createTestWallet({ privateKeys: [visitor.privateKey as `0x${string}`] });
    wallet.knowChain('0x181cd', network.chain.rpcUrl);
    wallet.useChain('0x181cd');
    await announceWallet(context, wallet, { name: 'Test Wallet' });
    const page = await context.newPage();
    page.on('pageerror', (error) => {
      faults.push(`${wanted.name}: ${error.message}`);
      say(faults.at(-1)!);
    });
    if (wanted.wallet) {
      await go(page, wanted.own ? own : origin);
      await page.locator('header button').last().click();
      await page.locator('dialog[open] li button').first().click();
      await page.locator('header a.border').waitFor();
    }
    await wanted.open(page);
    await page.evaluate('document.fonts.ready');
    // As tall as its contents, so that what sticks to an edge is at the edge and not in the middle.
    const height = Number(await page.evaluate('document.documentElement.scrollHeight'));
    const { width } = page.viewportSize()!;
    if (height > page.viewportSize()!.height) await page.setViewportSize({ width, height });
    await writeFile(path, await page.screenshot({ animations: 'disabled' }));
    if (options.axe) await check(page, path);
    say(path.slice(root.length));
  }

  async function check(page: Page, path: string): Promise<void> {
    await page.evaluate(axeSource);
    const violations = await page.evaluate(async () => {
      const { axe } = globalThis as never as {
        axe: { run(): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }> };
      };
      const { violations } = await axe.run();
      return violations.map(
        ({ id, impact, nodes }) => `${impact} ${id} (${nodes.length}): ${nodes[0]?.html.slice(0, 200)}`,
      );
    });
    for (const line of violations) {
      say(`  axe: ${line}`);
      if (/^(serious|critical)/.test(line)) faults.push(`${path.split('/').at(-1)}: ${line}`);
    }
  }

  async function lastTransaction(): Promise<string> {
    const head = await network.provider.getBlockNumber();
    const logs = await network.provider.getLogs({ address: network.chain.contract, fromBlock: 0, toBlock: head });
    return logs.at(-1)?.transactionHash ?? '';
  }
} finally {
  await browser.close();
  await network.stop();
}
for (const fault of faults) say(fault);
process.exit(faults.length > 0 ? 1 : 0);

/** A film of our own, since none may be taken from others: twelve seconds of slow waves, recorded by the browser itself. */
async function makeFilm(): Promise<Buffer> {
  const context = await browser.newContext();
  const page = await context.newPage();
  const text = await page.evaluate(async () => {
    // biome-ignore lint/suspicious/noExplicitAny: this runs in the page, whose types are not here
    const { document, MediaRecorder, requestAnimationFrame, FileReader } = globalThis as any;
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [1280, 720];
    const paint = canvas.getContext('2d');
    const parts: Blob[] = [];
    const recorder = new MediaRecorder(canvas.captureStream(24), {
      mimeType: 'video/webm',
      videoBitsPerSecond: 24_000_000,
    });
    recorder.ondataavailable = ({ data }: { data: Blob }) => parts.push(data);
    const ended = new Promise((resolve) => {
      recorder.onstop = resolve;
    });
    recorder.start();
    const began = performance.now();
    await new Promise<void>((resolve) => {
      const frame = () => {
        const seconds = (performance.now() - began) / 1000;
        paint.fillStyle = '#f2c9a1';
        paint.fillRect(0, 0, 1280, 720);
        paint.fillStyle = '#f6efe2';
        paint.beginPath();
        paint.arc(920, 250, 70, 0, 7);
        paint.fill();
        for (let layer = 0; layer < 7; layer += 1) {
          paint.fillStyle = `hsl(${212 + layer * 4} ${28 + layer * 3}% ${66 - layer * 8}%)`;
          paint.beginPath();
          paint.moveTo(0, 720);
          for (let x = 0; x <= 1280; x += 8)
            paint.lineTo(
              x,
              300 +
                layer * 55 +
                Math.sin(x / (90 + layer * 30) + seconds * (0.4 + layer / 9) + layer) * (34 - layer * 2),
            );
          paint.lineTo(1280, 720);
          paint.fill();
        }
        // Grain, as film has; it also gives the file a film's weight.
        for (let i = 0; i < 9_000; i += 1) {
          paint.fillStyle = `rgb(255 255 255 / ${Math.random() * 0.12})`;
          paint.fillRect(Math.random() * 1280, Math.random() * 720, 3, 3);
        }
        if (seconds < 12) requestAnimationFrame(frame);
        else resolve();
      };
      frame();
    });
    recorder.stop();
    await ended;
    return new Promise<string>((resolve) => {
      const reader = new FileReader();
      reader.onload = () => resolve(reader.result.split(',')[1]);
      reader.readAsDataURL(new Blob(parts));
    });
  });
  await context.close();
  // How much the recorder keeps depends on how busy the machine is, so a void element, which players skip, brings the weight.
  const padding = randomBytes(40 * MIB);
  const head = Buffer.alloc(9);
  head[0] = 0xec;
  head.writeBigUInt64BE(BigInt(padding.length) | (1n << 56n), 1);
  return Buffer.concat([Buffer.from(text, 'base64'), head, padding]);
}

/** Waits until it holds, asking from outside: the page's policy lets nothing that waits inside evaluate it. */
async function see(page: Page, expression: string): Promise<void> {
  const endMs = Date.now() + 60_000;
  while (!(await page.evaluate(expression))) {
    if (Date.now() > endMs) throw new Error(`never so: ${expression}`);
    await page.waitForTimeout(50);
  }
}

async function go(page: Page, address: string): Promise<void> {
  await page.goto(address);
  await page.locator('main h1, main p').first().waitFor();
  await page.waitForLoadState('networkidle').catch(() => {});
}
