import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync, writeSync } from 'node:fs';
import { chmod, open, readFile, rename, rm, stat, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { CHUNK_BYTES, type Content, chunkCount, cidOfManifest, encodeManifest } from '@chiral/protocol/content';
import { isAppError } from '@chiral/protocol/errors';
import { chunkOf, createRandom, randomBytes, temporaryFolder, toTestContent } from '../../../test/ports/fixtures.ts';
import { openDatabase } from '../db.ts';
import { type Disk, disk } from './disk.ts';
import { SMALL_BYTES } from './hash-jobs.ts';
import { createHashPool } from './hash-pool.ts';
import { createLibrary, type Library, type LibraryOptions } from './library.ts';

/** A library on a database file in `folder`; opening it again is a restart. */
function openLibrary(t: TestContext, folder: string, options: Partial<LibraryOptions> = {}): Library {
  const db = openDatabase(join(folder, 'state.db'));
  const library = createLibrary({ db, threads: 1, ...options });
  let closed: Promise<void> | undefined;
  const close = () => {
    closed ??= library.close().then(() => db.close());
    return closed;
  };
  t.after(close);
  return { ...library, close };
}

async function putAll(library: Library, content: Content, bytes: Uint8Array, skip: (chunk: number) => boolean) {
  for (let chunk = 0; chunk < chunkCount(content.size); chunk++) {
    if (!skip(chunk)) await library.put(content.cid, chunk, Buffer.from(chunkOf(bytes, chunk)));
  }
}

async function waitUntil(isTrue: () => Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await new Promise((resolve) => setTimeout(resolve, 50));
}

const failsWith = (code: Parameters<typeof isAppError>[1]) => (error: unknown) => isAppError(error, code!);

test('publishes a file where it lies, finds it by both names and serves it after a restart', async (t) => {
  const folder = await temporaryFolder(t);
  const bytes = randomBytes(2 * CHUNK_BYTES + 5, 1);
  const path = join(folder, 'film.mp4');
  await writeFile(path, bytes);
  const before = await stat(path);
  const first = openLibrary(t, folder);
  const published = await first.publish(path, { mime: 'video/mp4' });
  assert.equal(published.cid, toTestContent(bytes).cid);
  assert.equal(published.name, 'film.mp4');
  await first.close();

  const second = openLibrary(t, folder);
  assert.deepEqual(
    second.list().map(({ cid, complete, origin, mime }) => ({ cid, complete, origin, mime })),
    [{ cid: published.cid, complete: true, origin: 'published', mime: 'video/mp4' }],
  );
  const hex = createHash('sha256').update(bytes).digest('hex');
  assert.deepEqual(
    second.findBySha256(hex).map(({ cid }) => cid),
    [published.cid],
  );
  for (let chunk = 0; chunk < 3; chunk++) {
    assert.ok(Buffer.from(await second.get(published.cid, chunk)).equals(chunkOf(bytes, chunk)));
  }
  const after = await stat(path);
  assert.equal(after.ino, before.ino);
  assert.equal(after.mtimeMs, before.mtimeMs);
});

test('a withdrawn content is gone, its file is not', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'file');
  await writeFile(path, 'hello');
  const library = openLibrary(t, folder);
  const { cid } = await library.publish(path);
  assert.equal(await library.withdraw(cid), true);
  assert.equal(await library.withdraw(cid), false);
  assert.equal(library.find(cid), undefined);
  await assert.rejects(library.get(cid, 0), failsWith('NOT_FOUND'));
  assert.equal(await readFile(path, 'utf8'), 'hello');
});

/** Ways in which the file behind a share stops being what was published. */
const edits: Record<string, (path: string) => Promise<void>> = {
  'one bit flipped, times put back': async (path) => {
    const { atime, mtime } = await stat(path);
    const file = await open(path, 'r+');
    const byte = Buffer.alloc(1);
    await file.read(byte, 0, 1, 100);
    byte[0]! ^= 1;
    await file.write(byte, 0, 1, 100);
    await file.close();
    await utimes(path, atime, mtime);
  },
  truncated: (path) => truncate(path, 50),
  'another file renamed over it': async (path) => {
    await writeFile(`${path}.new`, randomBytes(2 * CHUNK_BYTES, 99));
    await rename(`${path}.new`, path);
  },
  'a link to a secret in its place': async (path) => {
    await writeFile(`${path}.secret`, randomBytes(2 * CHUNK_BYTES, 98));
    await rm(path);
    await symlink(`${path}.secret`, path);
  },
  deleted: (path) => rm(path),
};

