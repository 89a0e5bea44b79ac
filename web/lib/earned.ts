/** Sales of this tab, added up by whatever one wants to see. Pure. */
import type { Sale } from './engine/types.ts';

/** One row for each key, what is worth most first. */
export function addUp(
  sales: readonly Sale[],
  keyOf: (sale: Sale) => string,
): { key: string; bytes: number; wei: bigint }[] {
  const sums = new Map<string, { key: string; bytes: number; wei: bigint }>();
  for (const sale of sales) {
    const key = keyOf(sale);
    const { bytes, wei } = sums.get(key) ?? { bytes: 0, wei: 0n };
    sums.set(key, { key, bytes: bytes + sale.bytes, wei: wei + sale.wei });
  }
  return [...sums.values()].sort((a, b) => Number(b.wei - a.wei) || b.bytes - a.bytes);
}
