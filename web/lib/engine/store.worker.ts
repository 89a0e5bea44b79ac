/**
 * The disk of the page: contents in this origin's private file system, each as its bytes, a bitmap of the chunks that are there,
 * the chunk layer and a record of what it is. Hashing and every byte of disk work happen here, off the page's thread.
 *
 * A chunk is checked before it is written (`verify`), written before its bit is set, and the whole file is hashed when the last
 * one is in. A bit that is set for bytes that a crash lost is found by that hash, and the chunk is fetched again.
 * Owns the folder `contents`; it is the only one that opens its files for writing.
 */
import {
  CHUNK_BYTES,
  ChunkLayer,
  type Content,
  chunkCount,
  chunkHash,
  chunkLength,
  cidOfManifest,
  encodeManifest,
  rootFromLayer,
  verifyChunk,
} from '@chiral/protocol/content';
import { sha256 } from '@noble/hashes/sha2.js';
import { createSealer, type Inside } from './secret.ts';
import type { HeldRecord, StoreAnswer, StoreCall, StoreRequest } from './store-messages.ts';

/** The part of the private file system that the DOM types leave to workers. */
interface SyncHandle {
  read(into: Uint8Array, options: { at: number }): number;
  write(from: Uint8Array, options: { at: number }): number;
  truncate(size: number): void;
  getSize(): number;
  flush(): void;
  close(): void;
}
type FileHandle = FileSystemFileHandle & { createSyncAccessHandle(): Promise<SyncHandle> };

interface OpenFile {
  readonly record: HeldRecord;
  readonly layer: ChunkLayer;
  readonly bytes: SyncHandle;
  readonly bits: SyncHandle;
  readonly bitmap: Uint8Array;
}

const FOLDER = 'contents';
/** The bitmap and the bytes are pushed to the disk itself after this many chunks. */
const FLUSH_CHUNKS = 64;
/** A file that another worker has open is tried this often, with this pause, milliseconds. */
const OPEN_TRIES = 50;
const OPEN_PAUSE_MS = 100;
/** Of a file being shared, read at a time, bytes: whole chunks. */
const READ_BYTES = 16 * CHUNK_BYTES;

const open = new Map<string, OpenFile>();
let unflushed = 0;
let folder: FileSystemDirectoryHandle | undefined;

async function home(): Promise<FileSystemDirectoryHandle> {
  folder ??= await (await navigator.storage.getDirectory()).getDirectoryHandle(FOLDER, { create: true });
  return folder;
}

async function handleOf(name: string, create: boolean): Promise<SyncHandle> {
  const handle = (await (await home()).getFileHandle(name, { create })) as FileHandle;
  for (let tries = 1; ; tries++) {
    try {
      return await handle.createSyncAccessHandle();
    } catch (error) {
      // The worker of a page that was just left may still have it open for a moment.
      if ((error as DOMException).name !== 'NoModificationAllowedError' || tries === OPEN_TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, OPEN_PAUSE_MS));
    }
  }
}

async function writeWhole(name: string, data: Uint8Array): Promise<void> {
  const handle = await handleOf(name, true);
  try {
    handle.truncate(data.length);
    handle.write(data, { at: 0 });
    handle.flush();
  } finally {
    handle.close();
  }
}

async function readWhole(name: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    const file = await (await home()).getFileHandle(name);
    return new Uint8Array(await (await file.getFile()).arrayBuffer());
  } catch (error) {
    if ((error as DOMException).name === 'NotFoundError') return undefined;
    throw error;
  }
}

const saveRecord = (record: HeldRecord) =>
  writeWhole(`${record.cid}.json`, new TextEncoder().encode(JSON.stringify(record)));

async function openFile(record: HeldRecord, layer: Uint8Array): Promise<OpenFile> {
  const known = open.get(record.cid);
  if (known) return known;
  const { cid, size } = record;
  const bytes = await handleOf(`${cid}.bin`, true);
  try {
    if (bytes.getSize() !== size) bytes.truncate(size);
    const bits = await handleOf(`${cid}.map`, true);
    const bitmap = new Uint8Array(Math.ceil(chunkCount(size) / 8));
    if (bits.getSize() === bitmap.length) bits.read(bitmap, { at: 0 });
    else {
      bits.truncate(bitmap.length);
      bits.write(bitmap, { at: 0 });
    }
    const file = { record, layer: new ChunkLayer(layer), bytes, bits, bitmap };
    open.set(cid, file);
    return file;
  } catch (error) {
    bytes.close();
    throw error;
  }
}

