/**
 * What this node holds: files published from where they lie, and downloads, complete or on their way. A ChunkStore over both.
 *
 * Owns the table `holding` (by way of `holding-table.ts`), the descriptors of the files, and the hashing threads. Never
 * copies a published file, never deletes one, and lets no byte out that does not verify (see `file-reader.ts`). It does not
 * know who asks or why.
 */
import { basename, dirname } from 'node:path';
import { type Content, chunkCount, chunkLength, cidOfManifest, encodeManifest } from '@chiral/protocol/content';
import { AppError, isAppError } from '@chiral/protocol/errors';
import type { Database } from '../db.ts';
import type { ChunkStore, ChunkVerifier } from '../ports.ts';
import { Bitmap } from './bitmap.ts';
import { type Disk, errnoOf, disk as realDisk, toStoreError } from './disk.ts';
import { createFileReader, type FileReader } from './file-reader.ts';
import { type HashOptions, hashFile, sha256 } from './hash.ts';
import { createHashPool } from './hash-pool.ts';
import { createHoldingTable, type HoldingRow } from './holding-table.ts';
import { openPartialFile, type PartialFile, partPath } from './partial-file.ts';

/** Descriptors of files that nobody read for this long are closed, milliseconds. */
const IDLE_FILE_MS = 30_000;
/** More open files than this are closed, longest unread first: far below the 1,024 that a process gets by default. */
const MAX_OPEN_FILES = 256;
const SWEEP_MS = 5_000;

/** A content with its place on this disk. */
export interface Holding extends Content {
  /** Where the file is, or will be when the download is complete. */
  readonly path: string;
  readonly name: string;
  readonly mime: string;
  readonly origin: 'published' | 'downloaded';
  readonly complete: boolean;
  /** Chunks held. */
  readonly heldChunks: number;
  /** Milliseconds since 1970. */
  readonly addedAtMs: number;
}

export interface PublishOptions extends HashOptions {
  /** As others shall see it; the file's own name by default. */
  name?: string;
  mime?: string;
}

/** A download in progress. Chunks go in through the library's `put`. */
export interface Download {
  readonly content: Content;
  has(chunk: number): boolean;
  readonly heldChunks: number;
  readonly heldBytes: number;
  /** It stands under its name already. */
  readonly isComplete: boolean;
  /**
   * Checks the whole-file SHA-256, makes the file durable and gives it its name. Idempotent.
   * @throws CONTENT_INVALID the manifest lies about its SHA-256; STORE_FAILED chunks were damaged on the disk, fetch what
   *   `has` now lacks; CONFLICT another file took the name
   */
  complete(): Promise<Holding>;
  /** Lets the file go; a later `openDownload` continues. */
  close(): Promise<void>;
}

export interface Library extends ChunkStore {
  /**
   * Hashes a file in place and remembers it; publishing it again refreshes name and path.
   * @throws NOT_FOUND, BAD_REQUEST not a regular file, CONTENT_CHANGED, CONFLICT it is being downloaded, CANCELLED, STORE_FAILED
   */
  publish(path: string, options?: PublishOptions): Promise<Holding>;
  /** Everything held, oldest first. */
  list(): Holding[];
  find(cid: string): Holding | undefined;
  /** @param hex SHA-256 of a whole file */
  findBySha256(hex: string): Holding[];
  /** Forgets a content and stops serving it. The file stays, but the part file of an unfinished download goes. False: unknown. */
  withdraw(cid: string): Promise<boolean>;
  /**
   * Begins or continues a download. A complete holding comes back at once, complete; one whose file is gone or changed begins anew.
   * @param destination full path of the file to be; nothing that exists there is ever overwritten
   * @throws CONFLICT, STORE_FAILED also when the disk has no room for what is missing
   */
  openDownload(content: Content, destination: string, options?: { name?: string; mime?: string }): Promise<Download>;
  /** Checks chunks on the library's threads. */
  readonly verify: ChunkVerifier;
  close(): Promise<void>;
}

