/** The `http` protocol: both directions in one ProtocolAdapter. @see http-server.ts, http-client.ts */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Credentials, Paywall, ProtocolAdapter, Sessions } from '../../ports.ts';
import { createHttpChunkClient } from './http-client.ts';
import { createHttpContentServer, GATE_PATIENCE_MS } from './http-server.ts';

export interface HttpAdapterOptions {
  readonly sessions: Sessions;
  readonly credentials: Credentials;
  /** Where others reach the server that carries `router`, no slash at the end: `http://203.0.113.7:8080`. */
  readonly publicUrl: () => string;
  /** Whether a host name or address from an offer may be connected to; any by default. */
  readonly mayDial?: (hostname: string) => boolean;
  /** How long an answer that has begun waits for the gate before it is cut, milliseconds. */
  readonly gatePatienceMs?: number;
  /** Lets strangers in that bring what opens the gate; none by default. Late, since it is built after the adapters. */
  readonly paywall?: () => Paywall | undefined;
  /** Told of errors in serving that are no answer to anybody. */
  readonly onBug?: (error: unknown) => void;
}

export interface HttpAdapter extends ProtocolAdapter {
  /** Middleware of Express or of nothing: `createHttpServer((q, s) => adapter.router(q, s, () => app(q, s)))` is the fast way. */
  readonly router: (request: IncomingMessage, response: ServerResponse, next: () => void) => void;
  /** Closes the connections to others; the server is its owner's. */
  close(): void;
}

export function createHttpAdapter(options: HttpAdapterOptions): HttpAdapter {
  const {
    sessions,
    credentials,
    publicUrl,
    mayDial = () => true,
    onBug = rethrowLater,
    gatePatienceMs = GATE_PATIENCE_MS,
    paywall = () => undefined,
  } = options;
  const server = createHttpContentServer({ sessions, onBug, gatePatienceMs, publicUrl, paywall });
  const client = createHttpChunkClient(credentials, mayDial);
  return {
    protocol: 'http',
    router: server.handle,
    fetch: client.fetch,
    fetchRange: client.fetchRange,
    async serve(content, uplink) {
      const { stop } = server.serve(content, uplink);
      return { endpoint: `${publicUrl()}/file/${content.cid}`, stop: async () => stop() };
    },
    close: client.close,
  };
}

/** A bug that nobody asked to hear of stops the process, as any other. */
function rethrowLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
