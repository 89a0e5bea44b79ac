/**
 * The fetching side: one eDonkey client at one endpoint, over one connection that is made when first needed and made again when
 * it broke. Chunks of any of its files are fetched side by side.
 *
 * Before the first part: hello, file name and status, a place in the upload queue. While the other keeps us waiting every fetch
 * is CHOKED; one of ours may be asked again at once, others are only waited for, since asking often gets a client banned. aMule
 * may also stop reading from a connection, see `upload.ts`: who is silent and does not answer a question is asked over another.
 *
 * What has come of a chunk is kept when the fetch of it ends early, so that nothing is asked (and owed) twice. Bytes are not
 * verified here: eDonkey's hashes cover 9,728,000 bytes and MD4 proves nothing; whoever fetches holds a chunk against its own tree.
 *
 * It owns the connection, the unfinished chunks and one timer while a chunk is waited for.
 */
import { CHUNK_BYTES, type Content, chunkLength } from '@chiral/protocol/content';
import { AppError, fromWire } from '@chiral/protocol/errors';
import type { Ed2kConnection } from './connection.ts';
import { type Message, RANGES_PER_REQUEST, type Range } from './message.ts';
import { hasRange, statusPartCount } from './part-hash.ts';
import { OWN_SOFTWARE } from './upload.ts';
import { type Waiter, type Want, WantList, wantKey } from './want-list.ts';

/** An answer that is due at once, milliseconds. */
const ANSWER_MS = 10_000;
/** No word for this long after asking for a place in the queue means that we wait in it, if the other still hears us,
 * milliseconds: aMule tells no rank to clients that are no eMule, and gives out one place a second. */
const SILENT_QUEUE_MS = 4_000;
/** Not a byte for this long while chunks are waited for, milliseconds. aMule 2.3.3 stops reading at times, see `upload.ts`. */
const STALL_MS = 8_000;
const TICK_MS = 1_000;
/** Between two requests for a place in a stock client's queue, milliseconds: who asks again within 590 s is rude. */
const REASK_MS = 600_000;
/** As often a stock client puts up with that: aMule bans an address for two hours at the fourth rude request. */
const MAX_RUDE_ASKS = 3;
/** Pause after which a stock client has forgotten who asked, milliseconds: aMule ends a connection that it does not read from after
 * 40 s, and keeps nothing of its client then. */
const FORGOTTEN_MS = 45_000;
/** Parts that nobody asked for, before the peer is left, bytes. */
const MAX_UNASKED_BYTES = 4 * 1024 * 1024;

/**
 * A chunk in one range: clients take up to three blocks of 184,320 bytes in one. aMule's daemon reads one range every 300 ms, and
 * its sender, once it has nothing to send, sleeps 1, 5, 25, 125 and then 625 ms, so it is the count of ranges that costs time.
 */
const MAX_RANGE_BYTES = CHUNK_BYTES;
/** Chunks remembered as asked for. */
const MAX_ASKS = 10_000;

export interface RemoteOptions {
  /** Dials and exchanges hellos. @throws PEER_UNREACHABLE, TIMEOUT, FORBIDDEN, UNSUPPORTED */
  readonly connect: () => Promise<Ed2kConnection>;
  /** Messages that ask something of us: both sides may use one connection. */
  readonly onRequest: (connection: Ed2kConnection, message: Message) => void;
  readonly onClosed: (connection: Ed2kConnection) => void;
  /** @default 8 s */
  readonly stallMs?: number;
  /** @default 10 s */
  readonly answerMs?: number;
  /** @default 4 s */
  readonly silentQueueMs?: number;
  /** @default 45 s */
  readonly forgottenMs?: number;
}

