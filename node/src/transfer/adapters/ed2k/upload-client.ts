/**
 * What the upload queue remembers of one client, and how a request is cut into pieces. State and the transitions on it; what is
 * done with them is in `upload.ts`.
 */
import { CHUNK_BYTES } from '@chiral/protocol/content';
import type { Content, Uplink } from '../../../ports.ts';
import type { Ed2kConnection } from './connection.ts';
import type { Message, Range } from './message.ts';
import { BLOCK_BYTES, PART_BYTES } from './part-hash.ts';

/** Bytes per part message, at most: a third of a block. */
const PIECE_BYTES = BLOCK_BYTES / 3;
/** Kept for one client, bytes: the three blocks that a stock client asks for at a time, and one more. */
const MAX_KEPT_BYTES = 4 * BLOCK_BYTES;
/** Kept for all clients, bytes. */
const MAX_KEPT_IN_ALL_BYTES = 64 * 1024 * 1024;
/** Weight of the newest measurement of a client's speed. */
const SPEED_WEIGHT = 0.2;
/**
 * Silence after which a client is thought to have stopped reading, milliseconds: never under `shortest`, `first` while its
 * speed is not known, and `factor` times what the bytes on their way should take.
 */
const STALL_MS = { shortest: 1_500, first: 10_000, longest: 60_000 };
const STALL_FACTOR = 4;

/** A file as it is served. */
export interface SharedFile {
  readonly content: Content;
  readonly uplink: Uplink;
  /** Display only. */
  readonly name: string;
  readonly hash: string;
  /** Packed part hashes. */
  readonly parts: Uint8Array;
}

/** What is read and sent at once: inside one chunk. */
export interface Piece extends Range {
  readonly file: SharedFile;
  /** The requested range that it is cut from. */
  readonly asked: string;
}

/** Bytes that count as delivered to a client that has not shown that it has them. Sent again, they are not counted again. */
export class KeptPieces {
  #pieces: { readonly piece: Piece; readonly data: Uint8Array; isSent: boolean }[] = [];
  #bytes = 0;
  #isEnded = false;
  readonly #all: { bytes: number };

  /** @param all bytes kept for all clients */
  constructor(all: { bytes: number }) {
    this.#all = all;
  }

  get isEmpty(): boolean {
    return this.#pieces.length === 0;
  }

  /** Bytes that are on their way. */
  get sentBytes(): number {
    return this.#pieces.reduce((sum, { data, isSent }) => sum + (isSent ? data.length : 0), 0);
  }

  /** Lets go of the oldest when there are too many. */
  add(piece: Piece, data: Uint8Array, isSent: boolean): void {
    if (this.#isEnded || this.#all.bytes + data.length > MAX_KEPT_IN_ALL_BYTES) return;
    this.#pieces.push({ piece, data, isSent });
    this.#count(data.length);
    while (this.#bytes > MAX_KEPT_BYTES) this.#count(-this.#pieces.shift()!.data.length);
  }

  /** The bytes of `piece`, if they are kept; a kept piece goes when its end was taken. */
  take(piece: Piece): Uint8Array | undefined {
    const kept = this.#pieces.find(
      (other) => other.piece.file === piece.file && other.piece.start <= piece.start && piece.end <= other.piece.end,
    );
    if (!kept) return undefined;
    if (kept.piece.end === piece.end) this.#drop((other) => other === kept);
    return kept.data.subarray(piece.start - kept.piece.start, piece.end - kept.piece.start);
  }

  /** A new request: what was sent for ranges that are no longer asked for has arrived. @returns bytes that have */
  confirm(asked: ReadonlySet<string>): number {
    return this.#drop(({ piece, isSent }) => isSent && !asked.has(piece.asked));
  }

  /** What was on its way may be lost. */
  lost(): void {
    for (const kept of this.#pieces) kept.isSent = false;
  }

  forget(file?: SharedFile): void {
    this.#drop(({ piece }) => file === undefined || piece.file === file);
  }

  /** The client is forgotten: nothing is kept from now on, a read that is still under way neither. */
  end(): void {
    this.forget();
    this.#isEnded = true;
  }

  #drop(isGone: (kept: { piece: Piece; isSent: boolean }) => boolean): number {
    const before = this.#bytes;
    this.#pieces = this.#pieces.filter((kept) => {
      if (isGone(kept)) this.#count(-kept.data.length);
      return !isGone(kept);
    });
    return before - this.#bytes;
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    this.#all.bytes += bytes;
  }
}

