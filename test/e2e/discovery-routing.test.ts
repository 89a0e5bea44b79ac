/** The delegated routing API over real HTTP, in front of real nodes. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { createRoutingApi } from '@chiral/node/discovery/routing-api';
import { checkOffer } from '@chiral/protocol/offer';
import express from 'express';
import {
  contentOf,
  createTestNetwork,
  DEPLOYMENT,
  offerOf,
  type TestNetwork,
  type TestNode,
} from '../ports/discovery-network.ts';

let network: TestNetwork;
let gateway: TestNode;
let seller: TestNode;
let server: Server;
let base: string;
const content = contentOf(randomBytes(5000));

before(async () => {
  network = createTestNetwork();
  gateway = await network.start();
  seller = await network.start({
    bootstrap: gateway.host.addresses(),
    listen: ['/ip4/127.0.0.1/tcp/0', '/ip4/127.0.0.1/tcp/0/ws'],
  });
  await seller.host.joined(AbortSignal.timeout(10_000));
  seller.shelf.put(content, offerOf(seller.host.peerId, content));
  await seller.directory.provide(content.cid);
  server = createServer(express().use(createRoutingApi(gateway.host, gateway.directory)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/routing/v1`;
});
after(async () => {
  server.closeAllConnections();
  server.close();
  await network.close();
});

const check = (offer: unknown) =>
  checkOffer(offer, {
    cid: content.cid,
    peerId: seller.host.peerId,
    nowSeconds: Math.floor(Date.now() / 1000),
    deployment: DEPLOYMENT,
  });

test('answers with the provider, its addresses and its own signed offer', async () => {
  for (const round of ['searched', 'seen']) {
    const response = await fetch(`${base}/providers/${content.cid}`);
    assert.equal(response.status, 200);
    assert.match(response.headers.get('content-type')!, /^application\/json/);
    assert.equal(response.headers.get('access-control-allow-origin'), '*');
    const { Providers } = (await response.json()) as { Providers: Record<string, unknown>[] };
    assert.equal(Providers.length, 1, round);
    assert.equal(Providers[0]!.Schema, 'peer');
    assert.equal(Providers[0]!.ID, seller.host.peerId);
    assert.deepEqual(Providers[0]!.Protocols, ['transfer-chiral-http']);
    assert.ok((Providers[0]!.Addrs as string[]).length >= 2);
    check(Providers[0]!['chiral-offer']);
  }
});

test('streams when asked to', async () => {
  const response = await fetch(`${base}/providers/${content.cid}`, { headers: { accept: 'application/x-ndjson' } });
  assert.match(response.headers.get('content-type')!, /^application\/x-ndjson/);
  const lines = (await response.text()).trim().split('\n');
  assert.equal(lines.length, 1);
  check(JSON.parse(lines[0]!)['chiral-offer']);
});

test('filters addresses and protocols', async () => {
  const providers = async (query: string) => {
    const response = await fetch(`${base}/providers/${content.cid}?${query}`);
    return ((await response.json()) as { Providers: { Addrs: string[] }[] }).Providers;
  };
  const [ws] = await providers('filter-addrs=ws');
  assert.ok(ws!.Addrs.length > 0 && ws!.Addrs.every((address) => address.includes('/ws')));
  const [plain] = await providers('filter-addrs=!ws');
  assert.ok(plain!.Addrs.length > 0 && plain!.Addrs.every((address) => !address.includes('/ws')));
  assert.equal((await providers('filter-addrs=webrtc-direct')).length, 0);
  assert.equal((await providers('filter-protocols=transfer-chiral-http')).length, 1);
  assert.equal((await providers('filter-protocols=transfer-chiral-ed2k')).length, 0);
});

test('nobody has it: an empty list; not a CID: 422', async () => {
  const unknown = contentOf(randomBytes(20)).cid;
  const response = await fetch(`${base}/providers/${unknown}`);
  assert.deepEqual([response.status, await response.json()], [200, { Providers: [] }]);
  assert.equal((await fetch(`${base}/providers/nonsense`)).status, 422);
  assert.equal((await fetch(`${base}/peers/nonsense`)).status, 422);
});

test('tells where a peer is', async () => {
  const response = await fetch(`${base}/peers/${seller.host.peerId}`);
  const { Peers } = (await response.json()) as { Peers: { ID: string; Addrs: string[] }[] };
  assert.equal(Peers[0]!.ID, seller.host.peerId);
  assert.ok(Peers[0]!.Addrs.length > 0);
});

test('more lookups than it can bear are refused, not queued', async () => {
  const statuses = await Promise.all(
    Array.from(
      { length: 200 },
      async () => (await fetch(`${base}/providers/${contentOf(randomBytes(20)).cid}`)).status,
    ),
  );
  assert.ok(statuses.every((status) => status === 200 || status === 429));
  assert.equal((await fetch(`${base}/providers/${content.cid}`)).status, 200);
});
