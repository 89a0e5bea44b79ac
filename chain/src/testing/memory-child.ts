/** For tests only: makes and imports a chain of so many blocks, each with a transfer, and says what the process then holds. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { keepHeapSmall } from '../memory.ts';
import { createFixture, mine, transfer } from './fixture.ts';

keepHeapSmall();
const count = Number(process.argv[2]);
const fixture = await createFixture();
const startedMs = performance.now();
for (let i = 0; i < count; i++)
  await mine(fixture, { transactions: [transfer(fixture.spec, 0, i, { gasLimit: 21_000n })] });
const perBlockMs = (performance.now() - startedMs) / count;
globalThis.gc?.();
const folder = join(fixture.folder, 'chain');
const files = await Promise.all((await readdir(folder)).map((name) => stat(join(folder, name))));
const diskBytes = files.reduce((sum, { size }) => sum + size, 0);
const blocks = Number(fixture.chain.head.block.header.number);
const text = `${JSON.stringify({ rss: process.memoryUsage().rss, blocks, perBlockMs, diskBytes })}\n`;
await fixture[Symbol.asyncDispose]();
// The fixture belongs to a test runner, which is not here to end its threads.
process.stdout.write(text, () => process.exit(0));
