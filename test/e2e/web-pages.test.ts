/**
 * Every page as a visitor finds it, in a real browser on a real node: nothing serious for axe, nothing from another origin, no
 * fault in the console under the node's own policy, in each language, and a first load that stays small.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { createNetwork, type Daemon, type DevNetwork } from '../../scripts/devnet/network.ts';
import { hasBrowser, launchBrowser } from './support/browser.ts';
import { builtSite, SITE, wordsOf } from './support/site.ts';

const PAGES = ['', 'catalogue/', 'share/', 'wallet/', 'earnings/', 'mine/', 'network/', 'explorer/', 'settings/'];
/** What a visitor's browser fetches as scripts before the page works, bytes as gzip sends them. */
const FIRST_LOAD_LIMIT = 350 * 1024;
const LANGUAGES = ['en', 'es', 'ru', 'zh', 'ko'];

describe('the pages', { skip: !hasBrowser(), timeout: 240_000 }, () => {
  let network: DevNetwork;
  let node: Daemon;
  let browser: Browser;
  let origin: string;
  let owner: { url: string; token: string };

  before(async () => {
    const siteDir = builtSite();
    network = await createNetwork();
    node = await network.daemon('node', ['--site-dir', siteDir]);
    origin = node.publicUrl.replace('127.0.0.1', 'localhost');
    owner = JSON.parse(readFileSync(join(node.dataDir, 'api.json'), 'utf8'));
    browser = await launchBrowser();
  });
  after(async () => {
    await browser?.close();
    await network?.stop();
  });

  it('have nothing that axe calls serious, in light and in dark', async () => {
    const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    for (const colorScheme of ['light', 'dark'] as const) {
      // axe comes in as a script of ours, which the policy rightly refuses.
      const context = await browser.newContext({ colorScheme, bypassCSP: true, locale: 'en' });
      const page = await context.newPage();
      for (const path of PAGES) {
        await page.goto(`${origin}/${path}`);
        await page.getByRole('main').getByRole('heading').first().waitFor();
        await page.evaluate(axe);
        const found = (await page.evaluate(
          `axe.run().then(({ violations }) => violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
            .map(({ id, nodes }) => id + ': ' + nodes[0].html.slice(0, 160)))`,
        )) as string[];
        assert.deepEqual(found, [], `/${path} in ${colorScheme}`);
      }
      await context.close();
    }
  });

  it('load nothing from anywhere else and break no rule of their policy', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    const foreign: string[] = [];
    const faults: string[] = [];
    page.on('request', (request) => {
      const { protocol, hostname } = new URL(request.url());
      if (/^https?:$/.test(protocol) && hostname !== 'localhost' && hostname !== '127.0.0.1')
        foreign.push(request.url());
    });
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => {
      if (/content security policy/i.test(message.text())) faults.push(message.text());
    });
    for (const path of PAGES) {
      const response = await page.goto(`${origin}/${path}`);
      assert.match(response!.headers()['content-security-policy'] ?? '', /default-src 'none'/);
      await page.getByRole('main').getByRole('heading').first().waitFor();
      await page.waitForLoadState('networkidle');
    }
    assert.deepEqual([foreign, faults], [[], []]);
    await context.close();
  });

  for (const language of LANGUAGES)
    it(`speak ${language} to whoever reads it`, async () => {
      const context = await browser.newContext({ locale: language });
      const page = await context.newPage();
      await page.goto(`${origin}/settings/`);
      await page.getByRole('heading', { level: 1, name: wordsOf(language)['settings.title']! }).waitFor();
      assert.equal(await page.evaluate('document.documentElement.lang'), language);
      await context.close();
    });

  it('can be used without a mouse: past the menu, into the field, on to an answer', async () => {
    const context = await browser.newContext({ locale: 'en' });
    const page = await context.newPage();
    await page.goto(origin);
    const words = wordsOf('en');
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate('document.activeElement.textContent'), words['shell.skip']);
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate('document.activeElement.id'), 'target');
    await page.keyboard.type('nothing known');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').filter({ hasText: words['get.fault.unknown']! }).waitFor();
    await context.close();
  });

  it('show the books of one’s own node to its owner, and not to a visitor', async () => {
    const context = await browser.newContext({ locale: 'en' });
    const page = await context.newPage();
    const words = wordsOf('en');
    await page.goto(`${origin}/earnings/`);
    await page.getByText(words['node.none']!, { exact: true }).waitFor();
    await page.goto(`${owner.url}/earnings/#token=${owner.token}`);
    await page.getByText(words['earnings.none']!, { exact: true }).waitFor();
    assert.equal(new URL(page.url()).hash, '', 'the token has left the address bar');
    await context.close();
  });

  it('are found by their bare names, and a name that is none gets a page too', async () => {
    assert.equal((await fetch(`${origin}/share`)).url, `${origin}/share/`);
    const context = await browser.newContext({ locale: 'en' });
    const page = await context.newPage();
    const response = await page.goto(`${origin}/nowhere`);
    assert.equal(response?.status(), 404);
    await page.getByText(wordsOf('en')['lost.title']!, { exact: true }).first().waitFor();
    await context.close();
  });
});

describe('the first load of a page', () => {
  before(() => void builtSite());
  for (const path of PAGES)
    it(`of /${path} is under ${FIRST_LOAD_LIMIT / 1024} KB of script`, (test) => {
      const html = readFileSync(join(SITE, path, 'index.html'), 'utf8');
      const scripts = new Set([...html.matchAll(/<script[^>]+src="([^"]+\.js)"/g)].map(([, source]) => source!));
      assert.ok(scripts.size > 0);
      // What only browsers without modules fetch does not count; it is marked in the HTML.
      const old = new Set(
        [...html.matchAll(/<script[^>]+src="([^"]+\.js)"[^>]+nomodule/gi)].map(([, source]) => source!),
      );
      const bytes = [...scripts]
        .filter((source) => !old.has(source))
        .reduce((sum, source) => sum + gzipSync(readFileSync(join(SITE, source)), { level: 9 }).length, 0);
      test.diagnostic(`${(bytes / 1024).toFixed(0)} KB`);
      assert.ok(bytes < FIRST_LOAD_LIMIT, `${bytes} bytes`);
    });
});
