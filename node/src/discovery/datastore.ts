/**
 * The datastore of the network host: peers, addresses, provider records of others, the WebRTC certificate. One process at a
 * time; it survives kill -9, and a damaged one costs nothing but learning it all again.
 */
import { rename, rm } from 'node:fs/promises';
import { AppError } from '@chiral/protocol/errors';
import { LevelDatastore } from 'datastore-level';
import type { Log } from '../log.ts';

/**
 * Opens it; a damaged one is set aside and begun anew.
 * @throws STORE_FAILED when another process holds it, or the disk fails
 */
export async function openDatastore(folder: string, log: Log | undefined): Promise<LevelDatastore> {
  try {
    return await open(folder);
  } catch (cause) {
    if (levelCode(cause) === 'LEVEL_CORRUPTION') {
      log?.warn({ folder }, 'the network datastore is damaged; beginning a new one');
      await rm(`${folder}.damaged`, { recursive: true, force: true });
      await rename(folder, `${folder}.damaged`);
      return open(folder);
    }
    const why = levelCode(cause) === 'LEVEL_LOCKED' ? 'another node is using it' : 'the disk may be failing';
    throw new AppError('STORE_FAILED', `The network datastore in ${folder} cannot be opened; ${why}.`, {}, { cause });
  }

  /** Through the database itself, since the datastore's own `open` keeps only the text of an error. */
  async function open(path: string): Promise<LevelDatastore> {
    const datastore = new LevelDatastore(path);
    await datastore.db.open();
    return datastore;
  }
}

function levelCode(error: unknown): unknown {
  return (error as { cause?: { code?: unknown } }).cause?.code;
}
