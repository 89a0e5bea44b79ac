import assert from 'node:assert/strict';
import { it } from 'node:test';
import { layOut } from './kernel.ts';
import { DEV_PARAMS, seedHash } from './params.ts';
import { ThreadGroup } from './thread-group.ts';

it('a group whose thread dies says so, runs nothing more and can be closed', async () => {
  const layout = layOut(DEV_PARAMS, 0, 2, 'all');
  const group = new ThreadGroup(layout, 2);
  const { signal } = new AbortController();
  const cacheTask = (job: number) => ({ kind: 'cache', job, seed: seedHash(0) }) as const;
  await group.run(cacheTask, { signal, isSerial: true });
  assert.equal(group.isBroken, false);
  // Past the end of the memory: the kernel checks no pointer, but the engine does, and the thread ends by it.
  await group.configure({ ...layout, datasetAt: 2 ** 31 });
  const items = (job: number) => ({ kind: 'items', job, from: 0, to: 16_384 }) as const;
  await assert.rejects(group.run(items, { signal }), { message: 'An Ethash thread failed.' });
  assert.equal(group.isBroken, true);
  await assert.rejects(group.run(cacheTask, { signal }), { message: 'An Ethash thread died.' });
  await group.close();
});
