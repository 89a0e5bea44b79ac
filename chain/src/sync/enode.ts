/** Names of nodes: `enode://<public key>@<address>:<port>`, and the key that a node proves itself with. */

import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { bytesToHex, hexToBytes, isValidPrivate, privateToPublic } from '@ethereumjs/util';

export interface Enode {
  /** 64 bytes: the public key without its type byte. */
  id: Uint8Array;
  host: string;
  port: number;
}

/** @throws Error when it is no enode URL */
export function parseEnode(url: string): Enode {
  const match = /^enode:\/\/([0-9a-f]{128})@(\[[0-9a-f:.]+\]|[a-z0-9.-]+):(\d{1,5})(?:\?discport=\d+)?$/i.exec(url);
  const port = Number(match?.[3]);
  if (!match || port < 1 || port > 65_535) throw new Error(`not an enode URL: ${url.slice(0, 200)}`);
  return { id: hexToBytes(`0x${match[1]!.toLowerCase()}`), host: match[2]!.replace(/^\[|\]$/g, ''), port };
}

export function formatEnode({ id, host, port }: Enode): string {
  return `enode://${bytesToHex(id).slice(2)}@${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** The key in `file`, made when there is none; readable by its owner only. It names a node and holds no coins. */
export async function loadNodeKey(file: string): Promise<{ key: Uint8Array; id: Uint8Array }> {
  let key: Uint8Array;
  try {
    key = hexToBytes(`0x${(await readFile(file, 'utf8')).trim()}`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    do key = randomBytes(32);
    while (!isValidPrivate(key));
    await writeFile(file, bytesToHex(key).slice(2), { mode: 0o600, flag: 'wx' });
  }
  if (!isValidPrivate(key)) throw new Error(`${file} holds no key`);
  return { key, id: privateToPublic(key) };
}
