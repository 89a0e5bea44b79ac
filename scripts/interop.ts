/**
 * `npm run interop -- [--json] [--bytes N] [--only NAME]...`: every stock client of this machine against a daemon, and our adapters
 * against stock seeders; a row for each: name, version, protocol, direction, bytes, ok. Exits with 1 when one is not ok.
 *
 * `from us`: the client, unmodified, gets the free allowance as a stranger, then the whole file under a session that another
 * process pays for. `to us`: the client seeds content that we know, and we fetch and check all of it. Clients that are not
 * installed have no row and are named on standard error.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ed2kInteropObstacle, runEd2kInterop } from '../test/interop/support/ed2k-interop.ts';
import {
  LOOPBACK_CLIENTS,
  NAMESPACE_CLIENTS,
  namespaceObstacle,
  runSessions,
  type SessionRow,
} from '../test/interop/support/session-runs.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
/**
 * aMule's daemon uploads at about half a megabyte a second to anybody, whatever its limits say: it reads one range each 300 ms, and
 * its sender sleeps up to 625 ms after each.
 */
const ED2K_BYTES_PER_MS = 250;
const ED2K_START_MS = 60_000;
const SEED_TESTS = [
  'test/interop/torrent-stock-seed.test.ts',
  'test/interop/torrent-transmission.test.ts',
  'test/interop/webtorrent-page.test.ts',
];
const SEED_NAMES = '^(aria2c|qbittorrent-nox|seeds to us)$';
const SEED_TIMEOUT_MS = 300_000;

type Row = Pick<SessionRow, 'name' | 'version' | 'protocol' | 'bytes' | 'ok'> & {
  direction: 'from us' | 'to us';
  freeBytes?: number;
  paidBytes?: number;
  seconds?: number;
  problems?: readonly string[];
};

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    bytes: { type: 'string', default: '100000000' },
    only: { type: 'string', multiple: true },
  },
});
const size = Number(values.bytes);
const isWanted = (name: string) => !values.only || values.only.includes(name);
const rows: Row[] = [];
const show = (row: Row) => {
  rows.push(row);
  if (!values.json) process.stdout.write(`${line(row)}\n`);
};
const say = (text: string) => process.stderr.write(`${text}\n`);

function line({ name, version, protocol, direction, bytes, ok, freeBytes, seconds, problems }: Row): string {
  const fields = [
    name.padEnd(22),
    version.padEnd(8),
    protocol.padEnd(11),
    direction.padEnd(8),
    `${bytes}`.padStart(10),
  ];
  const free = freeBytes === undefined ? '' : `  ${freeBytes} free`;
  const rate = seconds ? `  ${(bytes / seconds / 1e6).toFixed(1)} MB/s` : '';
  return `${fields.join(' ')}  ${ok ? 'ok' : 'NOT OK'}${free}${rate}${problems?.length ? `  ${problems.join('; ')}` : ''}`;
}

const obstacle = namespaceObstacle();
await sessions('loopback', LOOPBACK_CLIENTS);
if (obstacle) say(`${NAMESPACE_CLIENTS.join(', ')}: ${obstacle}`);
else await sessions('namespace', NAMESPACE_CLIENTS);

if (['aria2c', 'qbittorrent-nox', 'transmission-cli', 'webtorrent (Chromium)'].some(isWanted)) {
  for (const row of await torrentSeeders()) if (isWanted(row.name)) show(row);
}
if (isWanted('amuled')) {
  const why = ed2kInteropObstacle();
  if (why) say(`amuled: ${why}`);
  else show(await ed2kSeeder());
}
if (values.json) process.stdout.write(`${JSON.stringify({ when: new Date().toISOString(), rows }, null, 2)}\n`);
if (rows.some(({ ok }) => !ok)) process.exitCode = 1;

/** Stock clients under a session. A run that breaks off is told, and those after it go on. */
async function sessions(where: 'loopback' | 'namespace', clients: readonly string[]): Promise<void> {
  const names = clients.filter(isWanted);
  if (names.length === 0) return;
  const missing = () => names.filter((name) => !rows.some((row) => row.name === name));
  try {
    await runSessions(where, size, names, show);
    for (const name of missing()) say(`${name}: not installed`);
  } catch (error) {
    process.exitCode = 1;
    say(`No row for ${missing().join(', ')}: ${(error as Error).message}`);
  }
}

async function ed2kSeeder(): Promise<Row> {
  try {
    return await runEd2kInterop('download', size, ED2K_START_MS + size / ED2K_BYTES_PER_MS);
  } catch (error) {
    const problems = [(error as Error).message];
    return { name: 'amuled', version: '', protocol: 'ed2k', direction: 'to us', bytes: 0, ok: false, problems };
  }
}

/** The tests that fetch from stock seeders write a row for each that passed; one that failed says so in the runner's output. */
async function torrentSeeders(): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'chiral-interop-'));
  const report = join(folder, 'rows');
  try {
    for (const file of SEED_TESTS) {
      const args = ['--test', `--test-timeout=${SEED_TIMEOUT_MS}`, `--test-name-pattern=${SEED_NAMES}`, file];
      const env = {
        ...process.env,
        CHIRAL_INTEROP_REPORT: report,
        CHIRAL_INTEROP_MIB: `${Math.ceil(size / (1 << 20))}`,
        CHIRAL_INTEROP_LIMIT_MS: '120000',
      };
      const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'inherit'] });
      let output = '';
      child.stdout.on('data', (data) => {
        output += data;
      });
      const code = await new Promise((resolve) => child.once('exit', resolve));
      if (code === 0) continue;
      process.exitCode = 1;
      say(`${file} failed:\n${output.slice(-3_000)}`);
    }
    const text = await readFile(report, 'utf8').catch(() => '');
    return text
      .split('\n')
      .filter((row) => row !== '')
      .map(
        (row) => JSON.parse(row) as { client: string; version: string; protocol: string; bytes: number; ok: boolean },
      )
      .map(({ client, ...row }) => ({ name: client, ...row, direction: 'to us' as const }));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
