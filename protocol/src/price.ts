/** The one place where bytes become wei, and back. Pure; it needs nothing, so that a page's first load can have it. */

/** Prices are per mebibyte. */
export const BYTES_PER_MIB = 1n << 20n;

/**
 * Price of a running total of bytes, wei, rounded up. Always call it with the total, never with a difference: rounding
 * then costs at most 1 wei in all.
 */
export function costWei(totalBytes: number | bigint, weiPerMiB: bigint): bigint {
  const bytes = BigInt(totalBytes);
  return (bytes * weiPerMiB + BYTES_PER_MIB - 1n) / BYTES_PER_MIB;
}

/** Most bytes whose running total costs at most `wei`; a price of zero buys everything. */
export function bytesFor(wei: bigint, weiPerMiB: bigint): bigint {
  return weiPerMiB === 0n ? BigInt(Number.MAX_SAFE_INTEGER) : (wei * BYTES_PER_MIB) / weiPerMiB;
}
