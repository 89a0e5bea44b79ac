/**
 * How fast a file is hashed in place, tree and whole SHA-256 together, beside `sha256sum`, which does half of it.
 *
 *   node scripts/bench/hash.ts [--json] [--mib 1024] [--rounds 3]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { hashFile } from '../../node/src/content/hash.ts';
import { MIB, median, secondsOf, writeRandomFile } from './support/contest.ts';

export interface HashBench {
  /** Our speed over theirs; above 1 we are faster. */
  readonly ratios: { readonly sha256sum: number };
  readonly mbPerSecond: number;
  readonly mbPerSecondEach: { readonly oneThread: number; readonly allThreads: number; readonly sha256sum: number };
  readonly mib: number;
  readonly cores: number;
  readonly loadBefore: number;
  readonly date: string;
}

export async function benchHash(mib = 1024, rounds = 3): Promise<HashBench> {
  const loadBefore = loadavg()[0]!;
  const folder = await mkdtemp(join(tmpdir(), 'chiral-bench-'));
  try {
    const file = join(folder, 'file');
    await writeRandomFile(file, mib);
    const timed = async (threads: number) => {
      const startedMs = performance.now();
      await hashFile(file, { threads });
      return (performance.now() - startedMs) / 1000;
    };
    const times = { oneThread: [] as number[], allThreads: [] as number[], sha256sum: [] as number[] };
    for (let round = 0; round < rounds; round++) {
      times.oneThread.push(await timed(1));
      times.allThreads.push(await timed(availableParallelism()));
      times.sha256sum.push(await secondsOf('sha256sum', [file]));
    }
    const speed = (seconds: readonly number[]) => Math.round((mib * MIB) / 1e6 / median(seconds));
    const each = {
      oneThread: speed(times.oneThread),
      allThreads: speed(times.allThreads),
      sha256sum: speed(times.sha256sum),
    };
    return {
      ratios: { sha256sum: Math.round((each.allThreads / each.sha256sum) * 1000) / 1000 },
      mbPerSecond: each.allThreads,
      mbPerSecondEach: each,
      mib,
      cores: availableParallelism(),
      loadBefore,
      date: new Date().toISOString(),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { json: { type: 'boolean' }, mib: { type: 'string' }, rounds: { type: 'string' } },
  });
  const result = await benchHash(Number(values.mib ?? 1024), Number(values.rounds ?? 3));
  process.stdout.write(`${JSON.stringify(result, null, values.json ? 0 : 2)}\n`);
}
