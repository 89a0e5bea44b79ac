/**
 * Figures rather than verdicts: how fast blocks come, how much memory a long chain takes, how many transfers fit. Small by
 * default; CHIRAL_FIGURES=1 runs the full ones (10 blocks at 0x400000 with the 1 GiB dataset, 150 of the dev profile, 5,000 blocks).
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createChainNode, type Profile } from './node.ts';
import { COINBASE, createFixture, makeBlock, silent, transfer } from './testing/fixture.ts';

const full = process.env.CHIRAL_FIGURES === '1';
const DEV_BLOCKS = full ? 150 : 3;
/** From this block on the dev profile's difficulty has found its place. */
const SETTLED_FROM = 50;
const NETWORK_BLOCKS = 10;
const MEMORY_BLOCKS = full ? 5_000 : 100;
/** Most that a node may hold after those blocks, and a miner with the full dataset, bytes. */
const NODE_BYTES = 400 * 2 ** 20;
const MINER_BYTES = 1.6 * 2 ** 30;

async function mineSome(profile: Profile, count: number, threads: number) {
  const datadir = await mkdtemp(join(tmpdir(), 'chiral-figures-'));
  const node = await createChainNode({ profile, datadir, mine: { threads }, etherbase: COINBASE, log: silent });
  const times: number[] = [];
  const difficulties: number[] = [];
  await new Promise<void>((resolve) => {
    node.chain.onHead(({ head }) => {
      times.push(Date.now());
      difficulties.push(Number(head.block.header.difficulty));
      if (times.length > count) resolve();
    });
  });
  const { hashesPerSecond } = node.miner!.stats();
  const rss = process.memoryUsage().rss;
  await node.stop();
  await rm(datadir, { recursive: true, force: true });
  const intervals = times.slice(1).map((t, i) => (t - times[i]!) / 1000);
  const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  return { intervals, mean, difficulties, hashesPerSecond, rss };
}

test(`dev profile: ${DEV_BLOCKS} blocks, the difficulty moves towards its place`, async () => {
  const { intervals, mean, difficulties, hashesPerSecond } = await mineSome('dev', DEV_BLOCKS, 1);
  const settled = intervals.slice(SETTLED_FROM);
  console.log(
    `dev: mean interval ${mean(intervals.slice(0, SETTLED_FROM)).toFixed(2)} s over the first ${SETTLED_FROM} blocks${settled.length > 0 ? `, ${mean(settled).toFixed(2)} s over the ${settled.length} after` : ''}, difficulty ${difficulties[0]} to ${difficulties.at(-1)}, ${(hashesPerSecond / 1e3).toFixed(0)} kH/s`,
  );
  if (settled.length >= 100)
    assert.ok(mean(settled) > 2 && mean(settled) < 3.3, 'about 2.6 s a block once it has settled');
  assert.ok(new Set(difficulties).size > 1, 'it changes between blocks');
});

test('network profile: ten blocks at 0x400000', { skip: !full && 'takes minutes; set CHIRAL_FIGURES=1' }, async () => {
  const { intervals, mean, difficulties, hashesPerSecond, rss } = await mineSome('full', NETWORK_BLOCKS, 2);
  console.log(
    `network: mean interval ${mean(intervals).toFixed(2)} s over ${intervals.length} blocks, difficulty ${difficulties[0]} to ${difficulties.at(-1)}, ${(hashesPerSecond / 1e3).toFixed(0)} kH/s on 2 threads, ${(rss / 2 ** 20).toFixed(0)} MiB`,
  );
  assert.ok(rss < MINER_BYTES, `${rss} bytes`);
});

test(`a node holds less than 400 MiB after ${MEMORY_BLOCKS} blocks`, async () => {
  const script = fileURLToPath(new URL('./testing/memory-child.ts', import.meta.url));
  const child = spawn(process.execPath, [script, String(MEMORY_BLOCKS)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) lines.push(line);
  if (child.exitCode === null) await once(child, 'exit');
  const { rss, blocks, perBlockMs, diskBytes } = JSON.parse(lines.at(-1)!);
  console.log(
    `memory: ${(rss / 2 ** 20).toFixed(0)} MiB after ${blocks} blocks, ${perBlockMs.toFixed(1)} ms a block made and imported, ${(diskBytes / blocks).toFixed(0)} bytes of disk a block`,
  );
  assert.equal(blocks, MEMORY_BLOCKS);
  assert.ok(rss < NODE_BYTES, `${rss} bytes`);
});

test('a block of 100 transfers is made and judged in a fraction of a block time', async () => {
  await using fixture = await createFixture();
  const transactions = [0, 1, 2, 3].flatMap((key) =>
    Array.from({ length: 25 }, (_, nonce) => transfer(fixture.spec, key, nonce)),
  );
  const startedMs = performance.now();
  const block = await makeBlock(fixture, { transactions });
  const madeMs = performance.now();
  await fixture.chain.import(block);
  const perSecond = 100_000 / (performance.now() - madeMs);
  console.log(
    `throughput: 100 transfers made in ${(madeMs - startedMs).toFixed(0)} ms, judged in ${(performance.now() - madeMs).toFixed(0)} ms (${perSecond.toFixed(0)} a second)`,
  );
  assert.equal(block.transactions.length, 100);
});
