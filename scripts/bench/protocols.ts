/**
 * How fast each protocol adapter is over loopback, with payments and without, beside a pair of stock programs on the same
 * protocol in the same run.
 *
 *   npm run bench protocols -- [--json] [--mib 96] [--rounds 3] [--again 3] [--only PROTOCOL ...]
 *
 * Ours are real daemons on a real chain: the clock runs from asking a fresh buyer to the whole, checked file with every voucher
 * delivered; without payments the price is zero. The buyer then gets `--again` more files from the same seller, which knows it
 * by now: what it costs to pay, without what it costs to become acquainted. The clock of a stock pair runs from asking as well.
 * Stock: aria2c from nginx, webtorrent from webtorrent over WebRTC, aria2c from aria2c, amuled from amuled (on less, since it
 * uploads slowly; needs root), and for libp2p, whose protocol nobody else speaks, a bare stream between two js-libp2p nodes, which
 * is what it could reach. All take turns, figures are medians, and only ratios mean much. Beside them stands the processor time of
 * both sides for a GiB, which a busy machine changes less than it changes a speed.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { hash } from 'node:crypto';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { GetEvent, PublishEvent } from '@chiral/protocol/api';
import { PROTOCOLS, type ProtocolName } from '@chiral/protocol/offer';
import { parseEther } from 'ethers';
import { ed2kInteropObstacle, runEd2kPair } from '../../test/interop/support/ed2k-interop.ts';
import { withoutWebSeeds } from '../../test/interop/support/stock-clients.ts';
import { aria2Args, startClient, until } from '../../test/interop/support/torrent-clients.ts';
import { freePort } from '../devnet/free-port.ts';
import { createNetwork, type Daemon, type DevNetwork } from '../devnet/network.ts';
import {
  isInstalled,
  MIB,
  median,
  processorSeconds,
  secondsOf,
  startNginx,
  writeRandomFile,
} from './support/contest.ts';

const PRICE = parseEther('0.00001');
/** amuled gives half a megabyte a second over loopback; more would take minutes, bytes. */
const ED2K_STOCK_BYTES = 3_000_000;
/** An amuled that stopped reading from another does not begin again by itself; the next pair may. Milliseconds. */
const ED2K_LIMIT_MS = 60_000;
const ED2K_ATTEMPTS = 3;
const PEER = fileURLToPath(new URL('./webtorrent-peer.ts', import.meta.url));
const LIBP2P = fileURLToPath(new URL('./libp2p-peer.ts', import.meta.url));
const TRACKER = fileURLToPath(new URL('./tracker-peer.ts', import.meta.url));

interface Line {
  readonly protocol: ProtocolName;
  /** MB/s with payments, without, and of the stock pair; null where there is none here. */
  readonly paid: number;
  readonly unpaid: number;
  readonly stock: number | null;
  readonly pair: string;
  /** Share of the speed that payments cost; below zero they cost nothing that can be seen. */
  readonly paymentCost: number;
  /** Ours, with payments, over the stock pair's. */
  readonly ratio: number | null;
  /** The same of the files after the first. */
  readonly again: Pick<Line, 'paid' | 'unpaid' | 'paymentCost' | 'ratio'>;
  /** Processor time of seller and buyer together while the first file moves, seconds for a GiB; null where it was not measured. */
  readonly processor: { readonly paid: number | null; readonly unpaid: number | null; readonly stock: number | null };
}

interface Figure {
  /** MB/s; NaN is none. */
  readonly speed: number;
  /** Seconds for a GiB of both sides; NaN is none. */
  readonly processor: number;
}

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    mib: { type: 'string', default: '96' },
    rounds: { type: 'string', default: '3' },
    again: { type: 'string', default: '3' },
    only: { type: 'string', multiple: true },
  },
});
const mib = Number(values.mib);
const rounds = Number(values.rounds);
const loadBefore = loadavg()[0]!;
const folder = await mkdtemp(join(tmpdir(), 'chiral-bench-'));
let buyers = 0;

