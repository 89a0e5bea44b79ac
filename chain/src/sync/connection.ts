/**
 * One RLPx connection, from the socket to the handshake of eth/68. Puts bounds where the library has none: the size of a frame,
 * the size that a compressed message claims to have, and the time of the handshake. Owns the socket.
 */
import type { Socket } from 'node:net';
import type { Common } from '@ethereumjs/common';
import { ETH, type EthMessageCodes, Peer } from '@ethereumjs/devp2p';
import { bigIntToUnpaddedBytes, bytesToBigInt, bytesToHex, equalsBytes, utf8ToBytes } from '@ethereumjs/util';
import { ChainError } from '../errors.ts';
import type { Rlp } from './messages.ts';

/** Largest frame, and largest message after decompression, bytes. A block of 30 million gas is at most 7.5 MB of calldata. */
const MAX_FRAME_BYTES = 4 * 1024 * 1024;
const MAX_MESSAGE_BYTES = 10 * 1024 * 1024;
/** From the open socket to the end of the handshake, milliseconds. */
const HANDSHAKE_MS = 5_000;
/** A peer that does not answer pings this long is gone, milliseconds. */
const PING_MS = 10_000;
/** Bytes waiting to be sent, after which a peer that does not read is cut. */
const MAX_BUFFERED_BYTES = 32 * 1024 * 1024;

export interface Identity {
  key: Uint8Array;
  id: Uint8Array;
  clientVersion: string;
  /** Where we listen, told to the other side. */
  port: number;
}

export interface Status {
  genesisHash: Uint8Array;
  bestHash: Uint8Array;
  totalDifficulty: bigint;
}

/** The library's peer, with bounds. */
class BoundedPeer extends Peer {
  /** The library knows its own messages by the name of the class that gets them. */
  static override readonly name = 'Peer';

  constructor(options: ConstructorParameters<typeof Peer>[0]) {
    super(options);
    const session = this._eciesSession;
    const parseBody = session.parseBody.bind(session);
    session.parseBody = (data) => {
      const body = parseBody(data);
      // After the hello every message is compressed, and begins with the size that it will have.
      if (body && this._hello !== null && claimedSize(body.subarray(1)) > MAX_MESSAGE_BYTES)
        throw new Error('message too large');
      return body;
    };
  }

  override _handleHeader(): void {
    super._handleHeader();
    if (this._nextPacketSize > MAX_FRAME_BYTES) throw new Error('frame too large');
  }
}

/** The length that a Snappy block announces: a little-endian varint. @see https://github.com/google/snappy/blob/main/format_description.txt */
function claimedSize(block: Uint8Array): number {
  let size = 0;
  for (let i = 0; i < 5; i++) {
    const byte = block[i] ?? 0;
    size += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return size;
  }
  return Number.POSITIVE_INFINITY;
}

type Message = [code: EthMessageCodes, payload: Rlp];

export class Connection {
  readonly id: Uint8Array;
  readonly outbound: boolean;
  readonly remote: Status;
  readonly clientVersion: string;
  readonly address: string;
  /** Resolves when the connection is gone. */
  readonly closed: Promise<void>;
  readonly #peer: Peer;
  readonly #eth: ETH;
  readonly #socket: Socket;
  readonly #early: Message[];

  private constructor(peer: Peer, eth: ETH, socket: Socket, outbound: boolean, remote: Status, early: Message[]) {
    this.#peer = peer;
    this.#eth = eth;
    this.#socket = socket;
    this.#early = early;
    this.id = peer.getId()!;
    this.outbound = outbound;
    this.remote = remote;
    this.clientVersion = peer.getHelloMessage()?.clientId ?? '';
    this.address = socket.remoteAddress ?? '';
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
  }

  /**
   * Does both handshakes on an open socket.
   * @param remoteId of the node that was dialled; undefined on the listening side
   * @throws PEER_FAULT when the other side is no node of our chain, or too slow; the socket is then closed
   */
  static async open(
    socket: Socket,
    remoteId: Uint8Array | undefined,
    identity: Identity,
    common: Common,
    status: () => Status,
  ): Promise<Connection> {
    socket.setNoDelay(true);
    const peer = new BoundedPeer({
      socket,
      // The library means "not known yet" by null.
      remoteId: (remoteId ?? null) as Uint8Array,
      privateKey: identity.key,
      id: identity.id,
      timeout: PING_MS,
      clientId: utf8ToBytes(identity.clientVersion),
      capabilities: [ETH.eth68],
      common,
      port: identity.port,
    });
    /** Messages that came on the heels of the status, before anybody could listen. */
    const early: Message[] = [];
    let eth: ETH | undefined;
    try {
      const remote = await new Promise<Status>((resolve, reject) => {
        const late = setTimeout(() => reject(new Error('handshake took too long')), HANDSHAKE_MS);
        const fail = (error: unknown) => {
          clearTimeout(late);
          reject(error);
        };
        peer.events.on('error', fail);
        socket.once('error', fail);
        socket.once('close', () => fail(new Error('closed during the handshake')));
        peer.events.once('connect', () => {
          if (equalsBytes(peer.getId()!, identity.id)) return fail(new Error('this is ourselves'));
          eth = peer.getProtocols()[0] as ETH;
          eth.events.on('message', (code, payload) => early.push([code as EthMessageCodes, payload as Rlp]));
          eth.events.once('status', (their) => {
            clearTimeout(late);
            resolve(toStatus(their));
          });
          const { genesisHash, bestHash, totalDifficulty } = status();
          eth.sendStatus({ td: bigIntToUnpaddedBytes(totalDifficulty), bestHash, genesisHash });
        });
      });
      if (socket.destroyed) throw new Error('closed during the handshake');
      return new Connection(peer, eth!, socket, remoteId !== undefined, remote, early);
    } catch (cause) {
      socket.destroy();
      throw new ChainError('PEER_FAULT', (cause as Error).message ?? 'no handshake', { cause });
    } finally {
      stopStatusTimer(peer.getProtocols()[0]);
    }
  }

  get name(): string {
    return bytesToHex(this.id).slice(2, 14);
  }

  /** Hands every message since the handshake to `listener`, which must not throw. Called once. */
  onMessage(listener: (code: EthMessageCodes, payload: Rlp) => void): void {
    this.#eth.events.removeAllListeners('message');
    for (const [code, payload] of this.#early.splice(0)) listener(code, payload);
    this.#eth.events.on('message', (code, payload) => listener(code as EthMessageCodes, payload as Rlp));
    this.#peer.events.on('error', () => this.#socket.destroy());
  }

  send(code: EthMessageCodes, payload: Rlp): void {
    if (this.#socket.destroyed) return;
    if (this.#socket.writableLength > MAX_BUFFERED_BYTES) this.#socket.destroy();
    else this.#eth.sendMessage(code, payload);
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** The library ends the connection five seconds after the hello unless told of a status; its timer would outlive the socket. */
function stopStatusTimer(protocol: unknown): void {
  const timer = (protocol as { _statusTimeoutId?: NodeJS.Timeout } | undefined)?._statusTimeoutId;
  clearTimeout(timer);
}

function toStatus(their: { td: Uint8Array; bestHash: Uint8Array; genesisHash: Uint8Array }): Status {
  if (their.bestHash.length !== 32 || their.td.length > 32) throw new Error('malformed status');
  return {
    genesisHash: their.genesisHash,
    bestHash: their.bestHash,
    totalDifficulty: their.td.length === 0 ? 0n : bytesToBigInt(their.td),
  };
}
