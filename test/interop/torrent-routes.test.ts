/** The other ways to our bytes that stock clients know: a magnet link, a DHT, uTP, and the web seed when no seeder is left. */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createHttpServer } from '../../node/src/http.ts';
import { createHttpAdapter } from '../../node/src/transfer/adapters/http.ts';
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
import { LOOPBACK, loopbackAdapters, MIB, pseudoRandom, TestUplink, toContent } from './support/torrent-fixture.ts';

const bytes = pseudoRandom(6 * MIB + 321, 13);
const content = toContent(bytes);

interface DhtNode {
  listen(port: number, host: string, done: () => void): void;
  address(): { port: number };
  destroy(done: () => void): void;
  addNode(node: { host: string; port: number }): void;
  lookup(infoHash: string): void;
  on(event: 'peer', listener: (peer: { port: number }) => void): void;
}

async function startDht(): Promise<DhtNode> {
  const name = 'bittorrent-dht';
  const { Client: Dht } = (await import(name)) as { Client: new (options: object) => DhtNode };
  const node = new Dht({ bootstrap: false });
  await new Promise<void>((resolve) => node.listen(0, LOOPBACK, resolve));
  return node;
}

describe('other ways in', () => {
  let folder: string;
  let clients: Client[] = [];
  before(() => {
    folder = tempFolder('routes');
  });
  after(() => removeFolder(folder));

  async function aria2(where: string, uri: string, more: string[] = []): Promise<string> {
    const args = aria2Args(join(folder, where), await freePort(), ['--seed-time=0', ...more, uri]);
    clients.push(startClient('aria2c', args));
    return join(folder, where, content.cid);
  }

  async function end(): Promise<void> {
    await Promise.all(clients.map((client) => client.end()));
    clients = [];
  }

  it('aria2c with the magnet link alone', { skip: !has('aria2c'), timeout: 60_000 }, async () => {
    const seller = loopbackAdapters(bytes);
    try {
      const { endpoint } = await seller.bittorrent.serve(content, new TestUplink(bytes));
      const file = await aria2('magnet', endpoint);
      await until(() => fileIs(file, bytes), 'aria2c has the file');
    } finally {
      await end();
      await seller.stop();
    }
  });

  it('a DHT knows where we are', { timeout: 60_000 }, async () => {
    const [bootstrap, seeker] = [await startDht(), await startDht()];
    const entry = `${LOOPBACK}:${bootstrap.address().port}`;
    const seller = loopbackAdapters(bytes, { dht: { bootstrap: [entry] } });
    try {
      const { endpoint } = await seller.bittorrent.serve(content, new TestUplink(bytes));
      const infoHash = /btih:([0-9a-f]{40})/.exec(endpoint)![1]!;
      seeker.addNode({ host: LOOPBACK, port: bootstrap.address().port });
      const found: number[] = [];
      seeker.on('peer', ({ port }) => found.push(port));
      const look = () => {
        seeker.lookup(infoHash);
        return found.length > 0;
      };
      await until(look, 'the seeder is found', 200);
      assert.equal(found[0], seller.ports()!.torrent);
    } finally {
      await seller.stop();
      for (const node of [bootstrap, seeker]) await new Promise<void>((resolve) => node.destroy(resolve));
    }
  });

  // aria2 takes 23 s to ask its DHT: too near the limit for every run.
  const slow = !has('aria2c') || process.env.CHIRAL_INTEROP_SLOW === undefined;
  it('aria2c with nothing but the infohash, through a DHT', { skip: slow, timeout: 60_000 }, async () => {
    const dht = await startDht();
    const entry = `${LOOPBACK}:${dht.address().port}`;
    const seller = loopbackAdapters(bytes, { dht: { bootstrap: [entry] } });
    try {
      const { endpoint } = await seller.bittorrent.serve(content, new TestUplink(bytes));
      const magnet = endpoint.split('&')[0]!;
      const file = await aria2('dht', magnet, [
        '--enable-dht=true',
        `--dht-listen-port=${await freePort()}`,
        `--dht-file-path=${join(folder, 'dht.dat')}`,
        `--dht-entry-point=${entry}`,
      ]);
      await until(() => fileIs(file, bytes), 'aria2c has the file');
    } finally {
      await end();
      await seller.stop();
      await new Promise<void>((resolve) => dht.destroy(resolve));
    }
  });

  it('aria2c by web seed when the seeder is gone', { skip: !has('aria2c'), timeout: 60_000 }, async () => {
    const http = createHttpAdapter({
      sessions: { issue: () => '', peer: () => undefined },
      credentials: { token: () => undefined },
      publicUrl: () => server.url,
    });
    const server = await createHttpServer(
      (request, response) => http.router(request, response, () => response.writeHead(404).end()),
      { host: LOOPBACK, port: 0 },
    );
    const { endpoint: webSeed } = await http.serve(content, new TestUplink(bytes));
    const seller = loopbackAdapters(bytes, { webSeed: () => webSeed });
    try {
      await seller.bittorrent.serve(content, new TestUplink(bytes));
      const torrent = join(folder, 'webseed.torrent');
      writeFileSync(torrent, seller.torrentFile(content.cid));
      await seller.stop();
      const file = await aria2('webseed', torrent);
      await until(() => fileIs(file, bytes), 'aria2c has the file');
    } finally {
      await end();
      http.close();
      await server.close();
    }
  });

  it('qbittorrent-nox over uTP only', { skip: !has('qbittorrent-nox'), timeout: 60_000 }, async () => {
    const seller = loopbackAdapters(bytes, { bind: undefined as never });
    const client = await startQbittorrent(join(folder, 'utp'));
    clients.push(client);
    try {
      const uplink = new TestUplink(bytes);
      await seller.bittorrent.serve(content, uplink);
      const preferences = new FormData();
      preferences.append('json', JSON.stringify({ bittorrent_protocol: 2 }));
      await client.api('app/setPreferences', preferences);
      const form = new FormData();
      form.append('torrents', new Blob([seller.torrentFile(content.cid) as Uint8Array<ArrayBuffer>]), 'file.torrent');
      form.append('savepath', join(folder, 'utp-down'));
      await client.api('torrents/add', form);
      await until(() => fileIs(join(folder, 'utp-down', content.cid), bytes), 'qbittorrent has the file');
      assert.deepEqual([...uplink.sent.keys()], [`ip:${LOOPBACK}`]);
    } finally {
      await end();
      await seller.stop();
    }
  });
});
