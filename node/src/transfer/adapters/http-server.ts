/**
 * Serving side of the `http` protocol. Stateless but for the list of what is served; every byte of content leaves through
 * the uplink, every refusal is problem details.
 *
 *   GET /file/{cid}/chunk/{i}   one chunk (a range inside it, too)
 *   GET /file/{cid}             the file, or one range of it: what players, curl and web seeds ask for
 *   GET /file/{cid}/manifest    canonical dag-cbor, free
 *   GET /file/{cid}/layer       chunk hashes, free
 *
 * A closed gate is 402, with a paywall's headers for a stranger that could open it. In the middle of an answer it is a pause,
 * and then a cut: the client comes back with a range.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isIPv6 } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { CHUNK_BYTES, type Content, chunkCount, chunkLength, fromContent, SLICE_BYTES } from '@chiral/protocol/content';
import { AppError, isAppError } from '@chiral/protocol/errors';
import { sendError, sendProblem } from '../../http.ts';
import type { Paywall, PeerKey, Sessions, Uplink, Wanted } from '../../ports.ts';
import { giveBuffer, takeBuffer } from '../chunk-buffers.ts';
import { parseRange } from './http-range.ts';

/** Bytes per write of a long answer, a slice: a reader that stalls pins no more memory than this. */
const WRITE_BYTES = SLICE_BYTES;
/** How long an answer that has begun waits for the gate, milliseconds. */
export const GATE_PATIENCE_MS = 10_000;
/** How often it asks, milliseconds. */
const GATE_RETRY_MS = 100;
/** Only text that could be one of our paths is looked at. */
const ROUTE = /^\/file\/([a-z0-9]{8,128})(?:\/(?:(manifest|layer)|chunk\/(0|[1-9][0-9]{0,9})))?$/;

const CONTENT_HEADERS = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers':
    'content-range, content-length, etag, accept-ranges, payment-required, payment-response',
  'x-content-type-options': 'nosniff',
  // Whatever the bytes are, they run nothing in the name of this server.
  'content-security-policy': "sandbox; default-src 'none'",
  'referrer-policy': 'no-referrer',
  'cache-control': 'private, max-age=31536000, immutable',
} as const;

const PREFLIGHT_HEADERS = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, HEAD, OPTIONS',
  'access-control-allow-headers': 'authorization, range, cache-control, if-range, if-none-match, payment-signature',
  'access-control-max-age': '86400',
} as const;

/** Of an answer that carries no content. */
const PLAIN_HEADERS = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': CONTENT_HEADERS['access-control-expose-headers'],
  'cache-control': 'no-store',
} as const;

interface Served {
  readonly content: Content;
  readonly uplink: Uplink;
}

/** Bytes of a file that one URL stands for. */
interface Region {
  readonly start: number;
  readonly end: number;
  readonly etag: string;
}

export interface HttpContentServer {
  serve(content: Content, uplink: Uplink): { stop(): void };
  /** Express middleware, and usable without Express: calls `next` for paths that are not ours. */
  handle(request: IncomingMessage, response: ServerResponse, next: () => void): void;
}

export interface HttpContentServerOptions {
  readonly sessions: Sessions;
  /** Told of errors that are no answer to anybody. */
  readonly onBug: (error: unknown) => void;
  /** How long an answer that has begun waits for the gate, milliseconds. */
  readonly gatePatienceMs: number;
  /** Where others reach this server, no slash at the end. */
  readonly publicUrl: () => string;
  /** Late, since it is built after the adapters; none when strangers only get the free allowance. */
  readonly paywall: () => Paywall | undefined;
}

