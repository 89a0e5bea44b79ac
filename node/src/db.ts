/**
 * The daemon's one SQLite file. A commit writes the write-ahead log and does not wait for the disk, so it survives kill -9;
 * `synced` has the log brought to the disk by another thread, so that a promise of money waits for it and nothing else does.
 */
import { closeSync, fdatasync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { AppError } from '@chiral/protocol/errors';
import { createMigrate, type Database } from './sql.ts';

export { type Database, transaction } from './sql.ts';

const syncAsync = promisify(fdatasync);

/** @param file path, or ':memory:' for tests, where nothing lasts */
export function openDatabase(file: string): Database {
  const connection = new DatabaseSync(file);
  // NORMAL: SQLite itself syncs the log before it moves pages from it to the file, and the file before it begins the log anew.
  connection.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON;',
  );
  const migrate = createMigrate(connection);
  // The log is there from the first table on and keeps its file until the database is closed.
  const log = file === ':memory:' ? undefined : openSync(`${file}-wal`, 'r+');
  /** The sync that has begun, and the one that begins after it for all who came meanwhile. */
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;

  function sync(): Promise<void> {
    running = syncAsync(log!)
      .catch((error) => {
        throw new AppError('STORE_FAILED', 'The disk could not keep the books.', {}, { cause: error });
      })
      .finally(() => {
        running = undefined;
      });
    return running;
  }

  return {
    connection,
    migrate,
    async synced() {
      if (log === undefined) return;
      if (!running) return sync();
      const afterThis = () => {
        next = undefined;
        return sync();
      };
      next ??= running.then(afterThis, afterThis);
      return next;
    },
    close() {
      if (log !== undefined) closeSync(log);
      connection.close();
    },
  };
}
