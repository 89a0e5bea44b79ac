/**
 * What strangers write is read and never run: 200 ways to make a browser run text, as file names, media types, peer ids, client
 * versions, hashes and messages, on every page that shows such a thing, in a real browser. Most of it runs without the page's own
 * policy, so that the page itself must be sound; and the policy is looked for on everything that any server of ours calls HTML.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { type IncomingHttpHeaders, request } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { PublishEvent } from '@chiral/protocol/api';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { createNetwork, type Daemon, type DevNetwork } from '../../scripts/devnet/network.ts';
import { hasBrowser, launchBrowser } from './support/browser.ts';
import { builtSite, wordsOf } from './support/site.ts';
import { until } from './support/trade.ts';

const say = wordsOf('en');
/** Where a payload that ran would tell of it. */
const RUN = 'self.__ran=1';
/** Elements, addresses and texts of which each has run as script in somebody's page. `data-evil` marks what became an element. */
const VECTORS = [
  `<script data-evil>${RUN}</script>`,
  `<ScRiPt data-evil src="data:text/javascript,${RUN}"></sCrIpT>`,
  `<img data-evil src=x onerror=${RUN}>`,
  `<svg data-evil onload=${RUN}>`,
  `<svg data-evil><animate onbegin=${RUN} attributeName=x dur=1s>`,
  `<svg data-evil><script>${RUN}</script></svg>`,
  `<iframe data-evil srcdoc="<script>parent.__ran=1</script>"></iframe>`,
  `<iframe data-evil src="javascript:parent.__ran=1"></iframe>`,
  `<object data-evil data="data:text/html,<script>parent.__ran=1</script>"></object>`,
  `<embed data-evil src="data:image/svg+xml,<svg onload=parent.__ran=1>">`,
  `<a data-evil href="javascript:${RUN}">open</a>`,
  `<input data-evil autofocus onfocus=${RUN}>`,
  `<details data-evil open ontoggle=${RUN}>`,
  `<video data-evil><source onerror=${RUN}></video>`,
  `<audio data-evil src=x onerror=${RUN}>`,
  `<body data-evil onload=${RUN}>`,
  `<marquee data-evil onstart=${RUN}>`,
  `<form data-evil action="javascript:${RUN}"><button autofocus>`,
  `<math><mtext><table><mglyph><style><img data-evil src=x onerror=${RUN}>`,
  `<noscript><p title="</noscript><img data-evil src=x onerror=${RUN}>">`,
  `<template><img data-evil src=x onerror=${RUN}></template>`,
  `<base data-evil href="javascript:/*">`,
  `<meta data-evil http-equiv=refresh content="0;url=javascript:${RUN}">`,
  `<link data-evil rel=stylesheet href="data:text/css,*{x:expression(${RUN})}">`,
  `<style data-evil>@import 'javascript:${RUN}';</style>`,
  `javascript:${RUN}`,
  `data:text/html,<script>${RUN}</script>`,
  `\u0001java\tscript\n:${RUN}`,
  `{{constructor.constructor('${RUN}')()}}`,
  `\${${RUN}}`,
  `<%= ${RUN} %>`,
  `__proto__[onerror]=${RUN}`,
  `＜script＞${RUN}＜/script＞`,
  `\u202e<img data-evil src=x onerror=${RUN}>`,
  `\r\nContent-Type: text/html\r\n\r\n<script>${RUN}</script>`,
  `\u001b]8;;javascript:${RUN}\u0007link`,
  `%3Cscript%3E${RUN}%3C/script%3E`,
  `&lt;img data-evil src=x onerror=${RUN}&gt;`,
  `\\u003cscript\\u003e${RUN}\\u003c/script\\u003e`,
  `");${RUN};//`,
];
/** Ways out of where the text was put. */
const BREAKOUTS = ['', `">`, `'>`, '</title></textarea></script></style>', `--><![CDATA[]]>`];
const PAYLOADS = BREAKOUTS.flatMap((out) => VECTORS.map((vector) => `${out}${vector}`));
/** Each told from the others by what is before it, since some end alike. */
const numbered = PAYLOADS.map((payload, at) => `${at} ${payload}`);

interface Look {
  document: {
    querySelectorAll(of: string): ArrayLike<{ getAttributeNames(): string[]; getAttribute(n: string): string }>;
  };
  __ran?: number;
  __violations?: string[];
}