export interface LibraryOptions {
  readonly db: Database;
  readonly disk?: Disk;
  /** Hashing threads; all cores by default. */
  readonly threads?: number;
  /** Told when a file behind a complete holding is found changed: it should no longer be offered. */
  readonly onChanged?: (cid: string) => void;
}

interface Entry extends HoldingRow {
  held: Bitmap | undefined;
  /** Open while somebody downloads into it. */
  partial: PartialFile | undefined;
  reader: FileReader;
}

/** Two paths that are one on a disk which does not tell upper from lower case, or composed letters from others. */
const folded = (path: string): string => path.normalize('NFC').toLowerCase();

export function createLibrary({ db, disk = realDisk, threads, onChanged }: LibraryOptions): Library {
  const table = createHoldingTable(db);
  const pool = createHashPool(threads);
  const entries = new Map<string, Entry>();
  const opening = new Map<string, { path: string; download: Promise<Download> }>();

  for (const row of table.all()) {
    const { content, held, path } = row;
    const reader = createFileReader(held ? partPath(path) : path, content, pool.verify, disk);
    entries.set(content.cid, { ...row, partial: undefined, reader });
  }
  const sweep = setInterval(closeIdleFiles, SWEEP_MS).unref();

  function toHolding({ content, path, name, mime, origin, held, addedAtMs }: Entry): Holding {
    const heldChunks = held?.size ?? chunkCount(content.size);
    return { ...content, path, name, mime, origin, complete: held === undefined, heldChunks, addedAtMs };
  }

  function closeIdleFiles(): void {
    const now = Date.now();
    const byAge = [...entries.values()].sort((a, b) => b.reader.lastReadAtMs - a.reader.lastReadAtMs);
    byAge.forEach(({ reader }, rank) => {
      if (rank >= MAX_OPEN_FILES || now - reader.lastReadAtMs > IDLE_FILE_MS) reader.release();
    });
  }

  function entryOf(cid: string): Entry {
    const entry = entries.get(cid);
    if (!entry) throw new AppError('NOT_FOUND', 'This content is not here.', { cid });
    return entry;
  }

  async function begin(
    content: Content,
    destination: string,
    { name = basename(destination), mime = 'application/octet-stream' }: { name?: string; mime?: string },
  ): Promise<Download> {
    let known = entries.get(content.cid);
    if (known && known.held === undefined) {
      if (await isIntact(known)) return toDownload(known);
      entries.delete(content.cid);
      table.remove(content.cid);
      known = undefined;
    }
    if (known && known.path !== destination) {
      throw new AppError('CONFLICT', 'This content is being downloaded to another place.', { path: known.path });
    }
    const held = known?.held ?? new Bitmap(chunkCount(content.size));
    if (!known) await refuseTakenPlace(content.cid, destination);
    await refuseWithoutRoom(content, destination, held);
    const entry: Entry = known ?? {
      content,
      path: destination,
      name,
      mime,
      origin: 'downloaded',
      addedAtMs: Date.now(),
      held,
      partial: undefined,
      reader: createFileReader(partPath(destination), content, pool.verify, disk),
    };
    if (known && (await adoptRenamed(known))) return toDownload(known);
    const saveHeld = (bytes: Uint8Array) => table.saveHeld(content.cid, bytes);
    // The row is there before the part file: a part file without one is somebody else's.
    table.save(entry);
    try {
      entry.partial ??= await openPartialFile(content, destination, held, saveHeld, pool, disk);
    } catch (error) {
      if (!known) table.remove(content.cid);
      throw error;
    }
    entries.set(content.cid, entry);
    await entry.partial.recheck();
    return toDownload(entry);
  }

  /** Whether a complete holding still has its file, at its place: owners delete, move and edit what is theirs. */
  async function isIntact({ content, path, reader }: Entry): Promise<boolean> {
    if (content.size === 0) return isThere(path);
    reader.release();
    try {
      await reader.read(0);
      return true;
    } catch (error) {
      if (isAppError(error, 'CONTENT_CHANGED')) return false;
      throw error;
    }
  }

  /** A crash between the two steps of `complete` leaves the file under its name and the row in progress. */
  async function adoptRenamed(entry: Entry): Promise<boolean> {
    if (entry.partial) return false;
    const found = await hashFile(entry.path, { threads: pool.threads }, disk).catch(() => undefined);
    if (!found || Buffer.compare(found.sha256, entry.content.sha256) !== 0) return false;
    await disk.remove(partPath(entry.path)).catch(() => {});
    becomeComplete(entry);
    return true;
  }

  /**
   * Before a byte is fetched or paid for: nothing may lie at `destination` or at its part file, and no other download may be on its
   * way there. Names come from strangers, and some disks do not tell upper from lower case.
   */
  async function refuseTakenPlace(cid: string, destination: string): Promise<void> {
    const place = folded(destination);
    const isOther = ([other, { path }]: [string, { path: string }]) => other !== cid && folded(path) === place;
    const taken = () => new AppError('CONFLICT', 'Another file has this name already.', { path: destination });
    if ([...opening].some(isOther)) throw taken();
    // A holding whose file is gone holds no name.
    for (const [, { held, path }] of [...entries].filter(isOther)) if (held || (await isThere(path))) throw taken();
    for (const path of [destination, partPath(destination)]) if (await isThere(path)) throw taken();
  }

  /** Whether anything has this name. @throws STORE_FAILED */
  async function isThere(path: string): Promise<boolean> {
    try {
      await disk.close(await disk.open(path, 'read'));
      return true;
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return false;
      throw toStoreError(error, 'The download cannot be stored');
    }
  }

  async function refuseWithoutRoom(content: Content, destination: string, held: Bitmap): Promise<void> {
    const missing = content.size - heldBytes(content, held);
    const free = await disk.freeBytes(dirname(destination)).catch((error) => {
      throw toStoreError(error, 'The download folder cannot be used');
    });
    if (missing > free) {
      throw new AppError('STORE_FAILED', 'The disk has no room for this download.', { missing, free });
    }
  }

  function becomeComplete(entry: Entry): void {
    entry.reader.release();
    entry.held = undefined;
    entry.partial = undefined;
    entry.reader = createFileReader(entry.path, entry.content, pool.verify, disk);
    table.save(entry);
  }

  async function finish(entry: Entry): Promise<Holding> {
    const { partial, content } = entry;
    if (!partial || !entry.held) return toHolding(entryOf(content.cid));
    const missing = chunkCount(content.size) - entry.held.size;
    if (missing > 0) throw new Error(`complete() with ${missing} chunks missing`);
    if (Buffer.compare(await partial.digest(), content.sha256) !== 0) {
      const damaged = await partial.audit();
      if (damaged > 0) throw new AppError('STORE_FAILED', 'Chunks were damaged on the disk.', { damaged });
      throw new AppError('CONTENT_INVALID', 'The file does not have the SHA-256 that its manifest states.');
    }
    await partial.sync();
    try {
      await disk.rename(partial.path, entry.path);
    } catch (error) {
      throw toStoreError(error, 'The download could not get its name');
    }
    await partial.close();
    becomeComplete(entry);
    return toHolding(entry);
  }

  function toDownload(entry: Entry): Download {
    let finishing: Promise<Holding> | undefined;
    return {
      content: entry.content,
      has: (chunk) => entry.held?.has(chunk) ?? true,
      get heldChunks() {
        return toHolding(entry).heldChunks;
      },
      get isComplete() {
        return entry.held === undefined;
      },
      get heldBytes() {
        return entry.held ? heldBytes(entry.content, entry.held) : entry.content.size;
      },
      complete() {
        finishing ??= finish(entry).catch((error) => {
          finishing = undefined;
          throw error;
        });
        return finishing;
      },
      async close() {
        const { partial } = entry;
        entry.partial = undefined;
        await partial?.close();
      },
    };
  }

  return {
    verify: pool.verify,
    has(cid, chunk) {
      const entry = entries.get(cid);
      if (!entry) return false;
      return entry.held ? entry.held.has(chunk) : chunk >= 0 && chunk < chunkCount(entry.content.size);
    },
    async get(cid, chunk, range, into) {
      const entry = entryOf(cid);
      if (entry.held && !entry.held.has(chunk))
        throw new AppError('NOT_FOUND', 'This chunk is not here yet.', { chunk });
      const { reader } = entry;
      try {
        return await reader.read(chunk, range, into);
      } catch (error) {
        // The download was finished and renamed between the look-up and the read.
        if (entry.reader !== reader) return entry.reader.read(chunk, range, into);
        if (error instanceof AppError && error.code === 'CONTENT_CHANGED' && !entry.held) onChanged?.(cid);
        throw error;
      }
    },
    async put(cid, chunk, data) {
      const { partial } = entryOf(cid);
      if (!partial) throw new AppError('NOT_FOUND', 'No download of this content is open.', { cid });
      await partial.put(chunk, data);
    },
    async publish(path, { name, mime = 'application/octet-stream', ...hashing } = {}) {
      let real: string;
      try {
        real = await disk.realpath(path);
      } catch (error) {
        if (errnoOf(error) === 'ENOENT') throw new AppError('NOT_FOUND', 'There is no such file.', { path });
        throw toStoreError(error, 'The file cannot be found');
      }
      const { size, root, sha256: digest, layer, stamp } = await hashFile(real, hashing, disk);
      const cid = cidOfManifest(encodeManifest({ v: 1, size, root, sha256: digest }), sha256);
      const known = entries.get(cid);
      if (known?.held) throw new AppError('CONFLICT', 'This content is being downloaded here.', { path: known.path });
      known?.reader.release();
      const content: Content = { cid, size, root, sha256: digest, layer };
      const entry: Entry = {
        content,
        path: real,
        name: name ?? basename(real),
        mime,
        origin: 'published',
        addedAtMs: known?.addedAtMs ?? Date.now(),
        held: undefined,
        partial: undefined,
        reader: createFileReader(real, content, pool.verify, disk, stamp),
      };
      table.save(entry);
      entries.set(cid, entry);
      return toHolding(entry);
    },
    list: () => [...entries.values()].map(toHolding),
    find(cid) {
      const entry = entries.get(cid);
      return entry && toHolding(entry);
    },
    findBySha256(hex) {
      const wanted = Buffer.from(hex, 'hex');
      return [...entries.values()].filter(({ content }) => wanted.equals(content.sha256)).map(toHolding);
    },
    async withdraw(cid) {
      const entry = entries.get(cid);
      if (!entry) return false;
      entries.delete(cid);
      await entry.partial?.close();
      table.remove(cid);
      entry.reader.release();
      if (entry.held) await disk.remove(partPath(entry.path)).catch(() => {});
      return true;
    },
    openDownload(content, destination, options = {}) {
      // Two that ask at once get the same one.
      let known = opening.get(content.cid);
      if (!known) {
        const download = begin(content, destination, options).finally(() => opening.delete(content.cid));
        known = { path: destination, download };
        opening.set(content.cid, known);
      }
      return known.download;
    },
    async close() {
      clearInterval(sweep);
      for (const entry of entries.values()) {
        await entry.partial?.close();
        entry.reader.release();
      }
      await pool.close();
    },
  };
}

function heldBytes(content: Content, held: Bitmap): number {
  let bytes = 0;
  for (let chunk = 0; chunk < held.count; chunk++) if (held.has(chunk)) bytes += chunkLength(content.size, chunk);
  return bytes;
}
