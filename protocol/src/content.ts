/**
 * Content: bytes, the tree over them (`tree.ts`), the manifest that names them. Pure: no I/O, no clock, runs in a browser.
 */
import * as dagCbor from '@ipld/dag-cbor';
import { CID } from 'multiformats/cid';
import * as raw from 'multiformats/codecs/raw';
import { create as createDigest } from 'multiformats/hashes/digest';
import { AppError } from './errors.ts';
import { ChunkLayer, checkLayer, equalBytes, HASH_BYTES, portable, type Sha256 } from './tree.ts';

export * from './tree.ts';

/** Largest content we name, bytes: 2^48 keeps every count below 2^53 and a proof below 32 levels of chunks. */
export const MAX_CONTENT_BYTES = 2 ** 48;
/** Multihash code of SHA-256. */
const SHA2_256 = 0x12;

/** The record whose hash is the name of the content. Nothing in it but content, so equal bytes have equal names. */
export interface Manifest {
  readonly v: 1;
  /** Bytes. */
  readonly size: number;
  /** BEP 52 root, 32 bytes. */
  readonly root: Uint8Array;
  /** SHA-256 of the whole file, 32 bytes. */
  readonly sha256: Uint8Array;
}

/** Canonical dag-cbor of a manifest. */
export function encodeManifest(manifest: Manifest): Uint8Array {
  const { v, size, root, sha256 } = manifest;
  return dagCbor.encode({ v, size, root, sha256 });
}

/** @throws CONTENT_INVALID for anything but the one canonical encoding of a version 1 manifest */
export function decodeManifest(bytes: Uint8Array): Manifest {
  const fail = (why: string, cause?: unknown) =>
    new AppError('CONTENT_INVALID', `Not a manifest: ${why}.`, {}, { cause });
  let value: unknown;
  try {
    value = dagCbor.decode(bytes);
  } catch (cause) {
    throw fail('not canonical dag-cbor', cause);
  }
  if (typeof value !== 'object' || value === null) throw fail('not a map');
  const { v, size, root, sha256 } = value as Record<string, unknown>;
  if (v !== 1) throw fail('unknown version');
  if (typeof size !== 'number' || !Number.isInteger(size) || size < 0 || size > MAX_CONTENT_BYTES)
    throw fail('bad size');
  for (const hash of [root, sha256])
    if (!(hash instanceof Uint8Array) || hash.length !== HASH_BYTES) throw fail('bad hash');
  const manifest: Manifest = { v, size, root: root as Uint8Array, sha256: sha256 as Uint8Array };
  if (!equalBytes(encodeManifest(manifest), bytes)) throw fail('not the canonical encoding');
  return manifest;
}

/** CIDv1 (dag-cbor, sha2-256) of an encoded manifest, base32 text. */
export function cidOfManifest(encoded: Uint8Array, sha256: Sha256 = portable): string {
  return CID.createV1(dagCbor.code, createDigest(SHA2_256, sha256(encoded))).toString();
}

/** CIDv1 (raw, sha2-256) of the file's own SHA-256: the alias under which `chiral get <sha256sum>` looks. */
export function aliasCid(sha256OfFile: Uint8Array): string {
  return CID.createV1(raw.code, createDigest(SHA2_256, sha256OfFile)).toString();
}

/** Text of a content CID in its one canonical form. @throws BAD_REQUEST unless CIDv1, dag-cbor, sha2-256 */
export function parseCid(text: string): string {
  try {
    const cid = CID.parse(text);
    if (
      cid.version === 1 &&
      cid.code === dagCbor.code &&
      cid.multihash.code === SHA2_256 &&
      cid.multihash.digest.length === HASH_BYTES
    ) {
      return cid.toString();
    }
  } catch {
    // Falls through: every malformed text gets the same answer.
  }
  throw new AppError(
    'BAD_REQUEST',
    `"${text.slice(0, 80)}" is not a Chiral CID (CIDv1, dag-cbor, sha2-256; it begins with "bafyrei").`,
  );
}

/** The 32-byte digest inside a content CID: its name in typed data and contracts. @throws BAD_REQUEST */
export function cidDigest(cid: string): Uint8Array {
  return CID.parse(parseCid(cid)).multihash.digest;
}

/** Everything a downloader knows before the first byte: a manifest under its CID, and the chunk layer checked against it. */
export interface Content {
  readonly cid: string;
  readonly size: number;
  readonly root: Uint8Array;
  readonly sha256: Uint8Array;
  readonly layer: ChunkLayer;
}

/**
 * Checks a manifest and a chunk layer from a stranger against the CID that was asked for.
 * @throws CONTENT_INVALID when any of the three disagree
 */
export function toContent(
  cid: string,
  manifestBytes: Uint8Array,
  layerBytes: Uint8Array,
  sha256: Sha256 = portable,
): Content {
  if (cidOfManifest(manifestBytes, sha256) !== cid)
    throw new AppError('CONTENT_INVALID', 'The manifest does not hash to its CID.');
  const manifest = decodeManifest(manifestBytes);
  const layer = new ChunkLayer(layerBytes);
  checkLayer(layer, manifest.size, manifest.root, sha256);
  return { cid, size: manifest.size, root: manifest.root, sha256: manifest.sha256, layer };
}

/** Content → the two byte strings that `toContent` takes. */
export function fromContent(content: Content): { manifest: Uint8Array; layer: Uint8Array } {
  const { size, root, sha256, layer } = content;
  return { manifest: encodeManifest({ v: 1, size, root, sha256 }), layer: layer.bytes };
}
