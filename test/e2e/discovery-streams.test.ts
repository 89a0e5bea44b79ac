/** Streams between real hosts: the request protocol, back-pressure, and peers that speak nonsense. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { createRequestProtocol, type RequestProtocol } from '@chiral/node/discovery/request-protocol';
import { AppError, isAppError } from '@chiral/protocol/errors';
import { FrameStream } from '@chiral/protocol/frame-stream';
import { encodeAnswer, LAYER_FRAME_BYTES, OFFER_PROTOCOL } from '@chiral/protocol/offer-wire';
import {
  collect,
  contentOf,
  createTestNetwork,
  offerOf,
  type TestNetwork,
  type TestNode,
  until,
} from '../ports/discovery-network.ts';
import { frameOf } from './support/frame.ts';

const PROTOCOL = '/chiral/test/1.0.0';
const soon = () => AbortSignal.timeout(20_000);
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();
const isCode =
  (...codes: Parameters<typeof isAppError>[1][]) =>
  (error: unknown) =>
    isAppError(error, ...codes) || assert.fail(String(error));

let network: TestNetwork;
let a: TestNode;
let b: TestNode;
before(async () => {
  network = createTestNetwork();
  a = await network.start();
  b = await network.start({ bootstrap: a.host.addresses() });
  await b.host.joined(soon());
});
after(() => network.close());

async function withProtocols(
  work: (asker: RequestProtocol, server: RequestProtocol) => Promise<void>,
  options = { maxBytes: 1000, timeoutMs: 5_000 },
): Promise<void> {
  const asker = createRequestProtocol(a.host, PROTOCOL, options);
  const server = createRequestProtocol(b.host, PROTOCOL, options);
  try {
    await work(asker, server);
  } finally {
    await Promise.all([asker.close(), server.close()]);
  }
}

test('requests get their own answers, in parallel, over one stream, from a proven peer', () =>
  withProtocols(async (asker, server) => {
    const peers = new Set<string>();
    await server.handle(async (peer, message) => {
      peers.add(peer);
      await setImmediate();
      return Buffer.concat([Buffer.from('re: '), message]);
    });
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) => asker.request(b.host.peerId, Buffer.from(`${i}`), soon())),
    );
    assert.deepEqual(
      answers.map(text),
      Array.from({ length: 50 }, (_, i) => `re: ${i}`),
    );
    assert.deepEqual([...peers], [a.host.peerId]);
  }));

test('an AppError crosses as its code; any other failure and a large message do not pass', () =>
  withProtocols(async (asker, server) => {
    await server.handle(async (_peer, message) => {
      if (text(message) === 'known') throw new AppError('TOO_MANY', 'slow down');
      throw new Error('a bug');
    });
    await assert.rejects(asker.request(b.host.peerId, Buffer.from('known')), {
      code: 'TOO_MANY',
      message: 'slow down',
    });
    await assert.rejects(asker.request(b.host.peerId, Buffer.from('bug')), isCode('PEER_UNREACHABLE'));
    await assert.rejects(asker.request(b.host.peerId, Buffer.alloc(1001)), isCode('TOO_LARGE'));
    await assert.rejects(asker.request(b.host.peerId, Buffer.from('known')), isCode('TOO_MANY'));
  }));

test('a peer that does not answer times out, and the next request has a new stream', () =>
  withProtocols(
    async (asker, server) => {
      let silent = true;
      await server.handle(async (_peer, message) => (silent ? new Promise(() => {}) : message));
      await assert.rejects(asker.request(b.host.peerId, Buffer.from('x')), isCode('TIMEOUT'));
      silent = false;
      assert.equal(text(await asker.request(b.host.peerId, Buffer.from('y'))), 'y');
    },
    { maxBytes: 1000, timeoutMs: 300 },
  ));

test('a caller that gives up does not get in the way of the next', () =>
  withProtocols(async (asker, server) => {
    const release: (() => void)[] = [];
    await server.handle(async (_peer, message) => {
      await new Promise<void>((resolve) => release.push(resolve));
      return message;
    });
    const caller = new AbortController();
    const first = asker.request(b.host.peerId, Buffer.from('first'), caller.signal);
    const second = asker.request(b.host.peerId, Buffer.from('second'));
    await until(() => release.length === 1, 'the first request is being answered');
    caller.abort();
    await assert.rejects(first, isCode('CANCELLED'));
    release[0]!();
    await until(() => release.length === 2, 'the second request is being answered');
    release[1]!();
    assert.equal(text(await second), 'second');
  }));

test('nobody there, and nobody who speaks it', () =>
  withProtocols(async (asker) => {
    await assert.rejects(asker.request(b.host.peerId, Buffer.from('x')), isCode('UNSUPPORTED'));
    const gone = '12D3KooWGzBFQQ3N3mUeFbNNXyDPhZ2sTDFqUx2kqqQ8ZyfWHFYy';
    await assert.rejects(asker.request(gone, Buffer.from('x')), isCode('PEER_UNREACHABLE', 'BAD_REQUEST'));
  }));

test('a writer waits for a slow reader instead of filling memory', async () => {
  let written = 0;
  const total = 200;
  const stop = await b.host.handle('/chiral/slow/1.0.0', async (_peer, stream) => {
    const frames = new FrameStream(stream, 100);
    for (let i = 0; i < total; i++) {
      await frames.write(Buffer.alloc(64 * 1024), soon());
      written = i + 1;
    }
    await frames.close();
  });
  const frames = new FrameStream(await a.host.openStream(b.host.peerId, '/chiral/slow/1.0.0', soon()), 64 * 1024);
  await frames.write(new Uint8Array([1]));
  await until(() => written > 0, 'the writer began');
  // The writer must come to rest far from the end: that is the window, and both buffers.
  let last = -1;
  await until(async () => {
    const still = written === last;
    last = written;
    await new Promise((resolve) => setTimeout(resolve, 100));
    return still;
  }, 'the writer waits');
  assert.ok(last < total / 2, `wrote ${last} of ${total} frames to nobody`);
  let got = 0;
  while (await frames.read(64 * 1024, soon())) got++;
  assert.equal(got, total);
  await stop();
});

test('a provider that answers nonsense is skipped, whatever the nonsense', async () => {
  const content = contentOf(randomBytes(3 * 262144));
  const good = await network.start({ bootstrap: a.host.addresses() });
  good.shelf.put(content, offerOf(good.host.peerId, content));
  await good.host.joined(soon());
  await good.directory.provide(content.cid);
  const nonsense: (Uint8Array | 'silence' | 'reset')[] = [
    new Uint8Array(),
    frameOf(new Uint8Array()),
    frameOf(new Uint8Array([0])),
    frameOf(new Uint8Array([255])),
    frameOf(encodeAnswer(Buffer.from('{"offer":'))),
    frameOf(encodeAnswer(Buffer.from('['.repeat(60_000)))),
    Buffer.concat([frameOf(encodeAnswer(Buffer.from('{}'))), frameOf(new Uint8Array(200))]),
    new Uint8Array([0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]),
    randomBytes(100_000),
    'reset',
  ];
  const liar = await network.start({ bootstrap: a.host.addresses() });
  await liar.directory.close();
  await liar.host.joined(soon());
  for (const bytes of nonsense) {
    const stop = await liar.host.handle(OFFER_PROTOCOL, async (_peer, stream) => {
      if (bytes === 'reset') throw new Error('go away');
      stream.send(bytes as Uint8Array);
      await stream.close();
    });
    await a.host.dial(liar.host.addresses()[0]!);
    const offers = await collect(a.directory.findOffers(content.cid, soon()));
    assert.deepEqual(
      offers.map(({ offer }) => offer.peerId),
      [good.host.peerId],
    );
    await stop();
  }

  // A valid offer, then a chunk layer that never ends: no more is read than the manifest says.
  const signed = offerOf(liar.host.peerId, content);
  const { fromContent } = await import('@chiral/protocol/content');
  let sent = 0;
  const stop = await liar.host.handle(OFFER_PROTOCOL, async (_peer, stream) => {
    const frames = new FrameStream(stream, 100);
    await frames.read(100, soon());
    await frames.write(encodeAnswer(fromContent(content).manifest), soon());
    for (sent = 0; sent < 1000; sent++) await frames.write(new Uint8Array(LAYER_FRAME_BYTES), soon());
  });
  await assert.rejects(a.directory.resolve(signed.offer, soon()), isCode('TOO_LARGE', 'CONTENT_INVALID'));
  await until(() => sent < 1000, 'the endless answer was cut');
  await stop();
});
