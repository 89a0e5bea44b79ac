import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { keccak_256 } from '@noble/hashes/sha3.js';
import fc from 'fast-check';
import { Kernel, type Layout, layOut } from './kernel.ts';
import { MAINNET_PARAMS, seedHash } from './params.ts';
import { bytesToUint } from './target.ts';
import { referenceCache, referenceDatasetItem, referenceHashimoto, toBytes } from './testing/reference.ts';
import { fromHex, toHex, vectors } from './testing/vectors.ts';
import { createMemory } from './wasm.ts';

/** A kernel with any number of cache items and rows, prime or not, with its whole dataset in memory. */
function tinyKernel(cacheItems: number, rows: number) {
  const cacheAt = 2 * 65_536;
  const datasetAt = cacheAt + Math.ceil((cacheItems * 64) / 65_536) * 65_536;
  const layout: Layout = {
    epoch: 0,
    scratchAt: 65_536,
    cacheAt,
    cacheBytes: cacheItems * 64,
    datasetAt,
    datasetBytes: rows * 128,
    totalBytes: datasetAt + rows * 128,
  };
  const memory = createMemory(layout.totalBytes, layout.totalBytes);
  const view = (at: number, length: number) => Uint8Array.from(new Uint8Array(memory.buffer, at, length));
  return {
    kernel: new Kernel(memory, layout),
    cache: () => view(cacheAt, cacheItems * 64),
    fillCache: (item: Uint8Array) => {
      for (let i = 0; i < cacheItems; i++) new Uint8Array(memory.buffer).set(item, cacheAt + i * 64);
    },
    item: (i: number) => view(datasetAt + i * 64, 64),
    dataset: () => view(datasetAt, rows * 128),
  };
}

function makeCache(kernel: Kernel, seed: Uint8Array): number[] {
  return [...kernel.makeCache(seed)];
}

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });

describe('the kernel, judged by public vectors', () => {
  it('makes the small cache, dataset and hash of go-ethereum', () => {
    const { cacheItems, datasetRows, ...want } = vectors.smallCache;
    const { kernel, cache, item } = tinyKernel(cacheItems, datasetRows);
    makeCache(kernel, seedHash(0));
    assert.equal(toHex(cache().subarray(0, 64)), want.first);
    assert.equal(toHex(cache().subarray(-64)), want.last);
    kernel.makeItems(0, 2 * datasetRows);
    assert.equal(toHex(item(0)), want.datasetFirst);
    for (const hash of [kernel.hashFull, kernel.hashLight]) {
      const { mixHash, result } = hash.call(kernel, fromHex(want.sealHash), bytesToUint(fromHex(want.nonce)));
      assert.equal(toHex(mixHash), want.mixHash);
      assert.equal(toHex(result), want.result);
    }
  });

  it('makes the items of a cache that repeats one item', () => {
    const { item: repeated, datasetItems } = vectors.repeatedCache;
    const { kernel, fillCache, item } = tinyKernel(16, 1);
    fillCache(fromHex(repeated));
    for (const want of datasetItems) {
      const even = want.index - (want.index % 2);
      kernel.makeItems(even, even + 2, 0);
      assert.equal(toHex(item(want.index % 2)), want.item, `item ${want.index}`);
    }
  });

  it('finds what chfast/ethash finds', () => {
    for (const want of vectors.repeatedCache.search) {
      const { kernel, fillCache } = tinyKernel(16, want.datasetRows);
      fillCache(fromHex(vectors.repeatedCache.item));
      kernel.makeItems(0, 2 * want.datasetRows);
      const sealHash = fromHex(want.sealHash);
      const found = kernel.search(sealHash, BigInt(want.from), want.count, bytesToUint(fromHex(want.target)));
      assert.equal(found, want.nonce === null ? undefined : want.nonce - want.from);
      if (want.nonce === null || !('result' in want)) continue;
      const { mixHash, result } = kernel.hashFull(sealHash, BigInt(want.nonce));
      assert.equal(toHex(mixHash), want.mixHash);
      assert.equal(toHex(result), want.result);
    }
  });

  it('makes the cache of epoch 0, whole and in slices', () => {
    const layout = layOut(MAINNET_PARAMS, 0, 1, 'none');
    const memory = createMemory(layout.totalBytes, layout.totalBytes);
    const fractions = makeCache(new Kernel(memory, layout), seedHash(0));
    const cache = Uint8Array.from(new Uint8Array(memory.buffer, layout.cacheAt, layout.cacheBytes));
    assert.equal(toHex(keccak_256(cache)), vectors.caches[0]!.keccak256);
    assert.ok(fractions.length > 50);
    assert.deepEqual(
      fractions,
      fractions.toSorted((a, b) => a - b),
    );
    assert.equal(fractions.at(-1), 1);
  });
});

