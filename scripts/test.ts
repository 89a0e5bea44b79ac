/**
 * `npm test [-- AREA ...]`: every test, in one run of Node's own runner. Areas: solidity, unit, ports, contracts, sim, e2e,
 * interop; all of them by default. Prints the runner's summary last and exits with its code.
 */
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { enginePage } from '../test/e2e/support/browser.ts';
import { builtSite } from '../test/e2e/support/site.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
/** A test that hangs fails after this long, milliseconds; the longest of ours takes a third of it. */
const TEST_TIMEOUT_MS = 300_000;

const AREAS: Record<string, string[]> = {
  solidity: ['contracts/suite.test.ts'],
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
const areas = Object.keys(AREAS).filter((area) => asked.length === 0 || asked.includes(area));
const unknown = asked.filter((area) => !AREAS[area]);
if (unknown.length > 0) {
  process.stderr.write(`No such area: ${unknown.join(', ')}. There are: ${Object.keys(AREAS).join(', ')}.\n`);
  process.exit(2);
}

const files = areas.flatMap((area) =>
  globSync(AREAS[area]!, { cwd: root, exclude: (path) => path.includes('node_modules') }).sort(),
);
// Once, before tests that need them run beside each other.
if (areas.includes('e2e')) {
  builtSite();
  await enginePage();
  process.env.CHIRAL_KEEP_PAGE = '1';
}
// Files that start daemons and chains share two cores with their own children: two at a time is what a small machine bears.
const args = ['--test', `--test-timeout=${TEST_TIMEOUT_MS}`, '--test-concurrency=2', '--test-reporter=spec', ...files];
const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
process.exitCode = status ?? 1;
