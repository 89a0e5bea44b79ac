/**
 * Another site, open in the owner's browser, with a real server of its own that the browser finds on this very machine: twelve ways
 * to reach the owner's API, the page's server and the chain's RPC from there. Nothing changes and nothing is read.
 *
 * The page's public server tells everybody what the network is (`/chiral.json`, the chain's reads, offers), under any name: that is
 * what it is for, and is left out here; its files are not to be read by other sites. That the ways would tell is shown at a server
 * that guards nothing.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parseEther, Wallet } from 'ethers';
import type { Browser, BrowserContext } from 'playwright-core';
import { createNetwork, type Daemon, type DevNetwork } from '../../scripts/devnet/network.ts';
import { hasBrowser, launchBrowser } from './support/browser.ts';
import { builtSite } from './support/site.ts';
import { publish, randomFile, until } from './support/trade.ts';

const EVIL_HOST = 'evil.test';

/** One thing to attack, as the attacker's page is told of it. */
interface Target {
  readonly name: string;
  readonly url: string;
  /** Would change something, if it were believed. */
  readonly write: { path: string; body: string };
  /** Would be worth reading. */
  readonly read: string;
}

/** What the attacker's page reports of one way: bytes that its script could read, or that something loaded as its own. */
type Report = Record<string, number>;

describe('another site in the owner’s browser', { skip: !hasBrowser(), timeout: 240_000 }, () => {
  let network: DevNetwork;
  let node: Daemon;
  let browser: Browser;
  let context: BrowserContext;
  let evil: Server;
  let evilPort: number;
  let owner: { url: string; token: string };
  const taken: string[] = [];

  before(async () => {
    const siteDir = builtSite();
    network = await createNetwork({ chain: 'dev' });
    node = await network.daemon('node', ['--site-dir', siteDir]);
    owner = JSON.parse(readFileSync(join(node.dataDir, 'api.json'), 'utf8')) as typeof owner;
    await network.fund([node.wallet], parseEther('1'));
    await publish(node, await randomFile(join(network.dir, 'file.bin'), 300_000), 0n);
    evil = createServer((request, response) => {
      if (request.url!.startsWith('/take')) taken.push(request.url!);
      const isScript = request.url === '/sw.js';
      response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html; charset=utf-8');
      response.end(isScript ? "addEventListener('fetch', () => {})" : '<!doctype html><title>free films</title>');
    });
    await new Promise<void>((resolve) => evil.listen(0, '127.0.0.1', resolve));
    evilPort = (evil.address() as AddressInfo).port;
    browser = await launchBrowser([
      `--host-resolver-rules=MAP ${EVIL_HOST} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost`,
      // Workers need it; a real attacker has https.
      `--unsafely-treat-insecure-origin-as-secure=http://${EVIL_HOST}:${evilPort}`,
    ]);
    context = await browser.newContext();
    // Chromium's own guard of the local network is not what is under test.
    await context.grantPermissions(['local-network-access']);
  });
  after(async () => {
    await context?.close();
    await browser?.close();
    evil?.closeAllConnections();
    await new Promise((resolve) => (evil ? evil.close(resolve) : resolve(undefined)));
    await network?.stop();
  });

  const targets = (): Target[] => [
    {
      name: 'the owner’s API',
      url: owner.url,
      write: { path: '/api/v1/wallet/send', body: JSON.stringify({ to: Wallet.createRandom().address, wei: '1' }) },
      read: '/api/v1/status',
    },
    {
      name: 'the page at the owner’s address',
      url: owner.url,
      write: { path: '/rpc', body: '{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}' },
      read: '/chiral.json',
    },
    {
      name: 'the page’s server',
      url: node.publicUrl,
      write: { path: '/pay', body: '{"type":"voucher"}' },
      read: '/',
    },
    {
      name: 'the chain’s RPC',
      url: network.chain.rpcUrl,
      write: { path: '/', body: '{"jsonrpc":"2.0","id":1,"method":"miner_stop","params":[]}' },
      read: '/',
    },
  ];

  /** All that could have been changed. */
  async function state(): Promise<string> {
    const { api } = node;
    const [wallet, files, ledger] = await Promise.all([
      api.get<object>('/wallet'),
      api.get<object>('/files'),
      api.get<object>('/ledger'),
    ]);
    const nonce = await network.provider.getTransactionCount(node.wallet);
    return JSON.stringify([wallet, files, ledger, nonce]);
  }

  it('would be told by these ways of a server that guards nothing', async (t) => {
    const changes: string[] = [];
    const careless = createServer((request, response) => {
      const { origin = '*' } = request.headers;
      if (request.method === 'POST') changes.push(request.headers['content-type'] ?? '');
      response.writeHead(200, {
        ...{ 'access-control-allow-origin': origin, 'access-control-allow-credentials': 'true' },
        ...{ 'access-control-allow-headers': 'authorization, content-type' },
        'content-type': request.headers.accept === 'text/event-stream' ? 'text/event-stream' : 'text/javascript',
      });
      response.end(request.headers.accept === 'text/event-stream' ? 'data: secret\n\n' : 'self.secret=1');
    });
    await new Promise<void>((resolve) => careless.listen(0, '127.0.0.1', resolve));
    t.after(() => {
      careless.closeAllConnections();
      careless.close();
    });
    const url = `http://127.0.0.1:${(careless.address() as AddressInfo).port}`;
    const page = await context.newPage();
    await page.goto(`http://${EVIL_HOST}:${evilPort}/`);
    const rebound = `http://${EVIL_HOST}:${new URL(url).port}`;
    const write = { path: '/', body: '{}' };
    // What tells does so at once, on a machine that is not busy.
    const report = await page.evaluate(attack, { url, read: '/', write, rebound, name: '', waitMs: 20_000 });
    const told = Object.keys(report).filter((way) => report[way]! > 0);
    assert.deepEqual(new Set(told), new Set(['script', 'EventSource', 'fetch with CORS', 'DNS-rebound Host']));
    // Twice without CORS, a form, two beacons, and two that were asked for first. Nobody says when a beacon was sent.
    await until(async () => changes.length >= 7);
    await page.close();
  });

  it('changes nothing and reads nothing, by any of twelve ways', async (t) => {
    const before = await state();
    const door = await context.newPage();
    await door.goto(`${owner.url}/settings/#token=${owner.token}`);
    const keptToken = () =>
      door.evaluate(`JSON.parse(localStorage.getItem('chiral.owner') ?? '{}').token`) as Promise<string | undefined>;
    await until(async () => (await keptToken()) === owner.token);
    let ways = 0;
    for (const host of [EVIL_HOST, 'localhost'])
      for (const target of targets()) {
        // Whoever runs a server on this machine may read the chain through its node, as any wallet does; it holds no key.
        if (host === 'localhost' && target.name === 'the chain’s RPC') continue;
        const page = await context.newPage();
        await page.goto(`http://${host}:${evilPort}/`);
        const report = await page.evaluate(attack, {
          ...target,
          waitMs: 1_000,
          rebound: `http://${EVIL_HOST}:${new URL(target.url).port}`,
        });
        assert.equal(Object.keys(report).length, 12);
        // Strangers come to the public server by whatever name it has: what it shows by another is its public page.
        if (target.url === node.publicUrl) report['DNS-rebound Host'] = 0;
        for (const [way, bytes] of Object.entries(report))
          assert.equal(bytes, 0, `${way} from ${host} at ${target.name}`);
        ways = Object.keys(report).length;
        // As a stranger sends a person there, with a token that is not the owner's.
        const opened = await context.newPage();
        await opened.goto(`http://${host}:${evilPort}/`);
        const href = `${target.url}/#token=${'x'.repeat(43)}`;
        await Promise.all([
          opened.waitForNavigation({ timeout: 10_000 }).catch(() => {}),
          opened.evaluate(
            (href) => Object.assign((globalThis as unknown as { location: object }).location, { href }),
            href,
          ),
        ]);
        await opened.close();
        await page.close();
      }
    assert.deepEqual(taken, []);
    assert.equal(await state(), before);
    assert.equal(await keptToken(), owner.token, 'the page still knows its own node');
    t.diagnostic(`${ways} ways and a link, from 2 origins, at ${targets().length} servers: 0 changes, 0 bytes read`);
  });
});