for (const [name, edit] of Object.entries(edits)) {
  for (const when of ['before a restart', 'while it is served']) {
    test(`refuses a shared file that was changed ${when}: ${name}`, async (t) => {
      const folder = await temporaryFolder(t);
      const path = join(folder, 'file');
      const bytes = randomBytes(2 * CHUNK_BYTES, 1);
      await writeFile(path, bytes);
      const changed: string[] = [];
      const onChanged = (cid: string) => changed.push(cid);
      let library = openLibrary(t, folder, { onChanged });
      const { cid } = await library.publish(path);
      assert.ok(Buffer.from(await library.get(cid, 0)).equals(chunkOf(bytes, 0)));
      if (when === 'before a restart') {
        await library.close();
        library = openLibrary(t, folder, { onChanged });
      }
      await edit(path);
      const answer = await library.get(cid, 0).catch((error) => error);
      if (when === 'while it is served' && answer instanceof Uint8Array) {
        // The open file may go on being served while it still is what was published.
        assert.ok(Buffer.from(answer).equals(chunkOf(bytes, 0)));
      } else {
        assert.ok(isAppError(answer, 'CONTENT_CHANGED'), String(answer));
        assert.deepEqual(changed, [cid]);
      }
    });
  }
}

test('a touched file that still holds the content is served', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'file');
  const bytes = randomBytes(CHUNK_BYTES + 1, 1);
  await writeFile(path, bytes);
  const library = openLibrary(t, folder);
  const { cid } = await library.publish(path);
  await utimes(path, new Date(), new Date());
  await chmod(path, 0o600);
  assert.ok(Buffer.from(await library.get(cid, 1)).equals(chunkOf(bytes, 1)));
});

test('a file that is written to in the middle of a read is hashed before the bytes leave', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'file');
  const bytes = randomBytes(2 * CHUNK_BYTES, 1);
  await writeFile(path, bytes);
  // Old enough that its stamp is believed.
  await utimes(path, 1, 1);
  await waitUntil(async () => Date.now() - (await stat(path)).ctimeMs > 1_100);
  let strike: (() => void) | undefined;
  const struck: Disk = {
    ...disk,
    async read(fd, into, position) {
      strike?.();
      return disk.read(fd, into, position);
    },
  };
  const library = openLibrary(t, folder, { disk: struck });
  const { cid } = await library.publish(path);
  let hashed = 0;
  const untouched = await library.get(cid, 0);
  assert.ok(Buffer.from(untouched).equals(chunkOf(bytes, 0)));
  strike = () => {
    hashed++;
    const fd = openSync(path, 'r+');
    writeSync(fd, Buffer.of(bytes[9]! ^ 1), 0, 1, 9);
    closeSync(fd);
  };
  await assert.rejects(library.get(cid, 0), failsWith('CONTENT_CHANGED'));
  assert.ok(hashed > 0);
});

test('row 35: 1,000 swaps under load let no foreign byte out', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'file');
  const bytes = randomBytes(4 * CHUNK_BYTES, 1);
  const secret = randomBytes(4 * CHUNK_BYTES, 2);
  await writeFile(path, bytes);
  await writeFile(join(folder, 'secret'), secret);
  const library = openLibrary(t, folder);
  const { cid } = await library.publish(path);
  let swapping = true;
  let served = 0;
  let refused = 0;
  const reader = async (seed: number) => {
    const random = createRandom(seed);
    while (swapping) {
      const chunk = Math.floor(random() * 4);
      try {
        const data = await library.get(cid, chunk);
        assert.ok(Buffer.from(data).equals(chunkOf(bytes, chunk)), 'a foreign byte left');
        served++;
      } catch (error) {
        if (!isAppError(error, 'CONTENT_CHANGED')) throw error;
        refused++;
      }
    }
  };
  const readers = [reader(1), reader(2), reader(3)];
  const swapper = (async () => {
    const file = await open(path, 'r+');
    for (let i = 0; i < 1_000; i++) {
      // Readers keep up: one answer for every two swaps.
      while (served + refused < i / 2) await new Promise((resolve) => setImmediate(resolve));
      switch (i % 4) {
        case 0: // written in place
          await file.write(secret, 0, CHUNK_BYTES, ((i % 16) >> 2) * CHUNK_BYTES);
          break;
        case 1: // and put right again
          await file.write(bytes, 0, 4 * CHUNK_BYTES, 0);
          break;
        case 2:
          await symlink(join(folder, 'secret'), join(folder, 'next'));
          await rename(path, join(folder, 'original'));
          await rename(join(folder, 'next'), path);
          break;
        default:
          await rename(join(folder, 'original'), path);
      }
    }
    await file.close();
    swapping = false;
  })();
  await Promise.all([swapper, ...readers]);
  assert.ok(served > 0, 'nothing was served, so nothing was shown');
  t.diagnostic(`served ${served}, refused ${refused}`);
});

