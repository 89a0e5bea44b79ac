/**
 * `npm run coverage`: the line coverage of the contracts by the Solidity tests, a few minutes. Prints a row per contract and
 * fails when a line was not reached: there is none that no call can reach. Each fuzz test runs a few times only; the
 * invariants and the attacks that repeat 10,000 times stay out, since they reach no line that the others do not.
 */
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const LEFT_OUT = 'invariant_|testFuzz_(tokens|strangers|malleability|zeroSigner|replay|honest)';

/** Numbers of the lines that `lcov` says were never run, by file; doubles and tests left out. */
function readMissed(lcov: string): Map<string, { lines: number; missed: number[] }> {
  const files = new Map<string, { lines: number; missed: number[] }>();
  for (const record of lcov.split('end_of_record')) {
    const file = /^SF:(.+)$/m.exec(record)?.[1];
    if (!file || file.includes('/test/') || file.endsWith('.t.sol')) continue;
    const rows = [...record.matchAll(/^DA:(\d+),(\d+)$/gm)].map(
      ([, line, hits]) => [Number(line), Number(hits)] as const,
    );
    files.set(file, { lines: rows.length, missed: rows.filter(([, hits]) => hits === 0).map(([line]) => line) });
  }
  return files;
}

const { status } = spawnSync(
  process.execPath,
  ['node_modules/hardhat/dist/src/cli.js', '--coverage', 'test', 'solidity', '--grep-exclude', LEFT_OUT],
  { cwd: root, stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, CHIRAL_FUZZ: 'short' } },
);
if (status !== 0) {
  process.stderr.write('The Solidity tests failed; run them alone to see how: npm test -- solidity\n');
  process.exit(status ?? 1);
}
const files = readMissed(await readFile(`${root}coverage/lcov.info`, 'utf8'));
let missedLines = 0;
for (const [file, { lines, missed }] of [...files].sort()) {
  const source = (await readFile(root + file, 'utf8')).split('\n');
  missedLines += missed.length;
  console.log(`${`${(100 * (1 - missed.length / lines)).toFixed(1)} %`.padStart(7)}  ${file} (${lines} lines)`);
  for (const line of missed) console.log(`         ${line}: ${source[line - 1]?.trim()}`);
}
if (files.size === 0) throw new Error('The report names no contract.');
process.exitCode = missedLines > 0 ? 1 : 0;
