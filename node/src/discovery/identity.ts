/**
 * The node's network identity: one Ed25519 key in one file, from which the peer id is made. It says who speaks, never who
 * is paid, so it is not encrypted; only its owner may read the file.
 */
import { randomBytes } from 'node:crypto';
import { chmod, link, mkdir, open, readFile, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AppError } from '@chiral/protocol/errors';
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys';
import type { PrivateKey } from '@libp2p/interface';

/** Only the owner reads and writes. */
const KEY_FILE_MODE = 0o600;

/**
 * Reads the key at `file`, or makes one that is on disk before it is used.
 * @throws STORE_FAILED when the file is damaged or cannot be written: a node never changes its name by itself
 */
export async function loadIdentity(file: string): Promise<PrivateKey> {
  try {
    const existing = await readKey(file);
    if (existing) return existing;
    const key = await generateKeyPair('Ed25519');
    if (await writeNew(file, privateKeyToProtobuf(key))) return key;
    // Another process made one in between; theirs counts.
    return (await readKey(file))!;
  } catch (cause) {
    throw new AppError('STORE_FAILED', `The network identity in ${file} cannot be read or written.`, {}, { cause });
  }
}

async function readKey(file: string): Promise<PrivateKey | undefined> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  if (((await stat(file)).mode & 0o777) !== KEY_FILE_MODE) await chmod(file, KEY_FILE_MODE);
  return privateKeyFromProtobuf(bytes);
}

/** Whole or not at all: written and synced beside, then linked into place. @returns false when `file` exists already */
async function writeNew(file: string, bytes: Uint8Array): Promise<boolean> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    const handle = await open(draft, 'wx', KEY_FILE_MODE);
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await link(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}
