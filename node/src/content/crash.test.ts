/** Downloads that are killed: the process that dies is a real one. */
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { CHUNK_BYTES } from '@chiral/protocol/content';
import { chunkOf, createRandom, randomBytes, temporaryFolder, toTestContent } from '../../../test/ports/fixtures.ts';
import { openDatabase } from '../db.ts';
import { sha256 } from './hash.ts';
import { createLibrary } from './library.ts';

const CHUNKS = 64;
const SEED = 31;
const bytes = randomBytes(CHUNKS * CHUNK_BYTES - 10, SEED);
const content = toTestContent(bytes, sha256);

/** The process that is killed: stores what is missing, a few chunks at once, and tells of each that was acknowledged. */
async function storeUntilKilled(folder: string): Promise<void> {
  const library = createLibrary({ db: openDatabase(join(folder, 'state.db')), threads: 1 });
  const download = await library.openDownload(content, join(folder, 'file'));
  let next = 0;
  const worker = async () => {
    while (next < CHUNKS) {
      const chunk = next++;
      if (download.has(chunk)) continue;
      await library.put(content.cid, chunk, Buffer.from(chunkOf(bytes, chunk)));
      process.send!(chunk);
      // As slowly as a network, so that a kill finds it at work.
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  };
  await Promise.all([worker(), worker(), worker()]);
  await download.complete();
  process.send!('complete');
  await new Promise(() => {});
}

if (process.argv[2] === 'store') {
  await storeUntilKilled(process.argv[3]!);
} else {
  test('killed with kill -9 at random moments, nothing that was acknowledged is fetched again', async (t) => {
    const seed = Date.now() % 1_000_000;
    t.diagnostic(`seed ${seed}`);
    const random = createRandom(seed);
    const folder = await temporaryFolder(t);
    const acknowledged = new Set<number>();
    let isComplete = false;
    let kills = 0;
    while (!isComplete) {
      const child = fork(new URL(import.meta.url), ['store', folder], { execArgv: [] });
      const after = 1 + Math.floor(random() * 10);
      let heard = 0;
      child.on('message', (message: number | 'complete') => {
        if (message === 'complete') isComplete = true;
        else {
          assert.ok(!acknowledged.has(message), `chunk ${message} was stored before and is stored again`);
          acknowledged.add(message);
        }
        if (++heard >= after || isComplete) child.kill('SIGKILL');
      });
      await once(child, 'exit');
      kills++;
      assert.ok(kills < 100);
    }
    t.diagnostic(`${kills} kills`);
    // A chunk may be on the disk without its message having left; none may be missing that did.
    assert.ok(acknowledged.size > CHUNKS / 2);
    assert.ok((await readFile(join(folder, 'file'))).equals(bytes));
    const db = openDatabase(join(folder, 'state.db'));
    const library = createLibrary({ db, threads: 1 });
    assert.equal(library.find(content.cid)?.complete, true);
    await library.close();
    db.close();
  });
}
