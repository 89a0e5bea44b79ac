/**
 * When a withdrawal that was begun here can be finished: the chain tells only that one is under way, and the countdown must outlive
 * a reload. Owns the table `page_withdrawal`.
 */
import type { Database } from '@chiral/node/sql';

const MIGRATIONS = ['CREATE TABLE page_withdrawal (channel_id TEXT PRIMARY KEY, ready_at_ms INTEGER NOT NULL) STRICT;'];

export interface Withdrawals {
  begun(channelId: string, readyAtMs: number): void;
  /** Milliseconds since 1970; undefined for one that was begun elsewhere. */
  readyAtMs(channelId: string): number | undefined;
}

export function createWithdrawals(db: Database): Withdrawals {
  db.migrate('page-withdrawals', MIGRATIONS);
  const load = db.connection.prepare('SELECT channel_id, ready_at_ms FROM page_withdrawal');
  const save = db.connection.prepare('INSERT OR REPLACE INTO page_withdrawal (channel_id, ready_at_ms) VALUES (?, ?)');
  const known = new Map(load.all().map((row) => [String(row.channel_id), Number(row.ready_at_ms)]));
  return {
    begun(channelId, readyAtMs) {
      save.run(channelId, readyAtMs);
      known.set(channelId, readyAtMs);
    },
    readyAtMs: (channelId) => known.get(channelId),
  };
}
