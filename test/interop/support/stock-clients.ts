/**
 * Stock clients behind one door: each is given links and a folder, fetches what it can, and is asked nothing else. Unmodified, from
 * Debian, and webtorrent from npm in Chromium. Every client asks from an address of its own, so that each is another stranger.
 */

import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../../scripts/devnet/free-port.ts';
import { launchStockBrowser } from '../../e2e/support/browser.ts';
import { prepareAmuled } from './ed2k-amuled.ts';
import { startLoginServer } from './ed2k-login-server.ts';
import { aria2Args, has, startClient, startQbittorrent, versionOf } from './torrent-clients.ts';

/** What a client is given: the public links, or those of a session. */
export interface Links {
  /** CID; what torrents call the file. */
  readonly cid: string;
  readonly url: string;
  readonly torrent: Buffer;
  readonly ed2k: string;
}

export interface Running {
  /** SHA-256 of the file, hex, once the client has all of it. */
  complete(): Promise<string | undefined>;
  /** The client has ended by itself. */
  hasEnded(): boolean;
  /** What an eDonkey client calls itself. */
  userHash?(): Promise<string>;
  /** Another round of links without a restart; a client without this is ended and started again in the same folder. */
  give?(links: Links): Promise<void>;
  end(): Promise<void>;
  /** The last that it said. */
  output(): string;
}

export interface StockClient {
  readonly name: string;
  readonly protocol: string;
  readonly version: string;
  /** Its address among those of the scenario. */
  start(links: Links, folder: string, address: string): Promise<Running>;
}

async function hashOf(path: string, size: number): Promise<string | undefined> {
  if (!existsSync(path) || statSync(path).size !== size) return undefined;
  const hash = createHash('sha256');
  for await (const part of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(part);
  return hash.digest('hex');
}

/** Whether a process that is done has left the whole file. */
function ofProcess(
  client: ReturnType<typeof startClient>,
  path: string,
  size: number,
  isDone: () => Promise<boolean> | boolean = () => client.process.exitCode === 0,
): Running {
  return {
    complete: async () => ((await isDone()) ? hashOf(path, size) : undefined),
    hasEnded: () => client.process.exitCode !== null,
    end: client.end,
    output: client.output,
  };
}

/** @param size of the file, bytes: a client that fills a file from its end has it long before it is whole */
export function stockClients(size: number): StockClient[] {
  const clients: StockClient[] = [];
  const add = (name: string, protocol: string, start: StockClient['start'], version = versionOf(name)) =>
    clients.push({ name, protocol, version, start });

  if (has('curl')) {
    add('curl', 'http', async ({ url }, folder, address) => {
      const path = join(folder, 'file');
      const args = ['-sS', '--fail', '--interface', address, '-C', '-', '-o', path, url];
      return ofProcess(startClient('curl', args), path, size);
    });
  }
  if (has('aria2c')) {
    const aria2 = async (folder: string, address: string, ...more: string[]) =>
      startClient(
        'aria2c',
        aria2Args(folder, await freePort(), [`--interface=${address}`, '--continue=true', ...more]),
      );
    add('aria2c', 'http', async ({ url }, folder, address) => {
      const client = await aria2(folder, address, '--out=file', '--max-tries=1', url);
      return ofProcess(client, join(folder, 'file'), size);
    });
    const torrentOf = (folder: string, torrent: Buffer) => {
      const path = join(folder, `${Date.now()}.torrent`);
      writeFileSync(path, torrent);
      return path;
    };
    add('aria2c', 'bittorrent', async ({ torrent, cid }, folder, address) => {
      // Its web seeds are a row of their own.
      const client = await aria2(folder, address, '--seed-time=0', torrentOf(folder, withoutWebSeeds(torrent)));
      return ofProcess(client, join(folder, cid), size);
    });
    add('aria2c', 'web seed', async ({ torrent, cid }, folder, address) => {
      const more = ['--seed-time=0', '--bt-exclude-tracker=*', torrentOf(folder, torrent)];
      return ofProcess(await aria2(folder, address, ...more), join(folder, cid), size);
    });
  }
  if (has('qbittorrent-nox')) {
    add('qbittorrent-nox', 'bittorrent', async ({ torrent, cid }, folder, address) => {
      const profile = join(folder, `${Date.now()}`);
      const client = await startQbittorrent(profile, [`Session\\InterfaceAddress=${address}`, 'Session\\Interface=lo']);
      const form = new FormData();
      form.append('torrents', new Blob([withoutWebSeeds(torrent) as Uint8Array<ArrayBuffer>]), 'file.torrent');
      form.append('savepath', folder);
      await client.api('torrents/add', form);
      const isDone = async () => /"progress":1[,}]/.test(await client.api('torrents/info'));
      return ofProcess(client, join(folder, cid), size, isDone);
    });
  }
  if (has('transmission-cli')) {
    add('transmission-cli', 'bittorrent', async ({ torrent, cid }, folder, address) => {
      const config = join(folder, `${Date.now()}`);
      const port = await freePort();
      mkdirSync(config);
      const settings = {
        'bind-address-ipv4': address,
        'dht-enabled': false,
        'lpd-enabled': false,
        'pex-enabled': false,
        'utp-enabled': false,
        'port-forwarding-enabled': false,
        'rpc-enabled': false,
        'peer-port': port,
        preallocation: 0,
        'trash-original-torrent-files': false,
      };
      writeFileSync(join(config, 'settings.json'), JSON.stringify(settings));
      const path = join(config, 'file.torrent');
      writeFileSync(path, withoutWebSeeds(torrent));
      // Unbuffered, for its progress line never ends.
      const args = ['-o0', 'transmission-cli', '-g', config, '-w', folder, '-p', String(port), '--verify', path];
      const client = startClient('stdbuf', args, { HOME: config });
      return ofProcess(client, join(folder, cid), size, () => /Seeding/.test(client.output()));
    });
  }
  if (has('amuled')) {
    add('amuled', 'ed2k', async (links, folder, address) => {
      const name = decodeURIComponent(links.ed2k.split('|')[2]!);
      const server = await startLoginServer(address);
      const prepared = await prepareAmuled(folder, address, await freePort(), { host: address, port: server.port });
      const amuled = prepared.start();
      await server.loggedIn;
      let log = '';
      const path = join(prepared.incoming, name);
      return {
        async complete() {
          log = await amuled.log();
          return hashOf(path, size);
        },
        hasEnded: () => false,
        // Version byte, then the hash.
        userHash: async () => (await readFile(join(folder, 'preferences.dat'))).subarray(1, 17).toString('hex'),
        // A link given in its first seconds may be missed, and given again finds its source again.
        give: ({ ed2k }) => amuled.addLink(ed2k),
        output: () => log,
        async end() {
          await amuled.stop();
          server.close();
        },
      };
    });
  }
  if (has('chromium')) {
    const script = fileURLToPath(import.meta.resolve('webtorrent/dist/webtorrent.min.js'));
    const { version } = JSON.parse(readFileSync(new URL('../package.json', `file://${script}`), 'utf8'));
    add('webtorrent (Chromium)', 'webtorrent', ({ torrent }) => startPage(torrent, script), version);
  }
  return clients;
}

