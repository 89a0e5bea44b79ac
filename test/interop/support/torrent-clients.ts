/**
 * Stock torrent clients as tests run them: unmodified, from Debian, each in a folder of its own, each ended by the test.
 * `runClient` resolves when the client exits, when `until` holds, or fails at the limit.
 */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../../scripts/devnet/free-port.ts';
import { LOOPBACK, MIB, sha256 } from './torrent-fixture.ts';

/** Bytes of the file that stock clients fetch: 20 MiB in a normal run, `CHIRAL_INTEROP_MIB` else. */
export const FILE_BYTES = Number(process.env.CHIRAL_INTEROP_MIB ?? 20) * MIB + 12_345;
/** A client must be done in this time, ms. */
const LIMIT_MS = Number(process.env.CHIRAL_INTEROP_LIMIT_MS ?? 25_000);

export function has(command: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${command}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** One row of the interop table, appended as a JSON line to the file that `CHIRAL_INTEROP_REPORT` names. */
export function report(row: {
  client: string;
  version: string;
  protocol: string;
  direction: 'from-us' | 'to-us';
  bytes: number;
  ok: boolean;
}): void {
  const file = process.env.CHIRAL_INTEROP_REPORT;
  if (file) appendFileSync(file, `${JSON.stringify(row)}\n`);
}

export function versionOf(command: string, args: string[] = ['--version']): string {
  const text = execFileSync('sh', ['-c', '"$@" 2>&1 || true', 'sh', command, ...args]).toString();
  return /\d+\.\d+[\w.]*/.exec(text)?.[0] ?? 'unknown';
}

export function tempFolder(name: string): string {
  return mkdtempSync(join(tmpdir(), `chiral-${name}-`));
}

export function isListening(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

/** Polls `condition` until it holds. @throws at the limit */
export async function until(condition: () => boolean | Promise<boolean>, what: string, everyMs = 25): Promise<void> {
  const end = Date.now() + LIMIT_MS;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`Waited ${LIMIT_MS} ms in vain: ${what}`);
    await sleep(everyMs);
  }
}

export interface Client {
  readonly process: ChildProcess;
  output(): string;
  /** Ends the process and waits until it is gone. */
  end(): Promise<void>;
  exited: Promise<number | null>;
}

export function startClient(command: string, args: string[], env: Record<string, string> = {}): Client {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const keep = (data: Buffer) => {
    output = (output + data.toString()).slice(-20_000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  return {
    process: child,
    exited,
    output: () => output,
    end: async () => {
      if (child.exitCode === null) child.kill('SIGTERM');
      const killed = setTimeout(() => child.kill('SIGKILL'), 2000);
      await exited;
      clearTimeout(killed);
    },
  };
}

export function fileIs(path: string, bytes: Uint8Array): boolean {
  return (
    existsSync(path) &&
    statSync(path).size === bytes.length &&
    Buffer.compare(sha256(readFileSync(path)), sha256(bytes)) === 0
  );
}

export const aria2Args = (folder: string, listen: number, more: string[]): string[] => [
  '--no-conf',
  `--dir=${folder}`,
  '--enable-dht=false',
  '--enable-dht6=false',
  '--bt-enable-lpd=false',
  '--enable-peer-exchange=false',
  '--disable-ipv6=true',
  '--file-allocation=none',
  '--summary-interval=0',
  '--console-log-level=warn',
  `--listen-port=${listen}`,
  ...more,
];

/** qbittorrent-nox with its web API on loopback, nothing that looks around. */
export async function startQbittorrent(
  folder: string,
  /** More lines of its section `BitTorrent`. */
  more: readonly string[] = [],
): Promise<Client & { api(path: string, form?: FormData): Promise<string>; listen: number }> {
  const [webPort, listen] = [await freePort(), await freePort()];
  const config = join(folder, 'profile/qBittorrent/config');
  mkdirSync(config, { recursive: true });
  writeFileSync(
    join(config, 'qBittorrent.conf'),
    [
      '[LegalNotice]',
      'Accepted=true',
      '[BitTorrent]',
      `Session\\Port=${listen}`,
      'Session\\DHTEnabled=false',
      'Session\\LSDEnabled=false',
      'Session\\PeXEnabled=false',
      'Session\\MaxRatioAction=0',
      `Session\\DefaultSavePath=${join(folder, 'down')}`,
      ...more,
      '[Preferences]',
      'WebUI\\LocalHostAuth=false',
      `WebUI\\Address=${LOOPBACK}`,
      `WebUI\\Port=${webPort}`,
      'Connection\\UPnP=false',
    ].join('\n'),
  );
  const client = startClient('qbittorrent-nox', [`--profile=${join(folder, 'profile')}`, `--webui-port=${webPort}`], {
    HOME: folder,
  });
  const api = async (path: string, form?: FormData) => {
    const response = await fetch(
      `http://${LOOPBACK}:${webPort}/api/v2/${path}`,
      form ? { method: 'POST', body: form } : {},
    );
    return response.text();
  };
  await until(
    () =>
      api('app/version').then(
        (text) => text.startsWith('v'),
        () => false,
      ),
    'qbittorrent answers',
  );
  return { ...client, api, listen };
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}
