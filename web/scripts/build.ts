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
import { inlineScripts, pagePolicy } from '@chiral/protocol/page-policy';

const web = fileURLToPath(new URL('..', import.meta.url));
const out = join(web, 'out');

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
    compileAhead();
  }
  const hashes = new Set<string>();
  for (const file of globSync('**/*.html', { cwd: out }))
    for (const source of inlineScripts(readFileSync(join(out, file), 'utf8')))
      hashes.add(createHash('sha256').update(source).digest('base64'));
  writeFileSync(join(out, 'csp.json'), `${JSON.stringify({ policy: pagePolicy([...hashes].sort()) }, null, 2)}\n`);
  process.stderr.write(`web/out is ready; its policy names ${hashes.size} inline scripts.\n`);
}

/**
 * What every page begins with runs nearly whole at once, and compiled function by function it holds the page up three times as
 * long. The remark has the browser compile it while it arrives, on another thread; who does not know it reads a remark.
 * @see https://v8.dev/blog/explicit-compile-hints
 */
function compileAhead(): void {
  const { rootMainFiles } = JSON.parse(readFileSync(join(web, '.next/build-manifest.json'), 'utf8')) as {
    rootMainFiles: string[];
  };
  for (const file of rootMainFiles) {
    const path = join(out, '_next', file);
    writeFileSync(path, `//# allFunctionsCalledOnLoad\n${readFileSync(path, 'utf8')}`);
  }
}
