/** A chain for development rests while nothing happens. */
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { bytesToHex } from '@ethereumjs/util';
import { COINBASE, silent, transfer } from '../testing/fixture.ts';
import { createTestNode } from '../testing/node.ts';
import { LocalMiner, type LocalMinerOptions } from './miner.ts';

const HOUR_MS = 3_600_000;
const height = async ({ rpc }: { rpc(method: string): Promise<unknown> }) => Number(await rpc('eth_blockNumber'));

test('an idle miner waits for a transaction, mines it at once, and rests again', { timeout: 30_000 }, async () => {
  await using net = await createTestNode({ mine: { threads: 1, idleMs: HOUR_MS }, etherbase: COINBASE });
  await sleep(500);
  assert.equal(await height(net), 0);
  for (const nonce of [0, 1]) {
    const raw = bytesToHex(transfer(net.node.spec, 0, nonce).serialize());
    const hash = await net.rpc('eth_sendRawTransaction', raw);
    while ((await net.rpc('eth_getTransactionReceipt', hash)) === null) await sleep(20);
    assert.equal(await height(net), nonce + 1);
  }
  await sleep(500);
  assert.equal(await height(net), 2);
});

test('without transactions blocks come as far apart as it was told', { timeout: 30_000 }, async () => {
  await using net = await createTestNode({ mine: { threads: 1, idleMs: 2_000 }, etherbase: COINBASE });
  while ((await height(net)) < 3) await sleep(50);
  const times = [];
  for (const number of ['0x1', '0x2', '0x3'])
    times.push(Number((await net.rpc('eth_getBlockByNumber', number, false)).timestamp));
  assert.ok(times[1]! - times[0]! >= 2 && times[2]! - times[1]! >= 2, `blocks at ${times}`);
});

test('a timer that rings before its time does not make a block before its time', async () => {
  const startMs = Date.now();
  // A clock of half the speed: by it every timer rings early.
  const now = () => startMs + (Date.now() - startMs) / 2;
  const searches = new EventEmitter();
  const searcher = {
    search: ({ signal }: { signal: AbortSignal }) => {
      searches.emit('begin', now() - startMs);
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    },
    close: async () => {},
  };
  const work = {
    current: async () => ({ parentTimestamp: 0n, timestamp: 0n, isEmpty: true }),
    events: new EventEmitter(),
  };
  const idleMs = 200;
  const miner = new LocalMiner({ work, searcher, now, idleMs, log: silent } as unknown as LocalMinerOptions);
  const began = once(searches, 'begin');
  miner.start();
  const [atMs] = await began;
  assert.ok(atMs >= idleMs, `after ${atMs} of ${idleMs} ms`);
  await miner.stop();
});
