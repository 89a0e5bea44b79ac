import { join } from 'node:path';
import { createLibrary } from '../../node/src/content/library.ts';
import { openDatabase } from '../../node/src/db.ts';
import { testChunkStore } from './chunk-store.ts';
import { temporaryFolder } from './fixtures.ts';
import { createMemoryStore } from './memory-store.ts';

testChunkStore('memory', async () => createMemoryStore());

testChunkStore('library', async (t, content) => {
  const db = openDatabase(':memory:');
  const library = createLibrary({ db, threads: 1 });
  t.after(async () => {
    await library.close();
    db.close();
  });
  await library.openDownload(content, join(await temporaryFolder(t), 'file'));
  return library;
});
