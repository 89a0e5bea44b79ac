import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAppError } from '@chiral/protocol/errors';
import fc from 'fast-check';
import { formatEd2kLink, parseEd2kLink, safeName } from './link.ts';

const hash = '31d6cfe0d16ae931b73c59d7e0c089c0';

test('a link with a source', () => {
  const link = { name: 'a file, 100% ok.bin', size: 5, hash, sources: [{ host: '203.0.113.7', port: 4662 }] };
  const text = formatEd2kLink(link);
  assert.equal(
    text,
    'ed2k://|file|a%20file%2C%20100%25%20ok.bin|5|31D6CFE0D16AE931B73C59D7E0C089C0|/|sources,203.0.113.7:4662|/',
  );
  assert.deepEqual(parseEd2kLink(text), link);
});

test('links as others write them', () => {
  const bare = parseEd2kLink(`ed2k://|file|x.iso|4294967296|${hash.toUpperCase()}|/`);
  assert.deepEqual(bare, { name: 'x.iso', size: 4_294_967_296, hash, sources: [] });
  const rich = parseEd2kLink(`ed2k://|file|x|9|${hash}|/|s=http://h/x|/|sources,h.example:1,[::1]:65535|/`);
  assert.deepEqual(rich.sources, [
    { host: 'h.example', port: 1 },
    { host: '::1', port: 65_535 },
  ]);
});

test('what is no link is BAD_REQUEST', () => {
  const bad = [
    '',
    'ed2k://|server|1.2.3.4|4661|/',
    `ed2k://|file|x|9|${hash}`,
    `ed2k://|file|x|nine|${hash}|/`,
    `ed2k://|file|x|-1|${hash}|/`,
    `ed2k://|file|x|9999999999999999|${hash}|/`,
    `ed2k://|file|x|9|${hash}0|/`,
    `ed2k://|file|x|9|${hash}|/|sources,h:0|/`,
    `ed2k://|file|x|9|${hash}|/|sources,h:65536|/`,
    `ed2k://|file|x|9|${hash}|/|sources,h|/`,
    `ed2k://|file|${'x'.repeat(4096)}|9|${hash}|/`,
  ];
  for (const text of bad)
    assert.throws(
      () => parseEd2kLink(text),
      (error) => isAppError(error, 'BAD_REQUEST'),
      text,
    );
});

test('any name becomes one harmless path segment, and what is formatted is read again', () => {
  const nasty = [
    '../../etc/passwd',
    'C:\\x',
    'con',
    'NUL.txt',
    '\0',
    '',
    ' . ',
    'a\u202egnp.exe',
    '|sources,9.9.9.9:9|/',
  ];
  const name = fc.oneof(fc.string({ unit: 'binary', maxLength: 400 }), fc.constantFrom(...nasty));
  fc.assert(
    fc.property(name, fc.integer({ min: 0, max: 2 ** 48 }), fc.integer({ min: 1, max: 65_535 }), (text, size, port) => {
      const safe = safeName(text);
      assert.match(safe, /^[^/\\|<>:"?*]+$/);
      assert.ok(safe !== '.' && safe !== '..' && safe.length <= 81 && !/^con$/i.test(safe));
      const link = { name: text, size, hash, sources: [{ host: '10.0.0.1', port }] };
      assert.deepEqual(parseEd2kLink(formatEd2kLink(link)), { ...link, name: safe });
    }),
    { numRuns: 2_000 },
  );
});

test('arbitrary text throws BAD_REQUEST or reads', () => {
  const part = fc.oneof(fc.string(), fc.constantFrom('ed2k://', 'file', hash, '/', '1', 'sources,a:1', 'sources,'));
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
      try {
        parseEd2kLink(parts.join('|'));
      } catch (error) {
        assert.ok(isAppError(error, 'BAD_REQUEST'));
      }
    }),
    { numRuns: 2_000 },
  );
});
