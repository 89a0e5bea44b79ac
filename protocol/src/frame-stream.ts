/**
 * Frames over one libp2p stream, in Node and in a browser: bounded in both directions.
 *
 * Reading: what the remote sends ahead is kept up to one frame and a little, then the stream is paused and the remote's
 * window runs out. Writing: a write resolves when the stream takes more, so a reader that does not read holds the writer
 * back and fills no memory. It waits on the 'drain' event itself: libp2p 3.3's own `onDrain()` resolves for ever after
 * the first drain.
 */
import { AppError, isAppError } from './errors.ts';
import { encodeLength, FrameDecoder, joinPieces } from './frames.ts';

/** What this file needs of a libp2p `Stream`. */
export interface ByteStream {
  readonly status: string;
  readonly readStatus: string;
  readonly remoteWriteStatus: string;
  readonly writableNeedsDrain: boolean;
  send(data: Uint8Array): boolean;
  close(options?: { signal?: AbortSignal }): Promise<void>;
  abort(error: Error): void;
  pause(): void;
  resume(): void;
  // biome-ignore lint/suspicious/noExplicitAny: libp2p's typed events differ per event name; only these are used
  addEventListener(type: 'message' | 'remoteCloseWrite' | 'close' | 'drain', listener: (event: any) => void): void;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  removeEventListener(type: 'message' | 'remoteCloseWrite' | 'close' | 'drain', listener: (event: any) => void): void;
}

/** Bytes kept beyond one longest frame before the remote is paused. */
const READ_AHEAD_BYTES = 64 * 1024;

/** A piece of a body up to this length is copied beside its neighbours: what is sent apart costs a message of its own. */
const SMALL_BYTES = 1024;

/** One stream of frames. One reader at a time; writers may overlap, each frame is whole. */
export class FrameStream {
  readonly #stream: ByteStream;
  readonly #maxFrameBytes: number;
  readonly #decoder = new FrameDecoder();
  #ended = false;
  #failure: Error | undefined;
  #paused = false;
  #wake: (() => void) | undefined;
  #drained: (() => void)[] = [];

