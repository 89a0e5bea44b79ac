/**
 * HTTP/1.1 over plain TCP for the one exchange that carries nearly all bytes: GET one chunk, get a body of a known length.
 * The system writes the body straight into the memory that is handed on; `node:http` would copy it twice. Requests are
 * pipelined over a few connections, so that a peer always has the next one before it has answered the last.
 *
 * Speaks no chunked coding and no TLS: an answer in any other form is 'unusual', and the caller asks again with `node:http`.
 * Trusts nothing: heads and bodies are bounded before they are read.
 * Owns the open connections and the requests on them, answered in order.
 */
import { connect, type Socket } from 'node:net';
import { AppError } from '@chiral/protocol/errors';
import { takeBuffer } from '../chunk-buffers.ts';

/** Longest head of an answer, bytes. */
const MAX_HEAD_BYTES = 16 * 1024;
/** Connections to one peer. */
const MAX_CONNECTIONS = 6;
const HEAD_END = Buffer.from('\r\n\r\n');
const STATUS_LINE = /^HTTP\/1\.[01] ([1-5][0-9]{2})(?: |$)/;

export interface Answer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
}

export interface Exchange {
  readonly host: string;
  readonly port: number;
  /** Request line and headers, with the empty line. */
  readonly head: string;
  /** Longest body for a status, bytes. */
  readonly maxBodyBytes: (status: number) => number;
  readonly signal: AbortSignal;
}

export interface Connections {
  /**
   * @returns 'unusual' when the answer is HTTP but not of the simple form
   * @throws PEER_UNREACHABLE, TIMEOUT, CANCELLED, CONTENT_INVALID the body is longer than allowed
   */
  exchange(exchange: Exchange): Promise<Answer | 'unusual'>;
  close(): void;
}

/** Why an exchange has no answer. */
interface Failure {
  readonly error: AppError;
  /**
   * Whether it may be asked again: 'once' when the connection had served before and went without a byte of this answer,
   * 'always' when the peer had said that it closes after the answer before.
   */
  readonly repeat: 'never' | 'once' | 'always';
}

interface Connection {
  readonly isOpen: boolean;
  /** Requests that are not answered. */
  readonly load: number;
  ask(exchange: Exchange, settle: (outcome: Answer | 'unusual' | Failure) => void): void;
  destroy(): void;
}

/** @param idleTimeoutMs silence in an exchange that ends it @param keepAliveMs how long an unused connection is kept */
export function createConnections(idleTimeoutMs: number, keepAliveMs: number): Connections {
  const byPeer = new Map<string, Connection[]>();
  /** Peers that answer one request per connection. */
  const oneShot = new Set<string>();

  /** The least busy connection, or a new one while there may be more. */
  function choose({ host, port }: Exchange): Connection {
    const key = `${host} ${port}`;
    const open = (byPeer.get(key) ?? []).filter(({ isOpen }) => isOpen);
    let best = open[0];
    for (const connection of open) if (connection.load < best!.load) best = connection;
    if (!best || (best.load > 0 && (open.length < MAX_CONNECTIONS || oneShot.has(key)))) {
      best = openConnection(host, port, idleTimeoutMs, keepAliveMs, (isOneShot) => {
        if (isOneShot) oneShot.add(key);
        const rest = byPeer.get(key)?.filter(({ isOpen }) => isOpen) ?? [];
        if (rest.length > 0) byPeer.set(key, rest);
        else byPeer.delete(key);
      });
      open.push(best);
    }
    byPeer.set(key, open);
    return best;
  }

  function exchange(request: Exchange, again = true): Promise<Answer | 'unusual'> {
    return new Promise((resolve, reject) => {
      if (request.signal.aborted) {
        reject(cancelled());
        return;
      }
      choose(request).ask(request, (outcome) => {
        if (outcome === 'unusual' || 'body' in outcome) resolve(outcome);
        else if (request.signal.aborted || outcome.repeat === 'never') reject(outcome.error);
        else if (outcome.repeat === 'always') resolve(exchange(request, again));
        else if (again) resolve(exchange(request, false));
        else reject(outcome.error);
      });
    });
  }

  return {
    exchange,
    close() {
      for (const connections of byPeer.values()) for (const connection of connections) connection.destroy();
    },
  };
}

function cancelled(): AppError {
  return new AppError('CANCELLED', 'The request was given up.');
}

