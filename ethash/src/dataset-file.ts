/**
 * Datasets on disk. One file per epoch: a header of 64 KiB, JSON padded with spaces, then the dataset as it lies in memory.
 * The header holds what the dataset was made from and the SHA-256 of each 16 MiB of it; a file that does not match in every
 * respect is damaged and is never used. Never computes a dataset. Owns the files of its folder that carry its names.
 *
 * Order on disk: the data, then the header, then a flush, then the rename to the final name. So a crash leaves a file that
 * is not looked at (and is swept up later), and what the disk loses after the rename is caught by the checksums.
 */

import { hash } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheBytes, datasetBytes, seedHash } from './params.ts';
import type { EthashParams } from './types.ts';

/** Room for the header: 4 GiB of dataset need 256 checksums of 67 characters, 17 KiB. */
const HEADER_BYTES = 65_536;
/** Bytes under one checksum, and of one read or write: large enough for a disk, small enough for progress. */
export const CHUNK_BYTES = 2 ** 24;
/** Raised when the format changes: older files are then rebuilt. */
const FORMAT = 'chiral ethash dataset 1';

interface Header {
  readonly format: string;
  readonly epoch: number;
  readonly seed: string;
  readonly cacheBytes: number;
  readonly datasetBytes: number;
  readonly sha256: readonly string[];
}

/** Epoch and sizes: everything a dataset depends on. */
function describe(params: EthashParams, epoch: number): Omit<Header, 'sha256'> {
  return {
    format: FORMAT,
    epoch,
    seed: Buffer.from(seedHash(epoch)).toString('hex'),
    cacheBytes: cacheBytes(params, epoch),
    datasetBytes: datasetBytes(params, epoch),
  };
}

export function datasetPath(folder: string, params: EthashParams, epoch: number): string {
  return join(folder, `ethash-${params.name}-${epoch}.dataset`);
}

export interface ReadOptions {
  readonly signal: AbortSignal;
  readonly onFraction: (fraction: number) => void;
}

/**
 * Reads a stored dataset into `into`, which has its length. `damaged`: there is a file, but it is torn, altered or of
 * other parameters; `into` then holds garbage.
 * @throws the signal's reason, or the file system's error when reading fails other than by absence.
 */
export async function readDataset(
  path: string,
  params: EthashParams,
  epoch: number,
  into: Uint8Array,
  { signal, onFraction }: ReadOptions,
): Promise<'loaded' | 'absent' | 'damaged'> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (file === undefined) return 'absent';
  try {
    const checksums = await readChecksums(file, params, epoch);
    if (checksums === undefined) return 'damaged';
    for (const [index, checksum] of checksums.entries()) {
      signal.throwIfAborted();
      const at = index * CHUNK_BYTES;
      const chunk = into.subarray(at, at + CHUNK_BYTES);
      if (!(await readFully(file, chunk, HEADER_BYTES + at)) || hash('sha256', chunk) !== checksum) return 'damaged';
      onFraction((at + chunk.length) / into.length);
    }
    return 'loaded';
  } finally {
    await file.close();
  }
}

/** The checksums of a file whose header is the one expected, else undefined. */
async function readChecksums(
  file: FileHandle,
  params: EthashParams,
  epoch: number,
): Promise<readonly string[] | undefined> {
  const bytes = new Uint8Array(HEADER_BYTES);
  if (!(await readFully(file, bytes, 0))) return undefined;
  let header: Partial<Header>;
  try {
    header = JSON.parse(new TextDecoder().decode(bytes)) ?? {};
  } catch {
    return undefined;
  }
  const { sha256, ...found } = header;
  const wanted = describe(params, epoch);
  const isSame = Object.entries(wanted).every(([name, value]) => found[name as keyof typeof found] === value);
  const chunks = Math.ceil(wanted.datasetBytes / CHUNK_BYTES);
  return isSame && Array.isArray(sha256) && sha256.length === chunks ? sha256 : undefined;
}

/** False when the file ends too soon. */
async function readFully(file: FileHandle, into: Uint8Array, position: number): Promise<boolean> {
  for (let done = 0; done < into.length; ) {
    const { bytesRead } = await file.read(into, done, into.length - done, position + done);
    if (bytesRead === 0) return false;
    done += bytesRead;
  }
  return true;
}

/** Keeps the temporary files of one process apart. */
let writers = 0;

/** Writes one dataset, chunk by chunk, in order. Either `commit` or `discard` ends it. */
export class DatasetWriter {
  readonly #file: FileHandle;
  readonly #temporary: string;
  readonly #path: string;
  readonly #header: Omit<Header, 'sha256'>;
  readonly #sha256: string[] = [];

  /** Makes the folder when it is missing. @throws the file system's error. */
  static async create(folder: string, params: EthashParams, epoch: number): Promise<DatasetWriter> {
    await mkdir(folder, { recursive: true });
    const path = datasetPath(folder, params, epoch);
    const temporary = `${path}.${process.pid}-${writers++}.tmp`;
    return new DatasetWriter(await open(temporary, 'w'), temporary, path, describe(params, epoch));
  }

  private constructor(file: FileHandle, temporary: string, path: string, header: Omit<Header, 'sha256'>) {
    this.#file = file;
    this.#temporary = temporary;
    this.#path = path;
    this.#header = header;
  }

  /** `chunk`: CHUNK_BYTES, or what is left for the last. */
  async append(chunk: Uint8Array): Promise<void> {
    const position = HEADER_BYTES + this.#sha256.length * CHUNK_BYTES;
    this.#sha256.push(hash('sha256', chunk));
    await this.#write(chunk, position);
  }

  /** After this the dataset is on disk under its name, whole. */
  async commit(): Promise<void> {
    const header = JSON.stringify({ ...this.#header, sha256: this.#sha256 });
    await this.#write(new TextEncoder().encode(header.padEnd(HEADER_BYTES)), 0);
    await this.#file.sync();
    await this.#file.close();
    await rename(this.#temporary, this.#path);
  }

  /** Leaves nothing behind. Safe after a failed `append` or `commit`. */
  async discard(): Promise<void> {
    await this.#file.close().catch(() => {});
    await rm(this.#temporary, { force: true });
  }

  async #write(bytes: Uint8Array, position: number): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      done += (await this.#file.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
    }
  }
}

/**
 * Removes the datasets of these parameters that are older than `oldest`, and unfinished files of processes that are gone.
 * A dataset is a gigabyte or more, and a chain never returns to an epoch that it left a whole epoch ago.
 */
export async function sweepDatasets(folder: string, params: EthashParams, oldest: number): Promise<void> {
  const names = new RegExp(`^ethash-${params.name}-(\\d+)\\.dataset(?:\\.(\\d+)-\\d+\\.tmp)?$`);
  for (const name of await readdir(folder)) {
    const [, epoch, pid] = names.exec(name) ?? [];
    if (epoch === undefined) continue;
    const isStale = pid === undefined ? Number(epoch) < oldest : !isRunning(Number(pid));
    if (isStale) await rm(join(folder, name), { force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
