/**
 * Ethash written for reading, straight from the specification, on number arrays. Used by tests to judge the kernel, and by
 * nothing else: it is a thousand times slower. It shares no code with the kernel but the Keccak of @noble/hashes.
 * @see https://ethereum.org/en/developers/docs/consensus-mechanisms/pow/mining/mining-algorithms/ethash/
 */

import { keccak_256, keccak_512 } from '@noble/hashes/sha3.js';
import type { HashimotoResult } from '../types.ts';

/** 16 words: one item of a cache or dataset. */
type Item = number[];

/** The cache of `itemCount` items from a 32-byte seed. `mkcache` in the specification. */
export function referenceCache(itemCount: number, seed: Uint8Array): Item[] {
  const cache = [keccak512(seed)];
  while (cache.length < itemCount) cache.push(keccak512(toBytes(cache[cache.length - 1]!)));
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < itemCount; i++) {
      const before = cache[(i - 1 + itemCount) % itemCount]!;
      const other = cache[cache[i]![0]! % itemCount]!;
      cache[i] = keccak512(toBytes(before.map((word, w) => (word ^ other[w]!) >>> 0)));
    }
  }
  return cache;
}

/** Item `i` of the dataset. `calc_dataset_item` in the specification. */
export function referenceDatasetItem(cache: Item[], i: number): Item {
  let mix = [...cache[i % cache.length]!];
  mix[0] = (mix[0]! ^ i) >>> 0;
  mix = keccak512(toBytes(mix));
  for (let j = 0; j < 256; j++) {
    const parent = cache[fnv((i ^ j) >>> 0, mix[j % 16]!) % cache.length]!;
    mix = mix.map((word, w) => fnv(word, parent[w]!));
  }
  return keccak512(toBytes(mix));
}

/** The hash of one nonce over a dataset of `rowCount` rows of two items. `hashimoto` in the specification. */
export function referenceHashimoto(
  cache: Item[],
  rowCount: number,
  sealHash: Uint8Array,
  nonce: bigint,
): HashimotoResult {
  const nonceBytes = new Uint8Array(8);
  new DataView(nonceBytes.buffer).setBigUint64(0, nonce, true);
  const seed = keccak512(new Uint8Array([...sealHash, ...nonceBytes]));
  let mix = [...seed, ...seed];
  for (let i = 0; i < 64; i++) {
    const row = fnv((i ^ seed[0]!) >>> 0, mix[i % 32]!) % rowCount;
    const data = [...referenceDatasetItem(cache, 2 * row), ...referenceDatasetItem(cache, 2 * row + 1)];
    mix = mix.map((word, w) => fnv(word, data[w]!));
  }
  const digest: number[] = [];
  for (let w = 0; w < 32; w += 4) digest.push(fnv(fnv(fnv(mix[w]!, mix[w + 1]!), mix[w + 2]!), mix[w + 3]!));
  const mixHash = toBytes(digest);
  return { mixHash, result: keccak_256(new Uint8Array([...toBytes(seed), ...mixHash])) };
}

/** Words → little-endian bytes. */
export function toBytes(words: number[]): Uint8Array {
  const bytes = new Uint8Array(words.length * 4);
  const view = new DataView(bytes.buffer);
  words.forEach((word, w) => {
    view.setUint32(w * 4, word, true);
  });
  return bytes;
}

function fnv(a: number, b: number): number {
  return (Math.imul(a, 0x01000193) ^ b) >>> 0;
}

function keccak512(bytes: Uint8Array): Item {
  const hash = keccak_512(bytes);
  const view = new DataView(hash.buffer, hash.byteOffset, hash.length);
  return Array.from({ length: 16 }, (_, w) => view.getUint32(w * 4, true));
}
