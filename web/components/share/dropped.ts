/** What somebody dropped or chose → files, and folders with all that is in them. A page sees of a disk only what was given to it. */

export interface DroppedFolder {
  readonly name: string;
  /** Paths inside it, parts joined by `/`. */
  readonly files: readonly { readonly path: string; readonly file: File }[];
}

/** Files of a folder that was chosen, each of which knows where in it it lies. */
export function toFolder(files: readonly File[]): DroppedFolder | undefined {
  const name = files[0]?.webkitRelativePath.split('/')[0];
  if (!name) return undefined;
  return {
    name,
    files: files.map((file) => ({ path: file.webkitRelativePath.split('/').slice(1).join('/'), file })),
  };
}

/** Must be called while the event lasts: the list of what was dropped is gone after it. */
export async function readDrop(drop: DataTransfer): Promise<{ files: File[]; folders: DroppedFolder[] }> {
  const entries = [...drop.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  if (entries.every(({ isDirectory }) => !isDirectory)) return { files: [...drop.files], folders: [] };
  const files: File[] = [];
  const folders: DroppedFolder[] = [];
  for (const entry of entries) {
    if (entry.isDirectory) folders.push({ name: entry.name, files: await filesBelow(entry, '') });
    else files.push(await fileOf(entry));
  }
  return { files, folders };
}

const fileOf = (entry: FileSystemEntry) =>
  new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));

async function filesBelow(folder: FileSystemEntry, prefix: string): Promise<DroppedFolder['files']> {
  const reader = (folder as FileSystemDirectoryEntry).createReader();
  const found: { path: string; file: File }[] = [];
  for (;;) {
    // A browser gives a hundred or so at a time, and none when there are no more.
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (entries.length === 0) return found;
    for (const entry of entries) {
      const path = `${prefix}${entry.name}`;
      if (entry.isDirectory) found.push(...(await filesBelow(entry, `${path}/`)));
      else found.push({ path, file: await fileOf(entry) });
    }
  }
}
