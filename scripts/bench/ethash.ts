/**
 * How fast the proof of work is, beside @ethereumjs/ethash in the same run: search with a full dataset on all threads, the
 * making of cache and dataset, light verification. Prints one JSON object. Absolute figures are the machine's; the ratios
 * travel better. About a minute and a half with mainnet's parameters; `--dev` runs the same on the dev profile in seconds.
 *
 *   npm run bench ethash -- [--json] [--dev] [--native COMMAND]
 *
 * COMMAND is a native reference, run by the shell when our threads have ended: a program that searches on one thread with a full
 * dataset and prints its hashes per second as the last number on standard output. Without one, `ratioNative` is null.
 */

import { execSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { createEthash } from '@chiral/ethash';
import { cacheBytes, DEV_PARAMS, datasetBytes, MAINNET_PARAMS, seedHash } from '@chiral/ethash/params';
import { Ethash as EthereumjsEthash } from '@ethereumjs/ethash';

/** Long enough for the engine to have optimised the kernel in the first part of it. */
const SEARCH_MS = 10_000;
const VERIFICATIONS = 200;
/** @ethereumjs/ethash does about seven a second. */
const ETHEREUMJS_HASHES = 20;

function since(startMs: number): number {
  return (performance.now() - startMs) / 1000;
}

export async function main(argv: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...argv],
    options: { json: { type: 'boolean' }, dev: { type: 'boolean' }, native: { type: 'string' } },
  });
  const params = values.dev ? DEV_PARAMS : MAINNET_PARAMS;
  // What else the machine was doing when this began: on a busy one the absolute figures are too low.
  const loadBefore = round(loadavg()[0] ?? 0);
  const threads = availableParallelism();
  const ethash = createEthash({ params });
  let buildingSinceMs = 0;
  const miner = ethash.createMiner({
    threads,
    onProgress: ({ phase, fraction }) => {
      if (phase === 'cache' && fraction === 1) buildingSinceMs = performance.now();
    },
  });
  try {
    let startMs = performance.now();
    await ethash.prepare({ epoch: 0 });
    const cacheSeconds = since(startMs);

    await miner.prepare({ epoch: 0 });
    const datasetSeconds = since(buildingSinceMs);

    const sealHash = randomBytes(32);
    const unreachable = { sealHash, target: 1n, epoch: 0, signal: AbortSignal.timeout(SEARCH_MS) };
    startMs = performance.now();
    await miner.search(unreachable).catch((error: Error) => {
      if (error.name !== 'TimeoutError') throw error;
    });
    const hashesPerSecond = miner.stats().hashes / since(startMs);

    startMs = performance.now();
    for (let i = 0; i < VERIFICATIONS; i++) await ethash.hashimotoLight({ sealHash, nonce: randomBytes(8), epoch: 0 });
    const verifyMs = (1000 * since(startMs)) / VERIFICATIONS;

    const other = new EthereumjsEthash();
    startMs = performance.now();
    other.mkcache(cacheBytes(params, 0), seedHash(0));
    const otherCacheSeconds = since(startMs);
    startMs = performance.now();
    for (let i = 0; i < ETHEREUMJS_HASHES; i++) other.run(sealHash, randomBytes(8), datasetBytes(params, 0));
    const otherHashSeconds = since(startMs) / ETHEREUMJS_HASHES;

    const nativeHashesPerSecond = values.native === undefined ? undefined : measureNative(values.native);

    const hashesPerSecondPerThread = hashesPerSecond / threads;
    const report = {
      date: new Date().toISOString(),
      loadBefore,
      machine: `${cpus()[0]?.model ?? 'unknown'}, ${threads} threads`,
      params: params.name,
      hashesPerSecondPerThread: Math.round(hashesPerSecondPerThread),
      ratioEthereumjs: Math.round(hashesPerSecondPerThread * otherHashSeconds),
      ratioNative: nativeHashesPerSecond === undefined ? null : round(hashesPerSecondPerThread / nativeHashesPerSecond),
      datasetSeconds: round(datasetSeconds),
      cacheSeconds: round(cacheSeconds),
      ratioCacheEthereumjs: round(otherCacheSeconds / cacheSeconds),
      verifyMs: round(verifyMs),
      ratioVerifyEthereumjs: round((1000 * otherHashSeconds) / verifyMs),
    };
    console.log(JSON.stringify(report, null, values.json ? undefined : 2));
  } finally {
    await miner.close();
  }
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function measureNative(command: string): number {
  const printed = execSync(command, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  const last = Number(printed.match(/\d+(?:\.\d+)?(?:e\+?\d+)?/gi)?.at(-1));
  if (!(last > 0)) throw new Error(`${command} printed no rate:\n${printed}`);
  return last;
}

if (import.meta.main) await main(process.argv.slice(2));
