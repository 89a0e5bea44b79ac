/**
 * An HTTP server that strangers may reach: limits on headers, bodies, slow readers and connections, an optional Host
 * allow-list, and problem details as the one form of error. It knows no route.
 *
 * Node's own defaults cut slow headers after 90 s, a slow body after 330 s and a slow reader never.
 */
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { AppError, isAppError, toProblem } from '@chiral/protocol/errors';

/** Time to send all headers, milliseconds. */
const HEADERS_TIMEOUT_MS = 10_000;
/** Time to send a whole request, milliseconds. */
const REQUEST_TIMEOUT_MS = 25_000;
/** How often Node looks for requests that are over those times, milliseconds. */
const CONNECTIONS_CHECK_MS = 1_000;
/** An idle connection is kept this long for the next request, milliseconds. */
const KEEP_ALIVE_MS = 30_000;
const MAX_HEADER_BYTES = 16 * 1024;
const MAX_BODY_BYTES = 64 * 1024;
const MAX_CONNECTIONS = 4_096;
/** A reader that takes less than this is cut, bytes per second over `SEND_WINDOW_MS`. */
const MIN_SEND_BYTES_PER_SECOND = 1_024;
const SEND_WINDOW_MS = 30_000;
const SEND_CHECK_MS = 5_000;

export interface HttpServerOptions {
  readonly host: string;
  /** 0 for a free one. */
  readonly port: number;
  /** Whether a request may name this host (lower case, no port); any host by default. Guards against DNS rebinding. */
  readonly isHostAllowed?: (hostname: string) => boolean;
  readonly maxBodyBytes?: number;
  readonly maxConnections?: number;
  /** For tests: shorter times, same rules. */
  readonly sendWindowMs?: number;
  readonly sendCheckMs?: number;
}

export interface HttpServer {
  readonly server: Server;
  readonly port: number;
  /** `http://host:port`, as this machine reaches it. */
  readonly url: string;
  /** Stops listening and cuts what is open. */
  close(): Promise<void>;
}

/** Listens, then resolves. @throws the system's error when the address is taken */
export async function createHttpServer(app: RequestListener, options: HttpServerOptions): Promise<HttpServer> {
  const { host, port, isHostAllowed, maxBodyBytes = MAX_BODY_BYTES, maxConnections = MAX_CONNECTIONS } = options;
  const server = createServer(
    {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: CONNECTIONS_CHECK_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
      insecureHTTPParser: false,
      noDelay: true,
    },
    (request, response) => {
      // The response loses its socket before it tells that it is finished.
      const { socket } = request;
      const refusal = refuse(request, isHostAllowed, maxBodyBytes);
      if (refusal) {
        response.setHeader('connection', 'close');
        sendProblem(response, refusal);
        response.once('finish', () => socket.destroySoon());
        return;
      }
      // A body that the route did not read is not read for it.
      response.once('finish', () => {
        if (!request.complete) socket.destroySoon();
      });
      app(request, response);
    },
  );
  server.maxConnections = maxConnections;
  server.on('clientError', answerBadRequest);
  const readers = watchReaders(server, options.sendWindowMs ?? SEND_WINDOW_MS, options.sendCheckMs ?? SEND_CHECK_MS);
  await new Promise<void>((resolve, reject) => {
    const onError = (error: Error) => {
      readers.stop();
      reject(error);
    };
    server.once('error', onError);
    server.listen(port, host, () => {
      server.off('error', onError);
      resolve();
    });
  });
  const { address, family, port: actual } = server.address() as AddressInfo;
  const reachable = address === '0.0.0.0' ? '127.0.0.1' : address === '::' ? '::1' : address;
  return {
    server,
    port: actual,
    url: `http://${family === 'IPv6' && reachable.includes(':') ? `[${reachable}]` : reachable}:${actual}`,
    close: () =>
      new Promise((resolve) => {
        readers.stop();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function refuse(
  request: IncomingMessage,
  isHostAllowed: HttpServerOptions['isHostAllowed'],
  maxBodyBytes: number,
): AppError | undefined {
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > maxBodyBytes) return new AppError('TOO_LARGE', `A request has at most ${maxBodyBytes} bytes.`);
  if (isHostAllowed && !isHostAllowed(hostnameOf(request.headers.host ?? ''))) {
    return new AppError('FORBIDDEN', 'This server does not answer to that host name.');
  }
  return undefined;
}

/** `Host` header → lower-case host name without port; IPv6 keeps its brackets. */
export function hostnameOf(header: string): string {
  return header.trim().toLowerCase().replace(/:\d*$/, '');
}

/** Whole request body. @throws TOO_LARGE after at most `maxBytes` were read */
export async function readBody(request: IncomingMessage, maxBytes: number = MAX_BODY_BYTES): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > maxBytes) throw new AppError('TOO_LARGE', `A request has at most ${maxBytes} bytes.`);
    parts.push(part);
  }
  return Buffer.concat(parts, length);
}

/** Answers with RFC 9457 problem details, or cuts the connection when an answer has already begun. */
export function sendProblem(response: ServerResponse, error: AppError, headers: Record<string, string> = {}): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const problem = toProblem(error);
  const body = Buffer.from(JSON.stringify(problem));
  response.writeHead(problem.status, {
    ...headers,
    'content-type': 'application/problem+json',
    'content-length': body.length,
    'cache-control': 'no-store',
  });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

/** For the last `catch` of a route: an AppError goes to the client, a bug only to `onBug` and as a bare 500. */
export function sendError(response: ServerResponse, error: unknown, onBug: (error: unknown) => void): void {
  if (isAppError(error)) {
    sendProblem(response, error);
    return;
  }
  onBug(error);
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(500, { 'content-type': 'application/problem+json', 'cache-control': 'no-store' });
  response.end(JSON.stringify({ type: 'about:blank', title: STATUS_CODES[500], status: 500 }));
}

function answerBadRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  const status = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 }[error.code ?? ''] ?? 400;
  // Once an answer is under way, another status line would be read as part of it.
  if (socket.writable && socket.bytesWritten === 0) {
    socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
  }
  socket.destroySoon();
}

/** What Node keeps of a socket below its streams: bytes handed to the system, and bytes it has not taken yet. */
interface SocketHandle {
  readonly bytesWritten: number;
  readonly writeQueueSize: number;
}

/** Cuts sockets that have something to send and get rid of less than the minimum. */
function watchReaders(server: Server, windowMs: number, checkMs: number): { stop(): void } {
  const sockets = new Map<Socket, { sent: number; sinceMs: number }>();
  server.on('connection', (socket: Socket) => {
    sockets.set(socket, { sent: 0, sinceMs: Date.now() });
    socket.once('close', () => sockets.delete(socket));
  });
  const timer = setInterval(() => {
    const now = Date.now();
    for (const [socket, progress] of sockets) {
      const handle = (socket as Socket & { _handle?: SocketHandle | null })._handle;
      if (!handle) continue;
      const waiting = handle.writeQueueSize > 0 || socket.writableLength > 0;
      const sent = handle.bytesWritten - handle.writeQueueSize;
      const elapsedMs = now - progress.sinceMs;
      if (!waiting || sent - progress.sent >= (MIN_SEND_BYTES_PER_SECOND * windowMs) / 1000) {
        progress.sent = sent;
        progress.sinceMs = now;
      } else if (elapsedMs >= windowMs) {
        socket.destroy();
      }
    }
  }, checkMs);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
