/** One amuled fetches a file from another, in a network namespace of its own (see `ed2k-interop.ts`). Prints bytes and seconds. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { formatEd2kLink } from '../../../node/src/transfer/adapters/ed2k/link.ts';
import { fileHash, hashParts } from '../../../node/src/transfer/adapters/ed2k/part-hash.ts';
import { randomBytes } from '../../ports/fixtures.ts';
import { prepareAmuled } from './ed2k-amuled.ts';
import { startLoginServer } from './ed2k-login-server.ts';

const SERVER = '10.99.0.1';
const SEEDER = '10.99.0.2';
const LEECHER = '10.99.0.3';
const PORT = 4762;
const NAME = 'pair.bin';
const POLL_MS = 50;
/** A link is given this often: aMule may miss one, and looks for its source again at each. */
const LINK_MS = 1_000;

const [folder = '', sizeText = ''] = process.argv.slice(2);
const bytes = randomBytes(Number(sizeText), 23);
const digest = createHash('sha256').update(bytes).digest();

execFileSync('ip', ['link', 'set', 'lo', 'up']);
for (const address of [SERVER, SEEDER, LEECHER]) execFileSync('ip', ['addr', 'add', `${address}/24`, 'dev', 'lo']);

const server = await startLoginServer(SERVER);
const at = { host: SERVER, port: server.port };
for (const name of ['seeder', 'leecher']) await mkdir(join(folder, name));
const seeder = await prepareAmuled(join(folder, 'seeder'), SEEDER, PORT, at);
await writeFile(join(seeder.incoming, NAME), bytes);
const leecher = await prepareAmuled(join(folder, 'leecher'), LEECHER, PORT, at);
seeder.start();
const leeching = leecher.start();
await server.loggedIn;

const parts = await hashParts(
  bytes.length,
  (async function* () {
    yield bytes;
  })(),
);
const sources = [{ host: SEEDER, port: PORT }];
const link = formatEd2kLink({ name: NAME, size: bytes.length, hash: await fileHash(parts), sources });
const temporary = join(folder, 'leecher', 'Temp', '001.part');
let startedMs = 0;
let givenMs = Number.NEGATIVE_INFINITY;
for (;;) {
  if (Date.now() - givenMs > LINK_MS) {
    givenMs = Date.now();
    await leeching.addLink(link);
  }
  // From the first byte: how long it takes to find its source is not what is measured.
  if (startedMs === 0 && (await readFile(temporary).catch(() => undefined))?.length) startedMs = performance.now();
  const got = await readFile(join(leecher.incoming, NAME)).catch(() => undefined);
  if (got?.length === bytes.length && createHash('sha256').update(got).digest().equals(digest)) break;
  await delay(POLL_MS);
}
const seconds = (performance.now() - startedMs) / 1000;
process.stdout.write(`${JSON.stringify({ bytes: bytes.length, seconds })}\n`, () => process.exit(0));
