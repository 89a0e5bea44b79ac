/**
 * Runs `session-scenario.ts` for the stock clients of this machine: most on loopback, those that refuse loopback addresses in a
 * network namespace, which needs root. All that a run starts ends with it.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';

/** One line of the table of clients. */
export interface SessionRow {
  readonly name: string;
  readonly version: string;
  readonly protocol: string;
  readonly direction: 'from us';
  /** Of the file, when the client has all of it. */
  readonly bytes: number;
  readonly ok: boolean;
  /** What it got as a stranger. */
  readonly freeBytes: number;
  /** What was paid for in the session; above the rest of the file where a client asked twice. */
  readonly paidBytes: number;
  /** From the session to the whole file. */
  readonly seconds: number;
  readonly problems: readonly string[];
}

const SCENARIO = new URL('./session-scenario.ts', import.meta.url).pathname;
/** Networks and processes of its own; the kernel ends all of them with the first. */
const ISOLATED = ['--net', '--pid', '--fork', '--kill-child', '--mount-proc'];
const HOST = '10.99.0.2';
/** 10.99.0.11 and so on are the clients'. */
const SETUP = `ip link set lo up && ip addr add ${HOST}/24 dev lo && for n in $(seq 11 20); do ip addr add 10.99.0.$n/24 dev lo; done && exec "$0" "$@"`;

export const LOOPBACK_CLIENTS = ['curl', 'aria2c', 'qbittorrent-nox', 'webtorrent (Chromium)'];
export const NAMESPACE_CLIENTS = ['transmission-cli', 'amuled'];

/** Why the clients that need a namespace cannot run here; undefined when they can. */
export function namespaceObstacle(): string | undefined {
  if (process.platform !== 'linux') return 'needs Linux';
  const made = spawnSync('unshare', [...ISOLATED, 'sh', '-c', SETUP, 'true'], { stdio: 'ignore' });
  return made.status === 0 ? undefined : 'needs root, for a network namespace (unshare, ip)';
}

/** @param onRow told of each row as it comes */
export async function runSessions(
  where: 'loopback' | 'namespace',
  size: number,
  names: readonly string[],
  onRow: (row: SessionRow) => void = () => {},
): Promise<SessionRow[]> {
  const inside = where === 'namespace';
  const args = [SCENARIO, inside ? HOST : '127.0.0.1', inside ? '10.99.0' : '127.0.0', String(size), names.join(',')];
  const [command, ...rest] = inside
    ? ['unshare', ...ISOLATED, 'sh', '-c', SETUP, process.execPath, ...args]
    : [process.execPath, ...args];
  const child = spawn(command!, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (data) => {
    errors = (errors + data).slice(-4_000);
  });
  const rows: SessionRow[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const row = JSON.parse(line) as SessionRow;
    rows.push(row);
    onRow(row);
  }
  const code = child.exitCode ?? (await new Promise((resolve) => child.once('exit', resolve)));
  if (code !== 0) throw new Error(`The scenario ended with ${code}.\n${errors}`);
  return rows;
}
