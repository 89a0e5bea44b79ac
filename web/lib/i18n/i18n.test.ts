/** The five languages say the same things, and no page says anything in a language of its own. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ERRORS } from '@chiral/protocol/errors';
import { createFormat, decimalOf, parseChi, perGigabyteWei, perMiB } from './format.ts';
import { ENGLISH, fill, LANGUAGES, type Language, loadMessages, type Messages, pickLanguage } from './messages.ts';

const web = fileURLToPath(new URL('../..', import.meta.url));
const sources = globSync('{app,components,lib}/**/*.{ts,tsx}', { cwd: web }).filter((file) => !file.includes('.test.'));
const read = (file: string) => readFileSync(join(web, file), 'utf8');
const placeholders = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();

/** Words that stand in the code of a page instead of in the messages: between tags, or in an attribute that is read or shown. */
export function hardCoded(source: string): string[] {
  const code = source
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/(^|\s)\/\/.*$/gm, '')
    .replace(/<Code>[^<]*<\/Code>/g, '');
  const between = [...code.matchAll(/>\s*([^<>{}]*\p{L}{2,}[^<>{}]*?)\s*<\//gu)]
    .map(([, text]) => text!)
    .filter((text) => !/[;=()]/.test(text));
  const attributes = [
    ...code.matchAll(/\b(?:aria-label|title|alt|placeholder|label|lead|hint)="([^"]*\p{L}{2,}[^"]*)"/gu),
  ]
    .map(([, text]) => text!)
    .filter((text) => text !== 'https://');
  return [...between, ...attributes].filter((text) => text !== 'Chiral');
}

describe('the languages', () => {
  for (const language of Object.keys(LANGUAGES) as Language[]) {
    describe(language, () => {
      let messages: Messages;
      it('has every message and none besides', async () => {
        messages = await loadMessages(language);
        assert.deepEqual(Object.keys(messages).sort(), Object.keys(ENGLISH).sort());
      });
      it('leaves nothing empty and keeps every name to be filled in', () => {
        for (const [key, text] of Object.entries(messages)) {
          assert.ok(text.trim().length > 0, key);
          assert.deepEqual(placeholders(text), placeholders(ENGLISH[key as keyof Messages]), key);
        }
      });
      it('is not English with another name', () => {
        const same = Object.entries(messages).filter(([key, text]) => text === ENGLISH[key as keyof Messages]);
        // Names of things are the same everywhere.
        if (language !== 'en') assert.ok(same.length < 15, same.map(([key]) => key).join(', '));
      });
    });
  }

  it('say of every error what it is and what to do next', () => {
    for (const code of [...Object.keys(ERRORS), 'UNKNOWN'])
      for (const kind of ['error', 'next']) assert.ok(`${kind}.${code}` in ENGLISH, `${kind}.${code}`);
  });

  it('are picked as the reader would', () => {
    assert.equal(pickLanguage(['zh-Hant-TW', 'en']), 'zh');
    assert.equal(pickLanguage(['fr-FR', 'es-MX', 'en']), 'es');
    assert.equal(pickLanguage(['fr']), 'en');
  });

  it('fill in what is given and show what is not', () => {
    assert.equal(fill('{a} of {b}', { a: 1 }), '1 of {b}');
    assert.equal(fill('{toString}'), '{toString}');
  });
});

describe('the pages', () => {
  it('have no words of their own', () => {
    assert.deepEqual(
      sources.flatMap((file) => hardCoded(read(file)).map((text) => `${file}: ${text}`)),
      [],
    );
  });
  it('would be caught at it', () => {
    assert.deepEqual(hardCoded('<p className="x">Hello there</p>'), ['Hello there']);
    assert.deepEqual(hardCoded('<b>Привет</b>'), ['Привет']);
    assert.deepEqual(hardCoded('<img alt="A picture" />'), ['A picture']);
    assert.deepEqual(hardCoded("<p title={t('a.b')}>{t('c.d')}</p>"), []);
  });
  it('use every message', () => {
    const all = sources.map(read).join('\n');
    const prefixes = [...all.matchAll(/`((?:[a-z]+\.)+[a-z]*)\$\{/g)].map(([, prefix]) => prefix!);
    const unused = Object.keys(ENGLISH).filter(
      (key) => !all.includes(`'${key}'`) && !prefixes.some((prefix) => key.startsWith(prefix)),
    );
    assert.deepEqual(unused, []);
  });
});

describe('figures', () => {
  const chi = 10n ** 18n;
  it('of money keep four digits, never lose a whole coin, and round the honest way', () => {
    assert.equal(decimalOf(0n), '0');
    assert.equal(decimalOf(chi), '1');
    assert.equal(decimalOf(123_456_789n * 10n ** 6n, 'down'), '0.0001234');
    assert.equal(decimalOf(123_456_789n * 10n ** 6n, 'up'), '0.0001235');
    assert.equal(decimalOf(12_345n * chi + 1n), '12345');
    assert.equal(decimalOf(12_345n * chi + 1n, 'up'), '12346');
    assert.equal(decimalOf(1n), '0.000000000000000001');
    assert.equal(decimalOf(-15n * 10n ** 17n), '-1.5');
  });
  it('of money are written as the language writes numbers', () => {
    assert.equal(createFormat('es').money(15n * 10n ** 17n), '1,5 CHI');
    assert.equal(createFormat('en').exact(1_234n * chi + 1n), '1,234.000000000000000001 CHI');
  });
  it('that are typed are read with a point or a comma, or refused', () => {
    assert.equal(parseChi('0,05'), 5n * 10n ** 16n);
    assert.equal(parseChi(' .5 '), 5n * 10n ** 17n);
    assert.equal(parseChi('1e3'), undefined);
    for (const text of ['', '.', '-1', '1.2.3', 'one', '0.0000000000000000001'])
      assert.equal(parseChi(text), undefined, text);
  });
  it('of prices come back from a gigabyte to a MiB at no less', () => {
    for (const perGb of [1n, 999_999_999n, 10n ** 16n]) {
      const back = perGigabyteWei(perMiB(perGb));
      assert.ok(back >= perGb && back - perGb < 1_000n, `${perGb} → ${back}`);
    }
  });
  it('of sizes and times are short', () => {
    const { bytes, rate, duration, hashrate } = createFormat('en');
    assert.equal(bytes(50_331_648), '50.3 MB');
    assert.equal(bytes(0), '0 byte');
    assert.equal(rate(1_500_000), '1.5 MB/s');
    assert.equal(duration(3_725), '1 hr 2 min');
    assert.equal(hashrate(1_490_000), '1.49 MH/s');
  });
});