export function createHttpContentServer(options: HttpContentServerOptions): HttpContentServer {
  const { sessions, onBug, gatePatienceMs, publicUrl, paywall } = options;
  const served = new Map<string, Served>();

  async function answer(request: IncomingMessage, response: ServerResponse, match: RegExpExecArray, query: string) {
    const [, cid = '', record, chunkText] = match;
    if (request.method === 'OPTIONS') {
      response.writeHead(204, PREFLIGHT_HEADERS).end();
      return;
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      sendProblem(response, new AppError('BAD_REQUEST', 'Only GET and HEAD.'), { allow: 'GET, HEAD, OPTIONS' });
      return;
    }
    const entry = served.get(cid);
    if (!entry) throw new AppError('NOT_FOUND', 'This content is not served here.', { cid });
    const { content, uplink } = entry;
    if (record) return sendRecord(request, response, content, record);
    const { peer, isPatient } = identify(request, query, sessions);
    const region = chunkText === undefined ? wholeOf(content) : chunkOf(content, Number(chunkText));
    await sendRegion(request, response, region, async (range) => {
      const wanted: Wanted = {
        cid,
        bytes: range.end - range.start,
        isWhole: range.end - range.start === content.size,
        url: `${publicUrl()}${request.url}`,
      };
      const admission = await paywall()?.admit(wanted, request.headers);
      if (admission && 'status' in admission) {
        const headers = { ...PLAIN_HEADERS, 'content-length': Buffer.byteLength(admission.body), ...admission.headers };
        response.writeHead(admission.status, headers).end(admission.body);
        return undefined;
      }
      const asked = admission?.peer ?? peer;
      return {
        headers: admission?.headers ?? {},
        done: admission?.done ?? (() => {}),
        async read(piece, isFirst, into) {
          try {
            return await readPatiently(
              uplink,
              asked,
              cid,
              piece,
              into,
              isFirst && !isPatient ? 0 : gatePatienceMs,
              response,
            );
          } catch (error) {
            if (isFirst && isAppError(error, 'CHOKED') && asked.startsWith('ip:'))
              for (const [name, value] of Object.entries((await paywall()?.challenge(wanted)) ?? {}))
                response.setHeader(name, value);
            throw error;
          }
        },
      };
    });
  }

  return {
    serve(content, uplink) {
      const entry = { content, uplink };
      served.set(content.cid, entry);
      return {
        stop() {
          if (served.get(content.cid) === entry) served.delete(content.cid);
        },
      };
    },
    handle(request, response, next) {
      const url = request.url ?? '';
      const mark = url.indexOf('?');
      const match = ROUTE.exec(mark < 0 ? url : url.slice(0, mark));
      if (!match) return next();
      answer(request, response, match, mark < 0 ? '' : url.slice(mark + 1)).catch((error) => {
        if (!response.headersSent) {
          const { 'access-control-allow-origin': origin, 'access-control-expose-headers': names } = CONTENT_HEADERS;
          response.setHeader('access-control-allow-origin', origin).setHeader('access-control-expose-headers', names);
        }
        sendError(response, error, onBug);
      });
    },
  };
}

/**
 * Who asks: the session of a token, else the address, which is all that a stranger shows. A token in the URL is in the hands
 * of a stock client, which does not come back after a refusal: its first byte waits for the gate like the others.
 */
function identify(request: IncomingMessage, query: string, sessions: Sessions): { peer: PeerKey; isPatient: boolean } {
  const bearer = /^Bearer +([\x21-\x7e]{1,512})$/i.exec(request.headers.authorization ?? '')?.[1];
  const inUrl = bearer || query === '' ? undefined : new URLSearchParams(query).get('token');
  const token = bearer ?? inUrl;
  const peer = token ? sessions.peer(token) : undefined;
  return {
    peer: peer ?? addressKey(request.socket.remoteAddress ?? ''),
    isPatient: peer !== undefined && typeof inUrl === 'string',
  };
}

/** `ip:` name of an address. IPv6 counts by its first 64 bits: whoever has one address there has 2^64. */
export function addressKey(address: string): PeerKey {
  const plain = address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '').replace(/%.*$/, '');
  if (!isIPv6(plain)) return `ip:${plain}`;
  const [head = '', tail] = plain.toLowerCase().split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail ? tail.split(':') : [];
  const zeros =
    tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0');
  const groups = [...before, ...zeros, ...after].slice(0, 4).map((group) => group.replace(/^0+(?=.)/, ''));
  return `ip:${groups.join(':')}::/64`;
}

function wholeOf({ cid, size }: Content): Region {
  return { start: 0, end: size, etag: `"${cid}"` };
}

function chunkOf({ cid, size }: Content, chunk: number): Region {
  if (chunk >= chunkCount(size)) throw new AppError('NOT_FOUND', 'The content has no such chunk.', { chunk });
  const start = chunk * CHUNK_BYTES;
  return { start, end: start + chunkLength(size, chunk), etag: `"${cid}-${chunk}"` };
}

