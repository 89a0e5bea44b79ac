/**
 * The three ways to open the page, and a file bought each way: from one's own node on this machine; as files on some https server
 * that is no node, whose visitor reaches the network by WebRTC without being asked for anything; and from a stranger's node behind
 * its https. For the latter two Chromium takes this machine for the internet, which may open no socket to it.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parseEther, Wallet } from 'ethers';
import type { Browser } from 'playwright-core';
import { freePort } from '../../scripts/devnet/free-port.ts';
import { createNetwork, type Daemon, type DevNetwork } from '../../scripts/devnet/network.ts';
import { hasBrowser, launchBrowser } from './support/browser.ts';
import { createCertificate } from './support/certificate.ts';
import { builtSite, SITE, wordsOf } from './support/site.ts';
import { publish, randomFile, sha256 } from './support/trade.ts';
import { announceWallet, createTestWallet } from './support/wallet-provider.ts';

const MIB = 1 << 20;
const PRICE = parseEther('0.00001');
const say = wordsOf('en');
const FILES_HOST = 'files.test';
const STRANGER_HOST = 'stranger.test';
const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
  '.woff2': 'font/woff2',
};
const listening = (server: Server, port = 0) =>
  new Promise<number>((resolve) =>
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)),
  );

describe('the page from three places', { skip: !hasBrowser(), timeout: 240_000 }, () => {
  let network: DevNetwork;
  let browser: Browser;
  let own: Daemon;
  let seller: Daemon;
  let files: Server;
  let front: Server;
  let filesPort: number;
  let strangerPort: number;
  let file: string;
  let cid: string;

  before(async () => {
    const siteDir = builtSite();
    network = await createNetwork();
    const direct = ['--listen', '/ip4/127.0.0.1/tcp/0', '--listen', '/ip4/127.0.0.1/tcp/0/ws'];
    direct.push('--listen', '/ip4/127.0.0.1/udp/0/webrtc-direct');
    own = await network.daemon('own', ['--site-dir', siteDir, ...direct]);
    strangerPort = await freePort();
    const strangerUrl = `https://${STRANGER_HOST}:${strangerPort}`;
    const stranger = await network.daemon('stranger', ['--site-dir', siteDir, '--public-url', strangerUrl, ...direct]);
    seller = await network.daemon('seller', ['--protocol', 'libp2p', ...direct]);
    await network.fund([seller.wallet], parseEther('1'));
    file = await randomFile(join(network.dir, 'small.bin'), 3 * MIB + 5);
    cid = await publish(seller, file, PRICE);

    // Files and nothing else: what it says of the network is a file, too, and names a node that only WebRTC reaches.
    const { policy } = JSON.parse(await readFile(join(SITE, 'csp.json'), 'utf8')) as { policy: string };
    const hint = {
      bootstrap: seller.addresses.filter((address) => address.includes('/webrtc-direct')),
      chainId: network.chain.chainId,
      contract: network.chain.contract,
    };
    const filesCertificate = createCertificate(FILES_HOST);
    files = createServer(filesCertificate, async (asked, answer) => {
      const path = asked.url!.split('?')[0]!.replace(/\/$/, '/index.html');
      const headers = { 'content-type': TYPES[extname(path)] ?? 'text/plain', 'content-security-policy': policy };
      try {
        const body = path === '/chiral.json' ? JSON.stringify(hint) : await readFile(join(SITE, path));
        answer.writeHead(200, headers).end(body);
      } catch {
        answer.writeHead(404).end();
      }
    });
    filesPort = await listening(files);
    // The stranger's TLS, in front of the node as people put it.
    const strangerCertificate = createCertificate(STRANGER_HOST);
    const inner = stranger.child.ready as { publicUrl: string; listenUrl?: string };
    const { listenUrl } = await stranger.api.get<{ listenUrl: string }>('/status');
    assert.equal(inner.publicUrl, strangerUrl);
    front = createServer(strangerCertificate, (asked, answer) => {
      const { port } = new URL(listenUrl);
      const onward = request(
        { host: '127.0.0.1', port, path: asked.url, method: asked.method, headers: asked.headers },
        (reply) => {
          answer.writeHead(reply.statusCode!, reply.headers);
          reply.pipe(answer);
        },
      );
      onward.on('error', () => answer.destroy());
      asked.pipe(onward);
    });
    await listening(front, strangerPort);

    browser = await launchBrowser([
      `--ip-address-space-overrides=127.0.0.1:${filesPort}=public,127.0.0.1:${strangerPort}=public`,
      `--host-resolver-rules=MAP ${FILES_HOST} 127.0.0.1, MAP ${STRANGER_HOST} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost`,
      `--ignore-certificate-errors-spki-list=${filesCertificate.spki},${strangerCertificate.spki}`,
    ]);
  });
  after(async () => {
    await browser?.close();
    for (const server of [files, front]) {
      server?.closeAllConnections();
      server?.close();
    }
    await network?.stop();
  });

  /** Opens the link in an empty profile, pays, and saves the file. @returns how the tab reached its peers */
  async function buyAt(origin: string): Promise<string[]> {
    const wallet = createTestWallet({ privateKeys: [Wallet.createRandom().privateKey as `0x${string}`] });
    wallet.knowChain('0x181cd', network.chain.rpcUrl);
    await network.fund([wallet.addresses[0]!], parseEther('1'));
    const context = await browser.newContext({ locale: 'en', acceptDownloads: true });
    await announceWallet(context, wallet, { name: 'Fox' });
    const page = await context.newPage();
    const faults: string[] = [];
    page.on('pageerror', ({ message }) => faults.push(message));
    page.on('console', (message) => {
      if (/content security policy/i.test(message.text())) faults.push(message.text());
    });
    const main = page.getByRole('main');
    await page.goto(`${origin}/#/get/${cid}`);
    await main.getByRole('button', { name: say['get.connectAndPay']!, exact: true }).click({ timeout: 30_000 });
    const save = main.getByRole('button', { name: say['transfer.save']!, exact: true });
    await save.waitFor({ timeout: 60_000 });
    const [download] = await Promise.all([page.waitForEvent('download'), save.click()]);
    assert.equal(await sha256(await download.path()), await sha256(file));
    const questions = wallet.asked.map(({ question }) => question);
    assert.deepEqual(questions, ['connect', 'switchChain', 'sendTransaction']);
    await page.goto(`${origin}/network/`);
    const table = main.getByRole('table').first();
    await table.locator('tbody tr').first().waitFor({ timeout: 30_000 });
    const ways = (await table.locator('tbody tr').allTextContents()).map((text) => text);
    assert.deepEqual(faults, []);
    await context.close();
    return ways;
  }

  it('is bought from at one’s own node', async () => {
    const { url } = JSON.parse(readFileSync(join(own.dataDir, 'api.json'), 'utf8')) as { url: string };
    await buyAt(url.replace('127.0.0.1', 'localhost'));
  });

  it('is bought from as files on https, by WebRTC alone and without a permission', async (t) => {
    const ways = await buyAt(`https://${FILES_HOST}:${filesPort}`);
    t.diagnostic(ways.join(' | '));
    for (const way of ways) assert.match(way, /WebRTC/);
  });

  it('is bought from at a stranger’s node over its https', async (t) => {
    const ways = await buyAt(`https://${STRANGER_HOST}:${strangerPort}`);
    t.diagnostic(ways.join(' | '));
    for (const way of ways) assert.match(way, /WebRTC/);
  });
});
