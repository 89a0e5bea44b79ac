/** The vectors of ../../vectors, typed, and what it takes to use them. For tests and scripts/prove.ts only. */

import { keccak_256 } from '@noble/hashes/sha3.js';
import ethash from '../../vectors/ethash.json' with { type: 'json' };
import mainnet from '../../vectors/headers.json' with { type: 'json' };
import type { Seal } from '../types.ts';

export { ethash as vectors };

const INTEGERS = new Set(['difficulty', 'number', 'gasLimit', 'gasUsed', 'timestamp', 'baseFeePerGas']);

/** The mainnet headers as seals, each proven to be the header that its block hash names. */
export const headerSeals: readonly (Seal & { fork: string })[] = mainnet.headers.map((header) => {
  const { fork, hash, mixHash, nonce, ...rest } = header;
  const { baseFeePerGas, ...common } = rest as typeof rest & { baseFeePerGas?: string };
  const unsealed = Object.entries(common).map(([name, hex]) => field(name, hex));
  const tail = baseFeePerGas === undefined ? [] : [field('baseFeePerGas', baseFeePerGas)];
  const whole = keccak_256(rlpList([...unsealed, fromHex(mixHash), fromHex(nonce), ...tail]));
  if (toHex(whole) !== hash) throw new Error(`The vector of block 0x${header.number} is not the header it names.`);
  return {
    fork,
    sealHash: keccak_256(rlpList([...unsealed, ...tail])),
    nonce: fromHex(nonce),
    mixHash: fromHex(mixHash),
    difficulty: BigInt(`0x${header.difficulty}`),
    blockNumber: BigInt(`0x${header.number}`),
  };
});

export function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** A header field as RLP wants it: integers big-endian without leading zeros, zero empty. */
function field(name: string, hex: string): Uint8Array {
  if (!INTEGERS.has(name)) return fromHex(hex);
  return hex === '0' ? new Uint8Array() : fromHex(hex.length % 2 === 0 ? hex : `0${hex}`);
}

/** RLP of a list of byte strings. */
function rlpList(items: readonly Uint8Array[]): Uint8Array {
  const payload = items.flatMap((item) =>
    item.length === 1 && item[0]! < 0x80 ? [...item] : [...rlpLength(item.length, 0x80), ...item],
  );
  return Uint8Array.from([...rlpLength(payload.length, 0xc0), ...payload]);
}

function rlpLength(length: number, offset: number): number[] {
  if (length < 56) return [offset + length];
  const bytes = length < 256 ? [length] : [length >> 8, length & 0xff];
  return [offset + 55 + bytes.length, ...bytes];
}
