/**
 * The page that any node hands out at `/`: a folder of files made by `npm run web`, found when the node starts; what the page
 * must know of this network (`/chiral.json`); and the chain node's reads and raw sends (`/rpc`), so that a visitor needs no
 * other address than this one. It holds no key and knows no visitor: a page trusts nothing from it that is not signed.
 *
 * State: the list of the folder's files, those that were asked for in compressed form, and how many questions are on their way to
 * the chain node.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { AppError, isAppError } from '@chiral/protocol/errors';
import { inlineScripts, pagePolicy } from '@chiral/protocol/page-policy';
import { readBody, sendProblem } from './http.ts';

/** Longest question to the chain node, bytes, and most of them in one batch. */
const MAX_RPC_BYTES = 64 * 1024;
const MAX_RPC_BATCH = 32;
/** Questions on their way to the chain node at a time. */
const MAX_RPC_WAITING = 64;
const RPC_TIMEOUT_MS = 10_000;
/** What a wallet and a page ask; nothing of the node's own, nothing that costs it more than a moment. */
const RPC_METHODS = new Set([
  'eth_blockNumber',
  'eth_call',
  'eth_chainId',
  'eth_estimateGas',
  'eth_feeHistory',
  'eth_gasPrice',
  'eth_getBalance',
  'eth_getBlockByHash',
  'eth_getBlockByNumber',
  'eth_getCode',
  'eth_getLogs',
  'eth_getTransactionByHash',
  'eth_getTransactionCount',
  'eth_getTransactionReceipt',
  'eth_maxPriorityFeePerGas',
  'eth_sendRawTransaction',
  'net_version',
  'web3_clientVersion',
]);

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.wasm': 'application/wasm',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};

/** Types that become much smaller. */
const TEXT = /^(?:text\/|application\/(?:json|manifest|wasm)|image\/svg)/;
/** A smaller file fits into the first packets as it is, bytes. */
const MIN_COMPRESSED_BYTES = 1_024;
/** Above this Brotli takes seconds for what it still saves. */
const BROTLI_QUALITY = 9;

const HEADERS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin-allow-popups',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=()',
};

const ANY_ORIGIN = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, POST, OPTIONS',
  'access-control-allow-headers': 'content-type',
  'access-control-max-age': '86400',
};
const OWN_ORIGIN = { 'x-content-type-options': 'nosniff', 'cross-origin-resource-policy': 'same-origin' };
type Headers = Readonly<Record<string, string>>;

/** What `/chiral.json` says beside the address for reads. */
export interface SiteFacts {
  /** Multiaddrs at which a page may begin. */
  readonly bootstrap: readonly string[];
  readonly chainId: number;
  readonly contract: string;
}

type Coding = 'br' | 'gzip';

interface SiteFile {
  readonly path: string;
  readonly type: string;
  /** Made when first asked for; as many bytes as the page's own text, compressed. */
  readonly compressed: Map<Coding, Promise<Buffer>>;
  readonly isFixed: boolean;
  readonly policy?: string;
}

type Handler = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

export interface Site {
  /** Answers what is the page's; calls `next` for the rest. Pages of every origin may read what the network is. */
  handle: Handler;
  /** The same at the owner's own address: another site that the owner visits learns nothing there, not even who this node is. */
  handleOwner: Handler;
}

/**
 * @param options.folder of the built page; while it is empty only `/chiral.json` and `/rpc` are answered
 * @param options.rpcUrl of the chain node, as this machine reaches it
 */
