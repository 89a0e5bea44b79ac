/**
 * Runs a transfer with a real amuled in a network namespace, since it refuses to dial loopback addresses. The namespaces and every
 * process in them end with the run.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One line of the table of clients. */
export interface Ed2kInteropRow {
  readonly name: string;
  readonly version: string;
  readonly protocol: 'ed2k';
  readonly direction: 'from us' | 'to us';
  readonly bytes: number;
  readonly ok: boolean;
  readonly problems: readonly string[];
}

/** Networks and processes of its own; the kernel ends all of them with the first. */
const ISOLATED = ['--net', '--pid', '--fork', '--kill-child', '--mount-proc'];
/** amuled uploads at half a megabyte a second over loopback, and now and then stops reading, which costs ten seconds to notice. */
const LIMIT_MS = 90_000;

/** Why the runs cannot be made on this machine; undefined when they can. */
export function ed2kInteropObstacle(): string | undefined {
  if (process.platform !== 'linux') return 'needs Linux';
  if (process.getuid?.() !== 0) return 'needs root, for a network namespace';
  if (spawnSync('unshare', [...ISOLATED, 'ip', 'link', 'set', 'lo', 'up']).status !== 0) {
    return 'no network namespaces here (unshare, ip)';
  }
  if (spawnSync('amuled', ['--version']).error) return 'amuled is not installed (Debian: amule-daemon)';
  return undefined;
}

/** @throws when the run ends without a row, with what amuled and the run last said */
export async function runEd2kInterop(
  direction: 'upload' | 'download',
  size: number,
  limitMs: number = LIMIT_MS,
): Promise<Ed2kInteropRow> {
  return runScenario<Ed2kInteropRow>('./ed2k-scenario.ts', [direction, String(size)], limitMs);
}

/** How long one amuled takes to fetch `size` bytes from another, both stock, from the link to the whole file. */
export async function runEd2kPair(size: number, limitMs = 240_000): Promise<{ bytes: number; seconds: number }> {
  return runScenario('./ed2k-pair.ts', [String(size)], limitMs);
}

/** What we said to an amuled that fetched a file from us. */
export interface Ed2kCapture {
  readonly ok: boolean;
  /** `protocol:opcode`, hex. */
  readonly opcodes: readonly string[];
  /** Names of the tags in our hello, and in amuled's. */
  readonly tags: readonly number[];
  readonly theirTags: readonly number[];
}

export async function runEd2kCapture(size: number): Promise<Ed2kCapture> {
  return runScenario('./ed2k-capture.ts', [String(size)], LIMIT_MS);
}

/** Runs a script in namespaces and a folder of its own. @returns what the last line of its output says, as JSON */
async function runScenario<T>(script: string, args: readonly string[], limitMs: number): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'chiral-ed2k-'));
  try {
    const scenario = new URL(script, import.meta.url).pathname;
    const child = spawn('unshare', [...ISOLATED, process.execPath, scenario, folder, ...args]);
    let output = '';
    let errors = '';
    child.stdout.on('data', (data) => (output += data));
    child.stderr.on('data', (data) => (errors += data));
    // The first process of the namespace heeds only SIGKILL, which --kill-child passes on.
    const timer = setTimeout(() => child.kill('SIGKILL'), limitMs);
    await new Promise((resolve) => child.on('close', resolve));
    clearTimeout(timer);
    const line = output.trim().split('\n').at(-1) ?? '';
    if (line !== '') return JSON.parse(line) as T;
    const log = await readFile(join(folder, 'logfile'), 'utf8').catch(() => '');
    throw new Error(`No result.\n${errors.slice(-2_000)}\n${log.slice(-2_000)}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
