/** SHA-256 in one call: the machine's own where the program runs in Node, the portable one in a browser. Pure, no state. */
import { sha256 as portable } from '@noble/hashes/sha2.js';
import type { Sha256 } from './content.ts';

/** The part of `node:crypto` that is used; a plain import of it could not be bundled for a page. */
interface NativeCrypto {
  hash(algorithm: 'sha256', data: Uint8Array, encoding: 'binary'): string;
}
type Process = { getBuiltinModule?(name: 'node:crypto'): NativeCrypto };

const native = (globalThis as { process?: Process }).process?.getBuiltinModule?.('node:crypto');

/** As text first: Node makes a short string several times faster than a buffer. */
export const sha256: Sha256 = native
  ? (data) => Buffer.from(native.hash('sha256', data, 'binary'), 'latin1')
  : (data) => portable(data);
