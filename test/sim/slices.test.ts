/** One chunk from several: a player's next chunk and the last of a file, with honest sellers, liars and some that fail. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CHUNK_BYTES, chunkLength, SLICE_BYTES } from '@chiral/protocol/content';
import { AppError } from '@chiral/protocol/errors';
import { sha256 } from '../../node/src/content/hash.ts';
import { startTransfer, type TransferEvent } from '../../node/src/transfer/scheduler.ts';
import { verifyHere } from '../../node/src/transfer/verify-here.ts';
import { createRandom, randomBytes, toTestContent } from '../ports/fixtures.ts';
import { createNetwork, createSimClock, type Network, type Seeder } from './network.ts';

const CHUNKS = 12;
const bytes = randomBytes(CHUNKS * CHUNK_BYTES, 77);
const content = toTestContent(bytes, sha256);
/** A chunk in 100 ms. */
const SLOW = CHUNK_BYTES / 100;
const seeder = (peer: string, more: Partial<Seeder> = {}): Seeder => ({
  peer,
  bytesPerMs: SLOW,
  hasRanges: true,
  ...more,
});
const names = ['a', 'b', 'c', 'd'];
const flip = (_chunk: number, data: Uint8Array) => {
  data[data.length >> 1]! ^= 1;
  return data;
};

/** @param seekTo where a player jumps as soon as all sellers are there */
function start(seeders: readonly Seeder[], seekTo?: number) {
  const clock = createSimClock();
  const network = createNetwork(clock, content, bytes, seeders);
  const events: (TransferEvent & { atMs: number })[] = [];
  const { adapters, store, meter } = network;
  const seen = { wrongBytes: 0, soughtMs: 0 };
  const sources = {
    async *[Symbol.asyncIterator]() {
      yield* network.sources;
      seen.soughtMs = clock.now();
      if (seekTo !== undefined) transfer.seek(seekTo);
    },
  };
  const transfer = startTransfer({
    content,
    adapters,
    sources,
    store,
    meter,
    clock,
    async verify(of, chunk, data) {
      const good = await verifyHere(of, chunk, data);
      if (!good) seen.wrongBytes += data.length;
      return good;
    },
    onEvent: (event) => events.push({ ...event, atMs: clock.now() }),
  });
  return { network, events, seen, done: () => clock.run(transfer.report) };
}

const meteredBy = ({ metered }: Network) => [...metered.values()].reduce((sum, count) => sum + count, 0);

const sharesOf = (events: readonly TransferEvent[], chunk: number) =>
  events.flatMap((event) => (event.type === 'chunk' && event.chunk === chunk ? [event] : []));

test('a player’s chunk comes from all four at once, sooner than from one, each counted for its slice', async () => {
  const runOf = async (hasRanges: boolean) => {
    const run = start(
      names.map((peer) => seeder(peer, { hasRanges })),
      9,
    );
    const report = await run.done();
    assert.ok(run.network.store.bytes(content).equals(bytes));
    assert.equal(report.bytes, bytes.length);
    assert.equal(meteredBy(run.network), bytes.length);
    const atMs = run.events.find((event) => event.type === 'chunk' && event.chunk === 9)!.atMs;
    return { parts: sharesOf(run.events, 9), tookMs: atMs - run.seen.soughtMs };
  };
  const [one, shared] = [await runOf(false), await runOf(true)];
  assert.equal(one.parts.length, 1);
  assert.deepEqual(
    shared.parts.map(({ bytes: count }) => count),
    Array(4).fill(SLICE_BYTES),
  );
  assert.ok(one.tookMs - shared.tookMs > 70, `${shared.tookMs} ms shared, ${one.tookMs} ms from one`);
});

test('the last chunk of a file is shared, and the books add up to the byte', async () => {
  const run = start(names.map((peer) => seeder(peer)));
  const report = await run.done();
  assert.ok(run.network.store.bytes(content).equals(bytes));
  const shared = Array.from({ length: CHUNKS }, (_, chunk) => sharesOf(run.events, chunk)).filter(
    (one) => one.length > 1,
  );
  assert.ok(shared.length > 0, 'no chunk was shared');
  for (const parts of shared) {
    assert.equal(
      parts.reduce((sum, { bytes: count }) => sum + count, 0),
      CHUNK_BYTES,
    );
    assert.equal(new Set(parts.map(({ peer }) => peer)).size, parts.length);
  }
  for (const { peer, bytes: count } of report.sources) assert.equal(run.network.metered.get(peer) ?? 0, count);
  assert.equal(report.bytes, bytes.length);
  assert.equal(report.chunks, CHUNKS);
});

test('who lies in a slice is found and banned, 50 times of 50; the honest never, at a waste of two chunks at most', async () => {
  let shared = 0;
  for (let seed = 0; seed < 50; seed++) {
    const random = createRandom(seed);
    const liar = names[Math.floor(random() * names.length)]!;
    const seeders = names.map((peer) =>
      seeder(peer, {
        bytesPerMs: SLOW * (0.5 + random()),
        delayMs: 1 + random() * 20,
        behave: (chunk, data) => {
          // Only slices: of a whole chunk anybody would know at once who sent it.
          return peer === liar && data.length < chunkLength(content.size, chunk) ? flip(chunk, data) : data;
        },
      }),
    );
    const run = start(seeders);
    const report = await run.done();
    assert.ok(run.network.store.bytes(content).equals(bytes));
    const sharing = run.events.some((event) => event.type === 'banned');
    for (const { peer, state, bad } of report.sources) {
      if (peer !== liar) assert.deepEqual({ peer, state, bad }, { peer, state: 'active', bad: 0 }, `seed ${seed}`);
      else if (sharing) {
        shared++;
        assert.equal(state, 'banned');
      }
    }
    assert.ok(run.seen.wrongBytes <= 2 * CHUNK_BYTES, `${run.seen.wrongBytes} bytes wasted with seed ${seed}`);
    assert.equal(meteredBy(run.network), bytes.length);
  }
  assert.ok(shared >= 40, `only ${shared} liars had a part`);
});

test('a seller that fails, is choked or falls silent with its slice stops nothing', async () => {
  for (const code of ['CHOKED', 'PEER_UNREACHABLE', 'NOT_FOUND'] as const) {
    const seeders = names.map((peer, i) =>
      seeder(peer, {
        ...(i === 0 && {
          behave: (chunk: number, data: Uint8Array) => {
            if (data.length < chunkLength(content.size, chunk)) throw new AppError(code, 'Simulated.');
            return data;
          },
        }),
      }),
    );
    const run = start(seeders);
    const report = await run.done();
    assert.ok(run.network.store.bytes(content).equals(bytes), code);
    assert.equal(report.bytes, bytes.length);
    assert.equal(meteredBy(run.network), bytes.length);
  }
});