test('row 36: one bit flipped in each of 1,000 chunks, none leaves', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'file');
  const count = 1_000;
  const seed = Date.now() % 1_000_000;
  t.diagnostic(`seed ${seed}`);
  const random = createRandom(seed);
  const bytes = Buffer.alloc(count * CHUNK_BYTES, 5);
  for (let chunk = 0; chunk < count; chunk++) bytes.writeUInt32LE(chunk, chunk * CHUNK_BYTES);
  await writeFile(path, bytes);
  const library = openLibrary(t, folder);
  const { cid } = await library.publish(path);
  const file = await open(path, 'r+');
  for (let chunk = 0; chunk < count; chunk++) {
    const at = chunk * CHUNK_BYTES + Math.floor(random() * CHUNK_BYTES);
    await file.write(Buffer.of(bytes[at]! ^ (1 << Math.floor(random() * 8))), 0, 1, at);
  }
  await file.close();
  for (let chunk = 0; chunk < count; chunk++) {
    await assert.rejects(library.get(cid, chunk), failsWith('CONTENT_CHANGED'));
  }
});

test('a download is served while it grows, gets its name at the end and is seeded at once and after a restart', async (t) => {
  const folder = await temporaryFolder(t);
  const bytes = randomBytes(40 * CHUNK_BYTES + 9, 3);
  const content = toTestContent(bytes);
  const destination = join(folder, 'got.bin');
  const library = openLibrary(t, folder);
  const download = await library.openDownload(content, destination, { name: 'got', mime: 'x/y' });
  assert.equal(library.find(content.cid)?.complete, false);
  // Backwards, so that the digest has to wait for the first chunk.
  for (let chunk = 40; chunk >= 0; chunk--) {
    await library.put(content.cid, chunk, Buffer.from(chunkOf(bytes, chunk)));
    assert.ok(Buffer.from(await library.get(content.cid, chunk)).equals(chunkOf(bytes, chunk)));
  }
  assert.equal(download.heldBytes, bytes.length);
  const holding = await download.complete();
  assert.equal(await download.complete().then(({ path }) => path), destination);
  assert.equal(holding.complete, true);
  assert.ok((await readFile(destination)).equals(bytes));
  assert.equal(existsSync(`${destination}.part`), false);
  assert.ok(Buffer.from(await library.get(content.cid, 40)).equals(chunkOf(bytes, 40)));
  await library.close();
  const again = openLibrary(t, folder);
  assert.equal(again.find(content.cid)?.origin, 'downloaded');
  assert.ok(Buffer.from(await again.get(content.cid, 7)).equals(chunkOf(bytes, 7)));
});

test('an empty download completes', async (t) => {
  const folder = await temporaryFolder(t);
  const content = toTestContent(new Uint8Array(0));
  const download = await openLibrary(t, folder).openDownload(content, join(folder, 'empty'));
  await download.complete();
  assert.equal((await stat(join(folder, 'empty'))).size, 0);
});

test('what the database missed is found on the disk, and half a chunk is not', async (t) => {
  const folder = await temporaryFolder(t);
  const bytes = randomBytes(6 * CHUNK_BYTES, 4);
  const content = toTestContent(bytes);
  const destination = join(folder, 'file');
  const first = openLibrary(t, folder);
  await (await first.openDownload(content, destination)).close();
  await first.close();
  // As kill -9 leaves it: bytes in the file that the set of chunks does not know.
  const file = await open(`${destination}.part`, 'r+');
  await file.write(chunkOf(bytes, 1), 0, CHUNK_BYTES, CHUNK_BYTES);
  await file.write(chunkOf(bytes, 4), 0, CHUNK_BYTES, 4 * CHUNK_BYTES);
  await file.write(chunkOf(bytes, 2), 0, CHUNK_BYTES / 2, 2 * CHUNK_BYTES);
  await file.close();
  const second = openLibrary(t, folder);
  const download = await second.openDownload(content, destination);
  const held = Array.from({ length: 6 }, (_, chunk) => download.has(chunk));
  assert.deepEqual(held, [false, true, false, false, true, false]);
  await putAll(second, content, bytes, (chunk) => held[chunk]!);
  await download.complete();
  assert.ok((await readFile(destination)).equals(bytes));
});

