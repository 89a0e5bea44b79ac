/**
 * What runs inside the network namespace of the transmission test: transmission refuses 127/8, so both sides need an address
 * of their own. Prints one JSON line with what was found. Run by torrent-transmission.test.ts.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chunkCount } from '@chiral/protocol/content';
import { FILE_BYTES, fileIs, removeFolder, startClient, tempFolder, until } from './torrent-clients.ts';
import { chunkOf, loopbackAdapters, MIB, pseudoRandom, TestUplink, toContent, toOffer } from './torrent-fixture.ts';

const OURS = '10.99.0.1';
const THEIRS = '10.99.0.2';
const PORT = 46_890;
const ALLOWANCE = 2 * MIB;

const bytes = pseudoRandom(FILE_BYTES, 33);
const content = toContent(bytes);
const folder = tempFolder('transmission');
const torrent = join(folder, 'file.torrent');
const config = join(folder, 'config');
mkdirSync(config);
writeFileSync(
  join(config, 'settings.json'),
  JSON.stringify({
    'bind-address-ipv4': THEIRS,
    'dht-enabled': false,
    'lpd-enabled': false,
    'pex-enabled': false,
    'utp-enabled': false,
    'port-forwarding-enabled': false,
    'rpc-enabled': false,
    'peer-port': PORT,
    preallocation: 0,
    'trash-original-torrent-files': false,
  }),
);

const run = (where: string, ...more: string[]) =>
  // Unbuffered, for its progress line never ends.
  startClient('stdbuf', ['-o0', 'transmission-cli', '-g', config, '-w', where, '-p', String(PORT), ...more, torrent], {
    HOME: folder,
  });

async function leech(allowance: number): Promise<{ atRefusal: number; complete: boolean }> {
  const seller = loopbackAdapters(bytes, { hosts: () => [OURS], bind: OURS });
  const uplink = new TestUplink(bytes, allowance);
  await seller.bittorrent.serve(content, uplink);
  writeFileSync(torrent, seller.torrentFile(content.cid));
  const where = join(folder, `down-${allowance}`);
  mkdirSync(where);
  const client = run(where);
  try {
    const stranger = `ip:${THEIRS}`;
    let atRefusal = 0;
    if (allowance < bytes.length) {
      await until(() => uplink.refusals >= 2, 'transmission is refused');
      atRefusal = uplink.sent.get(stranger)!;
      uplink.allow(stranger, Number.POSITIVE_INFINITY);
      seller.wake(stranger);
    }
    await until(() => fileIs(join(where, content.cid), bytes), 'transmission has the file');
    return { atRefusal, complete: true };
  } finally {
    await client.end();
    await seller.stop();
  }
}

async function seed(): Promise<number> {
  const where = join(folder, 'seed');
  mkdirSync(where);
  writeFileSync(join(where, content.cid), bytes);
  const maker = loopbackAdapters(bytes, { hosts: () => [OURS], bind: OURS });
  const { endpoint } = await maker.bittorrent.serve(content, new TestUplink(bytes, 0));
  const infoHash = /btih:([0-9a-f]{40})/.exec(endpoint)![1]!;
  writeFileSync(torrent, maker.torrentFile(content.cid));
  const client = run(where, '--verify');
  const buyer = loopbackAdapters(bytes, { hosts: () => [OURS], bind: OURS });
  try {
    const offer = toOffer(content, 'bittorrent', `magnet:?xt=urn:btih:${infoHash}&x.pe=${THEIRS}:${PORT}`);
    await until(() => /Seeding/.test(client.output()), 'transmission seeds');
    const chunks = Array.from({ length: chunkCount(content.size) }, (_, chunk) => chunk);
    let good = 0;
    const worker = async () => {
      for (let chunk = chunks.shift(); chunk !== undefined; chunk = chunks.shift()) {
        const got = await buyer.bittorrent.fetch(offer, content, chunk, AbortSignal.timeout(25_000));
        if (Buffer.from(got).equals(chunkOf(bytes, chunk))) good += got.length;
      }
    };
    await Promise.all(Array.from({ length: 8 }, worker));
    return good;
  } finally {
    await client.end();
    await buyer.stop();
    await maker.stop();
  }
}

const tasks: Record<string, () => Promise<unknown>> = {
  whole: () => leech(Number.POSITIVE_INFINITY),
  gated: () => leech(ALLOWANCE),
  seed,
};
try {
  const result = await tasks[process.argv[2]!]!();
  process.stdout.write(`${JSON.stringify({ result, bytes: bytes.length, allowance: ALLOWANCE })}\n`);
} finally {
  removeFolder(folder);
}
