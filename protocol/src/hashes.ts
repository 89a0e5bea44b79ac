/** SHA-256 and SHA-1 in one call: the machine's own where the program runs in Node, portable ones in a browser. Pure. */
import { sha1 as portableSha1 } from '@noble/hashes/legacy.js';
import { sha256 as portableSha256 } from '@noble/hashes/sha2.js';
import type { Sha256 } from './content.ts';

/** The part of `node:crypto` that is used; a plain import of it could not be bundled for a page. */
interface NativeCrypto {
  hash(algorithm: 'sha256' | 'sha1', data: Uint8Array, encoding: 'binary'): string;
}
type Process = { getBuiltinModule?(name: 'node:crypto'): NativeCrypto };

const native = (globalThis as { process?: Process }).process?.getBuiltinModule?.('node:crypto');

/** By way of text, since every 'buffer' result is an allocation of its own to collect. */
export const sha256: Sha256 = native
  ? (data) => Buffer.from(native.hash('sha256', data, 'binary'), 'latin1')
  : (data) => portableSha256(data);

export const sha1: (data: Uint8Array) => Uint8Array = native
  ? (data) => Buffer.from(native.hash('sha1', data, 'binary'), 'latin1')
  : (data) => portableSha1(data);
