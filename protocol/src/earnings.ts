/** Deliveries added up by whatever one wants to see: what it was, who got it, which way it went. Pure. */

export interface Delivered {
  readonly bytes: number;
  /** What they were worth. */
  readonly wei: bigint;
}

/** One row for each key under which anything was delivered, what is worth most first. */
export function addUp<Row extends Delivered>(
  rows: readonly Row[],
  keyOf: (row: Row) => string,
): ({ readonly key: string } & Delivered)[] {
  const sums = new Map<string, { key: string; bytes: number; wei: bigint }>();
  for (const row of rows) {
    const key = keyOf(row);
    const { bytes, wei } = sums.get(key) ?? { bytes: 0, wei: 0n };
    sums.set(key, { key, bytes: bytes + row.bytes, wei: wei + row.wei });
  }
  return [...sums.values()].filter(({ bytes }) => bytes > 0).sort((a, b) => Number(b.wei - a.wei) || b.bytes - a.bytes);
}
