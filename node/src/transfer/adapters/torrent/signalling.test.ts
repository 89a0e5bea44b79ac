import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { after, describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isAppError } from '@chiral/protocol/errors';
import Peer from '@thaunknown/simple-peer/lite.js';
import fc from 'fast-check';
import { WebSocketServer } from 'ws';
import { createLog } from '../../../log.ts';
import { DialPolicy } from './dial-policy.ts';
import { dialWebRtc } from './dial-webrtc.ts';
import { newPeerId } from './link.ts';
import { Answerer, makeOffer, readMessage, toBinary } from './signalling.ts';

const rtc = { iceServers: [], bindAddress: '127.0.0.1' };
const policy = new DialPolicy({ allowPrivate: true });
const log = createLog('silent');
const peerId = '22'.repeat(20);

/** WebRTC objects hold the process until they are collected. */
after(() => {
  setFlagsFromString('--expose-gc');
  setTimeout(() => (runInNewContext('gc') as () => void)(), 100);
});

describe('signalling', { timeout: 60_000 }, () => {
  it('connects an offerer to a seeder', async () => {
    const { peer: offerer, sdp } = await makeOffer(rtc);
    const connected = new Promise<Peer>((resolve) => {
      const answerer = new Answerer({ Peer, rtc, policy, onPeer: resolve, log });
      answerer.take({ sdp, peerId, answer: (text) => offerer.signal({ type: 'answer', sdp: text }) });
    });
    const [seeder] = await Promise.all([connected, once(offerer, 'connect')]);
    assert.equal(seeder.id, peerId);
    const received = once(offerer, 'data');
    seeder.write(Buffer.from('hello'));
    assert.equal(Buffer.from(((await received) as [Uint8Array])[0]).toString(), 'hello');
    seeder.destroy();
    offerer.destroy();
  });

  it('keeps ten negotiations at a time whatever a tracker sends', async () => {
    const { peer: offerer, sdp } = await makeOffer(rtc);
    offerer.destroy();
    const before = process.memoryUsage().rss;
    const answerer = new Answerer({ Peer, rtc, policy, onPeer: () => assert.fail('nobody is there'), log });
    let answers = 0;
    for (let i = 0; i < 10_000; i++) {
      answerer.take({ sdp, peerId, answer: () => answers++ });
      assert.ok(answerer.live <= 10);
      if (i % 500 === 0) await new Promise(setImmediate);
    }
    assert.equal(answerer.live, 10);
    while (answers < 10) await new Promise(setImmediate);
    assert.ok(answers <= 74, 'ten live and sixty-four waiting, no more');
    const grown = process.memoryUsage().rss - before;
    assert.ok(grown < 64 * 1024 * 1024, `${grown} bytes more`);
    answerer.stop();
  });

  it('gives up on a session description that is none, and takes the next', async () => {
    const answerer = new Answerer({ Peer, rtc, policy, onPeer: () => assert.fail('nobody is there'), log });
    for (let i = 0; i < 30; i++) answerer.take({ sdp: `nonsense ${i}`, peerId, answer: () => {} });
    while (answerer.live > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    answerer.stop();
  });

  it('reads any text without throwing, and never more than the limit', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.jsonValue().map((value) => JSON.stringify(value)),
        ),
        (text) => {
          const message = readMessage(text);
          if (message) JSON.parse(message.clean());
        },
      ),
    );
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('offers', 'left', 'answer', 'offer', 'event', 'to_peer_id'), fc.jsonValue()),
        (parts) => {
          const message = readMessage(JSON.stringify({ action: 'announce', ...parts }));
          JSON.parse(message!.clean());
        },
      ),
    );
    assert.equal(readMessage(' '.repeat(200_000)), undefined);
  });

  it('a hostile tracker gets a buyer to negotiate with nobody', async (t) => {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    t.after(() => {
      for (const client of server.clients) client.terminate();
      server.close();
    });
    await once(server, 'listening');
    const infoHash = 'ab'.repeat(20);
    server.on('connection', (socket) => {
      socket.on('error', () => {});
      socket.once('message', () => {
        const offer = { action: 'announce', info_hash: toBinary(infoHash), peer_id: toBinary(peerId) };
        for (let i = 0; i < 10_000; i++) {
          socket.send(
            JSON.stringify({ ...offer, offer: { type: 'offer', sdp: 'v=0' }, offer_id: toBinary('00'.repeat(20)) }),
          );
        }
        socket.send(JSON.stringify({ ...offer, answer: { type: 'answer', sdp: 'v=0' }, offer_id: 'never asked' }));
        socket.send('x'.repeat(1024 * 1024));
      });
    });
    const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/announce`;
    const magnet = { infoHash, peers: [], trackers: [url], webSeeds: [] };
    const options = { ownId: newPeerId(), identity: undefined, seller: 'x', policy, rtc, log };
    await assert.rejects(dialWebRtc(magnet, options, new AbortController().signal), (error) =>
      isAppError(error, 'PEER_UNREACHABLE'),
    );
    const guarded = { ...options, policy: new DialPolicy({ allowPrivate: false }) };
    await assert.rejects(dialWebRtc(magnet, guarded, new AbortController().signal), (error) =>
      isAppError(error, 'PEER_UNREACHABLE'),
    );
  });
});
