import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CHUNK_BYTES, type Content, chunkCount } from '@chiral/protocol/content';
import { AppError, isAppError } from '@chiral/protocol/errors';
import { sha256 } from '../../node/src/content/hash.ts';
import type { PeerKey } from '../../node/src/ports.ts';
import {
  type Report,
  startTransfer,
  type TransferEvent,
  type TransferOptions,
} from '../../node/src/transfer/scheduler.ts';
import { createRandom, randomBytes, toTestContent } from '../ports/fixtures.ts';
import { allOf, createNetwork, createSimClock, type Network, type Seeder, type SimClock } from './network.ts';

const CHUNKS = 40;
const bytes = randomBytes(CHUNKS * CHUNK_BYTES - 100, 42);
const content = toTestContent(bytes, sha256);
/** A chunk in 10 ms. */
const FAST = CHUNK_BYTES / 10;

interface Run {
  readonly clock: SimClock;
  readonly network: Network;
  readonly events: TransferEvent[];
  readonly transfer: ReturnType<typeof startTransfer>;
  done(): Promise<Report>;
}

function start(
  seeders: readonly Seeder[],
  options: Partial<TransferOptions> = {},
  { clock = createSimClock(), lasting = false }: { clock?: SimClock; lasting?: boolean } = {},
): Run {
  const network = createNetwork(clock, content, bytes, seeders, lasting);
  const events: TransferEvent[] = [];
  const { adapters, sources, store, meter } = network;
  const transfer = startTransfer({
    content,
    adapters,
    sources,
    store,
    meter,
    clock,
    onEvent: (event) => events.push(event),
    ...options,
  });
  return { clock, network, events, transfer, done: () => clock.run(transfer.report) };
}

function assertWhole({ network }: Run, of: Content = content): void {
  assert.ok(network.store.bytes(of).equals(bytes), 'the file differs');
}

const statsOf = (report: Report, peer: PeerKey) => report.sources.find((source) => source.peer === peer)!;
const garbage = (_chunk: number, data: Uint8Array) => data.map((byte) => byte ^ 0xff);

test('fetches everything from one source, counts every byte once, and says so', async () => {
  const run = start([{ peer: 'a', bytesPerMs: FAST }]);
  const report = await run.done();
  assertWhole(run);
  assert.equal(report.bytes, bytes.length);
  assert.equal(run.network.metered.get('a'), bytes.length);
  assert.equal(run.network.requests.get('a'), CHUNKS);
  assert.deepEqual(
    { chunks: statsOf(report, 'a').chunks, bad: statsOf(report, 'a').bad, state: statsOf(report, 'a').state },
    { chunks: CHUNKS, bad: 0, state: 'active' },
  );
  assert.equal(run.events.filter(({ type }) => type === 'chunk').length, CHUNKS);
});

test('XFR-14: four sources together are at least three times one', async () => {
  const one = await start([{ peer: 'a', bytesPerMs: FAST }]).done();
  const run = start(['a', 'b', 'c', 'd'].map((peer) => ({ peer, bytesPerMs: FAST })));
  const four = await run.done();
  assertWhole(run);
  assert.ok(one.ms / four.ms >= 3, `${one.ms} ms alone, ${four.ms} ms together`);
});

test('speed decides who brings how much', async () => {
  const run = start([
    { peer: 'fast', bytesPerMs: FAST },
    { peer: 'slow', bytesPerMs: FAST / 10 },
  ]);
  const report = await run.done();
  assertWhole(run);
  assert.ok(statsOf(report, 'fast').chunks > 5 * statsOf(report, 'slow').chunks);
});

test('price leans: of two with a long way and equal speed, the cheap one brings more', async () => {
  const seeder = { bytesPerMs: FAST * 10, delayMs: 200 };
  const run = start([
    { peer: 'dear', price: 4, ...seeder },
    { peer: 'cheap', price: 1, ...seeder },
  ]);
  const report = await run.done();
  assertWhole(run);
  assert.ok(statsOf(report, 'cheap').chunks > 1.5 * statsOf(report, 'dear').chunks);
});

