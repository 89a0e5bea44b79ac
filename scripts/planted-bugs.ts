/**
 * `npm run planted-bugs [-- NAME ...]`: do the Solidity tests find what they are for? In a copy in a temporary folder the tests pass
 * first; then one bug at a time is planted there, and the tests must fail and say which. The project's own files are only
 * read. Some minutes, most of them compilation, so the ordinary run of tests leaves this out.
 */
import { spawnSync } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Bug {
  /** What a thief gains. */
  readonly gain: string;
  readonly file: string;
  readonly right: string;
  readonly wrong: string;
  /** Solidity tests to run, by file. */
  readonly tests: readonly string[];
}

const SETTLEMENT_TESTS = ['contracts/BatchSettlement.t.sol', 'contracts/BatchSettlementInvariants.t.sol'];

const BUGS: Record<string, Bug> = {
  claim: {
    gain: 'each claim pays the whole running total again, out of other channels',
    file: 'contracts/BatchSettlement.sol',
    right: 'uint128 amount = total - already;\n        if (amount >',
    wrong: 'uint128 amount = total;\n        if (amount >',
    tests: SETTLEMENT_TESTS,
  },
  withdraw: {
    gain: 'the payer takes back what its receiver claimed during the delay',
    file: 'contracts/BatchSettlement.sol',
    right: 'uint128 amount = withdrawal.amount < available ? withdrawal.amount : available;',
    wrong: 'uint128 amount = available < type(uint128).max ? withdrawal.amount : available;',
    tests: SETTLEMENT_TESTS,
  },
  dispute: {
    gain: 'the buyer shows an inner node of the content tree as a leaf and takes an honest seller’s bond and price',
    file: 'contracts/FairExchange.sol',
    right: 'if (proof.contentPath.length != depth) revert',
    wrong: 'if (proof.contentPath.length > depth) revert',
    tests: ['contracts/FairExchange.t.sol'],
  },
};

const root = fileURLToPath(new URL('..', import.meta.url));
const asked = process.argv.slice(2);
const names = asked.length > 0 ? asked : Object.keys(BUGS);
const unknown = names.filter((name) => !BUGS[name]);
if (unknown.length > 0) {
  process.stderr.write(`No such bug: ${unknown.join(', ')}. There are: ${Object.keys(BUGS).join(', ')}.\n`);
  process.exit(2);
}

/** Runs Hardhat in the copy; what it printed. */
function hardhat(copy: string, ...args: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(copy, 'node_modules/hardhat/dist/src/cli.js'), ...args],
    {
      cwd: copy,
      encoding: 'utf8',
      maxBuffer: 64 << 20,
      env: { ...process.env, CHIRAL_FUZZ: 'short', FORCE_COLOR: '0' },
    },
  );
  return { status, output: stdout + stderr };
}

/** Runs Solidity tests of the copy; names of those that failed. @throws when nothing ran, so that a broken copy proves nothing */
function failuresOf(copy: string, tests: readonly string[]): string[] {
  // Tests fetch the contracts by name, as built for production, and naming test files builds those alone.
  const build = hardhat(copy, 'build', '--no-tests');
  if (build.status !== 0) throw new Error(`It does not compile:\n${build.output}`);
  const { output } = hardhat(copy, 'test', 'solidity', ...tests);
  if (!/\b\d+ passing\b/.test(output)) throw new Error(`No test ran:\n${output.slice(-3000)}`);
  const failed = [...output.matchAll(/^\s+\d+\) \w+#(\w+)/gm)].map(([, name = '']) => name);
  if (failed.length !== Number(/\b(\d+) failing\b/.exec(output)?.[1] ?? 0))
    throw new Error(`Not understood:\n${output}`);
  return failed;
}

async function makeCopy(): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), 'chiral-planted-'));
  for (const name of ['package.json', 'tsconfig.json', 'hardhat.config.ts', 'contracts', 'protocol/vectors']) {
    await cp(join(root, name), join(copy, name), { recursive: true });
  }
  for (const name of ['scripts/devnet/faucet.ts', 'chain/src/published-key.ts']) {
    await cp(join(root, name), join(copy, name));
  }
  // What was compiled here need not be compiled there.
  for (const name of ['artifacts', 'cache']) {
    await cp(join(root, name), join(copy, name), { recursive: true }).catch(() => {});
  }
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'), 'dir');
  return copy;
}

const copy = await makeCopy();
let missed = 0;
try {
  const sound = failuresOf(copy, [...new Set(names.flatMap((name) => BUGS[name]!.tests))]);
  if (sound.length > 0) throw new Error(`These fail without any bug: ${sound.join(', ')}`);
  console.log('no bug     all tests pass');
  for (const name of names) {
    const { gain, file, right, wrong, tests } = BUGS[name]!;
    const source = await readFile(join(root, file), 'utf8');
    if (source.split(right).length !== 2) throw new Error(`${file} no longer has this once: ${right}`);
    await writeFile(join(copy, file), source.replace(right, wrong));
    const caught = failuresOf(copy, tests);
    await writeFile(join(copy, file), source);
    if (caught.length === 0) missed++;
    console.log(
      `${name.padEnd(10)} ${caught.length > 0 ? `found by ${caught.join(', ')}` : 'NOT FOUND'}\n           (${gain})`,
    );
  }
} finally {
  await rm(copy, { recursive: true, force: true });
}
process.exitCode = missed > 0 ? 1 : 0;
