/** `npm run check`: format, lint, types, generated files, Solidity lint, then the quick tests.
 * Stops at the first that fails. `--static` leaves the tests out, for whoever runs all of them next. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const require = createRequire(import.meta.url);
const binary = (name: string, file: string) => join(dirname(require.resolve(`${name}/package.json`)), file);
const hasNothing = (file: string) => !existsSync(join(root, file));

const steps: { title: string; args: string[]; skip?: boolean }[] = [
  { title: 'format and lint', args: [binary('@biomejs/biome', 'bin/biome'), 'check', '--error-on-warnings', '.'] },
  { title: 'types', args: [binary('typescript', 'bin/tsc'), '-p', '.'] },
  { title: 'types of the page', args: [binary('typescript', 'bin/tsc'), '-p', 'web', '--incremental', 'false'] },
  { title: 'generated files', args: ['scripts/generate-all.ts', '--check'] },
  {
    title: 'Solidity lint',
    args: [binary('solhint', 'solhint.js'), '--max-warnings', '0', 'contracts/**/*.sol'],
    skip: hasNothing('.solhint.json'),
  },
  { title: 'quick tests', args: ['scripts/test.ts', 'unit', 'ports'] },
];
const isStatic = process.argv.includes('--static');
for (const { title, args, skip } of steps) {
  if (skip || (isStatic && title === 'quick tests')) continue;
  process.stderr.write(`${title} ...\n`);
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) {
    process.stderr.write(`${title}: failed\n`);
    process.exit(status ?? 1);
  }
}
