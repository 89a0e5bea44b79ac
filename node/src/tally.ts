/**
 * How much went out by which way: bytes that were delivered, by content, protocol and price. For the owner to look at; no money
 * depends on it, so what a kill -9 forgets is only not shown. Owns the table of these sums.
 */
import { costWei } from '@chiral/protocol/payment';
import type { ProtocolName, Uplink } from './ports.ts';
import { type Database, transaction } from './sql.ts';

/** Longest that a sum stays in memory only, milliseconds. */
const FLUSH_MS = 1_000;

const MIGRATIONS = [
  `CREATE TABLE tally (
     cid TEXT NOT NULL, protocol TEXT NOT NULL, wei_per_mib TEXT NOT NULL, bytes INTEGER NOT NULL,
     PRIMARY KEY (cid, protocol, wei_per_mib)
   ) STRICT;`,
];

export interface TallyRow {
  readonly cid: string;
  readonly protocol: ProtocolName;
  readonly bytes: number;
  /** What those bytes cost, wei. */
  readonly wei: bigint;
}

export interface Tally {
  /** `uplink`, with what leaves by it counted for `protocol`. */
  counting(uplink: Uplink, protocol: ProtocolName): Uplink;
  rows(): TallyRow[];
  close(): void;
}

interface Sum {
  readonly cid: string;
  readonly protocol: ProtocolName;
  readonly weiPerMiB: bigint;
  bytes: number;
  isDirty: boolean;
}

/** @param options.priceOf a content here, wei per MiB */
export function createTally(options: { db: Database; priceOf(cid: string): bigint }): Tally {
  const { db, priceOf } = options;
  db.migrate('tally', MIGRATIONS);
  const save = db.connection.prepare(
    'INSERT OR REPLACE INTO tally (cid, protocol, wei_per_mib, bytes) VALUES (?, ?, ?, ?)',
  );
  const sums = new Map<string, Sum>();
  const sumOf = (cid: string, protocol: ProtocolName, weiPerMiB: bigint): Sum => {
    const key = `${cid} ${protocol} ${weiPerMiB}`;
    const known = sums.get(key);
    if (known) return known;
    const sum = { cid, protocol, weiPerMiB, bytes: 0, isDirty: false };
    sums.set(key, sum);
    return sum;
  };
  for (const row of db.connection.prepare('SELECT * FROM tally').all())
    sumOf(String(row.cid), row.protocol as ProtocolName, BigInt(String(row.wei_per_mib))).bytes = Number(row.bytes);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isClosed = false;

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    transaction(db.connection, () => {
      for (const sum of sums.values()) {
        if (!sum.isDirty) continue;
        save.run(sum.cid, sum.protocol, `${sum.weiPerMiB}`, sum.bytes);
        sum.isDirty = false;
      }
    });
  }

  return {
    counting: (uplink, protocol) => ({
      async read(peer, cid, chunk, range, into) {
        const data = await uplink.read(peer, cid, chunk, range, into);
        const sum = sumOf(cid, protocol, priceOf(cid));
        sum.bytes += data.length;
        sum.isDirty = true;
        if (!isClosed) timer ??= setTimeout(flush, FLUSH_MS);
        return data;
      },
    }),
    rows: () =>
      [...sums.values()].map(({ cid, protocol, weiPerMiB, bytes }) => ({
        cid,
        protocol,
        bytes,
        wei: costWei(bytes, weiPerMiB),
      })),
    close() {
      isClosed = true;
      flush();
    },
  };
}
