import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { CHUNK_BYTES } from '@chiral/protocol/content';
import { ScriptedPeer, startScriptedHost, stockHello } from '../../../../../test/interop/support/ed2k-scripted-peer.ts';
import { chunkOf, randomBytes, toTestContent } from '../../../../../test/ports/fixtures.ts';
import { createMemoryStore } from '../../../../../test/ports/memory-store.ts';
import { createTestGate } from '../../../../../test/ports/protocol-adapter.ts';
import { createLog } from '../../../log.ts';
import type { PeerKey } from '../../../ports.ts';
import { createUplink } from '../../uplink.ts';
import { createEd2kAdapter } from './adapter.ts';
import { parseEd2kLink } from './link.ts';
import { BLOCK_BYTES, PART_BYTES } from './part-hash.ts';
import { Client, type Piece, type SharedFile } from './upload-client.ts';

const bytes = randomBytes(4 * CHUNK_BYTES + 77, 3);
const content = toTestContent(bytes);
const ALL = Number.MAX_SAFE_INTEGER;

async function startSeller(
  t: TestContext,
  room: number,
  peers: (userHash: string) => PeerKey | undefined = () => undefined,
) {
  const gate = createTestGate(room);
  const adapter = createEd2kAdapter({
    listenHost: '127.0.0.1',
    listenPort: 0,
    publicHost: '127.0.0.1',
    userHash: 'a0'.repeat(16),
    peers,
    readLocal: async (_cid, chunk) => chunkOf(bytes, chunk),
    log: createLog('silent'),
  });
  t.after(() => adapter.close());
  const store = createMemoryStore([{ content, bytes }]);
  const served = await adapter.serve(content, createUplink({ store, gate }));
  const { hash, sources } = parseEd2kLink(served.endpoint);
  return {
    adapter,
    gate,
    hash,
    port: sources[0]!.port,
    sent: () => [...gate.sent.values()].reduce((a, b) => a + b, 0),
    ...served,
  };
}

/** Asks as stock clients do: three ranges. */
const ask = (hash: string, ...ranges: [number, number][]) =>
  ({ type: 'partsRequest', hash, ranges: ranges.map(([start, end]) => ({ start, end })) }) as const;

async function open(peer: ScriptedPeer, hash: string): Promise<void> {
  peer.say({ type: 'startUpload', hash });
  await peer.hears('acceptUpload');
}

test('a stock client finds the file, its status and its name, and others are not there', async (t) => {
  const { port, hash } = await startSeller(t, ALL);
  const peer = await ScriptedPeer.dial(t, port);
  peer.say({ type: 'fileNameRequest', hash });
  assert.equal((await peer.hears('fileName')).name, content.cid);
  peer.say({ type: 'fileRequest', hash });
  assert.equal((await peer.hears('fileStatus')).parts, 0);
  peer.say({ type: 'hashSetRequest', hash });
  assert.equal((await peer.hears('hashSet')).packed.length, 0, 'a file under one part has no hash set');
  for (const type of ['fileNameRequest', 'fileRequest', 'hashSetRequest', 'startUpload'] as const) {
    peer.say({ type, hash: '0'.repeat(32) });
    assert.equal((await peer.hears('noSuchFile')).hash, '0'.repeat(32));
  }
  peer.say({ type: 'publicAddressRequest' });
  assert.equal((await peer.hears('publicAddress')).address, Buffer.from([127, 0, 0, 1]).readUInt32LE());
});

test('requests that repeat what is still on its way are not answered, or counted, twice', async (t) => {
  const { port, hash, sent } = await startSeller(t, ALL);
  const peer = await ScriptedPeer.dial(t, port);
  await open(peer, hash);
  const [a, b, c, d] = [0, 1, 2, 3].map((i): [number, number] => [i * BLOCK_BYTES, (i + 1) * BLOCK_BYTES]);
  peer.say(ask(hash, a!, b!, c!));
  assert.ok((await peer.hearsRange(0, BLOCK_BYTES)).equals(bytes.subarray(0, BLOCK_BYTES)));
  peer.say(ask(hash, b!, c!, d!));
  const rest = await peer.hearsRange(BLOCK_BYTES, 4 * BLOCK_BYTES);
  assert.ok(rest.equals(bytes.subarray(BLOCK_BYTES, 4 * BLOCK_BYTES)));
  peer.say(ask(hash, [4 * BLOCK_BYTES, bytes.length]));
  await peer.hearsRange(4 * BLOCK_BYTES, bytes.length);
  assert.equal(peer.heard.length, 0);
  assert.equal(sent(), bytes.length);
});

