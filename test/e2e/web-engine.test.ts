/**
 * The engine of the page in a real browser, with real daemons and a real chain: one confirmation, three protocols, everybody
 * paid to the wei; and what happens when the wallet says no, a node dies, the page is reloaded, or a seeder lies.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { costWei } from '@chiral/protocol/payment';
import { parseEther } from 'ethers';
import type { Browser } from 'playwright-core';
import { createNetwork, type Daemon, type DevNetwork } from '../../scripts/devnet/network.ts';
import { createSealer, keyToText, newKey } from '../../web/lib/engine/secret.ts';
import type { Engine } from '../../web/lib/engine/types.ts';
import { enginePage, hasBrowser, launchBrowser } from './support/browser.ts';
import {
  begin,
  events,
  hashIn,
  outcome,
  type PageWorld,
  questions,
  snapshot,
  start,
  visit,
} from './support/engine-lab.ts';
import { createRelay } from './support/proxies.ts';
import { assertPaid, publish, randomFile, settle, sha256, standing, until } from './support/trade.ts';

const MIB = 1 << 20;
const PRICE = parseEther('0.00001');
const SIZE = 24 * MIB + 4321;

describe('the engine in a page', { skip: !hasBrowser(), timeout: 400_000 }, () => {
  let network: DevNetwork;
  let browser: Browser;
  let door: Daemon;
  const sellers: Daemon[] = [];

  before(async () => {
    const siteDir = await enginePage();
    network = await createNetwork();
    door = await network.daemon('door', ['--protocol', 'http', '--site-dir', siteDir]);
    sellers.push(
      ...(await Promise.all(
        ['http', 'libp2p', 'webtorrent'].map((protocol) => network.daemon(protocol, ['--protocol', protocol])),
      )),
    );
    await network.fund(
      sellers.map(({ wallet }) => wallet),
      parseEther('10'),
    );
    browser = await launchBrowser();
  });
  after(async () => {
    await browser?.close();
    await network?.stop();
  });

  it('buys a file over three protocols with one confirmation, and pays each to the wei', async (t) => {
    const file = await randomFile(join(network.dir, 'film.mp4'), SIZE);
    const cids = await Promise.all(sellers.map((seller) => publish(seller, file, PRICE)));
    const cid = cids[0]!;
    const { context, page, wallet } = await visit(browser, network);
    const startedMs = Date.now();
    await start(page, door);
    const startedIn = Date.now() - startedMs;
    await begin(page, { target: cid });
    assert.equal(await outcome(page), 'done');
    const seconds = (Date.now() - startedMs) / 1000;
    assert.equal(await hashIn(page, cid), await sha256(file));
    assert.deepEqual(questions(wallet), ['connect', 'sendTransaction']);
    const done = (await events(page)).find((event) => event.event === 'done')!;
    assert.equal(
      done.sellers.reduce((sum, { bytes }) => sum + bytes, 0),
      SIZE,
    );
    for (const [at, protocol] of ['http', 'libp2p', 'webtorrent'].entries()) {
      const seller = sellers[at]!;
      const rows = done.sellers.filter(({ peer }) => peer === seller.peerId);
      assert.deepEqual(
        rows.map((row) => row.protocol),
        [protocol],
      );
      assert.ok(rows[0]!.bytes > 0, `${protocol} took part`);
      const { peerId } = (await snapshot(page)).network;
      const sold = await standing(seller, peerId, 'out');
      assertPaid(protocol, sold, rows[0]!.bytes, PRICE);
      const before = await network.provider.getBalance(seller.wallet);
      const { transaction } = await settle(seller);
      const receipt = await network.provider.getTransactionReceipt(transaction!);
      const rise = (await network.provider.getBalance(seller.wallet)) - before + receipt!.gasUsed * receipt!.gasPrice;
      assert.equal(rise, sold.authorized, protocol);
    }
    const { money, transfers } = await snapshot(page);
    assert.deepEqual([money.owedWei, money.worstCaseWei], [0n, 0n]);
    const marks = transfers[0]!.chunks.protocol as unknown as number[];
    assert.equal(marks.filter((mark) => mark >= 2).length, Math.ceil(SIZE / (256 * 1024)));
    t.diagnostic(
      `${seconds.toFixed(1)} s from the link to the last voucher, of which ${startedIn} ms to a running engine; bytes ${JSON.stringify(done.sellers.map(({ protocol, bytes }) => [protocol, bytes]))}`,
    );
    await context.close();
  });

  for (const key of [undefined, newKey()])
    it(`plays ${key ? 'what only its link opens ' : ''}from the free bytes while the user still thinks about the confirmation, and seeks`, async (t) => {
      const song = wav(60 * MIB);
      const file = join(network.dir, key ? 'sealed.bin' : 'song.wav');
      await writeFile(file, key ? await seal(key, song) : song);
      const cid = (await Promise.all(sellers.map((seller) => publish(seller, file, PRICE))))[0]!;
      const { context, page, wallet } = await visit(browser, network);
      let decide = (_answer: boolean) => {};
      wallet.decide((question) => {
        if (question !== 'sendTransaction') return true;
        return new Promise((resolve) => {
          decide = resolve;
        });
      });
      await start(page, door);
      await begin(page, { target: cid });
      await until(async () => (await snapshot(page)).transfers.length > 0);
      const played = await page.evaluate(
        async ({ cid, key }) => {
          const { engine, Audio } = globalThis as unknown as PageWorld;
          if (key) await engine.unlock(cid, key, new AbortController().signal);
          const audio = new Audio(engine.url(cid));
          audio.muted = true;
          Object.assign(globalThis, { audio });
          await new Promise((resolve, reject) => {
            audio.onplaying = resolve;
            audio.onerror = () => reject(new Error(`cannot play: ${audio.error?.message}`));
            void audio.play();
          });
          const { heldBytes, size } = engine.snapshot().transfers[0]!;
          return heldBytes / size;
        },
        { cid, key: key && keyToText(key) },
      );
      assert.ok(played < 0.1, `${(played * 100).toFixed(1)} % was in when it played`);
      await until(async () => questions(wallet).includes('sendTransaction'));
      decide(true);
      const seekedAt = await page.evaluate(async (cid) => {
        const { engine, audio } = globalThis as unknown as PageWorld;
        audio.currentTime = audio.duration * 0.9;
        await new Promise((resolve) => {
          audio.onseeked = resolve;
        });
        const { chunks } = engine.snapshot().transfers[0]!;
        const at = Math.floor(chunks.count * 0.9);
        return { cid, isHere: [0, 1].some((next) => chunks.protocol[at + next]! > 0), position: audio.currentTime };
      }, cid);
      assert.ok(seekedAt.isHere && seekedAt.position > 300);
      assert.equal(await outcome(page), 'done');
      // What is sealed comes out as it was.
      assert.equal(await hashIn(page, cid), createHash('sha256').update(song).digest('hex'));
      const range = await page.evaluate(async (cid) => {
        const { engine } = globalThis as unknown as PageWorld;
        const answer = await fetch(engine.url(cid), { headers: { range: 'bytes=1000000-1000003' } });
        return {
          status: answer.status,
          range: answer.headers.get('content-range'),
          bytes: [...new Uint8Array(await answer.arrayBuffer())],
        };
      }, cid);
      const bytes = [...song.subarray(1_000_000, 1_000_004)];
      assert.deepEqual(range, { status: 206, range: `bytes 1000000-1000003/${song.length}`, bytes });
      t.diagnostic(`playing with ${(played * 100).toFixed(1)} % in`);
      await context.close();
    });

  it('leaves everything as it was when the user says no, and buys when asked again', async () => {
    const file = await randomFile(join(network.dir, 'no.bin'), 12 * MIB);
    const cid = (await Promise.all(sellers.map((seller) => publish(seller, file, PRICE))))[0]!;
    const { context, page, wallet, address } = await visit(browser, network);
    const before = await network.provider.getBalance(address);
    wallet.decide((question) => question !== 'sendTransaction');
    await start(page, door);
    await begin(page, { target: cid });
    assert.equal(await outcome(page), 'CANCELLED');
    const { files, transfers, money, network: net } = await snapshot(page);
    assert.deepEqual([files, transfers], [[], []]);
    assert.deepEqual([money.authorizedWei, money.lockedWei], [0n, 0n]);
    assert.equal(await network.provider.getBalance(address), before);
    assert.equal(await network.provider.getTransactionCount(address), 0);
    for (const seller of sellers) assert.equal((await standing(seller, net.peerId, 'out')).authorized, 0n);
    wallet.decide(() => true);
    await begin(page, { target: cid });
    assert.equal(await outcome(page), 'done');
    assert.equal(await hashIn(page, cid), await sha256(file));
    assert.equal(await network.provider.getTransactionCount(address), 1);
    await context.close();
  });

  it('resumes after a reload in the middle and pays nothing twice', async (t) => {
    const size = 96 * MIB;
    const file = await randomFile(join(network.dir, 'long.bin'), size);
    const cid = (await Promise.all(sellers.map((seller) => publish(seller, file, PRICE))))[0]!;
    const { context, page, address } = await visit(browser, network);
    await start(page, door);
    await begin(page, { target: cid });
    const held = await until(async () => {
      const { heldBytes } = (await snapshot(page)).transfers[0] ?? { heldBytes: 0 };
      return heldBytes > 0.3 * size ? heldBytes : undefined;
    });
    assert.ok(held < 0.95 * size, 'it was reloaded on the way');
    await start(page, door);
    const unfinished = await page.evaluate(() => (globalThis as unknown as PageWorld).engine.unfinished());
    assert.equal(unfinished[0]!.cid, cid);
    assert.ok(unfinished[0]!.heldBytes >= held);
    await begin(page, { target: cid });
    assert.equal(await outcome(page), 'done');
    assert.equal(await hashIn(page, cid), await sha256(file));
    assert.equal(await network.provider.getTransactionCount(address), 1, 'the channels of before are used');
    const fetched = (await events(page))
      .find((event) => event.event === 'done')!
      .sellers.reduce((sum, row) => sum + row.bytes, 0);
    assert.equal(fetched, size - unfinished[0]!.heldBytes, 'nothing that was here was fetched again');
    const { money, network: net } = await snapshot(page);
    let delivered = 0n;
    for (const seller of sellers) {
      const sold = await standing(seller, net.peerId, 'out');
      assert.ok(sold.authorized <= sold.delivered, 'nobody has more than it delivered');
      delivered += sold.delivered;
    }
    const whole = costWei(size, PRICE);
    const paid = money.authorizedWei;
    t.diagnostic(`file ${whole} wei, promised ${paid}, counted by the sellers ${delivered}`);
    // Chunks that were on their way from the disk to the books when the page was left are here and counted by their sellers
    // only: at most what a download has under way, 16 MiB.
    assert.ok(paid >= whole - costWei(16 * MIB, PRICE) && paid <= delivered, `${paid} of ${whole}`);
    // What was on the wire when the page was left came and was thrown away; sellers count it and are paid for some of it at most.
    assert.ok(paid <= whole + costWei(8 * MIB, PRICE), `${paid} of ${whole}`);
    await context.close();
  });

  it('goes on with the others when the node that served page, chain and file is killed midway', async () => {
    const doomed = await network.daemon('doomed', ['--protocol', 'http', '--site-dir', await enginePage()]);
    const file = await randomFile(join(network.dir, 'kill.bin'), 64 * MIB);
    const all = [doomed, sellers[1]!, sellers[2]!];
    const cid = (await Promise.all(all.map((seller) => publish(seller, file, PRICE))))[0]!;
    const { context, page } = await visit(browser, network);
    await start(page, doomed);
    await begin(page, { target: cid });
    await until(async () =>
      (await events(page)).some((event) => event.event === 'paid' && event.peer === doomed.peerId),
    );
    doomed.child.kill('SIGKILL');
    const { heldBytes, size } = (await snapshot(page)).transfers[0]!;
    assert.ok(heldBytes < size, 'it was killed on the way');
    const end = await outcome(page);
    const dead = (await snapshot(page)).transfers[0]!.sellers.find(({ peer }) => peer === doomed.peerId)!;
    if (end !== 'done') {
      // A machine so busy that both others answered after the confirmation, which the next test is about.
      assert.equal(end, 'CHOKED');
      await begin(page, { target: cid });
      assert.equal(await outcome(page), 'done');
    }
    assert.equal(await hashIn(page, cid), await sha256(file));
    assert.equal(dead.state, 'lost');
    assert.ok(dead.authorizedWei <= dead.costWei, 'it has no promise beyond what came');
    await context.close();
  });

  it('says that the other waits for payment when only the one that was killed had been confirmed, and goes on with it', async () => {
    const doomed = await network.daemon('first', ['--protocol', 'http', '--site-dir', await enginePage()]);
    const file = await randomFile(join(network.dir, 'late.bin'), 64 * MIB);
    const cid = await publish(doomed, file, PRICE);
    // One that is reached at once: a seller that was never heard may still come, and is waited for.
    const late = sellers[1]!;
    const { context, page, wallet } = await visit(browser, network);
    let hasAsked = false;
    // While the wallet asks for the first, the other comes: as on a busy machine.
    const offered = async () =>
      (await events(page)).some((event) => event.event === 'offer' && event.peer === late.peerId);
    wallet.decide(async (question) => {
      if (question !== 'sendTransaction' || hasAsked) return true;
      hasAsked = true;
      await publish(late, file, PRICE);
      await until(offered);
      return true;
    });
    await start(page, doomed);
    await begin(page, { target: cid });
    await until(async () =>
      (await events(page)).some((event) => event.event === 'paid' && event.peer === doomed.peerId),
    );
    doomed.child.kill('SIGKILL');
    const killedMs = Date.now();
    assert.equal(await outcome(page), 'CHOKED');
    assert.ok(Date.now() - killedMs < 60_000, 'it does not wait for what cannot come');
    // Going on is one more confirmation, and the wallet tells of the chain what the node no longer does.
    await begin(page, { target: cid });
    assert.equal(await outcome(page), 'done');
    assert.equal(await hashIn(page, cid), await sha256(file));
    assert.deepEqual(questions(wallet), ['connect', 'sendTransaction', 'sendTransaction']);
    await context.close();
  });

  it('drops a seller that lies, shows it, and pays it nothing', async (t) => {
    const relay = await createRelay((body) => {
      const changed = Buffer.from(body);
      changed[1000]! ^= 1;
      return changed;
    });
    t.after(() => relay.close());
    const liar = await network.daemon('liar', ['--protocol', 'http', '--public-url', relay.url]);
    relay.target = (await liar.api.get<{ listenUrl: string }>('/status')).listenUrl;
    const file = await randomFile(join(network.dir, 'lie.bin'), 30 * MIB);
    const cid = (await Promise.all([publish(sellers[1]!, file, PRICE), publish(liar, file, PRICE / 2n)]))[0]!;
    const { context, page } = await visit(browser, network);
    await start(page, door);
    await begin(page, { target: cid });
    assert.equal(await outcome(page), 'done');
    assert.equal(await hashIn(page, cid), await sha256(file));
    assert.ok(relay.relayedChunks() > 0, 'it was asked');
    const shown = (await snapshot(page)).transfers[0]!.sellers.find(({ peer }) => peer === liar.peerId)!;
    assert.deepEqual([shown.state, shown.costWei, shown.authorizedWei], ['banned', 0n, 0n]);
    // Another day: both are known for what they did.
    await start(page, door);
    const known = await page.evaluate(async (target) => {
      const found = new Map<string, { bytes: number; badChunks: number }>();
      const { engine } = globalThis as unknown as PageWorld;
      const both = new AbortController();
      const onOffer = ({ peer, known }: { peer: string; known: { bytes: number; badChunks: number } }) => {
        if (found.set(peer, known).size === 2) both.abort();
      };
      await engine.search(target, onOffer, AbortSignal.any([both.signal, AbortSignal.timeout(20_000)]));
      return Object.fromEntries(found);
    }, cid);
    assert.deepEqual(known[liar.peerId], { bytes: 0, badChunks: 1 });
    assert.deepEqual(known[sellers[1]!.peerId], { bytes: 30 * MIB, badChunks: 0 });
    await context.close();

    // The same when everybody is paid afterwards.
    const small = await randomFile(join(network.dir, 'small lie.bin'), MIB);
    const honest = sellers[1]!;
    const smallCid = (await Promise.all([publish(honest, small, PRICE), publish(liar, small, PRICE / 2n)]))[0]!;
    const later = await visit(browser, network);
    await start(later.page, door);
    await begin(later.page, { target: smallCid, after: true });
    assert.equal(await outcome(later.page), 'done');
    assert.deepEqual(questions(later.wallet), ['connect']);
    const { dues, transfers } = await snapshot(later.page);
    assert.equal(transfers[0]!.state, 'verified');
    assert.deepEqual(
      dues.map(({ cid, wei, sellers }) => [cid, wei, sellers.map(({ peer }) => peer)]),
      [[smallCid, PRICE, [honest.peerId]]],
    );
    const [honestWei, liarWei] = await Promise.all(
      [honest, liar].map(({ wallet }) => network.provider.getBalance(wallet)),
    );
    await later.page.evaluate(
      async (cid) => void (await (globalThis as unknown as PageWorld).engine.pay(cid)),
      smallCid,
    );
    assert.equal((await network.provider.getBalance(honest.wallet)) - honestWei!, PRICE);
    assert.equal(await network.provider.getBalance(liar.wallet), liarWei);
    assert.deepEqual((await snapshot(later.page)).dues, []);
    await later.context.close();
    await liar.child.stop();
  });

  it('seeds from one tab to another and is paid into its wallet', async () => {
    const seller = await visit(browser, network);
    const buyer = await visit(browser, network);
    await start(seller.page, door);
    const size = 12 * MIB + 99;
    const shared = await seller.page.evaluate(
      async ({ size, price }) => {
        const { engine } = globalThis as unknown as PageWorld;
        const bytes = new Uint8Array(size);
        for (let at = 0; at < size; at += 65_536)
          crypto.getRandomValues(bytes.subarray(at, Math.min(size, at + 65_536)));
        const file = new File([bytes], 'from a tab.bin', { type: 'application/octet-stream' });
        let progress = 0;
        const row = await engine.share(
          file as unknown as Parameters<Engine['share']>[0],
          { weiPerMiB: BigInt(price) },
          (done) => (progress = done),
          new AbortController().signal,
        );
        return { ...row, progress };
      },
      { size, price: `${PRICE}` },
    );
    assert.equal(shared.progress, size);
    assert.deepEqual(questions(seller.wallet), ['connect', 'signTypedData']);
    await start(buyer.page, door);
    await begin(buyer.page, { target: shared.cid });
    assert.equal(await outcome(buyer.page), 'done');
    assert.equal(await hashIn(buyer.page, shared.cid), shared.sha256);
    const [row] = (await events(buyer.page)).find((event) => event.event === 'done')!.sellers;
    assert.deepEqual([row!.protocol, row!.bytes], ['libp2p', size]);
    const owed = costWei(size, PRICE);
    const { money } = await snapshot(seller.page);
    assert.deepEqual([money.earnedWei, money.receivableWei], [owed, owed]);
    const before = await network.provider.getBalance(seller.address);
    const claim = await seller.page.evaluate(async () => {
      const { transaction, wei } = await (globalThis as unknown as PageWorld).engine.claim();
      return { transaction, wei: `${wei}` };
    });
    assert.equal(claim.wei, `${owed}`);
    const receipt = await network.provider.getTransactionReceipt(claim.transaction!);
    const gas = receipt!.gasUsed * receipt!.gasPrice;
    assert.equal((await network.provider.getBalance(seller.address)) - before + gas, owed);
    const { network: net } = await snapshot(buyer.page);
    const sellerId = (await snapshot(seller.page)).network.peerId;
    assert.equal(net.peers.find(({ peer }) => peer === sellerId)?.transport, 'other', 'from tab to tab');
    // A reload of the seller asks nothing and sells on.
    await start(seller.page, door);
    assert.deepEqual(questions(seller.wallet), ['connect', 'signTypedData', 'sendTransaction']);
    const { files } = await snapshot(seller.page);
    assert.equal(files[0]!.offer?.weiPerMiB, `${PRICE}`);
    await seller.context.close();
    await buyer.context.close();
  });

  it('stops at the cap, runs in one tab at a time, and finds nodes by WebRTC alone', async () => {
    const node = await network.daemon('direct', [
      '--protocol',
      'libp2p',
      '--listen',
      '/ip4/127.0.0.1/tcp/0',
      '--listen',
      '/ip4/127.0.0.1/udp/0/webrtc-direct',
    ]);
    const direct = node.addresses.filter((address) => address.includes('/webrtc-direct'));
    assert.equal(direct.length, 1);
    const file = await randomFile(join(network.dir, 'direct.bin'), 8 * MIB);
    const cid = await publish(node, file, PRICE);
    const { context, page, address } = await visit(browser, network);
    await start(page, door, { bootstrap: direct });
    const cap = costWei(5 * MIB, PRICE);
    await begin(page, { target: cid, maxWei: `${cap}` });
    assert.equal(await outcome(page), 'SPENDING_CAP');
    const { money, network: net } = await snapshot(page);
    assert.ok(money.authorizedWei <= cap && money.authorizedWei > 0n);
    assert.deepEqual(
      net.peers.filter(({ peer }) => peer === node.peerId).map(({ transport }) => transport),
      ['webrtc-direct'],
    );
    const second = await context.newPage();
    await assert.rejects(start(second, door, { bootstrap: direct }), /another tab/);
    await begin(page, { target: cid });
    assert.equal(await outcome(page), 'done');
    assert.equal(await hashIn(page, cid), await sha256(file));
    assert.equal(await network.provider.getTransactionCount(address), 1);
    await context.close();
  });
});

/** As Share does it: what is published then. */
async function seal(key: ReturnType<typeof newKey>, plain: Buffer): Promise<Buffer> {
  const sealer = await createSealer(key, { name: 'song.wav', mime: 'audio/wav' }, plain.length);
  const pieces: Uint8Array[] = [];
  for (let i = 0; i < sealer.pieces; i++) pieces.push(await sealer.seal(i, async (a, b) => plain.subarray(a, b)));
  return Buffer.concat(pieces);
}

/** A WAV of `bytes` in all, 16 bit stereo at 44.1 kHz: a quiet tone, so that a player has something to decode. */
function wav(bytes: number): Buffer {
  const data = Buffer.alloc(bytes);
  data.write('RIFF', 0);
  data.writeUInt32LE(bytes - 8, 4);
  data.write('WAVEfmt ', 8);
  data.writeUInt32LE(16, 16);
  data.writeUInt16LE(1, 20);
  data.writeUInt16LE(2, 22);
  data.writeUInt32LE(44_100, 24);
  data.writeUInt32LE(44_100 * 4, 28);
  data.writeUInt16LE(4, 32);
  data.writeUInt16LE(16, 34);
  data.write('data', 36);
  data.writeUInt32LE(bytes - 44, 40);
  for (let at = 44; at + 1 < bytes; at += 2) data.writeInt16LE(Math.round(1000 * Math.sin(at / 40)), at);
  return data;
}
