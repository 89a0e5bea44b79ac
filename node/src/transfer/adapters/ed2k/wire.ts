/**
 * Numbers, hashes and texts on the eDonkey wire: little-endian, 16 raw bytes, and a u16 length before UTF-8. Pure.
 */
import { AppError } from '@chiral/protocol/errors';

export const HASH_BYTES = 16;

export const malformed = (why: string) => new AppError('BAD_REQUEST', `Malformed eDonkey message: ${why}.`);

/** Reads a body from front to back; past its end is a fault. */
export class Cursor {
  readonly #data: Buffer;
  #at = 0;

  constructor(body: Uint8Array) {
    this.#data = Buffer.from(body.buffer, body.byteOffset, body.length);
  }

  get left(): number {
    return this.#data.length - this.#at;
  }

  bytes(count: number): Buffer {
    if (count > this.left) throw malformed('it ends early');
    this.#at += count;
    return this.#data.subarray(this.#at - count, this.#at);
  }

  u8 = (): number => this.bytes(1)[0]!;
  u16 = (): number => this.bytes(2).readUInt16LE();
  u32 = (): number => this.bytes(4).readUInt32LE();
  hash = (): string => this.bytes(HASH_BYTES).toString('hex');
  text = (length: number): string => this.bytes(length).toString('utf8');

  /** @throws BAD_REQUEST above 2^53 − 1, where no file of ours reaches */
  u64 = (): number => {
    const value = this.bytes(8).readBigUInt64LE();
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw malformed('an offset beyond every file');
    return Number(value);
  };
}

export function shortText(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8').subarray(0, 0xffff);
  return Buffer.concat([uint16(bytes.length), bytes]);
}

export function toHash(hex: string): Buffer {
  const bytes = Buffer.from(hex, 'hex');
  if (bytes.length !== HASH_BYTES) throw new Error(`"${hex}" is not an eDonkey hash`);
  return bytes;
}

export function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

export function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}
