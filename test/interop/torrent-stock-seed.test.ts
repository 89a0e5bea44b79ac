/** We fetch from stock BitTorrent seeders that know nothing of us: the offer names their address, the bytes are ours to check. */

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { chunkCount } from '@chiral/protocol/content';
import type { TorrentAdapters } from '../../node/src/transfer/adapters/torrent/torrent.ts';
import { freePort } from '../../scripts/devnet/free-port.ts';
import {
  aria2Args,
  type Client,
  FILE_BYTES,
  has,
  isListening,
  removeFolder,
  report,
  startClient,
  startQbittorrent,
  tempFolder,
  until,
  versionOf,
} from './support/torrent-clients.ts';
import {
  canFetch,
  chunkOf,
  LOOPBACK,
  loopbackAdapters,
  pseudoRandom,
  TestUplink,
  toContent,
  toOffer,
} from './support/torrent-fixture.ts';

const bytes = pseudoRandom(FILE_BYTES, 21);
const content = toContent(bytes);

describe('stock BitTorrent seeders', () => {
  let buyer: TorrentAdapters;
  let torrent: Buffer;
  let infoHash: string;
  let folder: string;

  before(async () => {
    // A seller of ours makes the torrent and is gone: what is seeded is no torrent of another shape, but nobody else has it.
    const maker = loopbackAdapters(bytes);
    const { endpoint } = await maker.bittorrent.serve(content, new TestUplink(bytes, 0));
    infoHash = /btih:([0-9a-f]{40})/.exec(endpoint)![1]!;
    torrent = maker.torrentFile(content.cid);
    await maker.stop();
    buyer = loopbackAdapters(bytes);
    folder = tempFolder('seed');
    writeFileSync(join(folder, content.cid), bytes);
    writeFileSync(join(folder, 'file.torrent'), torrent);
  });
  after(async () => {
    await buyer.stop();
    removeFolder(folder);
  });

  async function fetchAll(client: string, port: number): Promise<void> {
    const offer = toOffer(content, 'bittorrent', `magnet:?xt=urn:btih:${infoHash}&x.pe=${LOOPBACK}:${port}`);
    const chunks = Array.from({ length: chunkCount(content.size) }, (_, chunk) => chunk);
    const worker = async () => {
      for (let chunk = chunks.shift(); chunk !== undefined; chunk = chunks.shift()) {
        const got = await buyer.bittorrent.fetch(offer, content, chunk, AbortSignal.timeout(20_000));
        assert.ok(Buffer.from(got).equals(chunkOf(bytes, chunk)), `chunk ${chunk}`);
      }
    };
    await Promise.all([worker(), worker(), worker(), worker()]);
    report({
      client,
      version: versionOf(client),
      protocol: 'bittorrent',
      direction: 'to-us',
      bytes: bytes.length,
      ok: true,
    });
  }

  it('aria2c', { skip: !has('aria2c'), timeout: 60_000 }, async () => {
    const port = await freePort();
    const more = ['--check-integrity=true', '--seed-ratio=0.0', '--seed-time=10', join(folder, 'file.torrent')];
    const client = startClient('aria2c', aria2Args(folder, port, more));
    try {
      await until(() => isListening(LOOPBACK, port), 'aria2c listens');
      await until(() => canFetch(bytes, content, infoHash, `${LOOPBACK}:${port}`), 'aria2c has checked its file');
      await fetchAll('aria2c', port);
    } finally {
      await client.end();
    }
  });

  it('qbittorrent-nox', { skip: !has('qbittorrent-nox'), timeout: 60_000 }, async () => {
    const own = tempFolder('qbittorrent');
    mkdirSync(join(own, 'down'));
    const client: Client & { api: (path: string, form?: FormData) => Promise<string>; listen: number } =
      await startQbittorrent(own);
    try {
      const form = new FormData();
      form.append('torrents', new Blob([torrent as Uint8Array<ArrayBuffer>]), 'file.torrent');
      form.append('savepath', folder);
      form.append('skip_checking', 'true');
      await client.api('torrents/add', form);
      await until(async () => /stalledUP|uploading/.test(await client.api('torrents/info')), 'qbittorrent seeds');
      await fetchAll('qbittorrent-nox', client.listen);
    } finally {
      await client.end();
      removeFolder(own);
    }
  });
});
