/**
 * Row 24: nobody points us at a victim. Real sockets on loopback: a hostile DHT node, a hostile leecher with peer exchange, offers
 * with a victim's address, and UDP under a forged sender, which here is a socket that only counts.
 */
import assert from 'node:assert/strict';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { EventEmitter, once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import fc from 'fast-check';
import {
  LOOPBACK,
  loopbackAdapters,
  pseudoRandom,
  TestUplink,
  toContent,
} from '../../../../../test/interop/support/torrent-fixture.ts';
import { type DhtMessage, type DhtSocket, fit, guardDht } from './dht-guard.ts';
import { DialPolicy } from './dial-policy.ts';
import { bencode } from './metainfo.ts';

const TORRENTS = 10;
/** How often the victim is named: each torrent's lookup hears of it so many times. */
const NAMED_PER_ANSWER = 100;
/** A resend of anything would come within this time, milliseconds. */
const WATCH_MS = 3_000;

async function udp(t: TestContext, onMessage: (data: Buffer, from: RemoteInfo, socket: Socket) => void) {
  const socket = createSocket('udp4');
  socket.on('message', (data, from) => onMessage(data, from, socket));
  socket.bind(0, LOOPBACK);
  await once(socket, 'listening');
  t.after(() => socket.close());
  return socket;
}

/** A victim: how often it was called by TCP and by UDP, on one port number. */
async function victim(t: TestContext) {
  const calls = { tcp: 0, udp: 0, port: 0 };
  const server = createServer((socket) => {
    calls.tcp++;
    socket.destroy();
  });
  server.listen(0, LOOPBACK);
  await once(server, 'listening');
  t.after(() => server.close());
  calls.port = (server.address() as AddressInfo).port;
  const socket = createSocket('udp4');
  socket.on('message', () => calls.udp++);
  socket.bind(calls.port, LOOPBACK);
  await once(socket, 'listening');
  t.after(() => socket.close());
  return calls;
}

const compact = (port: number): Buffer => Buffer.from([127, 0, 0, 1, port >> 8, port & 255]);
const randomId = (seed: number): Buffer => pseudoRandom(20, seed + 1);
const dictionary = (entries: Record<string, Parameters<typeof bencode>[0]>) => new Map(Object.entries(entries));
/** Transaction id of a query as our library writes it. */
const transactionOf = (data: Buffer): Buffer => {
  const at = data.lastIndexOf('1:t2:') + 5;
  return data.subarray(at, at + 2);
};

/** A DHT node that answers every lookup with the victim: as a hundred nodes and as a hundred peers. */
async function hostileDht(t: TestContext, port: number) {
  const seen = { lookups: 0, announces: 0, queries: 0, port: 0, done: new EventEmitter() };
  const socket = await udp(t, (data, from) => {
    if (!data.includes('1:y1:q')) return;
    seen.queries++;
    const isLookup = data.includes('9:get_peers');
    if (isLookup) seen.lookups++;
    if (data.includes('13:announce_peer')) seen.announces++;
    const nodes = Array.from({ length: NAMED_PER_ANSWER }, (_, i) =>
      Buffer.concat([randomId(1000 * seen.queries + i), compact(port)]),
    );
    const r = dictionary({
      id: randomId(7),
      nodes: Buffer.concat(nodes),
      token: 'tokentok',
      ...(isLookup && { values: Array.from({ length: NAMED_PER_ANSWER }, () => compact(port)) }),
    });
    socket.send(bencode(dictionary({ r, t: transactionOf(data), y: 'r' })), from.port, from.address);
    seen.done.emit('query');
  });
  seen.port = socket.address().port;
  return seen;
}

/** A leecher that does nothing but name the victim by peer exchange, `times` messages of fifty. */
async function exchange(t: TestContext, torrentPort: number, infoHash: Buffer, port: number, times: number) {
  const socket = connect(torrentPort, LOOPBACK);
  t.after(() => socket.destroy());
  socket.on('error', () => {});
  let buffer = Buffer.alloc(0);
  const theirId = new Promise<number>((resolve) => {
    socket.on('data', (data) => {
      buffer = Buffer.concat([buffer, data]);
      const at = buffer.indexOf('6:ut_pexi');
      if (at >= 0) resolve(Number.parseInt(buffer.toString('latin1', at + 9), 10));
    });
  });
  const reserved = Buffer.from([0, 0, 0, 0, 0, 0x10, 0, 0]);
  socket.write(
    Buffer.concat([
      Buffer.from('\x13BitTorrent protocol', 'latin1'),
      reserved,
      infoHash,
      Buffer.alloc(20, '-XX0001-'),
      frame(0, bencode(dictionary({ m: dictionary({ ut_pex: 1 }) }))),
    ]),
  );
  const id = await theirId;
  const added = Buffer.concat(Array.from({ length: 50 }, () => compact(port)));
  const message = frame(id, bencode(dictionary({ added, 'added.f': Buffer.alloc(50), dropped: '' })));
  for (let i = 0; i < times; i++) socket.write(message);
  // Read by then: requests are answered in order, and this one is refused or answered.
  socket.end();
  await once(socket, 'close');
}

function frame(extension: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(6);
  head.writeUInt32BE(payload.length + 2);
  head[4] = 20;
  head[5] = extension;
  return Buffer.concat([head, payload]);
}

const infoHashOf = (endpoint: string) => Buffer.from(/btih:([0-9a-f]{40})/.exec(endpoint)![1]!, 'hex');

/** A free UDP port. */
async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, LOOPBACK);
  await once(socket, 'listening');
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(resolve));
  return port;
}