export class Client {
  readonly userHash: string;
  readonly address: string;
  connection: Ed2kConnection | undefined;
  /** Where it listens. */
  port = 0;
  /** Our address that it knows us by; clients take a call from another for another's. */
  localAddress = '';
  isOurs = false;
  isEmule = false;
  state: 'idle' | 'open' | 'waiting' = 'idle';
  /** Asked for and not yet sent, in order. */
  pieces: Piece[] = [];
  isPumping = false;
  readonly kept: KeptPieces;
  /** What the uplink refused, while waiting. */
  refused: Piece | undefined;
  isTrying = false;
  retryAtMs = 0;
  retryPauseMs = 0;
  goneAtMs = 0;
  /** Times that it was called back since bytes of ours last arrived. */
  rescues = 0;
  /** Ranges of its last request: clients repeat what is still on its way, and that is not sent twice. */
  #lastAsked: ReadonlySet<string> = new Set();
  #progressAtMs = 0;
  #confirmedAtMs = 0;
  /** It was let in and has not asked for anything since. */
  #isToAsk = false;
  #bytesPerMs: number | undefined;

  constructor(userHash: string, address: string, all: { bytes: number }) {
    this.userHash = userHash;
    this.address = address;
    this.kept = new KeptPieces(all);
  }

  get queuedBytes(): number {
    return this.pieces.reduce((sum, { start, end }) => sum + end - start, 0);
  }

  /** Takes a request: queues what is new in it. */
  ask(file: SharedFile, ranges: readonly Range[], nowMs: number): void {
    const asked = new Set(ranges.map(({ start, end }) => `${file.hash}:${start}-${end}`));
    const arrived = this.kept.confirm(asked);
    if (arrived > 0) {
      const speed = arrived / Math.max(1, nowMs - this.#confirmedAtMs);
      this.#bytesPerMs =
        this.#bytesPerMs === undefined ? speed : this.#bytesPerMs + SPEED_WEIGHT * (speed - this.#bytesPerMs);
      this.rescues = 0;
    }
    this.#confirmedAtMs = nowMs;
    this.#progressAtMs = nowMs;
    this.#isToAsk = false;
    for (const range of ranges) {
      if (!this.#lastAsked.has(`${file.hash}:${range.start}-${range.end}`)) this.pieces.push(...toPieces(file, range));
    }
    this.#lastAsked = asked;
  }

  /** Opens it and says so: a client asks for parts at once then. */
  letIn(nowMs: number): void {
    this.state = 'open';
    this.#isToAsk = true;
    this.#progressAtMs = nowMs;
    this.connection?.send({ type: 'acceptUpload' });
  }

  sent(nowMs: number): void {
    this.#progressAtMs = nowMs;
  }

  /** True when it has been silent for so long, with an answer of ours on its way to it, that it will not go on by itself. */
  isStalled(nowMs: number): boolean {
    const bytes = this.kept.sentBytes;
    if (this.isOurs || this.state !== 'open' || !this.connection) return false;
    if (bytes === 0 && !this.#isToAsk) return false;
    const isMeasured = bytes > 0 && this.#bytesPerMs !== undefined;
    const expectedMs = isMeasured ? (STALL_FACTOR * bytes) / this.#bytesPerMs! : STALL_MS.first;
    // A call back that changed nothing may have come too soon: a busy machine is slow.
    const patienceMs = Math.max(STALL_MS.shortest, expectedMs) * 2 ** this.rescues;
    return nowMs - this.#progressAtMs > Math.min(STALL_MS.longest, patienceMs);
  }

  forgetRequests(): void {
    this.pieces = [];
    this.#lastAsked = new Set();
  }

  /** Nothing of `file` will be sent. @returns whether something was to be */
  forgetFile(file: SharedFile): boolean {
    const before = this.pieces.length;
    this.pieces = this.pieces.filter((piece) => piece.file !== file);
    this.kept.forget(file);
    return this.pieces.length < before || this.refused?.file === file;
  }
}

/** Answer to a question about a file. */
export function describe(ask: 'fileNameRequest' | 'fileRequest' | 'hashSetRequest', file: SharedFile): Message {
  const { hash, name, parts, content } = file;
  switch (ask) {
    case 'fileNameRequest':
      return { type: 'fileName', hash, name };
    case 'fileRequest':
      return { type: 'fileStatus', hash, parts: 0, bits: new Uint8Array(0) };
    case 'hashSetRequest':
      // Under one part the file hash is the part hash, and there is no set.
      return { type: 'hashSet', hash, packed: content.size < PART_BYTES ? new Uint8Array(0) : parts };
  }
}

/** Cuts a range at the ends of chunks and at multiples of PIECE_BYTES in them, so that a range asked again is cut alike. */
function toPieces(file: SharedFile, { start, end }: Range): Piece[] {
  const asked = `${file.hash}:${start}-${end}`;
  const pieces: Piece[] = [];
  for (let at = start; at < end; ) {
    const chunkStart = Math.floor(at / CHUNK_BYTES) * CHUNK_BYTES;
    const nextCut = chunkStart + (Math.floor((at - chunkStart) / PIECE_BYTES) + 1) * PIECE_BYTES;
    const next = Math.min(end, nextCut, chunkStart + CHUNK_BYTES);
    pieces.push({ file, start: at, end: next, asked });
    at = next;
  }
  return pieces;
}
