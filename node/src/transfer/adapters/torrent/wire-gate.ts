/**
 * The gate of one wire on which we serve: every block that leaves is read through the uplink, which grants and accounts it.
 * Never reads the store itself. State: the requests waiting, and whether the remote is shut out.
 *
 * "Not now" becomes a BitTorrent choke. Refusing request by request instead makes clients ask thousands of times a second.
 * Blocks granted before the refusal are sent first, so that what was accounted was also sent. A shut wire is unchoked again
 * when told (`wake`: something was paid) and otherwise now and then, with no byte read until the remote asks for one.
 */
import { CHUNK_BYTES, chunkCount, chunkLength } from '@chiral/protocol/content';
import { type ErrorCode, isAppError } from '@chiral/protocol/errors';
import type Wire from 'bittorrent-protocol';
import type { Log } from '../../../log.ts';
import type { PeerKey, Uplink } from '../../../ports.ts';

/** Largest block served, bytes: the limit every client of today keeps to. */
const MAX_BLOCK_BYTES = 128 * 1024;
/** Requests that may wait on one wire; we announce half of it as `reqq`. */
export const MAX_QUEUED = 1024;
/** Reads through the uplink at a time on one wire: half a MiB, since blocks of a chunk that are asked for in a row are read at once. */
const MAX_READING = 2;
/** Bytes that may wait for a remote which reads slowly, before we read on. */
const MAX_BACKLOG_BYTES = 512 * 1024;
/** First and longest wait until a shut wire may ask again, ms. */
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 10_000;
/** Blocks that could not be read (not held, changed, disk) before the wire is cut. */
const MAX_FAILURES = 64;
/** A wire is watched for messages longer than any that is due from a leecher. */
const MAX_MESSAGE_BYTES = MAX_BLOCK_BYTES + 64;

/** Cuts the wire at a message above the limit, before it is buffered; the library has no limit of its own. */
export function limitMessages(wire: Wire): void {
  const read = wire._onMessageLength;
  const limited = function (this: Wire, buffer: Uint8Array): void {
    if (new DataView(buffer.buffer, buffer.byteOffset).getUint32(0) > MAX_MESSAGE_BYTES) this.destroy();
    else read.call(this, buffer);
  };
  // The parser of the first message is set before anyone outside sees an incoming wire.
  if (wire._parser === read) wire._parser = limited;
  wire._onMessageLength = limited;
}

interface Block {
  readonly piece: number;
  readonly offset: number;
  readonly length: number;
}

export interface WireGateOptions {
  readonly content: { cid: string; size: number };
  /** Absent once the content is no longer served. */
  readonly uplink: () => Uplink | undefined;
  /** Who the remote is by now; undefined while that is being settled. */
  readonly peer: () => PeerKey | undefined;
  /** Bytes handed to the wire and not yet to the network. */
  readonly backlog: () => number;
  /** A block of `piece` is about to be rejected. */
  readonly onFault: (code: ErrorCode, piece: number) => void;
  readonly log: Log;
}

export class WireGate {
  readonly #wire: Wire;
  readonly #options: WireGateOptions;
  readonly #unchoke: () => void;
  #waiting: Block[] = [];
  #reading = 0;
  /** Blocks may be read together: off from a refusal that one block alone might not have met, until something is granted anew. */
  #isTogether = true;
  #failures = 0;
  #refused = false;
  #shut = false;
  #retryMs = FIRST_RETRY_MS;
  #timer: NodeJS.Timeout | undefined;