test('a refused client is told to wait and its place, and goes on when the gate opens, each byte counted once', async (t) => {
  const { port, hash, gate, sent } = await startSeller(t, 200_000);
  const peer = await ScriptedPeer.dial(t, port);
  await open(peer, hash);
  peer.say(ask(hash, [0, BLOCK_BYTES], [BLOCK_BYTES, 2 * BLOCK_BYTES]));
  await peer.hears('outOfPartRequests');
  assert.equal((await peer.hears('queueRank')).rank, 1);
  const got = peer.heard.filter((message) => message.type === 'part').reduce((sum, part) => sum + part.data.length, 0);
  assert.equal(got, sent());
  assert.ok(got <= 200_000);
  gate.room = ALL;
  await peer.hears('acceptUpload');
  peer.heard.length = 0;
  peer.say(ask(hash, [got, 2 * BLOCK_BYTES], [2 * BLOCK_BYTES, 3 * BLOCK_BYTES]));
  assert.ok((await peer.hearsRange(got, 3 * BLOCK_BYTES)).equals(bytes.subarray(got, 3 * BLOCK_BYTES)));
  assert.equal(sent(), 3 * BLOCK_BYTES);
});

test('a refused client that hung up is called back at its port when the gate opens', async (t) => {
  const { port, hash, gate, sent } = await startSeller(t, 0);
  const host = await startScriptedHost(t);
  const peer = await ScriptedPeer.dial(t, port, stockHello({ port: host.port }));
  await open(peer, hash);
  peer.say(ask(hash, [0, BLOCK_BYTES]));
  await peer.hears('queueRank');
  peer.hangUp();
  gate.room = ALL;
  const again = await host.accepted();
  await again.hears('outOfPartRequests');
  await again.hears('acceptUpload');
  again.say(ask(hash, [0, BLOCK_BYTES]));
  await again.hearsRange(0, BLOCK_BYTES);
  assert.equal(sent(), BLOCK_BYTES);
});

test('who waits goes on at once when its gate is said to be open', async (t) => {
  // The next try of its own never comes.
  t.mock.timers.enable({ apis: ['setInterval'] });
  const { adapter, port, hash, gate } = await startSeller(t, 0, () => 'buyer');
  const peer = await ScriptedPeer.dial(t, port);
  await open(peer, hash);
  peer.say(ask(hash, [0, 100]));
  await peer.hears('queueRank');
  gate.room = ALL;
  adapter.wake('another');
  adapter.wake('buyer');
  await peer.hears('acceptUpload');
});

test('places in the queue are in order of refusal and move up; eMule clients are told in their way', async (t) => {
  const { port, hash } = await startSeller(t, 0);
  const peers: ScriptedPeer[] = [];
  for (const digit of ['1', '2', '3']) {
    const peer = await ScriptedPeer.dial(t, port, stockHello({ userHash: digit.repeat(32), isEmule: digit === '2' }));
    await open(peer, hash);
    peer.say(ask(hash, [0, 100]));
    const { rank, isEmule } = await peer.hears('queueRank');
    assert.deepEqual({ rank, isEmule }, { rank: Number(digit), isEmule: digit === '2' });
    peers.push(peer);
  }
  peers[0]!.say({ type: 'cancelTransfer' });
  peers[0]!.say({ type: 'fileRequest', hash });
  await peers[0]!.hears('fileStatus');
  peers[2]!.say({ type: 'startUpload', hash });
  assert.equal((await peers[2]!.hears('queueRank')).rank, 2);
});

test('a stranger gets its allowance and not a byte more in a thousand requests', async (t) => {
  const allowance = 150_000;
  const { port, hash, sent } = await startSeller(t, allowance);
  let got = 0;
  for (let round = 0; round < 10; round++) {
    const peer = await ScriptedPeer.dial(t, port, stockHello({ userHash: `${round}`.repeat(32) }));
    await open(peer, hash);
    for (let i = 0; i < 100; i++) {
      peer.say({ type: 'startUpload', hash });
      peer.say(ask(hash, [i * 1_000, i * 1_000 + BLOCK_BYTES]));
    }
    peer.say({ type: 'fileRequest', hash });
    await peer.hears('fileStatus');
    await peer.hears('queueRank');
    got += peer.heard.reduce((sum, message) => sum + (message.type === 'part' ? message.data.length : 0), 0);
  }
  assert.ok(got <= allowance && sent() <= allowance, `${got} got, ${sent()} sent`);
});

test('a user hash that is registered while it waits is known from then on', async (t) => {
  let owner: PeerKey | undefined;
  const { port, hash, gate } = await startSeller(t, 0, (userHash) =>
    userHash === '5c'.repeat(16) ? owner : undefined,
  );
  const peer = await ScriptedPeer.dial(t, port);
  await open(peer, hash);
  peer.say(ask(hash, [0, 1_000]));
  await peer.hears('queueRank');
  owner = 'buyer';
  gate.room = ALL;
  await peer.hears('acceptUpload');
  peer.say(ask(hash, [0, 1_000]));
  await peer.hearsRange(0, 1_000);
  assert.deepEqual(
    [...gate.sent].filter(([, count]) => count > 0),
    [['buyer', 1_000]],
  );
});

test('ranges outside the file, and larger than anybody asks for, end the connection', async (t) => {
  const { port, hash, sent } = await startSeller(t, ALL);
  const bad: [number, number][] = [
    [bytes.length - 10, bytes.length + 1],
    [0, 3 * BLOCK_BYTES + 1],
    [2 ** 40, 2 ** 40 + 1],
  ];
  for (const range of bad) {
    const peer = await ScriptedPeer.dial(t, port);
    await open(peer, hash);
    peer.say(ask(hash, range));
    await peer.closed();
  }
  assert.equal(sent(), 0);
});

