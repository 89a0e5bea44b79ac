import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { Ethash as EthereumjsEthash } from '@ethereumjs/ethash';
import { CHUNK_BYTES, datasetPath } from './dataset-file.ts';
import { createEthash } from './ethash.ts';
import { cacheBytes, DEV_PARAMS, datasetBytes, seedHash } from './params.ts';
import { bytesToUint, targetFromDifficulty } from './target.ts';
import type { DatasetProgress, EthashParams, Miner, MinerOptions, SearchRequest } from './types.ts';

const ethash = createEthash({ params: DEV_PARAMS });
const miners: Miner[] = [];

function mine(options: MinerOptions = {}, params?: EthashParams): Miner {
  const chain = params === undefined ? ethash : createEthash({ params });
  const miner = chain.createMiner({ threads: 2, ...options });
  miners.push(miner);
  return miner;
}

/** Searches and proves what comes back, with the light verifier. */
async function findValid(miner: Miner, work: { blockNumber: bigint; difficulty: bigint; startNonce?: bigint }) {
  const sealHash = randomBytes(32);
  const { nonce, mixHash, result, hashes } = await miner.search({ sealHash, ...work });
  const chain = miner.params === DEV_PARAMS ? ethash : createEthash({ params: miner.params });
  assert.equal(await chain.verify({ sealHash, nonce, mixHash, ...work }), true);
  assert.ok(bytesToUint(result) <= targetFromDifficulty(work.difficulty));
  assert.ok(hashes > 0);
  return { sealHash, nonce, mixHash, result, hashes };
}

/** A search that will not end by itself. */
function endless(over: Partial<SearchRequest> = {}): SearchRequest {
  return { sealHash: new Uint8Array(32), difficulty: 2n ** 200n, blockNumber: 1n, ...over } as SearchRequest;
}

/** Resolves when the miner has tried something since `before`. */
async function trying(miner: Miner, before = miner.stats().hashes): Promise<void> {
  while (miner.stats().hashes === before) await new Promise((resolve) => setImmediate(resolve));
}

afterEach(async () => {
  await Promise.all(miners.splice(0).map((miner) => miner.close()));
});

