/**
 * The Ethash kernel: cache, dataset, search and single hashes over one linear memory that the host lays out.
 *
 * It never allocates, never calls out and never checks a pointer: src/kernel.ts is its only caller and owns the layout.
 * It owns five globals (where cache and dataset lie and how long they are). Everything else is in the memory it is given,
 * so that many threads may run it at once on one shared memory, each with a scratch area of its own.
 *
 * Why it is shaped like this. A hash is 64 dependent reads of random 128-byte rows from 1 GiB, so one nonce at a time is
 * bound by memory latency (55 kH/s). Here GROUP nonces advance together, and before each of the 64 steps a *touch burst*
 * reads one word of both cache lines of every row that the step needs and drops it: the processor runs ahead through
 * those independent loads, as it would through prefetches, which WebAssembly does not have. The FNV pass that follows
 * then finds its rows in the cache (750-830 kH/s). Dataset items are made the same way from their 256 parents.
 *
 * @see https://ethereum.org/en/developers/docs/consensus-mechanisms/pow/mining/mining-algorithms/ethash/
 */

import { keccakF } from './keccak';

const FNV_PRIME: u32 = 0x01000193;
/** Rounds of the memory-hard pass over the cache. The host loops over them. */
export const CACHE_ROUNDS: i32 = 3;
/** Cache items mixed into one dataset item. */
const DATASET_PARENTS: u32 = 256;
/** Dataset rows mixed into one hash. */
const ACCESSES: u32 = 64;

/** Nonces that advance together. Measured: 8/16/32/64/128/256 give 287/440/621/749/828/806 kH/s. */
const GROUP: u32 = 128;
/** Dataset items that are made together; the cache is smaller than the dataset, so fewer reads in flight suffice. */
const ITEM_GROUP: u32 = 128;
/** Touches per turn of the burst loop. Address lists are a whole number of turns long, and zero where unused. */
const TOUCH: u32 = 8;

// Scratch area of one thread, offsets in bytes.
/** 25 lanes of two states (or of one). */
const STATE: usize = 0;
/** Input: the 32-byte seal hash, or the seed of the cache. */
export const INPUT: usize = 512;
/** Output of the single hashes: 32 bytes each. */
export const MIX_HASH: usize = 576;
export const RESULT: usize = 608;
/** The row that a light hash makes. */
const ROW: usize = 1024;
/** One address (u32) for each member of a group. */
const ADDRESSES: usize = 2048;
/** 64 bytes for each nonce of a group: the hash of seal hash and nonce. */
const SEEDS: usize = 4096;
/** 128 bytes for each nonce of a group, or 64 for each dataset item. */
const MIXES: usize = SEEDS + <usize>GROUP * 64;
/** 32 bytes for each nonce of a group. */
const DIGESTS: usize = MIXES + <usize>GROUP * 128;
export const SCRATCH_BYTES: usize = DIGESTS + <usize>GROUP * 32;

let cache: usize = 0;
let cacheItems: u32 = 0;
let cacheInverse: u64 = 0;
let dataset: usize = 0;
let rows: u32 = 0;
let rowsInverse: u64 = 0;

/** Says where things lie. Call once per instance, and again when the epoch changes. Addresses are 64-byte aligned. */
export function configure(cacheAt: usize, cacheLength: u32, datasetAt: usize, datasetRows: u32): void {
  cache = cacheAt;
  cacheItems = cacheLength;
  cacheInverse = inverseOf(cacheLength);
  dataset = datasetAt;
  rows = datasetRows;
  rowsInverse = inverseOf(datasetRows);
}

@inline function inverseOf(n: u32): u64 {
  return n == 0 ? 0 : (<u64>1 << 32) / n;
}

/** x mod n by Barrett: the quotient from floor(2^32 / n) is at most one too small, for every u32 x and n < 2^31. */
@inline function modulo(x: u32, n: u32, inverse: u64): u32 {
  const rest = x - <u32>((<u64>x * inverse) >> 32) * n;
  return rest >= n ? rest - n : rest;
}

