/**
 * The wire of `/chiral/exchange/1.0.0`. Pure: bytes in, bytes out.
 *
 * The side that opened the stream asks, the other answers; both keep the stream. Every frame (`@chiral/protocol/frames`)
 * has one message in protocol buffers, proto3:
 *
 *   message Frame { oneof kind { Request request = 1; Answer answer = 2; Note note = 3; uint32 cancel = 4; } }
 *
 *   message Request {       // bytes [start, end) of one chunk
 *     uint32 id = 1;        // the asker's, not used twice on a stream; answers may come in any order
 *     bytes cid = 2;        // binary CIDv1 of the manifest
 *     uint32 chunk = 3;
 *     uint32 start = 4;
 *     uint32 end = 5;       // 0: to the end of the chunk
 *   }
 *   message Answer {
 *     uint32 id = 1;
 *     uint32 status = 2;    // 0, or the wire byte of an error code (protocol/src/errors.ts): CHOKED is "not now"
 *     string reason = 3;    // for people
 *     bytes data = 4;       // the last field, so that it can be sent from where it lies
 *   }
 *   message Note {          // opaque bytes of another layer, and the answer to them
 *     uint32 id = 1;        // the asker's, counted apart from requests
 *     bool answer = 2;
 *     uint32 status = 3;    // of an answer, as above
 *     bytes body = 4;
 *   }
 *   cancel = the id of a request whose answer is no longer wanted; it may be crossed by the answer
 *
 * Readers skip fields they do not know and refuse a message without a kind they know, so that a later minor version may
 * add both. The tests hold byte-for-byte vectors of each message.
 *
 * @see https://protobuf.dev/programming-guides/encoding/
 */
import { CHUNK_BYTES } from '@chiral/protocol/content';
import { AppError } from '@chiral/protocol/errors';
import { CID } from 'multiformats/cid';

export const EXCHANGE_PROTOCOL = '/chiral/exchange/1.0.0';

/** Longest body of a note, bytes. */
export const MAX_NOTE_BYTES = 16 * 1024;
/** Longest frame, bytes: a chunk and its heading. */
export const MAX_EXCHANGE_FRAME_BYTES = CHUNK_BYTES + 512;
/** Longest text of a refusal, characters. */
const MAX_REASON = 200;
const MAX_CID_BYTES = 64;
const MAX_UINT32 = 2 ** 32 - 1;

export interface Request {
  readonly kind: 'request';
  readonly id: number;
  /** CIDv1 text in base32. */
  readonly cid: string;
  readonly chunk: number;
  /** Bytes of the chunk, `end` exclusive; 0 is the chunk's end. */
  readonly start: number;
  readonly end: number;
}
export interface Answer {
  readonly kind: 'answer';
  readonly id: number;
  readonly status: number;
  readonly reason: string;
  readonly data: Uint8Array;
}
export interface Note {
  readonly kind: 'note';
  readonly id: number;
  readonly isAnswer: boolean;
  readonly status: number;
  readonly body: Uint8Array;
}
export interface Cancel {
  readonly kind: 'cancel';
  readonly id: number;
}
export type ExchangeMessage = Request | Answer | Note | Cancel;

// ---- writing ---------------------------------------------------------------------------------------------------------

const VARINT = 0;
const BYTES = 2;

/** Fields in order; a number 0 and empty bytes are left out, as proto3 does. */
class Writer {
  readonly pieces: Uint8Array[] = [];
  length = 0;

  #push(piece: Uint8Array): this {
    this.pieces.push(piece);
    this.length += piece.length;
    return this;
  }

  number(field: number, value: number): this {
    return value === 0 ? this : this.#push(varints((field << 3) | VARINT, value));
  }

  bytes(field: number, value: Uint8Array): this {
    return value.length === 0 ? this : this.#push(varints((field << 3) | BYTES, value.length)).#push(value);
  }

  message(field: number, inner: Writer): this {
    this.#push(varints((field << 3) | BYTES, inner.length));
    for (const piece of inner.pieces) this.#push(piece);
    return this;
  }
}

function varints(...values: number[]): Uint8Array {
  const out: number[] = [];
  for (let value of values) {
    for (; value >= 0x80; value = Math.floor(value / 0x80)) out.push((value % 0x80) | 0x80);
    out.push(value);
  }
  return new Uint8Array(out);
}

/** Pieces that together are one frame's body; the data of an answer is one of them, not copied. */
export function encodeExchange(message: ExchangeMessage): readonly Uint8Array[] {
  const frame = new Writer();
  switch (message.kind) {
    case 'request': {
      const { id, cid, chunk, start, end } = message;
      const inner = new Writer().number(1, id).bytes(2, CID.parse(cid).bytes).number(3, chunk);
      return frame.message(1, inner.number(4, start).number(5, end)).pieces;
    }
    case 'answer': {
      const { id, status, reason, data } = message;
      const text = new TextEncoder().encode(reason.slice(0, MAX_REASON));
      return frame.message(2, new Writer().number(1, id).number(2, status).bytes(3, text).bytes(4, data)).pieces;
    }
    case 'note': {
      const { id, isAnswer, status, body } = message;
      const inner = new Writer()
        .number(1, id)
        .number(2, isAnswer ? 1 : 0)
        .number(3, status);
      return frame.message(3, inner.bytes(4, body)).pieces;
    }
    case 'cancel':
      // A member of a oneof is written even when it is 0.
      return [varints((4 << 3) | VARINT, message.id)];
  }
}

// ---- reading ---------------------------------------------------------------------------------------------------------

/** Memory for the data of an answer. */
export type Allocate = (length: number) => Uint8Array;

/** Reads on over the pieces of a frame as if they lay together. */
class Cursor {
  readonly #pieces: readonly Uint8Array[];
  #piece = 0;
  #at = 0;
  /** Bytes not yet read. */
  left: number;

