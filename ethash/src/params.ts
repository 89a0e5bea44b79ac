/**
 * Epochs: which cache and dataset belong to which block, how large they are and from which seed they grow.
 * Pure arithmetic of the Ethash specification. Never allocates a cache; owns only a memo of epoch seeds.
 * @see https://ethereum.org/en/developers/docs/consensus-mechanisms/pow/mining/mining-algorithms/ethash/
 */

import { keccak_256 } from '@noble/hashes/sha3.js';
import type { EpochRef, EthashParams } from './types.ts';

/** Bytes of a cache or dataset item, a Keccak-512 output. HASH_BYTES in the specification. */
export const ITEM_BYTES = 64;
/** Bytes of a dataset row, the unit that the search reads: two items. MIX_BYTES in the specification. */
export const ROW_BYTES = 128;

/** Ethereum's own parameters, before the merge. The full profile: a cache of 16 MiB and a dataset of 1 GiB, growing. */
export const MAINNET_PARAMS: EthashParams = {
  name: 'mainnet',
  epochBlocks: 30_000,
  cacheInitBytes: 2 ** 24,
  cacheGrowthBytes: 2 ** 17,
  datasetInitBytes: 2 ** 30,
  datasetGrowthBytes: 2 ** 23,
};

/**
 * The dev profile: every size of mainnet divided by 1,024, so a cache of 16 KiB and a dataset of 1 MiB that is built in
 * well under a second on one thread. Small enough for tests to make anew each time, large enough that a row is still
 * picked among 8,191. It runs the same code; its seals mean nothing under any other parameters.
 */
export const DEV_PARAMS: EthashParams = {
  name: 'dev',
  epochBlocks: 30_000,
  cacheInitBytes: 2 ** 14,
  cacheGrowthBytes: 2 ** 7,
  datasetInitBytes: 2 ** 20,
  datasetGrowthBytes: 2 ** 13,
};

/**
 * The last epoch that is served: seeds are found by hashing up from epoch 0, and a stranger's block number must not buy
 * unbounded work. 2,047 is also where the specification's size tables end (61 million blocks).
 */
export const LAST_EPOCH = 2047;

/** The epoch of a block or reference. @throws RangeError when negative, fractional or past LAST_EPOCH. */
export function epochOf(params: EthashParams, where: EpochRef): number {
  const epoch = 'epoch' in where ? where.epoch : Number(where.blockNumber / BigInt(params.epochBlocks));
  const negative = 'blockNumber' in where && where.blockNumber < 0n;
  if (negative || !Number.isInteger(epoch) || epoch < 0 || epoch > LAST_EPOCH) {
    throw new RangeError(`There is no Ethash epoch ${negative ? 'before block 0' : epoch}.`);
  }
  return epoch;
}

/** Bytes of an epoch's cache: the largest prime number of items below the nominal size. */
export function cacheBytes(params: EthashParams, epoch: number): number {
  return primeUnits(params.cacheInitBytes + params.cacheGrowthBytes * epoch, ITEM_BYTES);
}

/** Bytes of an epoch's dataset: the largest prime number of rows below the nominal size. */
export function datasetBytes(params: EthashParams, epoch: number): number {
  return primeUnits(params.datasetInitBytes + params.datasetGrowthBytes * epoch, ROW_BYTES);
}

const seeds: Uint8Array[] = [new Uint8Array(32)];

/** The 32-byte seed of an epoch: zeros, hashed with Keccak-256 once per epoch. The same for all parameters. */
export function seedHash(epoch: number): Uint8Array {
  while (seeds.length <= epoch) seeds.push(keccak_256(seeds[seeds.length - 1]!));
  return seeds[epoch]!.slice();
}

/** The epoch whose seed this is, or undefined for a seed of none up to LAST_EPOCH. What a getWork miner needs. */
export function epochFromSeed(seed: Uint8Array): number | undefined {
  if (seed.length !== 32) return undefined;
  for (let epoch = 0; epoch <= LAST_EPOCH; epoch++) {
    if (seedHash(epoch).every((byte, i) => byte === seed[i])) return epoch;
  }
  return undefined;
}

/** The largest `count * unitBytes` below `nominalBytes` with `count` an odd prime. @throws RangeError when there is none. */
function primeUnits(nominalBytes: number, unitBytes: number): number {
  let count = nominalBytes / unitBytes - 1;
  if (!Number.isInteger(count) || count % 2 === 0) {
    throw new RangeError(`Ethash sizes are even multiples of ${unitBytes} bytes, not ${nominalBytes}.`);
  }
  while (!isPrime(count)) {
    count -= 2;
    if (count < 3) throw new RangeError(`An Ethash size of ${nominalBytes} bytes is too small.`);
  }
  return count * unitBytes;
}

/** Trial division: counts stay below 2^28, so at most 8,192 odd divisors. */
function isPrime(n: number): boolean {
  if (n < 2 || n % 2 === 0) return n === 2;
  for (let divisor = 3; divisor * divisor <= n; divisor += 2) if (n % divisor === 0) return false;
  return true;
}
