/**
 * What torrent tests share: content made of pseudo-random bytes, a store that counts its readers, a gate with a dial, and
 * offers signed by nobody (adapters do not look at signatures). Real adapters, real sockets on 127.0.0.1.
 */
import { createHash, hash } from 'node:crypto';
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
import { AppError, isAppError } from '@chiral/protocol/errors';
import { createLog } from '../../../node/src/log.ts';
import type { Offer, PeerKey, ProtocolName, Uplink } from '../../../node/src/ports.ts';
import { createTorrentAdapters, type TorrentOptions } from '../../../node/src/transfer/adapters/torrent/torrent.ts';

export const MIB = 1024 * 1024;
export const LOOPBACK = '127.0.0.1';
export const sha256: Sha256 = (data) => hash('sha256', data, 'buffer');

/** Deterministic bytes that do not repeat. */
export function pseudoRandom(size: number, seed = 1): Buffer {
  const bytes = Buffer.allocUnsafe(size);
  let state = seed >>> 0 || 1;
  for (let at = 0; at < size; at += 4) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    if (at + 4 <= size) bytes.writeUInt32LE(state, at);
    else for (let i = at; i < size; i++) bytes[i] = state >>> (8 * (i - at));
  }
  return bytes;
}

export function toContent(bytes: Uint8Array): Content {
  const size = bytes.length;
  const hashes = Array.from({ length: chunkCount(size) }, (_, i) =>
    chunkHash(bytes.subarray(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES), size, sha256),
  );
  const layer = ChunkLayer.from(hashes);
  const root = rootFromLayer(layer, size, sha256);
  const digest = createHash('sha256').update(bytes).digest();
  const cid = cidOfManifest(encodeManifest({ v: 1, size, root, sha256: digest }), sha256);
  return { cid, size, root, sha256: digest, layer };
}

export const chunkOf = (bytes: Uint8Array, chunk: number): Uint8Array =>
  bytes.subarray(chunk * CHUNK_BYTES, (chunk + 1) * CHUNK_BYTES);

/** An uplink over `bytes` that grants each peer `allowance` bytes, and what `allow` adds. */
export class TestUplink implements Uplink {
  readonly sent = new Map<PeerKey, number>();
  refusals = 0;
  readonly #granted = new Map<PeerKey, number>();
  readonly #bytes: Uint8Array;
  readonly #allowance: number;

  constructor(bytes: Uint8Array, allowance = Number.POSITIVE_INFINITY) {
    this.#bytes = bytes;
    this.#allowance = allowance;
  }

  allow(peer: PeerKey, bytes: number): void {
    this.#granted.set(peer, (this.#granted.get(peer) ?? this.#allowance) + bytes);
  }

  get total(): number {
    return [...this.sent.values()].reduce((sum, bytes) => sum + bytes, 0);
  }

  async read(peer: PeerKey, _cid: string, chunk: number, range = { start: 0, end: CHUNK_BYTES }): Promise<Uint8Array> {
    const data = chunkOf(this.#bytes, chunk).subarray(range.start, range.end);
    const sent = this.sent.get(peer) ?? 0;
    if (sent + data.length > (this.#granted.get(peer) ?? this.#allowance)) {
      this.refusals++;
      throw new AppError('CHOKED', 'Not now.');
    }
    this.sent.set(peer, sent + data.length);
    return data;
  }
}

/** Adapters on loopback without anything that reaches out. */
export function loopbackAdapters(bytes: Uint8Array, options: Partial<TorrentOptions> = {}) {
  return createTorrentAdapters({
    readLocal: async (_cid, chunk) => chunkOf(bytes, chunk),
    hosts: () => [LOOPBACK],
    log: createLog(process.env.CHIRAL_LOG ?? 'silent'),
    bind: LOOPBACK,
    pex: false,
    rtc: { iceServers: [], bindAddress: LOOPBACK },
    allowPrivate: true,
    ...options,
  });
}

export function toOffer(content: Content, protocol: ProtocolName, url: string, peerId = 'test-provider'): Offer {
  const nowSeconds = Math.floor(Date.now() / 1000);
  return {
    cid: content.cid,
    size: content.size,
    peerId,
    wallet: '0x0000000000000000000000000000000000000001',
    weiPerMiB: 0n,
    endpoints: [{ protocol, url }],
    chunks: [{ first: 0, count: chunkCount(content.size) }],
    name: 'test.bin',
    mime: 'application/octet-stream',
    createdAt: nowSeconds,
    expiresAt: nowSeconds + 3600,
  };
}

/** True when the first chunk can be fetched from the stock seeder at `address`, by a client that is new each time. */
export async function canFetch(
  bytes: Uint8Array,
  content: Content,
  infoHash: string,
  address: string,
): Promise<boolean> {
  const prober = loopbackAdapters(bytes);
  try {
    const offer = toOffer(content, 'bittorrent', `magnet:?xt=urn:btih:${infoHash}&x.pe=${address}`);
    await prober.bittorrent.fetch(offer, content, 0, AbortSignal.timeout(15_000));
    return true;
  } catch (error) {
    if (isAppError(error)) return false;
    throw error;
  } finally {
    await prober.stop();
  }
}
