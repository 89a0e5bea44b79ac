import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { CHUNK_BYTES, type Content, chunkCount, chunkLength, verifyChunk } from '@chiral/protocol/content';
import { isAppError } from '@chiral/protocol/errors';
import { ScriptedPeer, startScriptedHost, stockHello } from '../../../../../test/interop/support/ed2k-scripted-peer.ts';
import { chunkOf, randomBytes, toTestContent, toTestOffer } from '../../../../../test/ports/fixtures.ts';
import { createMemoryStore } from '../../../../../test/ports/memory-store.ts';
import { createLog } from '../../../log.ts';
import type { Uplink } from '../../../ports.ts';
import { type Source, startTransfer } from '../../scheduler.ts';
import { createEd2kAdapter, type Ed2kAdapterOptions } from './adapter.ts';
import { greet } from './connection.ts';
import { RemoteClient, type RemoteOptions } from './download.ts';
import { formatEd2kLink, parseEd2kLink } from './link.ts';
import type { Range } from './message.ts';
import { PART_BYTES, statusPartCount } from './part-hash.ts';

const HASH = 'ab'.repeat(16);
const never = new AbortController().signal;

function startAdapter(t: TestContext, overrides: Partial<Ed2kAdapterOptions> = {}) {
  const adapter = createEd2kAdapter({
    listenHost: '127.0.0.1',
    listenPort: 0,
    publicHost: '127.0.0.1',
    userHash: 'b0'.repeat(16),
    peers: () => undefined,
    readLocal: () => Promise.reject(new Error('nothing to hash')),
    log: createLog('silent'),
    ...overrides,
  });
  t.after(() => adapter.close());
  return adapter;
}

/** Content whose bytes nobody holds: for what happens before they matter. */
function hollow(size: number): Content {
  return { ...toTestContent(new Uint8Array(1)), size };
}

function offerOf(content: Content, port: number, hash = HASH) {
  const url = formatEd2kLink({ name: 'x', size: content.size, hash, sources: [{ host: '127.0.0.1', port }] });
  return toTestOffer(content, [{ protocol: 'ed2k', url }]);
}

const isCode = (code: Parameters<typeof isAppError>[1]) => (error: unknown) => isAppError(error, code!);

/** Tells a file's status when asked. @param bits undefined for a whole copy */
async function tellStatus(peer: ScriptedPeer, bits?: Uint8Array, parts = 0): Promise<void> {
  await peer.hears('fileRequest');
  peer.say({ type: 'fileStatus', hash: HASH, parts, bits: bits ?? new Uint8Array(0) });
}

/** Tells a file's status and gives a place when asked. */
async function letIn(peer: ScriptedPeer): Promise<void> {
  await tellStatus(peer);
  await peer.hears('startUpload');
  peer.say({ type: 'acceptUpload' });
}

/** The same for one that begins anew over another connection. */
async function letInAgain(peer: ScriptedPeer): Promise<void> {
  await letIn(peer);
  await peer.hears('cancelTransfer');
}

/** Sends what is asked for, from `bytes`. */
function answer(peer: ScriptedPeer, ranges: readonly Range[], bytes: Uint8Array): void {
  for (const { start, end } of ranges) {
    peer.say({ type: 'part', hash: HASH, start, data: bytes.subarray(start, end) });
  }
}

test('a stock seller: asked for name, status and a place once, then for every chunk over one connection', async (t) => {
  const bytes = randomBytes(2 * CHUNK_BYTES + 5, 1);
  const content = toTestContent(bytes);
  const host = await startScriptedHost(t);
  const adapter = startAdapter(t);
  const offer = offerOf(content, host.port);
  const fetching = [0, 1, 2].map((chunk) => adapter.fetch(offer, content, chunk, never));
  const peer = await host.accepted();
  await peer.hears('fileNameRequest');
  await letIn(peer);
  for (let i = 0; i < 3; i++) answer(peer, (await peer.hears('partsRequest')).ranges, bytes);
  (await Promise.all(fetching)).forEach((data, i) => {
    assert.ok(Buffer.from(data).equals(chunkOf(bytes, i)));
  });
  assert.equal(host.peers.length, 1);
  assert.equal(peer.heard.length, 0);
});

