import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isAppError } from './errors.ts';
import { encodeLength, FrameDecoder, joinPieces } from './frames.ts';

const frameOf = (body: Uint8Array) => joinPieces([encodeLength(body.length), body]);

const bodies = fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 8 });

test('known bytes', () => {
  assert.deepEqual(frameOf(new Uint8Array()), new Uint8Array([0]));
  assert.deepEqual(frameOf(new Uint8Array([7, 8])), new Uint8Array([2, 7, 8]));
  assert.deepEqual(frameOf(new Uint8Array(300)).subarray(0, 2), new Uint8Array([0xac, 0x02]));
});

test('frames come out as they went in, however the bytes are cut', () => {
  fc.assert(
    fc.property(bodies, fc.array(fc.integer({ min: 1, max: 97 }), { minLength: 1 }), (sent, cuts) => {
      const wire = Buffer.concat(sent.map(frameOf));
      const decoder = new FrameDecoder();
      const got: Uint8Array[] = [];
      for (let at = 0, i = 0; at < wire.length; i++) {
        const size = cuts[i % cuts.length]!;
        decoder.push(wire.subarray(at, at + size));
        at += size;
        for (let frame = decoder.take(400); frame; frame = decoder.take(400)) got.push(new Uint8Array(frame));
      }
      assert.deepEqual(got, sent);
      assert.equal(decoder.buffered, 0);
    }),
    { numRuns: 500 },
  );
});

test('a length above the cap is refused before the body is there', () => {
  const decoder = new FrameDecoder();
  decoder.push(new Uint8Array([0x81, 0x08]));
  assert.throws(
    () => decoder.take(1024),
    (error) => isAppError(error, 'TOO_LARGE'),
  );
  assert.equal(new FrameDecoder().take(1024), undefined);
});

test('a length of more than four bytes, or not in its shortest form, is refused', () => {
  for (const [bytes, code] of [
    [[0xff, 0xff, 0xff, 0xff], 'TOO_LARGE'],
    [[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], 'TOO_LARGE'],
    [[0x80, 0x00], 'BAD_REQUEST'],
    [[0xff, 0x80, 0x00], 'BAD_REQUEST'],
  ] as const) {
    const decoder = new FrameDecoder();
    decoder.push(new Uint8Array(bytes));
    assert.throws(
      () => decoder.take(2 ** 28),
      (error) => isAppError(error, code),
    );
  }
});

test('arbitrary bytes give frames within the cap or one of two errors', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 20 }), fc.nat({ max: 64 }), (pieces, cap) => {
      const decoder = new FrameDecoder();
      try {
        for (const piece of pieces) {
          decoder.push(piece);
          for (let frame = decoder.take(cap); frame; frame = decoder.take(cap)) assert.ok(frame.length <= cap);
        }
      } catch (error) {
        assert.ok(isAppError(error, 'TOO_LARGE', 'BAD_REQUEST'), String(error));
      }
    }),
    { numRuns: 2000 },
  );
});