test('whoever does not begin with a hello, or sends noise, is left', async (t) => {
  const { port, hash } = await startSeller(t, ALL);
  for (const noise of [Buffer.from('GET / HTTP/1.1\r\n\r\n'), Buffer.from([0xe3, 0xff, 0xff, 0xff, 0xff, 1])]) {
    const peer = await ScriptedPeer.dial(t, port);
    peer.sayBytes(noise);
    await peer.closed();
  }
  const silent = await ScriptedPeer.connect(t, port);
  silent.say({ type: 'startUpload', hash });
  await silent.closed();
  const peer = await ScriptedPeer.dial(t, port);
  await open(peer, hash);
});

test('when serving stops, who waits for the file is told that it is gone', async (t) => {
  const { port, hash, stop } = await startSeller(t, 0);
  const peer = await ScriptedPeer.dial(t, port);
  await open(peer, hash);
  peer.say(ask(hash, [0, 1_000]));
  await peer.hears('queueRank');
  await stop();
  await peer.hears('noSuchFile');
});

test('a peer that asks for long answers and does not read them is left', async (t) => {
  const parts = 3_000;
  const seller = createEd2kAdapter({
    listenHost: '127.0.0.1',
    listenPort: 0,
    publicHost: '127.0.0.1',
    userHash: 'a1'.repeat(16),
    peers: () => undefined,
    readLocal: () => Promise.reject(new Error('it is in the cache')),
    hashCache: { get: () => new Uint8Array((parts + 1) * 16), set: () => {} },
    log: createLog('silent'),
  });
  t.after(() => seller.close());
  const large = { ...content, size: parts * PART_BYTES };
  const { endpoint } = await seller.serve(large, { read: () => Promise.reject(new Error('nothing is asked')) });
  const { hash, sources } = parseEd2kLink(endpoint);
  const peer = await ScriptedPeer.dial(t, sources[0]!.port);
  peer.stopReading();
  await peer.failsToSay({ type: 'hashSetRequest', hash });
});

// ---- what a client is remembered by ---------------------------------------------------------------------------------------

const file = { hash: 'f'.repeat(32), content } as SharedFile;

test('bytes that were sent and not shown to have arrived are kept, once, and bounded', () => {
  const all = { bytes: 0 };
  const client = new Client('x', 'y', all);
  const range = { start: 0, end: BLOCK_BYTES };
  client.ask(file, [range], 0);
  const pieces = client.pieces.splice(0);
  for (const piece of pieces) client.kept.add(piece, bytes.subarray(piece.start, piece.end), true);
  assert.equal(all.bytes, BLOCK_BYTES);
  client.kept.lost();
  client.forgetRequests();
  client.ask(file, [{ start: 5_000, end: 6_000 }], 1);
  assert.ok(Buffer.from(client.kept.take(client.pieces[0]!)!).equals(bytes.subarray(5_000, 6_000)));
  client.kept.forget();
  assert.equal(all.bytes, 0);
  const piece: Piece = { file, start: 0, end: BLOCK_BYTES, asked: 'r' };
  for (let i = 0; i < 20; i++) client.kept.add(piece, bytes.subarray(0, BLOCK_BYTES), true);
  assert.equal(all.bytes, 4 * BLOCK_BYTES);
});

test('a client has stalled when it is silent much longer than its speed explains', () => {
  const client = new Client('x', 'y', { bytes: 0 });
  client.state = 'open';
  client.connection = {} as never;
  const block = (i: number) => ({ start: i * 1_000, end: (i + 1) * 1_000 });
  let nowMs = 0;
  for (let i = 0; i < 10; i++) {
    client.ask(file, [block(i), block(i + 1)], nowMs);
    for (const piece of client.pieces.splice(0)) client.kept.add(piece, bytes.subarray(piece.start, piece.end), true);
    client.sent(nowMs);
    nowMs += 1_000;
  }
  // One byte per millisecond, 2,000 on their way: two seconds, and four times that is patience enough.
  assert.equal(client.isStalled(9_000 + 7_900), false);
  assert.equal(client.isStalled(9_000 + 8_100), true);
  client.rescues = 1;
  assert.equal(client.isStalled(9_000 + 15_900), false);
  assert.equal(client.isStalled(9_000 + 16_100), true);
  client.isOurs = true;
  assert.equal(client.isStalled(9_000 + 8_100), false);
});

test('a client that was let in and asks for nothing has stalled, and one that has asked has not', () => {
  const client = new Client('x', 'y', { bytes: 0 });
  client.connection = { send: () => {} } as never;
  client.letIn(0);
  assert.equal(client.isStalled(9_900), false);
  assert.equal(client.isStalled(10_100), true);
  client.ask(file, [{ start: 0, end: 1_000 }], 10_200);
  client.forgetRequests();
  assert.equal(client.isStalled(100_000), false);
});
