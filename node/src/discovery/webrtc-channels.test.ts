import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { RTCPeerConnection } from 'node-datachannel/polyfill';
import { closeChannelsWithConnection } from './webrtc-channels.ts';

/** Two connections on loopback, and the channel they came up with. */
async function connected() {
  const [near, far] = [new RTCPeerConnection(), new RTCPeerConnection()];
  near.onicecandidate = ({ candidate }: { candidate: object | null }) => candidate && far.addIceCandidate(candidate);
  far.onicecandidate = ({ candidate }: { candidate: object | null }) => candidate && near.addIceCandidate(candidate);
  const channel = near.createDataChannel('first');
  const opened = once(channel, 'open');
  await near.setLocalDescription(await near.createOffer());
  await far.setRemoteDescription(near.localDescription!);
  await far.setLocalDescription(await far.createAnswer());
  await near.setRemoteDescription(far.localDescription!);
  await opened;
  return { near, far, channel };
}

test('a channel that is made when the other side has just gone is closed with the others', async () => {
  closeChannelsWithConnection();
  const { near, far, channel } = await connected();
  const closed = once(channel, 'close');
  far.close();
  // Longer than the other side's goodbye needs: nothing of it is heard here before the channel is made.
  const untilMs = performance.now() + 200;
  while (performance.now() < untilMs);
  const late = near.createDataChannel('late');
  assert.equal(late.readyState, 'connecting');
  await Promise.all([closed, once(late, 'close')]);
  assert.deepEqual([channel.readyState, late.readyState], ['closed', 'closed']);
  near.close();
});