test('a seller of some parts is asked for those only', async (t) => {
  const content = hollow(3 * PART_BYTES - 1);
  const host = await startScriptedHost(t);
  const adapter = startAdapter(t);
  const chunk = Math.floor(PART_BYTES / CHUNK_BYTES) + 1;
  const inSecond = adapter.fetch(offerOf(content, host.port), content, chunk, never);
  const peer = await host.accepted();
  await tellStatus(peer, Uint8Array.of(0b010), statusPartCount(content.size));
  peer.say({ type: 'acceptUpload' });
  await assert.rejects(adapter.fetch(offerOf(content, host.port), content, 0, never), isCode('NOT_FOUND'));
  // The chunk on the border of two parts needs both.
  await assert.rejects(adapter.fetch(offerOf(content, host.port), content, chunk - 1, never), isCode('NOT_FOUND'));
  const { ranges } = await peer.hears('partsRequest');
  answer(peer, ranges, { subarray: (start: number, end: number) => new Uint8Array(end - start) } as Uint8Array);
  assert.equal((await inSecond).length, CHUNK_BYTES);
});

test('in the queue of a stock seller a fetch is CHOKED; it is asked once, and its call back is taken', async (t) => {
  const bytes = randomBytes(CHUNK_BYTES, 2);
  const content = toTestContent(bytes);
  const host = await startScriptedHost(t);
  const adapter = startAdapter(t);
  const offer = offerOf(content, host.port);
  // Serving anything makes the adapter listen.
  const { endpoint } = await startServing(adapter);
  const first = adapter.fetch(offer, content, 0, never);
  const peer = await host.accepted();
  await tellStatus(peer);
  await peer.hears('startUpload');
  peer.say({ type: 'queueRank', rank: 7, isEmule: false });
  await assert.rejects(first, isCode('CHOKED'));
  for (let i = 0; i < 5; i++) await assert.rejects(adapter.fetch(offer, content, 0, never), isCode('CHOKED'));
  assert.equal(peer.heard.filter(({ type }) => type === 'startUpload').length, 0);
  peer.hangUp();
  await peer.closed();
  await assert.rejects(adapter.fetch(offer, content, 0, never), isCode('CHOKED'));
  assert.equal(host.peers.length, 1, 'it was dialled again');
  const back = await ScriptedPeer.dial(t, parseEd2kLink(endpoint).sources[0]!.port, stockHello({ port: host.port }));
  back.say({ type: 'acceptUpload' });
  const fetching = adapter.fetch(offer, content, 0, never);
  await tellStatus(back);
  answer(back, (await back.hears('partsRequest')).ranges, bytes);
  assert.ok(Buffer.from(await fetching).equals(bytes));
});

async function startServing(adapter: ReturnType<typeof createEd2kAdapter>) {
  const other = hollow(0);
  return adapter.serve(other, { read: () => Promise.reject(new Error('nothing to read')) });
}

test('what came before a choke is not asked for again', async (t) => {
  const bytes = randomBytes(CHUNK_BYTES, 3);
  const content = toTestContent(bytes);
  const host = await startScriptedHost(t, { software: 'Chiral' });
  const adapter = startAdapter(t);
  const offer = offerOf(content, host.port);
  const first = adapter.fetch(offer, content, 0, never);
  const peer = await host.accepted();
  await tellStatus(peer);
  peer.say({ type: 'acceptUpload' });
  await peer.hears('partsRequest');
  peer.say({ type: 'part', hash: HASH, start: 0, data: bytes.subarray(0, 100_000) });
  peer.say({ type: 'outOfPartRequests' });
  await assert.rejects(first, isCode('CHOKED'));
  const second = adapter.fetch(offer, content, 0, never);
  // The first request was before the choke.
  await peer.hears('startUpload');
  await peer.hears('startUpload');
  peer.say({ type: 'acceptUpload' });
  const { ranges } = await peer.hears('partsRequest');
  assert.equal(ranges[0]!.start, 100_000);
  answer(peer, ranges, bytes);
  assert.ok(Buffer.from(await second).equals(bytes));
});

