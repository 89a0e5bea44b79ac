/** Encrypted files: what comes out is what went in, wherever it is read; nothing else opens, nothing can be moved or cut. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { CHUNK_BYTES } from '@chiral/protocol/content';
import { isAppError } from '@chiral/protocol/errors';
import { createSealer, keyFromText, keyToText, newKey, openSecret, PIECE_BYTES } from './engine/secret.ts';

const INSIDE = { name: 'Письмо 📨.txt', mime: 'text/plain' };
const HEAD = 4 + new TextEncoder().encode(JSON.stringify(INSIDE)).length;
const never = new AbortController().signal;
const isInvalid = (error: unknown) => isAppError(error, 'CONTENT_INVALID');

async function seal(plain: Uint8Array, key: Uint8Array<ArrayBuffer>): Promise<Buffer> {
  const sealer = await createSealer(key, INSIDE, plain.length);
  const parts: Uint8Array[] = [];
  for (let piece = 0; piece < sealer.pieces; piece++)
    parts.push(await sealer.seal(piece, async (start, end) => plain.subarray(start, end)));
  const sealed = Buffer.concat(parts);
  assert.equal(sealed.length, sealer.size);
  for (const part of parts.slice(0, -1)) assert.equal(part.length, CHUNK_BYTES, 'a piece fills a chunk');
  return sealed;
}

const open = (sealed: Uint8Array, key: Uint8Array<ArrayBuffer>) =>
  openSecret(
    key,
    sealed.length,
    async (chunk) => sealed.subarray(chunk * CHUNK_BYTES, (chunk + 1) * CHUNK_BYTES),
    never,
  );

describe('an encrypted file', () => {
  for (const size of [
    0,
    1,
    1000,
    PIECE_BYTES - HEAD,
    PIECE_BYTES - HEAD + 1,
    2 * PIECE_BYTES - HEAD,
    3 * PIECE_BYTES + 7,
  ])
    it(`of ${size} bytes comes out as it went in, from anywhere`, async () => {
      const [plain, key] = [randomBytes(size), newKey()];
      const sealed = await seal(plain, key);
      const secret = await open(sealed, keyFromText(keyToText(key)));
      assert.deepEqual([secret.name, secret.mime, secret.size], [INSIDE.name, INSIDE.mime, size]);
      assert.deepEqual(Buffer.from((await secret.read(0, size, never)).buffer), plain);
      for (const [start, end] of [
        [0, Math.min(1, size)],
        [size >> 1, size],
        [Math.max(0, PIECE_BYTES - HEAD - 5), Math.min(size, PIECE_BYTES - HEAD + 5)],
      ] as const)
        if (start < end)
          assert.deepEqual(Buffer.from((await secret.read(start, end, never)).buffer), plain.subarray(start, end));
      if (size > 64) {
        assert.equal(sealed.indexOf(plain.subarray(0, 32)), -1, 'nothing of it can be seen');
        assert.equal(sealed.indexOf(Buffer.from('text/plain')), -1, 'nor what it is');
      }
    });

  it('opens with its key alone', async () => {
    const sealed = await seal(randomBytes(5000), newKey());
    await assert.rejects(open(sealed, newKey()), isInvalid);
    for (const text of ['', 'abc', '!'.repeat(43), 'A'.repeat(44)]) assert.throws(() => keyFromText(text), isInvalid);
  });

  it('does not open when a piece was changed, moved or cut off', async () => {
    const [plain, key] = [randomBytes(3 * PIECE_BYTES), newKey()];
    const sealed = await seal(plain, key);
    const chunk = (n: number) => sealed.subarray(n * CHUNK_BYTES, (n + 1) * CHUNK_BYTES);
    const flipped = Buffer.from(sealed);
    flipped[CHUNK_BYTES + 9]! ^= 1;
    for (const bad of [
      flipped,
      Buffer.concat([chunk(0), chunk(2), chunk(1), chunk(3)]),
      Buffer.concat([chunk(0), chunk(1), chunk(2)]),
      Buffer.concat([chunk(0), chunk(1), chunk(3)]),
    ]) {
      await assert.rejects(
        (async () => {
          const secret = await open(bad, key);
          await secret.read(0, secret.size, never);
        })(),
        isInvalid,
      );
    }
  });
});