  /** @param maxFrameBytes longest frame that any `read` of this stream will ask for */
  constructor(stream: ByteStream, maxFrameBytes: number) {
    this.#stream = stream;
    this.#maxFrameBytes = maxFrameBytes;
    stream.addEventListener('message', this.#onMessage);
    stream.addEventListener('remoteCloseWrite', this.#onEnd);
    stream.addEventListener('close', this.#onClose);
    stream.addEventListener('drain', this.#onDrain);
    if (stream.status === 'aborted' || stream.status === 'reset') this.#onClose({});
    else if (stream.remoteWriteStatus === 'closed') this.#ended = true;
  }

  get isOpen(): boolean {
    return this.#stream.status === 'open' && !this.#ended && this.#failure === undefined;
  }

  #onMessage = (event: { data: Uint8Array | Iterable<Uint8Array> }): void => {
    if (event.data instanceof Uint8Array) this.#decoder.push(event.data);
    else for (const piece of event.data) this.#decoder.push(piece);
    if (!this.#paused && this.#decoder.buffered > this.#maxFrameBytes + READ_AHEAD_BYTES) {
      this.#paused = true;
      this.#stream.pause();
    }
    this.#wake?.();
  };

  #onEnd = (): void => {
    this.#ended = true;
    this.#wake?.();
  };

  #onClose = (event: { error?: Error }): void => {
    this.#ended = true;
    this.#failure ??= event.error ?? undefined;
    this.#stream.removeEventListener('message', this.#onMessage);
    this.#stream.removeEventListener('remoteCloseWrite', this.#onEnd);
    this.#stream.removeEventListener('drain', this.#onDrain);
    this.#stream.removeEventListener('close', this.#onClose);
    this.#wake?.();
    this.#onDrain();
  };

  #onDrain = (): void => {
    for (const resume of this.#drained.splice(0)) resume();
  };

  /**
   * The next frame, or undefined when the remote closed after a whole one.
   * @throws TOO_LARGE, BAD_REQUEST malformed length; PEER_UNREACHABLE cut off; TIMEOUT, CANCELLED by `signal`
   */
  async read(maxBytes: number, signal?: AbortSignal): Promise<Uint8Array | undefined> {
    const pieces = await this.readPieces(maxBytes, signal);
    return pieces && joinPieces(pieces);
  }

  /** As `read`, without a copy: pieces that together are the frame. */
  async readPieces(maxBytes: number, signal?: AbortSignal): Promise<readonly Uint8Array[] | undefined> {
    for (;;) {
      throwIfAborted(signal);
      const frame = this.#decoder.takePieces(Math.min(maxBytes, this.#maxFrameBytes));
      if (frame) {
        this.#resumeIfRoom();
        return frame;
      }
      if (this.#ended) {
        if (this.#failure || this.#decoder.buffered > 0) throw cutOff(this.#failure);
        return undefined;
      }
      this.#resumeIfRoom();
      await untilWoken((wake) => {
        this.#wake = wake;
      }, signal);
      this.#wake = undefined;
    }
  }

  #resumeIfRoom(): void {
    if (!this.#paused || this.#decoder.buffered > this.#maxFrameBytes) return;
    this.#paused = false;
    if (this.#stream.readStatus === 'paused') this.#stream.resume();
  }

  /**
   * Sends one frame; resolves when the stream takes more.
   * @param body one piece, or several that together are the body; they belong to the stream from here on, and long ones are not copied
   * @throws PEER_UNREACHABLE, TOO_LARGE; TIMEOUT, CANCELLED by `signal`
   */
  async write(body: Uint8Array | readonly Uint8Array[], signal?: AbortSignal): Promise<void> {
    throwIfAborted(signal);
    try {
      for (const message of toMessages(body instanceof Uint8Array ? [body] : body)) this.#stream.send(message);
    } catch (error) {
      if (isAppError(error)) throw error;
      throw cutOff(error);
    }
    while (this.#stream.writableNeedsDrain && this.#failure === undefined && this.#stream.status === 'open') {
      await untilWoken((wake) => {
        this.#drained.push(wake);
      }, signal);
    }
    if (this.#failure) throw cutOff(this.#failure);
  }

  /** Ends our side; what was written still arrives. Never throws. */
  async close(signal?: AbortSignal): Promise<void> {
    try {
      await this.#stream.close(signal ? { signal } : undefined);
    } catch (error) {
      this.abort(error);
    }
  }

  /** Ends both sides at once and forgets what was buffered. */
  abort(reason: unknown): void {
    this.#stream.abort(reason instanceof Error ? reason : new Error(String(reason)));
  }
}

/** A frame of `body` in as few messages as can be had without copying what is long. */
function toMessages(body: readonly Uint8Array[]): Uint8Array[] {
  const messages: Uint8Array[] = [];
  let small: Uint8Array[] = [encodeLength(body.reduce((length, piece) => length + piece.length, 0))];
  const flush = () => {
    if (small.length > 0) messages.push(joinPieces(small));
    small = [];
  };
  for (const piece of body) {
    if (piece.length > SMALL_BYTES) {
      flush();
      messages.push(piece);
    } else if (piece.length > 0) small.push(piece);
  }
  flush();
  return messages;
}

function cutOff(cause: unknown): AppError {
  return new AppError('PEER_UNREACHABLE', 'The peer went away in the middle of an exchange.', {}, { cause });
}

/** An aborted signal as the error that the layers above know. */
export function abortError(signal: AbortSignal): AppError {
  const timedOut = signal.reason instanceof Error && signal.reason.name === 'TimeoutError';
  return timedOut
    ? new AppError('TIMEOUT', 'The peer did not answer in time.', {}, { cause: signal.reason })
    : new AppError('CANCELLED', 'The caller gave up.', {}, { cause: signal.reason });
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw abortError(signal);
}

function untilWoken(register: (wake: () => void) => void, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(abortError(signal!));
    signal?.addEventListener('abort', onAbort, { once: true });
    register(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
  });
}