test('a chunk of zeros in a sparse file counts only where the content has zeros', async (t) => {
  const folder = await temporaryFolder(t);
  const bytes = Buffer.concat([
    randomBytes(CHUNK_BYTES, 1),
    Buffer.alloc(CHUNK_BYTES),
    randomBytes(CHUNK_BYTES, 2),
    Buffer.alloc(100),
  ]);
  const content = toTestContent(bytes);
  const library = openLibrary(t, folder);
  await (await library.openDownload(content, join(folder, 'file'))).close();
  const download = await library.openDownload(content, join(folder, 'file'));
  assert.deepEqual(
    [0, 1, 2, 3].map((chunk) => download.has(chunk)),
    [false, true, false, true],
  );
});

test('a crash between rename and its record is mended', async (t) => {
  const folder = await temporaryFolder(t);
  const bytes = randomBytes(2 * CHUNK_BYTES, 5);
  const content = toTestContent(bytes);
  const destination = join(folder, 'file');
  const first = openLibrary(t, folder);
  await first.openDownload(content, destination);
  await putAll(first, content, bytes, () => false);
  await first.close();
  await rename(`${destination}.part`, destination);
  const second = openLibrary(t, folder);
  const download = await second.openDownload(content, destination);
  assert.equal((await download.complete()).complete, true);
  assert.equal(existsSync(`${destination}.part`), false);
});

test('INT-04: a manifest whose chunks agree but whose SHA-256 lies is refused', async (t) => {
  const folder = await temporaryFolder(t);
  const bytes = randomBytes(CHUNK_BYTES + 1, 6);
  const { size, root, layer } = toTestContent(bytes);
  const sha256 = createHash('sha256').update('something else').digest();
  const content = { cid: cidOfManifest(encodeManifest({ v: 1, size, root, sha256 })), size, root, sha256, layer };
  const library = openLibrary(t, folder);
  const download = await library.openDownload(content, join(folder, 'file'));
  await putAll(library, content, bytes, () => false);
  await assert.rejects(download.complete(), failsWith('CONTENT_INVALID'));
  assert.equal(existsSync(join(folder, 'file')), false);
});

test('damage to the part file is found at the end and only the damaged chunk is wanted again', async (t) => {
  const folder = await temporaryFolder(t);
  const bytes = randomBytes(5 * CHUNK_BYTES, 7);
  const content = toTestContent(bytes);
  const destination = join(folder, 'file');
  const library = openLibrary(t, folder);
  const download = await library.openDownload(content, destination);
  await putAll(library, content, bytes, () => false);
  const file = await open(`${destination}.part`, 'r+');
  await file.write(Buffer.of(bytes[3 * CHUNK_BYTES]! ^ 1), 0, 1, 3 * CHUNK_BYTES);
  await file.close();
  await assert.rejects(download.complete(), failsWith('STORE_FAILED'));
  assert.deepEqual(
    [0, 1, 2, 3, 4].map((chunk) => download.has(chunk)),
    [true, true, true, false, true],
  );
  await library.put(content.cid, 3, Buffer.from(chunkOf(bytes, 3)));
  await download.complete();
  assert.ok((await readFile(destination)).equals(bytes));
});

test('never overwrites a file that has the name', async (t) => {
  const folder = await temporaryFolder(t);
  const bytes = randomBytes(10, 8);
  const content = toTestContent(bytes);
  const destination = join(folder, 'file');
  const library = openLibrary(t, folder);
  const download = await library.openDownload(content, destination);
  await library.put(content.cid, 0, Buffer.from(bytes));
  await writeFile(destination, 'mine');
  await assert.rejects(download.complete(), failsWith('CONFLICT'));
  assert.equal(await readFile(destination, 'utf8'), 'mine');
  await rm(destination);
  await download.complete();
  assert.ok((await readFile(destination)).equals(bytes));
});

