/**
 * One TCP connection to an eDonkey client: frames in and out, the exchange of hellos, and the end of it all. It knows nothing of
 * files. It owns its socket; whoever takes it is told of messages and of the end.
 */
import { lookup } from 'node:dns/promises';
import { connect, isIP, type Socket } from 'node:net';
import { AppError, isAppError } from '@chiral/protocol/errors';
import { FrameReader } from './frame.ts';
import type { Hello } from './hello.ts';
import { decodeMessage, encodeMessage, encodePartHead, type Message } from './message.ts';

/** From connecting to the other's hello, milliseconds. */
const HELLO_TIMEOUT_MS = 10_000;
/** A connection without a byte in either direction is closed after this long, milliseconds; aMule does after 40 s. */
const IDLE_TIMEOUT_MS = 120_000;
/** Answers that may wait for a peer that does not read them, bytes. A hash set can be 450 KB, its request has 22 bytes. */
const MAX_UNREAD_BYTES = 2 * 1024 * 1024;

export class Ed2kConnection {
  /** Remote address, IPv4 without the IPv6 prefix. */
  readonly address: string;
  /** Our own end of it. */
  readonly localAddress: string;
  /** What the other said of itself. */
  readonly hello: Hello;
  /** When the last bytes came, of whole messages or not. */
  receivedAtMs = Date.now();
  readonly #socket: Socket;
  #onMessage: ((message: Message) => void) | undefined;
  #onClose: ((reason: string) => void) | undefined;
  /** Messages that came before `take`. */
  #early: Message[] = [];
  #closedFor: string | undefined;
  #room: { resolve: () => void; reject: (error: unknown) => void } | undefined;

  /** Made by `greet`. */
  constructor(socket: Socket, hello: Hello) {
    this.#socket = socket;
    this.address = plainAddress(socket.remoteAddress ?? '');
    this.localAddress = plainAddress(socket.localAddress ?? '');
    this.hello = hello;
    // Nothing more is read before somebody listens.
    socket.pause();
    socket.on('drain', () => {
      this.#room?.resolve();
      this.#room = undefined;
    });
  }

  get isClosed(): boolean {
    return this.#closedFor !== undefined;
  }

  /** From now on messages go to `onMessage`, and the end, once, to `onClose`. Called again, it hands the connection on. */
  take(onMessage: (message: Message) => void, onClose: (reason: string) => void): void {
    this.#onMessage = onMessage;
    this.#onClose = onClose;
    if (this.#closedFor !== undefined) {
      onClose(this.#closedFor);
      return;
    }
    const early = this.#early;
    this.#early = [];
    for (const message of early) this.receive(message);
    this.#socket.resume();
  }

  /** For `greet`. */
  receive(message: Message): void {
    if (this.isClosed) return;
    if (message.type === 'publicAddressRequest') {
      this.send({ type: 'publicAddress', address: toClientId(this.address) });
    } else if (this.#onMessage) {
      this.#onMessage(message);
    } else {
      this.#early.push(message);
    }
  }

  send(message: Message): void {
    if (this.isClosed) return;
    if (this.#socket.writableLength > MAX_UNREAD_BYTES) {
      this.close('It asks and does not read.');
      return;
    }
    // What is said at once goes out in one piece: every piece that comes while aMule reads the one before may make it deaf.
    if (this.#socket.writableCorked === 0) {
      this.#socket.cork();
      process.nextTick(() => this.#socket.uncork());
    }
    this.#socket.write(encodeMessage(message));
  }

  /**
   * Sends bytes of a file. Resolves when there is room for more; not called again before.
   * @throws PEER_UNREACHABLE closed meanwhile
   */
  sendPart(hash: string, start: number, data: Uint8Array): Promise<void> {
    if (this.isClosed) return Promise.reject(hungUp());
    this.#socket.cork();
    this.#socket.write(encodePartHead(hash, start, data.length));
    const hasRoom = this.#socket.write(data);
    this.#socket.uncork();
    if (hasRoom) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#room = { resolve, reject };
    });
  }

  close(reason: string): void {
    if (this.isClosed) return;
    this.#closedFor = reason;
    this.#socket.destroy();
    this.#room?.reject(hungUp());
    this.#room = undefined;
    this.#onClose?.(reason);
  }
}

