/**
 * The eDonkey name of a file: MD4 over parts of 9,728,000 bytes, then MD4 over their hashes. No I/O; the bytes come from the
 * caller. MD4 is broken: this only finds a file among eDonkey clients and never stands for our own tree.
 *
 * Packed part hashes are one 16-byte MD4 per part, in order. A file of a whole number of parts has one more, of no bytes:
 * that is how eMule and aMule count, and their file hash depends on it.
 *
 * @see https://mldonkey.sourceforge.net/Ed2k-hash
 */
import { createMD4, type IHasher } from 'hash-wasm';

/** Unit of the eDonkey hash and of availability, bytes. */
export const PART_BYTES = 9_728_000;
/** Largest range that clients ask for at a time, bytes. */
export const BLOCK_BYTES = 184_320;
/** Largest file that eDonkey clients take, bytes (eMule's MAX_EMULE_FILE_SIZE). */
export const MAX_FILE_BYTES = 2 ** 38;
const MD4_BYTES = 16;

/** Number of parts with bytes in them. */
export function partCount(size: number): number {
  return Math.ceil(size / PART_BYTES);
}

/**
 * Number of parts as file status and hash set count them: one more than `partCount` for whole multiples.
 * A file under one part has no hash set, but its status counts one.
 */
export function statusPartCount(size: number): number {
  return Math.floor(size / PART_BYTES) + 1;
}

/** True when every part that bytes `start` to `end` touch has its bit in a file status. */
export function hasRange(bits: Uint8Array, start: number, end: number): boolean {
  for (let part = Math.floor(start / PART_BYTES); part * PART_BYTES < end; part++) {
    if (!((bits[part >> 3] ?? 0) & (1 << (part & 7)))) return false;
  }
  return true;
}

/**
 * Hashes a file that is streamed in once.
 * @param size bytes of the whole
 * @param data the file from its start, in pieces of any length
 * @returns packed part hashes: statusPartCount(size) of them
 */
export async function hashParts(size: number, data: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const packed = new Uint8Array(statusPartCount(size) * MD4_BYTES);
  const md4: IHasher = await createMD4();
  let part = 0;
  let room = PART_BYTES;
  let total = 0;
  md4.init();
  for await (const piece of data) {
    total += piece.length;
    for (let at = 0; at < piece.length; ) {
      const bytes = piece.subarray(at, at + room);
      md4.update(bytes);
      at += bytes.length;
      room -= bytes.length;
      if (room > 0) continue;
      packed.set(md4.digest('binary'), part++ * MD4_BYTES);
      md4.init();
      room = PART_BYTES;
    }
  }
  if (total !== size) throw new Error(`${total} bytes were hashed of a file of ${size}`);
  packed.set(md4.digest('binary'), part * MD4_BYTES);
  return packed;
}

/** eDonkey file hash from packed part hashes, 32 hex digits. */
export async function fileHash(packed: Uint8Array): Promise<string> {
  if (packed.length === MD4_BYTES) return Buffer.from(packed).toString('hex');
  const md4 = await createMD4();
  return md4.init().update(packed).digest('hex');
}
