/** Reads what a stranger sent as parameters. Every function throws -32602 with the position of the parameter. */
import { Address, hexToBytes, type PrefixedHexString, setLengthLeft } from '@ethereumjs/util';
import { invalidParams, type RpcError } from './errors.ts';

/** Hex digits of a quantity: 256 bits. */
const MAX_QUANTITY_DIGITS = 64;

export type BlockTag = 'earliest' | 'latest' | 'pending' | 'safe' | 'finalized';
/** A block by tag, number or hash (EIP-1898). */
export type BlockRef = BlockTag | bigint | { hash: Uint8Array; requireCanonical: boolean };

export class Params {
  readonly #values: readonly unknown[];

  constructor(values: readonly unknown[]) {
    this.#values = values;
  }

  at(position: number): unknown {
    return this.#values[position];
  }

  has(position: number): boolean {
    return this.#values[position] !== undefined && this.#values[position] !== null;
  }

  quantity(position: number): bigint {
    return quantity(this.at(position), position);
  }

  boolean(position: number): boolean {
    const value = this.at(position);
    if (value === undefined || value === null) return false;
    if (typeof value !== 'boolean') throw invalidParams(position, 'expected a boolean');
    return value;
  }

  /** @param length exact length in bytes, any when left out */
  data(position: number, length?: number): Uint8Array {
    return data(this.at(position), position, length);
  }

  hash(position: number): Uint8Array {
    return this.data(position, 32);
  }

  address(position: number): Address {
    return new Address(this.data(position, 20));
  }

  block(position: number, fallback: BlockRef = 'latest'): BlockRef {
    return this.has(position) ? blockRef(this.at(position), position) : fallback;
  }

  object(position: number): Record<string, unknown> {
    return object(this.at(position), position);
  }
}

export function object(value: unknown, position: number): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidParams(position, 'expected an object');
  return value as Record<string, unknown>;
}

export function quantity(value: unknown, position: number): bigint {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return BigInt(value);
  if (typeof value !== 'string' || !/^0x[0-9a-f]+$/i.test(value))
    throw invalidParams(position, 'expected a hex quantity');
  if (value.length - 2 > MAX_QUANTITY_DIGITS) throw invalidParams(position, 'hex number > 256 bits');
  return BigInt(value);
}

export function data(value: unknown, position: number, length?: number): Uint8Array {
  if (typeof value !== 'string' || !/^0x([0-9a-f]{2})*$/i.test(value))
    throw invalidParams(position, 'expected hex data');
  const bytes = hexToBytes(value as PrefixedHexString);
  if (length !== undefined && bytes.length !== length) throw invalidParams(position, `expected ${length} bytes`);
  return bytes;
}

/** A storage key: quantity or data, up to 32 bytes, padded. */
export function slot(value: unknown, position: number): Uint8Array {
  if (typeof value !== 'string' || !/^0x[0-9a-f]{0,64}$/i.test(value))
    throw invalidParams(position, 'expected a storage slot');
  const digits = value.slice(2);
  return setLengthLeft(hexToBytes(`0x${digits.length % 2 ? `0${digits}` : digits}`), 32);
}

export function blockRef(value: unknown, position: number): BlockRef {
  if (typeof value === 'string') {
    if (['earliest', 'latest', 'pending', 'safe', 'finalized'].includes(value)) return value as BlockTag;
    if (/^0x[0-9a-f]{64}$/i.test(value)) return { hash: data(value, position), requireCanonical: false };
    return quantity(value, position);
  }
  const { blockHash, blockNumber, requireCanonical } = object(value, position);
  if (blockHash !== undefined)
    return { hash: data(blockHash, position, 32), requireCanonical: requireCanonical === true };
  return quantity(blockNumber, position);
}

export type { RpcError };
