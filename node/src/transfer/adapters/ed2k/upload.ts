/**
 * The serving side: answers what eDonkey clients ask of our files, and keeps the upload queue. Bytes leave only through the
 * uplink of their content.
 *
 * A client is open (it may ask for parts) or waiting (the uplink said CHOKED). Whoever asks to start is opened at once; the first
 * refused read makes it wait: it is told that its requests are void and its place in the queue. What was refused is tried again
 * from time to time. When it is granted, its bytes, which count as delivered from then on, are kept; the client is called back
 * if it has hung up, told to go on, and gets the kept bytes when it asks for them.
 *
 * aMule 2.3.3 can stop reading from a connection for good: its socket layer takes a spurious wake-up for the end of the stream and
 * tells nobody, while the system goes on acknowledging what we send. A client that stays silent much longer than its speed
 * explains is therefore called back too. What it had not shown to have is kept meanwhile, so that no byte is counted twice.
 *
 * It owns the clients by address and user hash, over as many connections as they make one after the other, and one timer.
 */
import { CHUNK_BYTES } from '@chiral/protocol/content';
import { type AppError, ERRORS, isAppError } from '@chiral/protocol/errors';
import type { Log } from '../../../log.ts';
import type { PeerKey } from '../../../ports.ts';
import type { Ed2kConnection } from './connection.ts';
import type { Message, Range } from './message.ts';
import { BLOCK_BYTES } from './part-hash.ts';
import { Client, describe, type Piece, type SharedFile } from './upload-client.ts';

/** Software name in hellos by which our own nodes know each other. */
export const OWN_SOFTWARE = 'Chiral';

/**
 * Pause after each part message to clients that are not ours, milliseconds: aMule mostly stops when parts arrive while it reads
 * the one before. Measured over loopback: 12 MB/s with this, 17 MB/s and more stops without.
 */
const PACE_MS = 3;
/** Largest range in a request, bytes; eMule and aMule refuse more themselves. */
const MAX_RANGE_BYTES = 3 * BLOCK_BYTES;
/** Requested and not yet sent to one client, bytes. */
const MAX_QUEUED_BYTES = 32 * 1024 * 1024;
/** First and longest pause between tries of what was refused, milliseconds. */
const RETRY_MS = { first: 500, longest: 5_000 };
const TICK_MS = 250;
/** A client without a connection is forgotten after this long, milliseconds: eMule keeps a place in its queue for an hour. */
const FORGET_MS = { idle: 10 * 60_000, open: 10 * 60_000, waiting: 60 * 60_000 };
/** Calls back in a row without a byte of ours having arrived, before a client is left alone. */
const MAX_RESCUES = 3;
/** Clients remembered; the one gone longest is forgotten for a new one. */
const MAX_CLIENTS = 1_000;

export interface UploaderOptions {
  /** Who a client is to the ledger. */
  readonly peerKey: (userHash: string, address: string) => PeerKey;
  /** Dials a client that hung up. @throws PEER_UNREACHABLE and other AppErrors */
  readonly callBack: (address: string, port: number, localAddress: string) => Promise<Ed2kConnection>;
  readonly log: Log;
}

export class Uploader {
  readonly #files = new Map<string, SharedFile>();
  readonly #clients = new Map<string, Client>();
  /** In order of their places. */
  readonly #waiting = new Set<Client>();
  readonly #options: UploaderOptions;
  readonly #kept = { bytes: 0 };
  #timer: NodeJS.Timeout | undefined;

  constructor(options: UploaderOptions) {
    this.#options = options;
  }

  file(hash: string): SharedFile | undefined {
    return this.#files.get(hash);
  }

  add(file: SharedFile): void {
    this.#files.set(file.hash, file);
  }