@inline function fnv(a: u32, b: u32): u32 {
  return (a * FNV_PRIME) ^ b;
}

/** mix = fnv(mix, data) on 16 words. `prime` is the FNV prime in all lanes: a local stays in a register. */
@inline function fnvItem(mix: usize, data: usize, prime: v128): void {
  v128.store(mix, v128.xor(i32x4.mul(v128.load(mix), prime), v128.load(data)));
  v128.store(mix, v128.xor(i32x4.mul(v128.load(mix, 16), prime), v128.load(data, 16)), 16);
  v128.store(mix, v128.xor(i32x4.mul(v128.load(mix, 32), prime), v128.load(data, 32)), 32);
  v128.store(mix, v128.xor(i32x4.mul(v128.load(mix, 48), prime), v128.load(data, 48)), 48);
}

/** The same on the 32 words of a row. */
@inline function fnvRow(mix: usize, data: usize, prime: v128): void {
  fnvItem(mix, data, prime);
  v128.store(mix, v128.xor(i32x4.mul(v128.load(mix, 64), prime), v128.load(data, 64)), 64);
  v128.store(mix, v128.xor(i32x4.mul(v128.load(mix, 80), prime), v128.load(data, 80)), 80);
  v128.store(mix, v128.xor(i32x4.mul(v128.load(mix, 96), prime), v128.load(data, 96)), 96);
  v128.store(mix, v128.xor(i32x4.mul(v128.load(mix, 112), prime), v128.load(data, 112)), 112);
}

/** Folds the 32 words of a mix into the 8 words of its digest. */
@inline function digest(mix: usize, out: usize): void {
  for (let word: usize = 0; word < 8; word++, mix += 16, out += 4) {
    store<u32>(out, fnv(fnv(fnv(load<u32>(mix), load<u32>(mix, 4)), load<u32>(mix, 8)), load<u32>(mix, 12)));
  }
}

/** Reads one word at each of the addresses [from, to) and drops it. See the header. */
@inline function touchLines(from: usize, to: usize): void {
  for (let at = from; at < to; at += TOUCH * 4) {
    load<u32>(<usize>load<u32>(at));
    load<u32>(<usize>load<u32>(at, 4));
    load<u32>(<usize>load<u32>(at, 8));
    load<u32>(<usize>load<u32>(at, 12));
    load<u32>(<usize>load<u32>(at, 16));
    load<u32>(<usize>load<u32>(at, 20));
    load<u32>(<usize>load<u32>(at, 24));
    load<u32>(<usize>load<u32>(at, 28));
  }
}

@inline function touchRow(at: usize): void {
  load<u32>(at);
  load<u32>(at, 64);
}

/** The same for rows, which span two cache lines; touching one of them only gives 293 kH/s. */
@inline function touchRows(from: usize, to: usize): void {
  for (let at = from; at < to; at += TOUCH * 4) {
    touchRow(<usize>load<u32>(at));
    touchRow(<usize>load<u32>(at, 4));
    touchRow(<usize>load<u32>(at, 8));
    touchRow(<usize>load<u32>(at, 12));
    touchRow(<usize>load<u32>(at, 16));
    touchRow(<usize>load<u32>(at, 20));
    touchRow(<usize>load<u32>(at, 24));
    touchRow(<usize>load<u32>(at, 28));
  }
}

@inline function splat<T>(value: u64): T {
  if (isVector<T>()) return i64x2.splat(value);
  else return value;
}

/** Pads a message of `length` lanes to a rate of `rate` lanes (original Keccak padding), clears the rest, permutes. */
@inline function absorb<T>(state: usize, length: usize, rate: usize): void {
  for (let lane = length; lane < 25; lane++) store<T>(state + lane * sizeof<T>(), splat<T>(0));
  const last = length == rate - 1;
  store<T>(state + length * sizeof<T>(), splat<T>(last ? 0x8000000000000001 : 1));
  if (!last) store<T>(state + (rate - 1) * sizeof<T>(), splat<T>(0x8000000000000000));
  keccakF<T>(state);
}

