/**
 * The `http` protocol from a page: one chunk per request, by `fetch`. The session token goes into the address, since a header
 * of our own would cost a second request for each chunk. Serves nothing: a page has no address. State: none.
 */

import type { Credentials, ProtocolAdapter } from '@chiral/node/ports';
import { refusalOf } from '@chiral/node/transfer/adapters/http-refusal';
import { CHUNK_BYTES, chunkLength } from '@chiral/protocol/content';
import { AppError, isAppError } from '@chiral/protocol/errors';

/** A whole chunk has this long, milliseconds. */
const CHUNK_TIMEOUT_MS = 20_000;
const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

export function createPageHttpAdapter(credentials: Credentials): ProtocolAdapter {
  return {
    protocol: 'http',
    async fetch(offer, content, chunk, signal) {
      const length = chunkLength(content.size, chunk);
      let failure: unknown;
      for (const { protocol, url } of offer.endpoints) {
        if (protocol !== 'http') continue;
        try {
          const target = targetOf(url);
          const isOurs = target.pathname.endsWith(`/file/${content.cid}`);
          const start = isOurs ? 0 : chunk * CHUNK_BYTES;
          if (isOurs) {
            target.pathname += `/chunk/${chunk}`;
            const token = credentials.token(offer);
            if (token !== undefined) target.searchParams.set('token', token);
          }
          return await ask(target, isOurs ? undefined : `bytes=${start}-${start + length - 1}`, length, signal);
        } catch (error) {
          // Only what a second address could mend is tried at a second address.
          if (!isAppError(error, 'PEER_UNREACHABLE', 'TIMEOUT', 'UNSUPPORTED')) throw error;
          failure = error;
        }
      }
      throw failure ?? new AppError('UNSUPPORTED', 'The offer has no HTTP endpoint.');
    },
    serve() {
      throw new AppError('UNSUPPORTED', 'A page cannot be reached by HTTP.');
    },
  };
}

/** @throws UNSUPPORTED for what a browser would not let this page ask */
function targetOf(text: string): URL {
  if (!URL.canParse(text)) throw new AppError('UNSUPPORTED', 'The offer has a malformed URL.');
  const url = new URL(text);
  const isPlain = url.protocol === 'http:';
  if ((!isPlain && url.protocol !== 'https:') || url.username || url.password)
    throw new AppError('UNSUPPORTED', 'The offer has a URL of another kind than http and https.');
  if (isPlain && location.protocol === 'https:' && !LOOPBACK.has(url.hostname))
    throw new AppError('UNSUPPORTED', 'A page on https may not ask a server without it.');
  return url;
}

async function ask(url: URL, range: string | undefined, length: number, signal: AbortSignal): Promise<Uint8Array> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(CHUNK_TIMEOUT_MS)]);
  try {
    const response = await fetch(url, {
      signal: limit,
      // The page keeps what it verified; a second copy in the browser's cache would be of no use.
      cache: 'no-store',
      credentials: 'omit',
      redirect: 'error',
      referrerPolicy: 'no-referrer',
      ...(range && { headers: { range } }),
    });
    const isWhole = range === undefined ? response.status === 200 : response.status === 206;
    if (!isWhole && !response.ok) throw refusalOf(response.status, new Uint8Array(await response.arrayBuffer()));
    if (!isWhole) throw new AppError('UNSUPPORTED', 'The server does not serve ranges.');
    return await readExactly(response, length);
  } catch (error) {
    if (isAppError(error)) throw error;
    if (signal.aborted) throw new AppError('CANCELLED', 'The request was given up.');
    if (limit.aborted) throw new AppError('TIMEOUT', 'The peer did not answer in time.');
    throw new AppError('PEER_UNREACHABLE', 'The peer cannot be reached over HTTP.', {}, { cause: error });
  }
}

/** The body, which must have `length` bytes; no more than that is ever kept. */
async function readExactly(response: Response, length: number): Promise<Uint8Array> {
  const wrong = () => new AppError('CONTENT_INVALID', 'The peer sent another number of bytes than the chunk has.');
  const data = new Uint8Array(length);
  const reader = response.body!.getReader();
  let filled = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (filled + value.length > length) {
      void reader.cancel().catch(() => {});
      throw wrong();
    }
    data.set(value, filled);
    filled += value.length;
  }
  if (filled !== length) throw wrong();
  return data;
}
