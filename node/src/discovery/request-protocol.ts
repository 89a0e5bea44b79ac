/**
 * One request, one answer, opaque bytes, over libp2p: how another layer talks to a peer that noise has proven.
 *
 * Wire: frames (`@chiral/protocol/frames`) on a stream that both sides keep. The caller sends request bodies; the other
 * side answers each in order with status (1 byte) and body, status 0 or the wire byte of an error code with its text.
 *
 * A stream per peer and direction is kept while it is used: measured on loopback, a request on a kept stream costs a fifth
 * of one that opens its own. A lost stream fails what waits on it and is never retried here, since only the layer above
 * knows whether asking twice is safe. It owns these streams and nothing else.
 */
import { AppError, ERRORS, fromWire, isAppError } from '@chiral/protocol/errors';
import { abortError, FrameStream } from '@chiral/protocol/frame-stream';
import type { PayHandler, PayTransport, PeerKey } from '../ports.ts';
import type { Host } from './host-core.ts';

export interface RequestProtocolOptions {
  /** Longest body, bytes, both ways. */
  readonly maxBytes: number;
  /** From `request` to the answer, dialling included, ms. */
  readonly timeoutMs: number;
}

/** A stream on which nobody spoke for this long is closed, ms. */
const IDLE_MS = 60_000;
/** Requests that may wait for an answer from one peer. */
const MAX_WAITING = 64;
/** Kept streams per peer and direction; a second one is a peer that lost its first. */
const MAX_STREAMS_PER_PEER = 4;

export interface RequestProtocol extends PayTransport {
  /** Answers requests. An AppError that `handler` throws goes back as its code; anything else resets the stream. */
  handle(handler: PayHandler): Promise<void>;
  close(): Promise<void>;
}

interface Waiting {
  resolve(answer: Uint8Array): void;
  reject(error: Error): void;
}

/** The asking end of one kept stream: answers come in the order of the requests. */
interface Line {
  readonly peer: PeerKey;
  readonly frames: FrameStream;
  readonly waiting: Waiting[];
  idle: NodeJS.Timeout | undefined;
}

export function createRequestProtocol(host: Host, protocol: string, options: RequestProtocolOptions): RequestProtocol {
  const { maxBytes, timeoutMs } = options;
  const lines = new Map<PeerKey, { readonly opening: Promise<Line>; line?: Line }>();
  const serving = new Set<FrameStream>();
  const closing = new AbortController();
  let stopHandling: (() => Promise<void>) | undefined;

  const drop = (line: Line, error: Error): void => {
    if (lines.get(line.peer)?.line === line) lines.delete(line.peer);
    clearTimeout(line.idle);
    line.frames.abort(error);
    for (const { reject } of line.waiting.splice(0)) reject(error);
  };

  const readAnswers = async (line: Line): Promise<void> => {
    try {
      for (;;) {
        const answer = await line.frames.read(maxBytes + 1);
        const waiting = line.waiting.shift();
        if (!answer || !waiting) throw closedByPeer(line.peer);
        settle(waiting, answer);
        if (line.waiting.length > 0) continue;
        line.idle = setTimeout(() => drop(line, new Error('nobody spoke')), IDLE_MS);
        line.idle.unref?.();
      }
    } catch (error) {
      drop(line, error as Error);
    }
  };

  const lineTo = (peer: PeerKey): Promise<Line> => {
    const existing = lines.get(peer);
    if (existing) return existing.opening;
    const open = async (): Promise<Line> => {
      const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(timeoutMs)]);
      const stream = await host.openStream(peer, protocol, signal);
      return { peer, frames: new FrameStream(stream, maxBytes + 1), waiting: [], idle: undefined };
    };
    const entry: { opening: Promise<Line>; line?: Line } = { opening: open() };
    lines.set(peer, entry);
    entry.opening.then(
      (line) => {
        entry.line = line;
        void readAnswers(line);
      },
      () => lines.delete(peer),
    );
    return entry.opening;
  };

  return {
    async request(peer, message, signal) {
      if (message.length > maxBytes) throw new AppError('TOO_LARGE', `A message has at most ${maxBytes} bytes.`);
      const limits = [closing.signal, AbortSignal.timeout(timeoutMs)];
      const limit = AbortSignal.any(signal ? [...limits, signal] : limits);
      let line = await raceAbort(lineTo(peer), limit);
      if (!line.frames.isOpen) {
        // Closed by the other side while nobody waited on it; nothing was sent, so a new one is safe.
        drop(line, closedByPeer(peer));
        line = await raceAbort(lineTo(peer), limit);
      }
      if (line.waiting.length >= MAX_WAITING) throw new AppError('TOO_MANY', 'Too many requests wait on this peer.');
      clearTimeout(line.idle);
      const used = line;
      const answer = new Promise<Uint8Array>((resolve, reject) => used.waiting.push({ resolve, reject }));
      // A lost stream may reject it before anybody waits on it.
      answer.catch(() => {});
      try {
        await used.frames.write(message, limit);
        return await raceAbort(answer, limit);
      } catch (error) {
        // Our own signal is the only way out that leaves the row as it is: the answer comes, and nobody takes it. A peer
        // that is late or gone loses the stream, with all that wait on it.
        if (limit.aborted && !isAppError(abortError(limit), 'CANCELLED')) drop(used, error as Error);
        else if (!used.frames.isOpen) drop(used, error as Error);
        throw error;
      }
    },

    async handle(handler) {
      stopHandling = await host.handle(
        protocol,
        async (peer, stream) => {
          const frames = new FrameStream(stream, maxBytes);
          serving.add(frames);
          try {
            for (;;) {
              const message = await frames.read(
                maxBytes,
                AbortSignal.any([closing.signal, AbortSignal.timeout(2 * IDLE_MS)]),
              );
              if (!message) return await frames.close();
              const answer = await answerOf(handler, peer, message);
              await frames.write(answer, AbortSignal.any([closing.signal, AbortSignal.timeout(timeoutMs)]));
            }
          } finally {
            serving.delete(frames);
          }
        },
        MAX_STREAMS_PER_PEER,
      );
    },

    async close() {
      closing.abort(new AppError('CANCELLED', 'The node is stopping.'));
      await stopHandling?.();
      for (const { line } of [...lines.values()])
        if (line) drop(line, new AppError('CANCELLED', 'The node is stopping.'));
      for (const frames of serving) frames.abort(new Error('the node is stopping'));
    },
  };
}

async function answerOf(handler: PayHandler, peer: PeerKey, message: Uint8Array): Promise<Uint8Array> {
  try {
    return withStatus(0, await handler(peer, message));
  } catch (error) {
    if (!isAppError(error)) throw error;
    return withStatus(ERRORS[error.code].wire, new TextEncoder().encode(error.message.slice(0, 200)));
  }
}

function withStatus(status: number, body: Uint8Array): Uint8Array {
  const frame = new Uint8Array(1 + body.length);
  frame[0] = status;
  frame.set(body, 1);
  return frame;
}

function closedByPeer(peer: PeerKey): AppError {
  return new AppError('PEER_UNREACHABLE', 'The peer closed the exchange.', { peer });
}

function settle({ resolve, reject }: Waiting, answer: Uint8Array): void {
  const body = answer.subarray(1);
  if (answer[0] === 0) {
    resolve(body);
    return;
  }
  const code = fromWire(answer[0] ?? 0) ?? 'PEER_UNREACHABLE';
  reject(new AppError(code, new TextDecoder().decode(body.subarray(0, 200)) || ERRORS[code].meaning));
}

function raceAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(abortError(signal));
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
