import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { bytesToUint, meetsTarget, nonceToBytes, targetFromDifficulty } from './target.ts';

describe('targets', () => {
  it('are 2^256 divided by the difficulty, rounded down', () => {
    assert.equal(targetFromDifficulty(1n), 2n ** 256n);
    assert.equal(targetFromDifficulty(0x400000n), 2n ** 234n);
    assert.equal(targetFromDifficulty(3n), (2n ** 256n - 1n) / 3n);
    assert.throws(() => targetFromDifficulty(0n), RangeError);
    assert.throws(() => targetFromDifficulty(-5n), RangeError);
  });

  it('are met by hashes up to and including the boundary, on all 256 bits', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 2n ** 256n - 1n }), (difficulty) => {
        const target = targetFromDifficulty(difficulty);
        if (target < 2n ** 256n) assert.ok(meetsTarget(uint256(target), target));
        if (target < 2n ** 256n - 1n) assert.ok(!meetsTarget(uint256(target + 1n), target));
      }),
    );
  });
});

describe('nonces', () => {
  it('keep their value through their 8 bytes', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (nonce) => {
        assert.equal(nonceToBytes(nonce).length, 8);
        assert.equal(bytesToUint(nonceToBytes(nonce)), nonce);
      }),
    );
    assert.deepEqual(nonceToBytes(2n ** 64n + 1n), nonceToBytes(1n));
  });
});

function uint256(value: bigint): Uint8Array {
  return Uint8Array.from(Buffer.from(value.toString(16).padStart(64, '0'), 'hex'));
}
