/**
 * A libp2p transport between tabs: WebRTC data channels, introduced by a node that both are connected to (`discovery/signal`).
 * Its addresses are `<address of the node>/p2p-circuit/p2p/<tab>`; a tab announces one for each node it knows. Noise runs inside
 * the channel, so a peer is who it proves to be, whoever introduced it. State: the introductions under way.
 */
import { decodeSignal, encodeSignal, MAX_SIGNAL_BYTES, SIGNAL_PROTOCOL } from '@chiral/node/discovery/signal';
import { AppError, fromWire } from '@chiral/protocol/errors';
import { FrameStream } from '@chiral/protocol/frame-stream';
import {
  type Connection,
  type DialTransportOptions,
  type Listener,
  type Transport,
  transportSymbol,
  type Upgrader,
} from '@libp2p/interface';
import { peerIdFromString } from '@libp2p/peer-id';
import { AbstractMultiaddrConnection, type AbstractMultiaddrConnectionInit } from '@libp2p/utils';
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr';
import type { Libp2pOptions } from 'libp2p';
import { RTC } from './webtorrent-adapter.ts';

/** Bytes in one message of the channel: what every browser takes. */
const MESSAGE_BYTES = 16 * 1024;
/** Bytes that wait in the channel before the sender is held back. */
const MAX_BUFFERED_BYTES = 1024 * 1024;
/** From an answer to an open channel, milliseconds. */
const OPEN_TIMEOUT_MS = 10_000;
/** Introductions at a time. */
const MAX_OPENING = 16;
const CIRCUIT = /^(.+\/p2p\/[^/]+)\/p2p-circuit\/p2p\/([^/]+)$/;

/** The parts of libp2p that a transport is given and this one uses. */
interface Components {
  readonly upgrader: Upgrader;
  readonly connectionManager: { getConnections(peer?: unknown): Connection[] };
  readonly transportManager: { dial(address: Multiaddr, options: { signal: AbortSignal }): Promise<Connection> };
  readonly logger: { forComponent(name: string): AbstractMultiaddrConnectionInit['log'] };
}

export interface TabTransport {
  readonly factory: NonNullable<Libp2pOptions['transports']>[number];
  /** Answers an offer that a node brought. */
  answer(from: string, sdp: string): Promise<string>;
}

export function createTabTransport(): TabTransport {
  let components: Components | undefined;
  let opening = 0;

  async function dial(address: Multiaddr, options: DialTransportOptions<never>): Promise<Connection> {
    const { upgrader, connectionManager, transportManager } = components!;
    const [, node = '', target = ''] = CIRCUIT.exec(address.toString()) ?? [];
    const nodeAddress = multiaddr(node);
    const nodeId = node.slice(node.lastIndexOf('/') + 1);
    const limit = AbortSignal.any([options.signal, AbortSignal.timeout(OPEN_TIMEOUT_MS)]);
    const connection =
      connectionManager.getConnections(peerIdFromString(nodeId))[0] ??
      (await transportManager.dial(nodeAddress, { signal: limit }));
    const pc = new RTCPeerConnection({ iceServers: [...RTC.iceServers] });
    try {
      const channel = pc.createDataChannel('libp2p', { ordered: true });
      await pc.setLocalDescription(await pc.createOffer());
      await gathered(pc, limit);
      const stream = await connection.newStream(SIGNAL_PROTOCOL, { signal: limit });
      const frames = new FrameStream(stream, MAX_SIGNAL_BYTES + 1);
      try {
        await frames.write(encodeSignal({ to: target, sdp: pc.localDescription!.sdp }), limit);
        const answer = await frames.read(MAX_SIGNAL_BYTES + 1, limit);
        if (answer?.[0] !== 0)
          throw new AppError(fromWire(answer?.[0] ?? 0) ?? 'PEER_UNREACHABLE', 'The node could not introduce us.');
        await pc.setRemoteDescription({ type: 'answer', sdp: decodeSignal(answer.subarray(1)).sdp });
      } finally {
        frames.close(limit).catch(() => {});
      }
      await opened(channel, pc, limit);
      const carrier = new ChannelConnection(channel, pc, address, 'outbound', components!);
      return await upgrader.upgradeOutbound(carrier, { signal: limit });
    } catch (error) {
      pc.close();
      throw error;
    }
  }

  return {
    factory: (given) => {
      components = given as unknown as Components;
      const transport: Transport = {
        [transportSymbol]: true,
        [Symbol.toStringTag]: '@chiral/tab',
        dial: dial as Transport['dial'],
        createListener: (): Listener => {
          throw new Error('A tab listens on no address.');
        },
        listenFilter: () => [],
        dialFilter: (addresses) => addresses.filter((address) => CIRCUIT.test(address.toString())),
      };
      return transport;
    },

    async answer(from, sdp) {
      if (!components || opening >= MAX_OPENING) throw new AppError('TOO_MANY', 'Too many introductions at once.');
      const { upgrader } = components;
      const limit = AbortSignal.timeout(OPEN_TIMEOUT_MS);
      const pc = new RTCPeerConnection({ iceServers: [...RTC.iceServers] });
      opening++;
      try {
        const coming = new Promise<RTCDataChannel>((resolve) => {
          pc.ondatachannel = ({ channel }) => resolve(channel);
        });
        await pc.setRemoteDescription({ type: 'offer', sdp });
        await pc.setLocalDescription(await pc.createAnswer());
        await gathered(pc, limit);
        const accept = async () => {
          const channel = await orAbort(coming, limit);
          const address = multiaddr(`/p2p-circuit/p2p/${from}`);
          const carrier = new ChannelConnection(channel, pc, address, 'inbound', components!);
          await opened(channel, pc, limit);
          await upgrader.upgradeInbound(carrier, { signal: limit });
        };
        accept()
          .catch(() => pc.close())
          .finally(() => opening--);
        return pc.localDescription!.sdp;
      } catch (error) {
        opening--;
        pc.close();
        throw error;
      }
    },
  };
}