/** Keccak-512 has a rate of 9 lanes, Keccak-256 one of 17. */
@inline function keccak512<T>(state: usize, length: usize): void {
  absorb<T>(state, length, 9);
}
@inline function keccak256<T>(state: usize, length: usize): void {
  absorb<T>(state, length, 17);
}

/** Two messages of `bytes` (a multiple of 16) → lane-interleaved, as keccakF<v128> wants them. */
@inline function interleave(state: usize, a: usize, b: usize, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += 16, state += 32) {
    const x = v128.load(a + at), y = v128.load(b + at);
    v128.store(state, i64x2.shuffle(x, y, 0, 2));
    v128.store(state, i64x2.shuffle(x, y, 1, 3), 16);
  }
}

@inline function deinterleave(state: usize, a: usize, b: usize, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += 16, state += 32) {
    const x = v128.load(state), y = v128.load(state, 16);
    v128.store(a + at, i64x2.shuffle(x, y, 0, 2));
    v128.store(b + at, i64x2.shuffle(x, y, 1, 3));
  }
}

/** Keccak-512 of two items, in place. */
function hashItems(state: usize, a: usize, b: usize): void {
  interleave(state, a, b, 64);
  keccak512<v128>(state, 8);
  deinterleave(state, a, b, 64);
}

/** Fills cache items [from, to) with the hash chain that starts at the seed in INPUT. Ranges in rising order. */
export function fillCache(scratch: usize, from: u32, to: u32): void {
  const state = scratch + STATE;
  for (let i = from; i < to; i++) {
    const item = cache + (<usize>i << 6);
    if (i == 0) {
      memory.copy(state, scratch + INPUT, 32);
      keccak512<u64>(state, 4);
    } else {
      memory.copy(state, item - 64, 64);
      keccak512<u64>(state, 8);
    }
    memory.copy(item, state, 64);
  }
}

/** One round of the memory-hard pass over cache items [from, to). Ranges in rising order, rounds one after another. */
export function mixCache(scratch: usize, from: u32, to: u32): void {
  const state = scratch + STATE;
  for (let i = from; i < to; i++) {
    const item = cache + (<usize>i << 6);
    const before = i == 0 ? cache + (<usize>(cacheItems - 1) << 6) : item - 64;
    const other = cache + (<usize>(load<u32>(item) % cacheItems) << 6);
    for (let at: usize = 0; at < 64; at += 16) {
      v128.store(state + at, v128.xor(v128.load(before + at), v128.load(other + at)));
    }
    keccak512<u64>(state, 8);
    memory.copy(item, state, 64);
  }
}

/** First step of dataset items `i` and `i + 1` at `mix`: their cache items, numbered and hashed. */
@inline function beginItems(state: usize, mix: usize, i: u32): void {
  memory.copy(mix, cache + (<usize>modulo(i, cacheItems, cacheInverse) << 6), 64);
  memory.copy(mix + 64, cache + (<usize>modulo(i + 1, cacheItems, cacheInverse) << 6), 64);
  store<u32>(mix, load<u32>(mix) ^ i);
  store<u32>(mix, load<u32>(mix, 64) ^ (i + 1), 64);
  hashItems(state, mix, mix + 64);
}

/** Address of parent `j` of dataset item `i`, whose mix so far lies at `mix`. */
@inline function parentOf(i: u32, j: u32, mix: usize, base: usize, length: u32, inverse: u64): usize {
  const word = load<u32>(mix + ((j & 15) << 2));
  return base + (<usize>modulo(fnv(i ^ j, word), length, inverse) << 6);
}

