/**
 * Fetching side of the `http` protocol: one chunk per request, over connections that stay open.
 *
 * An endpoint whose path ends in `/file/{cid}` is one of ours and is asked for `{url}/chunk/{i}`, with our token. Any other
 * URL is a plain file on any web server and is asked for a byte range, without a token. Redirects are not followed: an offer
 * names the place that is meant. What comes back is bounded by the length of the chunk and never trusted.
 */
import { Agent, type IncomingMessage, type RequestOptions, request as requestHttp } from 'node:http';
import { request as requestHttps, Agent as TlsAgent } from 'node:https';
import { CHUNK_BYTES, type Content, chunkLength } from '@chiral/protocol/content';
import { AppError, isAppError } from '@chiral/protocol/errors';
import type { Credentials, Offer } from '../../ports.ts';
import { createConnections } from './http-connections.ts';
import { refusalOf } from './http-refusal.ts';

/** A peer that is silent this long, milliseconds. */
const IDLE_TIMEOUT_MS = 10_000;
/** Connections to one peer. The scheduler decides how many are in use. */
const MAX_CONNECTIONS_PER_PEER = 32;
/** An open connection that is not used is kept this long, milliseconds; under the 30 s of our own server. */
const KEEP_ALIVE_MS = 15_000;
/** Of an error's body, bytes. */
const MAX_PROBLEM_BYTES = 8 * 1024;

/** Where the chunks of one content are, in the form that `node:http` takes. */
interface Target {
  readonly secure: boolean;
  readonly base: RequestOptions;
  readonly hostHeader: string;
  /** Path up to the chunk number for our own servers; undefined for a plain file. */
  readonly chunkPath: string | undefined;
  readonly path: string;
  /** It answers in a form that only `node:http` reads; asking twice for each chunk would be served twice. */
  isUnusual: boolean;
}

export interface HttpChunkClient {
  /** @throws CHOKED, NOT_FOUND, CONTENT_CHANGED, CONTENT_INVALID, TOO_MANY, UNSUPPORTED, PEER_UNREACHABLE, TIMEOUT, CANCELLED */
  fetch(offer: Offer, content: Content, chunk: number, signal: AbortSignal): Promise<Uint8Array>;
  /** Bytes `[start, end)` of a chunk. @throws as `fetch` */
  fetchRange(
    offer: Offer,
    content: Content,
    chunk: number,
    range: { start: number; end: number } | undefined,
    signal: AbortSignal,
  ): Promise<Uint8Array>;
  close(): void;
}

/** @param mayDial whether a host name or address from an offer may be connected to */
export function createHttpChunkClient(
  credentials: Credentials,
  mayDial: (hostname: string) => boolean,
): HttpChunkClient {
  const options = { keepAlive: true, maxSockets: MAX_CONNECTIONS_PER_PEER, timeout: IDLE_TIMEOUT_MS, noDelay: true };
  const agent = new Agent({ ...options, keepAliveMsecs: KEEP_ALIVE_MS });
  const tlsAgent = new TlsAgent({ ...options, keepAliveMsecs: KEEP_ALIVE_MS });
  const connections = createConnections(IDLE_TIMEOUT_MS, KEEP_ALIVE_MS);
  const targets = new Map<string, Target>();

  function targetOf(text: string, cid: string): Target {
    const known = targets.get(text);
    if (known) return known;
    let url: URL;
    try {
      url = new URL(text);
    } catch (cause) {
      throw new AppError('UNSUPPORTED', 'The offer has a malformed URL.', {}, { cause });
    }
    if ((url.protocol !== 'http:' && url.protocol !== 'https:') || url.username || url.password) {
      throw new AppError('UNSUPPORTED', 'The offer has a URL of another kind than http and https.');
    }
    if (!mayDial(url.hostname))
      throw new AppError('FORBIDDEN', 'The offer names an address that is not dialled from here.');
    const secure = url.protocol === 'https:';
    const isOurs = url.pathname.endsWith(`/file/${cid}`);
    const target: Target = {
      secure,
      base: {
        host: url.hostname.replace(/^\[|\]$/g, ''),
        port: url.port || (secure ? 443 : 80),
        agent: secure ? tlsAgent : agent,
      },
      hostHeader: url.host,
      chunkPath: isOurs ? `${url.pathname}/chunk/` : undefined,
      path: url.pathname + url.search,
      isUnusual: false,
    };
    if (targets.size >= 1_000) targets.clear();
    targets.set(text, target);
    return target;
  }

  /** One chunk of one of our own servers, the fast way. */
  async function askOurs(
    target: Target,
    length: number,
    token: string | undefined,
    chunk: number,
    signal: AbortSignal,
  ) {
    const authorization = token === undefined ? '' : `authorization: Bearer ${token}\r\n`;
    const answer = await connections.exchange({
      host: target.base.host!,
      port: Number(target.base.port),
      head: `GET ${target.chunkPath}${chunk} HTTP/1.1\r\nhost: ${target.hostHeader}\r\n${authorization}\r\n`,
      maxBodyBytes: (status) => (status === 200 ? length : MAX_PROBLEM_BYTES),
      signal,
    });
    if (answer === 'unusual') {
      target.isUnusual = true;
      return undefined;
    }
    const { status, body } = answer;
    if (status !== 200) throw refusalOf(status, body);
    if (body.length !== length) throw wrongLength();
    return body;
  }

  async function ask(
    target: Target,
    offer: Offer,
    content: Content,
    chunk: number,
    range: { start: number; end: number } | undefined,
    signal: AbortSignal,
  ) {
    const isPlain = target.chunkPath === undefined;
    const length = range ? range.end - range.start : chunkLength(content.size, chunk);
    // Offsets of one of our servers are those in the chunk, of another's those in the file.
    const start = (isPlain ? chunk * CHUNK_BYTES : 0) + (range?.start ?? 0);
    const size = isPlain ? content.size : chunkLength(content.size, chunk);
    const headers: Record<string, string> = { host: target.hostHeader };
    if (isPlain || range) headers.range = `bytes=${start}-${start + length - 1}`;
    if (isPlain) {
      // Compressed bytes would not be the file's.
      headers['accept-encoding'] = 'identity';
    } else {
      const token = credentials.token(offer);
      const isFast = !range && !target.secure && !target.isUnusual;
      const data = isFast ? await askOurs(target, length, token, chunk, signal) : undefined;
      if (data) return data;
      if (token !== undefined) headers.authorization = `Bearer ${token}`;
    }
    const path = isPlain ? target.path : `${target.chunkPath}${chunk}`;
    return exchange(target, { ...target.base, path, headers, signal }, length, start, size);
  }

  async function fetchRange(
    offer: Offer,
    content: Content,
    chunk: number,
    range: { start: number; end: number } | undefined,
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    let failure: unknown;
    for (const { protocol, url } of offer.endpoints) {
      if (protocol !== 'http') continue;
      if (signal.aborted) throw new AppError('CANCELLED', 'The request was given up.');
      try {
        return await ask(targetOf(url, content.cid), offer, content, chunk, range, signal);
      } catch (error) {
        // Only what a second address could mend is tried at a second address.
        if (!isAppError(error, 'PEER_UNREACHABLE', 'TIMEOUT', 'UNSUPPORTED', 'FORBIDDEN')) throw error;
        failure = error;
      }
    }
    throw failure ?? new AppError('UNSUPPORTED', 'The offer has no HTTP endpoint.');
  }

  return {
    fetch: (offer, content, chunk, signal) => fetchRange(offer, content, chunk, undefined, signal),
    fetchRange,
    close() {
      connections.close();
      agent.destroy();
      tlsAgent.destroy();
    },
  };
}

