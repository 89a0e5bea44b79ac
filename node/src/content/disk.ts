/**
 * The few calls on files that `content/` makes, with errors in our words. Stateless.
 * Reads and writes are whole or they throw: a short read means that the file is not what it was.
 */
import {
  close,
  constants,
  fstatSync,
  fsync,
  ftruncate,
  open,
  read as readCallback,
  write as writeCallback,
} from 'node:fs';
import { link, realpath, rename, statfs, unlink } from 'node:fs/promises';
import { promisify } from 'node:util';
import { AppError, isAppError } from '@chiral/protocol/errors';

/** What tells one state of a file from another. */
export interface Stamp {
  /** Equal for equal states: device, inode, size, and both times to the nanosecond. */
  readonly key: string;
  readonly size: number;
  /** Last change of bytes or inode, milliseconds since 1970. */
  readonly changedAtMs: number;
}

/** Tests pass one that fails on demand. */
export interface Disk {
  /** A regular file that exists; a symbolic link as the last part of `path` is refused. */
  open(path: string, mode: 'read' | 'write' | 'create'): Promise<number>;
  /** Fills `into` from `position`; resolves to fewer bytes only at the end of the file. */
  read(fd: number, into: Uint8Array, position: number): Promise<number>;
  /** Writes all of `data` at `position`. */
  write(fd: number, data: Uint8Array, position: number): Promise<void>;
  truncate(fd: number, size: number): Promise<void>;
  sync(fd: number): Promise<void>;
  close(fd: number): Promise<void>;
  stamp(fd: number): Stamp;
  /** Gives `from` the name `to` unless something has that name. @throws CONFLICT */
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  realpath(path: string): Promise<string>;
  /** Bytes that an ordinary user may still write beside `path`. */
  freeBytes(folder: string): Promise<number>;
}

const openAsync = promisify(open) as (path: string, flags: number, mode?: number) => Promise<number>;
const truncateAsync = promisify(ftruncate) as (fd: number, size: number) => Promise<void>;
const syncAsync = promisify(fsync);
const closeAsync = promisify(close);

// O_NONBLOCK: opening a FIFO that somebody put in the place of a share must not hang.
const OPEN_FLAGS = {
  read: constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
  write: constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK,
  create: constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
} as const;

/** errno of a failed call, or '' */
export function errnoOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** Any failure of the disk → STORE_FAILED; our own errors pass. */
export function toStoreError(error: unknown, what: string): AppError {
  if (isAppError(error)) return error;
  const errno = errnoOf(error);
  const why = errno === 'ENOSPC' || errno === 'EDQUOT' ? 'the disk is full' : errno || 'the disk failed';
  return new AppError('STORE_FAILED', `${what}: ${why}.`, { errno }, { cause: error });
}

function readOnce(fd: number, into: Uint8Array, offset: number, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    readCallback(fd, into, offset, into.length - offset, position, (error, count) =>
      error ? reject(error) : resolve(count),
    );
  });
}

function writeOnce(fd: number, data: Uint8Array, offset: number, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    writeCallback(fd, data, offset, data.length - offset, position, (error, count) =>
      error ? reject(error) : resolve(count),
    );
  });
}

export const disk: Disk = {
  async open(path, mode) {
    const fd = await openAsync(path, OPEN_FLAGS[mode], 0o644);
    if (!fstatSync(fd).isFile()) {
      await closeAsync(fd);
      throw new AppError('BAD_REQUEST', 'Only regular files can be shared.', {});
    }
    return fd;
  },
  async read(fd, into, position) {
    let filled = 0;
    while (filled < into.length) {
      const count = await readOnce(fd, into, filled, position + filled);
      if (count === 0) break;
      filled += count;
    }
    return filled;
  },
  async write(fd, data, position) {
    for (let written = 0; written < data.length; ) written += await writeOnce(fd, data, written, position + written);
  },
  truncate: truncateAsync,
  sync: syncAsync,
  close: closeAsync,
  stamp(fd) {
    const { dev, ino, size, mtimeNs, ctimeNs } = fstatSync(fd, { bigint: true });
    const changedAtNs = mtimeNs > ctimeNs ? mtimeNs : ctimeNs;
    return {
      key: `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`,
      size: Number(size),
      changedAtMs: Number(changedAtNs / 1_000_000n),
    };
  },
  async rename(from, to) {
    try {
      await link(from, to);
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === 'EEXIST')
        throw new AppError('CONFLICT', 'Another file has this name already.', {}, { cause: error });
      // A file system without hard links: there the check and the rename are two steps.
      if (errno !== 'EPERM' && errno !== 'ENOTSUP' && errno !== 'EOPNOTSUPP') throw error;
      if (await exists(to)) throw new AppError('CONFLICT', 'Another file has this name already.');
      return rename(from, to);
    }
    await unlink(from);
  },
  remove: (path) => unlink(path),
  realpath: (path) => realpath(path),
  async freeBytes(folder) {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  },
};

async function exists(path: string): Promise<boolean> {
  try {
    await realpath(path);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}