export class RemoteClient {
  readonly #options: RemoteOptions;
  readonly #stallMs: number;
  readonly #answerMs: number;
  readonly #silentQueueMs: number;
  readonly #forgottenMs: number;
  #connection: Ed2kConnection | undefined;
  #connecting: Promise<Ed2kConnection> | undefined;
  /** Files of which the other told the status, or is asked now: parts it has, undefined for all. */
  readonly #files = new Map<string, Promise<Uint8Array | undefined>>();
  readonly #statusWaiters = new Map<string, Waiter<Uint8Array | undefined>>();
  #slot: 'none' | 'asked' | 'open' | 'waiting' = 'none';
  #slotWaiters: Waiter<void>[] = [];
  #slotTimer: NodeJS.Timeout | undefined;
  /** Until then a stock client is not asked for a place again. */
  #noAskBeforeMs = 0;
  /** A stock client was last asked for a place. */
  #placeAskedAtMs = 0;
  #rudeAsks = 0;
  #lostAtMs = 0;
  readonly #wants = new WantList();
  /** How often a chunk was asked for over this connection; cleared when it grows to MAX_ASKS. */
  readonly #asks = new Map<string, number>();
  #unaskedBytes = 0;
  #askedAtMs = 0;
  /** The last connection was given up, and the other may not know. */
  #hasStalled = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: RemoteOptions) {
    this.#options = options;
    this.#stallMs = options.stallMs ?? STALL_MS;
    this.#answerMs = options.answerMs ?? ANSWER_MS;
    this.#silentQueueMs = options.silentQueueMs ?? SILENT_QUEUE_MS;
    this.#forgottenMs = options.forgottenMs ?? FORGOTTEN_MS;
  }

  get isConnected(): boolean {
    return this.#connection !== undefined;
  }

  /** True while its queue may call us back: we wait in it, and the connection is gone. */
  get mayBeCalled(): boolean {
    return this.#slot === 'waiting' && !this.#connection;
  }

  /**
   * Unverified bytes of one chunk of the file with this eDonkey hash.
   * @throws CHOKED, NOT_FOUND, PEER_UNREACHABLE, TIMEOUT, CANCELLED, FORBIDDEN, UNSUPPORTED
   */
  async fetch(hash: string, content: Content, chunk: number, signal: AbortSignal): Promise<Uint8Array> {
    const length = chunkLength(content.size, chunk);
    const offset = chunk * CHUNK_BYTES;
    // A place in a stock client's queue outlives the connection, and it calls back.
    if (!this.#connection && this.#slot === 'waiting' && Date.now() < this.#noAskBeforeMs) throw notNow();
    const connection = await orAbort(this.#connected(), signal);
    const parts = await orAbort(this.#status(connection, hash, content.size), signal);
    if (parts && !hasRange(parts, offset, offset + length)) {
      throw new AppError('NOT_FOUND', 'The peer does not have this part of the file.', { chunk });
    }
    await orAbort(this.#admitted(connection, hash, content.size), signal);
    if (connection.isClosed) throw new AppError('PEER_UNREACHABLE', 'The peer hung up.');
    const key = wantKey(hash, chunk);
    const want = this.#wants.get(key, offset, length);
    const { promise, ...waiter } = Promise.withResolvers<Uint8Array>();
    want.waiters.add(waiter);
    if (!want.isAsked) this.#ask(connection, hash, key, want);
    this.#wants.finish(key, want);
    try {
      return await orAbort(promise, signal);
    } finally {
      want.waiters.delete(waiter);
    }
  }

  /** Takes over a connection that the other made, to tell us that our turn has come. */
  adopt(connection: Ed2kConnection): void {
    this.#use(connection);
  }

  close(): void {
    this.#connection?.close('This node stops.');
  }

  /** A message that answers something we asked. */
  receive(message: Message): void {
    switch (message.type) {
      case 'fileStatus':
        this.#statusWaiters.get(message.hash)?.resolve(message.parts === 0 ? undefined : message.bits);
        return;
      case 'noSuchFile':
        this.#refuseFile(message.hash, new AppError('NOT_FOUND', 'The peer does not share this file.'));
        return;
      case 'fault':
        this.#refuseFile(message.hash, new AppError(fromWire(message.wire) ?? 'NOT_FOUND', 'The peer cannot send it.'));
        return;
      case 'acceptUpload':
        this.#slot = 'open';
        this.#noAskBeforeMs = 0;
        this.#settleSlot();
        return;
      case 'queueRank':
        if (this.#slot === 'asked') this.#queued();
        return;
      case 'outOfPartRequests':
        this.#slot = 'waiting';
        this.#noAskBeforeMs = Date.now() + REASK_MS;
        this.#wants.unask();
        this.#wants.refuse(notNow());
        return;
      case 'part':
        this.#take(message.hash, message.start, message.data);
        return;
    }
  }

  // ---- connection ------------------------------------------------------------------------------------------------------

  #connected(): Promise<Ed2kConnection> {
    if (this.#connection) return Promise.resolve(this.#connection);
    if (Date.now() - this.#lostAtMs >= this.#forgottenMs) {
      this.#placeAskedAtMs = 0;
      this.#rudeAsks = 0;
    } else if (this.#rudeAsks >= MAX_RUDE_ASKS) {
      return Promise.reject(new AppError('CHOKED', 'The peer is left alone for a while: it bans those who ask often.'));
    }
    this.#connecting ??= this.#options
      .connect()
      .then((connection) => {
        // The other may have called us meanwhile.
        if (this.#connection) {
          connection.close('Connected twice.');
          return this.#connection;
        }
        this.#slot = 'none';
        this.#use(connection);
        return connection;
      })
      .finally(() => {
        this.#connecting = undefined;
      });
    return this.#connecting;
  }

  #use(connection: Ed2kConnection): void {
    this.#connection = connection;
    this.#asks.clear();
    this.#unaskedBytes = 0;
    connection.take(
      (message) => {
        this.receive(message);
        this.#options.onRequest(connection, message);
      },
      (reason) => this.#lost(connection, reason),
    );
  }

  #lost(connection: Ed2kConnection, reason: string): void {
    this.#options.onClosed(connection);
    if (this.#connection !== connection) return;
    this.#connection = undefined;
    this.#lostAtMs = Date.now();
    const error = new AppError('PEER_UNREACHABLE', `The connection to the peer ended. ${reason}`);
    for (const waiter of this.#statusWaiters.values()) waiter.reject(error);
    this.#files.clear();
    if (this.#slot !== 'waiting' || isOurs(connection)) {
      this.#slot = 'none';
      this.#settleSlot(error);
    }
    this.#wants.unask();
    this.#wants.refuse(error);
  }

  // ---- file status and place in the queue ------------------------------------------------------------------------------

  #status(connection: Ed2kConnection, hash: string, size: number): Promise<Uint8Array | undefined> {
    const known = this.#files.get(hash);
    if (known) return known;
    const askedAtMs = Date.now();
    const status = new Promise<Uint8Array | undefined>((resolve, reject) => {
      const timer = setTimeout(() => {
        waiter.reject(tooLate());
        // It may have stopped reading from this connection, and hear us over another.
        if (connection.receivedAtMs <= askedAtMs) this.#giveUp('It does not answer.');
      }, this.#answerMs);
      const settle = () => {
        clearTimeout(timer);
        this.#statusWaiters.delete(hash);
      };
      const waiter = {
        resolve: (bits: Uint8Array | undefined) => {
          settle();
          if (bits && bits.length !== Math.ceil(statusPartCount(size) / 8)) {
            reject(new AppError('UNSUPPORTED', 'The peer counts the parts of this file otherwise.'));
          } else resolve(bits);
        },
        reject: (error: AppError) => {
          settle();
          // Asked again with the next fetch.
          this.#files.delete(hash);
          reject(error);
        },
      };
      this.#statusWaiters.set(hash, waiter);
    });
    this.#files.set(hash, status);
    connection.send({ type: 'fileNameRequest', hash });
    connection.send({ type: 'fileRequest', hash });
    return status;
  }

  #refuseFile(hash: string, error: AppError): void {
    this.#statusWaiters.get(hash)?.reject(error);
    this.#files.delete(hash);
    this.#wants.drop(hash, error);
    if (this.#slot === 'asked') {
      this.#slot = 'none';
      this.#settleSlot(error);
    }
  }

  /** Resolves when parts may be asked for. @throws CHOKED in the queue */
  #admitted(connection: Ed2kConnection, hash: string, size: number): Promise<void> {
    if (this.#slot === 'open') return Promise.resolve();
    if (this.#slot === 'waiting' && !isOurs(connection) && Date.now() < this.#noAskBeforeMs)
      return Promise.reject(notNow());
    const admitted = new Promise<void>((resolve, reject) => {
      this.#slotWaiters.push({ resolve, reject });
    });
    if (this.#slot !== 'asked') {
      this.#slot = 'asked';
      // After a stall aMule may think that it still sends, over the connection that is gone: it has to begin anew.
      if (this.#hasStalled && !isOurs(connection)) connection.send({ type: 'cancelTransfer' });
      this.#hasStalled = false;
      if (!isOurs(connection)) this.#countAsk();
      connection.send({ type: 'startUpload', hash });
      this.#slotTimer = setTimeout(() => void this.#noWord(connection, hash, size), this.#silentQueueMs);
    }
    return admitted;
  }

  #countAsk(): void {
    const nowMs = Date.now();
    if (nowMs - this.#placeAskedAtMs < REASK_MS) this.#rudeAsks++;
    this.#placeAskedAtMs = nowMs;
  }

  /** We wait in its queue, or it has stopped reading: then it does not say what it has either, which ends the connection. */
  async #noWord(connection: Ed2kConnection, hash: string, size: number): Promise<void> {
    this.#files.delete(hash);
    await this.#status(connection, hash, size).catch(() => {});
    if (this.#connection === connection && this.#slot === 'asked') this.#queued();
  }

  #queued(): void {
    this.#slot = 'waiting';
    this.#noAskBeforeMs = Date.now() + REASK_MS;
    this.#settleSlot(notNow());
  }

  #settleSlot(error?: AppError): void {
    clearTimeout(this.#slotTimer);
    const waiters = this.#slotWaiters;
    this.#slotWaiters = [];
    for (const waiter of waiters) error ? waiter.reject(error) : waiter.resolve();
  }

  // ---- chunks ----------------------------------------------------------------------------------------------------------

  /** Asks for all that is missing, three ranges at a time. */
  #ask(connection: Ed2kConnection, hash: string, key: string, want: Want): void {
    if (this.#asks.size >= MAX_ASKS) this.#asks.clear();
    const times = this.#asks.get(key) ?? 0;
    this.#asks.set(key, times + 1);
    want.isAsked = true;
    // Clients pass over a range that they have sent before: one that is asked again is cut elsewhere.
    const ranges = want.missing.flatMap((range) => cut(range, MAX_RANGE_BYTES - times));
    for (let i = 0; i < ranges.length; i += RANGES_PER_REQUEST) {
      connection.send({ type: 'partsRequest', hash, ranges: ranges.slice(i, i + RANGES_PER_REQUEST) });
    }
    this.#askedAtMs = Date.now();
    this.#timer ??= setInterval(() => this.#tick(), Math.min(TICK_MS, this.#stallMs)).unref();
  }

  #take(hash: string, start: number, data: Uint8Array): void {
    this.#unaskedBytes += data.length - this.#wants.take(hash, start, data);
    if (this.#unaskedBytes > MAX_UNASKED_BYTES) this.#connection?.close('It sends what nobody asked for.');
  }

  /** Watches for a silent peer while chunks are waited for. */
  #tick(): void {
    if (!this.#wants.isAwaited || !this.#connection) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    } else if (Date.now() - Math.max(this.#askedAtMs, this.#connection.receivedAtMs) > this.#stallMs) {
      this.#wants.refuse(tooLate());
      this.#giveUp('It stopped sending.');
    }
  }

  #giveUp(reason: string): void {
    this.#hasStalled = true;
    this.#connection?.close(reason);
  }
}

function isOurs(connection: Ed2kConnection): boolean {
  return connection.hello.software === OWN_SOFTWARE;
}

function notNow(): AppError {
  return new AppError('CHOKED', 'The peer has put us into its upload queue.');
}

function tooLate(): AppError {
  return new AppError('TIMEOUT', 'The peer did not answer in time.');
}

/** Pieces of at most `bytes`. */
function cut({ start, end }: Range, bytes: number): Range[] {
  const pieces: Range[] = [];
  for (let at = start; at < end; at += bytes) pieces.push({ start: at, end: Math.min(end, at + bytes) });
  return pieces;
}

function orAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(new AppError('CANCELLED', 'The request was given up.'));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