describe('a miner', () => {
  it('finds seals that the light verifier and @ethereumjs/ethash accept', async () => {
    const miner = mine();
    const judge = new EthereumjsEthash();
    judge.mkcache(cacheBytes(DEV_PARAMS, 0), seedHash(0));
    for (const difficulty of [1n, 2n, 100n, 5_000n, 100_000n]) {
      const found = await findValid(miner, { blockNumber: 1n, difficulty });
      const judged = judge.run(found.sealHash, found.nonce, datasetBytes(DEV_PARAMS, 0));
      assert.deepEqual(Buffer.from(judged.mix), Buffer.from(found.mixHash));
      assert.deepEqual(Buffer.from(judged.hash), Buffer.from(found.result));
    }
    assert.ok(miner.stats().hashesPerSecond > 0);
    assert.equal(miner.stats().threads, 2);
  });

  it('with one thread finds the first nonce from where it starts, also across 2^64', async () => {
    const miner = mine({ threads: 1 });
    for (const startNonce of [0n, 2n ** 63n, 2n ** 64n - 5n]) {
      const { sealHash, nonce, hashes } = await findValid(miner, { blockNumber: 1n, difficulty: 300n, startNonce });
      for (let tried = 0n; tried < BigInt(hashes); tried++) {
        const at = Buffer.alloc(8);
        at.writeBigUInt64BE(BigInt.asUintN(64, startNonce + tried));
        const { result } = await ethash.hashimotoLight({ sealHash, nonce: at, epoch: 0 });
        const isLast = tried === BigInt(hashes) - 1n;
        assert.equal(bytesToUint(result) <= targetFromDifficulty(300n), isLast);
        if (isLast) assert.deepEqual(at, Buffer.from(nonce));
      }
    }
  });

  it('goes on past a hash that fits the top 64 bits of the target only', async () => {
    const miner = mine({ threads: 1 });
    const { sealHash, nonce, result } = await findValid(miner, { blockNumber: 1n, difficulty: 50n, startNonce: 0n });
    const target = bytesToUint(result) - 1n;
    const harder = await miner.search({ sealHash, target, blockNumber: 1n, startNonce: 0n });
    assert.equal(target >> 192n, bytesToUint(result) >> 192n);
    assert.ok(bytesToUint(harder.nonce) > bytesToUint(nonce));
    assert.ok(bytesToUint(harder.result) <= target);
  });

  it('takes the epoch of a getWork seed, and a bare target', async () => {
    const miner = mine();
    const sealHash = randomBytes(32);
    const { nonce, result } = await miner.search({ sealHash, target: 2n ** 250n, epoch: 2 });
    assert.deepEqual((await ethash.hashimotoLight({ sealHash, nonce, epoch: 2 })).result, result);
  });

  it('gives up within tens of milliseconds, with the caller’s reason, and is free at once', async () => {
    const miner = mine();
    await findValid(miner, { blockNumber: 1n, difficulty: 10n });
    const delaysMs: number[] = [];
    for (let round = 0; round < 10; round++) {
      const controller = new AbortController();
      const reason = new Error(`round ${round}`);
      const searching = miner.search(endless({ signal: controller.signal }));
      await trying(miner);
      const abortedMs = performance.now();
      controller.abort(reason);
      await assert.rejects(searching, reason);
      await findValid(miner, { blockNumber: 1n, difficulty: 1n });
      delaysMs.push(performance.now() - abortedMs);
    }
    const median = delaysMs.toSorted((a, b) => a - b)[5]!;
    assert.ok(median < 100, `gave up and found again in ${median} ms`);
  });

  it('rejects at once when it was given up before', async () => {
    const miner = mine();
    const reason = new Error('never wanted');
    await assert.rejects(miner.search(endless({ signal: AbortSignal.abort(reason) })), reason);
    assert.equal(miner.stats().hashes, 0);
  });

  it('does what it is asked one after another, and lets what waits be given up', async () => {
    const miner = mine();
    const [first, second] = [new AbortController(), new AbortController()];
    const searching = miner.search(endless({ signal: first.signal }));
    const waiting = miner.search(endless({ signal: second.signal }));
    const last = findValid(miner, { blockNumber: 1n, difficulty: 10n });
    await trying(miner);
    second.abort(new Error('the second'));
    await assert.rejects(waiting, { message: 'the second' });
    first.abort(new Error('the first'));
    await assert.rejects(searching, { message: 'the first' });
    await last;
  });

  it('follows the epochs up and down', async () => {
    const miner = mine();
    for (const epoch of [0n, 1n, 40n, 3n, 0n])
      await findValid(miner, { blockNumber: epoch * 30_000n, difficulty: 50n });
  });

  it('shares the making of a dataset, which goes on when a search gives up', async () => {
    const made: DatasetProgress[] = [];
    const miner = mine({ onProgress: (progress) => made.push(progress) });
    const controller = new AbortController();
    const searching = miner.search(endless({ signal: controller.signal }));
    controller.abort(new Error('gave up'));
    await assert.rejects(searching, { message: 'gave up' });
    await Promise.all([miner.prepare({ epoch: 0 }), miner.prepare({ blockNumber: 5n })]);
    assert.equal(made.filter(({ phase, fraction }) => phase === 'build' && fraction === 1).length, 1);
    assert.equal(made.filter(({ phase, fraction }) => phase === 'cache' && fraction === 1).length, 1);
  });

  it('refuses what makes no sense', async () => {
    const miner = mine();
    const wrong: Partial<Record<string, unknown>>[] = [
      { sealHash: new Uint8Array(31) },
      { difficulty: 0n },
      { difficulty: -1n },
      { target: 0n },
      { blockNumber: -1n },
      { startNonce: -1n },
      { startNonce: 2n ** 64n },
    ];
    for (const field of wrong) {
      await assert.rejects(
        miner.search(endless(field as Partial<SearchRequest>)),
        RangeError,
        String(Object.keys(field)),
      );
    }
    await assert.rejects(miner.prepare({ epoch: -1 }), RangeError);
    assert.throws(() => ethash.createMiner({ threads: 0 }), RangeError);
    assert.throws(() => ethash.createMiner({ threads: 1.5 }), RangeError);
  });

  it('when closed rejects what runs and what comes, leaves no thread, and may be closed again', async () => {
    const miner = mine();
    await findValid(miner, { blockNumber: 1n, difficulty: 10n });
    const threads = () => process.getActiveResourcesInfo().filter((name) => name === 'MessagePort').length;
    assert.ok(threads() > 0);
    const searching = miner.search(endless());
    const waiting = miner.search(endless());
    await trying(miner);
    const closed = Promise.all([miner.close(), miner.close()]);
    await assert.rejects(searching, { message: 'The miner is closed.' });
    await assert.rejects(waiting, { message: 'The miner is closed.' });
    await closed;
    await assert.rejects(miner.search(endless()), { message: 'The miner is closed.' });
    await assert.rejects(miner.prepare({ epoch: 0 }), { message: 'The miner is closed.' });
    await miner.close();
    assert.equal(threads(), 0);
  });

  it('can be closed while it makes a dataset', async () => {
    const made: DatasetProgress[] = [];
    const large: EthashParams = { ...DEV_PARAMS, name: 'large', datasetInitBytes: 2 ** 29 };
    const miner = mine({ onProgress: (progress) => made.push(progress) }, large);
    const preparing = miner.prepare({ epoch: 0 });
    while (!made.some(({ phase }) => phase === 'build')) await new Promise((resolve) => setImmediate(resolve));
    await Promise.all([assert.rejects(preparing, { message: 'The miner is closed.' }), miner.close()]);
    assert.ok(made.every(({ phase, fraction }) => phase !== 'build' || fraction < 1));
  });
});