describe('the kernel, judged by the readable implementation', () => {
  it('makes the same cache, dataset and hashes', () => {
    const sizes = fc.record({ cacheItems: fc.integer({ min: 1, max: 40 }), rows: fc.integer({ min: 1, max: 70 }) });
    fc.assert(
      fc.property(sizes, bytes32, bytes32, u64, ({ cacheItems, rows }, seed, sealHash, nonce) => {
        const { kernel, cache, dataset } = tinyKernel(cacheItems, rows);
        makeCache(kernel, seed);
        const reference = referenceCache(cacheItems, seed);
        assert.deepEqual(cache(), join(reference.map(toBytes)));
        kernel.makeItems(0, 2 * rows);
        assert.deepEqual(
          dataset(),
          join(Array.from({ length: 2 * rows }, (_, i) => toBytes(referenceDatasetItem(reference, i)))),
        );
        const want = referenceHashimoto(reference, rows, sealHash, nonce);
        assert.deepEqual(kernel.hashFull(sealHash, nonce), want);
        assert.deepEqual(kernel.hashLight(sealHash, nonce), want);
      }),
      { numRuns: 12 },
    );
  });

  it('makes the same items wherever a range is cut', () => {
    const { kernel, dataset } = tinyKernel(101, 331);
    makeCache(kernel, seedHash(5));
    kernel.makeItems(0, 662);
    const whole = dataset();
    const cuts = fc.uniqueArray(fc.integer({ min: 1, max: 330 }), { maxLength: 6 });
    fc.assert(
      fc.property(cuts, (rows) => {
        const edges = [0, ...rows.toSorted((a, b) => a - b), 331];
        for (let i = 1; i < edges.length; i++) kernel.makeItems(2 * edges[i - 1]!, 2 * edges[i]!);
        assert.deepEqual(dataset(), whole);
      }),
      { numRuns: 20 },
    );
  });

  it('finds the first nonce whose top 64 bits fit, in any range, also across 2^64', () => {
    const { kernel } = tinyKernel(61, 509);
    makeCache(kernel, seedHash(1));
    kernel.makeItems(0, 1018);
    const starts = fc.oneof(u64, fc.bigInt({ min: 2n ** 64n - 300n, max: 2n ** 64n - 1n }));
    const counts = fc.integer({ min: 1, max: 400 });
    fc.assert(
      fc.property(bytes32, starts, counts, fc.integer({ min: 1, max: 1000 }), (sealHash, start, count, difficulty) => {
        const target = 2n ** 256n / BigInt(difficulty);
        let want: number | undefined;
        for (let i = 0; i < count && want === undefined; i++) {
          const { result } = kernel.hashFull(sealHash, BigInt.asUintN(64, start + BigInt(i)));
          if (bytesToUint(result) >> 192n <= target >> 192n) want = i;
        }
        assert.equal(kernel.search(sealHash, start, count, target), want);
      }),
      { numRuns: 60 },
    );
  });
});

describe('the layout', () => {
  it('keeps every part apart and inside the memory', () => {
    const layout = layOut(MAINNET_PARAMS, 3, 8, 'all');
    assert.ok(layout.scratchAt + 8 * 65_536 <= layout.cacheAt);
    assert.ok(layout.cacheAt + layout.cacheBytes <= layout.datasetAt);
    assert.equal(layout.datasetAt + layout.datasetBytes, layout.totalBytes);
    assert.equal(layout.cacheAt % 64, 0);
    assert.equal(layout.datasetAt % 128, 0);
  });

  it('refuses a dataset that wasm32 cannot address, and only that', () => {
    assert.ok(layOut(MAINNET_PARAMS, 370, 16, 'all').totalBytes < 2 ** 32);
    assert.throws(() => layOut(MAINNET_PARAMS, 380, 1, 'all'), RangeError);
    assert.ok(layOut(MAINNET_PARAMS, 2047, 1, 'none').totalBytes < 2 ** 29);
  });
});

function join(parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}