for (const [name, edit] of Object.entries(edits))
  test(`a download whose file its owner changed is one to fetch again: ${name}`, async (t) => {
    const folder = await temporaryFolder(t);
    const bytes = randomBytes(2 * CHUNK_BYTES, 7);
    const content = toTestContent(bytes);
    const library = openLibrary(t, folder);
    const fetched = async (path: string) => {
      const download = await library.openDownload(content, path);
      assert.equal(download.isComplete, false);
      for (let chunk = 0; chunk < 2; chunk++) await library.put(content.cid, chunk, chunkOf(bytes, chunk));
      await download.complete();
      assert.ok((await readFile(path)).equals(bytes));
    };
    const path = join(folder, 'file');
    await fetched(path);
    assert.equal((await library.openDownload(content, path)).isComplete, true);
    await edit(path);
    await fetched(join(folder, 'again'));
    assert.deepEqual([library.find(content.cid)?.path, library.list().length], [join(folder, 'again'), 1]);
    // What is in its first place now is nobody's to overwrite; where nothing is, another may take it.
    const other = toTestContent(randomBytes(CHUNK_BYTES, 8));
    await rm(join(folder, 'again'));
    const download = await library.openDownload(other, join(folder, 'again'));
    await download.close();
    if (name === 'deleted') return;
    const refused = failsWith(name.includes('link') ? 'STORE_FAILED' : 'CONFLICT');
    await assert.rejects(library.openDownload(content, path), refused);
  });

test('a part file that is a link is not written through', async (t) => {
  const folder = await temporaryFolder(t);
  const content = toTestContent(randomBytes(10, 8));
  await writeFile(join(folder, 'victim'), 'mine');
  await symlink(join(folder, 'victim'), join(folder, 'file.part'));
  await assert.rejects(openLibrary(t, folder).openDownload(content, join(folder, 'file')), failsWith('STORE_FAILED'));
  assert.equal(await readFile(join(folder, 'victim'), 'utf8'), 'mine');
});

test('a disk without room is told before anything is fetched', async (t) => {
  const folder = await temporaryFolder(t);
  const content = toTestContent(randomBytes(1_000, 8));
  const library = openLibrary(t, folder, { disk: { ...disk, freeBytes: async () => 999 } });
  await assert.rejects(library.openDownload(content, join(folder, 'file')), failsWith('STORE_FAILED'));
  assert.deepEqual(library.list(), []);
});

test('row 36: ENOSPC and EIO at random points lose nothing, 50 times', async (t) => {
  const folder = await temporaryFolder(t);
  const seed = Date.now() % 1_000_000;
  t.diagnostic(`seed ${seed}`);
  const random = createRandom(seed);
  const bytes = randomBytes(8 * CHUNK_BYTES + 3, 9);
  const content = toTestContent(bytes);
  let failWrites = false;
  const flaky: Disk = {
    ...disk,
    async write(fd, data, position) {
      if (failWrites && random() < 0.4) {
        // Half of it may already be there.
        await disk.write(fd, data.subarray(0, data.length >> 1), position);
        throw Object.assign(new Error('injected'), { code: random() < 0.5 ? 'ENOSPC' : 'EIO' });
      }
      return disk.write(fd, data, position);
    },
  };
  const library = openLibrary(t, folder, { disk: flaky });
  for (let round = 0; round < 50; round++) {
    const destination = join(folder, `file-${round}`);
    let download = await library.openDownload(content, destination);
    const acknowledged = new Set<number>();
    failWrites = true;
    for (let chunk = 0; chunk < 9; chunk++) {
      await library.put(content.cid, chunk, Buffer.from(chunkOf(bytes, chunk))).then(
        () => acknowledged.add(chunk),
        (error) => assert.ok(isAppError(error, 'STORE_FAILED')),
      );
    }
    failWrites = false;
    await download.close();
    download = await library.openDownload(content, destination);
    for (const chunk of acknowledged) assert.ok(download.has(chunk), `chunk ${chunk} was acknowledged and is gone`);
    for (let chunk = 0; chunk < 9; chunk++) {
      if (!download.has(chunk)) await library.put(content.cid, chunk, Buffer.from(chunkOf(bytes, chunk)));
    }
    await download.complete();
    assert.ok((await readFile(destination)).equals(bytes));
    await library.withdraw(content.cid);
  }
});

