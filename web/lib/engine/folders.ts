/**
 * Folders in a tab (protocol/folder): read from what is held here, made from files that were dropped, packed for saving. State: none.
 */
import { ChunkLayer, cidOfManifest, encodeManifest, rootFromLayer } from '@chiral/protocol/content';
import { AppError } from '@chiral/protocol/errors';
import { checkFolder, decodeFolder, encodeFolder, type FolderRow } from '@chiral/protocol/folder';
import { FOLDER_MIME, MAX_FOLDER_BYTES } from '@chiral/protocol/folder-type';
import { sha256 } from '@chiral/protocol/hashes';
import type { PageShelf } from './shelf.ts';
import type { Engine, FileRow, ShareOptions } from './types.ts';

/** @throws NOT_FOUND it is not whole here; CONTENT_INVALID it is no folder */
export async function readFolder(shelf: PageShelf, cid: string): Promise<FolderRow[]> {
  const file = await shelf.file(cid);
  if (file.size > MAX_FOLDER_BYTES) throw new AppError('CONTENT_INVALID', 'Not a folder: it is too long.');
  return decodeFolder(new Uint8Array(await file.arrayBuffer()));
}

/** Every file of a folder that is whole here, by its path, as a ZIP. @throws CANCELLED */
export async function packFolder(shelf: PageShelf, cid: string, signal: AbortSignal): Promise<File> {
  const members: { name: string; input: Blob }[] = [];
  for (const { path, cid: inside, size } of await readFolder(shelf, cid)) {
    if (size === 0) members.push({ name: path, input: new Blob([]) });
    else if (shelf.find(inside)?.record.isComplete) members.push({ name: path, input: await shelf.file(inside) });
  }
  const { makeZip } = await import('client-zip');
  const packed = makeZip(members).pipeThrough(new TransformStream(), { signal });
  try {
    return new File([await new Response(packed).blob()], `${shelf.find(cid)?.record.name || cid}.zip`);
  } catch (cause) {
    if (!signal.aborted) throw cause;
    throw new AppError('CANCELLED', 'Packing was stopped.', {}, { cause });
  }
}

/**
 * Shares the files one by one, then the list of them. What was shared before a no of the user is taken back.
 * @throws BAD_REQUEST a name that other systems cannot have; what `share` throws
 */
export async function shareFolder(
  share: Engine['share'],
  unshare: (cid: string) => Promise<void>,
  name: string,
  files: readonly { path: string; file: File }[],
  { weiPerMiB = 0n, listed }: Pick<ShareOptions, 'weiPerMiB' | 'listed'>,
  onProgress: (file: number, bytes: number, total: number) => void,
  signal: AbortSignal,
): Promise<FileRow> {
  // Before the first question to the wallet: whether others could take it.
  checkFolder(files.map(({ path, file }) => ({ path, size: file.size })));
  const rows: FolderRow[] = [];
  try {
    for (const [i, { path, file }] of files.entries()) {
      if (file.size === 0) {
        rows.push({ path, cid: emptyCid(), size: 0 });
        continue;
      }
      const { cid, size } = await share(
        file,
        { name: file.name, mime: file.type, weiPerMiB },
        (bytes, total) => onProgress(i, bytes, total),
        signal,
      );
      rows.push({ path, cid, size });
    }
    const list = new File([new Uint8Array(encodeFolder(rows))], name, { type: FOLDER_MIME });
    const progress = (bytes: number, total: number) => onProgress(files.length, bytes, total);
    const terms = { name, mime: FOLDER_MIME, weiPerMiB: 0n, ...(listed !== undefined && { listed }) };
    return await share(list, terms, progress, signal);
  } catch (error) {
    for (const { cid, size } of rows) if (size > 0) await unshare(cid);
    throw error;
  }
}

/** The name of no bytes at all, which nobody needs to send. */
function emptyCid(): string {
  const nothing = new Uint8Array();
  const root = rootFromLayer(new ChunkLayer(nothing), 0);
  return cidOfManifest(encodeManifest({ v: 1, size: 0, root, sha256: sha256(nothing) }));
}