/** One request, one chunk of at most `length` bytes; a kept connection that the peer had just closed is tried once more. */
function exchange(target: Target, options: RequestOptions, length: number, start: number, size: number, again = true) {
  return new Promise<Uint8Array>((resolve, reject) => {
    const fail = (error: unknown) => reject(toTransferError(error, options.signal));
    const request = (target.secure ? requestHttps : requestHttp)(options);
    let hasAnswer = false;
    request.on('response', (response) => {
      hasAnswer = true;
      readAnswer(response, length, start, size).then(resolve, (error) => {
        request.destroy();
        fail(error);
      });
    });
    request.on('timeout', () => request.destroy(new AppError('TIMEOUT', 'The peer did not answer in time.')));
    request.on('error', (error) => {
      if (again && !hasAnswer && request.reusedSocket && (error as NodeJS.ErrnoException).code === 'ECONNRESET') {
        exchange(target, options, length, start, size, false).then(resolve, reject);
      } else {
        fail(error);
      }
    });
    request.end();
  });
}

async function readAnswer(response: IncomingMessage, length: number, start: number, size: number): Promise<Uint8Array> {
  const status = response.statusCode ?? 0;
  const { 'content-length': declared, 'content-range': range, 'content-encoding': encoding } = response.headers;
  if (status !== 200 && status !== 206) throw await toRefusal(response, status);
  if (encoding !== undefined && encoding !== 'identity')
    throw new AppError('UNSUPPORTED', 'The peer sent coded bytes.');
  if (status === 206 && !range?.replace(/\s+/g, ' ').startsWith(`bytes ${start}-${start + length - 1}/`)) {
    throw new AppError('UNSUPPORTED', 'The peer answered with another range.');
  }
  // A plain server without ranges sends the whole file: of use only when that is one chunk.
  if (status === 200 && start + length < size && declared !== undefined && Number(declared) === size) {
    throw new AppError('UNSUPPORTED', 'The peer does not serve ranges.');
  }
  if (declared !== undefined && Number(declared) !== length) throw wrongLength();
  const data = Buffer.allocUnsafeSlow(length);
  let filled = 0;
  return new Promise((resolve, reject) => {
    response.on('data', (part: Buffer) => {
      if (filled + part.length > length) {
        reject(wrongLength());
        response.destroy();
        return;
      }
      part.copy(data, filled);
      filled += part.length;
    });
    response.on('end', () => (filled === length ? resolve(data) : reject(wrongLength())));
    response.on('error', reject);
    response.on('aborted', () => reject(new AppError('PEER_UNREACHABLE', 'The peer hung up.')));
  });
}

function wrongLength(): AppError {
  return new AppError('CONTENT_INVALID', 'The peer sent another number of bytes than the chunk has.');
}

/** Problem details of one of our servers, or the bare status of another's. */
async function toRefusal(response: IncomingMessage, status: number): Promise<AppError> {
  const parts: Buffer[] = [];
  let read = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    read += part.length;
    if (read > MAX_PROBLEM_BYTES) break;
    parts.push(part);
  }
  return refusalOf(status, Buffer.concat(parts));
}

function toTransferError(error: unknown, signal: AbortSignal | undefined): AppError {
  if (signal?.aborted) return new AppError('CANCELLED', 'The request was given up.');
  if (isAppError(error)) return error;
  const cause = error as NodeJS.ErrnoException;
  return new AppError(
    'PEER_UNREACHABLE',
    `The peer cannot be reached (${cause.code ?? cause.message}).`,
    {},
    { cause },
  );
}
