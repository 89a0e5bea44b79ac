import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { CHUNK_BYTES, LEAF_BYTES } from '@chiral/protocol/content';
import { isAppError } from '@chiral/protocol/errors';
import { randomBytes, temporaryFolder, toTestContent } from '../../../test/ports/fixtures.ts';
import { type Disk, disk } from './disk.ts';
import { hashFile } from './hash.ts';

const MIB = 1 << 20;
const sizes = [
  0,
  1,
  LEAF_BYTES,
  LEAF_BYTES + 1,
  CHUNK_BYTES - 1,
  CHUNK_BYTES,
  CHUNK_BYTES + 1,
  4 * CHUNK_BYTES,
  5 * CHUNK_BYTES + 77,
  // Over the limit from which threads do it, at and beside the edge of what a thread takes at a time.
  12 * MIB,
  12 * MIB + 1,
  20 * MIB - 5,
];

for (const size of sizes) {
  test(`hashes a file of ${size} bytes as the portable code does, on 1 and on 3 threads`, async (t) => {
    const path = join(await temporaryFolder(t), 'file');
    const bytes = randomBytes(size, size + 1);
    await writeFile(path, bytes);
    const expected = toTestContent(bytes);
    for (const threads of [1, 3]) {
      const found = await hashFile(path, { threads });
      assert.equal(found.size, size);
      assert.deepEqual(Buffer.from(found.root), Buffer.from(expected.root));
      assert.deepEqual(Buffer.from(found.sha256), Buffer.from(expected.sha256));
      assert.deepEqual(Buffer.from(found.layer.bytes), Buffer.from(expected.layer.bytes));
    }
  });
}

test('reports progress that never falls and ends at the size', async (t) => {
  const path = join(await temporaryFolder(t), 'file');
  const size = 64 * MIB;
  await writeFile(path, Buffer.alloc(size, 7));
  const reports: number[] = [];
  await hashFile(path, { onProgress: (done, total) => reports.push(done) && assert.equal(total, size) });
  assert.equal(reports.at(-1), size);
  assert.deepEqual(
    reports,
    [...reports].sort((a, b) => a - b),
  );
});

test('stops when it is told to', async (t) => {
  const path = join(await temporaryFolder(t), 'file');
  await writeFile(path, Buffer.alloc(64 * MIB));
  const controller = new AbortController();
  const hashing = hashFile(path, { signal: controller.signal });
  controller.abort();
  await assert.rejects(hashing, (error) => isAppError(error, 'CANCELLED'));
});

test('refuses a file that grows while it is hashed', async (t) => {
  const path = join(await temporaryFolder(t), 'file');
  await writeFile(path, Buffer.alloc(48 * MIB));
  // It grows right after the first look at it: at that moment and no other, however busy the machine.
  let looks = 0;
  const watched: Disk = {
    ...disk,
    stamp(fd) {
      const stamp = disk.stamp(fd);
      if (looks++ === 0) appendFileSync(path, 'more');
      return stamp;
    },
  };
  await assert.rejects(hashFile(path, {}, watched), (error) => isAppError(error, 'CONTENT_CHANGED'));
  assert.equal(looks, 2);
});

test('refuses folders, links and what is not there', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'file'), 'x');
  await symlink(join(folder, 'file'), join(folder, 'link'));
  await assert.rejects(hashFile(folder), (error) => isAppError(error, 'BAD_REQUEST'));
  await assert.rejects(hashFile(join(folder, 'none')), (error) => isAppError(error, 'NOT_FOUND'));
  await assert.rejects(hashFile(join(folder, 'link')), (error) => isAppError(error, 'STORE_FAILED'));
});
