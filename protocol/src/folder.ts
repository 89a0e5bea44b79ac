/**
 * Folder: the manifest of a folder, rows of `{ path, cid, size }`. It is a content like any other, so it has a CID, a seller and
 * an offer, whose type says what it is; each file in it is a content of its own, found, paid for and checked by itself. Pure.
 *
 * Its bytes are canonical dag-cbor of `{ v, files }` with the rows in the order of their paths, so that equal folders have equal
 * names. A path comes from a stranger: what could leave its folder, or read as something else, is no folder.
 */
import * as dagCbor from '@ipld/dag-cbor';
import { equalBytes, MAX_CONTENT_BYTES, parseCid } from './content.ts';
import { AppError } from './errors.ts';
import { MAX_FOLDER_BYTES } from './folder-type.ts';
import { UNSAFE_IN_NAME } from './unreadable.ts';

export const MAX_FOLDER_FILES = 10_000;
/** Longest path and longest part of one, bytes of UTF-8. */
const MAX_PATH_BYTES = 1024;
const MAX_PART_BYTES = 255;

export interface FolderRow {
  /** Parts joined by `/`; the last is the file's name. */
  readonly path: string;
  readonly cid: string;
  /** Bytes. */
  readonly size: number;
}

/** Stands in for a CID while only the paths are looked at; all have its length. */
const NOBODYS_CID = 'bafyreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku';

const UNSAFE = new RegExp(`[${UNSAFE_IN_NAME}]`, 'u');
const utf8Length = (text: string) => new TextEncoder().encode(text).length;
const isPart = (part: string) =>
  part !== '' && !/^[\s.]*$/.test(part) && !UNSAFE.test(part) && utf8Length(part) <= MAX_PART_BYTES;
const byPath = (a: FolderRow, b: FolderRow) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0);

/** What is wrong with rows that stand in order; undefined when nothing is. */
function faultOf(rows: readonly FolderRow[]): string | undefined {
  if (rows.length === 0) return 'it is empty';
  if (rows.length > MAX_FOLDER_FILES) return `it has more than ${MAX_FOLDER_FILES} files`;
  const files = new Set<string>();
  const folders = new Set<string>();
  for (const { path, size } of rows) {
    const parts = path.split('/');
    if (utf8Length(path) > MAX_PATH_BYTES || !parts.every(isPart)) return `"${path.slice(0, 80)}" is no path`;
    if (!Number.isInteger(size) || size < 0 || size > MAX_CONTENT_BYTES) return 'a size is no size';
    // Two names that are one on a disk which does not tell upper from lower case, or composed letters from others.
    const folded = path.normalize('NFC').toLowerCase();
    if (files.has(folded)) return `"${path.slice(0, 80)}" is there twice`;
    files.add(folded);
    const foldedParts = folded.split('/');
    for (let i = 1; i < foldedParts.length; i++) folders.add(foldedParts.slice(0, i).join('/'));
  }
  for (const folder of folders) if (files.has(folder)) return `"${folder.slice(0, 80)}" is a file and a folder`;
  return undefined;
}

/** Rows as they stand in the encoding. @throws BAD_REQUEST a name is no CID */
const inOrder = (rows: readonly FolderRow[]): FolderRow[] =>
  rows.map(({ path, cid, size }) => ({ path, cid: parseCid(cid), size })).sort(byPath);
/** The one encoding of rows in order, whatever faults they have. */
const pack = (files: readonly FolderRow[]): Uint8Array => dagCbor.encode({ v: 1, files });

/**
 * Whether others could take a folder, before the names of its files are known; paths with their sizes, bytes.
 * @throws as `encodeFolder`
 */
export function checkFolder(files: readonly Omit<FolderRow, 'cid'>[]): void {
  encodeFolder(files.map(({ path, size }) => ({ path, cid: NOBODYS_CID, size })));
}

/** Canonical bytes of a folder, rows in any order. @throws BAD_REQUEST for a folder that nobody would take; TOO_LARGE */
export function encodeFolder(rows: readonly FolderRow[]): Uint8Array {
  const files = inOrder(rows);
  const fault = faultOf(files);
  if (fault) throw new AppError('BAD_REQUEST', `This folder cannot be shared: ${fault}.`);
  const bytes = pack(files);
  if (bytes.length > MAX_FOLDER_BYTES)
    throw new AppError('TOO_LARGE', `The list of a folder has at most ${MAX_FOLDER_BYTES} bytes; share it in parts.`);
  return bytes;
}

/** @throws CONTENT_INVALID for anything but the one canonical encoding of a folder */
export function decodeFolder(bytes: Uint8Array): FolderRow[] {
  const fail = (why: string, cause?: unknown) =>
    new AppError('CONTENT_INVALID', `Not a folder: ${why}.`, {}, { cause });
  if (bytes.length > MAX_FOLDER_BYTES) throw fail('it is too long');
  let value: unknown;
  try {
    value = dagCbor.decode(bytes);
  } catch (cause) {
    throw fail('not canonical dag-cbor', cause);
  }
  const { v, files } = (value ?? {}) as { v?: unknown; files?: unknown };
  if (v !== 1 || !Array.isArray(files)) throw fail('unknown version');
  const rows = files.map((row: unknown): FolderRow => {
    const { path, cid, size } = (row ?? {}) as Partial<Record<keyof FolderRow, unknown>>;
    if (typeof path !== 'string' || typeof cid !== 'string' || typeof size !== 'number') throw fail('a row is no row');
    return { path, cid, size };
  });
  const fault = faultOf(rows);
  if (fault) throw fail(fault);
  let canonical: Uint8Array;
  try {
    canonical = pack(inOrder(rows));
  } catch (cause) {
    throw fail('a name is no CID', cause);
  }
  if (!equalBytes(canonical, bytes)) throw fail('not the canonical encoding');
  return rows;
}
