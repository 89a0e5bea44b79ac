/**
 * History of the wallet: every transaction to or from it, found by reading blocks. Remembers how far it has read, and
 * takes back what it read when the chain reorganises. Owns the tables `wallet_transaction` and `history_block`.
 */
import { AppError } from '@chiral/protocol/errors';
import { type Database, transaction } from '../db.ts';

const MIGRATIONS = [
  `CREATE TABLE wallet_transaction (
     hash TEXT PRIMARY KEY, block_number INTEGER NOT NULL, sender TEXT NOT NULL, recipient TEXT, wei TEXT NOT NULL
   ) STRICT;
   CREATE TABLE history_block (number INTEGER PRIMARY KEY, hash TEXT NOT NULL) STRICT;`,
];
/** Blocks whose hashes are kept to notice a reorganisation. */
const REMEMBERED_BLOCKS = 256;
/** Most blocks read for one question; the next one goes on. */
const MAX_BLOCKS = 5_000;

export interface BlockTransfers {
  readonly hash: string;
  readonly parentHash: string;
  readonly transactions: readonly { hash: string; from: string; to: string | null; wei: bigint }[];
}

export interface HistoryEntry {
  readonly hash: string;
  readonly blockNumber: number;
  readonly from: string;
  readonly to: string | null;
  readonly wei: bigint;
}

export function createHistory(options: {
  db: Database;
  address: string;
  blockNumber(): Promise<number>;
  block(number: number): Promise<BlockTransfers | undefined>;
}): { read(): Promise<HistoryEntry[]> } {
  const { db, address } = options;
  db.migrate('history', MIGRATIONS);
  const newest = db.connection.prepare('SELECT number, hash FROM history_block ORDER BY number DESC LIMIT 1');
  const addBlock = db.connection.prepare('INSERT INTO history_block (number, hash) VALUES (?, ?)');
  const dropBlock = db.connection.prepare('DELETE FROM history_block WHERE number = ?');
  const dropOld = db.connection.prepare('DELETE FROM history_block WHERE number <= ?');
  const dropEntries = db.connection.prepare('DELETE FROM wallet_transaction WHERE block_number >= ?');
  const addEntry = db.connection.prepare('INSERT OR REPLACE INTO wallet_transaction VALUES (?, ?, ?, ?, ?)');
  let reading: Promise<void> = Promise.resolve();

  async function catchUp(): Promise<void> {
    const head = await options.blockNumber();
    let last = newest.get() as { number: number; hash: string } | undefined;
    for (let steps = 0; steps < MAX_BLOCKS; steps++) {
      const number = last ? last.number + 1 : 0;
      const block = number <= head ? await options.block(number) : undefined;
      const isAhead = last !== undefined && last.number > head;
      if (!block && !isAhead) return;
      if (isAhead || (last && block && block.parentHash !== last.hash)) {
        // The block we read last is no longer in the chain: step back until one is.
        transaction(db.connection, () => {
          dropBlock.run(last!.number);
          dropEntries.run(last!.number);
        });
        last = newest.get() as typeof last;
        continue;
      }
      if (!block) return;
      transaction(db.connection, () => {
        for (const { hash, from, to, wei } of block.transactions) {
          if (from === address || to === address) addEntry.run(hash, number, from, to, wei.toString());
        }
        addBlock.run(number, block.hash);
        dropOld.run(number - REMEMBERED_BLOCKS);
      });
      last = { number, hash: block.hash };
    }
    throw new AppError('TIMEOUT', `Read ${MAX_BLOCKS} blocks so far; ask again to go on.`);
  }

  return {
    async read() {
      reading = reading.then(catchUp, catchUp);
      await reading;
      return db.connection
        .prepare('SELECT * FROM wallet_transaction ORDER BY block_number DESC, rowid DESC')
        .all()
        .map((row) => ({
          hash: String(row.hash),
          blockNumber: Number(row.block_number),
          from: String(row.sender),
          to: row.recipient === null ? null : String(row.recipient),
          wei: BigInt(String(row.wei)),
        }));
    },
  };
}
