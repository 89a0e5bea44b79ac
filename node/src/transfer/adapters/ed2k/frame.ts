/**
 * Frames of the eDonkey client-to-client protocol: protocol u8, length u32 (opcode and body), opcode u8, body. Pure: no I/O.
 * What a stranger declares is never allocated, only what arrived.
 */
import { AppError } from '@chiral/protocol/errors';
import { malformed } from './wire.ts';

export const EDONKEY = 0xe3;
export const EMULE = 0xc5;
/** Zlib-packed frames of either; read over. */
const PACKED = 0xd4;

/** Largest body taken, bytes: a chunk of ours in one part, with its head. */
export const MAX_BODY_BYTES = 257 * 1024;
/** Protocol and length. */
const HEAD_BYTES = 5;
/** A body of unknown length begins with this much memory, bytes. */
const FIRST_BODY_BYTES = 4 * 1024;

export interface Frame {
  readonly protocol: number;
  readonly opcode: number;
  readonly body: Uint8Array;
}

/** Cuts a byte stream into frames. Owns the bytes of at most one unfinished frame. */
export class FrameReader {
  readonly #head = new Uint8Array(HEAD_BYTES);
  #headLength = 0;
  #body = new Uint8Array(0);
  #filled = 0;
  #total = 0;

  /**
   * Frames that `data` completes; their bodies are views into it or memory of their own.
   * @throws BAD_REQUEST unknown protocol or no opcode; TOO_LARGE. The stream is useless afterwards.
   */
  *push(data: Uint8Array): Generator<Frame> {
    let at = 0;
    while (at < data.length) {
      if (this.#headLength < HEAD_BYTES) {
        const part = data.subarray(at, at + HEAD_BYTES - this.#headLength);
        this.#head.set(part, this.#headLength);
        this.#headLength += part.length;
        at += part.length;
        if (this.#headLength === HEAD_BYTES) this.#begin();
        continue;
      }
      const part = data.subarray(at, at + this.#total - this.#filled);
      at += part.length;
      if (part.length === this.#total) {
        yield this.#finish(part);
        continue;
      }
      this.#append(part);
      if (this.#filled === this.#total) yield this.#finish(this.#body.subarray(0, this.#total));
    }
  }

  #begin(): void {
    const protocol = this.#head[0]!;
    if (protocol !== EDONKEY && protocol !== EMULE && protocol !== PACKED) throw malformed('unknown protocol');
    this.#total = new DataView(this.#head.buffer).getUint32(1, true);
    if (this.#total === 0) throw malformed('a frame without an opcode');
    if (this.#total > MAX_BODY_BYTES + 1) {
      throw new AppError('TOO_LARGE', 'An eDonkey message is larger than is taken.', { bytes: this.#total });
    }
  }

  #append(part: Uint8Array): void {
    const needed = this.#filled + part.length;
    if (needed > this.#body.length) {
      const grown = new Uint8Array(Math.min(this.#total, Math.max(needed, 2 * this.#body.length, FIRST_BODY_BYTES)));
      grown.set(this.#body.subarray(0, this.#filled));
      this.#body = grown;
    }
    this.#body.set(part, this.#filled);
    this.#filled = needed;
  }

  #finish(bytes: Uint8Array): Frame {
    const frame = { protocol: this.#head[0]!, opcode: bytes[0]!, body: bytes.subarray(1) };
    this.#headLength = 0;
    this.#filled = 0;
    this.#body = new Uint8Array(0);
    return frame;
  }
}

/** Bytes of one frame. */
export function encodeFrame(protocol: number, opcode: number, body: Uint8Array): Buffer {
  return Buffer.concat([frameHead(protocol, opcode, body.length), body]);
}

/** Everything before the body. */
export function frameHead(protocol: number, opcode: number, bodyLength: number): Buffer {
  const head = Buffer.alloc(HEAD_BYTES + 1);
  head[0] = protocol;
  head.writeUInt32LE(bodyLength + 1, 1);
  head[HEAD_BYTES] = opcode;
  return head;
}
