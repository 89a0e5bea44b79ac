/**
 * Frames: how every private stream of Chiral cuts bytes into messages. Pure: no I/O.
 *
 * A frame is the length of its body as an unsigned LEB128 varint in its shortest form, then the body. The reader of a
 * frame says how long it may be, and learns that it is longer from the first four bytes, before it keeps any of it.
 *
 * @see https://github.com/multiformats/unsigned-varint
 */
import { AppError } from './errors.ts';

/** Longest length field, bytes: 2^28 - 1 is far above every cap, so no reader ever multiplies what it has not checked. */
const MAX_LENGTH_BYTES = 4;

/** Length of a body as it stands before it. @throws TOO_LARGE from 2^28 on */
export function encodeLength(length: number): Uint8Array {
  const prefix: number[] = [];
  let rest = length;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) prefix.push((rest % 0x80) | 0x80);
  prefix.push(rest);
  if (prefix.length > MAX_LENGTH_BYTES) throw new AppError('TOO_LARGE', 'A frame has fewer than 2^28 bytes.');
  return new Uint8Array(prefix);
}

/** Body → length and body. @throws TOO_LARGE for a body of 2^28 bytes or more */
export function encodeFrame(body: Uint8Array): Uint8Array {
  const prefix = encodeLength(body.length);
  const frame = new Uint8Array(prefix.length + body.length);
  frame.set(prefix);
  frame.set(body, prefix.length);
  return frame;
}

/** Collects bytes as they come and gives them back as frames. Keeps what was pushed and not yet taken, and nothing more. */
export class FrameDecoder {
  #pieces: Uint8Array[] = [];
  #buffered = 0;

  /** Bytes pushed and not yet taken. */
  get buffered(): number {
    return this.#buffered;
  }

  /** @param bytes kept by reference until taken */
  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#pieces.push(bytes);
    this.#buffered += bytes.length;
  }

  /**
   * The next body, or undefined until all of it was pushed.
   * @param maxBytes longest body that the caller takes
   * @throws TOO_LARGE as soon as the length says so; BAD_REQUEST when the length is malformed. Either ends the stream.
   */
  take(maxBytes: number): Uint8Array | undefined {
    const prefix = this.#peekLength();
    if (!prefix) return undefined;
    const { length, prefixBytes } = prefix;
    if (length > maxBytes) throw new AppError('TOO_LARGE', `A frame of at most ${maxBytes} bytes was due here.`);
    if (this.#buffered < prefixBytes + length) return undefined;
    return this.#consume(prefixBytes + length).subarray(prefixBytes);
  }

  #peekLength(): { length: number; prefixBytes: number } | undefined {
    let length = 0;
    let at = 0;
    for (const piece of this.#pieces) {
      for (const byte of piece) {
        length += (byte & 0x7f) * 0x80 ** at;
        at++;
        if (byte < 0x80) {
          if (byte === 0 && at > 1) throw new AppError('BAD_REQUEST', 'A frame length is not in its shortest form.');
          return { length, prefixBytes: at };
        }
        if (at === MAX_LENGTH_BYTES) throw new AppError('TOO_LARGE', 'A frame length has at most 4 bytes.');
      }
    }
    return undefined;
  }

  #consume(count: number): Uint8Array {
    this.#buffered -= count;
    const first = this.#pieces[0]!;
    if (first.length >= count) {
      if (first.length === count) this.#pieces.shift();
      else this.#pieces[0] = first.subarray(count);
      return first.subarray(0, count);
    }
    const out = new Uint8Array(count);
    let at = 0;
    let used = 0;
    while (at < count) {
      const piece = this.#pieces[used]!;
      const part = piece.subarray(0, count - at);
      out.set(part, at);
      at += part.length;
      if (part.length === piece.length) used++;
      else this.#pieces[used] = piece.subarray(part.length);
    }
    this.#pieces.splice(0, used);
    return out;
  }
}
