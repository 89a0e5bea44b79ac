/**
 * `npm run bench NAME -- [options]`: measures one thing and prints ratios against a peer in the same run. Each bench is a file
 * in `scripts/bench/` that says what it takes; a name without a file lists what there is.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

const [name = '', ...args] = process.argv.slice(2);
const folder = fileURLToPath(new URL('bench/', import.meta.url));
const file = `${folder}${name}.ts`;
if (!/^[a-z0-9-]+$/.test(name) || name.endsWith('-peer') || !existsSync(file)) {
  const names = globSync('*.ts', { cwd: folder }).map((path) => basename(path, '.ts'));
  process.stderr.write(
    `npm run bench NAME -- [options]\n\nThere are: ${names.filter((one) => !one.endsWith('-peer')).join(', ')}\n`,
  );
  process.exit(2);
}
process.exit(spawnSync(process.execPath, [file, ...args], { stdio: 'inherit' }).status ?? 1);
