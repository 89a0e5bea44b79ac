/**
 * The tree over the bytes of a file, and proofs from it. Pure, and light enough that a thread which only hashes loads it alone.
 *
 * The root of a file is its BitTorrent v2 `pieces root` (BEP 52): a binary SHA-256 tree over 16 KiB leaves, the last leaf
 * hashed at its own length, the leaf row padded with 32 zero bytes to a power of two. BEP 52 does not separate leaves from
 * nodes, so every proof here fixes both its depth and the length of its leaf from the size of the file.
 *
 * @see https://www.bittorrent.org/beps/bep_0052.html
 */
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import { AppError } from './errors.ts';

/** Unit of the hash tree, bytes (BEP 52). */
export const LEAF_BYTES = 16 * 1024;
/** A quarter of a chunk, bytes; verifiable alone. */
export const SLICE_BYTES = 4 * LEAF_BYTES;
/** Unit of transfer and pay, bytes. */
export const CHUNK_BYTES = 16 * LEAF_BYTES;
/** Height of a chunk's subtree above the leaves. */
export const CHUNK_HEIGHT = 4;
/** Height of a slice's subtree above the leaves. */
export const SLICE_HEIGHT = 2;
export const HASH_BYTES = 32;

/** bytes → 32-byte SHA-256. Node passes its native one; the default runs everywhere. */
export type Sha256 = (data: Uint8Array) => Uint8Array;

/** In every runtime, slower than a native one. */
export const portable: Sha256 = (data) => nobleSha256(data);

/** `zeroHashes[h]`: root of a subtree of height `h` whose leaves are all the 32-byte zero padding. */
const zeroHashes: Uint8Array[] = [new Uint8Array(HASH_BYTES)];
function zeroHash(height: number): Uint8Array {
  for (let h = zeroHashes.length; h <= height; h++) {
    zeroHashes.push(parentHash(zeroHashes[h - 1]!, zeroHashes[h - 1]!, portable));
  }
  return zeroHashes[height]!;
}

function parentHash(left: Uint8Array, right: Uint8Array, sha256: Sha256): Uint8Array {
  const pair = new Uint8Array(2 * HASH_BYTES);
  pair.set(left);
  pair.set(right, HASH_BYTES);
  return sha256(pair);
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** Smallest `d` with 2^d >= n; 0 for n <= 1. */
function log2Ceil(n: number): number {
  let d = 0;
  while (2 ** d < n) d++;
  return d;
}

// ---- shape: everything that the size alone decides -------------------------------------------------------------------

/** Number of units of `unitBytes` in a file of `size` bytes. */
function countOf(size: number, unitBytes: number): number {
  return Math.ceil(size / unitBytes);
}

export const leafCount = (size: number): number => countOf(size, LEAF_BYTES);
export const sliceCount = (size: number): number => countOf(size, SLICE_BYTES);
export const chunkCount = (size: number): number => countOf(size, CHUNK_BYTES);

/** Height of the whole tree: leaf row padded to 2^height. */
export function treeHeight(size: number): number {
  return log2Ceil(leafCount(size));
}

/** Height of the subtree that stands for one chunk; lower than CHUNK_HEIGHT only when the file is a single chunk. */
export function chunkHeight(size: number): number {
  return Math.min(CHUNK_HEIGHT, treeHeight(size));
}

/** Bytes of chunk `index`; the last one may be short. @throws BAD_REQUEST when there is no such chunk */
export function chunkLength(size: number, index: number): number {
  const count = chunkCount(size);
  if (!Number.isInteger(index) || index < 0 || index >= count) {
    throw new AppError('BAD_REQUEST', `Chunk ${index} does not exist; the content has ${count}.`, { index, count });
  }
  return index === count - 1 ? size - index * CHUNK_BYTES : CHUNK_BYTES;
}

// ---- hashing ---------------------------------------------------------------------------------------------------------

/**
 * Root of the subtree of `height` over `data`: leaves of 16 KiB, the last at its own length, padded with zero leaves.
 * @param data at most 2^height leaves of bytes, at least one byte
 */
export function subtreeRoot(data: Uint8Array, height: number, sha256: Sha256 = portable): Uint8Array {
  let row = leafHashes(data, sha256);
  if (row.length === 0 || row.length > 2 ** height) throw new Error(`${data.length} bytes do not fit height ${height}`);
  for (let h = 0; h < height; h++) row = parentRow(row, h, sha256);
  return row[0]!;
}

/** The row above `row`, whose nodes stand at height `h`; an odd end pairs with the padding of that height. */
function parentRow(row: Uint8Array[], h: number, sha256: Sha256): Uint8Array[] {
  const above: Uint8Array[] = [];
  for (let i = 0; i < row.length; i += 2) above.push(parentHash(row[i]!, row[i + 1] ?? zeroHash(h), sha256));
  return above;
}

/** Hash of one chunk, as it stands in the chunk layer. @param size of the whole file, bytes */
export function chunkHash(data: Uint8Array, size: number, sha256: Sha256 = portable): Uint8Array {
  return subtreeRoot(data, chunkHeight(size), sha256);
}

/** Hashes of the slices of one chunk (1 to 4), which together verify any 64 KiB window of it. */
export function sliceHashes(chunk: Uint8Array, size: number, sha256: Sha256 = portable): Uint8Array[] {
  const height = Math.min(SLICE_HEIGHT, treeHeight(size));
  const hashes: Uint8Array[] = [];
  for (let at = 0; at < chunk.length; at += SLICE_BYTES) {
    hashes.push(subtreeRoot(chunk.subarray(at, at + SLICE_BYTES), height, sha256));
  }
  return hashes;
}

/** Chunk hash from its slice hashes: the check of a slice list against the chunk layer. */
export function chunkHashFromSlices(slices: Uint8Array[], size: number, sha256: Sha256 = portable): Uint8Array {
  let row = slices;
  for (let h = SLICE_HEIGHT; h < chunkHeight(size); h++) row = parentRow(row, h, sha256);
  return row[0]!;
}

/** Root of the file from its chunk layer. An empty file has the zero hash, which no data can have. */
export function rootFromLayer(layer: ChunkLayer, size: number, sha256: Sha256 = portable): Uint8Array {
  if (size === 0) return zeroHash(0);
  let row = Array.from({ length: layer.count }, (_, i) => layer.at(i));
  for (let h = chunkHeight(size); h < treeHeight(size); h++) row = parentRow(row, h, sha256);
  return row[0]!;
}

/** The chunk hashes of one file, packed 32 bytes each: what travels beside a manifest. */
export class ChunkLayer {
  readonly bytes: Uint8Array;

  /** @throws CONTENT_INVALID when the length is not a whole number of hashes */
  constructor(bytes: Uint8Array) {
    if (bytes.length % HASH_BYTES !== 0)
      throw new AppError('CONTENT_INVALID', 'A chunk layer is a row of 32-byte hashes.');
    this.bytes = bytes;
  }

  static from(hashes: readonly Uint8Array[]): ChunkLayer {
    const bytes = new Uint8Array(hashes.length * HASH_BYTES);
    hashes.forEach((hash, i) => {
      bytes.set(hash, i * HASH_BYTES);
    });
    return new ChunkLayer(bytes);
  }

  get count(): number {
    return this.bytes.length / HASH_BYTES;
  }

  at(index: number): Uint8Array {
    return this.bytes.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES);
  }
}

