/** Who is who: our own peers prove their key, stock clients show a passkey, everybody else is an address. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { CHUNK_BYTES, chunkCount } from '@chiral/protocol/content';
import { isAppError } from '@chiral/protocol/errors';
import { generateKeyPair } from '@libp2p/crypto/keys';
import { peerIdFromPrivateKey } from '@libp2p/peer-id';
import type { Identity } from '../../node/src/transfer/adapters/torrent/peer-proof.ts';
import { freePort } from '../../scripts/devnet/free-port.ts';
import {
  aria2Args,
  type Client,
  fileIs,
  has,
  removeFolder,
  startClient,
  startQbittorrent,
  tempFolder,
  until,
} from './support/torrent-clients.ts';
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

const bytes = pseudoRandom(8 * MIB + 77, 5);
const content = toContent(bytes);
const stranger = `ip:${LOOPBACK}`;
const never = new AbortController().signal;

async function newIdentity(): Promise<Identity> {
  const key = await generateKeyPair('Ed25519');
  return { peerId: peerIdFromPrivateKey(key).toString(), sign: (data) => key.sign(data) };
}

describe('peers of ours', () => {
  for (const protocol of ['bittorrent', 'webtorrent'] as const) {
    it(`${protocol}: both sides prove their keys, and the buyer takes bytes from nobody else`, async (t) => {
      const [sellerKey, buyerKey, otherKey] = [await newIdentity(), await newIdentity(), await newIdentity()];
      const seller = loopbackAdapters(bytes, { identity: sellerKey });
      const other = loopbackAdapters(bytes, { identity: otherKey });
      const buyer = loopbackAdapters(bytes, { identity: buyerKey });
      t.after(() => Promise.all([seller.stop(), other.stop(), buyer.stop()]));
      const uplink = new TestUplink(bytes);
      const otherUplink = new TestUplink(bytes);
      const { endpoint } = await seller[protocol].serve(content, uplink);
      const { endpoint: otherEndpoint } = await other[protocol].serve(content, otherUplink);

      const offer = toOffer(content, protocol, endpoint, sellerKey.peerId);
      assert.ok(Buffer.from(await buyer[protocol].fetch(offer, content, 3, never)).equals(chunkOf(bytes, 3)));
      assert.deepEqual([...uplink.sent], [[buyerKey.peerId, CHUNK_BYTES]]);

      // An offer of one that points at another: as it stands, with the name scratched out, and with the name forged.
      const scratched = otherEndpoint.replace(/&x\.chiral=.*$/, '');
      const forged = `${scratched}&x.chiral=${sellerKey.peerId}`;
      for (const url of [otherEndpoint, scratched, forged]) {
        const lie = toOffer(content, protocol, url, sellerKey.peerId);
        await assert.rejects(buyer[protocol].fetch(lie, content, 0, never), (error) =>
          isAppError(error, 'PEER_UNREACHABLE', 'OFFER_INVALID'),
        );
      }
      assert.equal(otherUplink.total, 0);
    });

    it(`${protocol}: a choke in the middle of a chunk costs nothing twice`, async (t) => {
      const buyerKey = await newIdentity();
      const seller = loopbackAdapters(bytes);
      const buyer = loopbackAdapters(bytes, { identity: buyerKey });
      t.after(() => Promise.all([seller.stop(), buyer.stop()]));
      const uplink = new TestUplink(bytes, 0);
      const { endpoint } = await seller[protocol].serve(content, uplink);
      const offer = toOffer(content, protocol, endpoint);
      const count = chunkCount(content.size);
      let chokes = 0;
      for (let chunk = 0; chunk < count; ) {
        try {
          assert.ok(
            Buffer.from(await buyer[protocol].fetch(offer, content, chunk, never)).equals(chunkOf(bytes, chunk)),
          );
          chunk++;
        } catch (error) {
          if (!isAppError(error, 'CHOKED')) throw error;
          chokes++;
          uplink.allow(buyerKey.peerId, (5 * MIB) / 2 + 16 * 1024);
          seller.wake(buyerKey.peerId);
        }
      }
      assert.ok(chokes >= 3, `${chokes} chokes`);
      assert.deepEqual([...uplink.sent], [[buyerKey.peerId, bytes.length]], 'to the byte');
    });
  }

  it('one torrent is served by both names, and each stops alone', async (t) => {
    const seller = loopbackAdapters(bytes);
    const buyer = loopbackAdapters(bytes);
    t.after(() => Promise.all([seller.stop(), buyer.stop()]));
    const tcp = await seller.bittorrent.serve(content, new TestUplink(bytes));
    const rtc = await seller.webtorrent.serve(content, new TestUplink(bytes));
    const fetch = (protocol: 'bittorrent' | 'webtorrent', endpoint: string, chunk: number) =>
      buyer[protocol].fetch(toOffer(content, protocol, endpoint), content, chunk, AbortSignal.timeout(20_000));
    await fetch('bittorrent', tcp.endpoint, 0);
    await fetch('webtorrent', rtc.endpoint, 1);
    await tcp.stop();
    await assert.rejects(fetch('bittorrent', tcp.endpoint, 2), (error) =>
      isAppError(error, 'NOT_FOUND', 'PEER_UNREACHABLE'),
    );
    assert.ok(Buffer.from(await fetch('webtorrent', rtc.endpoint, 2)).equals(chunkOf(bytes, 2)));
    await rtc.stop();
    assert.throws(
      () => seller.torrentFile(content.cid),
      (error) => isAppError(error, 'NOT_FOUND'),
    );
  });

  it('a seller that nobody can reach is met at the open tracker of another node', { timeout: 30_000 }, async (t) => {
    const elsewhere = pseudoRandom(MIB, 99);
    const meeting = loopbackAdapters(elsewhere, { trackerOpen: true });
    await meeting.webtorrent.serve(toContent(elsewhere), new TestUplink(elsewhere));
    const tracker = `ws://${LOOPBACK}:${meeting.ports()!.tracker}/announce`;
    const hidden = loopbackAdapters(bytes, { hosts: () => [], presentAt: [tracker] });
    const buyer = loopbackAdapters(bytes);
    t.after(() => Promise.all([meeting.stop(), hidden.stop(), buyer.stop()]));
    const uplink = new TestUplink(bytes);
    const { endpoint, stop } = await hidden.webtorrent.serve(content, uplink);
    assert.deepEqual(new URLSearchParams(endpoint).getAll('tr'), [tracker]);
    const got = await buyer.webtorrent.fetch(toOffer(content, 'webtorrent', endpoint), content, 1, never);
    assert.ok(Buffer.from(got).equals(chunkOf(bytes, 1)));
    assert.equal(uplink.total, CHUNK_BYTES);
    await stop();
  });

  it('a buyer listens nowhere; once it sells on, it gates as any seller', async (t) => {
    const seller = loopbackAdapters(bytes);
    const buyer = loopbackAdapters(bytes);
    const freeloader = loopbackAdapters(bytes);
    t.after(() => Promise.all([seller.stop(), buyer.stop(), freeloader.stop()]));
    const { endpoint } = await seller.bittorrent.serve(content, new TestUplink(bytes));
    await buyer.bittorrent.fetch(toOffer(content, 'bittorrent', endpoint), content, 0, never);
    assert.equal(buyer.ports(), undefined);
    const uplink = new TestUplink(bytes, 0);
    const { endpoint: beside } = await buyer.bittorrent.serve(content, uplink);
    const offer = toOffer(content, 'bittorrent', beside);
    await assert.rejects(freeloader.bittorrent.fetch(offer, content, 0, never), (error) => isAppError(error, 'CHOKED'));
    assert.equal(uplink.total, 0);
  });

  it('costs a daemon that does not use it no start: neither webtorrent nor WebRTC is loaded', () => {
    const file = JSON.stringify(new URL('../../node/src/transfer/adapters/torrent/torrent.ts', import.meta.url).href);
    const script = `const { createTorrentAdapters } = await import(${file});
      createTorrentAdapters({ readLocal: async () => new Uint8Array(), hosts: () => [], log: console });
      const loaded = process.report.getReport().sharedObjects.filter((name) => /datachannel|utp/.test(name));
      console.log(JSON.stringify(loaded));`;
    const out = execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: import.meta.dirname });
    assert.equal(out.toString().trim(), '[]');
  });

  it('ends a hundred connections and leaves nothing behind', { timeout: 30_000 }, async () => {
    const seller = loopbackAdapters(bytes);
    const { endpoint } = await seller.bittorrent.serve(content, new TestUplink(bytes));
    for (let round = 0; round < 10; round++) {
      const buyers = Array.from({ length: 10 }, () => loopbackAdapters(bytes));
      await Promise.all(
        buyers.map((buyer, i) => buyer.bittorrent.fetch(toOffer(content, 'bittorrent', endpoint), content, i, never)),
      );
      await Promise.all(buyers.map((buyer) => buyer.stop()));
    }
    await seller.stop();
    const left = () => process.getActiveResourcesInfo().filter((name) => /TCP|UDP|Server/.test(name));
    await until(() => left().length === 0, 'every socket is gone');
  });
});

describe('stock clients with a passkey', () => {
  const sessions = new Map([['the-secret', 'buyer-7']]);
  let seller: ReturnType<typeof loopbackAdapters>;
  let folder: string;

  before(() => {
    seller = loopbackAdapters(bytes, {
      sessions: { issue: () => 'the-secret', peer: (token) => sessions.get(token) },
    });
    folder = tempFolder('passkey');
  });
  after(async () => {
    await seller.stop();
    removeFolder(folder);
  });

  async function aria2(torrent: Buffer, where: string): Promise<Client> {
    writeFileSync(join(folder, `${where}.torrent`), torrent);
    const args = aria2Args(join(folder, where), await freePort(), ['--seed-time=0', join(folder, `${where}.torrent`)]);
    return startClient('aria2c', args);
  }

  async function qbittorrent(torrent: Buffer, where: string): Promise<Client> {
    const client = await startQbittorrent(join(folder, `${where}-home`));
    const form = new FormData();
    form.append('torrents', new Blob([torrent as Uint8Array<ArrayBuffer>]), 'file.torrent');
    form.append('savepath', join(folder, where));
    await client.api('torrents/add', form);
    return client;
  }

  for (const [name, run] of [
    ['aria2c', aria2],
    ['qbittorrent-nox', qbittorrent],
  ] as const) {
    it(`${name} is the session's peer, and the stranger stays a stranger`, {
      skip: !has(name),
      timeout: 60_000,
    }, async () => {
      const uplink = new TestUplink(bytes, MIB);
      const { stop } = await seller.bittorrent.serve(content, uplink);
      const clients: Client[] = [];
      try {
        clients.push(await run(seller.torrentFile(content.cid), `${name}-free`));
        await until(() => uplink.refusals >= 2, 'the stranger is refused');
        // libtorrent keeps one connection per address, and here all have the same: the stranger would be the buyer's one peer.
        if (name === 'qbittorrent-nox') await clients[0]!.end();
        uplink.allow('buyer-7', Number.POSITIVE_INFINITY);
        const paid = `${name}-paid`;
        clients.push(await run(seller.torrentFile(content.cid, { passkey: 'the-secret' }), paid));
        await until(() => fileIs(join(folder, paid, content.cid), bytes), 'the buyer has the file');
        assert.ok(uplink.sent.get('buyer-7')! >= bytes.length - MIB);
        assert.ok(uplink.sent.get(stranger)! <= MIB);
      } finally {
        await Promise.all(clients.map((client) => client.end()));
        await stop();
      }
    });
  }

  it('aria2c with a passkey that nobody was given gets no peers', {
    skip: !has('aria2c'),
    timeout: 60_000,
  }, async () => {
    const uplink = new TestUplink(bytes);
    const { stop } = await seller.bittorrent.serve(content, uplink);
    const client = await aria2(seller.torrentFile(content.cid, { passkey: 'made-up' }), 'made-up');
    await until(() => /unknown passkey/.test(client.output()), 'the tracker refuses');
    assert.equal(uplink.total, 0);
    await client.end();
    await stop();
  });
});
