// WebRTC for webtorrent on Node, over node-datachannel's own W3C layer.
//
// The package of this name pins a node-datachannel whose binary is not published. Added here:
// - the final null ICE candidate, and plain offer and answer objects, on which its caller (simple-peer, non-trickle) relies;
// - data channels that can be collected. When both ends close at once the native layer sometimes loses the close event, and
//   then holds the callback, through it the channel, and with that the event loop, for ever.
import { PeerConnection } from 'node-datachannel';
import { RTCPeerConnection as Base } from 'node-datachannel/polyfill';

export * from 'node-datachannel/polyfill';

/** Calls what is registered under `name` for as long as somebody but the native layer holds it. */
function relay(weak, name) {
  return (...values) => weak.deref()?.[name]?.(...values);
}

/** Native objects have read-only methods, but take properties of their own. */
function override(object, name, value) {
  Object.defineProperty(object, name, { value });
}

/** Lets a native channel hold its listeners weakly; they live as long as the channel's own object. */
function weaken(channel) {
  const listeners = {};
  override(channel, 'listeners', listeners);
  const weak = new WeakRef(listeners);
  for (const name of ['onOpen', 'onClosed', 'onError', 'onBufferedAmountLow', 'onMessage']) {
    const register = channel[name];
    override(channel, name, (listener) => {
      listeners[name] = listener;
      register.call(channel, relay(weak, name));
    });
  }
  return channel;
}

/** node-datachannel wants `turn:user:password@host`; W3C keeps the three apart. */
function toNativeServers({ urls, username, credential }) {
  return [urls].flat().map((url) => {
    if (!username || !credential) return url;
    const at = url.indexOf(':') + 1;
    return `${url.slice(0, at)}${username}:${credential}@${url.slice(at)}`;
  });
}

function createPeerConnection(configuration) {
  const native = new PeerConnection('webtorrent', {
    ...configuration,
    iceServers: (configuration.iceServers ?? []).flatMap(toNativeServers),
  });
  const { createDataChannel, onDataChannel } = native;
  override(native, 'createDataChannel', (...values) => weaken(createDataChannel.apply(native, values)));
  override(native, 'onDataChannel', (listener) =>
    onDataChannel.call(native, (channel) => listener(weaken(channel))),
  );
  return native;
}

export class RTCPeerConnection extends Base {
  #gathered = false;

  constructor(configuration = {}) {
    super({ ...configuration, peerConnection: createPeerConnection(configuration) });
    this.addEventListener('icegatheringstatechange', () => {
      if (this.#gathered || this.iceGatheringState !== 'complete') return;
      this.#gathered = true;
      setTimeout(() => this.onicecandidate?.({ candidate: null }), 0);
    });
  }

  async createOffer(options) {
    const { type, sdp } = await super.createOffer(options);
    return { type, sdp };
  }

  async createAnswer(options) {
    const { type, sdp } = await super.createAnswer(options);
    return { type, sdp };
  }
}

export * as default from './index.js';
