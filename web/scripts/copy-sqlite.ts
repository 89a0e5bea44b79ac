/**
 * Puts SQLite for the page where it can be loaded as it is: its module names workers by an address that a bundler cannot follow.
 * @param argv[2] folder of static files, `web/public` by default
 */
import { copyFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const wasm = fileURLToPath(import.meta.resolve('@sqlite.org/sqlite-wasm/sqlite3.wasm'));
const target = join(process.argv[2] ?? join(import.meta.dirname, '../public'), 'sqlite');
await mkdir(target, { recursive: true });
for (const name of ['index.mjs', 'sqlite3.wasm']) await copyFile(join(dirname(wasm), name), join(target, name));
