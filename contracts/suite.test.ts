/**
 * The Solidity tests, run by Hardhat in a process of its own: one of the runner's files, so that others run beside it, since
 * it keeps one core busy for minutes and says little. It lies here so that the runner, which goes by name, starts it early.
 * What it prints is shown when it fails.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Six minutes on two idle cores, most of it 1,000 runs of each contract's invariants. */
const TIMEOUT_MS = 1_500_000;

test('every Solidity test passes', { timeout: TIMEOUT_MS }, async (t) => {
  const child = spawn(process.execPath, ['node_modules/hardhat/dist/src/cli.js', 'test', 'solidity'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: t.signal,
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
  }
  const [code] = await once(child, 'close');
  const passing = /(\d+) passing/.exec(printed)?.[1];
  assert.equal(code, 0, printed);
  assert.ok(Number(passing) > 0, printed);
  t.diagnostic(`${passing} Solidity tests passed`);
});
