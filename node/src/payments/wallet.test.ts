import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isAppError } from '@chiral/protocol/errors';
import { Wallet } from 'ethers';
import { openKeys, type Password } from './wallet.ts';

for (const [password, N] of [
  [{ text: 'correct horse', isRandom: false }, 262_144],
  [{ text: 'uF3vJqYw2nKc8sXe5tRb1mLh9pZa4dGo', isRandom: true }, 4_096],
] as [Password, number][])
  test(`keeps a key for ${password.isRandom ? 'random bytes' : 'a person'}, and opens it for nobody else`, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'chiral-keys-'));
    t.after(() => rm(folder, { recursive: true }));
    const file = join(folder, 'keystore.json');
    const made = await openKeys(file, password);
    const text = await readFile(file, 'utf8');
    assert.equal(JSON.parse(text).Crypto.kdfparams.n, N);
    assert.equal((await openKeys(file, password)).wallet.privateKey, made.wallet.privateKey);
    // Any other program that reads the format opens it, too.
    assert.equal((await Wallet.fromEncryptedJson(text, password.text)).address, made.wallet.address);
    await assert.rejects(openKeys(file, { ...password, text: 'wrong' }), (error) => isAppError(error, 'KEY_LOCKED'));
    await assert.rejects(openKeys(file, password, made.wallet.privateKey), (error) => isAppError(error, 'CONFLICT'));
  });
