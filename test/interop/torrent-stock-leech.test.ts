/** Stock BitTorrent clients fetch from our seeder over TCP: all of it through an open gate, the allowance through a closed one. */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { TorrentAdapters } from '../../node/src/transfer/adapters/torrent/torrent.ts';
import { freePort } from '../../scripts/devnet/free-port.ts';
import {
  aria2Args,
  type Client,
  FILE_BYTES,
  fileIs,
  has,
  removeFolder,
  report,
  startClient,
  startQbittorrent,
  tempFolder,
  until,
  versionOf,
} from './support/torrent-clients.ts';
import { LOOPBACK, loopbackAdapters, MIB, pseudoRandom, TestUplink, toContent } from './support/torrent-fixture.ts';

const bytes = pseudoRandom(FILE_BYTES, 7);
const content = toContent(bytes);
const ALLOWANCE = 2 * MIB;
const BLOCK = 16 * 1024;
const stranger = `ip:${LOOPBACK}`;

describe('stock BitTorrent clients', () => {
  let seller: TorrentAdapters;
  let folder: string;
  let torrent: string;
  let clients: Client[] = [];
  let stopServing: () => Promise<void>;

  before(() => {
    seller = loopbackAdapters(bytes);
  });
  after(() => seller.stop());

  async function serve(uplink: TestUplink): Promise<void> {
    const { stop } = await seller.bittorrent.serve(content, uplink);
    folder = tempFolder('torrent');
    torrent = join(folder, 'file.torrent');
    writeFileSync(torrent, seller.torrentFile(content.cid));
    stopServing = async () => {
      await Promise.all(clients.map((client) => client.end()));
      clients = [];
      await stop();
      removeFolder(folder);
    };
  }

  async function aria2(): Promise<Client> {
    const client = startClient('aria2c', aria2Args(folder, await freePort(), ['--seed-time=0', torrent]));
    clients.push(client);
    return client;
  }

  async function qbittorrent(): Promise<void> {
    const client = await startQbittorrent(folder);
    clients.push(client);
    const form = new FormData();
    form.append('torrents', new Blob([seller.torrentFile(content.cid)]), 'file.torrent');
    form.append('savepath', folder);
    await client.api('torrents/add', form);
  }

  for (const [name, run] of [
    ['aria2c', aria2],
    ['qbittorrent-nox', qbittorrent],
  ] as const) {
    it(`${name} fetches the whole file`, { skip: !has(name), timeout: 60_000 }, async () => {
      const uplink = new TestUplink(bytes);
      await serve(uplink);
      try {
        await run();
        await until(() => fileIs(join(folder, content.cid), bytes), `${name} has the file`);
        assert.ok(uplink.total >= bytes.length);
        report({
          client: name,
          version: versionOf(name),
          protocol: 'bittorrent',
          direction: 'from-us',
          bytes: bytes.length,
          ok: true,
        });
      } finally {
        await stopServing();
      }
    });

    it(`${name} stops at the free allowance and goes on when the gate opens`, {
      skip: !has(name),
      timeout: 60_000,
    }, async () => {
      const uplink = new TestUplink(bytes, ALLOWANCE);
      await serve(uplink);
      try {
        await run();
        await until(() => uplink.refusals >= 2, `${name} is refused`);
        const sent = uplink.sent.get(stranger)!;
        assert.ok(sent <= ALLOWANCE && sent > ALLOWANCE - BLOCK, `${sent} bytes of ${ALLOWANCE}`);
        uplink.allow(stranger, Number.POSITIVE_INFINITY);
        seller.wake(stranger);
        await until(() => fileIs(join(folder, content.cid), bytes), `${name} has the file`);
      } finally {
        await stopServing();
      }
    });
  }
});
