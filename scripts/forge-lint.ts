/**
 * `npm run forge-lint -- FORGE`: Foundry's linter over the contracts, with the forge binary at that path (the npm packages
 * @foundry-rs/forge-* carry it; it is not one of ours). Works in a temporary folder and fails at any finding.
 */
import { spawnSync } from 'node:child_process';
import { chmod, cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const [forge] = process.argv.slice(2);
if (!forge) {
  process.stderr.write('npm run forge-lint -- PATH_OF_FORGE\n');
  process.exit(2);
}

/** What forge takes for a compiler: npm's solc behind the two options that forge uses. */
const COMPILER = `#!${process.execPath}
const solc = require(${JSON.stringify(createRequire(import.meta.url).resolve('solc'))});
if (process.argv.includes('--version')) console.log('Version: ' + solc.version());
else process.stdout.write(solc.compile(require('node:fs').readFileSync(0, 'utf8')));
`;

/** Off: block-timestamp. Deadlines, delays and windows are minutes to weeks; a miner moves the clock by seconds. */
const CONFIG = `[profile.default]
src = "contracts"
libs = ["node_modules"]
solc = "./solc.cjs"
evm_version = "london"
offline = true
[lint]
exclude_lints = ["block-timestamp"]
`;

const folder = await mkdtemp(join(tmpdir(), 'chiral-lint-'));
try {
  await cp(`${root}contracts`, `${folder}/contracts`, {
    recursive: true,
    filter: (path) => !path.endsWith('.t.sol') && !path.endsWith('contracts/test'),
  });
  await symlink(`${root}node_modules`, `${folder}/node_modules`);
  await writeFile(`${folder}/solc.cjs`, COMPILER);
  await chmod(`${folder}/solc.cjs`, 0o755);
  await writeFile(`${folder}/foundry.toml`, CONFIG);
  const { status, stdout, stderr } = spawnSync(forge, ['lint'], { cwd: folder, encoding: 'utf8' });
  const text = `${stdout}${stderr}`;
  const findings = text.match(/^(warning|note|error|Error)\b.*$/gm) ?? [];
  process.stdout.write(text);
  console.log(`forge lint: ${findings.length} findings`);
  process.exitCode = status !== 0 || findings.length > 0 ? 1 : 0;
} finally {
  await rm(folder, { recursive: true, force: true });
}