function sendRecord(request: IncomingMessage, response: ServerResponse, content: Content, record: string): void {
  const { manifest, layer } = fromContent(content);
  const body = record === 'manifest' ? manifest : layer;
  response.writeHead(200, {
    ...CONTENT_HEADERS,
    'content-type': record === 'manifest' ? 'application/vnd.ipld.dag-cbor' : 'application/octet-stream',
    'content-length': body.length,
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

/** What a request was let in with; undefined when it has been answered. @param range of the content, never empty */
type Admit = (range: { start: number; end: number }) => Promise<
  | {
      readonly headers: Record<string, string>;
      readonly read: ReadPiece;
      done(): void;
    }
  | undefined
>;

async function sendRegion(
  request: IncomingMessage,
  response: ServerResponse,
  region: Region,
  admit: Admit,
): Promise<void> {
  const { etag } = region;
  const size = region.end - region.start;
  const headers: Record<string, string | number> = { ...CONTENT_HEADERS, etag, 'accept-ranges': 'bytes' };
  if (request.headers['if-none-match'] === etag) {
    response.writeHead(304, headers).end();
    return;
  }
  const ifRange = request.headers['if-range'];
  let range: { start: number; end: number } | undefined;
  try {
    range = ifRange === undefined || ifRange === etag ? parseRange(request.headers.range, size) : undefined;
  } catch (error) {
    if (!isAppError(error)) throw error;
    sendProblem(response, error, { 'content-range': `bytes */${size}`, 'access-control-allow-origin': '*' });
    return;
  }
  const { start, end } = range ?? { start: 0, end: size };
  headers['content-type'] = 'application/octet-stream';
  headers['content-length'] = end - start;
  if (range) headers['content-range'] = `bytes ${start}-${end - 1}/${size}`;
  const status = range ? 206 : 200;
  if (request.method === 'HEAD' || end === start) {
    response.writeHead(status, headers).end();
    return;
  }
  const last = region.start + end;
  let at = region.start + start;
  const admitted = await admit({ start: at, end: last });
  if (!admitted) return;
  const { read, done } = admitted;
  Object.assign(headers, admitted.headers);
  try {
    while (at < last) {
      const isFirst = at === region.start + start;
      const piece = pieceAt(at, last, end - start <= CHUNK_BYTES ? CHUNK_BYTES : WRITE_BYTES);
      const data = await read(piece, isFirst, takeBuffer(piece.end - piece.start));
      if (response.destroyed) return;
      if (isFirst) response.writeHead(status, headers);
      at += data.length;
      // When these call back, the system has the bytes; an answer that is cut leaves them to the collector.
      if (at >= last) response.end(data, () => giveBuffer(data));
      else if (!response.write(data, (error) => error || giveBuffer(data))) await drained(response);
    }
  } finally {
    done();
  }
}

/** A part of one chunk, bytes `[start, end)` of it. */
interface Piece {
  readonly chunk: number;
  readonly start: number;
  readonly end: number;
}

type ReadPiece = (piece: Piece, isFirst: boolean, into: Uint8Array) => Promise<Uint8Array>;

/** The part of one chunk that begins at `at`, at most `most` bytes and not beyond `last`. */
function pieceAt(at: number, last: number, most: number): Piece {
  const chunk = Math.floor(at / CHUNK_BYTES);
  const start = at - chunk * CHUNK_BYTES;
  return { chunk, start, end: Math.min(CHUNK_BYTES, start + most, last - chunk * CHUNK_BYTES) };
}

/** Reads through the uplink, asking again for `patienceMs` while the gate is closed. */
async function readPatiently(
  uplink: Uplink,
  peer: PeerKey,
  cid: string,
  { chunk, start, end }: Piece,
  into: Uint8Array,
  patienceMs: number,
  response: ServerResponse,
): Promise<Uint8Array> {
  const untilMs = Date.now() + patienceMs;
  for (;;) {
    try {
      return await uplink.read(peer, cid, chunk, { start, end }, into);
    } catch (error) {
      if (!isAppError(error, 'CHOKED') || Date.now() >= untilMs || response.destroyed) throw error;
    }
    await sleep(GATE_RETRY_MS, undefined, { ref: false });
  }
}

/** Resolves when the response takes more, or is gone. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.once('drain', done);
    response.once('close', done);
    if (response.destroyed) done();
  });
}