  constructor(pieces: readonly Uint8Array[]) {
    this.#pieces = pieces;
    this.left = pieces.reduce((length, piece) => length + piece.length, 0);
  }

  /** What is left of the current piece. The caller knows that something is left. */
  #rest(): Uint8Array {
    while (this.#at === this.#pieces[this.#piece]!.length) {
      this.#piece++;
      this.#at = 0;
    }
    return this.#pieces[this.#piece]!.subarray(this.#at);
  }

  byte(): number {
    const [byte] = this.#rest();
    this.#at++;
    this.left--;
    return byte!;
  }

  /** The next `length` bytes, in memory of their own. */
  take(length: number, allocate: Allocate): Uint8Array {
    const taken = allocate(length);
    for (let at = 0; at < length; ) {
      const part = this.#rest().subarray(0, length - at);
      taken.set(part, at);
      at += part.length;
      this.#at += part.length;
    }
    this.left -= length;
    return taken;
  }
}

const plain: Allocate = (length) => new Uint8Array(length);

/**
 * Field number → last value seen, of the next `length` bytes: numbers for varints, for fields of bytes what `read` makes of them.
 * @throws BAD_REQUEST for anything that is not protocol buffers
 */
function readFields<F>(
  cursor: Cursor,
  length: number,
  read: (field: number, length: number) => F,
): Map<number, number | F> {
  const fields = new Map<number, number | F>();
  const end = cursor.left - length;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 10; shift++) {
      if (cursor.left === end) throw malformed('it ends within a number');
      const byte = cursor.byte();
      value += (byte & 0x7f) * 0x80 ** shift;
      if (byte < 0x80) return value;
    }
    throw malformed('a number has more than 10 bytes');
  };
  const within = (bytes: number): number => {
    if (bytes > cursor.left - end) throw malformed('it ends within a field');
    return bytes;
  };
  while (cursor.left > end) {
    const key = varint();
    const field = Math.floor(key / 8);
    if (field === 0 || key > MAX_UINT32) throw malformed('a field has no number');
    switch (key % 8) {
      case VARINT:
        fields.set(field, varint());
        break;
      case 1:
        cursor.take(within(8), plain);
        break;
      case BYTES:
        fields.set(field, read(field, within(varint())));
        break;
      case 5:
        cursor.take(within(4), plain);
        break;
      default:
        throw malformed('a field has an unknown type');
    }
  }
  return fields;
}

function tooLong(field: number, maxBytes: number): AppError {
  return new AppError('TOO_LARGE', `Field ${field} has at most ${maxBytes} bytes.`);
}

function malformed(why: string): AppError {
  return new AppError('BAD_REQUEST', `Not an exchange message: ${why}.`);
}

type Fields = ReadonlyMap<number, number | Uint8Array>;

function numberOf(fields: Fields, field: number): number {
  const value = fields.get(field) ?? 0;
  if (typeof value !== 'number' || value > MAX_UINT32) throw malformed(`field ${field} is no 32-bit number`);
  return value;
}

function bytesOf(fields: Fields, field: number, maxBytes: number): Uint8Array {
  const value = fields.get(field) ?? new Uint8Array();
  if (typeof value === 'number') throw malformed(`field ${field} is no row of bytes`);
  if (value.length > maxBytes) throw tooLong(field, maxBytes);
  return value;
}

function cidOf(bytes: Uint8Array): string {
  try {
    const cid = CID.decode(bytes);
    if (cid.version === 1) return cid.toString();
  } catch {
    // Every malformed CID gets the same answer.
  }
  throw malformed('the CID is not a CIDv1');
}

/**
 * @param frame in one piece or in several
 * @param allocate memory for the data of an answer, which is copied into it; asked after its length was checked
 * @throws BAD_REQUEST, TOO_LARGE
 */
export function decodeExchange(frame: Uint8Array | readonly Uint8Array[], allocate: Allocate = plain): ExchangeMessage {
  const cursor = new Cursor(frame instanceof Uint8Array ? [frame] : frame);
  const skip = (length: number) => void cursor.take(length, plain);
  const message = (kind: number, length: number): Fields =>
    readFields(cursor, length, (field, bytes) => {
      const isData = kind === 2 && field === 4;
      if (isData && bytes > CHUNK_BYTES) throw tooLong(field, CHUNK_BYTES);
      return cursor.take(bytes, isData ? allocate : plain);
    });
  const members = readFields(cursor, cursor.left, (kind, length) => (kind <= 3 ? message(kind, length) : skip(length)));
  const [kind, value] = [...members].find(([member]) => member <= 4) ?? [];
  if (kind === 4) {
    if (typeof value !== 'number' || value > MAX_UINT32) throw malformed('the cancelled id is no 32-bit number');
    return { kind: 'cancel', id: value };
  }
  if (value === undefined || typeof value === 'number') throw malformed('it is of no known kind');
  const fields = value;
  const id = numberOf(fields, 1);
  if (kind === 1) {
    const cid = cidOf(bytesOf(fields, 2, MAX_CID_BYTES));
    const [chunk, start, end] = [numberOf(fields, 3), numberOf(fields, 4), numberOf(fields, 5)];
    return { kind: 'request', id, cid, chunk, start, end };
  }
  if (kind === 2) {
    const reason = new TextDecoder().decode(bytesOf(fields, 3, 4 * MAX_REASON));
    return { kind: 'answer', id, status: numberOf(fields, 2), reason, data: bytesOf(fields, 4, CHUNK_BYTES) };
  }
  const body = bytesOf(fields, 4, MAX_NOTE_BYTES);
  return { kind: 'note', id, isAnswer: numberOf(fields, 2) !== 0, status: numberOf(fields, 3), body };
}
