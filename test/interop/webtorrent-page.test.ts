/**
 * Stock webtorrent in a page of headless Chromium, over WebRTC and our tracker: it fetches all through an open gate, stops at
 * the allowance of a closed one, goes on with a passkey, and seeds to us.
 */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chunkCount } from '@chiral/protocol/content';
import type { Browser, Page } from 'playwright-core';
import type { TorrentAdapters } from '../../node/src/transfer/adapters/torrent/torrent.ts';
import { launchStockBrowser } from '../e2e/support/browser.ts';
import { FILE_BYTES, has, report, until } from './support/torrent-clients.ts';
import {
  chunkOf,
  LOOPBACK,
  loopbackAdapters,
  MIB,
  pseudoRandom,
  TestUplink,
  toContent,
  toOffer,
} from './support/torrent-fixture.ts';

const SCRIPT = fileURLToPath(import.meta.resolve('webtorrent/dist/webtorrent.min.js'));
const VERSION = (
  JSON.parse(readFileSync(new URL('../package.json', `file://${SCRIPT}`), 'utf8')) as { version: string }
).version;
const bytes = pseudoRandom(FILE_BYTES, 9);
const content = toContent(bytes);
const ALLOWANCE = 2 * MIB;
const BLOCK = 16 * 1024;

describe('webtorrent in a page', { skip: !has('chromium') }, () => {
  let seller: TorrentAdapters;
  let web: Server;
  let browser: Browser;
  const files = new Map<string, { type: string; body: Uint8Array }>();
  const passkeys = new Map<string, string>();

  before(async () => {
    seller = loopbackAdapters(bytes, {
      sessions: { issue: (peer) => `key-${peer}`, peer: (token) => passkeys.get(token) },
    });
    files.set('/', { type: 'text/html', body: Buffer.from('<!doctype html><title>test</title>') });
    files.set('/webtorrent.js', { type: 'text/javascript', body: readFileSync(SCRIPT) });
    web = createServer((request, response) => {
      const file = files.get(request.url ?? '');
      response.writeHead(file ? 200 : 404, { 'content-type': file?.type ?? 'text/plain' }).end(file?.body);
    });
    await new Promise<void>((resolve) => web.listen(0, LOOPBACK, resolve));
    browser = await launchStockBrowser();
  });

  after(async () => {
    await browser.close();
    web.closeAllConnections();
    await new Promise((resolve) => web.close(resolve));
    await seller.stop();
  });

  /** Each in a context of its own: webtorrent keeps what it fetched in the origin's storage. */
  async function openPage(): Promise<Page> {
    const page = await (await browser.newContext()).newPage();
    await page.goto(`http://localhost:${(web.address() as AddressInfo).port}/`);
    return page;
  }

  /** The page begins to fetch; `done` tells the SHA-256 of what it has when it is complete. */
  async function leech(
    page: Page,
    torrent: Uint8Array,
  ): Promise<{ received(): Promise<number>; done: Promise<string> }> {
    files.set('/file.torrent', { type: 'application/x-bittorrent', body: torrent });
    const done = page.evaluate(async () => {
      const path = '/webtorrent.js';
      const { default: Client } = await import(path);
      const client = new Client({ dht: false, lsd: false, utPex: false, tracker: { rtcConfig: { iceServers: [] } } });
      const file = new Uint8Array(await (await fetch('/file.torrent')).arrayBuffer());
      const added = client.add(file);
      Object.assign(globalThis, { added });
      await new Promise((resolve, reject) => {
        added.on('done', resolve);
        added.on('error', reject);
        client.on('error', reject);
      });
      const data = await (await added.files[0].blob()).arrayBuffer();
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', data));
      return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
    });
    const received = () =>
      page.evaluate(() => (globalThis as unknown as { added?: { downloaded: number } }).added?.downloaded ?? 0);
    return { received, done };
  }

  const wanted = Buffer.from(content.sha256).toString('hex');

  it('fetches the whole file from us', { timeout: 60_000 }, async () => {
    const uplink = new TestUplink(bytes);
    const { stop } = await seller.webtorrent.serve(content, uplink);
    const page = await openPage();
    const { done } = await leech(page, seller.torrentFile(content.cid));
    assert.equal(await done, wanted);
    assert.deepEqual([...uplink.sent.keys()], [`ip:${LOOPBACK}`]);
    report({
      client: 'webtorrent (Chromium)',
      version: VERSION,
      protocol: 'webtorrent',
      direction: 'from-us',
      bytes: bytes.length,
      ok: true,
    });
    await page.context().close();
    await stop();
  });

  it('stops at the free allowance, and goes on under a passkey that is paid for', { timeout: 60_000 }, async () => {
    const uplink = new TestUplink(bytes, ALLOWANCE);
    const { stop } = await seller.webtorrent.serve(content, uplink);
    passkeys.set('paid-session', 'buyer-1');
    const stranger = await openPage();
    const buyer = await openPage();
    const free = await leech(stranger, seller.torrentFile(content.cid));
    free.done.catch(() => {});
    await until(() => uplink.refusals >= 2, 'the stranger is refused');
    const sent = uplink.sent.get(`ip:${LOOPBACK}`)!;
    assert.ok(sent <= ALLOWANCE && sent > ALLOWANCE - BLOCK, `${sent} bytes of ${ALLOWANCE}`);
    assert.ok((await free.received()) <= ALLOWANCE);
    await stranger.context().close();

    const paid = await leech(buyer, seller.torrentFile(content.cid, { passkey: 'paid-session' }));
    await until(() => (uplink.sent.get('buyer-1') ?? 0) > ALLOWANCE - BLOCK, 'the buyer has its allowance');
    uplink.allow('buyer-1', Number.POSITIVE_INFINITY);
    seller.wake('buyer-1');
    assert.equal(await paid.done, wanted);
    assert.equal(uplink.sent.get(`ip:${LOOPBACK}`), sent, 'nothing more went to strangers');
    await buyer.context().close();
    await stop();
  });

  it('seeds to us', { timeout: 60_000 }, async () => {
    // The tracker is ours, the content is served here under the other name only, so that the page is the one WebRTC seeder.
    const { stop } = await seller.bittorrent.serve(content, new TestUplink(bytes, 0));
    const tracker = `ws://${LOOPBACK}:${seller.ports()!.tracker}/announce`;
    files.set('/content', { type: 'application/octet-stream', body: bytes });
    const page = await openPage();
    const infoHash = await page.evaluate(
      async ({ name, url }) => {
        const path = '/webtorrent.js';
        const { default: Client } = await import(path);
        const client = new Client({ dht: false, lsd: false, utPex: false, tracker: { rtcConfig: { iceServers: [] } } });
        const data = await (await fetch('/content')).arrayBuffer();
        const options = { name, pieceLength: 262_144, announceList: [[url]] };
        return new Promise<string>((resolve, reject) => {
          client.on('error', reject);
          const seeded = client.seed(new File([data as unknown as string], name), options);
          seeded.once('trackerAnnounce', () => resolve(seeded.infoHash));
        });
      },
      { name: content.cid, url: tracker },
    );
    const buyer = loopbackAdapters(bytes);
    const offer = toOffer(content, 'webtorrent', `magnet:?xt=urn:btih:${infoHash}&tr=${encodeURIComponent(tracker)}`);
    for (let chunk = 0; chunk < chunkCount(content.size); chunk++) {
      const got = await buyer.webtorrent.fetch(offer, content, chunk, AbortSignal.timeout(20_000));
      assert.ok(Buffer.from(got).equals(chunkOf(bytes, chunk)));
    }
    report({
      client: 'webtorrent (Chromium)',
      version: VERSION,
      protocol: 'webtorrent',
      direction: 'to-us',
      bytes: bytes.length,
      ok: true,
    });
    await buyer.stop();
    await page.context().close();
    await stop();
  });
});