test('what the store has is not asked for', async () => {
  const clock = createSimClock();
  const first = start([{ peer: 'a', bytesPerMs: FAST }], {}, { clock });
  await first.done();
  const network = createNetwork(clock, content, bytes, [{ peer: 'a', bytesPerMs: FAST }]);
  const held = first.network.store;
  const store = { ...network.store, has: (cid: string, chunk: number) => chunk % 4 !== 0 && held.has(cid, chunk) };
  const { adapters, sources, meter } = network;
  const report = await clock.run(startTransfer({ content, adapters, sources, store, meter, clock }).report);
  assert.equal(report.chunks, CHUNKS / 4);
  assert.equal(network.requests.get('a'), CHUNKS / 4);
});

test('a partial source is asked only for what it has, and gets more when it has more', async () => {
  const run = start([
    { peer: 'half', bytesPerMs: FAST, chunks: [{ first: 10, count: 5 }] },
    { peer: 'rest', bytesPerMs: FAST, chunks: [{ first: 0, count: 10 }], joinsAtMs: 50 },
    { peer: 'tail', bytesPerMs: FAST, chunks: [{ first: 15, count: CHUNKS - 15 }], joinsAtMs: 60 },
  ]);
  const report = await run.done();
  assertWhole(run);
  assert.equal(statsOf(report, 'half').chunks, 5);
  assert.equal(statsOf(report, 'rest').chunks, 10);
});

test('rarest first: what one source alone has is fetched before what all have', async () => {
  const run = start(
    [
      { peer: 'a', bytesPerMs: FAST },
      { peer: 'b', bytesPerMs: FAST, chunks: [{ first: 0, count: CHUNKS / 2 }] },
    ],
    { order: 'rarest' },
  );
  await run.done();
  assertWhole(run);
  const byA = run.events.flatMap((event) => (event.type === 'chunk' && event.peer === 'a' ? [event.chunk] : []));
  // The first two requests leave before the second source is known.
  assert.ok(
    byA.slice(2, 15).every((chunk) => chunk >= CHUNKS / 2),
    byA.join(' '),
  );
});

test('sequential order brings the beginning first', async () => {
  const run = start([{ peer: 'a', bytesPerMs: FAST }]);
  await run.done();
  const order = run.events.flatMap((event) => (event.type === 'chunk' ? [event.chunk] : []));
  assert.deepEqual(
    order,
    [...order].sort((a, b) => a - b),
  );
});

test('rows 25 and 37: a liar among honest ones, at a random chunk, 100 times', async (t) => {
  const seed = Date.now() % 1_000_000;
  t.diagnostic(`seed ${seed}`);
  const random = createRandom(seed);
  for (let round = 0; round < 100; round++) {
    const from = Math.floor(random() * 12);
    let sent = 0;
    const run = start([
      {
        peer: 'liar',
        bytesPerMs: FAST,
        behave: (chunk, data) => (sent++ >= from ? garbage(chunk, data) : data),
      },
      { peer: 'honest', bytesPerMs: FAST },
    ]);
    const report = await run.done();
    assertWhole(run);
    const liar = statsOf(report, 'liar');
    const honest = statsOf(report, 'honest');
    assert.ok(liar.chunks > 0 || from === 0, 'the liar has to have contributed');
    assert.ok(honest.chunks > 0);
    assert.equal(liar.state, 'banned');
    assert.equal(honest.state, 'active');
    assert.ok(liar.bad <= 2, `${liar.bad} bad chunks`);
    assert.equal(run.network.metered.get('liar') ?? 0, liar.bytes);
    assert.equal((run.network.metered.get('liar') ?? 0) + run.network.metered.get('honest')!, bytes.length);
  }
});

test('a liar over one protocol is banned over the other', async () => {
  const run = start([
    { peer: 'liar', bytesPerMs: FAST, behave: garbage, protocol: 'http' },
    { peer: 'liar', bytesPerMs: FAST / 100, protocol: 'libp2p' },
    { peer: 'honest', bytesPerMs: FAST, protocol: 'http' },
  ]);
  const report = await run.done();
  assertWhole(run);
  assert.ok(report.sources.filter(({ peer }) => peer === 'liar').every(({ state }) => state === 'banned'));
});