test('a range that is asked again is cut elsewhere, since clients pass over what they have sent', async (t) => {
  const bytes = randomBytes(CHUNK_BYTES, 4);
  const content = toTestContent(bytes);
  const host = await startScriptedHost(t);
  const adapter = startAdapter(t);
  const seen = new Set<string>();
  const answering = (async () => {
    const peer = await host.accepted();
    await tellStatus(peer);
    peer.say({ type: 'acceptUpload' });
    for (let i = 0; i < 3; i++) {
      const { ranges } = await peer.hears('partsRequest');
      for (const { start, end } of ranges) seen.add(`${start}-${end}`);
      answer(peer, ranges, bytes);
    }
  })();
  for (let i = 0; i < 3; i++) await adapter.fetch(offerOf(content, host.port), content, 0, never);
  await answering;
  assert.equal(seen.size, 1 + 2 + 2);
});

/** The fetching side alone, with less patience than an adapter gives it. */
function startRemote(t: TestContext, port: number, patience: Partial<RemoteOptions>): RemoteClient {
  const remote = new RemoteClient({
    connect: () => greet(connect(port, '127.0.0.1'), 'dialled', stockHello()),
    onRequest: () => {},
    onClosed: () => {},
    ...patience,
  });
  t.after(() => remote.close());
  return remote;
}

test('a seller that goes silent is TIMEOUT, and begins anew over another connection', async (t) => {
  const bytes = randomBytes(CHUNK_BYTES, 5);
  const content = toTestContent(bytes);
  const host = await startScriptedHost(t);
  const remote = startRemote(t, host.port, { stallMs: 100 });
  const fetching = remote.fetch(HASH, content, 0, never);
  const peer = await host.accepted();
  await letIn(peer);
  await peer.hears('partsRequest');
  peer.say({ type: 'part', hash: HASH, start: 0, data: bytes.subarray(0, 50_000) });
  await assert.rejects(fetching, isCode('TIMEOUT'));
  await peer.closed();
  const again = remote.fetch(HASH, content, 0, never);
  const other = await host.accepted();
  await letInAgain(other);
  const { ranges } = await other.hears('partsRequest');
  assert.equal(ranges[0]!.start, 50_000);
  answer(other, ranges, bytes);
  assert.ok(Buffer.from(await again).equals(bytes));
});

test('a seller that does not say what it has is TIMEOUT, and asked again over another connection', async (t) => {
  const bytes = randomBytes(1_000, 6);
  const content = toTestContent(bytes);
  const host = await startScriptedHost(t);
  const remote = startRemote(t, host.port, { answerMs: 100 });
  const fetching = remote.fetch(HASH, content, 0, never);
  const deaf = await host.accepted();
  await assert.rejects(fetching, isCode('TIMEOUT'));
  await deaf.closed();
  const again = remote.fetch(HASH, content, 0, never);
  const peer = await host.accepted();
  await letIn(peer);
  answer(peer, (await peer.hears('partsRequest')).ranges, bytes);
  assert.ok(Buffer.from(await again).equals(bytes));
});

test('a seller that hears nothing when asked for a place is asked again over another connection', async (t) => {
  const bytes = randomBytes(1_000, 7);
  const content = toTestContent(bytes);
  const host = await startScriptedHost(t);
  const remote = startRemote(t, host.port, { silentQueueMs: 50, answerMs: 100 });
  const fetching = remote.fetch(HASH, content, 0, never);
  const deaf = await host.accepted();
  await tellStatus(deaf);
  await assert.rejects(fetching, isCode('PEER_UNREACHABLE'));
  assert.deepEqual(
    deaf.heard.map(({ type }) => type),
    ['fileNameRequest', 'startUpload', 'fileNameRequest', 'fileRequest'],
  );
  const again = remote.fetch(HASH, content, 0, never);
  const peer = await host.accepted();
  await letInAgain(peer);
  answer(peer, (await peer.hears('partsRequest')).ranges, bytes);
  assert.ok(Buffer.from(await again).equals(bytes));
});