describe('row 24: a swarm is no cannon', { timeout: 60_000 }, () => {
  it('a victim that the DHT and peer exchange name 3,000 times is dialled once by TCP and once by UDP', async (t) => {
    const target = await victim(t);
    const dht = await hostileDht(t, target.port);
    const bytes = pseudoRandom(300_000, 5);
    const seller = loopbackAdapters(bytes, { dht: { bootstrap: [`${LOOPBACK}:${dht.port}`] }, pex: true });
    t.after(() => seller.stop());
    let endpoint = '';
    for (let i = 0; i < TORRENTS; i++) {
      const part = bytes.subarray(i);
      ({ endpoint } = await seller.bittorrent.serve(toContent(part), new TestUplink(part)));
    }
    // A lookup is over when it ends in an announcement.
    while (dht.announces < TORRENTS) await once(dht.done, 'query');
    assert.ok(dht.lookups >= TORRENTS);
    await exchange(t, seller.ports()!.torrent, infoHashOf(endpoint), target.port, 20);
    assert.ok(target.tcp <= 1, `${target.tcp} dials`);
    assert.ok(target.udp <= 1, `${target.udp} datagrams`);
    assert.ok(target.tcp + target.udp > 0, 'it was named to somebody who dials');
  });

  it('loopback addresses named by strangers are dialled by nobody on the internet', async (t) => {
    const target = await victim(t);
    const bytes = pseudoRandom(300_000, 6);
    const dhtPort = await freeUdpPort();
    const seller = loopbackAdapters(bytes, { dht: { bootstrap: false }, dhtPort, pex: true, allowPrivate: false });
    t.after(() => seller.stop());
    const { endpoint } = await seller.bittorrent.serve(toContent(bytes), new TestUplink(bytes));
    // Strangers that make themselves known as nodes, and are answered.
    let asked = 0;
    let answered = 0;
    const bell = new EventEmitter();
    const say = await udp(t, (data) => {
      if (data.includes('1:y1:q')) asked++;
      else answered++;
      bell.emit('message');
    });
    const ping = async (id: number) => {
      const before = answered;
      say.send(
        bencode(dictionary({ a: dictionary({ id: randomId(id) }), q: 'ping', t: 'aa', y: 'q' })),
        dhtPort,
        LOOPBACK,
      );
      while (answered === before) await once(bell, 'message');
    };
    for (let i = 0; i < 200; i++) await ping(i);
    const part = bytes.subarray(1);
    await seller.bittorrent.serve(toContent(part), new TestUplink(part));
    for (let i = 0; i < 200; i++) await ping(i);
    await exchange(t, seller.ports()!.torrent, infoHashOf(endpoint), target.port, 20);
    assert.deepEqual({ tcp: target.tcp, udp: target.udp, asked }, { tcp: 0, udp: 0, asked: 0 });
  });

  it('forged UDP to the DHT and to uTP is answered with at most three times its bytes', async (t) => {
    const bytes = pseudoRandom(300_000, 7);
    const dhtPort = await freeUdpPort();
    const seller = loopbackAdapters(bytes, {
      bind: undefined as never,
      dht: { bootstrap: false },
      dhtPort,
    });
    t.after(() => seller.stop());
    const { endpoint } = await seller.bittorrent.serve(toContent(bytes), new TestUplink(bytes));
    const infoHash = infoHashOf(endpoint);
    const counted = { in: 0, out: 0, largest: 0 };
    let answers = 0;
    const bell = new EventEmitter();
    const sender = await udp(t, (data) => {
      if (data.includes('1:y1:q')) return;
      counted.out += data.length;
      answers++;
      bell.emit('answer', data);
    });
    const send = (data: Buffer, port: number) => {
      counted.in += data.length;
      sender.send(data, port, LOOPBACK);
    };
    const query = (q: string, a: Record<string, Parameters<typeof bencode>[0]>) =>
      bencode(dictionary({ a: dictionary(a), q, t: 'aa', y: 'q' }));
    // A routing table and a torrent with as many peers as they come, so that an answer has something to say.
    for (let i = 0; i < 300; i++) {
      const before = answers;
      send(query('ping', { id: randomId(i) }), dhtPort);
      while (answers === before) await once(bell, 'answer');
    }
    send(query('get_peers', { id: randomId(1), info_hash: infoHash }), dhtPort);
    const [first] = (await once(bell, 'answer')) as [Buffer];
    const token = first.subarray(first.indexOf('5:token') + 7);
    const colon = token.indexOf(':');
    const tokenBytes = token.subarray(colon + 1, colon + 1 + Number(token.toString('latin1', 0, colon)));
    for (let i = 0; i < 200; i++) {
      const before = answers;
      const a = { id: randomId(1), info_hash: infoHash, port: 1000 + i, token: tokenBytes };
      send(query('announce_peer', a), dhtPort);
      while (answers === before) await once(bell, 'answer');
    }
    counted.in = 0;
    counted.out = 0;
    const lookups = [
      query('get_peers', { id: randomId(1), info_hash: infoHash }),
      query('get_peers', { id: randomId(1), info_hash: randomId(9) }),
      query('find_node', { id: randomId(1), target: randomId(9) }),
      query('get', { id: randomId(1), target: randomId(9) }),
      query('ping', { id: randomId(1) }),
      query('nonsense', { id: randomId(1) }),
    ];
    for (let i = 0; i < 1_000; i++) {
      const before = answers;
      send(lookups[i % lookups.length]!, dhtPort);
      // What is no query has no answer.
      while (i % lookups.length < 5 && answers === before) await once(bell, 'answer');
    }
    assert.ok(counted.out <= 3 * counted.in, `DHT: ${counted.out} bytes out for ${counted.in}`);
    assert.ok(counted.out > counted.in, 'it still says something');
    t.diagnostic(`DHT: ${counted.out} bytes out for ${counted.in}`);

    counted.in = 0;
    counted.out = 0;
    const { torrent } = seller.ports()!;
    for (let i = 0; i < 1_000; i++) {
      const syn = Buffer.alloc(20);
      syn[0] = 0x41;
      syn.writeUInt16BE((2 * i + 1) & 0xffff, 2);
      syn.writeUInt32BE(1_000_000 + i, 4);
      syn.writeUInt32BE(1 << 20, 12);
      syn.writeUInt16BE(1, 16);
      send(syn, torrent);
    }
    await once(bell, 'answer');
    const { promise: watched, resolve } = Promise.withResolvers<void>();
    setTimeout(resolve, WATCH_MS);
    await watched;
    assert.ok(counted.out <= 3 * counted.in, `uTP: ${counted.out} bytes out for ${counted.in}`);
    t.diagnostic(`uTP: ${counted.out} bytes out for ${counted.in}`);
  });

  it('a session description names an address to us once a minute', () => {
    let now = 0;
    const policy = new DialPolicy({ allowPrivate: false, now: () => now });
    const sdp = 'v=0\r\na=candidate:3 1 UDP 1677721855 1.1.1.1 51903 typ srflx raddr 0.0.0.0 rport 0\r\n';
    let tried = 0;
    for (let i = 0; i < 1_000; i++, now += 60) tried += policy.splitCandidates(sdp).candidates.length;
    assert.equal(tried, 1);
  });
});