test('short, long and empty answers are bad chunks', async () => {
  for (const change of [
    (data: Uint8Array) => data.subarray(1),
    (data: Uint8Array) => Buffer.concat([data, Buffer.of(0)]),
    () => new Uint8Array(0),
  ]) {
    const run = start([
      { peer: 'liar', bytesPerMs: FAST, behave: (_chunk, data) => change(data) },
      { peer: 'honest', bytesPerMs: FAST },
    ]);
    const report = await run.done();
    assertWhole(run);
    assert.equal(statsOf(report, 'liar').state, 'banned');
    assert.equal(run.network.metered.get('liar'), undefined);
  }
});

test('alone with a liar there is nobody', async () => {
  const run = start([{ peer: 'liar', bytesPerMs: FAST, behave: garbage }]);
  await assert.rejects(run.done(), (error) => isAppError(error, 'NO_OFFERS'));
  assert.equal(run.network.metered.size, 0);
});

test('a source that dies in the middle is replaced by the other', async () => {
  const run = start([
    {
      peer: 'mortal',
      bytesPerMs: FAST,
      behave: (_chunk, data, nowMs) => {
        if (nowMs > 60) throw new AppError('PEER_UNREACHABLE', 'Simulated.');
        return data;
      },
    },
    { peer: 'other', bytesPerMs: FAST },
  ]);
  const report = await run.done();
  assertWhole(run);
  assert.ok(statsOf(report, 'mortal').chunks > 0);
  assert.ok(report.ms < 2_000, `${report.ms} ms`);
});

test('a dead source alone is retried for a while, then lost, and may come back with a fresh offer', async () => {
  const clock = createSimClock();
  let isDead = true;
  const behave = (_chunk: number, data: Uint8Array) => {
    if (isDead) throw new AppError('PEER_UNREACHABLE', 'Simulated.');
    return data;
  };
  const run = start([{ peer: 'a', bytesPerMs: FAST, behave }], {}, { clock });
  await assert.rejects(run.done(), (error) => isAppError(error, 'NO_OFFERS'));
  assert.ok(run.network.requests.get('a')! <= 10, 'a dead source was hammered');
  assert.ok(run.events.some(({ type }) => type === 'lost'));

  const revived = start(
    [
      { peer: 'a', bytesPerMs: FAST, behave },
      { peer: 'a', bytesPerMs: FAST, behave, joinsAtMs: 60_000 },
    ],
    {},
    { clock: createSimClock() },
  );
  revived.clock.after(50_000, () => {
    isDead = false;
  });
  await revived.done();
  assertWhole(revived);
});

test('a source that hangs loses its chunks to the other long before its request times out', async () => {
  const run = start([
    { peer: 'hangs', bytesPerMs: FAST, behave: () => new Promise<Uint8Array>(() => {}) },
    { peer: 'other', bytesPerMs: FAST },
  ]);
  const report = await run.done();
  assertWhole(run);
  assert.ok(report.ms < 5_000, `${report.ms} ms`);
});

test('a source that slows to a crawl does not hold up the end', async () => {
  let isSlow = false;
  const run = start([
    {
      peer: 'tired',
      bytesPerMs: FAST,
      behave: async (_chunk, data) => {
        if (isSlow) await run.clock.sleep(20_000);
        return data;
      },
    },
    { peer: 'other', bytesPerMs: FAST / 2 },
  ]);
  run.clock.after(80, () => {
    isSlow = true;
  });
  const report = await run.done();
  assertWhole(run);
  assert.ok(report.ms < 5_000, `${report.ms} ms`);
  assert.equal(
    [...run.network.metered.values()].reduce((sum, count) => sum + count),
    bytes.length,
  );
});