/** A data channel as libp2p carries a connection over it. */
class ChannelConnection extends AbstractMultiaddrConnection {
  readonly #channel: RTCDataChannel;
  readonly #pc: RTCPeerConnection;

  constructor(
    channel: RTCDataChannel,
    pc: RTCPeerConnection,
    remoteAddr: Multiaddr,
    direction: 'inbound' | 'outbound',
    { logger }: Components,
  ) {
    super({ remoteAddr, direction, log: logger.forComponent('chiral:tab'), maxMessageSize: MESSAGE_BYTES });
    this.#channel = channel;
    this.#pc = pc;
    channel.binaryType = 'arraybuffer';
    channel.bufferedAmountLowThreshold = MAX_BUFFERED_BYTES / 2;
    channel.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => this.onData(new Uint8Array(data));
    channel.onbufferedamountlow = () => {
      if (this.writableNeedsDrain) this.safeDispatchEvent('drain');
    };
    channel.onclose = () => {
      this.onTransportClosed();
      pc.close();
    };
    pc.onconnectionstatechange = () => {
      if (pc.connectionState === 'failed' || pc.connectionState === 'closed') this.onTransportClosed();
    };
  }

  override sendData(data: { byteLength: number } & Iterable<Uint8Array>): { sentBytes: number; canSendMore: boolean } {
    for (const part of data) this.#channel.send(part as Uint8Array<ArrayBuffer>);
    return { sentBytes: data.byteLength, canSendMore: this.#channel.bufferedAmount < MAX_BUFFERED_BYTES };
  }

  override sendReset(): void {
    this.#pc.close();
  }

  override async sendClose(): Promise<void> {
    this.#channel.close();
  }

  override sendPause(): void {
    // A data channel cannot be held back from reading; the muxer's windows bound what comes.
  }

  override sendResume(): void {}
}

/** Resolves when all candidates are in the local description. */
function gathered(pc: RTCPeerConnection, signal: AbortSignal): Promise<void> {
  if (pc.iceGatheringState === 'complete') return Promise.resolve();
  const complete = new Promise<void>((resolve) => {
    pc.onicegatheringstatechange = () => {
      if (pc.iceGatheringState === 'complete') resolve();
    };
  });
  return orAbort(complete, signal);
}

function opened(channel: RTCDataChannel, pc: RTCPeerConnection, signal: AbortSignal): Promise<void> {
  if (channel.readyState === 'open') return Promise.resolve();
  const open = new Promise<void>((resolve, reject) => {
    channel.addEventListener('open', () => resolve(), { once: true });
    pc.addEventListener('connectionstatechange', () => {
      if (pc.connectionState === 'failed') reject(new AppError('PEER_UNREACHABLE', 'WebRTC to the tab failed.'));
    });
  });
  return orAbort(open, signal);
}

function orAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(new AppError('TIMEOUT', 'The tab did not answer in time.'));
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