test('a seller that says nothing of a place and hears us keeps us in its queue', async (t) => {
  const content = hollow(1_000);
  const host = await startScriptedHost(t);
  const remote = startRemote(t, host.port, { silentQueueMs: 50 });
  const fetching = remote.fetch(HASH, content, 0, never);
  const peer = await host.accepted();
  await tellStatus(peer);
  await tellStatus(peer);
  await assert.rejects(fetching, isCode('CHOKED'));
  await assert.rejects(remote.fetch(HASH, content, 0, never), isCode('CHOKED'));
  assert.equal(peer.heard.filter(({ type }) => type === 'startUpload').length, 1);
  assert.equal(peer.isClosed, false);
});

test('a seller that stalls is asked for a place four times, then left alone until it has forgotten us', async (t) => {
  const bytes = randomBytes(CHUNK_BYTES, 8);
  const content = toTestContent(bytes);
  const host = await startScriptedHost(t);
  const forgottenMs = 500;
  const remote = startRemote(t, host.port, { stallMs: 50, forgottenMs });
  const tryOnce = async () => {
    const fetching = remote.fetch(HASH, content, 0, never);
    const peer = await host.accepted();
    await letIn(peer);
    await peer.hears('partsRequest');
    return { fetching, peer };
  };
  for (let round = 1; round <= 2; round++) {
    for (let i = 0; i < 4; i++) {
      const { fetching } = await tryOnce();
      await assert.rejects(fetching, isCode('TIMEOUT'));
    }
    await assert.rejects(remote.fetch(HASH, content, 0, never), isCode('CHOKED'));
    assert.equal(host.peers.length, 4 * round);
    await delay(forgottenMs);
  }
  const { fetching, peer } = await tryOnce();
  answer(peer, [{ start: 0, end: CHUNK_BYTES }], bytes);
  assert.ok(Buffer.from(await fetching).equals(bytes));
});

test('a seller that sends what nobody asked for is left', async (t) => {
  const content = hollow(64 * CHUNK_BYTES);
  const host = await startScriptedHost(t);
  const adapter = startAdapter(t);
  const fetching = adapter.fetch(offerOf(content, host.port), content, 0, never);
  const peer = await host.accepted();
  await tellStatus(peer);
  peer.say({ type: 'acceptUpload' });
  await peer.hears('partsRequest');
  for (let i = 1; i < 60; i++)
    peer.say({ type: 'part', hash: HASH, start: i * CHUNK_BYTES, data: new Uint8Array(200_000) });
  await assert.rejects(fetching, isCode('PEER_UNREACHABLE'));
});

test('an address that does not speak eDonkey is dialled once in a thousand fetches, a forbidden one never', async (t) => {
  let dials = 0;
  const victim = createServer((socket) => {
    dials++;
    socket.end('220 smtp.example\r\n');
  });
  await new Promise<void>((resolve) => victim.listen(0, '127.0.0.1', resolve));
  t.after(() => victim.close());
  const { port } = victim.address() as { port: number };
  const content = hollow(CHUNK_BYTES);
  const adapter = startAdapter(t);
  await assert.rejects(adapter.fetch(offerOf(content, port), content, 0, never), isCode('UNSUPPORTED'));
  for (let i = 0; i < 1_000; i++) {
    await assert.rejects(adapter.fetch(offerOf(content, port), content, 0, never), isCode('PEER_UNREACHABLE'));
  }
  assert.equal(dials, 1);
  const careful = startAdapter(t, { mayDial: (address) => address !== '127.0.0.1' });
  await assert.rejects(careful.fetch(offerOf(content, port), content, 0, never), isCode('FORBIDDEN'));
  assert.equal(dials, 1);
});

