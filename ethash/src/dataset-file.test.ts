import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, open, readdir, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { CHUNK_BYTES, DatasetWriter, datasetPath, readDataset, sweepDatasets } from './dataset-file.ts';
import { DEV_PARAMS, datasetBytes } from './params.ts';
import type { EthashParams } from './types.ts';

/** Two and a half chunks. What is stored need not be a dataset. */
const params: EthashParams = { ...DEV_PARAMS, name: 'files', datasetInitBytes: 2.5 * CHUNK_BYTES };
const content = randomBytes(datasetBytes(params, 0));
/** The header is 64 KiB. */
const DATA_AT = 65_536;

describe('stored datasets', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ethash-files-'));
  });
  after(() => rm(folder, { recursive: true }));

  async function store(): Promise<string> {
    const writer = await DatasetWriter.create(folder, params, 0);
    for (let at = 0; at < content.length; at += CHUNK_BYTES)
      await writer.append(content.subarray(at, at + CHUNK_BYTES));
    await writer.commit();
    return datasetPath(folder, params, 0);
  }

  async function load(wanted = params, epoch = 0) {
    const into = new Uint8Array(new SharedArrayBuffer(datasetBytes(wanted, epoch)));
    const fractions: number[] = [];
    const options = { signal: AbortSignal.timeout(60_000), onFraction: (fraction: number) => fractions.push(fraction) };
    const outcome = await readDataset(datasetPath(folder, params, 0), wanted, epoch, into, options);
    return { outcome, into, fractions };
  }

  it('come back as they were, into shared memory', async () => {
    await store();
    const { outcome, into, fractions } = await load();
    assert.equal(outcome, 'loaded');
    assert.ok(content.equals(into));
    assert.equal(fractions.length, 3);
    assert.equal(fractions.at(-1), 1);
  });

  it('are absent where there is no file, and throw what else the disk says', async () => {
    await rm(datasetPath(folder, params, 0), { force: true });
    assert.equal((await load()).outcome, 'absent');
    const signal = AbortSignal.timeout(60_000);
    await assert.rejects(readDataset(folder, params, 0, new Uint8Array(1), { signal, onFraction: () => {} }), {
      code: 'EISDIR',
    });
  });

  it('are damaged when one bit anywhere is not as it was', async () => {
    const path = await store();
    const { size } = await stat(path);
    const places = fc.oneof(fc.integer({ min: 0, max: 600 }), fc.integer({ min: DATA_AT, max: size - 1 }));
    await fc.assert(
      fc.asyncProperty(places, fc.integer({ min: 0, max: 7 }), async (at, bit) => {
        const file = await open(path, 'r+');
        const byte = Buffer.alloc(1);
        await file.read(byte, 0, 1, at);
        const changed = Buffer.from([byte[0]! ^ (1 << bit)]);
        await file.write(changed, 0, 1, at);
        const { outcome } = await load();
        await file.write(byte, 0, 1, at);
        await file.close();
        assert.equal(outcome, 'damaged', `bit ${bit} of byte ${at}`);
      }),
      { numRuns: 15 },
    );
    assert.equal((await load()).outcome, 'loaded');
  });

  it('are damaged when they end too soon, at any length', async () => {
    const { size } = await stat(await store());
    for (const length of [size - 1, DATA_AT + CHUNK_BYTES, DATA_AT, DATA_AT - 1, 100, 0]) {
      await truncate(datasetPath(folder, params, 0), length);
      assert.equal((await load()).outcome, 'damaged', `${length} bytes`);
    }
  });

  it('are damaged when they are of another epoch or other sizes', async () => {
    await store();
    assert.equal((await load(params, 1)).outcome, 'damaged');
    assert.equal((await load({ ...params, cacheInitBytes: 2 ** 15 })).outcome, 'damaged');
    assert.equal((await load({ ...params, datasetInitBytes: 2 * CHUNK_BYTES })).outcome, 'damaged');
  });

  it('are damaged when their header is any other JSON', async () => {
    const path = await store();
    for (const header of ['null', '[]', '{}', '{"sha256":1}', '"text"', '12']) {
      const file = await open(path, 'r+');
      await file.write(header.padEnd(DATA_AT), 0);
      await file.close();
      assert.equal((await load()).outcome, 'damaged', header);
    }
  });

  it('are not there before they are whole, nor after they are given up', async () => {
    await rm(datasetPath(folder, params, 0), { force: true });
    const writer = await DatasetWriter.create(folder, params, 0);
    await writer.append(content.subarray(0, CHUNK_BYTES));
    assert.equal((await load()).outcome, 'absent');
    await writer.discard();
    assert.deepEqual(await readdir(folder), []);
  });

  it('stop being read when the reader gives up', async () => {
    await store();
    const gone = AbortSignal.abort(new Error('given up'));
    const reading = readDataset(datasetPath(folder, params, 0), params, 0, new Uint8Array(content.length), {
      signal: gone,
      onFraction: () => {},
    });
    await assert.rejects(reading, { message: 'given up' });
  });

  it('are swept when old, with what dead processes left, and nothing else is', async () => {
    const keep = [
      'ethash-files-4.dataset',
      'ethash-files-5.dataset',
      'ethash-other-0.dataset',
      'ethash-files-x.dataset',
      'notes',
    ];
    const mine = `ethash-files-6.dataset.${process.pid}-0.tmp`;
    // Past the largest process id of any system.
    const dead = 'ethash-files-6.dataset.4194999-0.tmp';
    await rename(await store(), join(folder, 'ethash-files-3.dataset'));
    for (const name of [...keep, mine, dead]) await writeFile(join(folder, name), '');
    await sweepDatasets(folder, params, 4);
    assert.deepEqual((await readdir(folder)).toSorted(), [...keep, mine].toSorted());
  });
});
