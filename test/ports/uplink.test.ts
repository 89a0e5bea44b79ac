import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CHUNK_BYTES } from '@chiral/protocol/content';
import { AppError, isAppError } from '@chiral/protocol/errors';
import type { ChunkStore } from '../../node/src/ports.ts';
import { createUplink } from '../../node/src/transfer/uplink.ts';
import { chunkOf, randomBytes, toTestContent } from './fixtures.ts';
import { createMemoryStore } from './memory-store.ts';
import { createTestGate } from './protocol-adapter.ts';

const bytes = randomBytes(CHUNK_BYTES + 10, 3);
const content = toTestContent(bytes);
const { cid } = content;

test('reads what the gate grants and accounts exactly that', async () => {
  const gate = createTestGate(CHUNK_BYTES + 10);
  const uplink = createUplink({ store: createMemoryStore([{ content, bytes }]), gate });
  assert.ok(Buffer.from(await uplink.read('a', cid, 0)).equals(chunkOf(bytes, 0)));
  assert.ok(Buffer.from(await uplink.read('a', cid, 1, { start: 2, end: 10 })).equals(bytes.subarray(CHUNK_BYTES + 2)));
  assert.deepEqual([gate.sent.get('a'), gate.room, gate.open], [CHUNK_BYTES + 8, 2, 0]);
});

test('a chunk without a range is accounted at its own length', async () => {
  const gate = createTestGate(CHUNK_BYTES);
  const uplink = createUplink({ store: createMemoryStore([{ content, bytes }]), gate });
  assert.equal((await uplink.read('a', cid, 1)).length, 10);
  assert.deepEqual([gate.sent.get('a'), gate.room], [10, CHUNK_BYTES - 10]);
});

test('refused, it neither reads nor accounts', async () => {
  const gate = createTestGate(CHUNK_BYTES - 1);
  const store = createMemoryStore([{ content, bytes }]);
  let reads = 0;
  const counting: ChunkStore = {
    ...store,
    get(...args) {
      reads++;
      return store.get(...args);
    },
  };
  const uplink = createUplink({ store: counting, gate });
  await assert.rejects(uplink.read('a', cid, 0), (error) => isAppError(error, 'CHOKED'));
  assert.deepEqual([reads, gate.sent.get('a') ?? 0, gate.room, gate.open], [0, 0, CHUNK_BYTES - 1, 0]);
});

test('what cannot be read is given back to the gate', async () => {
  const gate = createTestGate(CHUNK_BYTES);
  const store = createMemoryStore([{ content, bytes }]);
  const failing = { ...store, get: () => Promise.reject(new AppError('STORE_FAILED', 'Simulated.')) };
  const uplink = createUplink({ store: failing, gate });
  await assert.rejects(uplink.read('a', cid, 0), (error) => isAppError(error, 'STORE_FAILED'));
  assert.deepEqual([gate.room, gate.open], [CHUNK_BYTES, 0]);
});

test('what is not held is not asked of the gate', async () => {
  const gate = createTestGate(CHUNK_BYTES);
  const uplink = createUplink({ store: createMemoryStore(), gate });
  await assert.rejects(uplink.read('a', cid, 0), (error) => isAppError(error, 'NOT_FOUND'));
  assert.equal(gate.sent.size, 0);
});

test('parallel reads of one peer never go over what the gate has', async () => {
  const gate = createTestGate(3 * CHUNK_BYTES);
  const uplink = createUplink({ store: createMemoryStore([{ content, bytes }]), gate });
  const results = await Promise.allSettled(Array.from({ length: 200 }, () => uplink.read('a', cid, 0)));
  assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 3);
  assert.equal(gate.sent.get('a'), 3 * CHUNK_BYTES);
});
