/**
 * Folders on this machine: one is published as its files, where they lie, and the list that names them (protocol/folder); one is
 * bought as the list and then file by file, into a folder of its own. It never follows a link out of what is published, and a
 * path of a stranger's never leaves the folder that is bought into, nor takes the place of what is there.
 * State: the lists, small files under `folders` in the data folder.
 */
import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, realpath, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import type { GetEvent, SellerRow } from '@chiral/protocol/api';
import { AppError } from '@chiral/protocol/errors';
import { checkFolder, decodeFolder, encodeFolder, type FolderRow } from '@chiral/protocol/folder';
import { FOLDER_MIME, MAX_FOLDER_BYTES } from '@chiral/protocol/folder-type';
import type { Bought, BuyOptions } from './buy.ts';
import { toSafeFileName } from './content/file-name.ts';
import type { Holding, Library } from './content/library.ts';
import type { ProtocolName } from './ports.ts';
import type { Shop } from './sell.ts';

const EMPTY_SHA256 = createHash('sha256').digest();

export interface FolderParts {
  readonly library: Library;
  readonly shop: Shop;
  /** Where the lists are kept. */
  readonly listsDir: string;
}

export const isFolder = ({ mime, size }: { mime: string; size: number }) =>
  mime === FOLDER_MIME && size <= MAX_FOLDER_BYTES;

/** Where the list of a folder that is being bought is kept. */
export const listPath = (listsDir: string, cid: string) => join(listsDir, `${cid}.folder`);

/** Rows of a folder that is held here, whole. @throws CONTENT_INVALID it is none; STORE_FAILED */
export async function readFolder({ path }: { path: string }): Promise<FolderRow[]> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new AppError('STORE_FAILED', 'The list of this folder cannot be read.', { path }, { cause });
  });
  return decodeFolder(bytes);
}

/**
 * Offers every file below `path`, all at one price, and for nothing the list of them. Links and what is no file are left out.
 * @throws BAD_REQUEST a name that other systems cannot have, or nothing to share; what `library.publish` throws
 */
export async function publishFolder(
  { library, shop, listsDir }: FolderParts,
  want: { path: string; name?: string; weiPerMiB?: bigint; protocols?: ProtocolName[] },
  onProgress: (bytes: number, total: number) => void,
  signal: AbortSignal,
): Promise<Holding> {
  const top = await realpath(want.path);
  const entries = await readdir(top, { recursive: true, withFileTypes: true });
  const found = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry) => {
        const path = join(entry.parentPath, entry.name);
        return { path, inside: relative(top, path).split(sep).join('/'), size: (await stat(path)).size };
      }),
  );
  // Before hours of hashing: whether others could take it.
  checkFolder(found.map(({ inside, size }) => ({ path: inside, size })));
  const total = found.reduce((sum, { size }) => sum + size, 0);
  const terms = {
    ...(want.weiPerMiB !== undefined && { weiPerMiB: want.weiPerMiB }),
    ...(want.protocols && { protocols: want.protocols }),
  };
  const known = new Set(library.list().map(({ cid }) => cid));
  const added: string[] = [];
  try {
    const rows: FolderRow[] = [];
    let done = 0;
    for (const { path, inside } of found) {
      const before = done;
      const file = await library.publish(path, { signal, onProgress: (bytes) => onProgress(before + bytes, total) });
      if (!known.has(file.cid)) added.push(file.cid);
      rows.push({ path: inside, cid: file.cid, size: file.size });
      done += file.size;
    }
    const bytes = encodeFolder(rows);
    await mkdir(listsDir, { recursive: true });
    const list = join(listsDir, `${createHash('sha256').update(bytes).digest('hex')}.folder`);
    await writeFile(list, bytes);
    const folder = await library.publish(list, { name: want.name ?? basename(top), mime: FOLDER_MIME, signal });
    if (!known.has(folder.cid)) added.push(folder.cid);
    for (const { cid, size } of rows) if (size > 0) await shop.list(cid, terms);
    await shop.list(folder.cid, { ...terms, weiPerMiB: 0n });
    return folder;
  } catch (error) {
    for (const cid of added) {
      if (shop.offers(cid)) await shop.unlist(cid);
      await library.withdraw(cid);
    }
    throw error;
  }
}

