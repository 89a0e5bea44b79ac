/**
 * What BitTorrent calls our content: info dictionary, infohash, .torrent file and magnet link. Pure but for SHA-1.
 *
 * Its name is the CID, so that the infohash follows from the bytes alone and every seller of the same bytes seeds one swarm.
 * It is a v1 torrent though our root is a v2 `pieces root` and our chunk layer its piece layer: aria2 1.36 drops the empty
 * key in a hybrid's `file tree` when it writes the dictionary anew, and comes out at an infohash that nobody seeds.
 *
 * @see https://www.bittorrent.org/beps/bep_0003.html
 */
import { CHUNK_BYTES, type Content, chunkCount } from '@chiral/protocol/content';
import { AppError } from '@chiral/protocol/errors';
import { sha1 } from '@chiral/protocol/hashes';
import { infoHashOf, MAX_PIECES, PIECE_HASH_BYTES as SHA1_BYTES } from '@chiral/protocol/infohash';

/** What a stranger's magnet may name. */
const MAX_PEERS = 8;
const MAX_TRACKERS = 4;

type Bencodable = number | string | Uint8Array | Bencodable[] | Map<string, Bencodable>;

/** Bencode; dictionaries come out sorted by raw key as BEP 3 asks. */
export function bencode(value: Bencodable): Buffer {
  const parts: Buffer[] = [];
  write(value);
  return Buffer.concat(parts);

  function write(item: Bencodable): void {
    if (typeof item === 'number') {
      parts.push(Buffer.from(`i${item}e`));
    } else if (typeof item === 'string' || item instanceof Uint8Array) {
      const bytes = Buffer.from(item);
      parts.push(Buffer.from(`${bytes.length}:`), bytes);
    } else if (Array.isArray(item)) {
      parts.push(Buffer.from('l'));
      item.forEach(write);
      parts.push(Buffer.from('e'));
    } else {
      parts.push(Buffer.from('d'));
      const entries = [...item].map(([key, member]) => [Buffer.from(key), member] as const);
      for (const [key, member] of entries.sort(([a], [b]) => Buffer.compare(a, b))) {
        write(key);
        write(member);
      }
      parts.push(Buffer.from('e'));
    }
  }
}

/**
 * SHA-1 of every 256 KiB piece, packed.
 * @param read whole chunk by index; called one at a time
 * @throws UNSUPPORTED for content too large for BitTorrent metadata, or empty; what `read` throws
 */
export async function hashPieces(size: number, read: (chunk: number) => Promise<Uint8Array>): Promise<Uint8Array> {
  const count = chunkCount(size);
  if (count === 0) throw new AppError('UNSUPPORTED', 'An empty file has no pieces to serve over BitTorrent.');
  if (count > MAX_PIECES)
    throw new AppError('UNSUPPORTED', `BitTorrent serves up to ${MAX_PIECES} chunks of 256 KiB.`, { count });
  const pieces = new Uint8Array(count * SHA1_BYTES);
  for (let chunk = 0; chunk < count; chunk++) {
    pieces.set(sha1(await read(chunk)), chunk * SHA1_BYTES);
  }
  return pieces;
}

/** A torrent of ours: everything that depends on the content and on nothing else. */
export interface Metainfo {
  /** SHA-1 of the info dictionary, lower-case hex. */
  readonly infoHash: string;
  readonly info: Map<string, Bencodable>;
}

/** @param pieces from `hashPieces` */
export function toMetainfo(content: Pick<Content, 'cid' | 'size'>, pieces: Uint8Array): Metainfo {
  const { cid, size } = content;
  if (pieces.length !== chunkCount(size) * SHA1_BYTES) throw new Error('Piece hashes of other content.');
  const info = new Map<string, Bencodable>([
    ['length', size],
    ['name', cid],
    ['piece length', CHUNK_BYTES],
    ['pieces', pieces],
  ]);
  return { infoHash: Buffer.from(infoHashOf(content, pieces)).toString('hex'), info };
}

/** Bytes of a .torrent file. @param urls trackers in order of preference, and BEP 19 web seeds */
export function toTorrentFile(
  metainfo: Metainfo,
  urls: { trackers: readonly string[]; webSeeds: readonly string[] },
): Buffer {
  const { trackers, webSeeds } = urls;
  const file = new Map<string, Bencodable>([['info', metainfo.info]]);
  if (trackers[0] !== undefined) {
    file.set('announce', trackers[0]);
    file.set(
      'announce-list',
      trackers.map((url) => [url]),
    );
  }
  if (webSeeds.length > 0) file.set('url-list', [...webSeeds]);
  return bencode(file);
}

/** What an endpoint string of ours says. */
export interface Magnet {
  readonly infoHash: string;
  /** Addresses that answer BitTorrent, `host:port` or `[v6]:port`. */
  readonly peers: readonly string[];
  readonly trackers: readonly string[];
  readonly webSeeds: readonly string[];
  /** The libp2p peer id that the seeder proves on the wire; absent for a seeder that knows nothing of us. */
  readonly provider?: string;
}

/** Magnet link that a stock client takes too. @see https://www.bittorrent.org/beps/bep_0009.html */
export function toMagnet(magnet: Magnet, content: { cid: string; size: number }): string {
  const query = [`xt=urn:btih:${magnet.infoHash}`, `dn=${content.cid}`, `xl=${content.size}`];
  const add = (key: string, values: readonly string[]) =>
    values.forEach((value) => {
      query.push(`${key}=${encodeURIComponent(value)}`);
    });
  add('tr', magnet.trackers);
  add('ws', magnet.webSeeds);
  add('x.pe', magnet.peers);
  add('x.chiral', magnet.provider === undefined ? [] : [magnet.provider]);
  return `magnet:?${query.join('&')}`;
}

/** Reads a magnet link from a stranger; what exceeds the limits is left out. @throws OFFER_INVALID */
export function parseMagnet(link: string): Magnet {
  const query = new URLSearchParams(link.startsWith('magnet:?') ? link.slice('magnet:?'.length) : '');
  const topic = query.getAll('xt').find((value) => /^urn:btih:[0-9a-f]{40}$/i.test(value));
  if (!topic) throw new AppError('OFFER_INVALID', 'The endpoint is not a magnet link with a hex infohash.');
  const provider = query.get('x.chiral');
  return {
    infoHash: topic.slice('urn:btih:'.length).toLowerCase(),
    peers: query.getAll('x.pe').slice(0, MAX_PEERS),
    trackers: query.getAll('tr').slice(0, MAX_TRACKERS),
    webSeeds: query.getAll('ws').slice(0, MAX_TRACKERS),
    ...(provider ? { provider } : {}),
  };
}