async function publish(seller: Daemon, path: string, weiPerMiB: bigint): Promise<string> {
  const want = { path, weiPerMiB: `${weiPerMiB}` };
  for await (const event of seller.api.stream<PublishEvent>('/publish', want, new AbortController().signal)) {
    if (event.event === 'done') return event.file.cid;
  }
  throw new Error('publishing ended without an answer');
}

const figureOf = (bytes: number, seconds: number, processor = Number.NaN): Figure => ({
  speed: bytes / seconds / 1e6,
  processor: (processor / bytes) * 2 ** 30,
});

/** Downloads of a fresh buyer, one after the other. */
async function ours(
  network: DevNetwork,
  seller: Daemon,
  protocol: ProtocolName,
  cids: readonly string[],
): Promise<Figure[]> {
  const buyer = await network.daemon(`buyer-${buyers++}`, ['--no-auto-seed', '--protocol', protocol]);
  await network.fund([buyer.wallet], parseEther('100'));
  await buyer.api.get('/status');
  const figures: Figure[] = [];
  for (const cid of cids) figures.push(await download(buyer, seller, cid));
  await buyer.child.stop();
  return figures;
}

async function download(buyer: Daemon, seller: Daemon, cid: string): Promise<Figure> {
  const to = join(folder, 'got');
  const both = async () => (await processorSeconds(seller.child.pid)) + (await processorSeconds(buyer.child.pid));
  const before = await both();
  const startedMs = performance.now();
  let bytes = 0;
  for await (const event of buyer.api.stream<GetEvent>('/get', { target: cid, to }, new AbortController().signal)) {
    if (event.event === 'done') bytes = event.bytes;
  }
  const seconds = (performance.now() - startedMs) / 1000;
  const processor = (await both()) - before;
  await rm(to);
  return figureOf(bytes, seconds, processor);
}

/** The stock pair; undefined where it cannot run. */
const stock: Partial<
  Record<ProtocolName, { pair: string; run(file: string, seller: Daemon, cid: string): Promise<Figure> }>