test('sources may come late, while none is there and while others run', async () => {
  const run = start([
    { peer: 'early', bytesPerMs: FAST / 100, joinsAtMs: 3_000 },
    { peer: 'late', bytesPerMs: FAST, joinsAtMs: 4_000 },
  ]);
  const report = await run.done();
  assertWhole(run);
  assert.ok(statsOf(report, 'late').chunks > CHUNKS / 2);
});

test('a closed gate pauses without spinning, and wake ends the pause at once', async () => {
  const gate = { room: 3 * CHUNK_BYTES };
  let paidAtMs: number | undefined;
  const delays: number[] = [];
  const clock = createSimClock();
  const onEvent = ({ type }: TransferEvent) => {
    run.events.push({ type } as TransferEvent);
    if (type !== 'chunk' || paidAtMs === undefined) return;
    delays.push(clock.now() - paidAtMs);
    paidAtMs = undefined;
  };
  const run = start([{ peer: 'a', bytesPerMs: FAST, gate }], { onEvent }, { clock });
  // Somebody pays for three chunks every 1.5 seconds.
  const pay = () => {
    gate.room += 3 * CHUNK_BYTES;
    paidAtMs = clock.now();
    run.transfer.wake('a');
    if (run.events.filter(({ type }) => type === 'chunk').length < CHUNKS) run.clock.after(1_500, pay);
  };
  run.clock.after(1_500, pay);
  const report = await run.done();
  assertWhole(run);
  const payments = Math.ceil(CHUNKS / 3) - 1;
  assert.ok(report.ms < payments * 1_500 + 200, `${report.ms} ms`);
  assert.equal(delays.length, payments);
  // One way, one chunk, and back.
  assert.ok(Math.max(...delays) < 20, `a paid chunk took ${Math.max(...delays)} ms`);
  // Each pause may be probed at 50, 150, 350 and 750 ms, beside the requests that found the gate closed.
  assert.ok(run.network.requests.get('a')! <= CHUNKS + payments * 12, `${run.network.requests.get('a')} requests`);
});

test('without wake, the end of the pause is enough', async () => {
  const gate = { room: 3 * CHUNK_BYTES };
  const run = start([{ peer: 'a', bytesPerMs: FAST, gate }]);
  run.clock.after(10_000, () => {
    gate.room = Number.POSITIVE_INFINITY;
  });
  const report = await run.done();
  assertWhole(run);
  assert.ok(report.ms < 16_000);
});

test('a choked source leaves the work to an open one', async () => {
  const run = start([
    { peer: 'choked', bytesPerMs: FAST, gate: { room: CHUNK_BYTES } },
    { peer: 'open', bytesPerMs: FAST },
  ]);
  const report = await run.done();
  assertWhole(run);
  assert.equal(statsOf(report, 'choked').chunks, 1);
  assert.equal(statsOf(report, 'open').chunks, CHUNKS - 1);
});

test('a gate that never opens ends in CHOKED', async () => {
  const run = start([{ peer: 'a', bytesPerMs: FAST, gate: { room: 2 * CHUNK_BYTES } }]);
  await assert.rejects(run.done(), (error) => isAppError(error, 'CHOKED'));
  assert.ok(run.network.requests.get('a')! < 60, `${run.network.requests.get('a')} requests`);
  assert.ok(run.clock.now() <= 130_000);
});

test('a disk that fails ends the download, and what did not reach it is not counted', async () => {
  const clock = createSimClock();
  const network = createNetwork(clock, content, bytes, [{ peer: 'a', bytesPerMs: FAST }]);
  let left = 7;
  const store = {
    ...network.store,
    put: async (cid: string, chunk: number, data: Uint8Array) => {
      if (left-- <= 0) throw new AppError('STORE_FAILED', 'Simulated.');
      await network.store.put(cid, chunk, data);
    },
  };
  const { adapters, sources, meter } = network;
  const { report } = startTransfer({ content, adapters, sources, store, meter, clock });
  await assert.rejects(clock.run(report), (error) => isAppError(error, 'STORE_FAILED'));
  assert.equal(network.metered.get('a'), 7 * CHUNK_BYTES);
});

