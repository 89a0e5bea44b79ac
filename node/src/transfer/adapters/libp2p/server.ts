/**
 * The answering side of `/chiral/exchange/1.0.0` on one stream: requests are read as fast as they are served and no faster,
 * so a peer that asks for a million chunks is held back by its own stream and leaves nothing behind when it goes.
 *
 * It gates nothing itself: every byte comes from an Uplink, and a refusal of it goes out as its code.
 */
import { chunkLength } from '@chiral/protocol/content';
import { AppError, ERRORS, isAppError } from '@chiral/protocol/errors';
import type { FrameStream } from '@chiral/protocol/frame-stream';
import type { Content, PeerKey, Uplink } from '../../../ports.ts';
import {
  type Answer,
  decodeExchange,
  encodeExchange,
  MAX_EXCHANGE_FRAME_BYTES,
  MAX_NOTE_BYTES,
  type Note,
  type Request,
} from './wire.ts';

/** Requests read and not yet answered; beyond it reading stops. */
const MAX_QUEUED = 64;
/** Chunks of one stream that are read and written at once: 1 MiB of memory for a peer that does not read. */
const PARALLEL_READS = 4;
/** A peer that takes no bytes for this long is left, ms. */
const STALL_TIMEOUT_MS = 30_000;
/** A stream on which nothing was asked for this long is closed, ms. */
const IDLE_TIMEOUT_MS = 120_000;

export interface Served {
  readonly content: Content;
  readonly uplink: Uplink;
}

/** Opaque bytes from `peer` → opaque bytes back. */
export type NoteHandler = (peer: PeerKey, body: Uint8Array) => Promise<Uint8Array>;

export interface ServerContext {
  readonly peer: PeerKey;
  readonly frames: FrameStream;
  readonly served: (cid: string) => Served | undefined;
  readonly onNote: NoteHandler | undefined;
  /** Aborts when the adapter closes. */
  readonly closing: AbortSignal;
}

/** Answers until the peer closes. @throws whatever ends the stream: malformed frames, a peer that went away or stalls */
export async function answerStream({ peer, frames, served, onNote, closing }: ServerContext): Promise<void> {
  const wanted = new Map<number, AbortController>();
  const running = new Set<Promise<void>>();
  const failed = new AbortController();
  let reading = 0;
  let notes: Promise<void> = Promise.resolve();
  let waitingNotes = 0;
  const slots: (() => void)[] = [];

  const write = (message: Parameters<typeof encodeExchange>[0]) =>
    frames.write(encodeExchange(message), AbortSignal.any([closing, AbortSignal.timeout(STALL_TIMEOUT_MS)]));

  const answerRequest = async (request: Request, signal: AbortSignal): Promise<void> => {
    if (reading >= PARALLEL_READS) await new Promise<void>((resolve) => slots.push(resolve));
    reading++;
    try {
      if (signal.aborted) return;
      const answer = await untilAborted(toAnswer(peer, served(request.cid), request), signal);
      if (answer) await write(answer);
    } finally {
      reading--;
      slots.shift()?.();
    }
  };

  const answerNote = async ({ id, body }: Note): Promise<void> => {
    let status = 0;
    let answer: Uint8Array;
    try {
      if (!onNote) throw new AppError('UNSUPPORTED', 'Notes are not taken here.');
      answer = await onNote(peer, body);
      if (answer.length > MAX_NOTE_BYTES) throw new Error(`an answer of ${answer.length} bytes is not a note`);
    } catch (error) {
      if (!isAppError(error)) throw error;
      status = ERRORS[error.code].wire;
      answer = new TextEncoder().encode(error.message.slice(0, 200));
    }
    await write({ kind: 'note', id, isAnswer: true, status, body: answer });
  };

  /** Runs beside the reading; its failure ends the stream. */
  const track = (work: Promise<void>): Promise<void> => {
    const tracked = work.catch((error: unknown) => failed.abort(error)).finally(() => running.delete(tracked));
    running.add(tracked);
    return tracked;
  };

  try {
    for (;;) {
      while (wanted.size >= MAX_QUEUED) await Promise.race(running);
      if (failed.signal.aborted) throw failed.signal.reason;
      const limit = AbortSignal.any([closing, failed.signal, AbortSignal.timeout(IDLE_TIMEOUT_MS)]);
      const frame = await frames.read(MAX_EXCHANGE_FRAME_BYTES, limit).catch((error: unknown) => {
        throw failed.signal.aborted ? failed.signal.reason : error;
      });
      if (!frame) break;
      const message = decodeExchange(frame);
      switch (message.kind) {
        case 'request': {
          if (wanted.has(message.id)) throw new AppError('BAD_REQUEST', 'A request id was used twice.');
          const controller = new AbortController();
          wanted.set(message.id, controller);
          track(answerRequest(message, controller.signal).finally(() => wanted.delete(message.id)));
          break;
        }
        case 'cancel':
          wanted.get(message.id)?.abort();
          break;
        case 'note':
          if (message.isAnswer) throw new AppError('BAD_REQUEST', 'Nothing was asked here.');
          // Notes keep their order: the other layer counts on it.
          while (waitingNotes >= MAX_QUEUED) await Promise.race(running);
          waitingNotes++;
          notes = track(
            notes
              .then(() => answerNote(message))
              .finally(() => {
                waitingNotes--;
              }),
          );
          break;
        case 'answer':
          throw new AppError('BAD_REQUEST', 'Nothing was asked here.');
      }
    }
    await Promise.all(running);
    await frames.close();
  } finally {
    for (const controller of wanted.values()) controller.abort();
    for (const resume of slots.splice(0)) resume();
  }
}

/** What one request gets: bytes from the uplink, or its refusal. */
async function toAnswer(peer: PeerKey, entry: Served | undefined, request: Request): Promise<Answer> {
  const { id, cid, chunk, start } = request;
  try {
    if (!entry) throw new AppError('NOT_FOUND', 'This content is not served here.');
    const length = chunkLength(entry.content.size, chunk);
    const end = request.end || length;
    if (start >= end || end > length) throw new AppError('RANGE_INVALID', 'No such bytes in this chunk.');
    const data = await entry.uplink.read(peer, cid, chunk, { start, end });
    return { kind: 'answer', id, status: 0, reason: '', data };
  } catch (error) {
    if (!isAppError(error)) throw error;
    return { kind: 'answer', id, status: ERRORS[error.code].wire, reason: error.message, data: new Uint8Array() };
  }
}

/** The result of `work`, or undefined as soon as `signal` aborts; what `work` does then is nobody's business. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
    work.then(resolve, reject);
  });
}
