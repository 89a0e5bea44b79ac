/**
 * The page's own books: SQLite compiled to WebAssembly over this origin's localStorage, which is synchronous, so that what the
 * payment layer calls durable is written before the call returns and is there after a reload. (A crash of the whole browser may
 * lose its last seconds; a voucher is cumulative, so that never pays twice.) State: the one connection.
 */

import { type Connection, createMigrate, type Database, type SqlValue, type Statement } from '@chiral/node/sql';
import { AppError } from '@chiral/protocol/errors';
import type { Database as Oo1Database, PreparedStatement, Sqlite3Static } from '@sqlite.org/sqlite-wasm';

/** @throws STORE_FAILED when the browser keeps nothing for this origin */
export async function openPageDatabase(): Promise<Database> {
  try {
    // As it is, beside the page: its module names workers by addresses that a bundler cannot follow.
    const path = '/sqlite/index.mjs';
    const { default: init } = (await import(/* turbopackIgnore: true */ path)) as { default(): Promise<Sqlite3Static> };
    const sqlite = await init();
    const db = new sqlite.oo1.JsStorageDb('local');
    const connection = toConnection(db);
    return {
      connection,
      migrate: createMigrate(connection),
      synced: async () => {},
      close: () => db.close(),
    };
  } catch (cause) {
    throw new AppError('STORE_FAILED', 'This browser does not keep anything for this page.', {}, { cause });
  }
}

function toConnection(db: Oo1Database): Connection {
  return {
    exec: (sql) => db.exec(sql),
    prepare: (sql) => toStatement(db.prepare(sql)),
  };
}

function toStatement(statement: PreparedStatement): Statement {
  const withValues = <T>(values: SqlValue[], work: () => T): T => {
    try {
      if (values.length > 0) statement.bind(values);
      return work();
    } finally {
      statement.reset(true);
    }
  };
  const row = () => statement.get({}) as Record<string, SqlValue>;
  return {
    run: (...values) => withValues(values, () => void statement.step()),
    get: (...values) => withValues(values, () => (statement.step() ? row() : undefined)),
    all: (...values) =>
      withValues(values, () => {
        const rows: Record<string, SqlValue>[] = [];
        while (statement.step()) rows.push(row());
        return rows;
      }),
  };
}
