/** What every ChunkStore does, as a suite that each implementation runs. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { CHUNK_BYTES, type Content, chunkCount } from '@chiral/protocol/content';
import { isAppError } from '@chiral/protocol/errors';
import type { ChunkStore } from '../../node/src/ports.ts';
import { chunkOf, randomBytes, toTestContent } from './fixtures.ts';

/** @param open an empty store that takes chunks of `content` */
export function testChunkStore(name: string, open: (test: TestContext, content: Content) => Promise<ChunkStore>): void {
  const bytes = randomBytes(3 * CHUNK_BYTES + 1_000, 1);
  const content = toTestContent(bytes);
  const { cid } = content;

  test(`${name}: an empty store has nothing`, async (t) => {
    const store = await open(t, content);
    for (let chunk = 0; chunk < chunkCount(content.size); chunk++) {
      assert.equal(store.has(cid, chunk), false);
      await assert.rejects(store.get(cid, chunk), (error) => isAppError(error, 'NOT_FOUND'));
    }
  });

  test(`${name}: what was put comes back, in any order, also the short last chunk`, async (t) => {
    const store = await open(t, content);
    for (const chunk of [3, 0, 2]) await store.put(cid, chunk, Buffer.from(chunkOf(bytes, chunk)));
    for (const chunk of [0, 2, 3]) {
      assert.equal(store.has(cid, chunk), true);
      assert.ok(Buffer.from(await store.get(cid, chunk)).equals(chunkOf(bytes, chunk)));
    }
    assert.equal(store.has(cid, 1), false);
    await assert.rejects(store.get(cid, 1), (error) => isAppError(error, 'NOT_FOUND'));
  });

  test(`${name}: ranges of a chunk`, async (t) => {
    const store = await open(t, content);
    await store.put(cid, 3, Buffer.from(chunkOf(bytes, 3)));
    const last = chunkOf(bytes, 3);
    for (const [start, end] of [
      [0, 1],
      [10, 1_000],
      [999, 1_000],
      [0, 1_000],
    ] as const) {
      assert.ok(Buffer.from(await store.get(cid, 3, { start, end })).equals(last.subarray(start, end)));
    }
    await assert.rejects(store.get(cid, 3, { start: 0, end: 1_001 }), (error) => isAppError(error, 'RANGE_INVALID'));
    await assert.rejects(store.get(cid, 3, { start: -1, end: 4 }), (error) => isAppError(error, 'RANGE_INVALID'));
  });

  test(`${name}: putting twice, also at once, changes nothing`, async (t) => {
    const store = await open(t, content);
    const data = () => Buffer.from(chunkOf(bytes, 1));
    await Promise.all([store.put(cid, 1, data()), store.put(cid, 1, data())]);
    await store.put(cid, 1, data());
    assert.ok(Buffer.from(await store.get(cid, 1)).equals(data()));
  });

  test(`${name}: unknown content and chunks that do not exist are not held`, async (t) => {
    const store = await open(t, content);
    assert.equal(store.has('bafyreiunknown', 0), false);
    for (const chunk of [-1, 4, 0.5]) assert.equal(store.has(cid, chunk), false);
    await assert.rejects(store.get('bafyreiunknown', 0), (error) => isAppError(error, 'NOT_FOUND'));
  });
}