describe('guard of the DHT', () => {
  function fake(now: () => number, allowPrivate = true) {
    const socket = new EventEmitter();
    const sent: { place: string; y: string; message: DhtMessage }[] = [];
    const rpc: DhtSocket = {
      socket: socket as never,
      _tick: 0,
      send: (peer, message) => sent.push({ place: `${peer.host}:${peer.port}`, y: message.y, message }),
    };
    guardDht(rpc, new DialPolicy({ allowPrivate, now }), now);
    const ask = (host: string, id = 'ab') => rpc.send({ host, port: 5 }, { t: Buffer.from(id), y: 'q' });
    const hear = (host: string, text: string) => socket.emit('message', Buffer.from(text), { address: host, port: 5 });
    return { rpc, sent, ask, hear };
  }

  it('asks a silent node once a minute, and a node that answered as often as there is reason', () => {
    let now = 1;
    const { sent, ask, hear } = fake(() => now);
    for (let i = 0; i < 1_000; i++, now += 100) ask('9.9.9.9');
    assert.equal(sent.length, 2, 'a hundred seconds, two queries');
    now += 60_000;
    sent.length = 0;
    ask('9.9.9.9', 'xy');
    ask('9.9.9.9', 'xz');
    assert.equal(sent.length, 1, 'the second waits');
    hear('9.9.9.9', 'd1:rd2:id20:01234567890123456789e1:t2:zz1:y1:re');
    assert.equal(sent.length, 1, 'a guessed transaction proves nothing');
    hear('9.9.9.9', 'd1:rd2:id20:01234567890123456789e1:t2:xy1:y1:re');
    assert.equal(sent.length, 2, 'what waited goes out');
    for (let i = 0; i < 10; i++) ask('9.9.9.9');
    assert.equal(sent.length, 12);
    now += 16 * 60_000;
    for (let i = 0; i < 10; i++) ask('9.9.9.9');
    assert.equal(sent.length, 13, 'and is forgotten');
  });

  it('asks no private address', () => {
    const { sent, ask } = fake(() => 1, false);
    for (const host of ['127.0.0.1', '10.1.1.1', '192.168.1.1', '169.254.1.1', '::1']) ask(host);
    assert.equal(sent.length, 0);
  });

  it('answers only what it was just asked, never with more than three times as much', () => {
    const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
    fc.assert(
      fc.property(
        fc.array(bytes(6), { maxLength: 60 }),
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 0, max: 600 }),
        (values, nodes, limit) => {
          const id = new Uint8Array(20);
          const r = { id, values: [...values], nodes: new Uint8Array(26 * nodes) };
          const message = { t: new Uint8Array(2), y: 'r' as const, r };
          const had = sizeWhenSent(message);
          const fits = fit(message, limit);
          const size = sizeWhenSent(message);
          assert.equal(fits, size <= limit);
          assert.equal((r.nodes?.length ?? 0) % 26, 0);
          if (had <= limit) assert.equal(size, had, 'what fits is whole');
        },
      ),
    );
    const { rpc, sent, hear } = fake(() => 1);
    rpc.send({ host: '9.9.9.9', port: 5 }, { t: Buffer.from('ab'), y: 'r', r: {} });
    assert.equal(sent.length, 0);
    hear('9.9.9.9', 'd1:ad2:id20:01234567890123456789e1:q4:ping1:t2:aa1:y1:qe');
    rpc.send({ host: '9.9.9.9', port: 5 }, { t: Buffer.from('ab'), y: 'r', r: {} });
    rpc.send({ host: '9.9.9.9', port: 5 }, { t: Buffer.from('ab'), y: 'r', r: {} });
    assert.equal(sent.length, 1);
  });

  function sizeWhenSent(message: DhtMessage): number {
    const r = new Map(Object.entries(message.r ?? {}).filter(([, value]) => value !== undefined));
    return bencode(dictionary({ t: message.t, y: message.y, r: r as never })).length;
  }
});
