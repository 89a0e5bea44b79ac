/** A ZIP of ours, read by a program that knows nothing of us where there is one, and by the format's own words everywhere. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { crc32 } from 'node:zlib';
import { isAppError } from '@chiral/protocol/errors';
import { toZip } from './engine/zip.ts';

const FILES = new Map([
  ['a/Ж 片.txt', Buffer.from('some text\n'.repeat(30_000))],
  ['a/empty', Buffer.alloc(0)],
  ['z.bin', Buffer.from(Uint8Array.from({ length: 70_000 }, (_, i) => (i * 31) & 255))],
]);
const signal = new AbortController().signal;
const pack = async () => {
  const members = [...FILES].map(([path, data]) => ({ path, data: new Blob([data]) }));
  return Buffer.from(await (await toZip(members, signal)).arrayBuffer());
};

/** By the end record, the index and each member's own header, which must all agree. */
function unpack(zip: Buffer): Map<string, Buffer> {
  const end = zip.length - 22;
  assert.equal(zip.readUInt32LE(end), 0x06054b50);
  let at = zip.readUInt32LE(end + 16);
  assert.equal(at + zip.readUInt32LE(end + 12), end);
  const found = new Map<string, Buffer>();
  for (let i = 0; i < zip.readUInt16LE(end + 10); i++) {
    assert.equal(zip.readUInt32LE(at), 0x02014b50);
    const nameBytes = zip.readUInt16LE(at + 28);
    const local = zip.readUInt32LE(at + 42);
    assert.equal(zip.readUInt32LE(local), 0x04034b50);
    assert.ok(zip.subarray(at + 6, at + 32).equals(zip.subarray(local + 4, local + 30)), 'both headers say the same');
    const name = zip.toString('utf8', at + 46, at + 46 + nameBytes);
    const data = zip.subarray(local + 30 + nameBytes).subarray(0, zip.readUInt32LE(at + 24));
    assert.equal(zip.readUInt32LE(at + 16), crc32(data));
    found.set(name, data);
    at += 46 + nameBytes;
  }
  return found;
}

describe('a ZIP of a folder', () => {
  it('gives back every file under its path', async () => {
    assert.deepEqual(unpack(await pack()), FILES);
  });

  const tool = ['python3', 'python'].find((name) => spawnSync(name, ['--version']).status === 0);
  it('is whole to another program', { skip: !tool && 'no Python here' }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'chiral-zip-'));
    try {
      writeFileSync(join(folder, 'x.zip'), await pack());
      const { status, stdout } = spawnSync(tool!, ['-m', 'zipfile', '-t', join(folder, 'x.zip')], { encoding: 'utf8' });
      assert.deepEqual([status, stdout.trim()], [0, 'Done testing']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('is not begun for more than the format holds', async () => {
    const huge = Object.defineProperty(new Blob([]), 'size', { value: 2 ** 32 });
    await assert.rejects(toZip([{ path: 'a', data: huge }], signal), (error) => isAppError(error, 'TOO_LARGE'));
  });
});
