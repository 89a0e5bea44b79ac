/**
 * Many files as one that every system can open: a ZIP whose members are stored as they are. What it returns points at the files and
 * copies none of them into memory; each is read once here, for its checksum. Pure but for that.
 *
 * @see https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT 4.3
 */
import { AppError } from '@chiral/protocol/errors';

/** Without the extension for large archives, which not every reader has. */
const MAX_BYTES = 0xffff_ffff;
const MAX_MEMBERS = 0xffff;
/** Names are UTF-8. */
const FLAGS = 1 << 11;
/** Version of the format that is needed: 2.0, folders. */
const VERSION = 20;
const LOCAL_BYTES = 30;
const CENTRAL_BYTES = 46;
const END_BYTES = 22;

export interface Member {
  /** Parts joined by `/`. */
  readonly path: string;
  readonly data: Blob;
}

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0xedb8_8320 : rest >>> 1;
  return rest;
});

async function crc32(data: Blob, signal: AbortSignal): Promise<number> {
  let crc = 0xffff_ffff;
  const reader = data.stream().getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return ~crc >>> 0;
    if (signal.aborted) throw new AppError('CANCELLED', 'Packing was stopped.');
    for (const byte of value) crc = (crc >>> 8) ^ TABLE[(crc ^ byte) & 255]!;
  }
}

/** @throws TOO_LARGE, CANCELLED */
export async function toZip(members: readonly Member[], signal: AbortSignal): Promise<Blob> {
  const bytes = members.reduce((sum, { path, data }) => sum + data.size + 2 * path.length + 128, 0);
  if (bytes > MAX_BYTES || members.length > MAX_MEMBERS)
    throw new AppError('TOO_LARGE', 'A ZIP holds at most 4 GB and 65,535 files; save the files one by one.');
  const parts: BlobPart[] = [];
  const index: Uint8Array<ArrayBuffer>[] = [];
  let at = 0;
  for (const { path, data } of members) {
    const name = new TextEncoder().encode(path);
    const crc = await crc32(data, signal);
    // What both headers say of a member: flags, stored, no time, checksum, both sizes, length of the name, nothing more.
    const common = (view: DataView, from: number) => {
      view.setUint16(from, VERSION, true);
      view.setUint16(from + 2, FLAGS, true);
      // 1 January 1980, the earliest there is: nobody knows better.
      view.setUint16(from + 8, 0x21, true);
      view.setUint32(from + 10, crc, true);
      view.setUint32(from + 14, data.size, true);
      view.setUint32(from + 18, data.size, true);
      view.setUint16(from + 22, name.length, true);
    };
    const local = new Uint8Array(LOCAL_BYTES + name.length);
    const localView = new DataView(local.buffer);
    localView.setUint32(0, 0x0403_4b50, true);
    common(localView, 4);
    local.set(name, LOCAL_BYTES);
    const central = new Uint8Array(CENTRAL_BYTES + name.length);
    const centralView = new DataView(central.buffer);
    centralView.setUint32(0, 0x0201_4b50, true);
    centralView.setUint16(4, VERSION, true);
    common(centralView, 6);
    centralView.setUint32(42, at, true);
    central.set(name, CENTRAL_BYTES);
    parts.push(local, data);
    index.push(central);
    at += local.length + data.size;
  }
  const end = new DataView(new ArrayBuffer(END_BYTES));
  end.setUint32(0, 0x0605_4b50, true);
  end.setUint16(8, members.length, true);
  end.setUint16(10, members.length, true);
  end.setUint32(
    12,
    index.reduce((sum, { length }) => sum + length, 0),
    true,
  );
  end.setUint32(16, at, true);
  return new Blob([...parts, ...index, end], { type: 'application/zip' });
}
