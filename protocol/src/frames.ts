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
    const pieces = this.takePieces(maxBytes);
    return pieces && joinPieces(pieces);
  }

  /** As `take`, without a copy: pieces that together are the body. */
  takePieces(maxBytes: number): Uint8Array[] | undefined {
    const prefix = this.#peekLength();
    if (!prefix) return undefined;
    const { length, prefixBytes } = prefix;
    if (length > maxBytes) throw new AppError('TOO_LARGE', `A frame of at most ${maxBytes} bytes was due here.`);
    if (this.#buffered < prefixBytes + length) return undefined;
    this.#cut(prefixBytes);
    return this.#cut(length);
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

  /** Takes `count` bytes off the front, as they lie. */
  #cut(count: number): Uint8Array[] {
    this.#buffered -= count;
    let used = 0;
    let missing = count;
    while (used < this.#pieces.length && this.#pieces[used]!.length <= missing) missing -= this.#pieces[used++]!.length;
    const cut = this.#pieces.splice(0, used);
    if (missing > 0) {
      const next = this.#pieces[0]!;
      cut.push(next.subarray(0, missing));
      this.#pieces[0] = next.subarray(missing);
    }
    return cut;
  }
}

/** The bytes of all pieces in one; a single piece is not copied. */
export function joinPieces(pieces: readonly Uint8Array[]): Uint8Array {
  if (pieces.length === 1) return pieces[0]!;
  const joined = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}
