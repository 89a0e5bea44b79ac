/** Folders: what is named twice is one, and no path of a stranger's leaves the folder. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as dagCbor from '@ipld/dag-cbor';
import fc from 'fast-check';
import { cidOfManifest } from './content.ts';
import { isAppError } from './errors.ts';
import { checkFolder, decodeFolder, encodeFolder, type FolderRow, MAX_FOLDER_FILES } from './folder.ts';

const CID = cidOfManifest(new Uint8Array([1]));
const OTHER = cidOfManifest(new Uint8Array([2]));
const row = (path: string, cid = CID, size = 1): FolderRow => ({ path, cid, size });
const isInvalid = (error: unknown) => isAppError(error, 'CONTENT_INVALID');

describe('a folder', () => {
  it('comes back as it went, and is the same bytes whatever the order of its rows', () => {
    const rows = [row('b.txt'), row('a/c.txt', OTHER, 0), row('a/Ж 片.mp4', CID, 2 ** 40)];
    const bytes = encodeFolder(rows);
    assert.deepEqual(encodeFolder([...rows].reverse()), bytes);
    assert.deepEqual(
      decodeFolder(bytes).map(({ path }) => path),
      ['a/c.txt', 'a/Ж 片.mp4', 'b.txt'],
    );
  });

  it('is looked at before its files have names, for all that is asked of one with names', () => {
    checkFolder([
      { path: 'b.txt', size: 1 },
      { path: 'a/c.txt', size: 0 },
    ]);
    assert.throws(
      () => checkFolder([]),
      (error) => isAppError(error, 'BAD_REQUEST'),
    );
    const long = Array.from({ length: 2000 }, (_, i) => `${'x'.repeat(250)}/${'x'.repeat(250)}/${i}`);
    for (const share of [
      () => checkFolder(long.map((path) => ({ path, size: 1 }))),
      () => encodeFolder(long.map((path) => row(path))),
    ])
      assert.throws(share, (error) => isAppError(error, 'TOO_LARGE'));
  });

  for (const path of [
    '..',
    '../a',
    'a/../b',
    '/etc/passwd',
    'a//b',
    'a/',
    '',
    '.',
    ' ',
    'a\\b',
    'C:a',
    'a\0b',
    'photo\u202Egpj.exe',
    'x'.repeat(256),
    `${'long/'.repeat(300)}a`,
  ])
    it(`does not take the path ${JSON.stringify(path.slice(0, 24))}`, () => {
      assert.throws(
        () => encodeFolder([row(path)]),
        (error) => isAppError(error, 'BAD_REQUEST'),
      );
      assert.throws(
        () => checkFolder([{ path, size: 1 }]),
        (error) => isAppError(error, 'BAD_REQUEST'),
      );
      assert.throws(() => decodeFolder(dagCbor.encode({ v: 1, files: [row(path)] })), isInvalid);
    });

  it('has no two files in one place, and no file that is a folder as well', () => {
    for (const rows of [
      [row('a'), row('a', OTHER)],
      [row('A'), row('a')],
      [row('e\u0301'), row('\u00e9')],
      [row('a'), row('a/b')],
      [row('A/b'), row('a')],
    ])
      assert.throws(
        () => encodeFolder(rows),
        (error) => isAppError(error, 'BAD_REQUEST'),
      );
  });

  it('is not taken from bytes that are nearly one', () => {
    const rows = [row('a'), row('b', OTHER)];
    for (const value of [
      { v: 2, files: rows },
      { v: 1, files: [] },
      { v: 1, files: [...rows].reverse() },
      { v: 1, files: rows, more: 1 },
      { v: 1, files: [{ ...rows[0], more: 1 }] },
      { v: 1, files: [row('a', 'bafy')] },
      { v: 1, files: [row('a', CID, -1)] },
      { v: 1, files: [row('a', CID, 1.5)] },
      { v: 1, files: [null] },
      null,
      [],
    ])
      assert.throws(() => decodeFolder(dagCbor.encode(value)), isInvalid, JSON.stringify(value));
    const many = Array.from({ length: MAX_FOLDER_FILES + 1 }, (_, i) => row(`${i}`));
    assert.throws(
      () => encodeFolder(many),
      (error) => isAppError(error, 'BAD_REQUEST', 'TOO_LARGE'),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        try {
          decodeFolder(bytes);
        } catch (error) {
          assert.ok(isInvalid(error));
        }
      }),
    );
  });
});
