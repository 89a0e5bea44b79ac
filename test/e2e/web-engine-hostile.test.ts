/**
 * The engine of the page among those who mean no good, and on a network that a browser guards: files that would run as pages of
 * ours, and nodes on this machine that a public page may not reach without being allowed to.
 */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect as connectTcp, createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parseEther } from 'ethers';
import type { Browser } from 'playwright-core';
import { connect } from '../../node/src/cli/client.ts';
import { startChild } from '../../scripts/devnet/children.ts';
import { createNetwork, type Daemon, type DevNetwork } from '../../scripts/devnet/network.ts';
import { enginePage, hasBrowser, launchBrowser } from './support/browser.ts';
import { begin, hashIn, outcome, type PageWorld, snapshot, start, visit } from './support/engine-lab.ts';
import { publish, randomFile, sha256, until } from './support/trade.ts';

const MIB = 1 << 20;
const PRICE = parseEther('0.00001');
const EVIL = "parent.hacked=1;self.hacked=1;try{localStorage.setItem('hacked','1')}catch{}";
/** Names with types of which each would run script in this origin if it were shown as what it is. */
const FILES: readonly [name: string, body: string][] = [
  ['page.html', `<!doctype html><script>${EVIL}</script><img src=x onerror="${EVIL}">`],
  ['picture.svg', `<svg xmlns="http://www.w3.org/2000/svg" onload="${EVIL}"><script>${EVIL}</script></svg>`],
  ['page.xhtml', `<html xmlns="http://www.w3.org/1999/xhtml"><script>${EVIL}</script></html>`],
  ['feed.xml', `<?xml version="1.0"?><x:script xmlns:x="http://www.w3.org/1999/xhtml">${EVIL}</x:script>`],
  ['image.png', `<script>${EVIL}</script>`],
  ['text.txt', `<script>${EVIL}</script>`],
  [`"><script>${EVIL.slice(0, 20)}<.html`, `<script>${EVIL}</script>`],
  ['sw.js', EVIL],
];