/** Makes dataset items [from, to), an even number of them, at `out`. */
export function makeItems(scratch: usize, out: usize, from: u32, to: u32): void {
  const state = scratch + STATE, addresses = scratch + ADDRESSES, mixes = scratch + MIXES;
  const base = cache, length = cacheItems, inverse = cacheInverse;
  const prime = i32x4.splat(FNV_PRIME);
  for (let first = from; first < to; first += ITEM_GROUP) {
    const members = min(ITEM_GROUP, to - first);
    const mixesEnd = mixes + (<usize>members << 6), addressesEnd = addresses + (<usize>members << 2);
    let i = first, address = addresses;
    for (let mix = mixes; mix < mixesEnd; mix += 128, i += 2, address += 8) {
      beginItems(state, mix, i);
      store<u32>(address, <u32>parentOf(i, 0, mix, base, length, inverse));
      store<u32>(address, <u32>parentOf(i + 1, 0, mix + 64, base, length, inverse), 4);
    }
    for (let j: u32 = 1; j <= DATASET_PARENTS; j++) {
      touchLines(addresses, addressesEnd);
      i = first;
      address = addresses;
      for (let mix = mixes; mix < mixesEnd; mix += 64, i++, address += 4) {
        fnvItem(mix, <usize>load<u32>(address), prime);
        store<u32>(address, <u32>parentOf(i, j, mix, base, length, inverse));
      }
    }
    for (let mix = mixes; mix < mixesEnd; mix += 128, out += 128) {
      hashItems(state, mix, mix + 64);
      memory.copy(out, mix, 128);
    }
  }
}

/** Makes one row, items `2 row` and `2 row + 1`, at `out`: two dependent chains side by side. */
function makeRow(state: usize, out: usize, row: u32): void {
  const base = cache, length = cacheItems, inverse = cacheInverse;
  const prime = i32x4.splat(FNV_PRIME);
  const i = row << 1;
  beginItems(state, out, i);
  for (let j: u32 = 0; j < DATASET_PARENTS; j++) {
    const parent = parentOf(i, j, out, base, length, inverse);
    const parentOfNext = parentOf(i + 1, j, out + 64, base, length, inverse);
    fnvItem(out, parent, prime);
    fnvItem(out + 64, parentOfNext, prime);
  }
  hashItems(state, out, out + 64);
}

/** The row that step `step` reads for the nonce with this seed and mix. */
@inline function rowOf(step: u32, seed: usize, mix: usize, length: u32, inverse: u64): u32 {
  const word = load<u32>(mix + ((step & 31) << 2));
  return modulo(fnv(step ^ load<u32>(seed), word), length, inverse);
}

/** Seeds and mixes of `members` nonces from `nonce`, made in pairs: seed = Keccak-512(seal hash, nonce), mix = seed twice. */
@inline function beginNonces(scratch: usize, nonce: u64, members: u32): void {
  const state = scratch + STATE, input = scratch + INPUT;
  let seed = scratch + SEEDS, mix = scratch + MIXES;
  const mixesEnd = mix + (<usize>members << 7);
  for (; mix < mixesEnd; mix += 256, seed += 128, nonce += 2) {
    v128.store(state, v128.load64_splat(input));
    v128.store(state, v128.load64_splat(input, 8), 16);
    v128.store(state, v128.load64_splat(input, 16), 32);
    v128.store(state, v128.load64_splat(input, 24), 48);
    v128.store(state, i64x2.replace_lane(i64x2.splat(nonce), 1, nonce + 1), 64);
    keccak512<v128>(state, 5);
    deinterleave(state, seed, seed + 64, 64);
    memory.copy(mix, seed, 64);
    memory.copy(mix + 64, seed, 64);
    memory.copy(mix + 128, seed + 64, 64);
    memory.copy(mix + 192, seed + 64, 64);
  }
}

