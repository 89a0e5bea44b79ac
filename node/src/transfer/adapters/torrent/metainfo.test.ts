import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CHUNK_BYTES } from '@chiral/protocol/content';
import { isAppError } from '@chiral/protocol/errors';
import { MAX_PIECES } from '@chiral/protocol/infohash';
import fc from 'fast-check';
import { bencode, hashPieces, parseMagnet, toMagnet, toMetainfo, toTorrentFile } from './metainfo.ts';

interface ParsedTorrent {
  infoHash: string;
  name: string;
  length: number;
  pieceLength: number;
  lastPieceLength: number;
  announce: string[];
  urlList: string[];
  pieces: string[];
}

/** The parser that webtorrent itself uses, as a second opinion. */
async function parse(bytes: Uint8Array): Promise<ParsedTorrent> {
  const name = 'parse-torrent';
  const { default: parseTorrent } = (await import(name)) as { default: (bytes: Uint8Array) => Promise<ParsedTorrent> };
  return parseTorrent(bytes);
}

const content = { cid: 'bafyreitest', size: 2 * CHUNK_BYTES + 5 };
const read = async (chunk: number) => new Uint8Array(chunk === 2 ? 5 : CHUNK_BYTES).fill(chunk);

describe('metainfo', () => {
  it('writes bencode with keys in byte order', () => {
    const value = new Map<string, never>([
      ['b', [1, 'x', new Uint8Array([255])] as never],
      ['B', -3 as never],
      ['', new Map() as never],
    ]);
    assert.equal(bencode(value).toString('latin1'), 'd0:de1:Bi-3e1:bli1e1:x1:\xffee');
  });

  it('makes the torrent that webtorrent reads, with the same infohash', async () => {
    const pieces = await hashPieces(content.size, read);
    const metainfo = toMetainfo(content, pieces);
    const urls = {
      trackers: ['http://1.2.3.4:5/announce', 'ws://1.2.3.4:5/announce'],
      webSeeds: ['http://1.2.3.4/file/x'],
    };
    const parsed = await parse(toTorrentFile(metainfo, urls));
    assert.equal(parsed.infoHash, metainfo.infoHash);
    assert.equal(parsed.name, content.cid);
    assert.equal(parsed.length, content.size);
    assert.equal(parsed.pieceLength, CHUNK_BYTES);
    assert.equal(parsed.lastPieceLength, 5);
    assert.equal(parsed.pieces.length, 3);
    assert.deepEqual(parsed.announce, urls.trackers);
    assert.deepEqual(parsed.urlList, urls.webSeeds);
    // SHA-1 of five bytes of 2, from a second implementation (sha1sum).
    assert.equal(parsed.pieces[2], 'a0f4e7d978b133723385cd772c305ee1d214ef7f');
  });

  it('depends on the content alone', async () => {
    const pieces = await hashPieces(content.size, read);
    const plain = toTorrentFile(toMetainfo(content, pieces), { trackers: [], webSeeds: [] });
    const personal = toTorrentFile(toMetainfo(content, pieces), { trackers: ['http://x/announce/key'], webSeeds: [] });
    assert.equal((await parse(plain)).infoHash, (await parse(personal)).infoHash);
  });

  it('refuses what BitTorrent cannot carry', async () => {
    await assert.rejects(hashPieces(0, read), (error) => isAppError(error, 'UNSUPPORTED'));
    const huge = (MAX_PIECES + 1) * CHUNK_BYTES;
    await assert.rejects(hashPieces(huge, read), (error) => isAppError(error, 'UNSUPPORTED'));
  });

  it('magnet links survive the round trip', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 20, maxLength: 20 }),
        fc.array(fc.webUrl(), { maxLength: 4 }),
        fc.array(fc.ipV4(), { maxLength: 8 }),
        fc.option(fc.stringMatching(/^[\w&=+% ]{1,40}$/), { nil: undefined }),
        (hash, trackers, hosts, provider) => {
          const magnet = {
            infoHash: Buffer.from(hash).toString('hex'),
            peers: hosts.map((host) => `${host}:6881`),
            trackers,
            webSeeds: trackers,
            ...(provider === undefined ? {} : { provider }),
          };
          assert.deepEqual(parseMagnet(toMagnet(magnet, content)), magnet);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('takes any text for a magnet link and answers OFFER_INVALID, or a bounded magnet', () => {
    const hostile = `magnet:?xt=urn:btih:${'A'.repeat(40)}${'&x.pe=1.2.3.4:5&tr=ws://x'.repeat(1000)}`;
    const { peers, trackers, infoHash } = parseMagnet(hostile);
    assert.equal(infoHash, 'a'.repeat(40));
    assert.ok(peers.length <= 8 && trackers.length <= 4);
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => `magnet:?${text}`),
        ),
        (text) => {
          try {
            parseMagnet(text);
          } catch (error) {
            assert.ok(isAppError(error, 'OFFER_INVALID'));
          }
        },
      ),
    );
  });
});
