/**
 * The page's side of playing while it downloads: the service worker asks over a port for bytes of a content, and gets them as
 * soon as they are here. A read that waits moves the download to its place. State: which contents have been unlocked.
 */
import { CHUNK_BYTES } from '@chiral/protocol/content';
import { PIECE_BYTES, type Secret } from './secret.ts';
import type { PageShelf } from './shelf.ts';

/** The controlling worker is waited for this long, milliseconds; without it a page cannot play, but everything else works. */
const CONTROL_TIMEOUT_MS = 5_000;

/** Types by the end of a name, for sellers that do not say; what is not listed is saved, not shown. */
const BY_EXTENSION: Record<string, string> = {
  mp4: 'video/mp4',
  m4v: 'video/mp4',
  webm: 'video/webm',
  ogv: 'video/ogg',
  mp3: 'audio/mpeg',
  m4a: 'audio/mp4',
  ogg: 'audio/ogg',
  opus: 'audio/ogg',
  wav: 'audio/wav',
  flac: 'audio/flac',
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  avif: 'image/avif',
  pdf: 'application/pdf',
  txt: 'text/plain; charset=utf-8',
  md: 'text/plain; charset=utf-8',
};
/** Nothing that could run as a page of ours. */
const SHOWN = /^(?:video|audio)\/[\w.+-]+$|^image\/(?:png|jpeg|gif|webp|avif|bmp)$|^application\/pdf$/;

/** A seller's word for a type → one that is safe to show in this origin. */
export function typeOf(mime: string, name: string): string {
  const told = mime.split(';')[0]!.trim().toLowerCase();
  if (SHOWN.test(told)) return told;
  if (told.startsWith('text/') && told !== 'text/html') return 'text/plain; charset=utf-8';
  return BY_EXTENSION[name.split('.').at(-1)!.toLowerCase()] ?? 'application/octet-stream';
}

export const streamUrl = (cid: string, name: string, download: boolean) =>
  `/stream/${cid}/${encodeURIComponent(name || cid)}${download ? '?download' : ''}`;

interface Ask {
  readonly type: 'chiral-stream';
  readonly cid: string;
}
type PortMessage = { read: { start: number; end: number } } | { close: true };

export interface Stream {
  /** From now on reads of this content give what is inside it. */
  unlock(cid: string, secret: Secret): void;
  close(): void;
}

/** @param seek somebody waits for a chunk */
export async function openStream(shelf: PageShelf, seek: (cid: string, chunk: number) => void): Promise<Stream> {
  const container = navigator.serviceWorker;
  const secrets = new Map<string, Secret>();
  const unlock = (cid: string, secret: Secret) => void secrets.set(cid, secret);
  if (!container) return { unlock, close: () => {} };
  const onMessage = ({ data, ports }: MessageEvent<Ask>) => {
    const port = ports[0];
    if (data?.type !== 'chiral-stream' || !port) return;
    const file = shelf.find(data.cid);
    if (!file) return;
    const secret = secrets.get(data.cid);
    const { name, mime, size } = secret ?? file.record;
    const gone = new AbortController();
    port.onmessage = async ({ data: message }: MessageEvent<PortMessage>) => {
      if ('close' in message) return gone.abort();
      const { start, end } = message.read;
      const chunk = secret ? secret.chunkAt(start) : Math.floor(start / CHUNK_BYTES);
      if (!shelf.has(data.cid, chunk)) seek(data.cid, chunk);
      try {
        const bytes = secret
          ? await secret.read(start, end, gone.signal)
          : await shelf.readWhenHere(data.cid, start, end, gone.signal);
        port.postMessage({ bytes }, [bytes.buffer]);
      } catch (error) {
        if (!gone.signal.aborted) port.postMessage({ error: String(error) });
      }
    };
    port.postMessage({ name, mime: typeOf(mime, name), size, chunkBytes: secret ? PIECE_BYTES : CHUNK_BYTES });
  };
  container.addEventListener('message', onMessage);
  container.startMessages();
  await container.register('/sw.js');
  if (!container.controller) {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, CONTROL_TIMEOUT_MS);
      container.addEventListener(
        'controllerchange',
        () => {
          clearTimeout(timer);
          resolve();
        },
        { once: true },
      );
    });
  }
  return { unlock, close: () => container.removeEventListener('message', onMessage) };
}
