/** transmission-cli, in a network namespace with addresses that it accepts: fetches from us, is gated, seeds to us. */
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { has, report, versionOf } from './support/torrent-clients.ts';

const SCRIPT = fileURLToPath(new URL('support/torrent-namespace.ts', import.meta.url));
/** With a process namespace, so that nothing started inside outlives the test. */
const UNSHARE = ['--net', '--pid', '--fork', '--kill-child'];
const SETUP =
  'ip link set lo up && ip addr add 10.99.0.1/32 dev lo && ip addr add 10.99.0.2/32 dev lo && exec "$0" "$@"';

function canMakeNamespaces(): boolean {
  try {
    execFileSync('unshare', [...UNSHARE, 'sh', '-c', SETUP, 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

interface Found {
  result: unknown;
  bytes: number;
  allowance: number;
}

async function inNamespace(task: string): Promise<Found> {
  const { stdout } = await promisify(execFile)(
    'unshare',
    [...UNSHARE, 'sh', '-c', SETUP, process.execPath, SCRIPT, task],
    {
      timeout: 60_000,
    },
  );
  return JSON.parse(stdout) as Found;
}

const skip = !has('transmission-cli') || !canMakeNamespaces();
const row = (direction: 'from-us' | 'to-us', bytes: number) =>
  report({
    client: 'transmission-cli',
    version: versionOf('transmission-cli', ['--version']),
    protocol: 'bittorrent',
    direction,
    bytes,
    ok: true,
  });

describe('transmission-cli', { skip }, () => {
  it('fetches the whole file', { timeout: 60_000 }, async () => {
    const { result, bytes } = await inNamespace('whole');
    assert.deepEqual(result, { atRefusal: 0, complete: true });
    row('from-us', bytes);
  });

  it('stops at the free allowance and goes on when the gate opens', { timeout: 60_000 }, async () => {
    const { result, allowance } = await inNamespace('gated');
    const { atRefusal, complete } = result as { atRefusal: number; complete: boolean };
    assert.ok(atRefusal <= allowance && atRefusal > allowance - 16 * 1024, `${atRefusal} bytes of ${allowance}`);
    assert.ok(complete);
  });

  it('seeds to us', { timeout: 60_000 }, async () => {
    const { result, bytes } = await inNamespace('seed');
    assert.equal(result, bytes);
    row('to-us', bytes);
  });
});