  /** From now on `file` is not here; what was asked of it is not sent. */
  remove(file: SharedFile): void {
    if (this.#files.get(file.hash) !== file) return;
    this.#files.delete(file.hash);
    for (const client of this.#clients.values()) {
      const isHit = client.forgetFile(file);
      if (client.refused?.file === file) this.#stopWaiting(client, 'idle');
      if (isHit) client.connection?.send({ type: 'noSuchFile', hash: file.hash });
    }
  }

  /** Takes note that `connection` is how its client is reached now. */
  #attach(connection: Ed2kConnection): Client {
    const { address, hello } = connection;
    const key = keyOf({ address, userHash: hello.userHash });
    let client = this.#clients.get(key);
    if (client?.connection && client.connection !== connection) client.connection.close('It connected again.');
    if (!client) {
      this.#makeRoom();
      client = new Client(hello.userHash, address, this.#kept);
      this.#clients.set(key, client);
    }
    client.connection = connection;
    client.port = hello.port;
    client.localAddress = connection.localAddress;
    client.isOurs = hello.software === OWN_SOFTWARE;
    client.isEmule = hello.isEmule;
    return client;
  }

  /** The connection is closed. */
  detach(connection: Ed2kConnection): void {
    const client = this.#clientOf(connection);
    if (!client) return;
    client.connection = undefined;
    client.goneAtMs = Date.now();
    if (client.state === 'open') client.state = 'idle';
    client.forgetRequests();
    client.kept.lost();
    const isBusy = client.isPumping || client.isTrying;
    if (client.state === 'idle' && client.kept.isEmpty && !isBusy) this.#forget(client);
    else this.#watch();
  }

  /**
   * Answers what is asked of us; other messages are not for this side. The first question makes a connection the one of its
   * client: a connection over which only we ask is left alone.
   */
  receive(connection: Ed2kConnection, message: Message): void {
    switch (message.type) {
      case 'fileNameRequest':
      case 'fileRequest':
      case 'hashSetRequest':
      case 'startUpload': {
        const file = this.#files.get(message.hash);
        if (!file) connection.send({ type: 'noSuchFile', hash: message.hash });
        else if (message.type === 'startUpload') this.#start(this.#clientOf(connection) ?? this.#attach(connection));
        else connection.send(describe(message.type, file));
        return;
      }
      case 'partsRequest': {
        const client = this.#clientOf(connection);
        if (client) this.#request(client, message.hash, message.ranges);
        return;
      }
      case 'cancelTransfer':
      case 'endOfDownload': {
        const client = this.#clientOf(connection);
        if (!client) return;
        this.#stopWaiting(client, 'idle');
        client.forgetRequests();
        client.kept.forget();
        return;
      }
    }
  }

  /** The gate of `peer` may be open now: who waits as it is tried at once. */
  wake(peer: PeerKey): void {
    for (const client of [...this.#waiting]) {
      if (this.#options.peerKey(client.userHash, client.address) === peer) void this.#retry(client, false);
    }
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    const clients = [...this.#clients.values()];
    this.#clients.clear();
    this.#waiting.clear();
    for (const { connection } of clients) connection?.close('This node stops.');
  }

  #clientOf(connection: Ed2kConnection): Client | undefined {
    const client = this.#clients.get(keyOf({ address: connection.address, userHash: connection.hello.userHash }));
    return client?.connection === connection ? client : undefined;
  }

  /** It asks to be let in. Others than ours hear their place only: asking often shall not help. */
  #start(client: Client): void {
    if (client.state === 'waiting') {
      if (client.isOurs && !client.isTrying) void this.#retry(client, true);
      else this.#tellRank(client);
      return;
    }
    if (client.state === 'idle') {
      client.forgetRequests();
      this.#watch();
    }
    client.letIn(Date.now());
  }

  #request(client: Client, hash: string, ranges: readonly Range[]): void {
    const { connection } = client;
    // A request that crossed our "wait" on the wire is void.
    if (!connection || client.state !== 'open') return;
    const file = this.#files.get(hash);
    if (!file) {
      connection.send({ type: 'noSuchFile', hash });
      return;
    }
    if (ranges.some(({ start, end }) => end > file.content.size || end - start > MAX_RANGE_BYTES)) {
      connection.close('It asked for a range that nobody may ask for.');
      return;
    }
    client.ask(file, ranges, Date.now());
    if (client.queuedBytes > MAX_QUEUED_BYTES) connection.close('It asked for more than it reads.');
    else void this.#pump(client);
  }

  /** Sends what is queued, in order, until there is none or the uplink refuses. One at a time for each client. */
  async #pump(client: Client): Promise<void> {
    if (client.isPumping) return;
    client.isPumping = true;
    try {
      for (;;) {
        const { connection } = client;
        const piece = client.pieces[0];
        if (!connection || !piece || client.state !== 'open') return;
        const data = await this.#take(client, piece);
        if (!data) continue;
        if (client.pieces[0] !== piece || client.connection !== connection || client.state !== 'open') {
          client.kept.add(piece, data, false);
          continue;
        }
        client.pieces.shift();
        if (!client.isOurs) client.kept.add(piece, data, true);
        await connection.sendPart(piece.file.hash, piece.start, data);
        client.sent(Date.now());
        if (!client.isOurs) await new Promise((resolve) => setTimeout(resolve, PACE_MS));
      }
    } catch (error) {
      // The connection ended below us; whoever closed it has said why.
      if (!isAppError(error, 'PEER_UNREACHABLE')) throw error;
    } finally {
      client.isPumping = false;
    }
  }