test('EIO on a shared file is STORE_FAILED, and the next read works', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'file');
  await writeFile(path, 'hello');
  let failing = false;
  const flaky: Disk = {
    ...disk,
    read: (fd, into, position) =>
      failing ? Promise.reject(Object.assign(new Error('injected'), { code: 'EIO' })) : disk.read(fd, into, position),
  };
  const library = openLibrary(t, folder, { disk: flaky });
  const { cid } = await library.publish(path);
  failing = true;
  await assert.rejects(library.get(cid, 0), failsWith('STORE_FAILED'));
  failing = false;
  assert.equal(Buffer.from(await library.get(cid, 0)).toString(), 'hello');
});

test('two that open the same download at once share it; another place is refused', async (t) => {
  const folder = await temporaryFolder(t);
  const content = toTestContent(randomBytes(10, 8));
  const library = openLibrary(t, folder);
  const [a, b] = await Promise.all([
    library.openDownload(content, join(folder, 'file')),
    library.openDownload(content, join(folder, 'file')),
  ]);
  assert.equal(a, b);
  await assert.rejects(library.openDownload(content, join(folder, 'other')), failsWith('CONFLICT'));
});

const toShared = (data: Uint8Array): Uint8Array => {
  const shared = Buffer.from(new SharedArrayBuffer(data.length));
  shared.set(data);
  return shared;
};

for (const threads of [1, 3]) {
  test(`verifies chunks on ${threads} threads, in shared memory and in memory that moves`, async (t) => {
    const db = openDatabase(':memory:');
    const library = createLibrary({ db, threads });
    t.after(async () => {
      await library.close();
      db.close();
    });
    const bytes = randomBytes(SMALL_BYTES + 10, 12);
    const content = toTestContent(bytes);
    const last = chunkCount(content.size) - 1;
    const copies: ((data: Uint8Array) => Uint8Array)[] = [
      (data) => Buffer.from(data),
      (data) => Uint8Array.from(data),
      toShared,
    ];
    // Often enough that a thread has begun: the first few are checked without one.
    const untilMs = Date.now() + 500;
    for (let round = 0; round < 3 || Date.now() < untilMs; round++) {
      const copy = copies[round % copies.length]!;
      for (const chunk of [0, last]) {
        const right = await library.verify(content, chunk, copy(chunkOf(bytes, chunk)));
        assert.ok(right && Buffer.from(right).equals(chunkOf(bytes, chunk)));
        const wrong = copy(chunkOf(bytes, chunk));
        wrong[3]! ^= 1;
        assert.equal(await library.verify(content, chunk, wrong), undefined);
        assert.equal(await library.verify(content, chunk, copy(chunkOf(bytes, chunk).subarray(1))), undefined);
      }
    }
  });
}

test('chunks that wait together are all in the file, whoever writes them', async (t) => {
  const folder = await temporaryFolder(t);
  const library = openLibrary(t, folder, { threads: 2 });
  const bytes = randomBytes(SMALL_BYTES + 3 * CHUNK_BYTES + 7, 14);
  const content = toTestContent(bytes);
  const download = await library.openDownload(content, join(folder, 'file'));
  const chunks = Array.from({ length: chunkCount(content.size) }, (_, chunk) => chunk);
  // Some in memory that a thread would have to copy: those are written here.
  const dataOf = (chunk: number) =>
    chunk % 7 === 6 ? Buffer.from(chunkOf(bytes, chunk)) : toShared(chunkOf(bytes, chunk));
  await Promise.all(chunks.map((chunk) => library.put(content.cid, chunk, dataOf(chunk))));
  const { path } = await download.complete();
  assert.ok((await readFile(path)).equals(bytes));
});

test('a thread that cannot write says how far it came', async (t) => {
  const path = join(await temporaryFolder(t), 'file');
  await writeFile(path, '');
  const pool = createHashPool(2);
  t.after(() => pool.close());
  const rows = [3, 0].map((start) => ({ data: toShared(Buffer.from('abc')), position: start }));
  const [good, bad] = [openSync(path, 'r+'), openSync(path, 'r')];
  assert.equal((await pool.run({ job: 'write', fd: good, rows })).written, 2);
  assert.equal((await pool.run({ job: 'write', fd: bad, rows })).written, 0);
  closeSync(good);
  closeSync(bad);
  assert.equal(await readFile(path, 'utf8'), 'abcabc');
});
