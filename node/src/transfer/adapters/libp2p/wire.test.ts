import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cidOfManifest } from '@chiral/protocol/content';
import { isAppError } from '@chiral/protocol/errors';
import fc from 'fast-check';
import { decodeExchange, type ExchangeMessage, encodeExchange } from './wire.ts';

const hex = (pieces: readonly Uint8Array[]) => Buffer.concat(pieces).toString('hex');
const uint32 = fc.nat({ max: 2 ** 32 - 1 });
const cid = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => cidOfManifest(bytes));
const bytes = fc.uint8Array({ maxLength: 300 });
const messages: fc.Arbitrary<ExchangeMessage> = fc.oneof(
  fc.record({ kind: fc.constant('request' as const), id: uint32, cid, chunk: uint32, start: uint32, end: uint32 }),
  fc.record({
    kind: fc.constant('answer' as const),
    id: uint32,
    status: fc.nat({ max: 255 }),
    reason: fc.string({ maxLength: 100 }),
    data: bytes,
  }),
  fc.record({
    kind: fc.constant('note' as const),
    id: uint32,
    isAnswer: fc.boolean(),
    status: fc.nat({ max: 255 }),
    body: bytes,
  }),
  fc.record({ kind: fc.constant('cancel' as const), id: uint32 }),
);

test('byte for byte, as any protocol buffers library writes them', () => {
  const cidText = cidOfManifest(new Uint8Array());
  const cidHex = '01711220e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
  // Request { id: 1, cid, chunk: 300, start: 65536, end: 131072 } in field 1 of 51 bytes.
  assert.equal(
    hex(encodeExchange({ kind: 'request', id: 1, cid: cidText, chunk: 300, start: 65536, end: 131072 })),
    `0a33${'0801'}${`1224${cidHex}`}${'18ac02'}${'20808004'}${'28808008'}`,
  );
  // A choke: Answer { id: 150, status: 3, reason: "no" } in field 2.
  assert.equal(
    hex(encodeExchange({ kind: 'answer', id: 150, status: 3, reason: 'no', data: new Uint8Array() })),
    '1209089601' + '1003' + '1a026e6f',
  );
  assert.equal(
    hex(encodeExchange({ kind: 'answer', id: 1, status: 0, reason: '', data: new Uint8Array([1, 2, 3]) })),
    '1207' + '0801' + '2203010203',
  );
  assert.equal(
    hex(encodeExchange({ kind: 'note', id: 2, isAnswer: true, status: 0, body: new Uint8Array([9]) })),
    '1a07' + '0802' + '1001' + '220109',
  );
  assert.equal(hex(encodeExchange({ kind: 'cancel', id: 0 })), '2000');
});

test('messages come out as they went in, however the frame is cut, and data lies in the memory that was given', () => {
  fc.assert(
    fc.property(messages, fc.integer({ min: 1, max: 350 }), (message, cut) => {
      const frame = new Uint8Array(Buffer.concat(encodeExchange(message)));
      const pieces: Uint8Array[] = [];
      for (let at = 0; at < frame.length; at += cut) pieces.push(frame.subarray(at, at + cut));
      const lent: Uint8Array[] = [];
      const decoded = decodeExchange(pieces, (length) => {
        lent.push(new Uint8Array(length));
        return lent.at(-1)!;
      });
      // fast-check's records have no prototype; ours do.
      assert.deepEqual(decoded, { ...message });
      assert.deepEqual(decodeExchange(frame), decoded);
      if (decoded.kind === 'answer' && decoded.data.length > 0) assert.ok(lent.includes(decoded.data));
    }),
    { numRuns: 2000 },
  );
});

test('fields and kinds of a later version are skipped, a message of none is refused', () => {
  const later = Buffer.from('0801' + '2a0474657374' + '3001' + '3d00000000' + '410000000000000000', 'hex');
  const inner = Buffer.concat([later, Buffer.from('220107', 'hex')]);
  const frame = Buffer.concat([Buffer.from([0x12, inner.length]), inner]);
  assert.deepEqual(decodeExchange(frame), {
    kind: 'answer',
    id: 1,
    status: 0,
    reason: '',
    data: new Uint8Array([7]),
  });
  for (const bad of ['', '2a0100', '1201', '12ff', '0a020801', '00', '20ffffffffffffffffff7f', '0801']) {
    assert.throws(
      () => decodeExchange(Buffer.from(bad, 'hex')),
      (error) => isAppError(error, 'BAD_REQUEST'),
      bad,
    );
  }
});

test('arbitrary and damaged bytes never throw anything but an AppError', () => {
  const survive = (frame: Uint8Array) => {
    try {
      decodeExchange(frame);
    } catch (error) {
      assert.ok(isAppError(error, 'BAD_REQUEST', 'TOO_LARGE'), String(error));
    }
  };
  fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), survive), { numRuns: 20_000 });
  fc.assert(
    fc.property(messages, fc.nat(), fc.nat({ max: 255 }), (message, at, byte) => {
      const frame = Buffer.concat(encodeExchange(message));
      frame[at % frame.length] = byte;
      survive(frame);
      survive(frame.subarray(0, at % frame.length));
    }),
    { numRuns: 5_000 },
  );
});
