import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it, type TestContext } from 'node:test';
import { WebSocket } from 'ws';
import { createLog } from '../../../log.ts';
import { MAX_MESSAGE_BYTES, MAX_SDP_BYTES, type Offer, toBinary } from './signalling.ts';
import { Tracker, type TrackerLimits } from './tracker.ts';

const infoHash = 'ab'.repeat(20);
const seederId = '11'.repeat(20);
const clientId = '22'.repeat(20);
/** Sockets in the crowd; row 23 of the reliability table asks for 5,000, which takes a while. */
const CROWD = Number(process.env.CHIRAL_TRACKER_CROWD ?? 500);

async function start(t: TestContext, limits: Partial<TrackerLimits> = {}, isOpen = false) {
  const offers: Offer[] = [];
  const holders: string[] = [];
  const tracker = await Tracker.start({
    host: '127.0.0.1',
    port: 0,
    sessions: { issue: () => 'key', peer: (token) => (token === 'key' ? 'buyer' : undefined) },
    limits,
    open: isOpen,
    onHolder: (peer) => holders.push(peer),
    log: createLog('silent'),
  });
  await tracker.join(infoHash, {
    peerId: seederId,
    addresses: () => [{ ip: '127.0.0.1', port: 4242 }],
    onOffer: (offer) => offers.push(offer),
  });
  t.after(() => tracker.stop());
  const get = async (path: string, init?: RequestInit) => {
    const response = await fetch(`http://127.0.0.1:${tracker.port}${path}`, init);
    return { status: response.status, text: Buffer.from(await response.arrayBuffer()).toString('latin1') };
  };
  const open = async (path = '/announce') => {
    const socket = new WebSocket(`ws://127.0.0.1:${tracker.port}${path}`);
    t.after(() => socket.terminate());
    const messages: Record<string, unknown>[] = [];
    socket.on('message', (data) => messages.push(JSON.parse(String(data)) as Record<string, unknown>));
    socket.on('error', () => {});
    await once(socket, 'open');
    return { socket, messages, send: (message: unknown) => socket.send(JSON.stringify(message)) };
  };
  return { tracker, offers, holders, get, open };
}

const query = (hash = infoHash, id = clientId, more = '') =>
  `?info_hash=${hash.replace(/../g, '%$&')}&peer_id=${id.replace(/../g, '%$&')}&port=5555&left=10&compact=1${more}`;
const announce = (more: object = {}, id = clientId) => ({
  action: 'announce',
  info_hash: toBinary(infoHash),
  peer_id: toBinary(id),
  left: 10,
  event: 'started',
  offers: [],
  ...more,
});
const offerOf = (sdp: string, n = 0) => ({
  offer: { type: 'offer', sdp },
  offer_id: toBinary(`${n}`.padStart(40, '0')),
});

/** Waits, turn by turn, until `condition` holds; the test's own timeout is the limit. */
async function turns(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate);
}

