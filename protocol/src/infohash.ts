/**
 * The name that BitTorrent has for our content, and the way from it to ours. A torrent of ours has its CID for a name, so whoever shows
 * the piece hashes proves which content an infohash means: nobody can find others that come out at the same infohash. Pure.
 *
 * @see https://www.bittorrent.org/beps/bep_0003.html
 */
import { CID } from 'multiformats/cid';
import * as raw from 'multiformats/codecs/raw';
import { create as createDigest } from 'multiformats/hashes/digest';
import { CHUNK_BYTES, chunkCount } from './content.ts';
import { sha1 } from './hashes.ts';

/** Bytes of a v1 piece hash. */
export const PIECE_HASH_BYTES = 20;
/** BEP 9 readers refuse metadata above 10 MB: 500,000 pieces, 122 GiB of content. */
export const MAX_PIECES = 500_000;
/** Multihash code of SHA-1. */
const SHA1 = 0x11;

/**
 * Infohash of the torrent of `content`, 20 bytes.
 * @param pieces SHA-1 of every 256 KiB piece, packed
 */
export function infoHashOf(content: { cid: string; size: number }, pieces: Uint8Array): Uint8Array {
  const { cid, size } = content;
  const head = `d6:lengthi${size}e4:name${cid.length}:${cid}12:piece lengthi${CHUNK_BYTES}e6:pieces${pieces.length}:`;
  const start = new TextEncoder().encode(head);
  const info = new Uint8Array(start.length + pieces.length + 1);
  info.set(start);
  info.set(pieces, start.length);
  info[info.length - 1] = 'e'.charCodeAt(0);
  return sha1(info);
}

/** Bytes of all piece hashes of a content. */
export const piecesBytes = (size: number): number => chunkCount(size) * PIECE_HASH_BYTES;

/** CIDv1 (raw, sha1) of an infohash: the alias under which a magnet link looks. @param hex 40 hex digits */
export function infoHashCid(hex: string): string {
  const digest = Uint8Array.from(hex.match(/../g)!, (byte) => Number.parseInt(byte, 16));
  return CID.createV1(raw.code, createDigest(SHA1, digest)).toString();
}

/** The infohash that an alias stands for; undefined for an alias of another kind. */
export function infoHashIn(alias: string): Uint8Array | undefined {
  const { multihash, code } = CID.parse(alias);
  return code === raw.code && multihash.code === SHA1 ? multihash.digest : undefined;
}
