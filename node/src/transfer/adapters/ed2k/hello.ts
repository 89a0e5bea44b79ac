/**
 * What two clients tell each other of themselves: a user hash, where they listen, and a list of tags. Pure.
 */
import { type Cursor, HASH_BYTES, malformed, shortText, toHash, uint16, uint32 } from './wire.ts';

/** Tags that are looked at in one hello; clients send under ten. */
const MAX_TAGS = 64;

const TAG = { nickname: 0x01, version: 0x11, software: 0x55, emuleVersion: 0xfb, options2: 0xfe } as const;
const TAG_TYPE = {
  hash: 1,
  text: 2,
  u32: 3,
  float: 4,
  bool: 5,
  blob: 7,
  u16: 8,
  u8: 9,
  shortBlob: 10,
  u64: 11,
  firstShortText: 17,
  lastShortText: 32,
};
/** eDonkey version that eMule and aMule announce. */
const EDONKEY_VERSION = 0x3c;
/** Bit of options 2: files over 4 GiB. */
const LARGE_FILES = 1 << 4;

/** What a client says of itself. */
export interface Hello {
  /** 32 lower-case hex digits. A claim, not a proof. */
  readonly userHash: string;
  /** IPv4 address as u32, or a small number given by a server ("low id"). */
  readonly clientId: number;
  /** Where it listens; 0 when it does not. */
  readonly port: number;
  readonly nickname: string;
  /** Name of a modified client; '' when it tells none. */
  readonly software: string;
  /** Announced an eMule version, so it understands eMule's own messages. */
  readonly isEmule: boolean;
  readonly takesLargeFiles: boolean;
}

/** @throws BAD_REQUEST */
export function decodeHello(cursor: Cursor): Hello {
  const userHash = cursor.hash();
  const clientId = cursor.u32();
  const port = cursor.u16();
  const tags = decodeTags(cursor);
  const text = (tag: number) => {
    const value = tags.get(tag);
    return typeof value === 'string' ? value : '';
  };
  return {
    userHash,
    clientId,
    port,
    nickname: text(TAG.nickname),
    software: text(TAG.software),
    isEmule: tags.has(TAG.emuleVersion),
    takesLargeFiles: (Number(tags.get(TAG.options2) ?? 0) & LARGE_FILES) !== 0,
  };
}

/** Tags with one-byte names, by name; others are passed over. */
function decodeTags(cursor: Cursor): Map<number, number | string> {
  const tags = new Map<number, number | string>();
  const count = cursor.u32();
  if (count > MAX_TAGS) throw malformed('too many tags');
  for (let i = 0; i < count; i++) {
    const typeByte = cursor.u8();
    const name = typeByte & 0x80 ? cursor.bytes(1) : cursor.bytes(cursor.u16());
    const value = decodeTagValue(cursor, typeByte & 0x7f);
    if (name.length === 1 && value !== undefined) tags.set(name[0]!, value);
  }
  return tags;
}

function decodeTagValue(cursor: Cursor, type: number): number | string | undefined {
  switch (type) {
    case TAG_TYPE.text:
      return cursor.text(cursor.u16());
    case TAG_TYPE.u32:
      return cursor.u32();
    case TAG_TYPE.u16:
      return cursor.u16();
    case TAG_TYPE.u8:
      return cursor.u8();
    case TAG_TYPE.bool:
      return cursor.u8();
    case TAG_TYPE.hash:
      cursor.bytes(HASH_BYTES);
      return undefined;
    case TAG_TYPE.float:
      cursor.bytes(4);
      return undefined;
    case TAG_TYPE.u64:
      cursor.bytes(8);
      return undefined;
    case TAG_TYPE.blob:
      cursor.bytes(cursor.u32());
      return undefined;
    case TAG_TYPE.shortBlob:
      cursor.bytes(cursor.u8());
      return undefined;
  }
  if (type < TAG_TYPE.firstShortText || type > TAG_TYPE.lastShortText) throw malformed('a tag of unknown type');
  return cursor.text(type - TAG_TYPE.firstShortText + 1);
}

/**
 * Ours carries a name, the eDonkey version, the software and the large-file bit, and no eMule version: a client that sees one
 * would begin to speak what is left out above.
 */
export function encodeHello(hello: Hello): Buffer {
  const tags = [textTag(TAG.nickname, hello.nickname), numberTag(TAG.version, EDONKEY_VERSION)];
  if (hello.software !== '') tags.push(textTag(TAG.software, hello.software));
  if (hello.isEmule) tags.push(numberTag(TAG.emuleVersion, 0));
  if (hello.takesLargeFiles) tags.push(numberTag(TAG.options2, LARGE_FILES));
  const noServer = Buffer.alloc(6);
  return Buffer.concat([
    toHash(hello.userHash),
    uint32(hello.clientId),
    uint16(hello.port),
    uint32(tags.length),
    ...tags,
    noServer,
  ]);
}

function textTag(name: number, text: string): Buffer {
  return Buffer.concat([Buffer.of(TAG_TYPE.text, 1, 0, name), shortText(text)]);
}

function numberTag(name: number, value: number): Buffer {
  return Buffer.concat([Buffer.of(TAG_TYPE.u32, 1, 0, name), uint32(value)]);
}
