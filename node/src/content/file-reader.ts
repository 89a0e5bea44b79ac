/**
 * Reads chunks of one file where it lies, and never hands out a byte that is not the content's.
 *
 * A chunk is trusted while the file's stamp (device, inode, size, both times) is the one under which this process hashed it
 * last; otherwise it is hashed again before it leaves. So an edited, swapped or relinked file answers CONTENT_CHANGED, and
 * bits that rotted on the disk are caught at the first read after a start. A stamp younger than `RACY_MS` proves nothing,
 * since a second write could leave the same one.
 *
 * Owns one open descriptor, let go of when idle or when the path names another file.
 */
import { CHUNK_BYTES, type Content, chunkCount, chunkLength } from '@chiral/protocol/content';
import { AppError, isAppError } from '@chiral/protocol/errors';
import type { ChunkVerifier } from '../ports.ts';
import { Bitmap } from './bitmap.ts';
import { type Disk, errnoOf, type Stamp, toStoreError } from './disk.ts';

/** Age from which a stamp is believed, milliseconds: far above the 4 to 10 ms by which file systems round their clocks. */
const RACY_MS = 1_000;
/** How often the path is compared with the open file, milliseconds. */
const PATH_CHECK_MS = 1_000;

export interface FileReader {
  readonly path: string;
  /** @throws CONTENT_CHANGED, STORE_FAILED */
  read(chunk: number, range?: { start: number; end: number }, into?: Uint8Array): Promise<Uint8Array>;
  /** Milliseconds since 1970 of the last read. */
  readonly lastReadAtMs: number;
  /** Closes the descriptor once nobody reads; the next read opens the file again. */
  release(): void;
}

/** @param hashedAs state under which this process hashed the whole file just now, if it did */
export function createFileReader(
  path: string,
  content: Content,
  verify: ChunkVerifier,
  disk: Disk,
  hashedAs: Stamp | undefined = undefined,
): FileReader {
  const count = chunkCount(content.size);
  const isHashed = hashedAs !== undefined && Date.now() - hashedAs.changedAtMs > RACY_MS;
  const trusted = isHashed ? Bitmap.full(count) : new Bitmap(count);
  let trustedKey = isHashed ? hashedAs.key : '';
  let open: { fd: number; users: number; closing: boolean; checkedAtMs: number } | undefined;
  let opening: Promise<NonNullable<typeof open>> | undefined;
  let lastReadAtMs = Date.now();

  const changed = (why: string, cause?: unknown) =>
    new AppError('CONTENT_CHANGED', `The shared file ${why}; publish it again.`, { cid: content.cid }, { cause });

  async function acquire(): Promise<NonNullable<typeof open>> {
    if (open && Date.now() - open.checkedAtMs > PATH_CHECK_MS) await dropIfReplaced(open);
    if (!open) {
      opening ??= disk.open(path, 'read').then(
        (fd) => ({ fd, users: 0, closing: false, checkedAtMs: Date.now() }),
        (error) => {
          const gone =
            ['ENOENT', 'ELOOP', 'ENOTDIR', 'ENXIO'].includes(errnoOf(error)) || isAppError(error, 'BAD_REQUEST');
          throw gone ? changed('is gone', error) : toStoreError(error, 'The shared file cannot be opened');
        },
      );
      try {
        open = await opening;
      } finally {
        opening = undefined;
      }
    }
    open.users++;
    return open;
  }

  /** The name may stand for another file by now; the one we hold open is then of no use to its owner. */
  async function dropIfReplaced(held: NonNullable<typeof open>): Promise<void> {
    held.checkedAtMs = Date.now();
    let fd: number | undefined;
    try {
      fd = await disk.open(path, 'read');
      if (disk.stamp(fd).key === disk.stamp(held.fd).key) return;
    } catch {
      // Whatever is wrong with the path, opening it again says it properly.
    } finally {
      if (fd !== undefined) await disk.close(fd);
    }
    if (open === held) letGo(held);
  }

  function letGo(held: NonNullable<typeof open>): void {
    held.closing = true;
    if (open === held) open = undefined;
    if (held.users === 0) void disk.close(held.fd).catch(() => {});
  }

  function finish(held: NonNullable<typeof open>): void {
    held.users--;
    if (held.closing && held.users === 0) void disk.close(held.fd).catch(() => {});
  }

  /** True when the bytes that are read between now and an equal stamp need no hashing. */
  function isTrusted(stamp: Stamp, chunk: number): boolean {
    return stamp.key === trustedKey && trusted.has(chunk);
  }

  async function readAt(fd: number, start: number, length: number, into?: Uint8Array): Promise<Uint8Array> {
    const data = into?.length === length ? into : Buffer.allocUnsafeSlow(length);
    const got = await disk.read(fd, data, start);
    if (got < length) throw changed('became shorter');
    return data;
  }

  async function readVerified(fd: number, chunk: number, before: Stamp): Promise<Uint8Array> {
    const data = await readAt(fd, chunk * CHUNK_BYTES, chunkLength(content.size, chunk));
    const good = await verify(content, chunk, data);
    if (!good) throw changed('no longer holds what was published');
    if (Date.now() - before.changedAtMs > RACY_MS && disk.stamp(fd).key === before.key) {
      if (trustedKey !== before.key) trusted.clear();
      trustedKey = before.key;
      trusted.add(chunk);
    }
    return good;
  }

  return {
    path,
    get lastReadAtMs() {
      return lastReadAtMs;
    },
    async read(chunk, range, into) {
      const length = chunkLength(content.size, chunk);
      const { start, end } = range ?? { start: 0, end: length };
      if (!(start >= 0 && start <= end && end <= length)) {
        throw new AppError('RANGE_INVALID', 'The range lies outside the chunk.', { chunk, length });
      }
      lastReadAtMs = Date.now();
      const held = await acquire();
      try {
        const before = disk.stamp(held.fd);
        if (isTrusted(before, chunk)) {
          const data = await readAt(held.fd, chunk * CHUNK_BYTES + start, end - start, into);
          if (disk.stamp(held.fd).key === before.key) return data;
        }
        const data = await readVerified(held.fd, chunk, disk.stamp(held.fd));
        return range ? data.subarray(start, end) : data;
      } catch (error) {
        throw toStoreError(error, 'The shared file cannot be read');
      } finally {
        finish(held);
      }
    },
    release() {
      if (open) letGo(open);
    },
  };
}
