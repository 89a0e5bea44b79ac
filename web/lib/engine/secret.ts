/**
 * A file that only those who have the link can read. What is shared is the ciphertext: sellers and the network see its bytes and
 * its length, and neither name nor type. The key is made for this one file, stands behind the `#` of the link, and is sent nowhere.
 *
 * The plain text is a head (its length in four bytes, then name and type as JSON) and the file behind it, cut into pieces that fill
 * a chunk of the network once each has its tag: AES-256-GCM, the piece's number and whether it is the last in the nonce, so that
 * none can be moved, left out or cut off. A player's read needs one piece, or two. Pure but for the browser's own cryptography.
 *
 * @see https://eprint.iacr.org/2015/189 (STREAM), for the nonce
 */
import { CHUNK_BYTES } from '@chiral/protocol/content';
import { AppError } from '@chiral/protocol/errors';

/** How an encrypted file is offered; what it really is stands inside. */
export const SECRET_MIME = 'application/vnd.chiral.encrypted';
const TAG_BYTES = 16;
/** Of the plain text in a piece. */
export const PIECE_BYTES = CHUNK_BYTES - TAG_BYTES;
const KEY_BYTES = 32;
const LENGTH_BYTES = 4;
/** Longest head, bytes: it lies in the first piece whole. */
const MAX_HEAD_BYTES = 4_096;

type Bytes = Uint8Array<ArrayBuffer>;

/** What the head says. */
export interface Inside {
  readonly name: string;
  readonly mime: string;
}

export const newKey = (): Bytes => crypto.getRandomValues(new Uint8Array(KEY_BYTES));

export const keyToText = (key: Uint8Array): string =>
  btoa(String.fromCharCode(...key))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');

const wrongKey = (cause?: unknown) =>
  new AppError('CONTENT_INVALID', 'The key in this link does not open this file.', {}, { cause });

/** @throws CONTENT_INVALID for what is no key */
export function keyFromText(text: string): Bytes {
  if (!/^[\w-]{43}$/.test(text)) throw wrongKey();
  const bytes = Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0));
  if (bytes.length !== KEY_BYTES) throw wrongKey();
  return bytes;
}

const importKey = (key: Bytes, use: 'encrypt' | 'decrypt') =>
  crypto.subtle.importKey('raw', key, 'AES-GCM', false, [use]);

/** The key is used for one file, so the number of a piece is a nonce that never comes again. */
function nonceOf(piece: number, isLast: boolean): Bytes {
  const nonce = new Uint8Array(12);
  const view = new DataView(nonce.buffer);
  view.setUint8(0, isLast ? 1 : 0);
  view.setBigUint64(4, BigInt(piece));
  return nonce;
}

function headOf({ name, mime }: Inside): Bytes {
  const text = new TextEncoder().encode(JSON.stringify({ name: name.slice(0, 512), mime: mime.slice(0, 512) }));
  const head = new Uint8Array(LENGTH_BYTES + text.length);
  new DataView(head.buffer).setUint32(0, text.length);
  head.set(text, LENGTH_BYTES);
  return head;
}

const piecesOf = (plainBytes: number) => Math.max(1, Math.ceil(plainBytes / PIECE_BYTES));

export interface Sealer {
  /** Of all that `seal` gives. */
  readonly size: number;
  readonly pieces: number;
  /** @param read the file's bytes `[start, end)` */
  seal(piece: number, read: (start: number, end: number) => Promise<Uint8Array>): Promise<Bytes>;
}

/** Encrypts a file of `size` bytes, piece by piece. */
export async function createSealer(keyBytes: Bytes, inside: Inside, size: number): Promise<Sealer> {
  const key = await importKey(keyBytes, 'encrypt');
  const head = headOf(inside);
  const plainBytes = head.length + size;
  const pieces = piecesOf(plainBytes);
  return {
    size: plainBytes + pieces * TAG_BYTES,
    pieces,
    async seal(piece, read) {
      const start = piece * PIECE_BYTES;
      const end = Math.min(plainBytes, start + PIECE_BYTES);
      const plain = new Uint8Array(end - start);
      const ofHead = head.subarray(Math.min(start, head.length), Math.min(end, head.length));
      plain.set(ofHead);
      if (end > head.length) plain.set(await read(Math.max(0, start - head.length), end - head.length), ofHead.length);
      const iv = nonceOf(piece, piece === pieces - 1);
      return new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, plain));
    },
  };
}

export interface Secret extends Inside {
  /** Of the file inside. */
  readonly size: number;
  /** Of the chunk with this byte of the file inside. */
  chunkAt(byte: number): number;
  /** Bytes `[start, end)` of the file inside. @throws CONTENT_INVALID, and as the reader does */
  read(start: number, end: number, signal: AbortSignal): Promise<Bytes>;
}

/** Some pieces are read twice in a row: the end of one read and the beginning of the next. */
const KEPT_PIECES = 2;

/**
 * @param size of the ciphertext
 * @param readChunk a chunk of the ciphertext, as soon as it is here
 * @throws CONTENT_INVALID the key does not open it; and as the reader does
 */
export async function openSecret(
  keyBytes: Bytes,
  size: number,
  readChunk: (chunk: number, signal: AbortSignal) => Promise<Uint8Array>,
  signal: AbortSignal,
): Promise<Secret> {
  const key = await importKey(keyBytes, 'decrypt');
  const pieces = Math.ceil(size / CHUNK_BYTES);
  const kept = new Map<number, Bytes>();

  async function open(piece: number, abort: AbortSignal): Promise<Bytes> {
    const known = kept.get(piece);
    if (known) return known;
    const sealed = new Uint8Array(await readChunk(piece, abort));
    let plain: Bytes;
    try {
      const iv = nonceOf(piece, piece === pieces - 1);
      plain = new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, key, sealed));
    } catch (cause) {
      throw wrongKey(cause);
    }
    kept.set(piece, plain);
    for (const old of kept.keys()) {
      if (kept.size <= KEPT_PIECES) break;
      kept.delete(old);
    }
    return plain;
  }

  const first = await open(0, signal);
  const length = first.length < LENGTH_BYTES ? Number.POSITIVE_INFINITY : new DataView(first.buffer).getUint32(0);
  if (length > Math.min(MAX_HEAD_BYTES, first.length - LENGTH_BYTES)) throw wrongKey();
  const headBytes = LENGTH_BYTES + length;
  const { name, mime } = parseHead(first.subarray(LENGTH_BYTES, headBytes));
  return {
    name,
    mime,
    size: size - pieces * TAG_BYTES - headBytes,
    chunkAt: (byte) => Math.floor((byte + headBytes) / PIECE_BYTES),
    async read(start, end, abort) {
      const bytes = new Uint8Array(end - start);
      for (let at = start; at < end; ) {
        const from = at + headBytes;
        const piece = Math.floor(from / PIECE_BYTES);
        const plain = await open(piece, abort);
        const part = plain.subarray(from - piece * PIECE_BYTES, end + headBytes - piece * PIECE_BYTES);
        if (part.length === 0) throw wrongKey();
        bytes.set(part, at - start);
        at += part.length;
      }
      return bytes;
    },
  };
}

/** Whoever made the file wrote this; it is text for display and no more. */
function parseHead(text: Uint8Array): Inside {
  try {
    const { name, mime } = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(text)) as Partial<Inside>;
    if (typeof name === 'string' && typeof mime === 'string') return { name, mime };
  } catch (cause) {
    throw wrongKey(cause);
  }
  throw wrongKey();
}
