/**
 * The RPC's door: HTTP and WebSocket on one port, on the loopback address unless the operator says otherwise. Guards, limits
 * and times; what a request means is `dispatch`'s affair. Owns its sockets and closes them all.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Log } from '../log.ts';
import type { RpcContext } from './context.ts';
import { dispatch } from './dispatch.ts';
import { type GuardOptions, refusal } from './guard.ts';
import { Feed, Subscriptions } from './subscriptions.ts';

/** Largest request, bytes: a batch with several contract deployments fits. */
export const MAX_BODY_BYTES = 2 * 1024 * 1024;
/** Time for the headers, for the whole request, and for the reader of an answer, milliseconds. */
const HEADERS_MS = 10_000;
const REQUEST_MS = 30_000;
const ANSWER_MS = 60_000;
/** How often Node looks for connections past their time, milliseconds; its default of 30 s makes the limits above soft. */
const CHECK_MS = 1_000;
const KEEP_ALIVE_MS = 65_000;
const MAX_CONNECTIONS = 512;
const MAX_WEBSOCKETS = 128;
/** Unread bytes after which a WebSocket that does not read is cut, and requests it may have under way. */
const MAX_BUFFERED_BYTES = 16 * 1024 * 1024;
const MAX_QUEUED = 256;
/** A WebSocket that misses a ping for this long is gone, milliseconds. */
const PING_MS = 30_000;

export interface RpcServerOptions extends GuardOptions {
  context: RpcContext;
  log: Log;
  /** @default '127.0.0.1' */
  host?: string;
  /** 0 takes a free one. */
  port: number;
}

export interface RpcServer {
  readonly port: number;
  readonly url: string;
  close(): Promise<void>;
}

/** @throws Error when the port is taken */
export async function createRpcServer(options: RpcServerOptions): Promise<RpcServer> {
  const host = options.host ?? '127.0.0.1';
  const feed = new Feed(options.context.chain, options.context.pool);
  const http = createServer({
    headersTimeout: HEADERS_MS,
    requestTimeout: REQUEST_MS,
    connectionsCheckingInterval: CHECK_MS,
  });
  http.keepAliveTimeout = KEEP_ALIVE_MS;
  http.maxConnections = MAX_CONNECTIONS;
  http.on('request', (request, response) => {
    serve(request, response, options).catch((error: unknown) => {
      fault(options.log, error, 'HTTP');
      response.destroy();
    });
  });
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_BODY_BYTES, perMessageDeflate: false });
  http.on('upgrade', (request, socket, head) => upgrade(sockets, request, socket, head, options));
  sockets.on('connection', (socket) => converse(socket, feed, options));
  const pings = setInterval(() => ping(sockets), PING_MS);
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject);
    http.listen(options.port, host, resolve);
  });
  const { port } = http.address() as AddressInfo;
  return {
    port,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    close: () => close(http, sockets, pings),
  };
}

async function close(http: Server, sockets: WebSocketServer, pings: NodeJS.Timeout): Promise<void> {
  clearInterval(pings);
  for (const socket of sockets.clients) socket.terminate();
  sockets.close();
  await new Promise<void>((resolve) => {
    http.close(() => resolve());
    http.closeAllConnections();
  });
}

async function serve(request: IncomingMessage, response: ServerResponse, options: RpcServerOptions): Promise<void> {
  const refused = refusal(request, options);
  if (refused) return reply(response, 403, refused);
  const { origin } = request.headers;
  if (origin !== undefined) {
    response.setHeader('Access-Control-Allow-Origin', origin);
    response.setHeader('Vary', 'Origin');
  }
  if (request.method === 'OPTIONS') {
    response.setHeader('Access-Control-Allow-Methods', 'POST');
    response.setHeader('Access-Control-Allow-Headers', 'content-type');
    response.setHeader('Access-Control-Allow-Private-Network', 'true');
    response.setHeader('Access-Control-Max-Age', '600');
    return reply(response, 204);
  }
  if (request.method === 'GET' || request.method === 'HEAD')
    return reply(response, 200, options.context.status.clientVersion);
  if (request.method !== 'POST') return reply(response, 405, 'POST only');
  // A page may POST text/plain to any address without asking first; JSON makes the browser ask.
  if (!/^application\/(json|json-rpc|jsonrequest)\b/i.test(request.headers['content-type'] ?? '')) {
    return reply(response, 415, 'content type must be application/json');
  }
  const body = await readBody(request);
  if (body === 'too large') {
    response.setHeader('Connection', 'close');
    reply(response, 413, 'request too large');
    return void request.destroy();
  }
  if (body === undefined) return;
  const answer = await dispatch(body, {
    context: options.context,
    onFault: (err, method) => fault(options.log, err, method),
  });
  if (response.destroyed) return;
  response.setHeader('Content-Type', 'application/json');
  reply(response, 200, answer ?? '');
}

function reply(response: ServerResponse, status: number, text = ''): void {
  response.statusCode = status;
  if (!response.hasHeader('Content-Type')) response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  const late = setTimeout(() => response.destroy(), ANSWER_MS);
  response.once('close', () => clearTimeout(late));
  response.end(text);
}

/** @returns undefined when the client went away */
async function readBody(request: IncomingMessage): Promise<string | 'too large' | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) return 'too large';
  const parts: Buffer[] = [];
  let length = 0;
  try {
    for await (const part of request as AsyncIterable<Buffer>) {
      length += part.length;
      if (length > MAX_BODY_BYTES) return 'too large';
      parts.push(part);
    }
  } catch {
    return undefined;
  }
  return Buffer.concat(parts).toString('utf8');
}

function upgrade(
  sockets: WebSocketServer,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  options: RpcServerOptions,
): void {
  socket.on('error', () => socket.destroy());
  const full = sockets.clients.size >= MAX_WEBSOCKETS;
  if (full || refusal(request, options)) {
    socket.end(
      `HTTP/1.1 ${full ? '503 Service Unavailable' : '403 Forbidden'}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
    );
    return;
  }
  sockets.handleUpgrade(request, socket, head, (connection) => sockets.emit('connection', connection, request));
}

/** One connection: its requests are answered in the order they came. */
function converse(socket: WebSocket & { alive?: boolean }, feed: Feed, options: RpcServerOptions): void {
  const send = (text: string) => {
    if (socket.bufferedAmount > MAX_BUFFERED_BYTES) socket.terminate();
    else if (socket.readyState === socket.OPEN) socket.send(text);
  };
  const subscriptions = new Subscriptions(feed, send);
  let queue = Promise.resolve();
  let queued = 0;
  socket.alive = true;
  socket.on('pong', () => {
    socket.alive = true;
  });
  socket.on('error', () => socket.terminate());
  socket.on('close', () => subscriptions.close());
  socket.on('message', (data, isBinary) => {
    if (isBinary || ++queued > MAX_QUEUED) return socket.close(1008, 'too many requests or not text');
    queue = queue.then(async () => {
      queued--;
      if (socket.readyState !== socket.OPEN) return;
      const answer = await dispatch(data.toString(), {
        context: options.context,
        onConnection: (method, params) => subscriptions.answer(method, params),
        onFault: (err, method) => fault(options.log, err, method),
      });
      if (answer !== undefined) send(answer);
    });
  });
}

function ping(sockets: WebSocketServer): void {
  for (const socket of sockets.clients as Set<WebSocket & { alive?: boolean }>) {
    if (!socket.alive) socket.terminate();
    else {
      socket.alive = false;
      socket.ping();
    }
  }
}

function fault(log: Log, err: unknown, method: string): void {
  log.error({ err, method }, 'an RPC method failed');
}