> = {
  http: {
    pair: 'aria2c from nginx',
    async run() {
      const port = await freePort();
      const nginx = await startNginx(folder, port);
      try {
        const seconds = await secondsOf('aria2c', [
          ...['-q', '-x4', '-s4', '-k1M', '--file-allocation=none', '--allow-overwrite=true'],
          ...['-d', folder, '-o', 'stock-http', `http://127.0.0.1:${port}/file`],
        ]);
        return figureOf(mib * MIB, seconds);
      } finally {
        await ended(nginx);
        await rm(join(folder, 'stock-http'), { force: true });
      }
    },
  },
  bittorrent: {
    pair: 'aria2c from aria2c',
    async run(file, seller, cid) {
      const [seedPort, leechPort] = [await freePort(), await freePort()];
      const own = await mkdtemp(join(folder, 'aria2-'));
      const [seed, leech] = [join(own, 'seed'), join(own, 'leech')];
      await Promise.all([mkdir(seed), mkdir(leech)]);
      await copyFile(file, join(seed, cid));
      // The torrent is ours, so that pieces are the same; our tracker and our web seed are left out of it.
      const torrent = join(own, 'file.torrent');
      const answer = await fetch(`${seller.publicUrl}/torrent/${cid}.torrent`);
      await writeFile(torrent, withoutWebSeeds(Buffer.from(await answer.arrayBuffer())));
      const tracker = spawn(process.execPath, [TRACKER], { stdio: ['pipe', 'pipe', 'inherit'] });
      const { announce } = await firstLine<{ announce: string }>(tracker);
      const both = ['--bt-exclude-tracker=*', `--bt-tracker=${announce}`];
      const seeder = startClient(
        'aria2c',
        aria2Args(seed, seedPort, [...both, '--check-integrity=true', '--seed-ratio=0.0', torrent]),
      );
      try {
        await until(() => isSeeding(announce, torrent), 'aria2c seeds');
        const startedMs = performance.now();
        const leecher = startClient('aria2c', aria2Args(leech, leechPort, [...both, '--seed-time=0', torrent]));
        await leecher.exited;
        return figureOf(mib * MIB, (performance.now() - startedMs) / 1000);
      } finally {
        await seeder.end();
        await ended(tracker);
        await rm(own, { recursive: true, force: true });
      }
    },
  },
  webtorrent: {
    pair: 'webtorrent from webtorrent',
    async run(file) {
      const own = await mkdtemp(join(folder, 'webtorrent-'));
      const seeder = spawn(process.execPath, [PEER, 'seed', file], { stdio: ['pipe', 'pipe', 'inherit'] });
      try {
        const { torrent } = await firstLine<{ torrent: string }>(seeder);
        await writeFile(join(own, 'file.torrent'), Buffer.from(torrent, 'base64'));
        const leecher = spawn(process.execPath, [PEER, 'fetch', join(own, 'file.torrent'), own], {
          stdio: ['pipe', 'pipe', 'inherit'],
        });
        const before = await processorSeconds(seeder.pid!);
        const { seconds, processor } = await firstLine<{ seconds: number; processor: number }>(leecher);
        return figureOf(mib * MIB, seconds, processor + (await processorSeconds(seeder.pid!)) - before);
      } finally {
        await ended(seeder);
        await rm(own, { recursive: true, force: true });
      }
    },
  },
  libp2p: {
    pair: 'js-libp2p from js-libp2p',
    async run(file) {
      const own = join(folder, 'libp2p');
      const seeder = spawn(process.execPath, [LIBP2P, 'seed', file], { stdio: ['pipe', 'pipe', 'inherit'] });
      try {
        const { address } = await firstLine<{ address: string }>(seeder);
        const leecher = spawn(process.execPath, [LIBP2P, 'fetch', address, own], {
          stdio: ['pipe', 'pipe', 'inherit'],
        });
        const before = await processorSeconds(seeder.pid!);
        const { seconds, processor } = await firstLine<{ seconds: number; processor: number }>(leecher);
        const sent = (await processorSeconds(seeder.pid!)) - before;
        await ended(leecher);
        if ((await stat(own)).size !== mib * MIB) throw new Error('js-libp2p did not carry the whole file');
        return figureOf(mib * MIB, seconds, processor + sent);
      } finally {
        await ended(seeder);
        await rm(own, { force: true });
      }
    },
  },
  ed2k: {
    pair: 'amuled from amuled',
    async run() {
      for (let attempt = 0; attempt < ED2K_ATTEMPTS; attempt++) {
        try {
          const { bytes, seconds } = await runEd2kPair(ED2K_STOCK_BYTES, ED2K_LIMIT_MS);
          return figureOf(bytes, seconds);
        } catch (error) {
          process.stderr.write(`amuled from amuled: ${(error as Error).message.split('\n')[0]}\n`);
        }
      }
      return figureOf(0, Number.NaN);
    },
  },
};

async function canRun(protocol: ProtocolName): Promise<boolean> {
  if (protocol === 'http') return (await isInstalled('nginx')) && (await isInstalled('aria2c'));
  if (protocol === 'bittorrent') return isInstalled('aria2c');
  if (protocol === 'ed2k') return ed2kInteropObstacle() === undefined;
  return stock[protocol] !== undefined;
}

/** Whether somebody with the whole file has announced itself. */
async function isSeeding(announce: string, torrent: string): Promise<boolean> {
  const text = (await readFile(torrent)).toString('latin1');
  // `info` is the last key of the outer dictionary.
  const infoHash = hash('sha1', Buffer.from(text.slice(text.indexOf('4:infod') + '4:info'.length, -1), 'latin1'));
  const escaped = infoHash.replace(/../g, '%$&');
  const answer = await fetch(`${announce.replace('/announce', '/scrape')}?info_hash=${escaped}`);
  return /8:completei[1-9]/.test(Buffer.from(await answer.arrayBuffer()).toString('latin1'));
}

async function firstLine<T>(child: ChildProcess): Promise<T> {
  for await (const line of createInterface({ input: child.stdout! })) return JSON.parse(line) as T;
  throw new Error('a program ended without a word');
}

/** Median of what was measured; null when nothing was. */
function middle(values: readonly number[]): number | null {
  const measured = values.filter((value) => !Number.isNaN(value));
  return measured.length > 0 ? median(measured) : null;
}

