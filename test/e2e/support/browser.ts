/** A real browser for the page's tests, and the engine's bare page. Closed by whoever opened it; nothing is left behind. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium } from 'playwright-core';

const CHROMIUM = '/usr/bin/chromium';
const root = fileURLToPath(new URL('../../..', import.meta.url));

export const hasBrowser = () => existsSync(CHROMIUM);

/** Headless, quiet and closed to other machines; for the rest as people have it. */
export function launchStockBrowser(more: readonly string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      // Nothing of a test leaves this machine.
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
      ...more,
    ],
  });
}

export function launchBrowser(more: readonly string[] = []): Promise<Browser> {
  // Tabs find each other by names that are resolved by multicast, which a closed machine does not have.
  return launchStockBrowser(['--disable-features=WebRtcHideLocalIpsWithMdns', ...more]);
}

let built: Promise<string> | undefined;

/** Builds the engine's bare page. CHIRAL_KEEP_PAGE=1 takes what was built before. @returns the folder of its files */
export function enginePage(): Promise<string> {
  built ??= (async () => {
    const folder = fileURLToPath(new URL('../../../web/test/engine-page', import.meta.url));
    const out = `${folder}/out`;
    if (process.env.CHIRAL_KEEP_PAGE && existsSync(out)) return out;
    await run('web/scripts/copy-sqlite.ts');
    await run('node_modules/next/dist/bin/next', 'build', folder);
    return out;
  })();
  return built;
}

function run(...args: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd: root,
      env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (output += part));
    child.once('error', reject);
    child.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`${args[0]} ended with ${code}:\n${output}`)),
    );
  });
}
