/**
 * What really goes over the wire between a stock client and us: no field that the standards do not have is required of the other
 * side. The client, unmodified, ignores whatever we add, and is served to the last byte.
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { it } from 'node:test';
import { generateKeyPair } from '@libp2p/crypto/keys';
import { peerIdFromPrivateKey } from '@libp2p/peer-id';
import { bencode, hashPieces, toMetainfo, toTorrentFile } from '../../node/src/transfer/adapters/torrent/metainfo.ts';
import { ed2kInteropObstacle, runEd2kCapture } from './support/ed2k-interop.ts';
import { startLoggingProxy } from './support/logging-proxy.ts';
import { fileIs, has, removeFolder, startQbittorrent, tempFolder, until } from './support/torrent-clients.ts';
import { chunkOf, LOOPBACK, loopbackAdapters, pseudoRandom, TestUplink, toContent } from './support/torrent-fixture.ts';

const PROTOCOL = Buffer.from('\x13BitTorrent protocol', 'latin1');
/** Length, name, reserved, infohash, peer id. */
const HANDSHAKE_BYTES = 68;
/** BEP 10, BEP 6 and BEP 5 in the reserved bytes; bits of byte 5 and 7. */
const STANDARD_BITS = { 5: 0x10, 7: 0x04 | 0x01 } as Record<number, number>;
const BEP_3 = [0, 1, 2, 3, 4, 5, 6, 7, 8];
const BEP_6 = [13, 14, 15, 16, 17];
const PORT = 9;
const EXTENDED = 20;
/** Of the extension handshake, by BEP 9, 10, 11, 21 and 27 and what libtorrent registered there. */
const STANDARD_KEYS = [
  'm',
  'v',
  'p',
  'reqq',
  'yourip',
  'ipv4',
  'ipv6',
  'metadata_size',
  'upload_only',
  'e',
  'complete_ago',
];

