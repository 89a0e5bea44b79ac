/**
 * The asking side of `/chiral/exchange/1.0.0` on one stream: many requests at once, answers in any order, each to its own
 * asker. What comes back is bounded by what was asked for and never trusted. State: the requests under way.
 */
import { type Content, chunkLength } from '@chiral/protocol/content';
import { AppError, type ErrorCode, fromWire, isAppError } from '@chiral/protocol/errors';
import { abortError, type FrameStream } from '@chiral/protocol/frame-stream';
import {
  type Allocate,
  type Answer,
  decodeExchange,
  encodeExchange,
  MAX_EXCHANGE_FRAME_BYTES,
  MAX_NOTE_BYTES,
  type Note,
} from './wire.ts';

/** A peer that owes answers and sends no whole frame for this long is given up, ms. */
const SILENCE_MS = 20_000;
/** A stream that nobody uses is closed after this long, ms. */
const IDLE_MS = 60_000;
/** Questions given up that are remembered; a peer that answers an older one is broken. */
const MAX_GIVEN_UP = 1024;

/** What a seller may answer to a request; any other code is taken for a broken peer. */
const REFUSALS: readonly ErrorCode[] = [
  'CHOKED',
  'NOT_FOUND',
  'CONTENT_CHANGED',
  'STORE_FAILED',
  'TOO_MANY',
  'BAD_REQUEST',
  'RANGE_INVALID',
];

interface Pending<T> {
  readonly accept: (message: T) => void;
  readonly fail: (error: Error) => void;
}

export interface ExchangeClient {
  readonly isOpen: boolean;
  /** @throws CHOKED, NOT_FOUND, CONTENT_CHANGED, STORE_FAILED, TOO_MANY, CONTENT_INVALID, PEER_UNREACHABLE, TIMEOUT, CANCELLED */
  fetch(
    content: Content,
    chunk: number,
    range: { start: number; end: number } | undefined,
    signal: AbortSignal,
  ): Promise<Uint8Array>;
  /** One opaque request, one opaque answer. @throws the code that the other side gave; PEER_UNREACHABLE, TIMEOUT, CANCELLED, TOO_LARGE */
  note(body: Uint8Array, signal: AbortSignal): Promise<Uint8Array>;
  /** Gives the stream up; what is under way fails with `reason`. */
  close(reason: AppError): void;
}

/**
 * @param onClose called once, when the stream is of no more use
 * @param allocate memory for the bytes of an answer; whoever asked owns it then
 */
