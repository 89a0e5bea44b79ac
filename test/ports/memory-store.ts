/** A ChunkStore in memory: the fake that the suites of other seams use, itself held to the suite. */
import { CHUNK_BYTES, type Content, chunkCount } from '@chiral/protocol/content';
import { AppError } from '@chiral/protocol/errors';
import type { ChunkStore } from '../../node/src/ports.ts';

export interface MemoryStore extends ChunkStore {
  /** Everything held of `content`, in order. */
  bytes(content: Content): Buffer;
}

/** @param full contents that are complete from the start */
export function createMemoryStore(full: { content: Content; bytes: Uint8Array }[] = []): MemoryStore {
  const held = new Map<string, Map<number, Uint8Array>>();
  for (const { content, bytes } of full) {
    const chunks = Array.from({ length: chunkCount(content.size) }, (_, i) => i);
    held.set(
      content.cid,
      new Map(chunks.map((i) => [i, bytes.subarray(i * CHUNK_BYTES, Math.min(bytes.length, (i + 1) * CHUNK_BYTES))])),
    );
  }
  return {
    has: (cid, chunk) => held.get(cid)?.has(chunk) ?? false,
    async get(cid, chunk, range) {
      const data = held.get(cid)?.get(chunk);
      if (!data) throw new AppError('NOT_FOUND', 'This chunk is not here.', { chunk });
      const { start, end } = range ?? { start: 0, end: data.length };
      if (start < 0 || end > data.length || start > end) throw new AppError('RANGE_INVALID', 'Outside the chunk.');
      return Uint8Array.from(data.subarray(start, end));
    },
    async put(cid, chunk, data) {
      if (!held.has(cid)) held.set(cid, new Map());
      held.get(cid)!.set(chunk, Uint8Array.from(data));
    },
    bytes: ({ cid, size }) =>
      Buffer.concat(Array.from({ length: chunkCount(size) }, (_, i) => held.get(cid)?.get(i) ?? new Uint8Array(0))),
  };
}