test('links that are malformed, of another file or without a source are UNSUPPORTED', async (t) => {
  const content = hollow(CHUNK_BYTES);
  const adapter = startAdapter(t);
  for (const url of [
    'ed2k://',
    `ed2k://|file|x|5|${HASH}|/|sources,127.0.0.1:1|/`,
    `ed2k://|file|x|${CHUNK_BYTES}|${HASH}|/`,
  ]) {
    const offer = toTestOffer(content, [{ protocol: 'ed2k', url }]);
    await assert.rejects(adapter.fetch(offer, content, 0, never), isCode('UNSUPPORTED'));
  }
});

test('chunks around and beyond 4 GiB', async (t) => {
  const content = hollow(2 ** 32 + 3 * CHUNK_BYTES + 9);
  const byteAt = (offset: number) => (offset * 31 + Math.floor(offset / CHUNK_BYTES)) & 0xff;
  const uplink: Uplink = {
    async read(_peer, _cid, chunk, range) {
      const start = chunk * CHUNK_BYTES + range!.start;
      return Uint8Array.from({ length: range!.end - range!.start }, (_, i) => byteAt(start + i));
    },
  };
  const parts = new Uint8Array(statusPartCount(content.size) * 16);
  const seller = startAdapter(t, { hashCache: { get: () => parts, set: () => {} } });
  const { endpoint } = await seller.serve(content, uplink);
  const buyer = startAdapter(t);
  const offer = toTestOffer(content, [{ protocol: 'ed2k', url: endpoint }]);
  const chunks = [0, 2 ** 14 - 1, 2 ** 14, chunkCount(content.size) - 1];
  for (const chunk of chunks) {
    const data = await buyer.fetch(offer, content, chunk, never);
    assert.equal(data.length, chunkLength(content.size, chunk));
    for (const i of [0, 1, data.length - 1]) assert.equal(data[i], byteAt(chunk * CHUNK_BYTES + i));
  }
});

// ---- MD4 and liars -------------------------------------------------------------------------------------------

/** A seller of `bytes` under the name of `content`. */
async function startLiar(t: TestContext, content: Content, bytes: Uint8Array) {
  const seller = startAdapter(t, { readLocal: async (_cid, chunk) => chunkOf(bytes, chunk) });
  return seller.serve(content, {
    read: async (_peer, _cid, chunk, range) =>
      Uint8Array.from(chunkOf(bytes, chunk).subarray(range!.start, range!.end)),
  });
}

test('row 26: another content with the same ed2k hash, part by part, is refused by our own tree', async (t) => {
  const { collision } = JSON.parse(readFileSync(new URL('./vectors/hashes.json', import.meta.url), 'utf8'));
  const parts = 3;
  const rest = randomBytes(PART_BYTES, 6);
  /** Every part begins with one half of a pair that MD4 cannot tell apart. */
  const fileOf = (half: 'a' | 'b') => {
    const bytes = Buffer.alloc(parts * PART_BYTES - 5);
    for (let at = 0; at < bytes.length; at += PART_BYTES) {
      bytes.set(rest.subarray(0, bytes.length - at), at);
      bytes.set(Buffer.from(collision[half], 'hex'), at);
    }
    return bytes;
  };
  const [honest, forged] = [fileOf('a'), fileOf('b')];
  const content = toTestContent(honest);
  const real = parseEd2kLink((await startLiar(t, content, honest)).endpoint);
  const { endpoint } = await startLiar(t, content, forged);
  assert.equal(parseEd2kLink(endpoint).hash, real.hash, 'eDonkey cannot tell them apart');
  const offer = toTestOffer(content, [{ protocol: 'ed2k', url: endpoint }]);
  const buyer = startAdapter(t);
  for (let part = 0; part < parts; part++) {
    const chunk = Math.floor((part * PART_BYTES) / CHUNK_BYTES);
    const data = await buyer.fetch(offer, content, chunk, never);
    assert.ok(Buffer.from(data).equals(chunkOf(forged, chunk)));
    assert.equal(verifyChunk(content, chunk, data), false);
  }
});