export function createExchangeClient(frames: FrameStream, onClose: () => void, allocate?: Allocate): ExchangeClient {
  const requests = new Map<number, Pending<Answer>>();
  const notes = new Map<number, Pending<Note>>();
  /** Questions that were given up and whose answers may still come, the newest last. */
  const given = new Set<number>();
  let nextId = 1;
  let isOpen = true;
  let clock: NodeJS.Timeout | undefined;

  const end = (error: Error): void => {
    if (!isOpen) return;
    isOpen = false;
    clearTimeout(clock);
    frames.abort(error);
    onClose();
    const failure = isAppError(error)
      ? error
      : new AppError('PEER_UNREACHABLE', 'The exchange broke off.', {}, { cause: error });
    for (const pending of [...requests.values(), ...notes.values()]) pending.fail(failure);
    requests.clear();
    notes.clear();
  };

  const wind = (): void => {
    clearTimeout(clock);
    if (!isOpen) return;
    const isOwed = requests.size > 0 || notes.size > 0;
    clock = setTimeout(
      () => end(isOwed ? new AppError('TIMEOUT', 'The peer did not answer in time.') : new Error('nobody asks')),
      isOwed ? SILENCE_MS : IDLE_MS,
    );
    clock.unref?.();
  };

  const read = async (): Promise<void> => {
    for (;;) {
      const frame = await frames.readPieces(MAX_EXCHANGE_FRAME_BYTES);
      if (!frame) throw new AppError('PEER_UNREACHABLE', 'The peer closed the exchange.');
      const message = decodeExchange(frame, allocate);
      if (message.kind === 'answer') {
        const pending = requests.get(message.id);
        requests.delete(message.id);
        // Bytes that nobody asked for are a broken peer, and not kept.
        if (!pending && !given.delete(message.id)) throw new AppError('BAD_REQUEST', 'An answer to no question.');
        pending?.accept(message);
      } else if (message.kind === 'note' && message.isAnswer) {
        const pending = notes.get(message.id);
        notes.delete(message.id);
        if (!pending && !given.delete(message.id)) throw new AppError('BAD_REQUEST', 'An answer to no question.');
        pending?.accept(message);
      } else throw new AppError('BAD_REQUEST', 'The asking side is not asked.');
      wind();
    }
  };
  wind();
  read().catch((error: unknown) => {
    end(
      isAppError(error, 'BAD_REQUEST', 'TOO_LARGE')
        ? new AppError('PEER_UNREACHABLE', error.message, {}, { cause: error })
        : (error as Error),
    );
  });

  /** Registers an asker, sends, and waits. `onGiveUp` runs when the caller leaves before the answer. */
  const ask = <T>(
    table: Map<number, Pending<T>>,
    toMessage: (id: number) => Parameters<typeof encodeExchange>[0],
    signal: AbortSignal,
    onGiveUp?: (id: number) => void,
  ): Promise<T> =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(abortError(signal));
      if (!isOpen) return reject(new AppError('PEER_UNREACHABLE', 'The exchange broke off.'));
      const id = nextId++;
      const isFirst = requests.size === 0 && notes.size === 0;
      const onAbort = () => {
        if (!table.delete(id)) return;
        given.add(id);
        if (given.size > MAX_GIVEN_UP) given.delete(given.values().next().value!);
        onGiveUp?.(id);
        wind();
        reject(abortError(signal));
      };
      const done = () => signal.removeEventListener('abort', onAbort);
      signal.addEventListener('abort', onAbort, { once: true });
      table.set(id, {
        accept(message) {
          done();
          resolve(message);
        },
        fail(error) {
          done();
          reject(error);
        },
      });
      if (isFirst) wind();
      frames.write(encodeExchange(toMessage(id))).catch((error: unknown) => end(error as Error));
    });

  return {
    get isOpen() {
      return isOpen && frames.isOpen;
    },
    async fetch(content, chunk, range, signal) {
      const { start, end: to } = range ?? { start: 0, end: chunkLength(content.size, chunk) };
      const answer = await ask(
        requests,
        (id) => ({ kind: 'request', id, cid: content.cid, chunk, start, end: to }),
        signal,
        (id) => {
          frames.write(encodeExchange({ kind: 'cancel', id })).catch((error: unknown) => end(error as Error));
        },
      );
      if (answer.status !== 0) throw refusalOf(answer.status, answer.reason, REFUSALS);
      if (answer.data.length !== to - start)
        throw new AppError('CONTENT_INVALID', 'The peer sent another number of bytes than was asked for.');
      return answer.data;
    },
    async note(body, signal) {
      if (body.length > MAX_NOTE_BYTES) throw new AppError('TOO_LARGE', `A note has at most ${MAX_NOTE_BYTES} bytes.`);
      const answer = await ask(notes, (id) => ({ kind: 'note', id, isAnswer: false, status: 0, body }), signal);
      if (answer.status !== 0) throw refusalOf(answer.status, new TextDecoder().decode(answer.body.subarray(0, 200)));
      return answer.body;
    },
    close: end,
  };
}

function refusalOf(status: number, reason: string, allowed?: readonly ErrorCode[]): AppError {
  const code = fromWire(status);
  if (code && (!allowed || allowed.includes(code))) return new AppError(code, reason || 'The peer refused.');
  return new AppError('PEER_UNREACHABLE', `The peer answered with an unknown status (${status}).`);
}