describe('tracker', { timeout: 60_000 }, () => {
  it('names the seeder to a stock client, and not the client to itself', async (t) => {
    const { get } = await start(t);
    const seeder = '\x7f\x00\x00\x01\x10\x92';
    const first = await get(`/announce${query()}`);
    assert.ok(first.text.includes(`5:peers6:${seeder}`), JSON.stringify(first.text));
    const second = await get(`/announce${query()}`);
    assert.ok(second.text.includes(`5:peers6:${seeder}`), 'still one peer');
    const other = await get(`/announce${query(infoHash, '33'.repeat(20)).replace('5555', '6666')}`);
    assert.ok(other.text.includes(`5:peers12:${seeder}\x7f\x00\x00\x01\x15\xb3`), JSON.stringify(other.text));
  });

  it('knows no other torrent, has no statistics, lists nothing', async (t) => {
    const { get } = await start(t);
    assert.match((await get(`/announce${query('cd'.repeat(20))}`)).text, /unknown torrent/);
    for (const path of ['/stats', '/stats.json', '/', '/file', '/announce/a/b', '/%2e%2e/x']) {
      assert.equal((await get(path)).status, 404, path);
    }
    assert.equal((await get(`/announce${query()}`, { method: 'POST' })).status, 404);
    assert.match((await get('/scrape')).text, /unknown torrent/);
    assert.match((await get(`/scrape${query()}&info_hash=${'%cd'.repeat(20)}`)).text, /8:complete/);
    assert.match((await get(`/announce${query(infoHash, '44')}`)).text, /invalid peer_id/);
  });

  it('slows down one address, and takes passkeys only if somebody was given them', async (t) => {
    const { get, holders, tracker } = await start(t, { announceBurst: 3, announcesPerSecond: 0.001 });
    assert.match((await get(`/announce/made-up${query()}`)).text, /unknown passkey/);
    assert.match((await get(`/announce/key${query()}`)).text, /8:interval/);
    assert.deepEqual(holders, ['buyer']);
    const wire = { infoHash, webrtc: false, address: '127.0.0.1' };
    assert.equal(tracker.passkeys.find({ ...wire, peerId: clientId }), 'buyer');
    assert.equal(tracker.passkeys.find({ ...wire, port: 5555 }), 'buyer');
    await get(`/announce${query()}`);
    assert.match((await get(`/announce${query()}`)).text, /slow down/);
  });

  it('carries an offer to the seeder and its answer back', async (t) => {
    const { open, offers } = await start(t);
    const { send, messages } = await open();
    send(announce({ offers: [offerOf('v=0 hello', 7)] }));
    await turns(() => offers.length === 1);
    assert.equal(offers[0]!.sdp, 'v=0 hello');
    assert.equal(offers[0]!.peerId, clientId);
    offers[0]!.answer('v=0 answer');
    await turns(() => messages.some((message) => 'answer' in message));
    const { answer, offer_id, peer_id } = messages.find((message) => 'answer' in message)!;
    assert.deepEqual(answer, { type: 'answer', sdp: 'v=0 answer' });
    assert.equal(offer_id, offerOf('', 7).offer_id);
    assert.equal(peer_id, toBinary(seederId));
  });

  it('lets nobody else speak under an id that is in use', async (t) => {
    const { open, tracker } = await start(t);
    const first = await open('/announce/key');
    first.send(announce());
    await turns(() => first.messages.length === 1);
    assert.equal(tracker.passkeys.find({ infoHash, webrtc: true, peerId: clientId }), 'buyer');
    const thief = await open();
    thief.send(announce());
    await turns(() => thief.messages.length === 1);
    assert.equal(thief.messages[0]!['failure reason'], 'peer id in use');
    first.socket.close();
    await turns(() => tracker.passkeys.find({ infoHash, webrtc: true, peerId: clientId }) === undefined);
  });

  it('drops every session description and message above the limit', async (t) => {
    const { open, offers } = await start(t);
    const { send, socket, messages } = await open();
    send(announce({ offers: [offerOf('x'.repeat(MAX_SDP_BYTES + 1)), offerOf('x'.repeat(10), 1)] }));
    await turns(() => offers.length === 1);
    assert.equal(offers[0]!.sdp.length, 10);
    await turns(() => messages.length === 1);
    const closed = once(socket, 'close');
    socket.send(Buffer.alloc(MAX_MESSAGE_BYTES + 1, 0x20));
    assert.equal((await closed)[0], 1009);
  });

  it('survives whatever a stranger sends', async (t) => {
    const { open, get } = await start(t);
    const hostile: unknown[] = [
      null,
      [],
      7,
      'text',
      {},
      { action: 'scrape' },
      { action: 'announce' },
      announce({ offers: [null, 1, [], {}, { offer: null }, { offer: { type: 'offer', sdp: 5 } }] }),
      announce({ offers: { length: 50 } }),
      announce({ offers: 'abc', left: 'x', event: '__proto__' }),
      announce({ answer: { type: 'answer', sdp: 'x' }, to_peer_id: 'short', offer_id: 'y' }),
      announce({ answer: { type: 'answer', sdp: 'x' }, to_peer_id: toBinary(seederId), offer_id: 'y' }),
      announce({ answer: { type: 'answer', sdp: 'x' }, to_peer_id: toBinary('99'.repeat(20)), offer_id: 'y' }),
      announce({ info_hash: 'é'.repeat(20) }),
      announce({ info_hash: '__proto__' }),
      { ...announce(), peer_id: { length: 20 } },
    ];
    const { socket, send, messages } = await open();
    for (const message of hostile) send(message);
    socket.send('{"action":"announce","__proto__":{"x":1}');
    socket.send(Buffer.from([0xff, 0xfe]));
    const seen = messages.length;
    send(announce());
    await turns(() => messages.length > seen);
    assert.match((await get(`/announce${query()}`)).text, /8:interval/);
  });

  it('introduces strangers to each other only when it is open, and only so many torrents', async (t) => {
    const other = (n: number) => announce({ info_hash: toBinary(`${n}`.padStart(40, 'c')) });
    const closed = await (await start(t)).open();
    closed.send(other(1));
    await turns(() => closed.messages.length === 1);
    assert.equal(closed.messages[0]!['failure reason'], 'unknown torrent');

    const { open } = await start(t, {}, true);
    const [one, two] = [await open(), await open()];
    one.send(other(1));
    await turns(() => one.messages.length === 1);
    two.send({ ...other(1), peer_id: toBinary('55'.repeat(20)), offers: [offerOf('v=0 for one')] });
    await turns(() => one.messages.some((message) => 'offer' in message));
    let refused = 0;
    let asked = 0;
    for (let socket = 0; refused === 0; socket++) {
      assert.ok(socket < 40, 'there is a limit');
      const { send, messages } = await open();
      for (let i = 0; i < 50; i++) send(other(1000 + asked++));
      await turns(() => messages.length === 50);
      refused = messages.filter((message) => message['failure reason'] === 'unknown torrent').length;
    }
    assert.ok(asked >= 950 && asked <= 1100, `${asked} torrents asked for`);
  });

  it('does not carry more messages than a page has reason to send', async (t) => {
    const { open, offers } = await start(t);
    const { send, socket } = await open();
    for (let i = 0; i < 1000; i++) send(announce({ offers: [offerOf('v=0', i)] }));
    socket.ping();
    await once(socket, 'pong');
    assert.ok(offers.length <= 70, `${offers.length} offers of 1000`);
  });

  it('counts sockets per address', async (t) => {
    const { open, tracker } = await start(t, { socketsPerAddress: 2 });
    const [first] = [await open(), await open()];
    const refused = new WebSocket(`ws://127.0.0.1:${tracker.port}/announce`);
    const [error] = (await once(refused, 'error')) as [Error];
    assert.match(error.message, /429/);
    first.socket.close();
    await once(first.socket, 'close');
    await open();
    const nobody = new WebSocket(`ws://127.0.0.1:${tracker.port}/announce/made-up`);
    assert.match(((await once(nobody, 'error')) as [Error])[0].message, /404/);
  });

  it(`answers ${CROWD} announcing sockets in time`, async (t) => {
    const { open } = await start(t, { socketsPerAddress: CROWD, sockets: CROWD + 10 });
    const times: number[] = [];
    for (let from = 0; from < CROWD; from += 50) {
      const batch = Array.from({ length: 50 }, async (_, i) => {
        const { send, messages } = await open();
        const at = performance.now();
        send(announce({}, `${from + i}`.padStart(40, '0')));
        await turns(() => messages.length > 0);
        times.push(performance.now() - at);
      });
      await Promise.all(batch);
    }
    times.sort((a, b) => a - b);
    assert.equal(times.length, CROWD);
    assert.ok(times[Math.floor(CROWD * 0.95)]! < 500, `p95 ${times[Math.floor(CROWD * 0.95)]} ms`);
  });
});
