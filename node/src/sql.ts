/**
 * A SQLite file as the rooms see it, whoever opens it: the daemon on `node:sqlite` (db.ts), a page on its own. Each domain
 * folder owns its tables and brings their migrations; nobody reads another's. No state of its own.
 */

export type SqlValue = null | number | bigint | string | Uint8Array;

export interface Statement {
  run(...values: SqlValue[]): unknown;
  get(...values: SqlValue[]): Record<string, SqlValue> | undefined;
  all(...values: SqlValue[]): Record<string, SqlValue>[];
}

/** Synchronous: no other statement can slip in between two of one turn. */
export interface Connection {
  exec(sql: string): unknown;
  prepare(sql: string): Statement;
}

export interface Database {
  /** What it committed survives the end of the process, however it ends. */
  readonly connection: Connection;
  /**
   * Resolves when everything committed before the call also survives loss of power, where the machine can promise that.
   * Calls that wait at once share one sync of the disk.
   * @throws STORE_FAILED
   */
  synced(): Promise<void>;
  /**
   * Brings the tables of `domain` to the newest step; steps already taken are skipped. Never edit a step that was released.
   * @param steps SQL, oldest first
   */
  migrate(domain: string, steps: readonly string[]): void;
  close(): void;
}

/** `Database.migrate` over a connection. */
export function createMigrate(connection: Connection): Database['migrate'] {
  connection.exec('CREATE TABLE IF NOT EXISTS schema_step (domain TEXT PRIMARY KEY, step INTEGER NOT NULL) STRICT');
  const current = connection.prepare('SELECT step FROM schema_step WHERE domain = ?');
  const advance = connection.prepare(
    'INSERT INTO schema_step (domain, step) VALUES (?, ?) ON CONFLICT (domain) DO UPDATE SET step = excluded.step',
  );
  return (domain, steps) => {
    const done = Number(current.get(domain)?.step ?? 0);
    for (let step = done; step < steps.length; step++) {
      transaction(connection, () => {
        connection.exec(steps[step]!);
        advance.run(domain, step + 1);
      });
    }
  };
}

/** Runs `work` in one transaction: all of it or none. `work` is synchronous, so no other statement can slip between. */
export function transaction<T>(connection: Connection, work: () => T): T {
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
