/**
 * Hashing that runs on any thread: pure but for reading a file descriptor, which all threads of a process share.
 * The main thread calls these for small files, `hash-worker.ts` for the rest.
 */
import { createHash, hash } from 'node:crypto';
import { readSync } from 'node:fs';
import { AppError } from '@chiral/protocol/errors';
import {
  CHUNK_BYTES,
  ChunkLayer,
  chunkCount,
  chunkHash,
  chunkLength,
  HASH_BYTES,
  type Sha256,
} from '@chiral/protocol/tree';

/** Files up to this size are hashed on the calling thread, bytes: starting a thread takes as long as hashing this much. */
export const SMALL_BYTES = 8 << 20;
/** A thread's first message: it has loaded its program. */
export const READY = 'ready';
/** Chunks that a thread takes at a time, 4 MiB: large enough that taking costs nothing, small enough to share evenly. */
const SEGMENT_CHUNKS = 16;
/** Read size of the whole-file hash, bytes: stays in the second-level cache between read and hash. */
const READ_BYTES = 1 << 20;

/** The processor's own SHA-256. By way of text, since every 'buffer' result is an allocation of its own to collect. */
export const sha256: Sha256 = (data) => Buffer.from(hash('sha256', data, 'binary'), 'latin1');

/** What the threads that hash one file share. */
export interface SharedProgress {
  /** [0] next segment to take, [1] 1 when the work is abandoned, [2] chunks hashed, [3] MiB of the whole-file hash done. */
  readonly counters: Int32Array;
  /** The chunk layer as it fills. */
  readonly layer: Uint8Array;
}

export function createProgress(size: number): SharedProgress {
  return {
    counters: new Int32Array(new SharedArrayBuffer(4 * Int32Array.BYTES_PER_ELEMENT)),
    layer: new Uint8Array(new SharedArrayBuffer(chunkCount(size) * HASH_BYTES)),
  };
}

function readFully(fd: number, into: Uint8Array, position: number): void {
  for (let filled = 0; filled < into.length; ) {
    const count = readSync(fd, into, filled, into.length - filled, position + filled);
    if (count === 0) throw new AppError('CONTENT_CHANGED', 'The file became shorter while it was read.');
    filled += count;
  }
}

/** Takes segments until none is left and fills their chunk hashes into the shared layer. */
export function hashSegments(fd: number, size: number, { counters, layer }: SharedProgress): void {
  const buffer = Buffer.allocUnsafeSlow(Math.max(1, Math.min(size, SEGMENT_CHUNKS * CHUNK_BYTES)));
  const chunks = chunkCount(size);
  for (;;) {
    const first = Atomics.add(counters, 0, 1) * SEGMENT_CHUNKS;
    if (first >= chunks || Atomics.load(counters, 1) === 1) return;
    const last = Math.min(first + SEGMENT_CHUNKS, chunks);
    const start = first * CHUNK_BYTES;
    const segment = buffer.subarray(0, Math.min(size, last * CHUNK_BYTES) - start);
    readFully(fd, segment, start);
    for (let chunk = first; chunk < last; chunk++) {
      const at = (chunk - first) * CHUNK_BYTES;
      layer.set(chunkHash(segment.subarray(at, at + CHUNK_BYTES), size, sha256), chunk * HASH_BYTES);
    }
    Atomics.add(counters, 2, last - first);
  }
}

/** SHA-256 of the whole file. */
export function hashWhole(fd: number, size: number, { counters }: SharedProgress): Uint8Array {
  const digest = createHash('sha256');
  const buffer = Buffer.allocUnsafeSlow(Math.max(1, Math.min(size, READ_BYTES)));
  for (let at = 0; at < size && Atomics.load(counters, 1) === 0; at += READ_BYTES) {
    const block = buffer.subarray(0, Math.min(READ_BYTES, size - at));
    readFully(fd, block, at);
    digest.update(block);
    Atomics.add(counters, 3, 1);
  }
  return digest.digest();
}

/** Bytes hashed so far, of twice the size: once for the tree, once for the whole. */
export function progressBytes(size: number, { counters }: SharedProgress): number {
  const tree = Math.min(size, Atomics.load(counters, 2) * CHUNK_BYTES);
  const whole = Math.min(size, Atomics.load(counters, 3) * READ_BYTES);
  return tree + whole;
}

/**
 * Which chunks of a file are already right. Holes of a sparse file are read but not hashed.
 * @param skip bit i of byte i>>3 set: not looked at, and not set in the answer
 */
export function recheckChunks(fd: number, size: number, layerBytes: Uint8Array, skip: Uint8Array): Uint8Array {
  const layer = new ChunkLayer(layerBytes);
  const good = new Uint8Array(skip.length);
  const buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  const zeros = Buffer.alloc(CHUNK_BYTES);
  let zeroChunkHash: Uint8Array | undefined;
  for (let chunk = 0; chunk < layer.count; chunk++) {
    if ((skip[chunk >> 3]! >> (chunk & 7)) & 1) continue;
    const data = buffer.subarray(0, chunkLength(size, chunk));
    try {
      readFully(fd, data, chunk * CHUNK_BYTES);
    } catch (error) {
      if (error instanceof AppError) break;
      throw error;
    }
    let found: Uint8Array;
    if (data.length === CHUNK_BYTES && data.equals(zeros)) {
      zeroChunkHash ??= chunkHash(zeros, size, sha256);
      found = zeroChunkHash;
    } else {
      found = chunkHash(data, size, sha256);
    }
    if (Buffer.compare(found, layer.at(chunk)) === 0) good[chunk >> 3]! |= 1 << (chunk & 7);
  }
  return good;
}
