/**
 * Messages of the eDonkey client-to-client protocol that two clients need to move a file. Pure: no I/O; every malformed byte
 * string is one error.
 *
 * Numbers are little-endian, hashes 16 raw bytes. Ranges are start and end, the end excluded; offsets of 4 GiB and more use the
 * 64-bit twins in eMule's protocol.
 *
 * Left out on purpose, since a client that does not announce them is not asked for them: compression, multi-packets, secure
 * identification, source exchange, AICH.
 *
 * @see https://github.com/amule-project/amule/blob/2.3.3/src/include/protocol/ed2k/Client2Client/TCP.h
 */
import { EDONKEY, EMULE, encodeFrame, type Frame, frameHead } from './frame.ts';
import { decodeHello, encodeHello, type Hello } from './hello.ts';
import { Cursor, HASH_BYTES, malformed, shortText, toHash, uint16, uint32, uint64 } from './wire.ts';

/** Ranges in one request, always exactly so many. */
export const RANGES_PER_REQUEST = 3;
const UINT32 = 2 ** 32;

export interface Range {
  readonly start: number;
  /** Excluded. */
  readonly end: number;
}

export type Message =
  | { readonly type: 'hello' | 'helloAnswer'; readonly hello: Hello }
  | {
      readonly type:
        | 'fileNameRequest'
        | 'fileRequest'
        | 'noSuchFile'
        | 'hashSetRequest'
        | 'startUpload'
        | 'endOfDownload';
      readonly hash: string;
    }
  | { readonly type: 'fileName'; readonly hash: string; readonly name: string }
  /** `parts` 0 for a whole copy; else one bit per part, the lowest first. */
  | { readonly type: 'fileStatus'; readonly hash: string; readonly parts: number; readonly bits: Uint8Array }
  | { readonly type: 'hashSet'; readonly hash: string; readonly packed: Uint8Array }
  | { readonly type: 'acceptUpload' | 'cancelTransfer' | 'outOfPartRequests' | 'publicAddressRequest' }
  /** Place in the queue from 1. `isEmule` chooses eMule's form. */
  | { readonly type: 'queueRank'; readonly rank: number; readonly isEmule: boolean }
  | { readonly type: 'partsRequest'; readonly hash: string; readonly ranges: readonly Range[] }
  | { readonly type: 'part'; readonly hash: string; readonly start: number; readonly data: Uint8Array }
  /** Between our own nodes: why a file is not sent, as a wire byte of our errors. Stock clients get `noSuchFile`. */
  | { readonly type: 'fault'; readonly hash: string; readonly wire: number }
  /** IPv4 address as u32. */
  | { readonly type: 'publicAddress'; readonly address: number }
  | { readonly type: 'unknown'; readonly protocol: number; readonly opcode: number };

const OP = {
  hello: 0x01,
  part: 0x46,
  partsRequest: 0x47,
  noSuchFile: 0x48,
  endOfDownload: 0x49,
  helloAnswer: 0x4c,
  fileRequest: 0x4f,
  fileStatus: 0x50,
  hashSetRequest: 0x51,
  hashSet: 0x52,
  startUpload: 0x54,
  acceptUpload: 0x55,
  cancelTransfer: 0x56,
  outOfPartRequests: 0x57,
  fileNameRequest: 0x58,
  fileName: 0x59,
  queueRank: 0x5c,
} as const;

const EMULE_OP = {
  queueRank: 0x60,
  publicAddressRequest: 0x97,
  publicAddress: 0x98,
  largePart: 0xa2,
  largePartsRequest: 0xa3,
  /** Ours; eMule and aMule use none above 0xb3. */
  fault: 0xf1,
} as const;

/** Message in a frame; what is not known or not needed is 'unknown'. @throws BAD_REQUEST */
export function decodeMessage({ protocol, opcode, body }: Frame): Message {
  const cursor = new Cursor(body);
  if (protocol === EDONKEY) return decodeEdonkey(opcode, cursor);
  if (protocol === EMULE) return decodeEmule(opcode, cursor);
  return { type: 'unknown', protocol, opcode };
}

function decodeEdonkey(opcode: number, cursor: Cursor): Message {
  switch (opcode) {
    case OP.hello:
      if (cursor.u8() !== HASH_BYTES) throw malformed('a user hash of another length');
      return { type: 'hello', hello: decodeHello(cursor) };
    case OP.helloAnswer:
      return { type: 'helloAnswer', hello: decodeHello(cursor) };
    case OP.fileNameRequest:
      // What extended clients add (their own parts and sources) is of no use here.
      return { type: 'fileNameRequest', hash: cursor.hash() };
    case OP.fileRequest:
      return { type: 'fileRequest', hash: cursor.hash() };
    case OP.noSuchFile:
      return { type: 'noSuchFile', hash: cursor.hash() };
    case OP.hashSetRequest:
      return { type: 'hashSetRequest', hash: cursor.hash() };
    case OP.startUpload:
      return { type: 'startUpload', hash: cursor.hash() };
    case OP.endOfDownload:
      return { type: 'endOfDownload', hash: cursor.hash() };
    case OP.fileName:
      return { type: 'fileName', hash: cursor.hash(), name: cursor.text(cursor.u16()) };
    case OP.fileStatus: {
      const hash = cursor.hash();
      const parts = cursor.u16();
      return { type: 'fileStatus', hash, parts, bits: cursor.bytes(Math.ceil(parts / 8)) };
    }
    case OP.hashSet: {
      const hash = cursor.hash();
      return { type: 'hashSet', hash, packed: cursor.bytes(cursor.u16() * HASH_BYTES) };
    }
    case OP.acceptUpload:
      return { type: 'acceptUpload' };
    case OP.cancelTransfer:
      return { type: 'cancelTransfer' };
    case OP.outOfPartRequests:
      return { type: 'outOfPartRequests' };
    case OP.queueRank:
      return { type: 'queueRank', rank: cursor.u32(), isEmule: false };
    case OP.partsRequest:
      return decodeRanges(cursor, cursor.u32);
    case OP.part:
      return decodePart(cursor, cursor.u32);
    default:
      return { type: 'unknown', protocol: EDONKEY, opcode };
  }
}

