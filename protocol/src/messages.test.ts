import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isAppError } from './errors.ts';
import { decodePayAnswer, decodePayRequest, encodePayAnswer, encodePayRequest } from './messages.ts';

const hash = `0x${'ab'.repeat(32)}`;
const standing = { deliveredWei: 5n, authorizedWei: 7n, roomBytes: 9, creditBytes: 11 };
const work = {
  type: 'work',
  profile: 'dev',
  epoch: 3,
  sealHash: hash,
  noncePrefix: '0x00ff00ff',
  shareDifficulty: 65_536n,
  shareWei: 10n ** 17n,
  standing,
} as const;
const share = { type: 'share', sealHash: hash, nonce: '0x0123456789abcdef', mixHash: hash } as const;

const bytes = (value: object) =>
  new TextEncoder().encode(JSON.stringify(value, (_key, item) => (typeof item === 'bigint' ? `${item}` : item)));

describe('the messages of work', () => {
  it('come out as they went in', () => {
    for (const request of [{ type: 'work', hashesPerSecond: 0 } as const, share])
      assert.deepEqual(decodePayRequest(encodePayRequest(request)), request);
    for (const answer of [work, { type: 'counted', workedWei: 2n ** 200n, standing } as const])
      assert.deepEqual(decodePayAnswer(encodePayAnswer(answer)), answer);
    assert.deepEqual(decodePayRequest(bytes({ ...share, nonce: share.nonce.toUpperCase().replace('X', 'x') })), share);
  });

  const bad = {
    'a nonce of seven bytes': () => decodePayRequest(bytes({ ...share, nonce: '0x00112233445566' })),
    'a seal hash without 0x': () => decodePayRequest(bytes({ ...share, sealHash: hash.slice(2) })),
    'a field too many': () => decodePayRequest(bytes({ ...share, wei: '1' })),
    'a negative rate': () => decodePayRequest(bytes({ type: 'work', hashesPerSecond: -1 })),
    'an epoch past the last': () => decodePayAnswer(bytes({ ...work, epoch: 2_048 })),
    'an Ethash that is none': () => decodePayAnswer(bytes({ ...work, profile: 'tiny' })),
    'a prefix of five bytes': () => decodePayAnswer(bytes({ ...work, noncePrefix: '0x0011223344' })),
    'a worth below nothing': () => decodePayAnswer(bytes({ ...work, shareWei: '-1' })),
  };
  for (const [what, decode] of Object.entries(bad))
    it(`refuse ${what}`, () => assert.throws(decode, (error) => isAppError(error, 'BAD_REQUEST')));
});