/** The 64 steps of `members` nonces. */
@inline function mixNonces(scratch: usize, members: u32): void {
  const seeds = scratch + SEEDS, mixes = scratch + MIXES, addresses = scratch + ADDRESSES;
  const mixesEnd = mixes + (<usize>members << 7), addressesEnd = addresses + (<usize>members << 2);
  const base = dataset, length = rows, inverse = rowsInverse;
  const prime = i32x4.splat(FNV_PRIME);
  let seed = seeds, address = addresses;
  for (let mix = mixes; mix < mixesEnd; mix += 128, seed += 64, address += 4) {
    store<u32>(address, <u32>base + (rowOf(0, seed, mix, length, inverse) << 7));
  }
  for (let step: u32 = 1; step <= ACCESSES; step++) {
    touchRows(addresses, addressesEnd);
    seed = seeds;
    address = addresses;
    for (let mix = mixes; mix < mixesEnd; mix += 128, seed += 64, address += 4) {
      fnvRow(mix, <usize>load<u32>(address), prime);
      store<u32>(address, <u32>base + (rowOf(step, seed, mix, length, inverse) << 7));
    }
  }
}

/** Hashes what `mixNonces` left, in pairs; the first member whose top 64 bits are within `target`, or -1. */
@inline function judgeNonces(scratch: usize, members: u32, target: u64): i32 {
  const state = scratch + STATE;
  let seed = scratch + SEEDS, mix = scratch + MIXES, sum = scratch + DIGESTS;
  for (let member: u32 = 0; member < members; member += 2, seed += 128, mix += 256, sum += 64) {
    digest(mix, sum);
    digest(mix + 128, sum + 32);
    interleave(state, seed, seed + 64, 64);
    interleave(state + 128, sum, sum + 32, 32);
    keccak256<v128>(state, 12);
    if (bswap<u64>(load<u64>(state)) <= target) return member;
    if (bswap<u64>(load<u64>(state, 8)) <= target && member + 1 < members) return member + 1;
  }
  return -1;
}

/**
 * Tries `count` nonces from `nonce` on, wrapping at 2^64. Answers the offset of the first whose hash has top 64
 * bits <= target, or -1. The host confirms a find on all 256 bits with `hashFull`, and goes on after it if it fails.
 */
export function search(scratch: usize, nonce: u64, count: u32, target: u64): i32 {
  for (let done: u32 = 0; done < count; done += GROUP) {
    const members = min(GROUP, count - done);
    beginNonces(scratch, nonce + done, members);
    mixNonces(scratch, members);
    const found = judgeNonces(scratch, members, target);
    if (found >= 0) return <i32>done + found;
  }
  return -1;
}

/** Hash of one nonce into MIX_HASH and RESULT, rows read from the dataset or made from the cache. */
@inline function hash(scratch: usize, nonce: u64, light: bool): void {
  const state = scratch + STATE, seed = scratch + SEEDS, mix = scratch + MIXES;
  const prime = i32x4.splat(FNV_PRIME);
  memory.copy(state, scratch + INPUT, 32);
  store<u64>(state, nonce, 32);
  keccak512<u64>(state, 5);
  memory.copy(seed, state, 64);
  memory.copy(mix, seed, 64);
  memory.copy(mix + 64, seed, 64);
  for (let step: u32 = 0; step < ACCESSES; step++) {
    const row = rowOf(step, seed, mix, rows, rowsInverse);
    if (light) {
      makeRow(state, scratch + ROW, row);
      fnvRow(mix, scratch + ROW, prime);
    } else {
      fnvRow(mix, dataset + (<usize>row << 7), prime);
    }
  }
  digest(mix, scratch + MIX_HASH);
  memory.copy(state, seed, 64);
  memory.copy(state + 64, scratch + MIX_HASH, 32);
  keccak256<u64>(state, 12);
  memory.copy(scratch + RESULT, state, 32);
}

export function hashFull(scratch: usize, nonce: u64): void {
  hash(scratch, nonce, false);
}

/** Needs the cache only: `datasetRows` was configured, but no dataset has to lie in memory. */
export function hashLight(scratch: usize, nonce: u64): void {
  hash(scratch, nonce, true);
}
