/** docs/trust-model.md names every invariant once, and none that is not there. */
import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

test('the list of invariants is the list of invariants', async () => {
  const files = globSync('contracts/*.t.sol', { cwd: root });
  const sources = await Promise.all(files.map((file) => readFile(root + file, 'utf8')));
  const held = sources.flatMap((source) => [...source.matchAll(/function (invariant_\w+)/g)].map(([, name]) => name));
  const text = await readFile(`${root}docs/trust-model.md`, 'utf8');
  const told = [...text.matchAll(/^\| .+ \| `(invariant_\w+)` \|$/gm)].map(([, name]) => name);
  // The campaign over all of BatchSettlement's states no rule of its own.
  assert.deepEqual([...told, 'invariant_all'].sort(), held.sort());
});