/** Messages after the handshake, whole ones only. */
function messagesOf(stream: Buffer): Buffer[] {
  const messages: Buffer[] = [];
  for (let at = HANDSHAKE_BYTES; at + 4 <= stream.length; ) {
    const length = stream.readUInt32BE(at);
    if (at + 4 + length > stream.length) break;
    if (length > 0) messages.push(stream.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return messages;
}

/** Bencode → values; strings are latin1. */
function decode(data: Buffer): unknown {
  let at = 0;
  const value = (): unknown => {
    const kind = String.fromCharCode(data[at]!);
    if (kind === 'i') {
      const end = data.indexOf('e', at);
      const number = Number(data.toString('latin1', at + 1, end));
      at = end + 1;
      return number;
    }
    if (kind === 'l' || kind === 'd') {
      at++;
      const items: unknown[] = [];
      while (data[at] !== 0x65) items.push(value());
      at++;
      if (kind === 'l') return items;
      return Object.fromEntries(items.flatMap((key, i) => (i % 2 === 0 ? [[key as string, items[i + 1]]] : [])));
    }
    const colon = data.indexOf(':', at);
    const length = Number(data.toString('latin1', at, colon));
    at = colon + 1 + length;
    return data.toString('latin1', colon + 1, at);
  };
  return value();
}

function extensionHandshake(messages: readonly Buffer[]): Record<string, unknown> | undefined {
  const message = messages.find((one) => one[0] === EXTENDED && one[1] === 0);
  return message && (decode(message.subarray(2)) as Record<string, unknown>);
}

it('BitTorrent with qbittorrent-nox: what is ours is optional, and is not sent to who has not offered it', {
  skip: !has('qbittorrent-nox'),
  timeout: 60_000,
}, async (t) => {
  const bytes = pseudoRandom(3_000_000, 33);
  const content = toContent(bytes);
  const key = await generateKeyPair('Ed25519');
  const peerId = peerIdFromPrivateKey(key).toString();
  const identity = { peerId, sign: (data: Uint8Array) => key.sign(data) };
  const seller = loopbackAdapters(bytes, { identity });
  t.after(() => seller.stop());
  const uplink = new TestUplink(bytes);
  await seller.bittorrent.serve(content, uplink);
  const proxy = await startLoggingProxy(LOOPBACK, { host: LOOPBACK, port: seller.ports()!.torrent });
  t.after(() => proxy.close());
  // A tracker that knows one peer: the proxy.
  const peer = Buffer.from([127, 0, 0, 1, proxy.port >> 8, proxy.port & 255]);
  const answer = bencode(
    new Map<string, number | Uint8Array>([
      ['interval', 60],
      ['peers', peer],
    ]),
  );
  const tracker = createServer((_request, response) => response.end(answer)).listen(0, LOOPBACK);
  t.after(() => tracker.close());
  await until(() => tracker.listening, 'the tracker listens');
  const trackers = [`http://${LOOPBACK}:${(tracker.address() as AddressInfo).port}/announce`];
  const pieces = await hashPieces(content.size, async (chunk) => chunkOf(bytes, chunk));
  const torrent = toTorrentFile(toMetainfo(content, pieces), { trackers, webSeeds: [] });
  const folder = tempFolder('capture');
  // Encryption off: what is looked at must be readable.
  const client = await startQbittorrent(folder, ['Session\\Encryption=2', 'Session\\BTProtocol=TCP']);
  t.after(async () => {
    await client.end();
    removeFolder(folder);
  });
  const form = new FormData();
  form.append('torrents', new Blob([torrent as Uint8Array<ArrayBuffer>]), 'file.torrent');
  form.append('savepath', folder);
  await client.api('torrents/add', form);
  await until(() => fileIs(join(folder, content.cid), bytes), 'qbittorrent has the file');
  assert.equal(uplink.total, bytes.length, 'all of it from us, through the proxy');

  const plain = proxy.connections
    .map(({ asked, answered }) => ({ asked: Buffer.concat(asked), answered: Buffer.concat(answered) }))
    .filter(({ asked, answered }) => [asked, answered].every((stream) => stream.indexOf(PROTOCOL) === 0));
  assert.ok(plain.length > 0, 'no connection was in the clear');
  for (const { asked, answered } of plain) {
    const [theirs, ours] = [messagesOf(asked), messagesOf(answered)];
    for (let byte = 0; byte < 8; byte++) {
      const unknown = answered[PROTOCOL.length + byte]! & ~(STANDARD_BITS[byte] ?? 0);
      assert.equal(unknown, 0, `reserved byte ${byte}`);
    }
    const offered = (byte: number, bit: number) => (asked[PROTOCOL.length + byte]! & bit) !== 0;
    const known = [...BEP_3, ...(offered(7, 0x04) ? BEP_6 : []), ...(offered(5, 0x10) ? [EXTENDED] : [])];
    const allowed = offered(7, 0x01) ? [...known, PORT] : known;
    for (const message of ours) assert.ok(allowed.includes(message[0]!), `we said ${message[0]}`);
    const their = extensionHandshake(theirs) ?? {};
    const our = extensionHandshake(ours);
    if (!our) continue;
    const ownKeys = Object.keys(our).filter((name) => !STANDARD_KEYS.includes(name));
    t.diagnostic(
      `beyond the standards we say: ${ownKeys.join(', ')}; qbittorrent says: ${Object.keys(their).join(', ')}`,
    );
    assert.ok(ownKeys.length > 0, 'our own are there, so that it is shown that they are ignored');
    for (const name of ownKeys) assert.ok(!(name in their), `${name} is no standard, and qbittorrent does not send it`);
    // Which of their numbers we used: only such as they gave out.
    const numbers = Object.values((their.m ?? {}) as Record<string, number>);
    for (const message of ours) {
      if (message[0] === EXTENDED && message[1] !== 0)
        assert.ok(numbers.includes(message[1]!), `extension ${message[1]}`);
    }
  }
  assert.ok(
    plain.some(({ answered }) => extensionHandshake(messagesOf(answered))),
    'no extension handshake was seen',
  );
});

/** Of eDonkey (0xe3): what clients of the first versions say to each other. */
const EDONKEY_OPCODES = [
  0x01, 0x46, 0x47, 0x48, 0x49, 0x4c, 0x4f, 0x50, 0x51, 0x52, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5b, 0x5c,
];
/** Of eMule (0xc5): 64-bit offsets, which we send to who said that it takes them. */
const EMULE_OPCODES = [0x60, 0xa1, 0xa2, 0xa3];
/** Nickname, eDonkey version, eMule's options 2 and its name of a modified client. */
const KNOWN_TAGS = [0x01, 0x11, 0xfe, 0x55];

it('eDonkey with amuled: opcodes and tags of eDonkey and eMule alone', { skip: ed2kInteropObstacle() }, async (t) => {
  const size = 3_000_000;
  const { ok, opcodes, tags, theirTags } = await runEd2kCapture(size);
  assert.ok(ok, 'amuled has the whole file');
  t.diagnostic(`opcodes ${opcodes.join(' ')}; our tags ${tags.join(' ')}; amuled's ${theirTags.join(' ')}`);
  for (const needed of ['e3:4c', 'e3:55', 'e3:46']) assert.ok(opcodes.includes(needed), `${needed} was not seen`);
  for (const opcode of opcodes) {
    const [protocol, code] = opcode.split(':').map((part) => Number.parseInt(part, 16));
    assert.ok((protocol === 0xe3 ? EDONKEY_OPCODES : EMULE_OPCODES).includes(code!), opcode);
  }
  for (const tag of tags) assert.ok(KNOWN_TAGS.includes(tag), `tag ${tag}`);
});
