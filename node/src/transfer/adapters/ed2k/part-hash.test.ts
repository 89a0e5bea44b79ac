import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { fileHash, hashParts, PART_BYTES, partCount, statusPartCount } from './part-hash.ts';

const vectors = JSON.parse(readFileSync(new URL('./vectors/hashes.json', import.meta.url), 'utf8'));

async function* pieces(...parts: Uint8Array[]) {
  yield* parts;
}

async function* zeros(size: number, step: number) {
  const block = new Uint8Array(step);
  for (let at = 0; at < size; at += step) yield block.subarray(0, Math.min(step, size - at));
}

test('known hashes: texts, whole parts, one byte more and less', async () => {
  for (const { text, hash } of vectors.texts) {
    const data = Buffer.from(text);
    assert.equal(await fileHash(await hashParts(data.length, pieces(data))), hash);
  }
  for (const { size, hash, hashSet } of vectors.zeros) {
    const packed = await hashParts(size, zeros(size, 262_144));
    assert.equal(await fileHash(packed), hash, `${size} zeros`);
    assert.equal(size < PART_BYTES ? 0 : packed.length / 16, hashSet);
  }
});

test('two different contents can have one ed2k hash', async () => {
  const { a, b, hash } = vectors.collision;
  for (const hex of [a, b]) {
    const data = Buffer.from(hex, 'hex');
    assert.equal(await fileHash(await hashParts(data.length, pieces(data))), hash);
  }
});

test('the hash does not depend on how the file is cut', async () => {
  const size = PART_BYTES + 12_345;
  const whole = await hashParts(size, zeros(size, size));
  for (const step of [65_521, 262_144, PART_BYTES - 1, PART_BYTES]) {
    assert.deepEqual(await hashParts(size, zeros(size, step)), whole);
  }
});

test('a file of another length than announced is refused', async () => {
  await assert.rejects(hashParts(10, pieces(new Uint8Array(9))));
  await assert.rejects(hashParts(10, pieces(new Uint8Array(11))));
});

test('parts are counted as eMule counts them', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 38 }), (size) => {
      assert.equal(statusPartCount(size) - partCount(size), size % PART_BYTES === 0 ? 1 : 0);
    }),
  );
});
