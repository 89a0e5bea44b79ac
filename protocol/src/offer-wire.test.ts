import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { aliasCid, cidOfManifest } from './content.ts';
import { ERRORS, type ErrorCode, isAppError } from './errors.ts';
import {
  decodeAnswer,
  decodeOfferJson,
  decodeOfferRequest,
  encodeAnswer,
  encodeOfferRequest,
  encodeRefusal,
  MAX_OFFER_REQUEST_BYTES,
} from './offer-wire.ts';

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });

test('requests come out as they went in, for content and alias', () => {
  fc.assert(
    fc.property(
      bytes32,
      fc.constantFrom('offer', 'offer-inline', 'content', 'seen', 'tell'),
      fc.boolean(),
      (bytes, kind, alias) => {
        const cid = alias ? aliasCid(bytes) : cidOfManifest(bytes);
        const body = encodeOfferRequest({ kind, cid });
        assert.ok(body.length <= MAX_OFFER_REQUEST_BYTES);
        assert.deepEqual(decodeOfferRequest(body), { kind, cid });
      },
    ),
  );
});

test('known bytes of a request', () => {
  const body = encodeOfferRequest({ kind: 'content', cid: aliasCid(new Uint8Array(32).fill(0xab)) });
  assert.equal(Buffer.from(body).toString('hex'), `03${'01551220'}${'ab'.repeat(32)}`);
});

test('every code survives a refusal, with its text', () => {
  for (const code of Object.keys(ERRORS) as ErrorCode[]) {
    assert.throws(
      () => decodeAnswer(encodeRefusal(code, 'because')),
      (error) => isAppError(error, code) && error.message === 'because',
    );
  }
  assert.deepEqual(decodeAnswer(encodeAnswer(new Uint8Array([1, 2]))), new Uint8Array([1, 2]));
});

test('arbitrary bytes never throw anything but an AppError', () => {
  const anyBytes = fc.uint8Array({ maxLength: 200 });
  for (const decode of [decodeOfferRequest, decodeAnswer, decodeOfferJson]) {
    fc.assert(
      fc.property(anyBytes, (body) => {
        try {
          decode(body);
        } catch (error) {
          assert.ok(isAppError(error), String(error));
        }
      }),
      { numRuns: 2000 },
    );
  }
  // The interesting half of the space: a right kind before a broken CID.
  fc.assert(
    fc.property(fc.constantFrom(1, 2, 3, 4, 5), anyBytes, (kind, rest) => {
      try {
        const { cid } = decodeOfferRequest(new Uint8Array([kind, ...rest]));
        assert.ok(cid.length > 0);
      } catch (error) {
        assert.ok(isAppError(error, 'BAD_REQUEST'), String(error));
      }
    }),
    { numRuns: 2000 },
  );
});
