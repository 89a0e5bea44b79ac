/**
 * XFR-07 on the wire: a client that speaks BEP 3 and nothing else, byte by byte, is served. Whatever we add (BEP 10 and our proof
 * in it, BEP 6) is offered in reserved bits and never sent to who did not offer it, too.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { it } from 'node:test';
import { chunkOf, LOOPBACK, loopbackAdapters, pseudoRandom, TestUplink, toContent } from './support/torrent-fixture.ts';

const PROTOCOL = '\x13BitTorrent protocol';
const BLOCK = 16 * 1024;
const bytes = pseudoRandom(600_000, 3);
const content = toContent(bytes);
/** choke, unchoke, interested, not interested, have, bitfield, request, piece, cancel: all that BEP 3 has. */
const STANDARD = [0, 1, 2, 3, 4, 5, 6, 7, 8];

it('a client of BEP 3 alone gets its blocks, and hears nothing else', { timeout: 30_000 }, async (t) => {
  const seller = loopbackAdapters(bytes);
  t.after(() => seller.stop());
  const uplink = new TestUplink(bytes);
  const { endpoint } = await seller.bittorrent.serve(content, uplink);
  const infoHash = Buffer.from(/btih:([0-9a-f]{40})/.exec(endpoint)![1]!, 'hex');
  const socket = connect(seller.ports()!.torrent, LOOPBACK);
  t.after(() => socket.destroy());
  const input = socket[Symbol.asyncIterator]();
  let buffer = Buffer.alloc(0);
  const take = async (count: number): Promise<Buffer> => {
    while (buffer.length < count) {
      const next = await input.next();
      assert.ok(!next.done, 'the seeder hung up');
      buffer = Buffer.concat([buffer, next.value]);
    }
    const taken = buffer.subarray(0, count);
    buffer = buffer.subarray(count);
    return taken;
  };
  const seen: number[] = [];
  /** Next message of a kind; keep-alives have none. */
  const hears = async (kind: number): Promise<Buffer> => {
    for (;;) {
      const length = (await take(4)).readUInt32BE();
      if (length === 0) continue;
      const message = await take(length);
      seen.push(message[0]!);
      if (message[0] === kind) return message.subarray(1);
    }
  };
  const say = (kind: number, ...numbers: number[]) => void socket.write(frame(kind, ...numbers));

  socket.write(
    Buffer.concat([Buffer.from(PROTOCOL, 'latin1'), Buffer.alloc(8), infoHash, Buffer.alloc(20, '-XX0001-')]),
  );
  assert.equal((await take(20)).toString('latin1'), PROTOCOL);
  await take(8);
  assert.ok((await take(20)).equals(infoHash));
  await take(20);
  const bitfield = await hears(5);
  assert.deepEqual([...bitfield], [0b1110_0000], 'three pieces, all of them');
  say(2);
  await hears(1);
  for (const [piece, offset] of [
    [0, 0],
    [1, BLOCK],
    [2, 0],
  ] as const) {
    say(6, piece, offset, BLOCK);
    const answer = await hears(7);
    assert.deepEqual([answer.readUInt32BE(0), answer.readUInt32BE(4)], [piece, offset]);
    assert.ok(answer.subarray(8).equals(chunkOf(bytes, piece).subarray(offset, offset + BLOCK)));
  }
  assert.deepEqual(
    seen.filter((kind) => !STANDARD.includes(kind)),
    [],
  );
  assert.equal(uplink.sent.get(`ip:${LOOPBACK}`), 3 * BLOCK);
});

it('row 28: a stranger that heeds no choke gets nothing above its allowance in 1,000 requests', {
  timeout: 30_000,
}, async (t) => {
  const allowance = 5 * BLOCK + 100;
  const seller = loopbackAdapters(bytes);
  t.after(() => seller.stop());
  const uplink = new TestUplink(bytes, allowance);
  const { endpoint } = await seller.bittorrent.serve(content, uplink);
  const infoHash = Buffer.from(/btih:([0-9a-f]{40})/.exec(endpoint)![1]!, 'hex');
  let got = 0;
  // A seeder hangs up on who goes on; then the stranger comes again.
  for (let asked = 0; asked < 1_000; ) {
    const socket = connect(seller.ports()!.torrent, LOOPBACK);
    const { promise: started, resolve: start } = Promise.withResolvers<void>();
    let isOpen = true;
    socket.on('error', () => {});
    socket.on('close', () => {
      isOpen = false;
      start();
    });
    onMessages(socket, (message) => {
      const [kind] = message;
      if (kind === 7) got += message.length - 9;
      // First it takes its allowance as anybody does; who has had it is not let in again, and asks all the same.
      if (kind === 1 && asked === 0) for (; asked < 8; asked++) socket.write(frame(6, 0, asked * BLOCK, BLOCK));
      if (got === 5 * BLOCK || (got > 0 && kind === 5)) start();
    });
    socket.write(
      Buffer.concat([Buffer.from(PROTOCOL, 'latin1'), Buffer.alloc(8), infoHash, randomBytes(20), frame(2)]),
    );
    await started;
    for (; isOpen && asked < 1_000; asked++) {
      socket.write(frame(6, asked % 2, (asked % 8) * BLOCK, BLOCK));
      if (asked % 10 === 9) await new Promise((resolve) => setImmediate(resolve));
    }
    for (let turn = 0; isOpen && turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve));
    socket.destroy();
  }
  assert.equal(got, 5 * BLOCK, 'whole blocks only');
  assert.ok(uplink.total <= allowance);
});

/** Each message after the handshake, without its length. */
function onMessages(socket: Socket, listener: (message: Buffer) => void): void {
  let buffer = Buffer.alloc(0);
  let isGreeted = false;
  socket.on('data', (data) => {
    buffer = Buffer.concat([buffer, data]);
    if (!isGreeted && buffer.length >= 68) {
      buffer = buffer.subarray(68);
      isGreeted = true;
    }
    while (isGreeted && buffer.length >= 4 && buffer.length >= 4 + buffer.readUInt32BE()) {
      const length = buffer.readUInt32BE();
      if (length > 0) listener(buffer.subarray(4, 4 + length));
      buffer = buffer.subarray(4 + length);
    }
  });
}

function frame(kind: number, ...numbers: number[]): Buffer {
  const message = Buffer.alloc(5 + 4 * numbers.length);
  message.writeUInt32BE(1 + 4 * numbers.length);
  message[4] = kind;
  for (const [i, number] of numbers.entries()) message.writeUInt32BE(number, 5 + 4 * i);
  return message;
}
