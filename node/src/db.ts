/**
 * The daemon's one SQLite file. Two connections to the same file: `fast` survives kill -9 of the process (the write-ahead
 * log is written, not synced), `durable` also survives loss of power (synced at each commit). Promises of money go through
 * `durable`.
 */
import { DatabaseSync } from 'node:sqlite';
import { createMigrate, type Database } from './sql.ts';

export { type Database, transaction } from './sql.ts';

/** @param file path, or ':memory:' for tests of one connection (`fast` and `durable` are then the same) */
export function openDatabase(file: string): Database {
  const open = (synchronous: 'NORMAL' | 'FULL') => {
    const connection = new DatabaseSync(file);
    connection.exec(
      `PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}; PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON;`,
    );
    return connection;
  };
  const fast = open('NORMAL');
  const durable = file === ':memory:' ? fast : open('FULL');
  return {
    fast,
    durable,
    migrate: createMigrate(fast),
    close() {
      fast.close();
      if (durable !== fast) durable.close();
    },
  };
}
