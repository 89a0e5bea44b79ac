/**
 * Memory of whole chunks and slices, used again. Allocating and collecting 256 KiB for every chunk costs about as much as
 * copying it.
 *
 * Whoever holds the last reference to a buffer may give it back; whoever is not sure lets the collector have it. Memory that
 * did not come from here is never taken in, and giving back twice does nothing.
 */
import { CHUNK_BYTES, SLICE_BYTES } from '@chiral/protocol/content';

/** Most memory kept for each length, bytes: as much as one download has under way. */
const MAX_KEPT_BYTES = 16 << 20;

const keptByLength = new Map<number, Buffer[]>([
  [CHUNK_BYTES, []],
  [SLICE_BYTES, []],
]);
const lent = new WeakSet<Uint8Array>();

/** Memory of `length` bytes with whatever was in it. Shared, so that another thread can look at it without a copy. In Node only. */
export function takeBuffer(length: number): Buffer {
  const kept = keptByLength.get(length);
  const buffer = kept?.pop() ?? Buffer.from(new SharedArrayBuffer(length));
  if (kept) lent.add(buffer);
  return buffer;
}

export function giveBuffer(buffer: Uint8Array): void {
  if (!lent.delete(buffer)) return;
  const kept = keptByLength.get(buffer.length)!;
  if ((kept.length + 1) * buffer.length <= MAX_KEPT_BYTES) kept.push(buffer as Buffer);
}
