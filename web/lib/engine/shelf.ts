/**
 * What this browser holds, as the transfer code and the players see it: the page's end of the store worker. Bits are kept here
 * too, so that `has` needs no message. A read of a chunk that is not here yet waits for it.
 * State: the records, the bitmaps, who waits for which chunk.
 */
import type { Shelf } from '@chiral/node/buy';
import { CHUNK_BYTES, ChunkLayer, type Content, chunkCount, chunkLength } from '@chiral/protocol/content';
import { AppError } from '@chiral/protocol/errors';
import { getBytes, hexlify } from 'ethers';
import type { Inside } from './secret.ts';
import type { HeldRecord, StoreAnswer, StoreCall, StoreReply, StoreRequest } from './store-messages.ts';

export interface HeldFile {
  readonly content: Content;
  record: HeldRecord;
  bitmap: Uint8Array;
  heldChunks: number;
  readonly waiting: Map<number, (() => void)[]>;
  isOpen: boolean;
}

export interface PageShelf extends Shelf {
  list(): HeldFile[];
  find(cid: string): HeldFile | undefined;
  /** What the next `openDownload` of a content shall be called. */
  describe(cid: string, name: string, mime: string): void;
  /** Bytes `[start, end)` inside one chunk, as soon as the chunk is here. @throws NOT_FOUND, CANCELLED, STORE_FAILED */
  readWhenHere(cid: string, start: number, end: number, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>>;
  /** @param seal encrypts: what is held, hashed and offered is the ciphertext */
  take(
    file: File,
    name: string,
    mime: string,
    onProgress: (bytes: number) => void,
    seal?: { key: Uint8Array<ArrayBuffer>; inside: Inside },
  ): Promise<HeldFile>;
  file(cid: string): Promise<File>;
  remove(cid: string): Promise<void>;
  close(): void;
}

export async function openShelf(onChange: () => void): Promise<PageShelf> {
  const worker = new Worker(new URL('./store.worker.ts', import.meta.url), { type: 'module' });
  const files = new Map<string, HeldFile>();
  const labels = new Map<string, { name: string; mime: string }>();
  const calls = new Map<
    number,
    { resolve(answer: StoreAnswer): void; reject(error: unknown): void; progress?: (bytes: number) => void }
  >();
  let lastId = 0;

  const failed = (message: string) => new AppError('STORE_FAILED', `This browser's storage fails: ${message}`);
  worker.addEventListener('message', ({ data }: MessageEvent<StoreReply>) => {
    const call = calls.get(data.id);
    if (!call) return;
    if ('progress' in data) return call.progress?.(data.progress);
    calls.delete(data.id);
    if ('error' in data) call.reject(failed(data.error));
    else call.resolve(data.result);
  });
  worker.addEventListener('error', ({ message }) => {
    for (const { reject } of calls.values()) reject(failed(message || 'the worker did not start'));
    calls.clear();
  });

  const ask = (call: StoreCall, transfer: Transferable[] = [], progress?: (bytes: number) => void) =>
    new Promise<StoreAnswer>((resolve, reject) => {
      const id = ++lastId;
      calls.set(id, { resolve, reject, ...(progress && { progress }) });
      worker.postMessage({ id, call } satisfies StoreRequest, transfer);
    });

  /** Memory of its own, which can move to the worker and back without a copy. */
  const owned = (data: Uint8Array): Uint8Array<ArrayBuffer> =>
    data.buffer instanceof ArrayBuffer && data.byteLength === data.buffer.byteLength
      ? (data as Uint8Array<ArrayBuffer>)
      : new Uint8Array(data);

  const isHeld = (bitmap: Uint8Array, chunk: number) => (bitmap[chunk >> 3]! & (1 << (chunk & 7))) !== 0;
  const countHeld = (bitmap: Uint8Array, size: number) => {
    let held = 0;
    for (let chunk = 0; chunk < chunkCount(size); chunk++) if (isHeld(bitmap, chunk)) held++;
    return held;
  };

  function keep(record: HeldRecord, layer: Uint8Array, bitmap: Uint8Array, isOpen: boolean): HeldFile {
    const { cid, size, root, sha256 } = record;
    const content: Content = {
      cid,
      size,
      root: getBytes(`0x${root}`),
      sha256: getBytes(`0x${sha256}`),
      layer: new ChunkLayer(layer),
    };
    const file: HeldFile = {
      content,
      record,
      bitmap,
      heldChunks: countHeld(bitmap, size),
      waiting: new Map(),
      isOpen,
    };
    files.set(cid, file);
    return file;
  }

  const mustFind = (cid: string): HeldFile => {
    const file = files.get(cid);
    if (!file) throw new AppError('NOT_FOUND', 'This content is not held in this browser.', { cid });
    return file;
  };

  async function ensureOpen(file: HeldFile): Promise<void> {
    if (file.isOpen) return;
    await ask({ do: 'open', record: file.record, layer: file.content.layer.bytes });
    file.isOpen = true;
  }

  for (const { record, bitmap, layer } of (await ask({ do: 'list' })).held ?? []) {
    if (bitmap.length === Math.ceil(chunkCount(record.size) / 8)) keep(record, layer, bitmap, false);
  }

  return {
    list: () => [...files.values()],
    find: (cid) => files.get(cid),
    describe: (cid, name, mime) => void labels.set(cid, { name, mime }),

    has(cid, chunk) {
      const file = files.get(cid);
      return file !== undefined && isHeld(file.bitmap, chunk);
    },

    async get(cid, chunk, range) {
      const file = mustFind(cid);
      if (!isHeld(file.bitmap, chunk)) throw new AppError('NOT_FOUND', 'This chunk is not here yet.', { cid, chunk });
      await ensureOpen(file);
      const at = chunk * CHUNK_BYTES;
      const { start, end } = range ?? { start: 0, end: chunkLength(file.record.size, chunk) };
      return (await ask({ do: 'read', cid, start: at + start, end: at + end })).data!;
    },

    async put(cid, chunk, data) {
      const file = mustFind(cid);
      const bytes = owned(data);
      await ask({ do: 'put', cid, chunk, data: bytes }, [bytes.buffer]);
      if (!isHeld(file.bitmap, chunk)) file.heldChunks++;
      file.bitmap[chunk >> 3]! |= 1 << (chunk & 7);
      for (const wake of file.waiting.get(chunk) ?? []) wake();
      file.waiting.delete(chunk);
      onChange();
    },

    async verify(content, chunk, data) {
      const bytes = owned(data);
      return (await ask({ do: 'verify', cid: content.cid, chunk, data: bytes }, [bytes.buffer])).data;
    },

    async openDownload(content, destination) {
      const { cid, size } = content;
      const known = files.get(cid);
      const label = labels.get(cid);
      const file =
        known ??
        keep(
          {
            cid,
            name: label?.name || destination,
            mime: label?.mime ?? '',
            size,
            root: hexlify(content.root).slice(2),
            sha256: hexlify(content.sha256).slice(2),
            isComplete: false,
            addedAtMs: Date.now(),
          },
          content.layer.bytes,
          new Uint8Array(Math.ceil(chunkCount(size) / 8)),
          false,
        );
      await ensureOpen(file);
      onChange();
      return {
        get heldBytes() {
          return heldBytesOf(file);
        },
        get isComplete() {
          return file.record.isComplete;
        },
        async complete() {
          const { record, bitmap } = await ask({ do: 'complete', cid });
          if (!record) {
            file.bitmap = bitmap!;
            file.heldChunks = countHeld(bitmap!, size);
            throw new AppError('CONTENT_INVALID', 'What is on the disk is not what was verified; fetch it again.');
          }
          file.record = record;
          onChange();
          return { path: `opfs:${cid}` };
        },
        async close() {
          // The file stays open: a player may be reading what is here.
        },
      };
    },

    async readWhenHere(cid, start, end, signal) {
      const file = mustFind(cid);
      const chunk = Math.floor(start / CHUNK_BYTES);
      if (!isHeld(file.bitmap, chunk)) {
        await new Promise<void>((resolve, reject) => {
          const list = file.waiting.get(chunk) ?? [];
          file.waiting.set(chunk, list);
          list.push(resolve);
          signal.addEventListener('abort', () => reject(new AppError('CANCELLED', 'Nobody reads any more.')), {
            once: true,
          });
        });
      }
      await ensureOpen(file);
      return (await ask({ do: 'read', cid, start, end })).data!;
    },

    async take(source, name, mime, onProgress, seal) {
      const call: StoreCall = { do: 'take', file: source, name, mime, ...(seal && { seal }) };
      const { record, layer } = await ask(call, [], onProgress);
      const bitmap = new Uint8Array(Math.ceil(chunkCount(record!.size) / 8));
      for (let chunk = 0; chunk < chunkCount(record!.size); chunk++) bitmap[chunk >> 3]! |= 1 << (chunk & 7);
      const file = keep(record!, layer!, bitmap, false);
      onChange();
      return file;
    },

    async file(cid) {
      const { record } = mustFind(cid);
      if (!record.isComplete) throw new AppError('NOT_FOUND', 'This file is not complete yet.', { cid });
      const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('contents');
      const file = await (await folder.getFileHandle(`${cid}.bin`)).getFile();
      return new File([file], record.name, { type: record.mime });
    },

    async remove(cid) {
      await ask({ do: 'remove', cid });
      files.delete(cid);
      onChange();
    },

    close: () => worker.terminate(),
  };
}

/** Verified bytes that are here. */
export function heldBytesOf({ record: { size }, bitmap, heldChunks }: HeldFile): number {
  const last = chunkCount(size) - 1;
  if (last < 0 || heldChunks === 0) return 0;
  const isLastHeld = (bitmap[last >> 3]! & (1 << (last & 7))) !== 0;
  return heldChunks * CHUNK_BYTES - (isLastHeld ? CHUNK_BYTES - chunkLength(size, last) : 0);
}
