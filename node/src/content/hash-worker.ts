/**
 * A thread that hashes, and writes what was hashed. Owns nothing but the running digests of downloads in progress; never opens
 * a file. One message in, one message out, in order.
 */
import { createHash, type Hash } from 'node:crypto';
import { readSync, writeSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { isAppError } from '@chiral/protocol/errors';
import { chunkHash } from '@chiral/protocol/tree';
import { hashSegments, hashWhole, READY, recheckChunks, type SharedProgress, sha256 } from './hash-jobs.ts';

export type HashJob =
  | { job: 'file'; fd: number; size: number; progress: SharedProgress; whole: boolean }
  | { job: 'chunk'; size: number; data: Uint8Array }
  | { job: 'recheck'; fd: number; size: number; layer: Uint8Array; skip: Uint8Array }
  | { job: 'write'; fd: number; rows: readonly { data: Uint8Array; position: number }[] }
  | { job: 'digest'; key: number; fd: number; from: number; to: number; last: boolean }
  | { job: 'forget'; key: number };

/** `data` comes back with 'chunk' when its memory was moved here; `written` is how many rows are on the disk before one failed. */
export interface HashReply {
  readonly id: number;
  readonly result?: { data?: Uint8Array; hash?: Uint8Array; good?: Uint8Array; written?: number };
  readonly error?: { code?: string; message: string };
}

/** Read size of a running digest, bytes. */
const READ_BYTES = 1 << 20;

const digests = new Map<number, Hash>();
const buffer = Buffer.allocUnsafeSlow(READ_BYTES);

function advanceDigest({ key, fd, from, to, last }: Extract<HashJob, { job: 'digest' }>): Uint8Array | undefined {
  const digest = digests.get(key) ?? createHash('sha256');
  digests.set(key, digest);
  for (let at = from; at < to; ) {
    const count = readSync(fd, buffer, 0, Math.min(READ_BYTES, to - at), at);
    if (count === 0) throw new Error('The file under a download became shorter.');
    digest.update(buffer.subarray(0, count));
    at += count;
  }
  if (!last) return undefined;
  digests.delete(key);
  return digest.digest();
}

/** One row a write: see `writeWaiting` in partial-file.ts. */
function writeRows({ fd, rows }: Extract<HashJob, { job: 'write' }>): number {
  let written = 0;
  try {
    for (const { data, position } of rows) {
      for (let at = 0; at < data.length; ) at += writeSync(fd, data, at, data.length - at, position + at);
      written++;
    }
  } catch {
    // Whoever asked writes the rest itself, and learns why it fails.
  }
  return written;
}

function run(job: HashJob): HashReply['result'] {
  switch (job.job) {
    case 'file': {
      const hash = job.whole ? hashWhole(job.fd, job.size, job.progress) : undefined;
      hashSegments(job.fd, job.size, job.progress);
      return { hash };
    }
    case 'chunk': {
      // In memory of its own: what is sent takes all of its buffer along, and Node's pool of short ones has 64 KiB.
      const hash = Uint8Array.from(chunkHash(job.data, job.size, sha256));
      return job.data.buffer instanceof SharedArrayBuffer ? { hash } : { hash, data: job.data };
    }
    case 'recheck':
      return { good: recheckChunks(job.fd, job.size, job.layer, job.skip) };
    case 'write':
      return { written: writeRows(job) };
    case 'digest':
      return { hash: advanceDigest(job) };
    case 'forget':
      digests.delete(job.key);
      return {};
  }
}

parentPort!.on('message', ({ id, job }: { id: number; job: HashJob }) => {
  let reply: HashReply;
  try {
    reply = { id, result: run(job) };
  } catch (error) {
    const { message } = error as Error;
    reply = { id, error: isAppError(error) ? { code: error.code, message } : { message } };
  }
  const moved = reply.result?.data?.buffer;
  parentPort!.postMessage(reply, moved instanceof ArrayBuffer ? [moved] : []);
});
parentPort!.postMessage(READY);
