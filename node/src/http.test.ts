import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { AppError } from '@chiral/protocol/errors';
import { createHttpServer, type HttpServerOptions, readBody, sendError } from './http.ts';

async function open(t: TestContext, options: Partial<HttpServerOptions> = {}) {
  const bugs: unknown[] = [];
  const big = Buffer.alloc(16 << 20, 1);
  const server = await createHttpServer(
    (request, response) => {
      if (request.url === '/big') {
        response.end(big);
        return;
      }
      if (request.url === '/ignore') {
        response.end('ignored');
        return;
      }
      if (request.url === '/bug') {
        sendError(response, new Error('secret detail'), (error) => bugs.push(error));
        return;
      }
      readBody(request).then(
        (body) => response.end(`${body.length}`),
        (error) => sendError(response, error, (bug) => bugs.push(bug)),
      );
    },
    { host: '127.0.0.1', port: 0, ...options },
  );
  t.after(() => server.close());
  return { ...server, bugs };
}

/** Sends `text` and collects the answer until the server hangs up. */
function raw(port: number, text: string | Buffer): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    let answer = '';
    socket.setEncoding('latin1').on('data', (part) => {
      answer += part;
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(answer));
  });
}

function opened(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket));
    socket.once('error', reject);
  });
}

const closed = (socket: Socket) => new Promise<void>((resolve) => socket.once('close', () => resolve()));

test('rows 29 and 31: half-open headers and dribbling bodies are cut in time, and others are served meanwhile', async (t) => {
  const { port, url } = await open(t);
  const started = performance.now();
  const headers = await Promise.all(Array.from({ length: 200 }, () => opened(port)));
  for (const socket of headers) {
    socket.on('error', () => {});
    socket.resume().write('GET / HTTP/1.1\r\nhost: x\r\nx-');
  }
  const bodies = await Promise.all(Array.from({ length: 50 }, () => opened(port)));
  for (const socket of bodies) {
    socket.on('error', () => {});
    socket.resume().write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\nx');
  }
  const cutHeaders = Promise.all(headers.map(closed)).then(() => performance.now() - started);
  const cutBodies = Promise.all(bodies.map(closed)).then(() => performance.now() - started);
  assert.equal(await (await fetch(url, { method: 'POST', body: 'abc' })).text(), '3');
  assert.ok((await cutHeaders) <= 12_000);
  assert.ok((await cutBodies) <= 30_000);
});

test('row 30: readers that stop are cut, one that reads is not', async (t) => {
  const { port } = await open(t, { sendWindowMs: 1_000, sendCheckMs: 100 });
  const readers = await Promise.all(Array.from({ length: 20 }, () => opened(port)));
  for (const socket of readers) {
    socket.on('error', () => {});
    // Never read: the kernel takes a few megabytes, the rest waits.
    socket.pause().write('GET /big HTTP/1.1\r\nhost: x\r\n\r\n');
  }
  // A paused socket of Node does not see the reset until it reads or writes.
  const isCut = (socket: Socket) =>
    new Promise<void>((resolve) => {
      const poke = setInterval(() => socket.write('\r\n'), 100);
      socket.once('close', () => {
        clearInterval(poke);
        resolve();
      });
    });
  const cut = Promise.all(readers.map(isCut));
  // A slow but honest one: 64 KiB every 15 ms, over three windows.
  const honest = await opened(port);
  honest.write('GET /big HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
  let read = 0;
  honest.on('data', (part) => {
    read += part.length;
    honest.pause();
    setTimeout(() => honest.resume(), 15);
  });
  await Promise.all([cut, closed(honest)]);
  assert.ok(read > 16 << 20, `${read} bytes`);
});

test('row 31: a body that is declared or grows too large is refused, also where nobody reads it', async (t) => {
  const { port, url } = await open(t);
  const declared = await raw(port, 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1073741824\r\n\r\n');
  assert.match(declared, /^HTTP\/1\.1 413 /);
  assert.match(declared, /"code":"TOO_LARGE"/);
  const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
  const head = 'HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n';
  assert.match(await raw(port, `POST / ${head}${chunk}${chunk}`), /^HTTP\/1\.1 413 /);
  const ignored = await raw(port, `POST /ignore ${head}${chunk}`);
  assert.match(ignored, /^HTTP\/1\.1 200 /);
  assert.equal((await fetch(url, { method: 'POST', body: Buffer.alloc(65_536) })).status, 200);
});

test('row 34: smuggling and header abuse get 400 or a close, never a second answer', async (t) => {
  const { port, url } = await open(t);
  const attacks = [
    'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /ignore HTTP/1.1\r\nhost: x\r\n\r\n',
    'POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\ncontent-length: 4\r\n\r\n0\r\n\r\n',
    'POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: xchunked\r\n\r\n0\r\n\r\n',
    'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx',
    'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: +1\r\n\r\nx',
    'GET / HTTP/1.1\r\nhost : x\r\n\r\n',
    'GET / HTTP/1.1\nhost: x\n\n',
    'GET / HTTP/1.1\r\nhost: x\r\nx: a\rb\r\n\r\n',
    'GET / HTTP/1.1\r\n\r\n',
    `GET / HTTP/1.1\r\nhost: x\r\nx: ${'a'.repeat(100 * 1024)}\r\n\r\n`,
    'GET / HTTP/9.9\r\nhost: x\r\n\r\n',
    'G\0T / HTTP/1.1\r\nhost: x\r\n\r\n',
  ];
  for (const attack of attacks) {
    const answer = await raw(port, attack);
    assert.match(answer, /^(HTTP\/1\.1 (400|431|505) [\s\S]*)?$/, JSON.stringify(attack.slice(0, 90)));
    assert.ok((answer.match(/HTTP\/1\.1 /g) ?? []).length <= 1);
  }
  const noise = Array.from({ length: 200 }, () =>
    raw(port, Buffer.concat([randomBytes(200), Buffer.from('\r\n\r\n')])),
  );
  for (const answer of await Promise.all(noise)) assert.match(answer, /^(HTTP\/1\.1 4\d\d [\s\S]*)?$/);
  assert.equal(await (await fetch(url, { method: 'POST', body: 'abc' })).text(), '3');
});

test('answers only to the hosts it is told', async (t) => {
  const { port } = await open(t, { isHostAllowed: (hostname) => hostname === 'localhost' || hostname === '127.0.0.1' });
  const ask = (host: string) => raw(port, `GET /ignore HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);
  for (const host of ['localhost', 'LOCALHOST:80', '127.0.0.1', `127.0.0.1:${port}`]) {
    assert.match(await ask(host), /^HTTP\/1\.1 200 /, host);
  }
  for (const host of [
    'evil.test',
    'localhost.evil.test',
    '127.0.0.1.evil.test',
    'evil.test:80',
    '[::1]',
    '127.0.0.1@evil.test',
  ]) {
    assert.match(await ask(host), /^HTTP\/1\.1 403 [\s\S]*"code":"FORBIDDEN"/, host);
  }
});

test('a bug is a bare 500 that tells nothing', async (t) => {
  const { url, bugs } = await open(t);
  const response = await fetch(`${url}/bug`);
  assert.equal(response.status, 500);
  assert.doesNotMatch(await response.text(), /secret/);
  assert.equal(bugs.length, 1);
  assert.ok(!(bugs[0] instanceof AppError));
});

test('an address that is taken is an error, and close lets it go', async (t) => {
  const { port, close } = await open(t);
  await assert.rejects(createHttpServer(() => {}, { host: '127.0.0.1', port }));
  await close();
  const again = await createHttpServer(() => {}, { host: '127.0.0.1', port });
  await again.close();
});