describe('the engine among strangers', { skip: !hasBrowser(), timeout: 300_000 }, () => {
  let network: DevNetwork;
  let door: Daemon;
  let seller: Daemon;

  before(async () => {
    const siteDir = await enginePage();
    network = await createNetwork();
    door = await network.daemon('door', ['--site-dir', siteDir]);
    seller = await network.daemon('seller', [
      ...['--protocol', 'libp2p', '--listen', '/ip4/127.0.0.1/tcp/0', '--listen', '/ip4/127.0.0.1/tcp/0/ws'],
      ...['--listen', '/ip4/127.0.0.1/udp/0/webrtc-direct'],
    ]);
  });
  after(() => network?.stop());

  it('shows nothing of a stranger as a page of its own', async (t) => {
    const browser = await launchBrowser();
    t.after(() => browser.close());
    const { page } = await visit(browser, network, 0n);
    await start(page, door, { withWallet: false });
    const shown: string[] = [];
    for (const [at, [name, body]] of FILES.entries()) {
      const path = join(network.dir, `hostile-${at}`);
      await writeFile(path, `${body}${' '.repeat(20_000 + at)}`);
      const cid = await publishAs(seller, path, name);
      await begin(page, { target: cid });
      assert.equal(await outcome(page), 'done', name);
      const answer = await page.evaluate(async (cid) => {
        const { engine } = globalThis as unknown as PageWorld;
        const got = await fetch(engine.url(cid));
        return {
          type: got.headers.get('content-type')!,
          policy: got.headers.get('content-security-policy'),
          disposition: got.headers.get('content-disposition') ?? '',
          nosniff: got.headers.get('x-content-type-options'),
          url: engine.url(cid),
        };
      }, cid);
      assert.doesNotMatch(answer.type, /html|svg|xml|javascript/, name);
      assert.equal(answer.nosniff, 'nosniff');
      assert.match(answer.policy ?? '', /^sandbox; default-src 'none'/);
      if (answer.type === 'application/octet-stream') assert.match(answer.disposition, /^attachment/);
      shown.push(`${name.slice(0, 12)} → ${answer.type}`);
      // As a frame of the page, and as a script.
      const ran = await page.evaluate(async (url) => {
        const scope = globalThis as unknown as Record<string, unknown> & {
          document: { createElement(tag: string): Record<string, unknown>; body: { append(node: unknown): void } };
          localStorage: { getItem(key: string): string | null };
        };
        const tried = ['iframe', 'script', 'object'].map(
          (tag) =>
            new Promise<void>((resolve) => {
              const node = scope.document.createElement(tag);
              node.onload = () => resolve();
              node.onerror = () => resolve();
              node[tag === 'object' ? 'data' : 'src'] = url;
              scope.document.body.append(node);
              // A frame whose answer is saved instead of shown never says that it has loaded.
              setTimeout(resolve, 500);
            }),
        );
        await Promise.all(tried);
        return scope.hacked !== undefined || scope.localStorage.getItem('hacked') !== null;
      }, answer.url);
      assert.equal(ran, false, name);
    }
    t.diagnostic(`${FILES.length} files, 0 scripts run: ${shown.join(', ')}`);
  });

  it('finds a seller that only a node’s routing API knows, and believes nothing of it that is not signed', async (t) => {
    // A seller on its own: the door's DHT has never heard of it.
    const alone = await startChild<{ publicUrl: string; wallet: string }>('node/src/cli.ts', [
      ...['--data-dir', join(network.dir, 'alone'), '--json', 'up', '--until-stdin-ends', '--protocol', 'libp2p'],
      ...['--rpc', network.chain.rpcUrl, '--contract', network.chain.contract],
    ]);
    t.after(() => alone.stop());
    const file = await randomFile(join(network.dir, 'alone.bin'), 4 * MIB);
    const cid = await publish({ api: connect(join(network.dir, 'alone')) } as Daemon, file, PRICE);
    const answer = await fetch(`${alone.ready.publicUrl}/routing/v1/providers/${cid}`);
    const [honest] = ((await answer.json()) as { Providers: Record<string, unknown>[] }).Providers;
    const forged = structuredClone(honest) as { 'chiral-offer': { offer: { wallet: string; peerId: string } } };
    forged['chiral-offer'].offer.wallet = seller.wallet;
    const lines = [forged, { nonsense: true }, honest].map((record) => `${JSON.stringify(record)}\n`).join('');
    const asked: string[] = [];
    const router = createServer((request, response) => {
      asked.push(request.url!);
      response.setHeader('access-control-allow-origin', '*');
      response.writeHead(request.url!.startsWith('/routing/') ? 200 : 404, { 'content-type': 'application/x-ndjson' });
      response.end(lines);
    });
    await new Promise<void>((resolve) => router.listen(0, '127.0.0.1', resolve));
    t.after(() => router.close());
    const browser = await launchBrowser();
    t.after(() => browser.close());
    const { page } = await visit(browser, network);
    const doors = door.addresses.filter((address) => address.includes('/ws/'));
    const bootstrap = [...doors, `http://127.0.0.1:${(router.address() as AddressInfo).port}`];
    await start(page, door, { bootstrap });
    await begin(page, { target: cid });
    assert.equal(await outcome(page), 'done');
    assert.equal(await hashIn(page, cid), await sha256(file));
    assert.ok(asked.includes(`/routing/v1/providers/${cid}`));
    const { sellers } = (await snapshot(page)).transfers[0]!;
    assert.deepEqual(
      sellers.map(({ wallet }) => wallet),
      [alone.ready.wallet],
      'the forged offer was not taken',
    );
  });

  it('reaches a node by WebRTC from a public page that may not open a socket to this machine', async (t) => {
    const { port } = new URL(door.publicUrl);
    const host = 'page.test';
    const browser: Browser = await launchBrowser([
      `--ip-address-space-overrides=127.0.0.1:${port}=public`,
      `--host-resolver-rules=MAP ${host} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1`,
      // As over https, which a test has no certificate for.
      `--unsafely-treat-insecure-origin-as-secure=http://${host}:${port}`,
    ]);
    t.after(() => browser.close());
    const file = await randomFile(join(network.dir, 'public.bin'), 6 * MIB);
    const cid = await publish(seller, file, PRICE);
    const direct = seller.addresses.filter((address) => address.includes('/webrtc-direct'));
    const line = await countingLine(seller.addresses.find((address) => address.includes('/ws/'))!);
    t.after(line.close);
    const sockets = [line.address];
    const { page } = await visit(browser, network);
    await start(page, door, { bootstrap: sockets, host });
    const startedMs = Date.now();
    await begin(page, { target: cid });
    const denied = await outcome(page);
    const deniedMs = Date.now() - startedMs;
    assert.equal(denied, 'FORBIDDEN');
    assert.ok(deniedMs <= 2_000, `${deniedMs} ms`);
    assert.equal(line.bytes(), 0, 'the node was asked nothing');
    assert.deepEqual((await snapshot(page)).network.peers, [], 'no socket was opened');
    await start(page, door, { bootstrap: direct, host });
    await begin(page, { target: cid });
    assert.equal(await outcome(page), 'done');
    assert.equal(await hashIn(page, cid), await sha256(file));
    const { peers } = (await snapshot(page)).network;
    assert.deepEqual(
      peers.map(({ transport }) => transport),
      ['webrtc-direct'],
    );
    const allowed = await visit(browser, network);
    await allowed.context.grantPermissions(['local-network-access']);
    await start(allowed.page, door, { bootstrap: sockets, host });
    const askedMs = Date.now();
    await begin(allowed.page, { target: cid });
    await until(async () => (await snapshot(allowed.page)).network.peers.length > 0);
    const connectedMs = Date.now() - askedMs;
    assert.ok(connectedMs <= 2_000, `${connectedMs} ms`);
    assert.equal(await outcome(allowed.page), 'done');
    const grantedMs = Date.now() - askedMs;
    assert.ok(line.bytes() > 0, 'this time by the socket');
    t.diagnostic(
      `sockets: ${denied} after ${deniedMs} ms; WebRTC: the whole file; allowed: connected after ${connectedMs} ms, the whole file in ${grantedMs} ms`,
    );
  });
});

/** Published under a name and with no type, so that the page must guess. */
async function publishAs(daemon: Daemon, path: string, name: string): Promise<string> {
  const signal = new AbortController().signal;
  for await (const event of daemon.api.stream<{ event: string; file?: { cid: string } }>(
    '/publish',
    { path, name, mime: 'text/html', weiPerMiB: `${PRICE}` },
    signal,
  ))
    if (event.event === 'done') return event.file!.cid;
  throw new Error('publishing ended without an answer');
}

/** In front of a node's WebSocket: the same node at another port, and how many bytes visitors sent there. */
async function countingLine(address: string): Promise<{ address: string; bytes: () => number; close: () => void }> {
  const port = Number(/\/tcp\/(\d+)\//.exec(address)![1]);
  let bytes = 0;
  const server = createTcpServer((near) => {
    const far = connectTcp(port, '127.0.0.1');
    near.on('data', (data) => {
      bytes += data.length;
    });
    near.pipe(far).pipe(near);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const)
      one.on('error', () => other.destroy()).on('close', () => other.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: address.replace(`/tcp/${port}/`, `/tcp/${(server.address() as AddressInfo).port}/`),
    bytes: () => bytes,
    close: () => void server.close(),
  };
}
