/**
 * How fast a verified download over loopback is, beside curl and aria2c fetching the same file from nginx in the same run.
 *
 *   npm run bench transfer -- [--json] [--mib 1024] [--rounds 3] [--unpaid]
 *
 * All contestants take turns and each figure is a median over rounds, since machines are shared; only ratios mean much.
 * The contestant is a network of daemons that pays (support/paid.ts); with --unpaid it is the data layer alone with an open
 * gate, two seeders and a buyer in processes of their own.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { freePort } from '../devnet/free-port.ts';
import { isInstalled, MIB, median, secondsOf, startNginx, writeRandomFile } from './support/contest.ts';
import { startPaid } from './support/paid.ts';
import type { PeerAnswer, PeerCommand } from './transfer-peer.ts';

/** Somebody who sells `file` from two seeders and buys it. */
export interface Contestant {
  /**
   * One download to a path where nothing is yet.
   * @returns wall time from asking to the finished file, and where it went, in seconds
   */
  download(seeders: 1 | 2, destination: string): Promise<{ seconds: number; parts: Record<string, number> }>;
  close(): Promise<void>;
}

export interface TransferBench {
  /** Our speed over theirs, one seeder; above 1 we are faster. Null when the tool is not installed. */
  readonly ratios: { readonly curl: number | null; readonly aria2c: number | null };
  /** The same from two seeders. */
  readonly ratiosTwo: { readonly curl: number | null; readonly aria2c: number | null };
  /** One seeder. */
  readonly mbPerSecond: number;
  readonly mbPerSecondEach: {
    readonly one: number;
    readonly two: number;
    readonly curl: number;
    readonly aria2c: number;
  };
  /** Where the time of the median download from one seeder went, seconds. */
  readonly parts: Record<string, number>;
  readonly mib: number;
  readonly rounds: number;
  readonly cores: number;
  /** Processes that wanted to run beside us, on average over the last minute, at the start. */
  readonly loadBefore: number;
  readonly date: string;
}

export interface TransferBenchOptions {
  readonly mib?: number;
  readonly rounds?: number;
  /** @param folder empty, removed afterwards */
  readonly start?: (file: string, folder: string) => Promise<Contestant>;
}

interface Peer {
  readonly child: ChildProcess;
  ask(command: PeerCommand): Promise<PeerAnswer>;
  stop(): Promise<void>;
}

