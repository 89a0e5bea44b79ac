/**
 * Data channels of node-datachannel end with their connection. Its own do not when they are made after the other side closed the
 * connection and before this one has heard of it: such a channel never opens and never closes, and holds its memory and the event
 * loop for ever. (libp2p makes one when a stream is opened at that moment, and closes only those that were open.)
 */
import { RTCPeerConnection } from 'node-datachannel/polyfill';

let isDone = false;

/** Changes the class for the whole process, once. */
export function closeChannelsWithConnection(): void {
  if (isDone) return;
  isDone = true;
  const { createDataChannel } = RTCPeerConnection.prototype;
  RTCPeerConnection.prototype.createDataChannel = function (...args) {
    const channel = createDataChannel.apply(this, args);
    const onState = () => {
      if (this.connectionState === 'closed' && channel.readyState !== 'closed') channel.close();
    };
    this.addEventListener('connectionstatechange', onState);
    channel.addEventListener('close', () => this.removeEventListener('connectionstatechange', onState));
    return channel;
  };
}
