import assert from 'node:assert/strict';
import { basename, join, resolve } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { toSafeFileName } from './file-name.ts';

const cases: [string, string][] = [
  ['film.mp4', 'film.mp4'],
  ['../../etc/passwd', 'passwd'],
  ['..\\..\\boot.ini', 'boot.ini'],
  ['..', 'fallback'],
  ['', 'fallback'],
  ['...hidden', 'hidden'],
  ['CON', '_CON'],
  ['nul.txt', '_nul.txt'],
  ['a\u0000b', 'a_b'],
  ['gpj\u202Eexe.doc', 'gpj_exe.doc'],
  ['a:b', 'a_b'],
  ['name. ', 'name'],
  ['%2e%2e%5cx', '%2e%2e%5cx'],
];
for (const [name, expected] of cases) {
  test(`names ${JSON.stringify(name)} ${JSON.stringify(expected)}`, () => {
    assert.equal(toSafeFileName(name, 'fallback'), expected);
  });
}

test('a long name keeps its extension and fits', () => {
  const name = toSafeFileName(`${'é'.repeat(300)}.tar`, 'fallback');
  assert.ok(name.endsWith('.tar'));
  assert.ok(Buffer.byteLength(name) <= 200);
});

test('5,000 hostile names stay one component in their folder', () => {
  const hostile = fc.array(
    fc.constantFrom('..', '/', '\\', '\u0000', 'CON', '%5C', '\u202E', ' ', '.', 'a', '𝔸', ':', '~'),
    {
      maxLength: 300,
    },
  );
  fc.assert(
    fc.property(
      fc.oneof(
        hostile.map((parts) => parts.join('')),
        fc.string({ unit: 'binary', maxLength: 400 }),
      ),
      (text) => {
        const name = toSafeFileName(text, 'fallback');
        assert.equal(basename(name), name);
        assert.equal(resolve('/folder', name), join('/folder', name));
        assert.ok(Buffer.byteLength(name) <= 200 && name !== '.' && name !== '..' && !name.includes('\u0000'));
      },
    ),
    { numRuns: 5_000 },
  );
});