describe('a miner with a folder', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ethash-miner-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });
  after(() => rm(folder, { recursive: true, force: true }));

  /** Mines one block and closes, so that everything is on disk; answers how the dataset came to be. */
  async function mineOnce(params = DEV_PARAMS, cacheDir = folder) {
    const phases = new Set<string>();
    const warnings: Error[] = [];
    const miner = mine(
      { cacheDir, onProgress: ({ phase }) => phases.add(phase), onWarning: (warning) => warnings.push(warning) },
      params,
    );
    await findValid(miner, { blockNumber: 1n, difficulty: 100n });
    await miner.close();
    return { phases: [...phases], warnings: warnings.map(({ message }) => message) };
  }

  it('builds a dataset once and reads it from then on', async () => {
    assert.deepEqual(await mineOnce(), { phases: ['cache', 'build', 'save'], warnings: [] });
    assert.deepEqual(await readdir(folder), ['ethash-dev-0.dataset']);
    assert.deepEqual(await mineOnce(), { phases: ['load'], warnings: [] });
  });

  it('makes a torn dataset again, and says so', async () => {
    await mineOnce();
    const path = datasetPath(folder, DEV_PARAMS, 0);
    await truncate(path, 500_000);
    const { phases, warnings } = await mineOnce();
    assert.deepEqual(phases, ['cache', 'build', 'save']);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0]!, /damaged/);
    assert.deepEqual(await mineOnce(), { phases: ['load'], warnings: [] });
  });

  it('mines without a disk when the folder is no folder, and says so', async () => {
    const file = join(folder, 'a-file');
    await mineOnce();
    await writeFile(file, '');
    const { phases, warnings } = await mineOnce(DEV_PARAMS, file);
    assert.deepEqual(phases, ['cache', 'build']);
    assert.equal(warnings.length, 2);
    assert.match(warnings[0]!, /cannot be read/);
    assert.match(warnings[1]!, /could not be stored/);
  });

  it('makes the next epoch’s dataset ahead, in more than one window, and reads it when its time comes', async () => {
    const params: EthashParams = {
      ...DEV_PARAMS,
      name: 'ahead',
      epochBlocks: 10,
      datasetInitBytes: 2 ** 20,
      datasetGrowthBytes: CHUNK_BYTES,
    };
    assert.ok(datasetBytes(params, 1) > CHUNK_BYTES);
    const seen: DatasetProgress[] = [];
    const warnings: Error[] = [];
    const options: MinerOptions = {
      cacheDir: folder,
      onProgress: (progress) => seen.push(progress),
      onWarning: (warning) => warnings.push(warning),
    };
    const miner = mine(options, params);
    await findValid(miner, { blockNumber: 8n, difficulty: 50n });
    assert.ok(!seen.some(({ ahead }) => ahead));
    await findValid(miner, { blockNumber: 9n, difficulty: 50n });
    while (!(await readdir(folder)).includes('ethash-ahead-1.dataset'))
      await findValid(miner, { blockNumber: 9n, difficulty: 5_000n });
    await findValid(miner, { blockNumber: 10n, difficulty: 50n });
    const ofEpoch1 = seen.filter(({ epoch }) => epoch === 1);
    assert.ok(ofEpoch1.some(({ phase, ahead, fraction }) => phase === 'build' && ahead && fraction === 1));
    assert.deepEqual([...new Set(ofEpoch1.filter(({ ahead }) => !ahead).map(({ phase }) => phase))], ['load']);
    assert.deepEqual(warnings, []);
  });

  it('builds with all threads an epoch that comes before it was made ahead, and leaves no loose ends', async () => {
    const params: EthashParams = { ...DEV_PARAMS, name: 'early', epochBlocks: 10, datasetGrowthBytes: 2 ** 22 };
    const miner = mine({ cacheDir: folder }, params);
    await findValid(miner, { blockNumber: 9n, difficulty: 50n });
    await findValid(miner, { blockNumber: 10n, difficulty: 50n });
    await miner.close();
    assert.deepEqual((await readdir(folder)).toSorted(), ['ethash-early-0.dataset', 'ethash-early-1.dataset']);
  });
});
