/** `npm run generate [-- --check]`: everything that is committed and made from something else. With --check: fails when stale. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
/** In order: the genesis block holds the contracts' bytecode. */
const generators = [
  'ethash/scripts/build-kernel.ts',
  'scripts/generate.ts',
  'scripts/generate-vectors.ts',
  'genesis/generate.ts',
];
for (const script of generators) {
  if (!existsSync(root + script)) continue;
  process.stderr.write(`${script} ...\n`);
  const { status } = spawnSync(process.execPath, [script, ...process.argv.slice(2)], { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