/** Contents that only this folder brought here: the others stay when it goes. */
export async function onlyIn(library: Library, folder: Holding): Promise<string[]> {
  const elsewhere = new Set<string>();
  for (const other of library.list()) {
    if (other.cid === folder.cid || !isFolder(other) || !other.complete) continue;
    for (const { cid } of await readFolder(other)) elsewhere.add(cid);
  }
  const rows = await readFolder(folder);
  return [...new Set(rows.map(({ cid }) => cid))].filter(
    (cid) => !elsewhere.has(cid) && library.find(cid)?.origin === 'published',
  );
}

/**
 * Buys every file of `folder`, whose list is here, into the folder `to`. Files that are there from an earlier attempt stay.
 * @param buyFile buys one content to a path and offers it again where the owner wants that
 * @throws CONFLICT something else has a file's place; what `buyFile` throws
 */
export async function buyFolder(
  library: Library,
  folder: Bought,
  to: string,
  want: Omit<BuyOptions, 'target' | 'to'>,
  buyFile: (want: BuyOptions, emit: (event: GetEvent) => void) => Promise<Bought>,
  emit: (event: GetEvent) => void,
): Promise<Bought> {
  const rows = await readFolder(folder);
  const total = rows.reduce((sum, { size }) => sum + size, 0);
  const startedMs = Date.now();
  const sellers = new Map<string, SellerRow>();
  let bytes = 0;
  let spentWei = 0n;
  for (const { path, cid, size } of rows) {
    const place = join(to, ...path.split('/').map((part) => toSafeFileName(part, 'file')));
    await mkdir(dirname(place), { recursive: true });
    const isHere = library.find(cid)?.complete ?? false;
    if (size === 0) await writeFile(place, '', { flag: 'wx' }).catch(unlessSame(place, EMPTY_SHA256));
    else {
      const before = { bytes, spentWei };
      const one = (event: GetEvent) => {
        if (event.event === 'complete' || event.event === 'done') return;
        if (event.event !== 'progress') return emit(event);
        const costWei = `${before.spentWei + BigInt(event.costWei)}`;
        emit({ ...event, bytes: before.bytes + event.bytes, total, costWei });
      };
      const options: BuyOptions = {
        ...want,
        target: cid,
        to: place,
        aheadBytes: total - bytes - size,
        ...(want.maxWei !== undefined && { maxWei: want.maxWei > spentWei ? want.maxWei - spentWei : 0n }),
      };
      const bought = isHere ? undefined : await buyFile(options, one);
      const { path, sha256 } = library.find(cid)!;
      // The same bytes twice in a folder, or held before in another place: nobody pays for them again.
      if (path !== place) await copyFile(path, place, constants.COPYFILE_EXCL).catch(unlessSame(place, sha256));
      for (const row of bought?.sellers ?? []) {
        spentWei += BigInt(row.costWei);
        add(sellers, row);
      }
    }
    bytes += size;
    emit({ event: 'progress', bytes, total, bytesPerSecond: 0, sources: sellers.size, costWei: `${spentWei}` });
  }
  const seconds = (Date.now() - startedMs) / 1000 + folder.seconds;
  return { cid: folder.cid, path: to, bytes: total, seconds, sellers: [...sellers.values()] };
}

/** One row for what a seller delivered over one protocol. */
function add(sellers: Map<string, SellerRow>, row: SellerRow): void {
  const key = `${row.peer} ${row.protocol}`;
  const known = sellers.get(key);
  sellers.set(
    key,
    known
      ? {
          ...row,
          chunks: known.chunks + row.chunks,
          bytes: known.bytes + row.bytes,
          badChunks: known.badChunks + row.badChunks,
          costWei: `${BigInt(known.costWei) + BigInt(row.costWei)}`,
        }
      : row,
  );
}

/** An earlier attempt may have put the file there; anything else has the place by right. @throws CONFLICT, STORE_FAILED */
function unlessSame(path: string, sha256: Uint8Array) {
  return async (cause: unknown): Promise<void> => {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST')
      throw new AppError('STORE_FAILED', 'The folder cannot be written to.', { path }, { cause });
    const hash = createHash('sha256');
    for await (const part of createReadStream(path)) hash.update(part);
    if (!hash.digest().equals(sha256)) throw new AppError('CONFLICT', 'Another file has this name already.', { path });
  };
}