  /** Takes over `request` and `unchoke` of the wire: whatever else listens for requests later, listens in vain. */
  constructor(wire: Wire, options: WireGateOptions) {
    this.#wire = wire;
    this.#options = options;
    this.#unchoke = wire.unchoke.bind(wire);
    const on = wire.on.bind(wire);
    on('request', (piece: number, offset: number, length: number) => this.#onRequest({ piece, offset, length }));
    on('cancel', (piece: number, offset: number, length: number) => this.#onCancel({ piece, offset, length }));
    on('interested', () => wire.unchoke());
    on('close', () => this.#onClose());
    wire.on = (event: string | symbol, listener: (...args: never[]) => void) => {
      return event === 'request' ? wire : on(event, listener as (...args: unknown[]) => void);
    };
    wire.unchoke = () => {
      if (!this.#refused && !this.#shut) this.#unchoke();
    };
    // Said with its handshake, before we listened. After our bitfield, which must be the first that it hears.
    if (wire.peerInterested) setImmediate(() => wire.destroyed || wire.unchoke());
  }

  get peer(): PeerKey | undefined {
    return this.#options.peer();
  }

  /** Something changed for this peer: it was paid for, or it is now known who it is. */
  wake(): void {
    if (this.#shut) this.#reopen();
    this.#isTogether = true;
    this.pump();
  }

  /** Sends what may be sent now. Called when the network took bytes, too. */
  pump(): void {
    const { content, uplink, peer, backlog } = this.#options;
    while (
      this.#waiting.length > 0 &&
      !this.#refused &&
      this.#reading < MAX_READING &&
      backlog() < MAX_BACKLOG_BYTES &&
      !this.#wire.destroyed
    ) {
      const from = uplink();
      if (!from) {
        this.#wire.destroy();
        return;
      }
      const to = peer();
      if (to === undefined) return;
      const blocks = this.#nextRow();
      const [first, last] = [blocks[0]!, blocks.at(-1)!];
      this.#reading++;
      from
        .read(to, content.cid, first.piece, { start: first.offset, end: last.offset + last.length })
        .then(
          (bytes) => {
            for (const block of blocks) {
              const at = block.offset - first.offset;
              this.#send(block, bytes.subarray(at, at + block.length));
            }
          },
          (error: unknown) => this.#onRefusal(blocks, error),
        )
        .finally(() => {
          this.#reading--;
          if (this.#refused && this.#reading === 0) this.#shutOut();
          else this.pump();
        });
    }
  }

  /** Takes the next block and those behind it that follow on in its chunk. */
  #nextRow(): Block[] {
    const first = this.#waiting[0]!;
    let end = first.offset + first.length;
    let count = 1;
    while (this.#isTogether && count < this.#waiting.length) {
      const { piece, offset, length } = this.#waiting[count]!;
      if (piece !== first.piece || offset !== end) break;
      end += length;
      count++;
    }
    return this.#waiting.splice(0, count);
  }

  #onRequest(block: Block): void {
    const { size } = this.#options.content;
    const { piece, offset, length } = block;
    const valid =
      piece >= 0 &&
      piece < chunkCount(size) &&
      offset >= 0 &&
      length > 0 &&
      length <= MAX_BLOCK_BYTES &&
      offset + length <= chunkLength(size, piece);
    if (!valid || this.#waiting.length >= MAX_QUEUED) {
      this.#options.log.debug(
        { piece, offset, length, waiting: this.#waiting.length },
        'torrent request out of bounds',
      );
      this.#wire.destroy();
      return;
    }
    this.#waiting.push(block);
    this.pump();
  }

  #onCancel({ piece, offset, length }: Block): void {
    const at = this.#waiting.findIndex((b) => b.piece === piece && b.offset === offset && b.length === length);
    if (at >= 0) this.#waiting.splice(at, 1);
  }

  /** Sent even if cancelled meanwhile: it is accounted, and BEP 3 lets a block cross its cancel. */
  #send(block: Block, bytes: Uint8Array): void {
    if (this.#wire.destroyed) return;
    this.#retryMs = FIRST_RETRY_MS;
    this.#wire._pull(this.#wire.peerRequests, block.piece, block.offset, block.length);
    this.#wire.piece(block.piece, block.offset, bytes);
  }

  #onRefusal(blocks: readonly Block[], error: unknown): void {
    if (isAppError(error, 'CHOKED')) {
      if (blocks.length === 1) {
        this.#refused = true;
        return;
      }
      // What is left of the allowance may still be good for some of them.
      this.#isTogether = false;
      this.#waiting.unshift(...blocks);
      return;
    }
    blocks.every((block) => this.#onFailure(block, error));
  }

  /** @returns false when the wire was cut over it */
  #onFailure({ piece, offset, length }: Block, error: unknown): boolean {
    this.#options.log.debug({ err: error, chunk: piece }, 'torrent block not served');
    if (isAppError(error)) this.#options.onFault(error.code, piece);
    // Without BEP 6 there is no way to say no to one block; and who keeps asking for what is not there must not keep us reading.
    if (!this.#wire.hasFast || ++this.#failures > MAX_FAILURES) {
      this.#wire.destroy();
      return false;
    }
    this.#wire.reject(piece, offset, length);
    return true;
  }

  /** Chokes, which drops or rejects everything still asked for. */
  #shutOut(): void {
    this.#refused = false;
    this.#shut = true;
    this.#waiting = [];
    if (this.#wire.destroyed) return;
    this.#wire.choke();
    this.#timer = setTimeout(() => this.#reopen(), this.#retryMs);
    this.#timer.unref?.();
    this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS);
  }

  #reopen(): void {
    clearTimeout(this.#timer);
    this.#shut = false;
    this.#isTogether = true;
    if (!this.#wire.destroyed && this.#wire.peerInterested) this.#unchoke();
  }

  #onClose(): void {
    clearTimeout(this.#timer);
    this.#waiting = [];
  }
}

/** Bytes of a chunk in BitTorrent's own unit. @see https://www.bittorrent.org/beps/bep_0003.html */
export const BLOCK_BYTES = 16 * 1024;
export const BLOCKS_PER_CHUNK = CHUNK_BYTES / BLOCK_BYTES;
