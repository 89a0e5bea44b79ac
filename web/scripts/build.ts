/**
 * `npm run web`: the page as files in web/out, and beside them csp.json: the content security policy of exactly these files, with
 * the hashes of their inline scripts, for whoever serves them. `--csp` writes the policy alone.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const web = fileURLToPath(new URL('..', import.meta.url));
const out = join(web, 'out');

/** The hashes of all inline scripts in `html`, as a policy names them. */
export function inlineHashes(html: string): string[] {
  return [...html.matchAll(/<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g)].map(
    ([, source]) => `'sha256-${createHash('sha256').update(source!).digest('base64')}'`,
  );
}

/**
 * Nothing comes from another origin but data that is checked here: peers, seeders and chain nodes may be anywhere, so `connect-src`
 * is wide and everything that could run or show something is not. `media-src` and `img-src` hold blobs of downloads; wallets bring
 * their icons as data.
 */
export function policyOf(hashes: readonly string[]): string {
  return [
    "default-src 'none'",
    `script-src 'self' 'wasm-unsafe-eval' ${hashes.join(' ')}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "media-src 'self' blob:",
    "font-src 'self'",
    "frame-src 'self' blob:",
    "worker-src 'self' blob:",
    "manifest-src 'self'",
    "connect-src 'self' http: https: ws: wss:",
    "form-action 'none'",
    "base-uri 'none'",
    "object-src 'none'",
    "frame-ancestors 'self'",
  ].join('; ');
}

if (import.meta.main) {
  if (!process.argv.includes('--csp')) {
    const next = createRequire(import.meta.url).resolve('next/dist/bin/next');
    for (const args of [[join(web, 'scripts/copy-sqlite.ts')], [next, 'build']]) {
      const { status } = spawnSync(process.execPath, args, {
        cwd: web,
        stdio: 'inherit',
        env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1' },
      });
      if (status !== 0) process.exit(status ?? 1);
    }
  }
  const hashes = new Set<string>();
  for (const file of globSync('**/*.html', { cwd: out }))
    for (const hash of inlineHashes(readFileSync(join(out, file), 'utf8'))) hashes.add(hash);
  writeFileSync(join(out, 'csp.json'), `${JSON.stringify({ policy: policyOf([...hashes].sort()) }, null, 2)}\n`);
  process.stderr.write(`web/out is ready; its policy names ${hashes.size} inline scripts.\n`);
}
