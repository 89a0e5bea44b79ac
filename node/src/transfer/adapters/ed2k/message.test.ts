import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAppError } from '@chiral/protocol/errors';
import fc from 'fast-check';
import { EDONKEY, EMULE, encodeFrame, type Frame, FrameReader, MAX_BODY_BYTES } from './frame.ts';
import { decodeMessage, encodeMessage, type Message } from './message.ts';

const hex = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString('hex'));
const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const text = fc.string({ unit: 'grapheme', maxLength: 60 });
const offset = fc.oneof(fc.integer({ min: 0, max: 2 ** 33 }), fc.integer({ min: 0, max: 2 ** 52 }));
const range = fc
  .tuple(offset, fc.integer({ min: 1, max: 2 ** 20 }))
  .map(([start, length]) => ({ start, end: start + length }));

const message: fc.Arbitrary<Message> = fc.oneof(
  fc.record({
    type: fc.constantFrom('hello' as const, 'helloAnswer' as const),
    hello: fc.record({
      userHash: hex,
      clientId: u32,
      port: u16,
      nickname: text,
      software: text,
      isEmule: fc.boolean(),
      takesLargeFiles: fc.boolean(),
    }),
  }),
  fc.record({
    type: fc.constantFrom(
      'fileNameRequest' as const,
      'fileRequest' as const,
      'noSuchFile' as const,
      'hashSetRequest' as const,
      'startUpload' as const,
      'endOfDownload' as const,
    ),
    hash: hex,
  }),
  fc.record({ type: fc.constant('fileName' as const), hash: hex, name: text }),
  fc.integer({ min: 0, max: 400 }).chain((parts) =>
    fc.record({
      type: fc.constant('fileStatus' as const),
      hash: hex,
      parts: fc.constant(parts),
      bits: fc.uint8Array({ minLength: Math.ceil(parts / 8), maxLength: Math.ceil(parts / 8) }),
    }),
  ),
  fc.integer({ min: 0, max: 20 }).chain((count) =>
    fc.record({
      type: fc.constant('hashSet' as const),
      hash: hex,
      packed: fc.uint8Array({ minLength: 16 * count, maxLength: 16 * count }),
    }),
  ),
  fc.record({
    type: fc.constantFrom(
      'acceptUpload' as const,
      'cancelTransfer' as const,
      'outOfPartRequests' as const,
      'publicAddressRequest' as const,
    ),
  }),
  fc.record({ type: fc.constant('queueRank' as const), rank: u16, isEmule: fc.boolean() }),
  fc.record({ type: fc.constant('fault' as const), hash: hex, wire: fc.integer({ min: 0, max: 255 }) }),
  fc.record({ type: fc.constant('publicAddress' as const), address: u32 }),
  fc.record({ type: fc.constant('partsRequest' as const), hash: hex, ranges: fc.array(range, { maxLength: 3 }) }),
  fc.record({
    type: fc.constant('part' as const),
    hash: hex,
    start: offset,
    data: fc.uint8Array({ maxLength: 3_000 }),
  }),
);

/** Frames out of a stream that comes in pieces of the lengths `cuts`. */
function read(stream: Uint8Array, cuts: number[]): Frame[] {
  const reader = new FrameReader();
  const frames: Frame[] = [];
  for (let at = 0, i = 0; at < stream.length; i++) {
    const length = Math.max(1, cuts[i % Math.max(1, cuts.length)] ?? stream.length);
    frames.push(...reader.push(stream.subarray(at, at + length)));
    at += length;
  }
  return frames;
}

