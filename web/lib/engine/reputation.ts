/**
 * Which sellers sent this browser what they should not have: remembered over reloads, so that the next choice knows. What they
 * delivered well is in the ledger. Owns the table `page_misdeed`.
 */
import type { PeerKey } from '@chiral/node/ports';
import type { Database } from '@chiral/node/sql';

const MIGRATIONS = ['CREATE TABLE page_misdeed (peer TEXT PRIMARY KEY, bad_chunks INTEGER NOT NULL) STRICT;'];

export interface Misdeeds {
  badChunks(peer: PeerKey): number;
  /** One more. */
  note(peer: PeerKey): void;
}

export function createMisdeeds(db: Database): Misdeeds {
  db.migrate('page-misdeeds', MIGRATIONS);
  const save = db.connection.prepare('INSERT OR REPLACE INTO page_misdeed (peer, bad_chunks) VALUES (?, ?)');
  const counts = new Map(
    db.connection
      .prepare('SELECT * FROM page_misdeed')
      .all()
      .map((row) => [String(row.peer), Number(row.bad_chunks)]),
  );
  return {
    badChunks: (peer) => counts.get(peer) ?? 0,
    note(peer) {
      const count = (counts.get(peer) ?? 0) + 1;
      counts.set(peer, count);
      save.run(peer, count);
    },
  };
}
