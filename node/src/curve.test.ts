import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { ethersCurve, useCurve } from '@chiral/protocol/curve';
import { recoverSigner, signDigest } from '@chiral/protocol/typed-data';
import { computeAddress, hexlify, Signature, SigningKey } from 'ethers';
import fc from 'fast-check';
import { wasmCurve } from './curve.ts';

afterEach(() => useCurve(ethersCurve));

const word = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => hexlify(bytes));
/** Neither 0 nor as large as the order of the group. */
const privateKey = word.filter((hex) => !/^0x(?:0{64}|f{31})/.test(hex));

test('the same signatures as ethers, and the same keys found in them', () => {
  fc.assert(
    fc.property(privateKey, word, word, (key, digest, other) => {
      const signature = ethersCurve.sign(key, digest);
      assert.equal(wasmCurve.sign(key, digest), signature);
      const parsed = Signature.from(signature);
      assert.equal(wasmCurve.recover(digest, parsed), new SigningKey(key).publicKey);
      assert.equal(wasmCurve.recover(other, parsed), ethersCurve.recover(other, parsed));
    }),
    { numRuns: 200 },
  );
});

test('what is no signature has no signer by either', () => {
  const found = (digest: string, signature: string) =>
    [ethersCurve, wasmCurve].map((curve) => {
      useCurve(curve);
      return recoverSigner(digest, signature);
    });
  const half = fc.oneof(
    word,
    fc.constantFrom('00', '01', 'ff').map((byte) => `0x${byte.repeat(32)}`),
    // The order of the group, half of it, and one above that.
    fc.constantFrom(
      '0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141',
      '0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0',
      '0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a1',
      `0x${'00'.repeat(31)}01`,
    ),
  );
  fc.assert(
    fc.property(word, half, half, fc.constantFrom('', '1b', '1c', '1d', '00'), (digest, r, s, v) => {
      const [slow, fast] = found(digest, `${r}${s.slice(2)}${v}`);
      assert.equal(fast, slow);
    }),
    { numRuns: 500 },
  );
});

test('a process signs and checks with the curve that it was given', () => {
  const key = new SigningKey(`0x${'11'.repeat(32)}`);
  const digest = `0x${'22'.repeat(32)}`;
  const signature = signDigest(key, digest);
  let uses = 0;
  useCurve({
    sign: (...args) => {
      uses++;
      return wasmCurve.sign(...args);
    },
    recover: (...args) => {
      uses++;
      return wasmCurve.recover(...args);
    },
  });
  assert.equal(signDigest(key, digest), signature);
  assert.equal(recoverSigner(digest, signature), computeAddress(key));
  assert.equal(uses, 2);
});