export async function createSite(options: {
  folder: string;
  rpcUrl: string;
  /** `http://host:port` under which others reach this server. */
  publicUrl: () => string;
  facts: () => SiteFacts;
}): Promise<Site> {
  const { folder, rpcUrl, publicUrl, facts } = options;
  const files = await listFiles(folder);
  let waiting = 0;

  function sendFacts(request: IncomingMessage, response: ServerResponse, readers: Headers): void {
    const host = request.headers.host ?? '';
    const own = new URL(publicUrl());
    // A visitor who came by another name (a tunnel, a forwarded port) reaches /rpc by that name, too.
    const base = host === '' || host === own.host ? own.origin : `http://${host}`;
    sendText(
      response,
      200,
      { ...readers, 'content-type': 'application/json', 'cache-control': 'no-store' },
      JSON.stringify({ ...facts(), rpcUrl: `${base}/rpc` }),
    );
  }

  async function sendRpc(request: IncomingMessage, response: ServerResponse, readers: Headers): Promise<void> {
    if (request.method !== 'POST') throw new AppError('BAD_REQUEST', 'Send JSON-RPC by POST.');
    const body = await readBody(request, MAX_RPC_BYTES);
    checkCalls(body);
    if (waiting >= MAX_RPC_WAITING) throw new AppError('TOO_MANY', 'The chain node is busy; ask again in a moment.');
    waiting++;
    try {
      const answer = await fetch(rpcUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: new Uint8Array(body),
        signal: AbortSignal.timeout(RPC_TIMEOUT_MS),
      });
      const text = await answer.text();
      sendText(
        response,
        answer.status,
        { ...readers, 'content-type': 'application/json', 'cache-control': 'no-store' },
        text,
      );
    } catch (cause) {
      throw new AppError('CHAIN_UNREACHABLE', 'The chain node of this node does not answer.', {}, { cause });
    } finally {
      waiting--;
    }
  }

  async function sendFile(request: IncomingMessage, response: ServerResponse, file: SiteFile, status = 200) {
    const { path, type, isFixed, policy } = file;
    const { size } = await stat(path);
    const isText = TEXT.test(type) && size >= MIN_COMPRESSED_BYTES;
    const coding = isText ? codingOf(request) : undefined;
    const body = coding && (await compress(file, coding));
    response.writeHead(status, {
      ...HEADERS,
      'content-type': type,
      'content-length': body?.length ?? size,
      'cache-control': isFixed ? 'public, max-age=31536000, immutable' : 'no-cache',
      ...(isText && { vary: 'accept-encoding' }),
      ...(coding && { 'content-encoding': coding }),
      ...(policy && { 'content-security-policy': policy }),
    });
    if (request.method === 'HEAD') return void response.end();
    if (body) return void response.end(body);
    createReadStream(path)
      .on('error', () => response.destroy())
      .pipe(response);
  }

  async function answer(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    next: () => void,
    readers: Headers,
  ) {
    if (path === '/chiral.json' || path === '/rpc') {
      if (request.method === 'OPTIONS') return void response.writeHead(204, readers).end();
      return path === '/rpc' ? sendRpc(request, response, readers) : sendFacts(request, response, readers);
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') return next();
    const file = files.get(path) ?? files.get(`${path}index.html`);
    if (file) return sendFile(request, response, file);
    if (files.has(`${path}/index.html`)) {
      const query = (request.url ?? '').slice(path.length);
      return void response.writeHead(308, { ...HEADERS, location: `${path}/${query}` }).end();
    }
    const lost = request.headers.accept?.includes('text/html') ? files.get('/404.html') : undefined;
    return lost ? sendFile(request, response, lost, 404) : next();
  }

  const handlerFor =
    (readers: Headers): Handler =>
    (request, response, next) => {
      const [path = '/'] = (request.url ?? '/').split('?', 1);
      answer(request, response, path, next, readers).catch((error: unknown) => {
        if (isAppError(error)) return sendProblem(response, error, readers);
        // A file that went away under our hands.
        response.destroy();
      });
    };
  return { handle: handlerFor(ANY_ORIGIN), handleOwner: handlerFor(OWN_ORIGIN) };
}

/** What the visitor takes; browsers take Brotli where nothing between can read along. */
function codingOf(request: IncomingMessage): Coding | undefined {
  const taken = String(request.headers['accept-encoding'] ?? '').toLowerCase();
  return (['br', 'gzip'] as const).find((coding) =>
    new RegExp(`\\b${coding}\\b(?!\\s*;\\s*q=0(?:\\.0*)?(?:,|\\s|$))`).test(taken),
  );
}

async function compress({ path, compressed }: SiteFile, coding: Coding): Promise<Buffer> {
  let made = compressed.get(coding);
  if (!made) {
    made = readFile(path).then((text) =>
      coding === 'gzip'
        ? promisify(gzip)(text)
        : promisify(brotliCompress)(text, { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } }),
    );
    compressed.set(coding, made);
    made.catch(() => compressed.delete(coding));
  }
  return made;
}

/** @throws BAD_REQUEST, FORBIDDEN for a method that is none of a visitor's business */
function checkCalls(body: Uint8Array): void {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(body));
  } catch (cause) {
    throw new AppError('BAD_REQUEST', 'Not JSON.', {}, { cause });
  }
  const calls = Array.isArray(value) ? value : [value];
  if (calls.length === 0 || calls.length > MAX_RPC_BATCH)
    throw new AppError('BAD_REQUEST', `A batch has between 1 and ${MAX_RPC_BATCH} calls.`);
  for (const call of calls) {
    const method = (call as { method?: unknown } | null)?.method;
    if (typeof method !== 'string' || !RPC_METHODS.has(method))
      throw new AppError('FORBIDDEN', 'This node does not pass that method on.', {
        method: String(method).slice(0, 64),
      });
  }
}

function sendText(response: ServerResponse, status: number, headers: Record<string, string>, text: string): void {
  const body = Buffer.from(text);
  response.writeHead(status, { ...headers, 'content-length': body.length }).end(body);
}

/** Every file by its URL path; only what is listed here can be asked for. */
async function listFiles(folder: string): Promise<Map<string, SiteFile>> {
  const files = new Map<string, SiteFile>();
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const name = `/${relative(folder, path).split(sep).join('/')}`;
    const type = TYPES[extname(entry.name)] ?? 'application/octet-stream';
    const policy = extname(entry.name) === '.html' ? policyOf(await readFile(path, 'utf8')) : undefined;
    files.set(name, {
      path,
      type,
      compressed: new Map(),
      isFixed: name.startsWith('/_next/static/'),
      ...(policy && { policy }),
    });
  }
  return files;
}

/** What one of the page's own files may do. */
const policyOf = (html: string): string =>
  pagePolicy(inlineScripts(html).map((source) => createHash('sha256').update(source).digest('base64')));