/** What of the payloads has become more than text. */
async function faultsOf(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const scope = globalThis as unknown as Look;
    const found: string[] = [];
    if (scope.__ran !== undefined) found.push('a script ran');
    found.push(...(scope.__violations ?? []).map((what) => `the policy stopped ${what}`));
    for (const element of Array.from(scope.document.querySelectorAll('*'))) {
      for (const name of element.getAttributeNames()) {
        const value = element.getAttribute(name);
        if (name === 'data-evil' || name.startsWith('on')) found.push(`an element with ${name}`);
        if (
          /^(href|src|action|formaction|data|srcdoc|xlink:href)$/.test(name) &&
          /^\P{L}*(java\s*script|data:text)/iu.test(value)
        )
          found.push(`${name}=${value}`);
      }
    }
    return found;
  });
}

describe('what strangers write', { skip: !hasBrowser(), timeout: 360_000 }, () => {
  let network: DevNetwork;
  let node: Daemon;
  let browser: Browser;
  let origin: string;
  let own: string;
  let token: string;
  const cids: string[] = [];

  before(async () => {
    const siteDir = builtSite();
    network = await createNetwork({ chain: 'dev' });
    node = await network.daemon('node', ['--site-dir', siteDir, '--protocol', 'http', '--protocol', 'bittorrent']);
    origin = node.publicUrl.replace('127.0.0.1', 'localhost');
    const api = JSON.parse(readFileSync(join(node.dataDir, 'api.json'), 'utf8')) as { url: string; token: string };
    [own, token] = [api.url, api.token];
    browser = await launchBrowser();
    const publishOne = async (at: number) => {
      const path = join(network.dir, `file-${at}`);
      await writeFile(path, `${at}\n${PAYLOADS[at]}`);
      cids[at] = await publishAs(node, path, numbered[at]!, PAYLOADS[at]!);
    };
    for (let at = 0; at < PAYLOADS.length; at += 20)
      await Promise.all(Array.from({ length: 20 }, (_, i) => publishOne(at + i)));
  });
  after(async () => {
    await browser?.close();
    await network?.stop();
  });

  /** With the page's policy, which then must have nothing to stop, or without it. */
  async function visit(bypassCSP: boolean, asOwner: boolean): Promise<{ context: BrowserContext; page: Page }> {
    const context = await browser.newContext({ bypassCSP, locale: 'en' });
    await context.addInitScript(() => {
      const scope = globalThis as unknown as Look & EventTarget;
      scope.__violations = [];
      scope.addEventListener('securitypolicyviolation', (event) => {
        const { violatedDirective, blockedURI } = event as unknown as Record<string, string>;
        scope.__violations!.push(`${violatedDirective} ${blockedURI}`);
      });
    });
    if (asOwner)
      await context.addInitScript(
        ({ url, token }) =>
          (globalThis as unknown as { localStorage: { setItem(k: string, v: string): void } }).localStorage.setItem(
            'chiral.owner',
            JSON.stringify({ url, token }),
          ),
        { url: own, token },
      );
    return { context, page: await context.newPage() };
  }

  it(`is ${PAYLOADS.length} payloads, each another`, () => {
    assert.equal(PAYLOADS.length, 200);
    assert.equal(new Set(PAYLOADS).size, 200);
  });

  for (const bypassCSP of [true, false])
    it(`is text to the owner of the files that are called so, ${bypassCSP ? 'without' : 'with'} the policy`, async () => {
      const { context, page } = await visit(bypassCSP, true);
      await page.goto(`${own}/share/`);
      await page.getByText(say['share.fromNode']!, { exact: true }).click();
      const rows = page.locator('main ul > li p.font-medium');
      await until(async () => (await rows.count()) === numbered.length);
      assert.deepEqual(new Set(await rows.allTextContents()), new Set(numbered));
      assert.deepEqual(await faultsOf(page), []);
      await context.close();
    });

  for (const bypassCSP of [true, false])
    it(`is text where a node or a chain says it, ${bypassCSP ? 'without' : 'with'} the policy`, async (t) => {
      const { context, page } = await visit(bypassCSP, true);
      // The honest answers, with every text of a stranger's replaced.
      const lie = (path: string, make: (honest: never) => unknown) =>
        page.route(`**/api/v1${path}`, async (route) => {
          const honest = await route.fetch();
          await route.fulfill({ response: honest, json: make((await honest.json()) as never) });
        });
      const each = <T>(make: (payload: string) => T): T[] => PAYLOADS.map(make);
      await lie('/status', (honest: object) => ({ ...honest, version: PAYLOADS[0], peerId: PAYLOADS[1] }));
      await lie('/ledger', () =>
        each((peer) => ({ peer, direction: 'out', bytes: 1, deliveredWei: '1', authorizedWei: '1', settledWei: '0' })),
      );
      await lie('/earnings', () => ({
        files: each((name) => ({ cid: name, name, bytes: 1, wei: '1' })),
        protocols: each((protocol) => ({ protocol, bytes: 1, wei: '1' })),
      }));
      await lie('/wallet', (honest: object) => ({
        ...honest,
        address: PAYLOADS[0],
        channels: each((id) => ({
          ...{ id, role: 'payer', peer: id, balanceWei: '2', cumulativeWei: '1', settledWei: '0', closing: false },
        })),
      }));
      await lie('/wallet/history', () =>
        each((hash) => ({ hash, blockNumber: 1, from: hash, to: hash, wei: '1', direction: 'in' })),
      );
      let lied = 0;
      await page.route('**/rpc', async (route) => {
        const { id, method, params } = route.request().postDataJSON() as {
          id: number;
          method: string;
          params: unknown[];
        };
        const word = () => PAYLOADS[lied++ % PAYLOADS.length]!;
        const block = () => ({
          ...{ number: '0x1', hash: word(), parentHash: word(), miner: word(), timestamp: '0x1', difficulty: '0x1' },
          ...{ gasUsed: '0x1', gasLimit: '0x2', transactions: each((text) => text) },
        });
        const receipt = { status: '0x1', gasUsed: '0x1', effectiveGasPrice: '0x1', logs: [] };
        const answers: Record<string, () => unknown> = {
          eth_blockNumber: () => '0x40',
          eth_getBlockByNumber: () => (params[0] === '0x0' ? { ...block(), hash: `0x${'ab'.repeat(32)}` } : block()),
          eth_getBlockByHash: block,
          eth_getTransactionByHash: () => ({
            ...{ hash: word(), blockNumber: '0x1', from: word(), to: word(), value: '0x1', input: word() },
          }),
          eth_getTransactionReceipt: () => receipt,
          eth_chainId: () => '0x181cd',
          eth_getLogs: () => [],
        };
        const make = answers[method];
        await route.fulfill({
          json: make
            ? { jsonrpc: '2.0', id, result: make() }
            : { jsonrpc: '2.0', id, error: { code: -32000, message: word() } },
        });
      });
      const hash = `0x${'cd'.repeat(32)}`;
      const pages: [path: string, seen: string, count: number][] = [
        ['earnings/', 'main tbody tr', 200],
        ['wallet/', 'main tbody tr', 400],
        ['settings/', 'main h2', 2],
        ['network/', 'main dl', 1],
        ['mine/', 'main tbody tr', 8],
        ['explorer/', 'main tbody tr', 8],
        [`explorer/#/block/1`, 'main li a', 200],
        [`explorer/#/tx/${hash}`, 'main dl', 1],
        [`explorer/#/address/${'0x'.padEnd(42, '1')}`, 'main p', 1],
      ];
      const seen: string[] = [];
      for (const [path, selector, least] of pages) {
        await page.goto('about:blank');
        await page.goto(`${own}/${path}`);
        await until(async () => (await page.locator(selector).count()) >= least).catch(async () => {
          throw new Error(
            `/${path}: ${await page.locator(selector).count()} ${selector}\n${await page.locator('main').innerText()}`,
          );
        });
        assert.deepEqual(await faultsOf(page), [], path);
        if (path === 'earnings/') {
          await page.getByText(say['earnings.ways']!, { exact: true }).click();
          await page.getByRole('table', { name: say['earnings.ways']! }).waitFor();
          assert.equal(await page.locator(selector).count(), 0, 'there are no such ways');
          await page.getByText(say['earnings.peers']!, { exact: true }).click();
          await page.getByRole('table', { name: say['earnings.peers']! }).waitFor();
          assert.equal(await page.locator(selector).count(), 200);
          assert.deepEqual(await faultsOf(page), [], path);
        }
        const text = await page.locator('main').innerHTML();
        seen.push(`/${path.split('/')[0]} ${text.split('__ran').length - 1}`);
      }
      t.diagnostic(`payloads in sight: ${seen.join(', ')}`);
      await page.unrouteAll({ behavior: 'ignoreErrors' });
      await context.close();
    });

  it('is text in offers, in downloads and in what is here afterwards', async (t) => {
    const { context, page } = await visit(true, false);
    const main = page.getByRole('main');
    // One of every kind; a tab takes about a second for each.
    const chosen = numbered.map((_, at) => at).filter((at) => at % 9 === 4);
    for (const at of chosen) {
      await page.goto(`${origin}/#/get/${cids[at]}`);
      await main.getByRole('button', { name: say['get.startFree']!, exact: true }).click({ timeout: 30_000 });
      await main.getByRole('button', { name: say['transfer.save']!, exact: true }).waitFor({ timeout: 30_000 });
      assert.equal(await main.getByRole('heading', { level: 1 }).textContent(), numbered[at]);
      assert.deepEqual(await faultsOf(page), [], numbered[at]);
    }
    await page.goto(`${origin}/#/`);
    await page.reload();
    const rows = main.locator('ul a > span.truncate');
    await until(async () => (await rows.count()) === chosen.length);
    assert.deepEqual(new Set(await rows.allTextContents()), new Set(chosen.map((at) => numbered[at]!)));
    assert.deepEqual(await faultsOf(page), []);
    await page.goto(`${origin}/catalogue/`);
    const listed = main.getByRole('list', { name: say['catalogue.title']! }).getByRole('listitem');
    await until(async () => (await listed.count()) > 150);
    assert.deepEqual(await faultsOf(page), []);
    t.diagnostic(
      `${chosen.length} files by such names and types bought, shown and kept; ${await listed.count()} listed`,
    );
    await context.close();
  });

  it('never comes as HTML without a strict policy, and there is no page of statistics', async (t) => {
    const torrent = await (await fetch(`${node.publicUrl}/torrent/${cids[0]}.torrent`)).text();
    const tracker = /8:announce\d+:(http:\/\/[\d.:]+)\//.exec(torrent)![1]!;
    const paths = [
      ...[
        '/',
        '/catalogue/',
        '/share',
        '/share/',
        '/wallet/',
        '/earnings/',
        '/mine/',
        '/network/',
        '/explorer/',
        '/settings/',
        '/404.html',
      ],
      ...[
        '/nowhere',
        '/%',
        '/%00',
        '/..%2f..%2fetc/passwd',
        '//evil.test/',
        '/<script>',
        '/stats',
        '/stats.json',
        '/stats?mode=json',
      ],
      ...[
        '/scrape',
        '/announce',
        '/announce?info_hash=<script>',
        '/chiral.json',
        '/rpc',
        '/pay',
        '/api/v1/status',
        '/api/v1/<b>',
      ],
      ...[
        `/offer/${cids[0]}`,
        `/file/${cids[0]}`,
        `/chunk/${cids[0]}/0`,
        `/stream/${cids[0]}/x.html`,
        '/sw.js',
        '/_next/',
      ],
      ...[`/routing/v1/providers/${cids[0]}`, '/index.txt', '/session/ed2k/<script>'],
    ];
    let answers = 0;
    let pages = 0;
    for (const server of [node.publicUrl, own, tracker, network.chain.rpcUrl])
      for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PROPFIND'])
        for (const path of paths) {
          const { status, headers } = await ask(server, method, path);
          const policy = String(headers['content-security-policy'] ?? '');
          answers++;
          if (/^\/stats/.test(path))
            assert.ok(status >= 400 || server === network.chain.rpcUrl, `${server}${path} says ${status}`);
          // Without a type a browser would guess, unless it is told not to.
          const type = headers['content-type'] ?? '';
          const hasBody = headers['content-length'] !== '0' && status !== 204 && status !== 308;
          const mayBeHtml =
            /html|xml/.test(type) || (type === '' && hasBody && headers['x-content-type-options'] !== 'nosniff');
          if (!mayBeHtml) continue;
          pages++;
          assert.match(policy, /default-src 'none'/, `${method} ${server}${path} ${status}`);
          const scripts = /script-src ([^;]+)/.exec(policy)?.[1] ?? '';
          assert.doesNotMatch(
            scripts,
            /unsafe-inline|unsafe-eval'(?<!wasm-unsafe-eval')|\*|https?:|data:|blob:/,
            scripts,
          );
        }
    assert.ok(pages > 40, `${pages}`);
    t.diagnostic(`${pages} of ${answers} answers are HTML, all under a strict policy`);
  });
});

/** One request as it is written, without the tidying of a URL parser. */
function ask(server: string, method: string, path: string) {
  const { hostname, port } = new URL(server);
  return new Promise<{ status: number; headers: IncomingHttpHeaders }>((resolve, reject) => {
    const asked = request(
      { hostname, port, method, path, agent: false, headers: { accept: 'text/html,*/*' } },
      (answer) => {
        answer.resume();
        resolve({ status: answer.statusCode!, headers: answer.headers });
      },
    );
    asked.on('error', reject).end();
  });
}

/** Published under any name and type, free of charge. */
async function publishAs(daemon: Daemon, path: string, name: string, mime: string): Promise<string> {
  const body = { path, name, mime, weiPerMiB: '0', listed: name.slice(0, 280) };
  for await (const event of daemon.api.stream<PublishEvent>('/publish', body, new AbortController().signal))
    if (event.event === 'done') return event.file.cid;
  throw new Error('publishing ended without an answer');
}
