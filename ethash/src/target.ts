/**
 * Difficulty and its boundary, on all 256 bits. Pure; the kernel compares only the top 64 bits and what it finds is
 * judged again here.
 */

const HASH_SPACE = 1n << 256n;

/**
 * The largest hash that satisfies `difficulty`: floor(2^256 / difficulty). For difficulty 1 this is 2^256, which every
 * hash satisfies.
 * @throws RangeError when the difficulty is not positive.
 */
export function targetFromDifficulty(difficulty: bigint): bigint {
  if (difficulty <= 0n) throw new RangeError('A difficulty is at least 1.');
  return HASH_SPACE / difficulty;
}

/** True when a 32-byte hash, read big-endian, does not exceed the target. */
export function meetsTarget(hash: Uint8Array, target: bigint): boolean {
  return bytesToUint(hash) <= target;
}

/** Big-endian bytes → unsigned integer. */
export function bytesToUint(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return value;
}

/** Nonce → the 8 big-endian bytes of a header. Wraps modulo 2^64. */
export function nonceToBytes(nonce: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, nonce));
  return bytes;
}