function setHeld({ bitmap, bits }: OpenFile, chunk: number, held: boolean): void {
  const at = chunk >> 3;
  bitmap[at] = held ? bitmap[at]! | (1 << (chunk & 7)) : bitmap[at]! & ~(1 << (chunk & 7));
  bits.write(bitmap.subarray(at, at + 1), { at });
}

function mustBeOpen(cid: string): OpenFile {
  const file = open.get(cid);
  if (!file) throw new Error(`${cid} is not open.`);
  return file;
}

function closeFile(cid: string): void {
  const file = open.get(cid);
  if (!file) return;
  open.delete(cid);
  for (const handle of [file.bytes, file.bits]) {
    handle.flush();
    handle.close();
  }
}

/** SHA-256 of the whole; chunks whose bytes are not what their bit says lose it. */
async function check(file: OpenFile): Promise<boolean> {
  const { size, sha256: wanted } = file.record;
  const whole = sha256.create();
  const buffer = new Uint8Array(Math.min(size, READ_BYTES));
  for (let at = 0; at < size; at += buffer.length) {
    const part = buffer.subarray(0, Math.min(buffer.length, size - at));
    file.bytes.read(part, { at });
    whole.update(part);
  }
  if (toHex(whole.digest()) === wanted) return true;
  const content = { size, layer: file.layer };
  for (let chunk = 0; chunk < chunkCount(size); chunk++) {
    const data = new Uint8Array(chunkLength(size, chunk));
    file.bytes.read(data, { at: chunk * CHUNK_BYTES });
    if (!verifyChunk(content, chunk, data)) setHeld(file, chunk, false);
  }
  return false;
}

const toHex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/** What is to be kept of a file of the user's: its bytes, or its ciphertext. */
interface Source {
  readonly size: number;
  read(start: number, end: number): Promise<Uint8Array<ArrayBuffer>>;
}

async function sealed(file: File, key: Uint8Array<ArrayBuffer>, inside: Inside): Promise<Source> {
  const sealer = await createSealer(key, inside, file.size);
  const plain = async (start: number, end: number) => new Uint8Array(await file.slice(start, end).arrayBuffer());
  return {
    size: sealer.size,
    async read(start, end) {
      const pieces = Array.from({ length: Math.ceil((end - start) / CHUNK_BYTES) }, (_, i) =>
        sealer.seal(start / CHUNK_BYTES + i, plain),
      );
      return new Uint8Array(await new Blob(await Promise.all(pieces)).arrayBuffer());
    },
  };
}

/** Hashes a file of the user's and keeps a copy, since a page loses its right to read the file with the tab. */
async function take(
  { file, name, mime, seal }: StoreCall & { do: 'take' },
  onProgress: (bytes: number) => void,
): Promise<{ record: HeldRecord; layer: Uint8Array }> {
  const source: Source = seal
    ? await sealed(file, seal.key, seal.inside)
    : { size: file.size, read: async (start, end) => new Uint8Array(await file.slice(start, end).arrayBuffer()) };
  const { size } = source;
  const draft = `draft-${crypto.randomUUID()}`;
  const handle = await handleOf(draft, true);
  const hashes: Uint8Array[] = [];
  const whole = sha256.create();
  try {
    for (let at = 0; at < size; at += READ_BYTES) {
      const part = await source.read(at, Math.min(size, at + READ_BYTES));
      whole.update(part);
      for (let from = 0; from < part.length; from += CHUNK_BYTES)
        hashes.push(chunkHash(part.subarray(from, from + CHUNK_BYTES), size));
      if (handle.write(part, { at }) !== part.length) throw new Error('The disk is full.');
      onProgress(at + part.length);
    }
    handle.flush();
  } catch (error) {
    handle.close();
    await (await home()).removeEntry(draft);
    throw error;
  }
  handle.close();
  const layer = ChunkLayer.from(hashes);
  const root = rootFromLayer(layer, size);
  const digest = whole.digest();
  const cid = cidOfManifest(encodeManifest({ v: 1, size, root, sha256: digest }));
  const record: HeldRecord = {
    cid,
    name,
    mime,
    size,
    root: toHex(root),
    sha256: toHex(digest),
    isComplete: true,
    addedAtMs: Date.now(),
  };
  closeFile(cid);
  const from = (await (await home()).getFileHandle(draft)) as FileHandle & { move(name: string): Promise<void> };
  await (await home()).removeEntry(`${cid}.bin`).catch(() => {});
  await from.move(`${cid}.bin`);
  const bitmap = new Uint8Array(Math.ceil(chunkCount(size) / 8));
  for (let chunk = 0; chunk < chunkCount(size); chunk++) bitmap[chunk >> 3]! |= 1 << (chunk & 7);
  await writeWhole(`${cid}.map`, bitmap);
  await writeWhole(`${cid}.layer`, layer.bytes);
  await saveRecord(record);
  return { record, layer: layer.bytes };
}

