/**
 * The daemon's one SQLite file. Each domain folder owns its tables and brings their migrations; nobody reads another's.
 *
 * Two connections to the same file: `fast` survives kill -9 of the process (the write-ahead log is written, not synced),
 * `durable` also survives loss of power (synced at each commit). Promises of money go through `durable`.
 */
import { DatabaseSync } from 'node:sqlite';

export interface Database {
  readonly fast: DatabaseSync;
  readonly durable: DatabaseSync;
  /**
   * Brings the tables of `domain` to the newest step; steps already taken are skipped. Never edit a step that was released.
   * @param steps SQL, oldest first
   */
  migrate(domain: string, steps: readonly string[]): void;
  close(): void;
}

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
  fast.exec('CREATE TABLE IF NOT EXISTS schema_step (domain TEXT PRIMARY KEY, step INTEGER NOT NULL) STRICT');
  const current = fast.prepare('SELECT step FROM schema_step WHERE domain = ?');
  const advance = fast.prepare(
    'INSERT INTO schema_step (domain, step) VALUES (?, ?) ON CONFLICT (domain) DO UPDATE SET step = excluded.step',
  );
  return {
    fast,
    durable,
    migrate(domain, steps) {
      const done = Number(current.get(domain)?.step ?? 0);
      for (let step = done; step < steps.length; step++) {
        transaction(fast, () => {
          fast.exec(steps[step]!);
          advance.run(domain, step + 1);
        });
      }
    },
    close() {
      fast.close();
      if (durable !== fast) durable.close();
    },
  };
}

/** Runs `work` in one transaction: all of it or none. `work` is synchronous, so no other statement can slip between. */
export function transaction<T>(connection: DatabaseSync, work: () => T): T {
  connection.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    connection.exec('COMMIT');
    return result;
  } catch (error) {
    connection.exec('ROLLBACK');
    throw error;
  }
}
