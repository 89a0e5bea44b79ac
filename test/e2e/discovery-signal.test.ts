/** Introductions over real hosts: who is told what, who is refused, and how often one may ask. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createRequestProtocol, type RequestProtocol } from '@chiral/node/discovery/request-protocol';
import {
  answerSignals,
  carrySignals,
  decodeSignal,
  encodeSignal,
  MAX_SIGNAL_BYTES,
  SIGNAL_PROTOCOL,
} from '@chiral/node/discovery/signal';
import { AppError, isAppError } from '@chiral/protocol/errors';
import { createTestNetwork, type TestNetwork, type TestNode } from '../ports/discovery-network.ts';

const isCode = (code: Parameters<typeof isAppError>[1]) => (error: unknown) =>
  isAppError(error, code!) || assert.fail(String(error));

let network: TestNetwork;
let node: TestNode;
let seller: TestNode;
let buyer: TestNode;
let asker: RequestProtocol;
let nowMs = 1_000_000;
const stops: (() => Promise<unknown>)[] = [];
const heard: string[] = [];

before(async () => {
  network = createTestNetwork();
  node = await network.start();
  [seller, buyer] = await Promise.all([
    network.start({ bootstrap: node.host.addresses() }),
    network.start({ bootstrap: node.host.addresses() }),
  ]);
  await Promise.all([seller, buyer].map(({ host }) => host.dial(node.host.addresses()[0]!)));
  stops.push(await carrySignals(node.host, () => nowMs));
  stops.push(
    await answerSignals(seller.host, async (from, sdp) => {
      heard.push(`${from} ${sdp}`);
      if (sdp === 'no') throw new AppError('TOO_MANY', 'Enough.');
      return `answer to ${sdp}`;
    }),
  );
  asker = createRequestProtocol(buyer.host, SIGNAL_PROTOCOL, { maxBytes: 2 * MAX_SIGNAL_BYTES, timeoutMs: 5_000 });
  stops.push(() => asker.close());
});
after(async () => {
  for (const stop of stops) await stop();
  await network.close();
});

const ask = (signal: Parameters<typeof encodeSignal>[0]) => asker.request(node.host.peerId, encodeSignal(signal));

test('carries an offer under the name that noise has proven, and the answer back', async () => {
  const answer = decodeSignal(await ask({ to: seller.host.peerId, sdp: 'offer' }));
  assert.deepEqual(answer, { sdp: 'answer to offer' });
  assert.deepEqual(heard, [`${buyer.host.peerId} offer`]);
});

test('refuses what names nobody, somebody who is not there, or pretends to come from another', async () => {
  await assert.rejects(ask({ sdp: 'x' }), isCode('BAD_REQUEST'));
  await assert.rejects(ask({ from: seller.host.peerId, sdp: 'x' }), isCode('BAD_REQUEST'));
  await assert.rejects(asker.request(node.host.peerId, new TextEncoder().encode('{')), isCode('BAD_REQUEST'));
  await assert.rejects(ask({ to: '12D3KooWnobody', sdp: 'x' }), (error) => isAppError(error));
  const stranger = await network.start();
  await assert.rejects(ask({ to: stranger.host.peerId, sdp: 'x' }), isCode('NOT_FOUND'));
  await assert.rejects(ask({ to: seller.host.peerId, sdp: 'no' }), isCode('TOO_MANY'));
  assert.equal(heard.filter((line) => line.endsWith(' x')).length, 0, 'none of it reached the seller');
});

test('introduces one asker twenty times at once, and then as fast as its bucket fills', async () => {
  nowMs += 3_600_000;
  for (let i = 0; i < 20; i++) await ask({ to: seller.host.peerId, sdp: `${i}` });
  await assert.rejects(ask({ to: seller.host.peerId, sdp: 'one more' }), isCode('TOO_MANY'));
  nowMs += 2_000;
  await ask({ to: seller.host.peerId, sdp: 'later' });
  await assert.rejects(ask({ to: seller.host.peerId, sdp: 'again' }), isCode('TOO_MANY'));
});