test('row 26: one flipped byte in every part costs less than one part again, and every one is found', async (t) => {
  const bytes = randomBytes(3 * PART_BYTES + 5, 8);
  const content = toTestContent(bytes);
  const corrupt = Buffer.from(bytes);
  const flipped: number[] = [];
  for (let at = 3; at < corrupt.length; at += PART_BYTES) {
    corrupt[at]! ^= 0x80;
    flipped.push(Math.floor(at / CHUNK_BYTES));
  }
  const good = await startLiar(t, content, bytes);
  const bad = await startLiar(t, content, corrupt);
  const buyer = startAdapter(t);
  const endpointOf = (url: string) => [{ protocol: 'ed2k' as const, url }];
  for (const chunk of flipped) {
    const data = await buyer.fetch(toTestOffer(content, endpointOf(bad.endpoint)), content, chunk, never);
    assert.equal(verifyChunk(content, chunk, data), false, `chunk ${chunk}`);
  }
  const store = createMemoryStore();
  const adapter = startAdapter(t, { userHash: 'b1'.repeat(16) });
  let fetched = 0;
  async function* sources(): AsyncGenerator<Source> {
    for (const [peer, { endpoint }] of [
      ['bad', bad],
      ['good', good],
    ] as const) {
      yield { peer, price: 1, offer: toTestOffer(content, endpointOf(endpoint), { peerId: peer }) };
    }
  }
  const report = await startTransfer({
    content,
    sources: sources(),
    adapters: [
      {
        ...adapter,
        async fetch(...want) {
          const data = await adapter.fetch(...want);
          fetched += data.length;
          return data;
        },
      },
    ],
    store,
    meter: { received: () => {} },
  }).report;
  assert.ok(store.bytes(content).equals(bytes));
  assert.ok(fetched - bytes.length <= PART_BYTES, `${fetched - bytes.length} bytes twice`);
  assert.ok(report.sources.find(({ peer }) => peer === 'bad')!.bad >= 1);
  assert.equal(report.sources.find(({ peer }) => peer === 'good')!.bad, 0);
});

test('a seller with a flipped byte in every chunk is named and left, and the file comes from the honest one', async (t) => {
  const bytes = randomBytes(12 * CHUNK_BYTES, 7);
  const content = toTestContent(bytes);
  const corrupt = Buffer.from(bytes);
  for (let at = 1_000; at < corrupt.length; at += CHUNK_BYTES) corrupt[at]! ^= 1;
  const good = await startLiar(t, content, bytes);
  const bad = await startLiar(t, content, corrupt);
  const store = createMemoryStore();
  async function* sources(): AsyncGenerator<Source> {
    for (const [peer, { endpoint }] of [
      ['bad', bad],
      ['good', good],
    ] as const) {
      yield { peer, price: 1, offer: toTestOffer(content, [{ protocol: 'ed2k', url: endpoint }], { peerId: peer }) };
    }
  }
  const credited = new Map<string, number>();
  const report = await startTransfer({
    content,
    sources: sources(),
    adapters: [startAdapter(t)],
    store,
    meter: { received: (peer, _cid, count) => void credited.set(peer, (credited.get(peer) ?? 0) + count) },
  }).report;
  assert.ok(store.bytes(content).equals(bytes));
  assert.deepEqual([...credited], [['good', bytes.length]]);
  const states = Object.fromEntries(report.sources.map(({ peer, state, bad }) => [peer, { state, bad }]));
  assert.equal(states.bad?.state, 'banned');
  assert.ok(states.bad!.bad <= 2, 'more than two chunks were wasted');
  assert.deepEqual(states.good, { state: 'active', bad: 0 });
});