test('what is written is read, however the stream is cut', () => {
  const cuts = fc.array(fc.integer({ min: 1, max: 4_000 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(fc.array(message, { minLength: 1, maxLength: 5 }), cuts, (messages, lengths) => {
      const frames = read(Buffer.concat(messages.map(encodeMessage)), lengths);
      const got = frames.map(decodeMessage);
      assert.deepEqual(plain(got), plain(messages));
    }),
    { numRuns: 1_000 },
  );
});

/** Buffer and Uint8Array compare equal. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_key, v) => (v?.type === 'Buffer' ? v.data : v instanceof Uint8Array ? [...v] : v)),
  );
}

test('offsets of 4 GiB and more use the 64-bit messages, those below the 32-bit ones', () => {
  const hash = '0'.repeat(32);
  const part = (start: number) => encodeMessage({ type: 'part', hash, start, data: new Uint8Array(8) });
  assert.deepEqual([part(2 ** 32 - 9)[0], part(2 ** 32 - 9)[5]], [EDONKEY, 0x46]);
  assert.deepEqual([part(2 ** 32 - 8)[0], part(2 ** 32 - 8)[5]], [EMULE, 0xa2]);
  const ask = (end: number) => encodeMessage({ type: 'partsRequest', hash, ranges: [{ start: end - 8, end }] });
  assert.deepEqual([ask(2 ** 32 - 1)[0], ask(2 ** 32 - 1)[5]], [EDONKEY, 0x47]);
  assert.deepEqual([ask(2 ** 32)[0], ask(2 ** 32)[5]], [EMULE, 0xa3]);
});

test('arbitrary bytes throw BAD_REQUEST or TOO_LARGE, or read', () => {
  const opcode = fc.oneof(
    fc.integer({ min: 0, max: 255 }),
    fc.constantFrom(0x01, 0x4c, 0x46, 0x47, 0x50, 0x52, 0xa2, 0xa3),
  );
  const body = fc.uint8Array({ maxLength: 200 });
  fc.assert(
    fc.property(fc.constantFrom(EDONKEY, EMULE), opcode, body, (protocol, op, bytes) => {
      try {
        decodeMessage({ protocol, opcode: op, body: bytes });
      } catch (error) {
        assert.ok(isAppError(error, 'BAD_REQUEST'), String(error));
      }
    }),
    { numRuns: 20_000 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      try {
        for (const frame of new FrameReader().push(bytes)) decodeMessage(frame);
      } catch (error) {
        assert.ok(isAppError(error, 'BAD_REQUEST', 'TOO_LARGE'), String(error));
      }
    }),
    { numRuns: 5_000 },
  );
});

test('a hello with every kind of tag, and with more than are looked at', () => {
  const tag = (type: number, value: number[]) => [type, 1, 0, 0x77, ...value];
  const tags = [
    [0x82, 0x01, 2, 0, 0x68, 0x69],
    tag(1, new Array(16).fill(1)),
    tag(4, [0, 0, 0, 0]),
    tag(5, [1]),
    tag(7, [2, 0, 0, 0, 9, 9]),
    tag(8, [1, 2]),
    tag(9, [1]),
    tag(10, [1, 5]),
    tag(11, [1, 2, 3, 4, 5, 6, 7, 8]),
    tag(17, [0x61]),
    tag(0x83 & 0x7f, [1, 2, 3, 4]),
    [3, 2, 0, 0x61, 0x62, 1, 0, 0, 0],
  ];
  const head = [16, ...new Array(16).fill(0xab), 1, 2, 3, 4, 0x36, 0x12];
  const hello = (count: number[]) =>
    decodeMessage({
      protocol: EDONKEY,
      opcode: 1,
      body: Uint8Array.from([...head, ...count, ...tags.flat(), 0, 0, 0, 0, 0, 0]),
    });
  const got = hello([tags.length, 0, 0, 0]);
  assert.ok(got.type === 'hello');
  assert.equal(got.hello.nickname, 'hi');
  assert.equal(got.hello.port, 0x1236);
  assert.throws(
    () => hello([0xff, 0xff, 0xff, 0xff]),
    (error) => isAppError(error, 'BAD_REQUEST'),
  );
});

test('lengths up to 2^32 and 2^63 neither crash nor allocate', () => {
  const before = process.memoryUsage();
  const lengths = [MAX_BODY_BYTES + 2, 2 ** 24, 2 ** 31, 2 ** 32 - 1];
  for (const length of lengths) {
    const head = encodeFrame(EDONKEY, 0x46, new Uint8Array(0));
    head.writeUInt32LE(length, 1);
    assert.throws(
      () => [...new FrameReader().push(head)],
      (error) => isAppError(error, 'TOO_LARGE'),
    );
  }
  // The largest that is taken, announced by a hundred peers that send one byte of it.
  const head = encodeFrame(EDONKEY, 0x46, Uint8Array.of(1));
  head.writeUInt32LE(MAX_BODY_BYTES + 1, 1);
  const readers = Array.from({ length: 100 }, () => new FrameReader());
  for (const reader of readers) assert.deepEqual([...reader.push(head)], []);
  const grown = process.memoryUsage().arrayBuffers - before.arrayBuffers;
  assert.ok(grown < 2 ** 20, `${grown} bytes for 100 unfinished frames`);
  for (const value of [2n ** 53n, 2n ** 63n, 2n ** 64n - 1n]) {
    const body = Buffer.alloc(16 + 48);
    body.writeBigUInt64LE(value, 16 + 40);
    assert.throws(
      () => decodeMessage({ protocol: EMULE, opcode: 0xa3, body }),
      (error) => isAppError(error, 'BAD_REQUEST'),
    );
  }
  const counts = Buffer.alloc(18, 0xff);
  for (const opcode of [0x50, 0x52, 0x59]) {
    assert.throws(
      () => decodeMessage({ protocol: EDONKEY, opcode, body: counts }),
      (error) => isAppError(error, 'BAD_REQUEST'),
    );
  }
});