test('stops when it is told to, and asks nobody afterwards', async () => {
  const controller = new AbortController();
  const run = start([{ peer: 'a', bytesPerMs: FAST }], { signal: controller.signal }, { lasting: true });
  run.clock.after(100, () => controller.abort());
  await assert.rejects(run.done(), (error) => isAppError(error, 'CANCELLED'));
  const asked = run.network.requests.get('a');
  await run.clock.run(run.clock.sleep(10_000));
  assert.equal(run.network.requests.get('a'), asked);
});

test('ends although the search for sources does not', async () => {
  const run = start([{ peer: 'a', bytesPerMs: FAST }], {}, { lasting: true });
  await run.done();
  assertWhole(run);
});

test('many sources of every kind, random seeds: always the right file, never a byte paid that was not got', async (t) => {
  // CHIRAL_SIM_SEED repeats a run that failed, CHIRAL_SIM_ROUNDS makes it longer.
  const firstSeed = Number(process.env.CHIRAL_SIM_SEED ?? Date.now() % 1_000_000);
  const rounds = Number(process.env.CHIRAL_SIM_ROUNDS ?? 30);
  for (let round = 0; round < rounds; round++) {
    const seed = firstSeed + round;
    const random = createRandom(seed);
    const seeders: Seeder[] = [{ peer: 'honest', bytesPerMs: FAST * (0.2 + random()) }];
    const kinds = ['liar', 'dropper', 'hanger', 'choker', 'partial', 'slow', 'late'] as const;
    for (let i = 0; i < 15; i++) {
      const kind = kinds[Math.floor(random() * kinds.length)]!;
      const after = Math.floor(random() * 6);
      let sent = 0;
      const base = {
        peer: `${kind}-${i}`,
        bytesPerMs: FAST * (0.1 + random()),
        price: random(),
        delayMs: random() * 50,
      };
      const first = Math.floor(random() * CHUNKS);
      const character: Record<(typeof kinds)[number], Partial<Seeder>> = {
        liar: { behave: (chunk, data) => (sent++ >= after ? garbage(chunk, data) : data) },
        dropper: {
          behave: (_chunk, data) => {
            if (sent++ >= after) throw new AppError(random() < 0.5 ? 'TIMEOUT' : 'PEER_UNREACHABLE', 'Simulated.');
            return data;
          },
        },
        hanger: { behave: (_chunk, data) => (sent++ >= after ? new Promise<Uint8Array>(() => {}) : data) },
        choker: { gate: { room: after * CHUNK_BYTES } },
        partial: { chunks: [{ first, count: Math.ceil(random() * (CHUNKS - first)) }] },
        slow: { bytesPerMs: FAST / 500 },
        late: { joinsAtMs: random() * 500 },
      };
      seeders.push({ ...base, ...character[kind] });
    }
    const run = start(seeders, { order: random() < 0.5 ? 'sequential' : 'rarest' });
    const report = await run.done().catch((error) => {
      t.diagnostic(`seed ${seed}`);
      throw error;
    });
    assertWhole(run);
    const paid = [...run.network.metered.values()].reduce((sum, count) => sum + count, 0);
    assert.equal(paid, bytes.length, `seed ${seed}`);
    for (const source of report.sources) {
      assert.equal(run.network.metered.get(source.peer) ?? 0, source.bytes, `seed ${seed}`);
      assert.ok(source.bad <= 2, `seed ${seed}: ${source.peer} sent ${source.bad} bad chunks`);
      if (source.bad > 0)
        assert.ok(source.peer.startsWith('liar'), `seed ${seed}: ${source.peer} was taken for a liar`);
    }
    assert.ok(report.ms < 60_000, `seed ${seed}: ${report.ms} ms`);
  }
});

test('an empty content is there at once', async () => {
  const clock = createSimClock();
  const empty = toTestContent(new Uint8Array(0));
  const { adapters, sources, store, meter } = createNetwork(clock, empty, new Uint8Array(0), []);
  const { report } = startTransfer({ content: empty, adapters, sources, store, meter, clock });
  assert.equal((await report).bytes, 0);
  assert.deepEqual(allOf(empty), [{ first: 0, count: chunkCount(0) }]);
});
