import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createHttpServer, type HttpServer } from './http.ts';
import { createSite } from './site.ts';

const CONTRACT = '0x4020074e9dF2ce1deE5A9C1b5c3f541D02a10003';

const LONG = 'self.four=4;'.repeat(400);

describe('the page at a node', () => {
  let folder: string;
  let chain: Server;
  let server: HttpServer;
  let owners: HttpServer;
  const asked: unknown[] = [];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'chiral-site-'));
    await mkdir(join(folder, 'out/wallet'), { recursive: true });
    await mkdir(join(folder, 'out/_next/static'), { recursive: true });
    await writeFile(join(folder, 'secret.txt'), 'not for strangers');
    await writeFile(
      join(folder, 'out/index.html'),
      '<script>self.one=1</script><script src="/_next/static/a.js"></script>',
    );
    await writeFile(join(folder, 'out/wallet/index.html'), '<script id="x">self.two=2</script>');
    await writeFile(join(folder, 'out/404.html'), '<p>lost</p>');
    await writeFile(join(folder, 'out/_next/static/a.js'), 'self.three=3');
    await writeFile(join(folder, 'out/_next/static/long.js'), LONG);
    chain = createServer((request, response) => {
      let body = '';
      request.on('data', (part) => {
        body += part;
      });
      request.on('end', () => {
        asked.push(JSON.parse(body));
        response.end('{"jsonrpc":"2.0","id":1,"result":"0x1"}');
      });
    });
    await new Promise<void>((resolve) => chain.listen(0, '127.0.0.1', resolve));
    const site = await createSite({
      folder: join(folder, 'out'),
      rpcUrl: `http://127.0.0.1:${(chain.address() as AddressInfo).port}`,
      publicUrl: () => server.url,
      facts: () => ({ bootstrap: ['/ip4/127.0.0.1/tcp/1/ws/p2p/12D3KooW'], chainId: 98765, contract: CONTRACT }),
    });
    server = await createHttpServer(
      (request, response) => site.handle(request, response, () => response.writeHead(404).end('next')),
      { host: '127.0.0.1', port: 0 },
    );
    owners = await createHttpServer((request, response) => site.handleOwner(request, response, () => response.end()), {
      host: '127.0.0.1',
      port: 0,
    });
  });
  after(async () => {
    await server.close();
    await owners.close();
    chain.closeAllConnections();
    await new Promise((resolve) => chain.close(resolve));
    await rm(folder, { recursive: true });
  });

  /** Exactly this path, without the tidying that a URL parser does. */
  const raw = (path: string) =>
    new Promise<{ status: number; body: string }>((resolve, reject) => {
      const asking = httpRequest({ host: '127.0.0.1', port: server.port, path }, (response) => {
        let body = '';
        response.on('data', (part) => {
          body += part;
        });
        response.on('end', () => resolve({ status: response.statusCode!, body }));
      });
      asking.once('error', reject);
      asking.end();
    });
  const rpc = (body: unknown) =>
    fetch(`${server.url}/rpc`, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) });

  it('gives every page a policy that names its own inline scripts and no others', async () => {
    const policies: string[] = [];
    for (const path of ['/', '/wallet/', '/404.html', '/nowhere']) {
      const answer = await fetch(server.url + path, { headers: { accept: 'text/html' } });
      const policy = answer.headers.get('content-security-policy');
      assert.ok(policy, path);
      assert.match(policy, /default-src 'none'/);
      assert.doesNotMatch(policy, /script-src[^;]*'unsafe-inline'|script-src[^;]*\*/);
      assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
      policies.push(/script-src [^;]*/.exec(policy)![0]);
    }
    assert.equal(policies[0]!.match(/sha256-/g)!.length, 1, 'a script with an address needs no hash');
    assert.notEqual(policies[0], policies[1]);
    assert.equal((await fetch(`${server.url}/nowhere`, { headers: { accept: 'text/html' } })).status, 404);
  });

  it('keeps what carries its hash in its name, asks again for the rest, and puts folders on their slash', async () => {
    const fixed = await fetch(`${server.url}/_next/static/a.js`);
    assert.match(fixed.headers.get('cache-control')!, /immutable/);
    assert.equal(fixed.headers.get('content-type'), 'text/javascript; charset=utf-8');
    assert.equal((await fetch(`${server.url}/`)).headers.get('cache-control'), 'no-cache');
    const moved = await fetch(`${server.url}/wallet?x=1`, { redirect: 'manual' });
    assert.deepEqual([moved.status, moved.headers.get('location')], [308, '/wallet/?x=1']);
  });

  it('sends a long text as small as the visitor takes it, and the same text in each form', async () => {
    const sizes: number[] = [];
    for (const [accepts, coding] of [
      ['gzip, deflate, br, zstd', 'br'],
      ['gzip, deflate', 'gzip'],
      ['br;q=0, gzip', 'gzip'],
      ['identity', null],
    ] as const) {
      const answer = await fetch(`${server.url}/_next/static/long.js`, { headers: { 'accept-encoding': accepts } });
      assert.equal(answer.headers.get('content-encoding'), coding, accepts);
      assert.equal(answer.headers.get('vary'), 'accept-encoding');
      sizes.push(Number(answer.headers.get('content-length')));
      assert.equal(await answer.text(), LONG);
    }
    assert.ok(sizes[0]! < 200 && sizes[1]! < 200 && sizes[3] === LONG.length, `${sizes}`);
    const short = await fetch(`${server.url}/_next/static/a.js`, { headers: { 'accept-encoding': 'br' } });
    assert.equal(short.headers.get('content-encoding'), null);
  });

  it('is read by other sites at the public address and not at the owner’s', async () => {
    for (const [url, reader] of [
      [server.url, '*'],
      [owners.url, null],
    ] as const)
      for (const path of ['/chiral.json', '/rpc']) {
        const asking = { method: path === '/rpc' ? 'POST' : 'GET', headers: { origin: 'https://evil.test' } };
        for (const one of [asking, { ...asking, method: 'OPTIONS' }])
          assert.equal((await fetch(url + path, one)).headers.get('access-control-allow-origin'), reader, path);
      }
    assert.equal((await fetch(`${owners.url}/`)).headers.get('cross-origin-resource-policy'), 'same-origin');
  });

  it('hands out nothing but its own files', async () => {
    for (const path of [
      '/../secret.txt',
      '/%2e%2e/secret.txt',
      '/..%2fsecret.txt',
      '/wallet/../../secret.txt',
      '//etc/passwd',
      '/./index.html/../../secret.txt',
      '/_next/static/..\\..\\..\\secret.txt',
      '/secret.txt',
    ]) {
      const { status, body } = await raw(path);
      assert.equal(status, 404, path);
      assert.ok(!body.includes('not for strangers'));
    }
    assert.equal((await fetch(`${server.url}/`, { method: 'POST' })).status, 404);
  });

  it('says where the network begins, with an address for reads under the name it was asked by', async () => {
    const facts = (await (await fetch(`${server.url}/chiral.json`)).json()) as Record<string, unknown>;
    assert.deepEqual([facts.chainId, facts.contract, facts.rpcUrl], [98765, CONTRACT, `${server.url}/rpc`]);
    const byName = await fetch(`http://localhost:${server.port}/chiral.json`);
    assert.equal(((await byName.json()) as { rpcUrl: string }).rpcUrl, `http://localhost:${server.port}/rpc`);
  });

  it('passes on what a wallet asks of the chain, and nothing of the chain node’s own', async () => {
    const fine = { jsonrpc: '2.0', id: 1, method: 'eth_call', params: [] };
    assert.equal((await rpc(fine)).status, 200);
    assert.deepEqual(asked.at(-1), fine);
    const before = asked.length;
    for (const [body, status] of [
      [{ ...fine, method: 'eth_sendTransaction' }, 403],
      [{ ...fine, method: 'admin_peers' }, 403],
      [{ ...fine, method: 'evm_increaseTime' }, 403],
      [{ ...fine, method: 'eth_submitWork' }, 403],
      [{ ...fine, method: ['eth_call'] }, 403],
      [[fine, { ...fine, method: 'debug_traceTransaction' }], 403],
      [[], 400],
      [Array.from({ length: 33 }, () => fine), 400],
      ['{', 400],
      [null, 403],
      [{ ...fine, params: ['x'.repeat(70_000)] }, 413],
    ] as const) {
      assert.equal((await rpc(body)).status, status, JSON.stringify(body)?.slice(0, 80));
    }
    assert.equal((await fetch(`${server.url}/rpc`)).status, 400);
    assert.equal(asked.length, before, 'the chain node saw none of them');
  });
});
