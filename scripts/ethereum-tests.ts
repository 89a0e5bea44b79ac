/**
 * Runs what applies before the merge of the public Ethereum test suites against our chain and prints counts.
 *
 *   npm run ethereum-tests -- PATH [--filter TEXT] [--json]
 *
 * PATH is a checkout of github.com/ethereum/tests (not part of this repository), best with its submodule LegacyTests, where
 * the cases for Istanbul, Berlin and London live now; or of github.com/ethereum/execution-apis, for its JSON-RPC vectors. What a
 * checkout lacks is listed as absent, never counted as passed.
 * Exits 1 when a case fails that is not listed with its reason in EXPLAINED.
 */
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { type BlockchainCase, runBlockchainCase, supportsNetwork } from './ethereum-tests/blockchain.ts';
import { runDifficultyFile } from './ethereum-tests/difficulty.ts';
import { runJsonRpcFolder } from './ethereum-tests/json-rpc.ts';
import { runPowFile } from './ethereum-tests/pow.ts';

/** Folders of blockchain tests that are run, relative to the checkout. Every case in them up to Gray Glacier counts. */
const BLOCKCHAIN_FOLDERS = [
  'BlockchainTests/ValidBlocks',
  'BlockchainTests/InvalidBlocks',
  'BlockchainTests/TransitionTests',
  'BlockchainTests/GeneralStateTests/Pyspecs',
  'LegacyTests/Cancun/BlockchainTests/ValidBlocks',
  'LegacyTests/Cancun/BlockchainTests/InvalidBlocks',
  'LegacyTests/Cancun/BlockchainTests/TransitionTests',
  ...[
    'stCallCodes',
    'stCodeSizeLimit',
    'stCreate2',
    'stCreateTest',
    'stEIP1559',
    'stEIP2930',
    'stEIP3607',
    'stExample',
    'stExtCodeHash',
    'stLogTests',
    'stMemoryTest',
    'stPreCompiledContracts',
    'stRefundTest',
    'stRevertTest',
    'stSelfBalance',
    'stSLoadTest',
    'stSStoreTest',
    'stSystemOperationsTest',
    'stTransactionTest',
    'stWalletTest',
    'stZeroCallsTest',
  ].map((folder) => `LegacyTests/Cancun/BlockchainTests/GeneralStateTests/${folder}`),
];

/** Cases that fail for a reason we know, by a part of their name. Keep it short and honest. */
const EXPLAINED: readonly { part: string; reason: string }[] = [];

interface Group {
  name: string;
  passed: number;
  failed: { name: string; reason: string; explained?: string }[];
  skipped: number;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { filter: { type: 'string' }, json: { type: 'boolean' } },
});
const checkout = positionals[0];
if (!checkout) {
  console.error('usage: npm run ethereum-tests -- PATH [--filter TEXT] [--json]');
  process.exit(2);
}

const folder = await mkdtemp(join(tmpdir(), 'chiral-ethereum-tests-'));
const groups: Group[] = [];
const absent: string[] = [];
try {
  if (await exists('tests/chain.rlp')) {
    const group: Group = { name: 'tests (JSON-RPC)', passed: 0, failed: [], skipped: 0 };
    await runJsonRpcFolder(join(checkout, 'tests'), counter(group, 'tests'));
    finish(group);
  } else await runConsensusTests();
} finally {
  await rm(folder, { recursive: true, force: true });
}
report();

async function runConsensusTests(): Promise<void> {
  await eachFile('DifficultyTests', (text, record) => runDifficultyFile(text, record));
  await eachFile('PoWTests', (text, record) => runPowFile(text, record));
  for (const name of BLOCKCHAIN_FOLDERS) await eachFile(name, runBlockchainFile);
}

/** Told of each case: its name and why it failed (undefined when it passed), or that it does not apply. */
export type Recorder = (name: string, failure: string | undefined | 'skip') => void;

async function exists(path: string): Promise<boolean> {
  return (await stat(join(checkout!, path)).catch(() => undefined)) !== undefined;
}

async function eachFile(name: string, run: (text: string, record: Recorder) => Promise<void>): Promise<void> {
  const root = join(checkout!, name);
  if (!(await exists(name))) {
    absent.push(name);
    return;
  }
  const group: Group = { name, passed: 0, failed: [], skipped: 0 };
  for (const file of (await readdir(root, { recursive: true })).filter((f) => f.endsWith('.json')).sort()) {
    const path = join(root, file);
    if (values.filter && !path.includes(values.filter)) continue;
    await run(await readFile(path, 'utf8'), counter(group, relative(checkout!, path)));
  }
  finish(group);
}

function counter(group: Group, place: string): Recorder {
  return (name, failure) => {
    if (failure === 'skip') group.skipped++;
    else if (failure === undefined) group.passed++;
    else {
      const full = `${place} ${name}`;
      const explained = EXPLAINED.find(({ part }) => full.includes(part))?.reason;
      group.failed.push({ name: full, reason: failure, explained });
    }
  };
}

function finish(group: Group): void {
  groups.push(group);
  if (!values.json) console.log(line(group));
}

async function runBlockchainFile(text: string, record: Recorder): Promise<void> {
  for (const [name, testCase] of Object.entries(JSON.parse(text) as Record<string, BlockchainCase>)) {
    if (!supportsNetwork(testCase.network)) record(name, 'skip');
    else record(name, await runBlockchainCase(testCase, folder).catch((error: Error) => error.message));
  }
}

function line(group: Group): string {
  const { name, passed, failed, skipped } = group;
  return `${String(passed).padStart(6)} passed ${String(failed.length).padStart(4)} failed ${String(skipped).padStart(6)} after the merge  ${name}`;
}

function report(): void {
  const failed = groups.flatMap((group) => group.failed);
  const totals = {
    passed: groups.reduce((sum, group) => sum + group.passed, 0),
    failed: failed.filter((f) => !f.explained).length,
    explained: failed.filter((f) => f.explained).length,
    afterTheMerge: groups.reduce((sum, group) => sum + group.skipped, 0),
  };
  if (values.json) console.log(JSON.stringify({ totals, groups, absent }));
  else {
    for (const { name, reason, explained } of failed)
      console.log(`${explained ? 'explained' : 'FAILED'} ${name}: ${explained ?? reason}`);
    if (absent.length > 0) console.log(`absent from this checkout: ${absent.join(', ')}`);
    console.log(JSON.stringify(totals));
  }
  process.exitCode = totals.failed > 0 || totals.passed === 0 ? 1 : 0;
}
