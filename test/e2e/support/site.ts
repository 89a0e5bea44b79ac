/** The built page for tests that need it, built again only when a source is newer than the build; and where its words are. */
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));
export const SITE = join(root, 'web/out');

const SOURCES = [
  'web/{app,components,lib,messages,public,scripts}/**/*',
  'web/*.{ts,mjs,json}',
  'protocol/src/**/*.ts',
  'node/src/**/*.ts',
];

/** @returns the folder of the page's files */
export function builtSite(): string {
  const stamp = join(SITE, 'csp.json');
  const builtMs = existsSync(stamp) ? statSync(stamp).mtimeMs : 0;
  const isStale = globSync(SOURCES, { cwd: root })
    // Written by the build itself.
    .filter((file) => !/web\/(public\/sqlite|tsconfig|next-env|.*\.tsbuildinfo)/.test(file) && !file.includes('.test.'))
    .some((file) => statSync(join(root, file)).isFile() && statSync(join(root, file)).mtimeMs > builtMs);
  if (isStale) {
    const { status, stderr } = spawnSync(process.execPath, ['web/scripts/build.ts'], { cwd: root, encoding: 'utf8' });
    if (status !== 0) throw new Error(`the page does not build:\n${stderr}`);
  }
  return SITE;
}

/** What the page says in a language, so that a test looks for the words a person does. */
export const wordsOf = (language: string): Record<string, string> =>
  JSON.parse(readFileSync(join(root, `web/messages/${language}.json`), 'utf8'));
