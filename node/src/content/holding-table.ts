/** The table `holding`: what the library remembers over restarts. Every other file of `content/` leaves SQL to this one. */
import { ChunkLayer, type Content, chunkCount, decodeManifest, fromContent } from '@chiral/protocol/content';
import type { Database } from '../db.ts';
import { Bitmap } from './bitmap.ts';
import { toStoreError } from './disk.ts';

const MIGRATIONS = [
  `CREATE TABLE holding (
     cid TEXT PRIMARY KEY,
     manifest BLOB NOT NULL,
     layer BLOB NOT NULL,
     path TEXT NOT NULL,
     name TEXT NOT NULL,
     mime TEXT NOT NULL,
     origin TEXT NOT NULL CHECK (origin IN ('published', 'downloaded')),
     held BLOB, -- chunks of a download in progress; NULL when complete
     added_at INTEGER NOT NULL -- milliseconds since 1970
   ) STRICT`,
];

export interface HoldingRow {
  readonly content: Content;
  readonly path: string;
  readonly name: string;
  readonly mime: string;
  readonly origin: 'published' | 'downloaded';
  /** Chunks of a download in progress; undefined when complete. */
  readonly held: Bitmap | undefined;
  /** Milliseconds since 1970. */
  readonly addedAtMs: number;
}

export interface HoldingTable {
  /** Oldest first. */
  all(): HoldingRow[];
  /** Inserts or replaces; the time of the first insertion stays. @throws STORE_FAILED */
  save(row: HoldingRow): void;
  /** @param bytes of the bitmap of a download in progress */
  saveHeld(cid: string, bytes: Uint8Array): void;
  remove(cid: string): void;
}

export function createHoldingTable(db: Database): HoldingTable {
  db.migrate('content', MIGRATIONS);
  const select = db.connection.prepare('SELECT * FROM holding ORDER BY added_at, rowid');
  const upsert = db.connection.prepare(
    `INSERT INTO holding (cid, manifest, layer, path, name, mime, origin, held, added_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (cid) DO UPDATE SET path = excluded.path, name = excluded.name, mime = excluded.mime,
       origin = excluded.origin, held = excluded.held`,
  );
  const updateHeld = db.connection.prepare('UPDATE holding SET held = ? WHERE cid = ?');
  const remove = db.connection.prepare('DELETE FROM holding WHERE cid = ?');
  return {
    all: () => select.all().map(fromColumns),
    save({ content, path, name, mime, origin, held, addedAtMs }) {
      const { manifest, layer } = fromContent(content);
      try {
        upsert.run(content.cid, manifest, layer, path, name, mime, origin, held?.bytes ?? null, addedAtMs);
      } catch (error) {
        throw toStoreError(error, 'The library could not be saved');
      }
    },
    saveHeld: (cid, bytes) => void updateHeld.run(bytes, cid),
    remove: (cid) => void remove.run(cid),
  };
}

function fromColumns(row: Record<string, unknown>): HoldingRow {
  const { v: _v, ...manifest } = decodeManifest(row.manifest as Uint8Array);
  const content: Content = { cid: row.cid as string, ...manifest, layer: new ChunkLayer(row.layer as Uint8Array) };
  return {
    content,
    path: row.path as string,
    name: row.name as string,
    mime: row.mime as string,
    origin: row.origin as HoldingRow['origin'],
    held: row.held === null ? undefined : new Bitmap(chunkCount(content.size), row.held as Uint8Array),
    addedAtMs: row.added_at as number,
  };
}
