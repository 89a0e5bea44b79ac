/**
 * One chunk from several sellers at once, slice by slice: where waiting for one of them would cost more than asking all. Pure: who
 * is to send which slices, and, once the chunk is known for certain, who sent wrong ones.
 *
 * A chunk that was put together and does not verify names nobody by itself. What each sent is kept until the chunk has come whole
 * from one of them and verified; whose slices differ from it lied, and nobody else is touched.
 */
import { SLICE_BYTES } from '@chiral/protocol/content';

export interface Part<M> {
  readonly member: M;
  /** Bytes `[start, end)` of the chunk; slices begin at multiples of SLICE_BYTES. */
  readonly start: number;
  readonly end: number;
}

export interface Sent<M> extends Part<M> {
  readonly data: Uint8Array;
}

/** Most who share a chunk; it has no more slices. */
export const MAX_TEAM = 4;

/**
 * Deals the slices of a chunk so that all are done at about the same time; whoever would only delay the others gets none.
 * @param length of the chunk, bytes
 * @param members in order of preference. @param bytesPerMs undefined before the first measurement: taken for the mean of the others
 * @returns parts in order, none empty, which together are the chunk
 */
export function deal<M extends { readonly bytesPerMs: number | undefined }>(
  length: number,
  members: readonly M[],
): Part<M>[] {
  const known = members.flatMap(({ bytesPerMs }) => (bytesPerMs === undefined ? [] : [bytesPerMs]));
  const usual = known.length > 0 ? known.reduce((sum, speed) => sum + speed, 0) / known.length : 1;
  const shares = members.map((member) => ({ member, speed: Math.max(1e-9, member.bytesPerMs ?? usual), slices: 0 }));
  for (let slice = 0; slice * SLICE_BYTES < length; slice++) {
    const soonest = shares.reduce((best, share) =>
      (share.slices + 1) / share.speed < (best.slices + 1) / best.speed ? share : best,
    );
    soonest.slices++;
  }
  const parts: Part<M>[] = [];
  let start = 0;
  for (const { member, slices } of shares) {
    if (slices === 0) continue;
    const end = Math.min(length, start + slices * SLICE_BYTES);
    parts.push({ member, start, end });
    start = end;
  }
  return parts;
}

/** The chunk of all its parts, in memory of its own. */
export function assemble(length: number, sent: readonly Sent<unknown>[]): Uint8Array {
  const chunk = new Uint8Array(length);
  for (const { start, data } of sent) chunk.set(data, start);
  return chunk;
}

/** Who sent other bytes than those of the chunk that verified. */
export function liars<M>(sent: readonly Sent<M>[], good: Uint8Array): M[] {
  const lies = sent.filter(({ start, end, data }) => {
    if (data.length !== end - start) return true;
    for (let i = 0; i < data.length; i++) if (data[i] !== good[start + i]) return true;
    return false;
  });
  return [...new Set(lies.map(({ member }) => member))];
}