/**
 * True when `data` is chunk `index` of the file.
 * @param layer checked against the root before (see `checkLayer`)
 */
export function verifyChunk(
  content: { size: number; layer: ChunkLayer },
  index: number,
  data: Uint8Array,
  sha256: Sha256 = portable,
): boolean {
  return (
    data.length === chunkLength(content.size, index) &&
    equalBytes(chunkHash(data, content.size, sha256), content.layer.at(index))
  );
}

/** @throws CONTENT_INVALID unless `layer` has one hash per chunk and hashes to `root` */
export function checkLayer(layer: ChunkLayer, size: number, root: Uint8Array, sha256: Sha256 = portable): void {
  if (layer.count !== chunkCount(size) || !equalBytes(rootFromLayer(layer, size, sha256), root)) {
    throw new AppError('CONTENT_INVALID', 'The chunk layer does not hash to the root in the manifest.');
  }
}

// ---- proofs ----------------------------------------------------------------------------------------------------------

/** A subtree of a file with the siblings up to the root: `height` 0 is a leaf, 2 a slice, 4 a chunk. */
export interface SubtreeProof {
  readonly height: number;
  /** Which subtree of that height, from 0. */
  readonly index: number;
  /** Sibling hashes from the subtree upwards, treeHeight − height of them. */
  readonly path: readonly Uint8Array[];
}

/**
 * Proof of one subtree.
 * @param leaves hash of every leaf of the file, in order
 * @param height at most treeHeight(size)
 */
export function proveSubtree(
  leaves: readonly Uint8Array[],
  height: number,
  index: number,
  sha256: Sha256 = portable,
): SubtreeProof {
  const top = log2Ceil(leaves.length);
  if (height > top || index < 0 || index * 2 ** height >= leaves.length) {
    throw new AppError('BAD_REQUEST', 'No such subtree in this content.', { height, index });
  }
  let row = [...leaves];
  const path: Uint8Array[] = [];
  for (let h = 0; h < top; h++) {
    if (h >= height) path.push(row[(index >> (h - height)) ^ 1] ?? zeroHash(h));
    row = parentRow(row, h, sha256);
  }
  return { height, index, path };
}

/** Hash of every leaf of `data`. */
export function leafHashes(data: Uint8Array, sha256: Sha256 = portable): Uint8Array[] {
  const hashes: Uint8Array[] = [];
  for (let at = 0; at < data.length; at += LEAF_BYTES) hashes.push(sha256(data.subarray(at, at + LEAF_BYTES)));
  return hashes;
}

/** True when `data` stands at the place that `proof` names in the file of `size` bytes with `root`. Depth and length are fixed by `size`. */
export function verifySubtree(
  content: { size: number; root: Uint8Array },
  proof: SubtreeProof,
  data: Uint8Array,
  sha256: Sha256 = portable,
): boolean {
  const top = treeHeight(content.size);
  const { height, index, path } = proof;
  if (!Number.isInteger(height) || !Number.isInteger(index) || height < 0 || height > top || index < 0) return false;
  const unitBytes = LEAF_BYTES * 2 ** height;
  if (index >= countOf(content.size, unitBytes) || path.length !== top - height) return false;
  if (data.length !== Math.min(unitBytes, content.size - index * unitBytes)) return false;
  let hash = subtreeRoot(data, height, sha256);
  let at = index;
  for (const sibling of path) {
    if (sibling.length !== HASH_BYTES) return false;
    hash = at % 2 === 0 ? parentHash(hash, sibling, sha256) : parentHash(sibling, hash, sha256);
    at = Math.floor(at / 2);
  }
  return equalBytes(hash, content.root);
}