/** webtorrent in a page of headless Chromium. What it has it keeps in the page. */
async function startPage(torrent: Buffer, script: string): Promise<Running> {
  const files: Record<string, { type: string; body: Uint8Array | string }> = {
    '/': { type: 'text/html', body: '<!doctype html><title>stock</title>' },
    '/webtorrent.js': { type: 'text/javascript', body: readFileSync(script) },
    '/file.torrent': { type: 'application/x-bittorrent', body: withoutWebSeeds(torrent) },
  };
  const web = createServer((request, response) => {
    const file = files[request.url ?? ''];
    response.writeHead(file ? 200 : 404, { 'content-type': file?.type ?? 'text/plain' }).end(file?.body);
  });
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  const browser = await launchStockBrowser();
  const page = await browser.newPage();
  await page.goto(`http://localhost:${(web.address() as AddressInfo).port}/`);
  let digest: string | undefined;
  let trouble = '';
  page
    .evaluate(async () => {
      const path = '/webtorrent.js';
      const { default: Client } = await import(path);
      const client = new Client({ dht: false, lsd: false, utPex: false, tracker: { rtcConfig: { iceServers: [] } } });
      const added = client.add(new Uint8Array(await (await fetch('/file.torrent')).arrayBuffer()));
      await new Promise((resolve, reject) => {
        added.on('done', resolve);
        added.on('error', reject);
        client.on('error', reject);
      });
      const data = await (await added.files[0].blob()).arrayBuffer();
      const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', data));
      return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
    })
    .then(
      (found) => {
        digest = found;
      },
      (error: Error) => {
        trouble = error.message;
      },
    );
  return {
    complete: async () => digest,
    hasEnded: () => trouble !== '',
    output: () => trouble,
    async end() {
      await browser.close();
      web.closeAllConnections();
      await new Promise((resolve) => web.close(resolve));
    },
  };
}

/** The same .torrent without its `url-list`, so that what a row says came by BitTorrent did. */
export function withoutWebSeeds(torrent: Buffer): Buffer {
  const text = torrent.toString('latin1');
  // Keys are sorted: `url-list` is the last of the outer dictionary, a list of strings.
  const at = text.lastIndexOf('8:url-list');
  return at < 0 ? torrent : Buffer.from(`${text.slice(0, at)}e`, 'latin1');
}
