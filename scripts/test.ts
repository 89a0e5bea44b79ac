/**
 * `npm test [-- AREA ...]`: every test, in one run of Node's own runner, after Solidity's. Areas: unit, solidity, ports, contracts,
 * sim, e2e, interop; all of them by default. Prints the runner's summary last and exits with its code.
 */
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { enginePage } from '../test/e2e/support/browser.ts';
import { builtSite } from '../test/e2e/support/site.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
/** A test that hangs fails after this long, milliseconds; the longest of ours takes a third of it. */
const TEST_TIMEOUT_MS = 300_000;

const NODE_AREAS: Record<string, string[]> = {
  unit: [
    'protocol/src/**/*.test.ts',
    'ethash/**/*.test.ts',
    'chain/src/**/*.test.ts',
    'node/src/**/*.test.ts',
    'genesis/**/*.test.ts',
    'web/lib/**/*.test.ts',
    'test/*.test.ts',
  ],
  ports: ['test/ports/**/*.test.ts'],
  contracts: ['test/contracts/**/*.test.ts'],
  sim: ['test/sim/**/*.test.ts'],
  e2e: ['test/e2e/**/*.test.ts'],
  interop: ['test/interop/**/*.test.ts'],
};
const asked = process.argv.slice(2);
const areas = asked.length > 0 ? asked : ['solidity', ...Object.keys(NODE_AREAS)];
const unknown = areas.filter((area) => area !== 'solidity' && !NODE_AREAS[area]);
if (unknown.length > 0) {
  process.stderr.write(
    `No such area: ${unknown.join(', ')}. There are: solidity, ${Object.keys(NODE_AREAS).join(', ')}.\n`,
  );
  process.exit(2);
}

function run(command: string, args: string[]): number {
  const { status, signal } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  return status ?? (signal ? 1 : 0);
}

let failed = false;
if (areas.includes('solidity') && globSync('contracts/**/*.t.sol', { cwd: root }).length > 0) {
  failed = run(process.execPath, ['node_modules/hardhat/dist/src/cli.js', 'test', 'solidity']) !== 0;
}
const files = areas
  .flatMap((area) => globSync(NODE_AREAS[area] ?? [], { cwd: root, exclude: (path) => path.includes('node_modules') }))
  .sort();
// Once, before tests that need them run beside each other.
if (areas.includes('e2e')) {
  builtSite();
  await enginePage();
  process.env.CHIRAL_KEEP_PAGE = '1';
}
if (files.length > 0) {
  // Files that start daemons and chains share two cores with their own children: two at a time is what a small machine bears.
  const args = [
    '--test',
    `--test-timeout=${TEST_TIMEOUT_MS}`,
    '--test-concurrency=2',
    '--test-reporter=spec',
    ...files,
  ];
  failed = run(process.execPath, args) !== 0 || failed;
}
process.exitCode = failed ? 1 : 0;