function openConnection(
  host: string,
  port: number,
  idleTimeoutMs: number,
  keepAliveMs: number,
  onClose: (isOneShot: boolean) => void,
): Connection {
  const headBuffer = Buffer.allocUnsafeSlow(MAX_HEAD_BYTES);
  let headLength = 0;
  let answer: { status: number; headers: Map<string, string>; body: Buffer } | undefined;
  let filled = 0;
  let answered = 0;
  let isClosing = false;
  let failure: AppError | undefined;
  /** Oldest first; the first is being answered. Those given up stay until their answer is read past. */
  const asked: { exchange: Exchange; settle: ((outcome: Answer | 'unusual' | Failure) => void) | undefined }[] = [];

  function finish(outcome: Answer | 'unusual'): void {
    const { settle } = asked.shift()!;
    answered++;
    answer = undefined;
    headLength = 0;
    filled = 0;
    isClosing = outcome !== 'unusual' && closesAfter(outcome);
    if (outcome === 'unusual' || isClosing) socket.destroy();
    else if (asked.length === 0) rest();
    settle?.(outcome);
  }

  function rest(): void {
    socket.setTimeout(keepAliveMs);
    socket.unref();
  }

  function fault(message: string): void {
    socket.destroy(new AppError('CONTENT_INVALID', message));
  }

  /** Takes what the head buffer holds: a head, and perhaps the beginning of its body. */
  function readHead(searchFrom: number): void {
    const end = headBuffer.subarray(0, headLength).indexOf(HEAD_END, searchFrom);
    if (end < 0) {
      if (headLength === MAX_HEAD_BYTES) finish('unusual');
      return;
    }
    const parsed = parseHead(headBuffer.toString('latin1', 0, end));
    const length = parsed && simpleLength(parsed);
    if (!parsed || length === undefined) {
      finish('unusual');
      return;
    }
    if (length > asked[0]!.exchange.maxBodyBytes(parsed.status)) {
      fault('The peer sent more bytes than were asked for.');
      return;
    }
    answer = { ...parsed, body: takeBuffer(length) };
    const bodyStart = end + HEAD_END.length;
    filled = Math.min(length, headLength - bodyStart);
    headBuffer.copy(answer.body, 0, bodyStart, bodyStart + filled);
    const left = headLength - bodyStart - filled;
    // What follows a short answer is the head of the next.
    if (left > 0) headBuffer.copyWithin(0, bodyStart + filled, headLength);
    if (filled < length) return;
    finish(answer);
    if (left === 0) return;
    if (asked.length === 0) {
      fault('The peer sent more than its answer.');
      return;
    }
    headLength = left;
    readHead(0);
  }

  const socket: Socket = connect({
    host,
    port,
    noDelay: true,
    onread: {
      // Where the next bytes go: the rest of the body, or the head.
      buffer: () => (answer ? answer.body.subarray(filled) : headBuffer.subarray(headLength)),
      callback(count) {
        if (asked.length === 0) {
          socket.destroy();
        } else if (answer) {
          filled += count;
          if (filled === answer.body.length) finish(answer);
        } else {
          const searchFrom = Math.max(0, headLength - HEAD_END.length);
          headLength += count;
          readHead(searchFrom);
        }
        return true;
      },
    },
  });
  socket.on('timeout', () => {
    socket.destroy(asked.length > 0 ? new AppError('TIMEOUT', 'The peer did not answer in time.') : undefined);
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    const message = `The peer cannot be reached (${error.code ?? error.message}).`;
    failure = error instanceof AppError ? error : new AppError('PEER_UNREACHABLE', message, {}, { cause: error });
  });
  socket.on('end', () => socket.destroy());
  socket.on('close', () => {
    onClose(isClosing && answered === 1);
    const error = failure ?? new AppError('PEER_UNREACHABLE', 'The peer hung up.');
    const wasSilent = error.code === 'PEER_UNREACHABLE' && answered > 0 && headLength === 0 && !answer;
    const repeat = isClosing ? 'always' : wasSilent ? 'once' : 'never';
    for (const { settle } of asked.splice(0)) settle?.({ error, repeat });
  });
  return {
    get isOpen() {
      return !socket.destroyed;
    },
    get load() {
      return asked.length;
    },
    ask(exchange, settle) {
      const { signal } = exchange;
      const entry: (typeof asked)[number] = {
        exchange,
        settle: (outcome) => {
          signal.removeEventListener('abort', onAbort);
          settle(outcome);
        },
      };
      const onAbort = () => {
        entry.settle = undefined;
        settle({ error: cancelled(), repeat: 'never' });
        // Others wait behind it: its answer is read past, since asking for theirs again would be served twice.
        if (asked.every((other) => other.settle === undefined)) socket.destroy();
      };
      signal.addEventListener('abort', onAbort, { once: true });
      if (asked.length === 0) {
        socket.ref();
        socket.setTimeout(idleTimeoutMs);
      }
      asked.push(entry);
      socket.write(exchange.head, 'latin1');
    },
    destroy: () => socket.destroy(),
  };
}

function closesAfter({ headers }: Answer): boolean {
  return headers.get('connection')?.toLowerCase() === 'close';
}

function parseHead(text: string): { status: number; headers: Map<string, string> } | undefined {
  const [first = '', ...lines] = text.split('\r\n');
  const status = STATUS_LINE.exec(first)?.[1];
  if (status === undefined) return undefined;
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    // Folded lines and a name that comes twice are for a real parser.
    if (colon < 1 || /\s/.test(name) || headers.has(name)) return undefined;
    headers.set(name, line.slice(colon + 1).trim());
  }
  return { status: Number(status), headers };
}

/** Length of a body that comes in one piece, undefined for every other form of answer. */
function simpleLength({ status, headers }: { status: number; headers: Map<string, string> }): number | undefined {
  const length = headers.get('content-length');
  const isPlain = !headers.has('transfer-encoding') && !headers.has('content-encoding');
  if (status < 200 || status === 204 || status === 304 || !isPlain || !/^[0-9]{1,15}$/.test(length ?? ''))
    return undefined;
  return Number(length);
}
