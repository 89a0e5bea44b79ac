/**
 * A download in progress: a sparse file of the full size beside its destination, `<name>.part`, and the set of chunks in it.
 *
 * Crash order: a chunk is in the file before it is in the set, and the set reaches the database a little later. So after
 * kill -9 the database may know too little, never too much; `recheck` finds the rest by hashing. The whole-file SHA-256
 * follows the growing prefix, so that it is ready when the last chunk is.
 *
 * Owns the descriptor of the part file and the digest of its prefix. Never decides what is right: callers verify chunks.
 */
import { CHUNK_BYTES, type Content, chunkCount, chunkLength } from '@chiral/protocol/content';
import { AppError } from '@chiral/protocol/errors';
import { Bitmap } from './bitmap.ts';
import { type Disk, errnoOf, disk as systemDisk, toStoreError } from './disk.ts';
import { createProgress, hashWhole, SMALL_BYTES } from './hash-jobs.ts';
import type { HashPool } from './hash-pool.ts';

/** The digest moves on in steps of this many chunks (4 MiB): few messages, and the bytes are still in the page cache. */
const DIGEST_STEP_CHUNKS = 16;
/** Time until the set of chunks is saved after it grew, milliseconds: what a recheck after kill -9 has to hash again. */
const SAVE_AFTER_MS = 500;
/** Chunks after which the disk is told to begin (64 MiB), so that making the whole file durable at the end is short. */
const SYNC_STEP_CHUNKS = 256;
/** Most chunks that a thread writes at a time (4 MiB): it has hashing to do as well. */
const WRITE_STEP_CHUNKS = 16;

export const partPath = (destination: string): string => `${destination}.part`;

export interface PartialFile {
  readonly held: Bitmap;
  /** Part file while the download lasts. */
  readonly path: string;
  /** @throws STORE_FAILED */
  put(chunk: number, data: Uint8Array): Promise<void>;
  /** Adds what lies on the disk and the set lacks; resolves to how many chunks that were. */
  recheck(): Promise<number>;
  /** SHA-256 of the whole file, when every chunk is held. */
  digest(): Promise<Uint8Array>;
  /** Hashes everything again and forgets what is not right; resolves to how many chunks that were. */
  audit(): Promise<number>;
  sync(): Promise<void>;
  /** Saves the set and closes the file. Idempotent. */
  close(): Promise<void>;
}

let nextDigestKey = 0;

/**
 * Opens or creates the part file.
 * @param save writes the set of chunks to the database
 * @throws STORE_FAILED
 */