function hungUp(): AppError {
  return new AppError('PEER_UNREACHABLE', 'The peer hung up.');
}

export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}

/**
 * Exchanges hellos on a fresh socket.
 * @param side 'accepted' waits for a hello and answers it; 'dialled' says it first
 * @throws BAD_REQUEST, TOO_LARGE it spoke otherwise; TIMEOUT; PEER_UNREACHABLE
 */
export function greet(
  socket: Socket,
  side: 'accepted' | 'dialled',
  own: Hello,
  timeoutMs: number = HELLO_TIMEOUT_MS,
): Promise<Ed2kConnection> {
  const reader = new FrameReader();
  let connection: Ed2kConnection | undefined;
  socket.setNoDelay(true);
  return new Promise((resolve, reject) => {
    const end = (error: AppError) => {
      clearTimeout(timer);
      if (connection) connection.close(error.message);
      socket.destroy();
      reject(error);
    };
    const timer = setTimeout(() => end(new AppError('TIMEOUT', 'The peer did not say hello.')), timeoutMs);
    socket.setTimeout(IDLE_TIMEOUT_MS, () => end(new AppError('TIMEOUT', 'The connection was idle.')));
    socket.on('error', (cause: NodeJS.ErrnoException) =>
      end(new AppError('PEER_UNREACHABLE', `The connection failed (${cause.code ?? 'error'}).`, {}, { cause })),
    );
    socket.on('close', () => end(hungUp()));
    socket.on('data', (data) => {
      if (connection) connection.receivedAtMs = Date.now();
      try {
        for (const frame of reader.push(data)) {
          const message = decodeMessage(frame);
          if (connection) connection.receive(message);
          else begin(message);
        }
      } catch (error) {
        if (!isAppError(error)) throw error;
        end(error);
      }
    });

    function begin(message: Message): void {
      const expected = side === 'accepted' ? 'hello' : 'helloAnswer';
      if (message.type !== expected) throw new AppError('BAD_REQUEST', 'The peer did not begin with a hello.');
      clearTimeout(timer);
      connection = new Ed2kConnection(socket, message.hello);
      if (side === 'accepted') connection.send({ type: 'helloAnswer', hello: own });
      resolve(connection);
    }

    if (side === 'dialled') socket.write(encodeMessage({ type: 'hello', hello: own }));
  });
}

/**
 * Connects to `host:port`.
 * @param mayDial asked with the resolved address
 * @param signal ends the attempt
 * @param localAddress our own end; whatever the system chooses by default
 * @throws PEER_UNREACHABLE, FORBIDDEN, TIMEOUT
 */
export async function dial(
  host: string,
  port: number,
  mayDial: (address: string) => boolean,
  signal: AbortSignal,
  localAddress?: string,
): Promise<Socket> {
  let address = host;
  if (isIP(host) === 0) {
    try {
      ({ address } = await lookup(host));
    } catch (cause) {
      throw new AppError('PEER_UNREACHABLE', 'The host name of the peer does not resolve.', {}, { cause });
    }
  }
  if (!mayDial(address)) throw new AppError('FORBIDDEN', 'The offer names an address that is not dialled from here.');
  const socket = connect({ host: address, port, localAddress, signal });
  return new Promise((resolve, reject) => {
    const fail = (error: AppError) => {
      clearTimeout(timer);
      socket.destroy();
      reject(error);
    };
    const timer = setTimeout(() => fail(new AppError('TIMEOUT', 'The peer did not accept in time.')), HELLO_TIMEOUT_MS);
    const onError = (cause: NodeJS.ErrnoException) =>
      fail(new AppError('PEER_UNREACHABLE', `The peer cannot be reached (${cause.code ?? 'error'}).`, {}, { cause }));
    socket.once('error', onError);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.off('error', onError);
      resolve(socket);
    });
  });
}

/** IPv4 address → the number that eDonkey has for it; 0 for anything else. */
export function toClientId(address: string): number {
  return isIP(address) === 4 ? Buffer.from(address.split('.').map(Number)).readUInt32LE() : 0;
}