async function ended(child: ChildProcess): Promise<void> {
  const over = new Promise((resolve) => child.once('exit', resolve));
  if (child.exitCode !== null) return;
  child.kill('SIGKILL');
  await over;
}

const lines: Line[] = [];
const network = await createNetwork();
try {
  // nginx gives its privileges up and must still read the file.
  await chmod(folder, 0o755);
  const file = join(folder, 'file');
  const files = [file, ...Array.from({ length: Number(values.again) }, (_, i) => join(folder, `again-${i}`))];
  for (const path of files) await writeRandomFile(path, mib);
  // Everybody joins through the first.
  await network.daemon('hub');
  for (const protocol of PROTOCOLS.filter((name) => !values.only || values.only.includes(name))) {
    const seller = await network.daemon(`seller-${protocol}`, ['--protocol', protocol]);
    await network.fund([seller.wallet], parseEther('100'));
    const pair = (await canRun(protocol)) ? stock[protocol] : undefined;
    const figures: Record<'paid' | 'unpaid' | 'paidAgain' | 'unpaidAgain' | 'stock', Figure[]> = {
      paid: [],
      unpaid: [],
      paidAgain: [],
      unpaidAgain: [],
      stock: [],
    };
    for (let round = 0; round < rounds; round++) {
      const offered = async (weiPerMiB: bigint) => {
        const cids: string[] = [];
        for (const path of files) cids.push(await publish(seller, path, weiPerMiB));
        return cids;
      };
      let cids: string[] = [];
      // Each begins half of the rounds: whoever does has what the stock pair left behind on the disk.
      for (const kind of round % 2 === 0 ? (['paid', 'unpaid'] as const) : (['unpaid', 'paid'] as const)) {
        cids = await offered(kind === 'paid' ? PRICE : 0n);
        const [first, ...again] = await ours(network, seller, protocol, cids);
        figures[kind].push(first!);
        figures[`${kind}Again`].push(...again);
      }
      if (pair) figures.stock.push(await pair.run(file, seller, cids[0]!));
    }
    await seller.child.stop();
    const speed = (kind: keyof typeof figures) => middle(figures[kind].map((figure) => figure.speed));
    const processor = (kind: keyof typeof figures) => middle(figures[kind].map((figure) => figure.processor));
    const other = speed('stock');
    const compared = (paid: number, unpaid: number) => ({
      paid,
      unpaid,
      paymentCost: 1 - paid / unpaid,
      ratio: other === null ? null : paid / other,
    });
    const line: Line = {
      protocol,
      ...compared(speed('paid') ?? 0, speed('unpaid') ?? 0),
      stock: other,
      pair: pair?.pair ?? 'none here',
      again: compared(speed('paidAgain') ?? 0, speed('unpaidAgain') ?? 0),
      processor: { paid: processor('paid'), unpaid: processor('unpaid'), stock: processor('stock') },
    };
    lines.push(line);
    if (!values.json) {
      const number = (value: number | null) => (value === null ? '-' : value.toFixed(1)).padStart(7);
      const row = (name: string, { paid, unpaid, paymentCost, ratio }: Line['again']) =>
        `${name.padEnd(11)} paid ${number(paid)} MB/s  unpaid ${number(unpaid)}` +
        `  payments cost ${(100 * paymentCost).toFixed(1).padStart(5)} %  ratio ${ratio?.toFixed(2) ?? '-'}`;
      process.stdout.write(
        `${row(protocol, line)}  ${line.pair} ${number(other)}` +
          `  processor s/GiB ${number(line.processor.paid)} ${number(line.processor.unpaid)} ${number(line.processor.stock)}\n` +
          `${row('  again', line.again)}\n`,
      );
    }
  }
} finally {
  await network.stop();
  await rm(folder, { recursive: true, force: true });
}
const cores = availableParallelism();
const summary = { date: new Date().toISOString(), cores, loadBefore, loadAfter: loadavg()[0]!, mib, rounds, lines };
if (values.json) process.stdout.write(`${JSON.stringify(summary, null, 2)}\n`);
process.exit(0);
