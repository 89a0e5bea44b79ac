/** What is HTTP about the http adapter; what every adapter does is in test/ports/protocol-adapter.ts. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { connect, createServer as createNetServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { CHUNK_BYTES, chunkCount, toContent } from '@chiral/protocol/content';
import { isAppError } from '@chiral/protocol/errors';
import { chunkOf, createRandom, randomBytes, toTestContent, toTestOffer } from '../../../../test/ports/fixtures.ts';
import { createMemoryStore } from '../../../../test/ports/memory-store.ts';
import { createTestGate } from '../../../../test/ports/protocol-adapter.ts';
import { createHttpServer } from '../../http.ts';
import { createUplink } from '../uplink.ts';
import { createHttpAdapter } from './http.ts';
import { parseRange } from './http-range.ts';
import { addressKey } from './http-server.ts';

const bytes = randomBytes(3 * CHUNK_BYTES + 7, 21);
const content = toTestContent(bytes);
const never = new AbortController().signal;

async function serve(t: TestContext, room = Number.MAX_SAFE_INTEGER, gatePatienceMs = 10_000) {
  const gate = createTestGate(room);
  const bugs: unknown[] = [];
  let url = '';
  const adapter = createHttpAdapter({
    sessions: { issue: () => 'secret', peer: (token) => (token === 'secret' ? 'buyer' : undefined) },
    credentials: { token: () => undefined },
    publicUrl: () => url,
    gatePatienceMs,
    onBug: (error) => bugs.push(error),
  });
  const server = await createHttpServer(
    (request, response) => adapter.router(request, response, () => response.writeHead(418).end()),
    { host: '127.0.0.1', port: 0 },
  );
  url = server.url;
  const store = createMemoryStore([{ content, bytes }]);
  const { endpoint, stop } = await adapter.serve(content, createUplink({ store, gate }));
  t.after(async () => {
    adapter.close();
    await server.close();
    assert.deepEqual(bugs, []);
  });
  return { adapter, server, gate, endpoint, stop };
}

test('manifest and layer of a stranger make the content', async (t) => {
  const { endpoint, gate } = await serve(t, 0);
  const [manifest, layer] = await Promise.all(
    ['manifest', 'layer'].map(async (record) => (await fetch(`${endpoint}/${record}`)).bytes()),
  );
  assert.deepEqual(toContent(content.cid, manifest!, layer!).root.length, 32);
  assert.equal(gate.sent.size, 0, 'they are free');
});

test('chunks and ranges come as RFC 9110 says', async (t) => {
  const { endpoint } = await serve(t);
  const whole = await fetch(endpoint);
  assert.equal(whole.status, 200);
  assert.equal(whole.headers.get('accept-ranges'), 'bytes');
  const etag = whole.headers.get('etag')!;
  assert.ok(Buffer.from(await whole.bytes()).equals(bytes));
  const { length } = bytes;
  const ranges: [string, number, number][] = [
    ['bytes=0-0', 0, 1],
    ['bytes=5-', 5, length],
    ['bytes=-9', length - 9, length],
    ['bytes=-99999999', 0, length],
    [`bytes=${CHUNK_BYTES - 1}-${2 * CHUNK_BYTES}`, CHUNK_BYTES - 1, 2 * CHUNK_BYTES + 1],
    ['bytes=7-999999999999', 7, length],
  ];
  for (const [range, start, end] of ranges) {
    const part = await fetch(endpoint, { headers: { range } });
    assert.equal(part.status, 206, range);
    assert.equal(part.headers.get('content-range'), `bytes ${start}-${end - 1}/${length}`);
    assert.ok(Buffer.from(await part.bytes()).equals(bytes.subarray(start, end)), range);
  }
  for (const range of [
    `bytes=${length}-`,
    'bytes=5-4',
    'bytes=-0',
    'bytes=',
    'bytes=a-b',
    'bytes=0-1,2-3',
    'bytes=NaN-',
  ]) {
    const refused = await fetch(endpoint, { headers: { range } });
    assert.equal(refused.status, 416, range);
    assert.equal(refused.headers.get('content-range'), `bytes */${length}`);
    assert.equal(((await refused.json()) as { code: string }).code, 'RANGE_INVALID');
  }
  const other = await fetch(endpoint, { headers: { range: 'bytes=0-0', 'if-range': '"other"' } });
  assert.equal(other.status, 200);
  await other.body?.cancel();
  assert.equal((await fetch(endpoint, { headers: { range: 'bytes=0-0', 'if-range': etag } })).status, 206);
  assert.equal((await fetch(endpoint, { headers: { 'if-none-match': etag } })).status, 304);
  const slice = await fetch(`${endpoint}/chunk/1`, { headers: { range: 'bytes=65536-131071' } });
  assert.equal(slice.status, 206);
  assert.ok(Buffer.from(await slice.bytes()).equals(chunkOf(bytes, 1).subarray(65_536, 131_072)));
});

test('HEAD tells the length and costs nothing; other methods and paths are refused', async (t) => {
  const { endpoint, gate, server } = await serve(t);
  for (const [path, length] of [
    ['', bytes.length],
    ['/chunk/3', 7],
  ] as const) {
    const head = await fetch(endpoint + path, { method: 'HEAD' });
    assert.deepEqual([head.status, head.headers.get('content-length')], [200, `${length}`]);
  }
  assert.equal(gate.sent.size, 0);
  assert.equal((await fetch(endpoint, { method: 'POST', body: 'x' })).status, 400);
  assert.equal((await fetch(`${endpoint}/chunk/4`)).status, 404);
  for (const path of ['/chunk/-1', '/chunk/01', '/chunk/1e0', '/chunk/', '/..%2f..', '/manifest/x']) {
    assert.equal((await fetch(endpoint + path)).status, 418, path);
  }
  assert.equal((await fetch(`${server.url}/file/bafyreiunknown`)).status, 404);
  const preflight = await fetch(endpoint, { method: 'OPTIONS' });
  assert.equal(preflight.status, 204);
  assert.match(preflight.headers.get('access-control-allow-headers')!, /range/);
});

test('a stranger at a closed gate gets 402 problem details, a session its bytes, by header or by query', async (t) => {
  const { endpoint, gate } = await serve(t, 0);
  const refused = await fetch(`${endpoint}/chunk/0`);
  assert.equal(refused.status, 402);
  assert.equal(refused.headers.get('content-type'), 'application/problem+json');
  assert.equal(refused.headers.get('access-control-allow-origin'), '*');
  assert.equal(((await refused.json()) as { code: string }).code, 'CHOKED');
  gate.room = 3 * CHUNK_BYTES;
  await (await fetch(`${endpoint}/chunk/0`, { headers: { authorization: 'Bearer secret' } })).bytes();
  await (await fetch(`${endpoint}/chunk/1?token=secret`)).bytes();
  await (await fetch(`${endpoint}/chunk/2`)).bytes();
  assert.deepEqual(
    [...gate.sent].filter(([, sent]) => sent > 0),
    [
      ['ip:127.0.0.1', CHUNK_BYTES],
      ['buyer', 2 * CHUNK_BYTES],
    ],
  );
});

test('an answer that has begun waits for the gate and goes on when it opens', async (t) => {
  const { endpoint, gate } = await serve(t, CHUNK_BYTES);
  const response = await fetch(endpoint);
  const reader = response.body!.getReader();
  let read = 0;
  while (read < CHUNK_BYTES) read += (await reader.read()).value!.length;
  gate.room = Number.MAX_SAFE_INTEGER;
  for (let part = await reader.read(); !part.done; part = await reader.read()) read += part.value.length;
  assert.equal(read, bytes.length);
});

test('with a token in its URL a stock client waits for the gate from the first byte; one in a header is ours and does not', async (t) => {
  const { endpoint, gate } = await serve(t, 0);
  const waiting = fetch(`${endpoint}?token=secret`);
  assert.equal((await fetch(endpoint, { headers: { authorization: 'Bearer secret' } })).status, 402);
  assert.equal((await fetch(`${endpoint}?token=forged`)).status, 402);
  gate.room = Number.MAX_SAFE_INTEGER;
  const response = await waiting;
  assert.equal(response.status, 200);
  assert.equal((await response.bytes()).length, bytes.length);
  assert.equal(gate.sent.get('buyer'), bytes.length);
});

test('a session that is never paid for gets its refusal in the end', async (t) => {
  const { endpoint } = await serve(t, 0, 50);
  assert.equal((await fetch(`${endpoint}?token=secret`)).status, 402);
});

test('row 28: a stranger gets not a byte above the room in 1,000 requests', async (t) => {
  const room = CHUNK_BYTES + 100;
  const { endpoint, gate } = await serve(t, room, 0);
  const random = createRandom(5);
  let got = 0;
  for (let batch = 0; batch < 20; batch++) {
    await Promise.all(
      Array.from({ length: 50 }, async () => {
        const start = Math.floor(random() * bytes.length);
        const end = Math.min(bytes.length - 1, start + Math.floor(random() * 300_000));
        // An answer that is cut ends in an error; what came before it counts.
        try {
          const response = await fetch(endpoint, { headers: { range: `bytes=${start}-${end}` } });
          for await (const part of response.body ?? []) if (response.status === 206) got += (part as Uint8Array).length;
        } catch {}
      }),
    );
  }
  assert.ok(got <= room, `${got} bytes of ${room}`);
  assert.ok(got > 0);
  assert.equal([...gate.sent.values()].reduce((sum, sent) => sum + sent, 0) <= room, true);
});

test('row 32: 100,000 range headers never give more than the file, and cost little', () => {
  const random = createRandom(7);
  const pieces = [
    'bytes',
    '=',
    '-',
    ',',
    '0',
    '1',
    '99',
    '18446744073709551616',
    'NaN',
    ' ',
    '\t',
    '-1',
    'e9',
    '.5',
    '0x1',
  ];
  const started = performance.now();
  for (let i = 0; i < 100_000; i++) {
    const size = Math.floor(random() * 1_000);
    const text =
      (random() < 0.8 ? 'bytes=' : '') +
      Array.from({ length: 1 + random() * 8 }, () => pieces[Math.floor(random() * pieces.length)]).join('');
    try {
      const range = parseRange(text, size);
      if (range) {
        assert.ok(Number.isInteger(range.start) && Number.isInteger(range.end));
        assert.ok(range.start >= 0 && range.start < range.end && range.end <= size, `${text} of ${size}`);
      }
    } catch (error) {
      assert.ok(isAppError(error, 'RANGE_INVALID'), String(error));
    }
  }
  assert.throws(
    () => parseRange(`bytes=${'0-0,'.repeat(1_000)}`, 10),
    (error) => isAppError(error, 'RANGE_INVALID'),
  );
  assert.ok(performance.now() - started < 5_000);
});

test('row 32: 1,000 requests for several ranges get no multipart, never more than the file, and little time', async (t) => {
  const { endpoint, gate } = await serve(t);
  const random = createRandom(32);
  const kinds = [
    (n: number) => `bytes=${Array.from({ length: n }, () => '0-').join(',')}`,
    (n: number) => `bytes=${Array.from({ length: n }, (_, i) => `${i}-${i + 5}`).join(', ')}`,
    (n: number) => `bytes=${Array.from({ length: n }, (_, i) => `5-${i}`).join(',')}`,
    (n: number) => `bytes=-${'9'.repeat(n)}`,
    (n: number) => `bytes=${'9'.repeat(n)}-`,
    (n: number) => `bytes=0-${'9'.repeat(n)}`,
    () => 'bytes=NaN-NaN',
    () => 'bytes=-0',
    (n: number) => `bytes=${'-'.repeat(n)}`,
    (n: number) => `bytes=0-0,${' '.repeat(n)}0-0`,
  ];
  const counts = new Map<number, number>();
  const before = process.cpuUsage();
  for (let i = 0; i < 1_000; i++) {
    const range = kinds[i % kinds.length]!(2 + Math.floor(random() * 400));
    const sentBefore = [...gate.sent.values()].reduce((sum, sent) => sum + sent, 0);
    const response = await fetch(endpoint, { headers: { range } });
    const body = await response.bytes();
    counts.set(response.status, (counts.get(response.status) ?? 0) + 1);
    assert.ok(!response.headers.get('content-type')?.startsWith('multipart'), range);
    assert.ok(response.status === 416 || body.length <= bytes.length, range);
    const sent = [...gate.sent.values()].reduce((sum, one) => sum + one, 0) - sentBefore;
    assert.ok(sent <= bytes.length, range);
    if (range.includes(',')) assert.equal(response.status, 416, range);
  }
  const { user, system } = process.cpuUsage(before);
  // Of the client, which is this process, too.
  assert.ok((user + system) / 1_000_000 <= 5, `${(user + system) / 1_000_000} ms of the processor a request`);
  assert.deepEqual([...counts.keys()].sort(), [206, 416]);
});

test('row 33: 2,000 hostile paths by raw socket get no byte of anything', async (t) => {
  const { server } = await serve(t);
  const random = createRandom(9);
  const pieces = [
    '..',
    '/',
    '\\',
    '%2e%2e',
    '%2f',
    '%5C',
    '%00',
    'file',
    content.cid,
    'chunk',
    '0',
    'etc/passwd',
    '?',
    '#',
    ';',
    '//',
    'C:',
    '%c0%ae',
  ];
  const paths = Array.from(
    { length: 2_000 },
    () => `/${Array.from({ length: 1 + random() * 8 }, () => pieces[Math.floor(random() * pieces.length)]).join('')}`,
  ).filter((path) => !new RegExp(`^/+file/${content.cid}(/chunk/0+)?([?#].*)?$`).test(path));
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(server.port, '127.0.0.1');
    let text = '';
    socket.setEncoding('latin1').on('data', (part) => {
      text += part;
    });
    socket.on('end', () => resolve(text)).on('error', reject);
    for (const path of paths) socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`);
    socket.write('GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
  });
  const statuses = [...answer.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status);
  assert.equal(statuses.length, paths.length + 1);
  assert.ok(
    statuses.every((status) => status === '418' || status === '404'),
    statuses.find((status) => status !== '418' && status !== '404'),
  );
});

test('many requests go over few connections, and each is asked once', async (t) => {
  const { adapter, server, endpoint, gate } = await serve(t);
  let connections = 0;
  server.server.on('connection', () => connections++);
  const offer = toTestOffer(content, [{ protocol: 'http', url: endpoint }]);
  const got = await Promise.all(Array.from({ length: 100 }, (_, i) => adapter.fetch(offer, content, i % 4, never)));
  got.forEach((data, i) => {
    assert.ok(Buffer.from(data).equals(chunkOf(bytes, i % 4)));
  });
  assert.ok(connections <= 6, `${connections} connections`);
  assert.equal(gate.sent.get('ip:127.0.0.1'), 25 * bytes.length);
});

test('requests given up in the middle disturb no other, and nothing is asked twice', async (t) => {
  const { adapter, server, endpoint } = await serve(t);
  let requests = 0;
  server.server.on('request', () => requests++);
  const offer = toTestOffer(content, [{ protocol: 'http', url: endpoint }]);
  const results = await Promise.allSettled(
    Array.from({ length: 60 }, (_, i) => {
      const controller = new AbortController();
      const fetching = adapter.fetch(offer, content, i % 4, controller.signal);
      if (i % 3 === 0) setImmediate(() => controller.abort());
      return fetching;
    }),
  );
  results.forEach((result, i) => {
    if (result.status === 'fulfilled') assert.ok(Buffer.from(result.value).equals(chunkOf(bytes, i % 4)));
    else assert.ok(i % 3 === 0 && isAppError(result.reason, 'CANCELLED'), `request ${i}: ${result.reason}`);
  });
  assert.ok(requests <= 60, `${requests} requests`);
});

// ---- the fetching side against servers that are not ours -------------------------------------------------------------

type Answer = (request: import('node:http').IncomingMessage, response: import('node:http').ServerResponse) => void;

async function foreign(t: TestContext, answer: Answer, path = '/film.mp4') {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const adapter = createHttpAdapter({
    sessions: { issue: () => '', peer: () => undefined },
    credentials: { token: () => 'secret' },
    publicUrl: () => '',
  });
  t.after(() => {
    adapter.close();
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as { port: number }).port}${path}`;
  const offer = toTestOffer(content, [{ protocol: 'http', url }]);
  return (chunk: number) => adapter.fetch(offer, content, chunk, never);
}

test('a plain web server with ranges is a source, and learns no token', async (t) => {
  const seen: (string | undefined)[] = [];
  const fetchChunk = await foreign(t, (request, response) => {
    seen.push(request.headers.authorization);
    const range = parseRange(request.headers.range, bytes.length)!;
    response.writeHead(206, { 'content-range': `bytes ${range.start}-${range.end - 1}/${bytes.length}` });
    response.end(bytes.subarray(range.start, range.end));
  });
  for (let chunk = 0; chunk < chunkCount(bytes.length); chunk++) {
    assert.ok(Buffer.from(await fetchChunk(chunk)).equals(chunkOf(bytes, chunk)));
  }
  assert.deepEqual([...new Set(seen)], [undefined]);
});

const refusals: [string, Answer, Parameters<typeof isAppError>[1]][] = [
  ['no ranges', (_q, s) => s.writeHead(200, { 'content-length': bytes.length }).end(bytes), 'UNSUPPORTED'],
  ['another range', (_q, s) => s.writeHead(206, { 'content-range': 'bytes 1-9/10' }).end('x'), 'UNSUPPORTED'],
  ['a redirect', (_q, s) => s.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(), 'UNSUPPORTED'],
  ['500', (_q, s) => s.writeHead(500).end('oops'), 'PEER_UNREACHABLE'],
  ['503', (_q, s) => s.writeHead(503).end(), 'TOO_MANY'],
  ['hangs up at once', (q) => q.socket.destroy(), 'PEER_UNREACHABLE'],
  [
    'hangs up in the middle',
    (q, s) => {
      s.writeHead(206, { 'content-length': CHUNK_BYTES, 'content-range': `bytes 0-${CHUNK_BYTES - 1}/9` });
      s.write('x', () => q.socket.destroy());
    },
    'PEER_UNREACHABLE',
  ],
  [
    'more bytes than the chunk has, for ever',
    (_q, s) => {
      s.writeHead(206, { 'content-range': `bytes 0-${CHUNK_BYTES - 1}/9` });
      const more = () => s.destroyed || s.write(Buffer.alloc(100_000), more);
      more();
    },
    'CONTENT_INVALID',
  ],
  ['an endless error', (_q, s) => s.writeHead(404) && s.end(Buffer.alloc(1 << 20, '{')), 'NOT_FOUND'],
  ['coded bytes', (_q, s) => s.writeHead(206, { 'content-encoding': 'gzip' }).end('x'), 'UNSUPPORTED'],
  ['not HTTP', (q) => q.socket.end('220 smtp ready\r\n'), 'PEER_UNREACHABLE'],
];
for (const [name, answer, code] of refusals) {
  test(`a server that answers with ${name} is ${code}`, async (t) => {
    const fetchChunk = await foreign(t, answer);
    await assert.rejects(fetchChunk(0), (error) => isAppError(error, code!), name);
  });
}

/** A server on a bare socket, for answers that no HTTP library gives. @param answer to each request head, in order */
async function rawServer(t: TestContext, answer: (socket: import('node:net').Socket, request: number) => void) {
  let requests = 0;
  const server = createNetServer((socket) => {
    let text = '';
    socket.on('error', () => {});
    socket.on('data', (part) => {
      text += part;
      for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
        text = text.slice(end + 4);
        answer(socket, requests++);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const adapter = createHttpAdapter({
    sessions: { issue: () => '', peer: () => undefined },
    credentials: { token: () => undefined },
    publicUrl: () => '',
  });
  t.after(() => {
    adapter.close();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as { port: number }).port}/file/${content.cid}`;
  const offer = toTestOffer(content, [{ protocol: 'http', url }]);
  return {
    fetchChunk: (chunk: number) => adapter.fetch(offer, content, chunk, never),
    requests: () => requests,
  };
}

const okHead = (length: number, more = '') => `HTTP/1.1 200 OK\r\ncontent-length: ${length}\r\n${more}\r\n`;

test('an answer that comes in single bytes is read right', async (t) => {
  const { fetchChunk } = await rawServer(t, (socket) => {
    const whole = Buffer.concat([Buffer.from(okHead(7)), chunkOf(bytes, 3)]);
    let at = 0;
    const next = () => {
      if (at < whole.length) socket.write(whole.subarray(at, ++at), () => setImmediate(next));
    };
    next();
  });
  assert.ok(Buffer.from(await fetchChunk(3)).equals(chunkOf(bytes, 3)));
});

test('three answers in one packet are read right', async (t) => {
  const waiting = new Map<unknown, number>();
  const { fetchChunk } = await rawServer(t, (socket) => {
    const count = (waiting.get(socket) ?? 0) + 1;
    waiting.set(socket, count % 3);
    const one = Buffer.concat([Buffer.from(okHead(7)), chunkOf(bytes, 3)]);
    if (count === 3) socket.write(Buffer.concat([one, one, one]));
  });
  // Six connections with three requests each.
  const got = await Promise.all(Array.from({ length: 18 }, () => fetchChunk(3)));
  assert.ok(got.every((data) => Buffer.from(data).equals(chunkOf(bytes, 3))));
  assert.equal(waiting.size, 6);
});

test('a server that closes after every answer is still a source', async (t) => {
  const { fetchChunk } = await rawServer(t, (socket) => {
    socket.end(Buffer.concat([Buffer.from(okHead(7, 'connection: close\r\n')), chunkOf(bytes, 3)]));
  });
  for (let round = 0; round < 3; round++) {
    const got = await Promise.all(Array.from({ length: 20 }, () => fetchChunk(3)));
    assert.ok(got.every((data) => Buffer.from(data).equals(chunkOf(bytes, 3))));
  }
});

test('bytes that nobody asked for end the connection and reach nobody', async (t) => {
  const { fetchChunk } = await rawServer(t, (socket) => {
    socket.write(Buffer.concat([Buffer.from(okHead(7)), chunkOf(bytes, 3), Buffer.from('HTTP/1.1 200 OK\r\nevil')]));
  });
  for (let round = 0; round < 3; round++) {
    assert.ok(Buffer.from(await fetchChunk(3)).equals(chunkOf(bytes, 3)));
    await new Promise((resolve) => setImmediate(resolve));
  }
});

const badHeads: [string, string, Parameters<typeof isAppError>[1]][] = [
  ['a length beyond the chunk', okHead(CHUNK_BYTES + 1), 'CONTENT_INVALID'],
  ['an endless head', `HTTP/1.1 200 OK\r\nx: ${'a'.repeat(100_000)}`, 'PEER_UNREACHABLE'],
  ['a head of another protocol', 'SSH-2.0-x\r\n\r\n', 'PEER_UNREACHABLE'],
  ['a huge length in an error', 'HTTP/1.1 404 No\r\ncontent-length: 99999999\r\n\r\n', 'CONTENT_INVALID'],
];
for (const [name, head, code] of badHeads) {
  test(`one of our URLs that answers with ${name} is ${code}`, async (t) => {
    const { fetchChunk, requests } = await rawServer(t, (socket) => socket.write(head));
    await assert.rejects(fetchChunk(0), (error) => isAppError(error, code!));
    assert.ok(requests() <= 2);
  });
}

test('chunked coding is read by the other client, and asked for there from then on', async (t) => {
  const { fetchChunk, requests } = await rawServer(t, (socket) => {
    socket.write(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n7\r\n`);
    socket.write(chunkOf(bytes, 3));
    socket.write('\r\n0\r\n\r\n');
  });
  for (let round = 0; round < 3; round++) {
    assert.ok(Buffer.from(await fetchChunk(3)).equals(chunkOf(bytes, 3)));
  }
  assert.equal(requests(), 4);
});

test('an address that may not be dialled is not, and URLs of other kinds are not', async (t) => {
  let asked = 0;
  const server = createServer((_request, response) => {
    asked++;
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const adapter = createHttpAdapter({
    sessions: { issue: () => '', peer: () => undefined },
    credentials: { token: () => undefined },
    publicUrl: () => '',
    mayDial: (hostname) => hostname !== '127.0.0.1',
  });
  const { port } = server.address() as { port: number };
  for (const url of [`http://127.0.0.1:${port}/x`, 'file:///etc/passwd', 'http://user:pw@127.0.0.1/x', 'nonsense']) {
    const offer = toTestOffer(content, [{ protocol: 'http', url }]);
    await assert.rejects(adapter.fetch(offer, content, 0, never), (error) =>
      isAppError(error, 'FORBIDDEN', 'UNSUPPORTED'),
    );
  }
  assert.equal(asked, 0);
  adapter.close();
});

test('the second endpoint of an offer is tried when the first is dead', async (t) => {
  const { adapter, endpoint } = await serve(t);
  const dead = { protocol: 'http', url: `http://127.0.0.1:9/file/${content.cid}` } as const;
  const offer = toTestOffer(content, [dead, { protocol: 'http', url: endpoint }]);
  assert.ok(Buffer.from(await adapter.fetch(offer, content, 3, never)).equals(chunkOf(bytes, 3)));
});

test('strangers are told apart by address, IPv6 by its first 64 bits', () => {
  assert.equal(addressKey('127.0.0.1'), 'ip:127.0.0.1');
  assert.equal(addressKey('::ffff:10.0.0.1'), 'ip:10.0.0.1');
  assert.equal(addressKey('2001:db8:1:2:3:4:5:6'), 'ip:2001:db8:1:2::/64');
  assert.equal(addressKey('2001:DB8:1:2::9'), 'ip:2001:db8:1:2::/64');
  assert.equal(addressKey('2001:db8::1'), 'ip:2001:db8:0:0::/64');
  assert.equal(addressKey('::1'), 'ip:0:0:0:0::/64');
  assert.equal(addressKey('fe80::1%eth0'), 'ip:fe80:0:0:0::/64');
});
