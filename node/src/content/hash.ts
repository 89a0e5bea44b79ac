/**
 * Hashing of a file where it lies: its tree and its whole SHA-256 side by side, on several cores, as a stream.
 * Never copies the file and never holds more of it than a few megabytes.
 */
import { availableParallelism } from 'node:os';
import { ChunkLayer, rootFromLayer } from '@chiral/protocol/content';
import { AppError } from '@chiral/protocol/errors';
import { type Disk, disk as realDisk, type Stamp, toStoreError } from './disk.ts';
import { createProgress, hashSegments, hashWhole, progressBytes, SMALL_BYTES, sha256 } from './hash-jobs.ts';
import { createHashPool } from './hash-pool.ts';

export { sha256 };

/** Time between two reports of progress, milliseconds. */
const PROGRESS_MS = 100;

export interface FileHash {
  /** Bytes. */
  readonly size: number;
  readonly root: Uint8Array;
  readonly sha256: Uint8Array;
  readonly layer: ChunkLayer;
  /** State of the file that was hashed. */
  readonly stamp: Stamp;
}

export interface HashOptions {
  /** Told now and then, and once at the end with `done === total`. Bytes. */
  onProgress?: (done: number, total: number) => void;
  signal?: AbortSignal;
  /** Cores to use; all by default. */
  threads?: number;
}

/**
 * @throws NOT_FOUND no such file; BAD_REQUEST not a regular file; CONTENT_CHANGED it was written to meanwhile; CANCELLED;
 *   STORE_FAILED
 */
export async function hashFile(path: string, options: HashOptions = {}, disk: Disk = realDisk): Promise<FileHash> {
  let fd: number;
  try {
    fd = await disk.open(path, 'read');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new AppError('NOT_FOUND', 'There is no such file.');
    throw toStoreError(error, 'The file cannot be opened');
  }
  try {
    return await hashOpenFile(fd, options, disk);
  } catch (error) {
    throw toStoreError(error, 'The file cannot be read');
  } finally {
    await disk.close(fd);
  }
}

/** The same for a file that is open. */
export async function hashOpenFile(fd: number, options: HashOptions, disk: Disk = realDisk): Promise<FileHash> {
  const { onProgress, signal, threads = availableParallelism() } = options;
  if (signal?.aborted) throw new AppError('CANCELLED', 'Hashing was stopped.');
  const before = disk.stamp(fd);
  const { size } = before;
  const progress = createProgress(size);
  let digest: Uint8Array;
  if (size <= SMALL_BYTES) {
    hashSegments(fd, size, progress);
    digest = hashWhole(fd, size, progress);
  } else {
    digest = await hashOnThreads();
  }
  if (disk.stamp(fd).key !== before.key) {
    throw new AppError('CONTENT_CHANGED', 'The file was written to while it was hashed.');
  }
  const layer = new ChunkLayer(new Uint8Array(progress.layer));
  onProgress?.(size, size);
  return { size, root: rootFromLayer(layer, size, sha256), sha256: digest, layer, stamp: before };

  async function hashOnThreads(): Promise<Uint8Array> {
    const pool = createHashPool(threads);
    const stop = () => Atomics.store(progress.counters, 1, 1);
    signal?.addEventListener('abort', stop, { once: true });
    const timer = setInterval(() => onProgress?.(Math.floor(progressBytes(size, progress) / 2), size), PROGRESS_MS);
    try {
      const jobs = Array.from({ length: threads }, (_, index) =>
        pool.run({ job: 'file', fd, size, progress, whole: index === 0 }, index),
      );
      // All settle before the descriptor closes: a thread must never read a number that means another file.
      const results = await Promise.allSettled(
        jobs.map((job) =>
          job.catch((error) => {
            stop();
            throw error;
          }),
        ),
      );
      if (signal?.aborted) throw new AppError('CANCELLED', 'Hashing was stopped.');
      for (const result of results) if (result.status === 'rejected') throw result.reason;
      return (results[0] as PromiseFulfilledResult<{ hash?: Uint8Array }>).value.hash!;
    } finally {
      clearInterval(timer);
      signal?.removeEventListener('abort', stop);
      await pool.close();
    }
  }
}
