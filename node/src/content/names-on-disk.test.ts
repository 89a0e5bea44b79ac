/** Row 27 on a real disk: whatever strangers call their files, nothing is written outside the folder and nothing is overwritten. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import { isAppError } from '@chiral/protocol/errors';
import { createRandom, randomBytes, temporaryFolder, toTestContent } from '../../../test/ports/fixtures.ts';
import { openDatabase } from '../db.ts';
import { disk } from './disk.ts';
import { toSafeFileName } from './file-name.ts';
import { createLibrary } from './library.ts';

const NAMES = 5_000;
const PIECES = [
  '..',
  '.',
  '/',
  '\\',
  'C:',
  '\u0000',
  'CON',
  'nul.txt',
  'LPT1',
  '\u202E',
  '%5C',
  '%2e%2e',
  '%2F',
  '~',
  'film',
  'FILM',
  'Film',
  '.mp4',
  '.part',
  ' ',
  'é',
  'e\u0301',
  '𝔸',
  '\ud800',
  'a'.repeat(300),
  '$HOME',
  '|',
  '\n',
];
/** What the owner of the folder has there already, under names that strangers like, and beside the folder. */
const OWN = ['film.mp4', 'film.part', 'film.mp4.part', 'CON', 'é'];
const OUTSIDE = ['secret', '.bashrc', 'film.mp4', 'film'];

async function allFiles(folder: string): Promise<string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

test('row 27: 5,000 hostile names: no file outside the folder, none overwritten', async (t) => {
  const world = await temporaryFolder(t);
  const root = join(world, 'home', 'downloads');
  const state = await temporaryFolder(t);
  await mkdir(root, { recursive: true });
  for (const name of OWN) await writeFile(join(root, name), 'mine');
  for (const name of OUTSIDE) await writeFile(join(world, 'home', name), 'mine');
  const db = openDatabase(join(state, 'state.db'));
  // Ten thousand waits for the platter prove nothing about names.
  const library = createLibrary({ db, threads: 1, disk: { ...disk, sync: async () => {} } });
  t.after(() => library.close().then(() => db.close()));
  const random = createRandom(27);
  const written = new Map<string, Buffer>();
  let conflicts = 0;
  for (let i = 0; i < NAMES; i++) {
    const parts = Array.from({ length: 1 + random() * 6 }, () => PIECES[Math.floor(random() * PIECES.length)]);
    const bytes = randomBytes(8 + Math.floor(random() * 40), i);
    bytes.writeUInt32BE(i);
    const content = toTestContent(bytes);
    const path = join(root, toSafeFileName(parts.join(''), content.cid));
    try {
      const download = await library.openDownload(content, path);
      await library.put(content.cid, 0, Buffer.from(bytes));
      const { path: lies } = await download.complete();
      if (lies === path) written.set(path, bytes);
    } catch (error) {
      assert.ok(isAppError(error, 'CONFLICT'), String(error));
      conflicts++;
    }
  }
  for (const name of OWN) assert.equal(await readFile(join(root, name), 'utf8'), 'mine', name);
  for (const name of OUTSIDE) assert.equal(await readFile(join(world, 'home', name), 'utf8'), 'mine', name);
  for (const [path, bytes] of written) assert.ok((await readFile(path)).equals(bytes), path);
  const expected = [
    ...OUTSIDE.map((name) => join('home', name)),
    ...OWN.map((name) => join('home', 'downloads', name)),
    ...[...written.keys()].map((path) => relative(world, path)),
  ];
  assert.deepEqual((await allFiles(world)).sort(), expected.sort());
  assert.ok(written.size > 100 && conflicts > 100, `${written.size} written, ${conflicts} refused`);
});

test('row 27: two downloads under one name, or under names that some disks take for one, do not share a part file', async (t) => {
  const folder = await temporaryFolder(t);
  const db = openDatabase(join(folder, 'state.db'));
  const library = createLibrary({ db, threads: 1 });
  t.after(() => library.close().then(() => db.close()));
  const [first, second] = [toTestContent(randomBytes(1_000, 1)), toTestContent(randomBytes(1_000, 2))];
  await library.openDownload(first, join(folder, 'film.mp4'));
  for (const name of ['film.mp4', 'FILM.mp4']) {
    await assert.rejects(library.openDownload(second, join(folder, name)), (error) => isAppError(error, 'CONFLICT'));
  }
  const third = toTestContent(randomBytes(1_000, 3));
  const both = [second, third].map((content) => library.openDownload(content, join(folder, 'other')));
  assert.deepEqual(
    (await Promise.allSettled(both)).map(({ status }) => status),
    ['fulfilled', 'rejected'],
    'two at once',
  );
  assert.ok(!existsSync(join(folder, 'FILM.mp4.part')));
  await library.put(first.cid, 0, randomBytes(1_000, 1));
  await (await library.openDownload(first, join(folder, 'film.mp4'))).complete();
  assert.ok((await readFile(join(folder, 'film.mp4'))).equals(randomBytes(1_000, 1)));
});