function decodeEmule(opcode: number, cursor: Cursor): Message {
  switch (opcode) {
    case EMULE_OP.queueRank:
      return { type: 'queueRank', rank: cursor.u16(), isEmule: true };
    case EMULE_OP.publicAddressRequest:
      return { type: 'publicAddressRequest' };
    case EMULE_OP.publicAddress:
      return { type: 'publicAddress', address: cursor.u32() };
    case EMULE_OP.fault:
      return { type: 'fault', hash: cursor.hash(), wire: cursor.u8() };
    case EMULE_OP.largePartsRequest:
      return decodeRanges(cursor, cursor.u64);
    case EMULE_OP.largePart:
      return decodePart(cursor, cursor.u64);
    default:
      return { type: 'unknown', protocol: EMULE, opcode };
  }
}

/** Empty places among the three are left out. */
function decodeRanges(cursor: Cursor, offset: () => number): Message {
  const hash = cursor.hash();
  const starts = Array.from({ length: RANGES_PER_REQUEST }, offset);
  const ranges = starts.map((start) => ({ start, end: offset() }));
  return { type: 'partsRequest', hash, ranges: ranges.filter(({ start, end }) => start < end) };
}

function decodePart(cursor: Cursor, offset: () => number): Message {
  const hash = cursor.hash();
  const start = offset();
  const end = offset();
  if (end - start !== cursor.left) throw malformed('a part of another length than it says');
  return { type: 'part', hash, start, data: cursor.bytes(cursor.left) };
}

/** Frame of a message that we send, as bytes. */
export function encodeMessage(message: Message): Buffer {
  switch (message.type) {
    case 'hello':
      return encodeFrame(EDONKEY, OP.hello, Buffer.concat([Buffer.of(HASH_BYTES), encodeHello(message.hello)]));
    case 'helloAnswer':
      return encodeFrame(EDONKEY, OP.helloAnswer, encodeHello(message.hello));
    case 'fileNameRequest':
    case 'fileRequest':
    case 'noSuchFile':
    case 'hashSetRequest':
    case 'startUpload':
    case 'endOfDownload':
      return encodeFrame(EDONKEY, OP[message.type], toHash(message.hash));
    case 'acceptUpload':
    case 'cancelTransfer':
    case 'outOfPartRequests':
      return encodeFrame(EDONKEY, OP[message.type], new Uint8Array(0));
    case 'fileName':
      return encodeFrame(EDONKEY, OP.fileName, Buffer.concat([toHash(message.hash), shortText(message.name)]));
    case 'fileStatus':
      return encodeFrame(
        EDONKEY,
        OP.fileStatus,
        Buffer.concat([toHash(message.hash), uint16(message.parts), message.bits]),
      );
    case 'hashSet':
      return encodeFrame(
        EDONKEY,
        OP.hashSet,
        Buffer.concat([toHash(message.hash), uint16(message.packed.length / HASH_BYTES), message.packed]),
      );
    case 'queueRank':
      // eMule's form has ten bytes of nothing, without which it is refused.
      return message.isEmule
        ? encodeFrame(
            EMULE,
            EMULE_OP.queueRank,
            Buffer.concat([uint16(Math.min(message.rank, 0xffff)), Buffer.alloc(10)]),
          )
        : encodeFrame(EDONKEY, OP.queueRank, uint32(message.rank));
    case 'publicAddressRequest':
      return encodeFrame(EMULE, EMULE_OP.publicAddressRequest, new Uint8Array(0));
    case 'publicAddress':
      return encodeFrame(EMULE, EMULE_OP.publicAddress, uint32(message.address));
    case 'fault':
      return encodeFrame(EMULE, EMULE_OP.fault, Buffer.concat([toHash(message.hash), Buffer.of(message.wire)]));
    case 'partsRequest':
      return encodeRanges(message.hash, message.ranges);
    case 'part':
      return Buffer.concat([encodePartHead(message.hash, message.start, message.data.length), message.data]);
    case 'unknown':
      return encodeFrame(message.protocol, message.opcode, new Uint8Array(0));
  }
}

/** Everything of a part message before its data, so that the data need not be copied. */
export function encodePartHead(hash: string, start: number, length: number): Buffer {
  const end = start + length;
  const isLarge = end >= UINT32;
  const place = isLarge ? [uint64(start), uint64(end)] : [uint32(start), uint32(end)];
  const body = Buffer.concat([toHash(hash), ...place]);
  const head = frameHead(isLarge ? EMULE : EDONKEY, isLarge ? EMULE_OP.largePart : OP.part, body.length + length);
  return Buffer.concat([head, body]);
}

/** @param ranges at most RANGES_PER_REQUEST, none empty */
function encodeRanges(hash: string, ranges: readonly Range[]): Buffer {
  const isLarge = ranges.some(({ end }) => end >= UINT32);
  const offset = isLarge ? uint64 : uint32;
  const places = Array.from({ length: RANGES_PER_REQUEST }, (_, i) => ranges[i] ?? { start: 0, end: 0 });
  const body = [toHash(hash), ...places.map(({ start }) => offset(start)), ...places.map(({ end }) => offset(end))];
  return encodeFrame(
    isLarge ? EMULE : EDONKEY,
    isLarge ? EMULE_OP.largePartsRequest : OP.partsRequest,
    Buffer.concat(body),
  );
}
