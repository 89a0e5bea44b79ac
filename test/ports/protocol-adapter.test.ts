import { createServer } from 'node:net';
import type { TestContext } from 'node:test';
import { createHttpServer } from '../../node/src/http.ts';
import type { Credentials, Sessions } from '../../node/src/ports.ts';
import { createHttpAdapter } from '../../node/src/transfer/adapters/http.ts';
import { createMemoryAdapter } from './memory-adapter.ts';
import { testProtocolAdapter } from './protocol-adapter.ts';

testProtocolAdapter('memory', async () => {
  const adapter = createMemoryAdapter('buyer');
  return { seller: adapter, buyer: adapter, buyerKey: 'buyer', deadEndpoint: 'memory:nobody' };
});

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function connectHttp(t: TestContext, token: string | undefined) {
  const sessions: Sessions = { issue: () => 'secret', peer: (text) => (text === 'secret' ? 'buyer' : undefined) };
  const credentials: Credentials = { token: () => token };
  let url = '';
  const seller = createHttpAdapter({ sessions, credentials: { token: () => undefined }, publicUrl: () => url });
  const buyer = createHttpAdapter({ sessions, credentials, publicUrl: () => '' });
  const server = await createHttpServer(
    (request, response) => seller.router(request, response, () => response.writeHead(404).end()),
    { host: '127.0.0.1', port: 0 },
  );
  url = server.url;
  t.after(async () => {
    buyer.close();
    await server.close();
  });
  const deadEndpoint = `http://127.0.0.1:${await closedPort()}/file/x`;
  return { seller, buyer, buyerKey: token === 'secret' ? 'buyer' : 'ip:127.0.0.1', deadEndpoint };
}

testProtocolAdapter('http with a session', (t) => connectHttp(t, 'secret'));
testProtocolAdapter('http as a stranger', (t) => connectHttp(t, undefined));
testProtocolAdapter('http with a token that nobody issued', (t) => connectHttp(t, 'forged'));
