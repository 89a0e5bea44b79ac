import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { generateKeyPair } from '@libp2p/crypto/keys';
import { peerIdFromPrivateKey } from '@libp2p/peer-id';
import { multiaddr } from '@multiformats/multiaddr';
import { LevelDatastore } from 'datastore-level';
import { boundedDatastore, type Datastore } from './dht-store.ts';
import { createHost } from './host.ts';

type Key = Parameters<Datastore['put']>[0];

let folder: string;
let level: LevelDatastore;
let keyOf: (text: string) => Key;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chiral-dht-store-'));
  level = new LevelDatastore(join(folder, 'level'));
  await level.open();
  // The Key class belongs to a package that is not ours to import; any key of the store has its constructor.
  const { Key } = await import(import.meta.resolve('interface-datastore'));
  keyOf = (text) => new Key(text);
});
after(async () => {
  await level.close();
  await rm(folder, { recursive: true });
});

const limits = { perKey: 3, total: 10, perPeer: 4 };
const value = new Uint8Array([1]);
const clear = async () => {
  for await (const key of level.queryKeys({})) await level.delete(key);
};
const stored = async (prefix: string) => {
  let count = 0;
  for await (const _key of level.queryKeys({ prefix })) count++;
  return count;
};
const record = (content: string, peer: string) => keyOf(`/dht/provider/${content}/${peer}`);

test('caps per content, per peer and in all; what was there first stays and can be refreshed', async () => {
  await clear();
  const store = await boundedDatastore(level, 'self', limits);
  for (let i = 0; i < 10; i++) await store.put(record('a', `p${i}`), value);
  assert.equal(await stored('/dht/provider/a'), 3);
  await store.put(record('a', 'p0'), new Uint8Array([9]));
  assert.deepEqual(new Uint8Array(await store.get(record('a', 'p0'))), new Uint8Array([9]));

  for (let i = 0; i < 10; i++) await store.put(record(`b${i}`, 'greedy'), value);
  assert.equal(store.providerRecords(), 3 + 4);
  for (let i = 0; i < 10; i++) await store.put(record(`c${i}`, `q${i}`), value);
  assert.equal(store.providerRecords(), 10);
  assert.equal(await stored('/dht/provider/'), 10);
});

test('our own records are always taken; other records are not counted', async () => {
  await clear();
  const store = await boundedDatastore(level, 'self', { perKey: 0, total: 0, perPeer: 0 });
  await store.put(record('a', 'self'), value);
  await store.put(record('a', 'other'), value);
  await store.put(keyOf('/peers/x'), value);
  assert.equal(await stored('/'), 2);
});

test('parallel puts do not pass a cap together, and each record is counted once', async () => {
  await clear();
  const store = await boundedDatastore(level, 'self', limits);
  await Promise.all(Array.from({ length: 20 }, (_, i) => store.put(record('a', `p${i % 5}`), value)));
  assert.equal(await stored('/dht/provider/a'), 3);
  assert.equal(store.providerRecords(), 3);
});

test('removing makes room; counts survive a restart; own records of an earlier run are gone', async () => {
  await clear();
  const first = await boundedDatastore(level, 'self', limits);
  for (let i = 0; i < 3; i++) await first.put(record('a', `p${i}`), value);
  await first.put(record('a', 'self'), value);
  const second = await boundedDatastore(level, 'self', limits);
  assert.equal(second.providerRecords(), 3);
  assert.equal(await second.has(record('a', 'self')), false);
  await second.put(record('a', 'late'), value);
  assert.equal(await second.has(record('a', 'late')), false);
  await second.delete(record('a', 'p1'));
  await second.delete(record('a', 'p1'));
  await second.put(record('a', 'late'), value);
  assert.equal(await second.has(record('a', 'late')), true);
  assert.equal(second.providerRecords(), 3);
});

test('at most 16 addresses of a peer are kept, the newest, however they arrive', async () => {
  const host = await createHost({ dataDir: join(folder, 'host'), listen: [], bootstrap: [] });
  try {
    const id = peerIdFromPrivateKey(await generateKeyPair('Ed25519'));
    const at = (port: number) => multiaddr(`/ip4/127.0.0.1/tcp/${port}`);
    await host.learn(
      id.toString(),
      Array.from({ length: 1000 }, (_, i) => at(1000 + i)),
    );
    assert.equal((await host.addressesOf(id.toString())).length, 16);
    for (let i = 0; i < 50; i++) await host.learn(id.toString(), [at(5000 + i)]);
    const kept = await host.addressesOf(id.toString());
    assert.equal(kept.length, 16);
    assert.ok(kept.includes('/ip4/127.0.0.1/tcp/5049'), kept.join());
    await host.learn(id.toString(), [at(5049)]);
    assert.equal((await host.addressesOf(id.toString())).length, 16);
  } finally {
    await host.stop();
  }
});