function startPeer(): Peer {
  const child = fork(new URL('./transfer-peer.ts', import.meta.url), [], { execArgv: [] });
  const exited = once(child, 'exit');
  return {
    child,
    async ask(command) {
      child.send(command);
      const [answer] = (await Promise.race([once(child, 'message'), exited])) as [PeerAnswer];
      if (typeof answer !== 'object') throw new Error(`a peer ended with ${answer}`);
      if (answer.error) throw new Error(answer.error);
      return answer;
    },
    async stop() {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}

/** Two seeders and, for each download, a fresh buyer. */
export async function startDataLayer(file: string, folder: string): Promise<Contestant> {
  const seeders: { peer: Peer; cid: string; endpoint: string }[] = [];
  for (const name of ['a', 'b']) {
    const peer = startPeer();
    await mkdir(join(folder, name));
    const { cid, endpoint } = await peer.ask({ role: 'seed', folder: join(folder, name), file });
    seeders.push({ peer, cid: cid!, endpoint: endpoint! });
  }
  const usage = async () => (await seeders[0]!.peer.ask({ role: 'usage' })).seconds!;
  return {
    async download(count, destination) {
      const buyer = startPeer();
      const endpoints = seeders.slice(0, count).map(({ endpoint }) => endpoint);
      const before = await usage();
      const { seconds, parts } = await buyer.ask({ role: 'buy', folder, cid: seeders[0]!.cid, endpoints, destination });
      const cpuFirstSeeder = (await usage()) - before;
      await buyer.stop();
      return { seconds: seconds!, parts: { ...parts, cpuFirstSeeder } };
    },
    close: async () => void (await Promise.all(seeders.map(({ peer }) => peer.stop()))),
  };
}

export async function benchTransfer(options: TransferBenchOptions = {}): Promise<TransferBench> {
  const { mib = 1024, rounds = 3, start = startDataLayer } = options;
  const loadBefore = loadavg()[0]!;
  const folder = await mkdtemp(join(tmpdir(), 'chiral-bench-'));
  let nginx: ChildProcess | undefined;
  let contestant: Contestant | undefined;
  try {
    // nginx gives its privileges up and must still read the file.
    await chmod(folder, 0o755);
    const file = join(folder, 'file');
    await writeRandomFile(file, mib);
    const port = await freePort();
    if (await isInstalled('nginx')) nginx = await startNginx(folder, port);
    const url = `http://127.0.0.1:${port}/file`;
    await mkdir(join(folder, 'contestant'));
    contestant = await start(file, join(folder, 'contestant'));
    const times: Record<'one' | 'two' | 'curl' | 'aria2c', number[]> = { one: [], two: [], curl: [], aria2c: [] };
    const allParts: Record<string, number>[] = [];
    const out = join(folder, 'out');
    // Nobody waits at the disk for what the one before left to be written.
    const settle = () => secondsOf('sync', []);
    const fetchWith = async (tool: string, args: string[]) => {
      await settle();
      const seconds = nginx ? await secondsOf(tool, [...args, url]) : Number.NaN;
      await rm(out, { force: true });
      return seconds;
    };
    // Round 0 warms the page cache and the compilers, and is not counted.
    for (let round = 0; round <= rounds; round++) {
      await settle();
      const one = await contestant.download(1, out);
      await rm(out);
      await settle();
      const two = await contestant.download(2, out);
      await rm(out);
      const curl = await fetchWith('curl', ['-s', '-o', out]);
      const aria2c = await fetchWith('aria2c', [
        '-q',
        '-x4',
        '-s4',
        '--file-allocation=none',
        '-d',
        folder,
        '-o',
        'out',
      ]);
      if (round === 0) continue;
      times.one.push(one.seconds);
      times.two.push(two.seconds);
      times.curl.push(curl);
      times.aria2c.push(aria2c);
      allParts.push(one.parts);
    }
    const typical = {
      one: median(times.one),
      two: median(times.two),
      curl: median(times.curl),
      aria2c: median(times.aria2c),
    };
    const speed = (seconds: number) => Math.round((mib * MIB) / 1e6 / seconds);
    const ratio = (theirs: number, ours: number) =>
      Number.isNaN(theirs) ? null : Math.round((theirs / ours) * 1000) / 1000;
    return {
      ratios: { curl: ratio(typical.curl, typical.one), aria2c: ratio(typical.aria2c, typical.one) },
      ratiosTwo: { curl: ratio(typical.curl, typical.two), aria2c: ratio(typical.aria2c, typical.two) },
      mbPerSecond: speed(typical.one),
      mbPerSecondEach: {
        one: speed(typical.one),
        two: speed(typical.two),
        curl: speed(typical.curl),
        aria2c: speed(typical.aria2c),
      },
      parts: allParts[times.one.indexOf(typical.one)]!,
      mib,
      rounds,
      cores: availableParallelism(),
      loadBefore,
      date: new Date().toISOString(),
    };
  } finally {
    await contestant?.close();
    nginx?.kill();
    await rm(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean' },
      mib: { type: 'string' },
      rounds: { type: 'string' },
      unpaid: { type: 'boolean' },
    },
  });
  const result = await benchTransfer({
    mib: Number(values.mib ?? 1024),
    rounds: Number(values.rounds ?? 3),
    start: values.unpaid ? startDataLayer : startPaid,
  });
  process.stdout.write(`${JSON.stringify(result, null, values.json ? 0 : 2)}\n`);
}
