/** Contents, offers and folders for the tests of the data layer. Everything random comes from a seed that can be printed. */
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import {
  CHUNK_BYTES,
  ChunkLayer,
  type Content,
  chunkCount,
  chunkHash,
  cidOfManifest,
  encodeManifest,
  rootFromLayer,
  type Sha256,
} from '@chiral/protocol/content';
import type { Offer, ProtocolName } from '@chiral/protocol/offer';

/** Numbers in [0, 1) from a seed (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `size` bytes that differ in every chunk. */
export function randomBytes(size: number, seed: number): Buffer {
  const random = createRandom(seed);
  const bytes = Buffer.alloc(size);
  for (let at = 0; at < size; at += 4) {
    bytes.set(new Uint8Array(new Uint32Array([random() * 2 ** 32]).buffer).subarray(0, size - at), at);
  }
  return bytes;
}

/** Content of `bytes`, made by `protocol/` alone. @param sha256 the portable one by default, which is slow */
export function toTestContent(bytes: Uint8Array, sha256?: Sha256): Content {
  const size = bytes.length;
  const hashes = Array.from({ length: chunkCount(size) }, (_, i) =>
    chunkHash(bytes.subarray(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES), size, sha256),
  );
  const layer = ChunkLayer.from(hashes);
  const root = rootFromLayer(layer, size);
  const digest = createHash('sha256').update(bytes).digest();
  const cid = cidOfManifest(encodeManifest({ v: 1, size, root, sha256: digest }));
  return { cid, size, root, sha256: digest, layer };
}

export function chunkOf(bytes: Uint8Array, chunk: number): Uint8Array {
  return bytes.subarray(chunk * CHUNK_BYTES, (chunk + 1) * CHUNK_BYTES);
}

/** An offer of all of `content`, or of `chunks`. Unsigned: the data layer is handed offers that were checked. */
export function toTestOffer(
  content: Content,
  endpoints: { protocol: ProtocolName; url: string }[],
  overrides: Partial<Offer> = {},
): Offer {
  return {
    cid: content.cid,
    size: content.size,
    peerId: 'peer',
    wallet: '0x0000000000000000000000000000000000000001',
    weiPerMiB: 0n,
    endpoints,
    chunks: content.size === 0 ? [] : [{ first: 0, count: chunkCount(content.size) }],
    name: 'file',
    mime: 'application/octet-stream',
    createdAt: 0,
    expiresAt: 1,
    ...overrides,
  };
}

/** A folder that goes when the test ends. */
export async function temporaryFolder(test: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'chiral-test-'));
  test.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