  /** Bytes of `piece`: kept ones, or from the uplink. Undefined when it was refused, and the client told. */
  async #take(client: Client, piece: Piece): Promise<Uint8Array | undefined> {
    const kept = client.kept.take(piece);
    if (kept) return kept;
    try {
      return await this.#read(client, piece);
    } catch (error) {
      if (isAppError(error, 'CHOKED')) {
        this.#wait(client, piece);
      } else if (isAppError(error)) {
        this.#options.log.debug(
          { peer: client.address, cid: piece.file.content.cid, code: error.code },
          'ed2k refused',
        );
        client.forgetFile(piece.file);
        tellFault(client, piece.file.hash, error);
      } else {
        throw error;
      }
      return undefined;
    }
  }

  #read(client: Client, { file, start, end }: Piece): Promise<Uint8Array> {
    const chunk = Math.floor(start / CHUNK_BYTES);
    const from = start - chunk * CHUNK_BYTES;
    const peer = this.#options.peerKey(client.userHash, client.address);
    return file.uplink.read(peer, file.content.cid, chunk, { start: from, end: from + end - start });
  }

  /** "Not now": its requests are void, and it is in the queue. */
  #wait(client: Client, piece: Piece): void {
    if (client.state !== 'open') return;
    client.state = 'waiting';
    client.refused = piece;
    client.retryPauseMs = RETRY_MS.first;
    client.retryAtMs = Date.now() + RETRY_MS.first;
    client.forgetRequests();
    this.#waiting.add(client);
    client.connection?.send({ type: 'outOfPartRequests' });
    this.#tellRank(client);
    this.#watch();
  }

  #tellRank(client: Client): void {
    const rank = [...this.#waiting].indexOf(client) + 1;
    client.connection?.send({ type: 'queueRank', rank, isEmule: client.isEmule });
  }

  #stopWaiting(client: Client, state: 'idle' | 'open'): void {
    this.#waiting.delete(client);
    client.refused = undefined;
    client.state = state;
  }

  /** Tries again what was refused. @param wasAsked tell it its place if that is all there is to tell */
  async #retry(client: Client, wasAsked: boolean): Promise<void> {
    const piece = client.refused;
    if (!piece || client.isTrying) return;
    client.isTrying = true;
    try {
      const data = await this.#read(client, piece);
      client.kept.add(piece, data, false);
      // It may have cancelled, or the file have gone, while this was read.
      if (client.refused !== piece) return;
      this.#stopWaiting(client, 'open');
      if (client.connection) client.letIn(Date.now());
      else await this.#callBack(client);
    } catch (error) {
      if (!isAppError(error)) throw error;
      if (client.refused !== piece) return;
      if (error.code === 'CHOKED') {
        client.retryPauseMs = Math.min(RETRY_MS.longest, 2 * client.retryPauseMs);
        client.retryAtMs = Date.now() + client.retryPauseMs;
        if (wasAsked) this.#tellRank(client);
      } else {
        this.#stopWaiting(client, 'idle');
        tellFault(client, piece.file.hash, error);
      }
    } finally {
      client.isTrying = false;
    }
  }

  /** Dials a client and lets it go on. If that fails it comes back by itself, and finds what is kept for it. */
  async #callBack(client: Client): Promise<void> {
    try {
      const connection = await this.#options.callBack(client.address, client.port, client.localAddress);
      if (connection.hello.userHash !== client.userHash) {
        connection.close('Another client listens there.');
        return;
      }
      const attached = this.#attach(connection);
      // It may still hold requests over the connection that it had: they are void, and it asks for what it lacks.
      connection.send({ type: 'outOfPartRequests' });
      attached.letIn(Date.now());
    } catch (error) {
      if (!isAppError(error)) throw error;
      if (!client.connection) client.state = 'idle';
      this.#options.log.debug({ peer: client.address, code: error.code }, 'ed2k client not reached');
    }
  }

  /** It has stopped reading: only another connection helps. */
  #rescue(client: Client): void {
    client.rescues++;
    const isHopeless = client.rescues > MAX_RESCUES;
    this.#options.log.debug({ peer: client.address, isHopeless }, 'ed2k client stalled');
    client.connection?.close('It stopped reading.');
    if (isHopeless) client.kept.forget();
    else void this.#callBack(client);
  }

  #makeRoom(): void {
    if (this.#clients.size < MAX_CLIENTS) return;
    let oldest: Client | undefined;
    for (const client of this.#clients.values()) {
      if (!client.connection && (!oldest || client.goneAtMs < oldest.goneAtMs)) oldest = client;
    }
    if (oldest) this.#forget(oldest);
  }

  #forget(client: Client): void {
    this.#clients.delete(keyOf(client));
    this.#stopWaiting(client, 'idle');
    client.kept.end();
  }

  /** Runs the timer while anybody waits, is gone or may stall. */
  #watch(): void {
    this.#timer ??= setInterval(() => this.#tick(Date.now()), TICK_MS).unref();
  }

  #tick(nowMs: number): void {
    let hasWork = false;
    for (const client of this.#clients.values()) {
      hasWork ||= client.state !== 'idle' || !client.connection;
      if (client.isStalled(nowMs)) this.#rescue(client);
      else if (!client.connection && nowMs - client.goneAtMs > FORGET_MS[client.state]) this.#forget(client);
    }
    for (const client of [...this.#waiting]) if (nowMs >= client.retryAtMs) void this.#retry(client, false);
    if (hasWork) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

function keyOf({ address, userHash }: { address: string; userHash: string }): string {
  return `${address}/${userHash}`;
}

function tellFault({ connection, isOurs }: Client, hash: string, { code }: AppError): void {
  connection?.send(isOurs ? { type: 'fault', hash, wire: ERRORS[code].wire } : { type: 'noSuchFile', hash });
}
