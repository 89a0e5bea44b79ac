import assert from 'node:assert/strict';
import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isAppError } from '@chiral/protocol/errors';
import { loadIdentity } from './identity.ts';

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'chiral-identity-'));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}
const idOf = async (file: string) => (await loadIdentity(file)).publicKey.toString();

test('the key is made once, stays, and only its owner may read it', () =>
  inFolder(async (folder) => {
    const file = join(folder, 'deep', 'identity.key');
    const id = await idOf(file);
    assert.equal(await idOf(file), id);
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    await chmod(file, 0o644);
    assert.equal(await idOf(file), id);
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    assert.deepEqual(await readdir(join(folder, 'deep')), ['identity.key']);
  }));

test('two that start at once agree on one key', () =>
  inFolder(async (folder) => {
    const file = join(folder, 'identity.key');
    const ids = await Promise.all(Array.from({ length: 8 }, () => idOf(file)));
    assert.equal(new Set(ids).size, 1);
    assert.deepEqual(await readdir(folder), ['identity.key']);
  }));

test('a damaged key is reported, never replaced', () =>
  inFolder(async (folder) => {
    const file = join(folder, 'identity.key');
    await writeFile(file, 'rubbish');
    await assert.rejects(loadIdentity(file), (error) => isAppError(error, 'STORE_FAILED'));
    assert.equal((await stat(file)).size, 7);
  }));
