/** The seller's and the buyer's side of an atomic sale, for tests and the gas table: cipher, trees, leaf proofs. */
import { createHash } from 'node:crypto';
import { FAIR_EXCHANGE_TYPED_DATA } from '@chiral/protocol/generated/fair-exchange';
import { concat, getBytes, keccak256, TypedDataEncoder, toBeHex } from 'ethers';

export interface Sale {
  readonly buyer: string;
  readonly seller: string;
  readonly keyHash: string;
  readonly ciphertextRoot: string;
  readonly contentRoot: string;
  readonly length: bigint;
  readonly leafBytes: number;
  readonly deadline: number;
  readonly disputeWindow: number;
  readonly bond: bigint;
}

export interface LeafProof {
  readonly index: number;
  readonly ciphertext: string | Uint8Array;
  readonly ciphertextPath: readonly (string | Uint8Array)[];
  readonly contentLeaf: string | Uint8Array;
  readonly contentPath: readonly (string | Uint8Array)[];
}

const WORD_BYTES = 32;

export function sha256(...parts: Uint8Array[]): Uint8Array {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}

/** `terms` of a conditional voucher. */
export function termsOf(sale: Sale): string {
  return TypedDataEncoder.from({ Sale: FAIR_EXCHANGE_TYPED_DATA.Sale }).hashStruct('Sale', { ...sale });
}

/** Encrypts or decrypts leaf `index`: XOR with keccak256(key || leaf || word). */
export function cipherLeaf(key: string, index: number, leaf: Uint8Array): Uint8Array {
  const out = new Uint8Array(leaf.length);
  for (let at = 0; at < leaf.length; at += WORD_BYTES) {
    const stream = getBytes(keccak256(concat([key, toBeHex(index, 16), toBeHex(at / WORD_BYTES, 16)])));
    for (let i = 0; i < WORD_BYTES && at + i < leaf.length; i++) out[at + i] = (leaf[at + i] ?? 0) ^ (stream[i] ?? 0);
  }
  return out;
}

/** `data` cut into leaves. */
export function leavesOf(data: Uint8Array, leafBytes: number): Uint8Array[] {
  const leaves: Uint8Array[] = [];
  for (let at = 0; at < data.length; at += leafBytes) leaves.push(data.subarray(at, at + leafBytes));
  return leaves;
}

/** Every level of the tree over leaf hashes, padded with zero hashes as BEP 52 has it; the last level is the root. */
export function treeOf(hashes: readonly Uint8Array[]): Uint8Array[][] {
  let row = [...hashes];
  const width = 2 ** Math.ceil(Math.log2(row.length));
  while (row.length < width) row.push(new Uint8Array(WORD_BYTES));
  const levels = [row];
  while (row.length > 1) {
    row = Array.from({ length: row.length / 2 }, (_, i) =>
      sha256(row[2 * i] as Uint8Array, row[2 * i + 1] as Uint8Array),
    );
    levels.push(row);
  }
  return levels;
}

export function rootOf(levels: Uint8Array[][]): Uint8Array {
  return levels.at(-1)?.[0] ?? new Uint8Array(WORD_BYTES);
}

/** Siblings of leaf `index` from the bottom up. */
export function pathOf(levels: Uint8Array[][], index: number): Uint8Array[] {
  return levels.slice(0, -1).map((row, height) => row[(index >> height) ^ 1] as Uint8Array);
}

/** Root above one leaf hash, from its siblings alone. */
export function climb(leafHash: Uint8Array, index: number, path: readonly Uint8Array[]): Uint8Array {
  return path.reduce(
    (node, sibling, height) => ((index >> height) & 1 ? sha256(sibling, node) : sha256(node, sibling)),
    leafHash,
  );
}