async function answer(call: StoreCall, onProgress: (bytes: number) => void): Promise<StoreAnswer> {
  switch (call.do) {
    case 'list': {
      const held: { record: HeldRecord; bitmap: Uint8Array; layer: Uint8Array }[] = [];
      for await (const name of ((await home()) as unknown as { keys(): AsyncIterable<string> }).keys()) {
        if (name.startsWith('draft-')) await (await home()).removeEntry(name).catch(() => {});
        if (!name.endsWith('.json')) continue;
        const text = await readWhole(name);
        const cid = name.slice(0, -'.json'.length);
        const [bitmap, layer] = await Promise.all([readWhole(`${cid}.map`), readWhole(`${cid}.layer`)]);
        if (text && bitmap && layer)
          held.push({ record: JSON.parse(new TextDecoder().decode(text)) as HeldRecord, bitmap, layer });
      }
      return { held };
    }
    case 'open': {
      const { record, layer } = call;
      if (!open.has(record.cid)) {
        await writeWhole(`${record.cid}.layer`, layer);
        await saveRecord(record);
      }
      return { bitmap: (await openFile(record, layer)).bitmap.slice() };
    }
    case 'verify': {
      const { record, layer } = mustBeOpen(call.cid);
      const content: Pick<Content, 'size' | 'layer'> = { size: record.size, layer };
      return verifyChunk(content, call.chunk, call.data) ? { data: call.data } : {};
    }
    case 'put': {
      const file = mustBeOpen(call.cid);
      const written = file.bytes.write(call.data, { at: call.chunk * CHUNK_BYTES });
      if (written !== call.data.length) throw new Error('The disk is full.');
      setHeld(file, call.chunk, true);
      if (++unflushed >= FLUSH_CHUNKS) {
        unflushed = 0;
        file.bytes.flush();
        file.bits.flush();
      }
      return {};
    }
    case 'read': {
      const file = mustBeOpen(call.cid);
      const data = new Uint8Array(call.end - call.start);
      file.bytes.read(data, { at: call.start });
      return { data };
    }
    case 'complete': {
      const file = mustBeOpen(call.cid);
      if (!(await check(file))) return { bitmap: file.bitmap.slice() };
      const record = { ...file.record, isComplete: true };
      Object.assign(file.record, record);
      file.bytes.flush();
      file.bits.flush();
      await saveRecord(record);
      return { record };
    }
    case 'close':
      closeFile(call.cid);
      return {};
    case 'remove': {
      closeFile(call.cid);
      for (const end of ['json', 'map', 'layer', 'bin'])
        await (await home()).removeEntry(`${call.cid}.${end}`).catch(() => {});
      return {};
    }
    case 'take': {
      const { record, layer } = await take(call, onProgress);
      return { record, layer };
    }
  }
}

// Calls run in turn: no two of them touch a file at once.
let last: Promise<unknown> = Promise.resolve();
addEventListener('message', ({ data }: MessageEvent<StoreRequest>) => {
  const { id, call } = data;
  const post = postMessage as (message: unknown, transfer?: Transferable[]) => void;
  last = last.then(async () => {
    try {
      const result = await answer(call, (bytes) => post({ id, progress: bytes }));
      post({ id, result }, result.data ? [result.data.buffer] : []);
    } catch (error) {
      post({ id, error: error instanceof Error ? `${error.name}: ${error.message}` : String(error) });
    }
  });
});