export async function openPartialFile(
  content: Content,
  destination: string,
  held: Bitmap,
  save: (bytes: Uint8Array) => void,
  pool: HashPool,
  disk: Disk,
): Promise<PartialFile> {
  const path = partPath(destination);
  /** Nothing can lie in a file that was just made. */
  let isNew = false;
  const fd = await openSized();
  const count = chunkCount(content.size);
  const digestKey = nextDigestKey++;
  /** Its digest is made in one go when it is asked for. */
  const isSmall = content.size <= SMALL_BYTES;
  let digestedChunks = 0;
  let digestTail: Promise<Uint8Array | undefined> = Promise.resolve(undefined);
  let digestEnded = false;
  let saveTimer: NodeJS.Timeout | undefined;
  let closed: Promise<void> | undefined;
  /** Chunks that wait to be written, oldest first. */
  const waiting = new Map<number, { data: Uint8Array; written: Promise<void>; settle(error?: unknown): void }>();
  let writing: Promise<void> | undefined;
  let unsyncedChunks = 0;
  let syncing: Promise<void> | undefined;
  let syncFailure: unknown;

  async function openSized(): Promise<number> {
    try {
      const opened = await disk.open(path, 'write').catch(async (error) => {
        if (errnoOf(error) !== 'ENOENT') throw error;
        held.clear();
        isNew = true;
        return disk.open(path, 'create');
      });
      // Sparse: the size is there at once, the blocks come with the chunks.
      if (disk.stamp(opened).size !== content.size) await disk.truncate(opened, content.size);
      return opened;
    } catch (error) {
      throw toStoreError(error, 'The download cannot be stored');
    }
  }

  function saveSoon(): void {
    saveTimer ??= setTimeout(saveNow, SAVE_AFTER_MS).unref();
  }

  function saveNow(): void {
    clearTimeout(saveTimer);
    saveTimer = undefined;
    try {
      save(held.bytes);
    } catch {
      // The database's disk is full: what is not saved is found again by `recheck`.
      saveSoon();
    }
  }

  /** Moves the digest along the prefix that is complete; `all` also takes the last, shorter step. */
  function advanceDigest(all: boolean): void {
    if (isSmall || digestEnded) return;
    let prefix = digestedChunks;
    while (prefix < count && held.has(prefix)) prefix++;
    if (!all) prefix -= prefix % DIGEST_STEP_CHUNKS;
    const last = prefix === count;
    if (prefix <= digestedChunks && !(all && last)) return;
    const from = digestedChunks * CHUNK_BYTES;
    const to = Math.min(content.size, prefix * CHUNK_BYTES);
    digestedChunks = prefix;
    digestEnded = last;
    digestTail = digestTail.then(
      async () => (await pool.run({ job: 'digest', key: digestKey, fd, from, to, last }, digestKey)).hash,
    );
    // A failure shows when the digest is asked for.
    digestTail.catch(() => {});
  }

  /** The thread lets go of what it has of the digest, which starts again. */
  async function forgetDigest(): Promise<void> {
    if (digestedChunks === 0) return;
    digestedChunks = 0;
    digestEnded = false;
    digestTail = Promise.resolve(undefined);
    await pool.run({ job: 'forget', key: digestKey }, digestKey);
  }

  /**
   * Writes until nothing waits, one chunk at a time: threads that write to one file at once spin on its lock, and for a
   * longer write the system takes larger pages, which on a virtual machine its host has first to find (0.3 s a GiB became
   * 0.9 to 2). When several wait, a hashing thread writes them one after the other: on busy cores most of the time of a write
   * is waiting for its thread to begin and for this one to hear that it is done.
   */
  async function writeWaiting(): Promise<void> {
    while (waiting.size > 0) {
      const rows = [...waiting].slice(0, WRITE_STEP_CHUNKS);
      const written = await writeOnThread(rows);
      for (const [chunk, { settle }] of rows.slice(0, written)) stored(chunk, settle);
      for (const [chunk, { data, settle }] of rows.slice(written)) {
        try {
          await disk.write(fd, data, chunk * CHUNK_BYTES);
          stored(chunk, settle);
        } catch (error) {
          waiting.delete(chunk);
          settle(toStoreError(error, 'A chunk could not be stored'));
        }
      }
    }
    // In the same turn as the last look, so that no chunk can come between.
    writing = undefined;
  }

  /** @returns how many of `rows` are in the file; none when this is not for a thread */
  async function writeOnThread(rows: readonly [number, { data: Uint8Array }][]): Promise<number> {
    // A disk of a test's is asked for every write; memory that is not shared would be copied.
    const isForThread =
      rows.length > 1 &&
      !isSmall &&
      pool.threads > 1 &&
      disk.write === systemDisk.write &&
      rows.every(([, { data }]) => data.buffer instanceof SharedArrayBuffer);
    if (!isForThread) return 0;
    const moved = rows.map(([chunk, { data }]) => ({ data, position: chunk * CHUNK_BYTES }));
    // A thread that is gone has written nothing that counts.
    const { written } = await pool.run({ job: 'write', fd, rows: moved }).catch(() => ({ written: 0 }));
    return written!;
  }

  function stored(chunk: number, settle: () => void): void {
    waiting.delete(chunk);
    held.add(chunk);
    settle();
    saveSoon();
    advanceDigest(false);
    unsyncedChunks++;
    if (unsyncedChunks >= SYNC_STEP_CHUNKS) syncEarly();
  }

  /** Beside the writes that follow. A failure is kept for `sync`: the system tells it only once. */
  function syncEarly(): void {
    if (syncing) return;
    unsyncedChunks = 0;
    syncing = disk
      .sync(fd)
      .catch((error) => {
        syncFailure ??= error;
      })
      .finally(() => {
        syncing = undefined;
      });
  }

  return {
    held,
    path,
    async put(chunk, data) {
      if (closed) throw new AppError('NOT_FOUND', 'This download is closed.');
      if (data.length !== chunkLength(content.size, chunk)) throw new Error(`chunk ${chunk} has ${data.length} bytes`);
      if (held.has(chunk)) return;
      let entry = waiting.get(chunk);
      if (!entry) {
        const { promise, resolve, reject } = Promise.withResolvers<void>();
        const settle = (error?: unknown) => (error === undefined ? resolve() : reject(error));
        entry = { data, written: promise, settle };
        waiting.set(chunk, entry);
      }
      writing ??= writeWaiting();
      await entry.written;
    },
    async recheck() {
      const before = held.size;
      if (isNew) return 0;
      const { good } = await pool.run({
        job: 'recheck',
        fd,
        size: content.size,
        layer: content.layer.bytes,
        skip: held.bytes,
      });
      const found = new Bitmap(count, good!);
      for (let chunk = 0; chunk < count; chunk++) if (found.has(chunk)) held.add(chunk);
      if (held.size > before) saveNow();
      advanceDigest(false);
      return held.size - before;
    },
    async digest() {
      advanceDigest(true);
      try {
        const hash = isSmall && held.size === count ? hashWhole(fd, content.size, createProgress(0)) : await digestTail;
        if (!hash) throw new Error('The digest of a download was asked for before its last chunk.');
        return hash;
      } catch (error) {
        throw toStoreError(error, 'The download cannot be read back');
      }
    },
    async audit() {
      await digestTail.catch(() => {});
      const skip = new Uint8Array(held.bytes.length);
      const { good } = await pool.run({ job: 'recheck', fd, size: content.size, layer: content.layer.bytes, skip });
      const found = new Bitmap(count, good!);
      held.clear();
      for (let chunk = 0; chunk < count; chunk++) if (found.has(chunk)) held.add(chunk);
      // It has swallowed the bad bytes.
      await forgetDigest();
      saveNow();
      return count - held.size;
    },
    async sync() {
      try {
        await syncing;
        if (syncFailure !== undefined) throw syncFailure;
        await disk.sync(fd);
      } catch (error) {
        throw toStoreError(error, 'The download could not be made durable');
      }
    },
    close() {
      closed ??= (async () => {
        await writing;
        await syncing;
        await digestTail.catch(() => {});
        await forgetDigest().catch(() => {});
        if (saveTimer) saveNow();
        clearTimeout(saveTimer);
        await disk.close(fd);
      })();
      return closed;
    },
  };
}