/** Runs in the attacker's page. Each way has `waitMs`; what it could read is counted in bytes. */
async function attack(options: Target & { rebound: string; waitMs: number }): Promise<Report> {
  const { url, write, read, rebound, waitMs } = options;
  // biome-ignore lint/suspicious/noExplicitAny: this runs in a page, whose types are not here
  const scope = globalThis as any;
  const { document } = scope;
  const within = (work: (done: (bytes: number) => void) => void) =>
    new Promise<number>((resolve) => {
      setTimeout(resolve, waitMs, 0);
      try {
        work(resolve);
      } catch {
        resolve(0);
      }
    });
  const element = (tag: string, more: object) => {
    const made = Object.assign(document.createElement(tag), more);
    document.body.append(made);
    return made;
  };
  const frame = (name: string) => element('iframe', { name });
  /** What a script can read of a window of another origin. */
  const peek = (other: { document?: { documentElement: { outerHTML: string } } } | null): number => {
    try {
      return other?.document?.documentElement.outerHTML.length ?? 0;
    } catch {
      return 0;
    }
  };
  const bytesOf = async (answer: Promise<Response>): Promise<number> => {
    try {
      return (await (await answer).text()).length;
    } catch {
      return 0;
    }
  };
  const types = ['text/plain', 'application/x-www-form-urlencoded'];
  const report: Report = {};
  const run = async (way: string, work: () => Promise<number>) => {
    report[way] = await work();
  };
  const blank = '<html><head></head><body></body></html>'.length;
  await Promise.all([
    run('no-cors POST', async () => {
      const sizes = types.map((type) =>
        bytesOf(
          fetch(`${url}${write.path}`, {
            ...{
              method: 'POST',
              mode: 'no-cors',
              credentials: 'include',
              body: write.body,
              headers: { 'content-type': type },
            },
          } as RequestInit),
        ),
      );
      return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
    }),
    run('form', () =>
      within((done) => {
        const into = frame('formed');
        const form = element('form', {
          ...{ method: 'POST', enctype: 'text/plain', target: 'formed' },
          action: `${url}${write.path}`,
        });
        form.append(Object.assign(document.createElement('input'), { name: write.body.slice(0, -1), value: '}' }));
        into.onload = () =>
          setTimeout(() => done(peek(into.contentWindow) > blank ? peek(into.contentWindow) : 0), 200);
        form.submit();
      }),
    ),
    run('img', () =>
      within((done) => {
        const img = element('img', { onerror: () => done(0), onload: () => done(img.naturalWidth) });
        img.src = `${url}/icon.svg`;
      }),
    ),
    run('script', () =>
      within((done) => {
        const caught: unknown[] = [];
        scope.onerror = (message: string) => {
          // A script of another origin says no more than that it failed.
          if (message !== 'Script error.') caught.push(message);
        };
        const names = new Set(Object.keys(scope));
        const look = () =>
          done(Object.keys(scope).filter((name) => !names.has(name) && !/^\d+$/.test(name)).length + caught.length);
        element('script', { src: `${url}${read}`, onload: look, onerror: look });
      }),
    ),
    run('EventSource', () =>
      within((done) => {
        const events = new scope.EventSource(`${url}${read}`, { withCredentials: true });
        events.onmessage = ({ data }: { data: string }) => done(data.length);
        events.onerror = () => {
          events.close();
          done(0);
        };
      }),
    ),
    run('WebSocket', () =>
      within((done) => {
        const socket = new scope.WebSocket(`${url.replace('http', 'ws')}${write.path}`);
        socket.onopen = () => socket.send(write.body);
        socket.onmessage = ({ data }: { data: string }) => done(String(data).length || 1);
        socket.onerror = () => done(0);
      }),
    ),
    run('fetch with CORS', async () => {
      const asked = [
        fetch(`${url}${read}`, { credentials: 'include' }),
        fetch(`${url}${write.path}`, {
          method: 'POST',
          body: write.body,
          headers: { 'content-type': 'application/json' },
        }),
        fetch(`${url}${read}`, { headers: { authorization: 'Bearer guess' } }),
      ].map(bytesOf);
      return (await Promise.all(asked)).reduce((sum, size) => sum + size, 0);
    }),
    run('iframe and postMessage', () =>
      within((done) => {
        let said = 0;
        scope.addEventListener('message', ({ data, origin }: { data: unknown; origin: string }) => {
          if (origin === url) said += JSON.stringify(data).length;
        });
        const into = frame('framed');
        into.src = `${url}${read}`;
        into.onload = () => {
          for (const type of ['chiral-stream', 'eip6963:requestProvider', 'settings'])
            into.contentWindow.postMessage({ type, cid: 'x', method: 'eth_accounts', id: 1 }, '*');
          setTimeout(() => done(said + (peek(into.contentWindow) > blank ? peek(into.contentWindow) : 0)), 500);
        };
      }),
    ),
    run('sendBeacon', async () => {
      for (const type of types) scope.navigator.sendBeacon(`${url}${write.path}`, new Blob([write.body], { type }));
      return 0;
    }),
    run('navigation', () =>
      within((done) => {
        const opened = scope.open(`${url}${read}`, 'opened');
        setTimeout(() => {
          const size = peek(opened);
          opened?.close();
          done(size > blank ? size : 0);
        }, 800);
      }),
    ),
    run('service worker', async () => {
      const registered = async (script: string, options: object) => {
        try {
          await scope.navigator.serviceWorker.register(script, options);
          return true;
        } catch {
          return false;
        }
      };
      // Theirs over ours, and ours in their hands.
      return Number(await registered('/sw.js', { scope: `${url}/` })) + Number(await registered(`${url}/sw.js`, {}));
    }),
    run('DNS-rebound Host', async () => {
      // The attacker's name at our port: by then the browser takes our server for the attacker's.
      const into = frame('rebound');
      into.src = `${rebound}${read}`;
      const asked = [
        fetch(`${rebound}${read}`),
        fetch(`${rebound}${write.path}`, {
          method: 'POST',
          body: write.body,
          headers: { 'content-type': 'application/json' },
        }),
      ].map(bytesOf);
      return (await Promise.all(asked)).reduce((sum, size) => sum + size, 0);
    }),
  ]);
  return report;
}
