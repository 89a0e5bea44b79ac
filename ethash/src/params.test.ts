import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  cacheBytes,
  DEV_PARAMS,
  datasetBytes,
  epochFromSeed,
  epochOf,
  LAST_EPOCH,
  MAINNET_PARAMS,
  seedHash,
} from './params.ts';
import { fromHex, toHex, vectors } from './testing/vectors.ts';

describe('epochs', () => {
  it('have the published cache and dataset sizes', () => {
    for (const { epoch, ...sizes } of vectors.sizes) {
      assert.equal(cacheBytes(MAINNET_PARAMS, epoch), sizes.cacheBytes, `cache of epoch ${epoch}`);
      assert.equal(datasetBytes(MAINNET_PARAMS, epoch), sizes.datasetBytes, `dataset of epoch ${epoch}`);
    }
  });

  it('have the published seeds, and are found by them', () => {
    for (const { epoch, seed } of vectors.seeds) {
      assert.equal(toHex(seedHash(epoch)), seed);
      assert.equal(epochFromSeed(fromHex(seed)), epoch);
    }
    assert.equal(epochFromSeed(seedHash(LAST_EPOCH)), LAST_EPOCH);
    assert.equal(epochFromSeed(new Uint8Array(32).fill(7)), undefined);
    assert.equal(epochFromSeed(new Uint8Array(31)), undefined);
  });

  it('do not let a caller change a seed', () => {
    seedHash(1).fill(0);
    assert.equal(toHex(seedHash(1)), vectors.seeds[1]!.seed);
  });

  it('begin at their first block', () => {
    assert.equal(epochOf(MAINNET_PARAMS, { blockNumber: 0n }), 0);
    assert.equal(epochOf(MAINNET_PARAMS, { blockNumber: 29_999n }), 0);
    assert.equal(epochOf(MAINNET_PARAMS, { blockNumber: 30_000n }), 1);
    assert.equal(epochOf(MAINNET_PARAMS, { epoch: 3 }), 3);
  });

  it('do not exist before block 0, between integers or past the last', () => {
    const wrong = [
      { blockNumber: -1n },
      { epoch: -1 },
      { epoch: 0.5 },
      { epoch: Number.NaN },
      { epoch: LAST_EPOCH + 1 },
    ];
    for (const where of [...wrong, { blockNumber: 2n ** 64n }]) {
      assert.throws(() => epochOf(MAINNET_PARAMS, where), RangeError);
    }
  });

  it('of the dev profile are small and grow', () => {
    assert.equal(cacheBytes(DEV_PARAMS, 0), 251 * 64);
    assert.equal(datasetBytes(DEV_PARAMS, 0), 8191 * 128);
    assert.ok(datasetBytes(DEV_PARAMS, 1) > datasetBytes(DEV_PARAMS, 0));
    assert.ok(datasetBytes(DEV_PARAMS, LAST_EPOCH) < 2 ** 25);
  });

  it('refuse parameters that have no prime size', () => {
    assert.throws(() => cacheBytes({ ...DEV_PARAMS, cacheInitBytes: 100 }, 0), RangeError);
    assert.throws(() => cacheBytes({ ...DEV_PARAMS, cacheInitBytes: 128 }, 0), RangeError);
  });
});
