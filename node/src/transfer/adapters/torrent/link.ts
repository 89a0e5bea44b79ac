/**
 * One connection to one provider, on which we only take: blocks are asked for by name and go to whoever asked, so that bytes
 * are known to come from the provider that will be credited with them. Serves nothing, announces nothing, verifies nothing.
 * State: the wire, what was asked for, and the blocks of chunks that a choke has cut in half.
 *
 * A torrent client picks pieces from any peer of the swarm; we must not, or one seller is paid for another's bytes.
 */
import type { Socket } from 'node:net';
import { AppError, type ErrorCode } from '@chiral/protocol/errors';
import type SimplePeer from '@thaunknown/simple-peer/lite.js';
import type Wire from 'bittorrent-protocol';
import type { Log } from '../../../log.ts';
import type { PeerKey } from '../../../ports.ts';
import type { Magnet } from './metainfo.ts';
import { type Identity, PeerProof } from './peer-proof.ts';
import { BLOCK_BYTES, limitMessages } from './wire-gate.ts';

/** From the handshake to a peer that has proved itself and said what it has, ms. */
const HANDSHAKE_MS = 10_000;
/** A provider that unchokes on request answers in a round trip; a stock client has slots and a ten second clock, ms. */
const OURS_UNCHOKE_MS = 2_000;
const STOCK_UNCHOKE_MS = 15_000;
/** No block for this long while some are due, ms. */
const STALL_MS = 20_000;
/** Blocks asked for and not here yet, on one wire; a remote may name less as `reqq`. */
const MAX_OUTSTANDING = 256;
/** Chunks begun and not complete on one wire. */
export const MAX_OPEN = 64;
/** BEP 20: client and version, then random. */
const PEER_ID_PREFIX = '-CH0001-';

export const newPeerId = (): string =>
  Buffer.concat([
    Buffer.from(PEER_ID_PREFIX),
    crypto.getRandomValues(new Uint8Array(20 - PEER_ID_PREFIX.length)),
  ]).toString('hex');

export interface LinkOptions {
  /** Our BitTorrent id as a buyer, hex. */
  readonly ownId: string;
  readonly identity: Identity | undefined;
  /** Peer id of the offer that is fetched from. */
  readonly seller: PeerKey;
  readonly log: Log;
}

/** The blocks of one chunk as they come in. */
export class ChunkParts {
  readonly bytes: Uint8Array;
  readonly #missing: Set<number>;

  constructor(length: number) {
    this.bytes = new Uint8Array(length);
    this.#missing = new Set(Array.from({ length: Math.ceil(length / BLOCK_BYTES) }, (_, block) => block));
  }

  get complete(): boolean {
    return this.#missing.size === 0;
  }

  /** Blocks still missing, as ranges inside the chunk. */
  missing(): { offset: number; length: number }[] {
    return [...this.#missing].map((block) => {
      const offset = block * BLOCK_BYTES;
      return { offset, length: Math.min(BLOCK_BYTES, this.bytes.length - offset) };
    });
  }

  fill(offset: number, block: Uint8Array): void {
    const index = offset / BLOCK_BYTES;
    if (!this.#missing.has(index) || block.length !== Math.min(BLOCK_BYTES, this.bytes.length - offset)) return;
    this.bytes.set(block, offset);
    this.#missing.delete(index);
  }
}

interface Job {
  readonly done: (error?: AppError) => void;
}

/** A handshaken wire to a provider. */
export class Link {
  readonly #wire: Wire;
  readonly #proof: PeerProof;
  readonly #jobs = new Map<number, Job>();
  /** Chunks asked for on this wire that are not complete: a block may come when nobody waits for it any more. */
  readonly #open = new Map<number, ChunkParts>();
  #queue: { chunk: number; offset: number; length: number }[] = [];
  #stall: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(wire: Wire, proof: PeerProof) {
    this.#wire = wire;
    this.#proof = proof;
    const onEnd = () => {
      this.#ended = true;
      this.#failAll('PEER_UNREACHABLE', 'The connection to the provider ended.');
    };
    wire.once('finish', onEnd);
    wire.once('close', onEnd);
    // The library chokes itself when it ends; that is no word of the provider.
    const end = wire.end.bind(wire);
    wire.end = (data) => {
      this.#ended = true;
      return end(data);
    };
    wire.setMaxListeners(0);
    wire.on('choke', () => {
      if (this.#ended) return;
      this.#failAll('CHOKED', 'The provider choked us.');
      // A peer of ours rejects what it will not send any more, and so do others who keep to BEP 6; not all do.
      if (!proof.spoken) wire.requests.length = 0;
    });
    wire.on('piece', (chunk: number, offset: number, block: Uint8Array) => this.#onBlock(chunk, offset, block));
  }

  get alive(): boolean {
    return !this.#ended;
  }

  /**
   * Fills `parts` with the missing blocks of `chunk`; what came before a failure stays in it.
   * @throws CHOKED, NOT_FOUND, PEER_UNREACHABLE, TIMEOUT, CANCELLED
   */
  async fill(chunk: number, parts: ChunkParts, signal: AbortSignal): Promise<void> {
    await this.#unchoked(signal);
    if (!this.#wire.peerPieces.get(chunk)) throw new AppError('NOT_FOUND', 'The provider does not have this chunk.');
    if (parts.complete) return;
    if (this.#jobs.has(chunk)) throw new Error(`Chunk ${chunk} is being fetched from this provider already.`);
    await new Promise<void>((resolve, reject) => {
      const onAbort = () => job.done(cancelled());
      const job: Job = {
        done: (error) => {
          signal.removeEventListener('abort', onAbort);
          this.#drop(chunk);
          if (error) reject(error);
          else resolve();
        },
      };
      signal.addEventListener('abort', onAbort);
      this.#jobs.set(chunk, job);
      this.#keep(chunk, parts);
      // What was asked for before a choke and not rejected since, comes without being asked for again.
      const due = new Set(this.#wire.requests.filter(({ piece }) => piece === chunk).map(({ offset }) => offset));
      const wanted = parts.missing().filter(({ offset }) => !due.has(offset));
      this.#queue.push(...wanted.map((block) => ({ chunk, ...block })));
      this.#watch();
      this.#request();
    });
  }

  /** The provider says why it will not serve a chunk. */
  onFault(code: ErrorCode, chunk: number): void {
    this.#jobs.get(chunk)?.done(new AppError(code, 'The provider cannot serve this chunk.'));
  }

  destroy(): void {
    this.#wire.destroy();
  }

  async #unchoked(signal: AbortSignal): Promise<void> {
    await this.#proof.proved();
    this.#wire.interested();
    if (!this.#wire.peerChoking) return;
    this.#proof.ask();
    await new Promise<void>((resolve, reject) => {
      const settle = (error?: AppError) => {
        clearTimeout(timer);
        this.#wire.removeListener('unchoke', onUnchoke);
        this.#wire.removeListener('finish', onClose);
        signal.removeEventListener('abort', onAbort);
        if (error) reject(error);
        else resolve();
      };
      const onUnchoke = () => settle();
      const onClose = () => settle(new AppError('PEER_UNREACHABLE', 'The connection to the provider ended.'));
      const onAbort = () => settle(cancelled());
      const patienceMs = this.#proof.spoken ? OURS_UNCHOKE_MS : STOCK_UNCHOKE_MS;
      const timer = setTimeout(() => settle(new AppError('CHOKED', 'The provider keeps us choked.')), patienceMs);
      this.#wire.on('unchoke', onUnchoke);
      this.#wire.on('finish', onClose);
      signal.addEventListener('abort', onAbort);
      if (!this.alive) onClose();
      else if (signal.aborted) onAbort();
    });
  }

  #request(): void {
    const { reqq } = this.#wire.peerExtendedHandshake;
    const limit = typeof reqq === 'number' && reqq > 0 ? Math.min(reqq, MAX_OUTSTANDING) : MAX_OUTSTANDING;
    while (this.#queue.length > 0 && this.#wire.requests.length < limit) {
      const { chunk, offset, length } = this.#queue.shift()!;
      this.#wire.request(chunk, offset, length, (error) => {
        // Choke and close fail the same requests one by one; only a reject while we may ask is about this block.
        const rejected = error && !this.#wire.peerChoking && this.alive && error.message.includes('rejected');
        if (rejected) this.#jobs.get(chunk)?.done(new AppError('NOT_FOUND', 'The provider rejected a block.'));
      });
    }
  }

  #keep(chunk: number, parts: ChunkParts): void {
    this.#open.delete(chunk);
    this.#open.set(chunk, parts);
    if (this.#open.size > MAX_OPEN) this.#open.delete(this.#open.keys().next().value!);
  }

  #onBlock(chunk: number, offset: number, block: Uint8Array): void {
    const parts = this.#open.get(chunk);
    if (!parts) return;
    parts.fill(offset, block);
    this.#watch();
    if (parts.complete) {
      this.#open.delete(chunk);
      this.#jobs.get(chunk)?.done();
    }
    this.#request();
  }

  /** Forgets a job and takes back what it asked for. */
  #drop(chunk: number): void {
    this.#jobs.delete(chunk);
    this.#queue = this.#queue.filter((block) => block.chunk !== chunk);
    if (this.alive && !this.#wire.peerChoking) {
      for (const { piece, offset, length } of this.#wire.requests.filter(({ piece }) => piece === chunk)) {
        this.#wire.cancel(piece, offset, length);
      }
    }
    if (this.#jobs.size === 0) clearTimeout(this.#stall);
  }

  #watch(): void {
    clearTimeout(this.#stall);
    if (this.#jobs.size === 0) return;
    this.#stall = setTimeout(() => {
      this.#failAll('TIMEOUT', 'The provider stopped sending.');
      this.#wire.destroy();
    }, STALL_MS);
  }

  #failAll(code: 'CHOKED' | 'PEER_UNREACHABLE' | 'TIMEOUT', message: string): void {
    for (const job of [...this.#jobs.values()]) job.done(new AppError(code, message));
  }
}

export const cancelled = () => new AppError('CANCELLED', 'The fetch was cancelled.');

/** A byte stream that carries a wire. */
export type Carrier = Socket | SimplePeer;

/**
 * Handshakes over `carrier` and waits until the remote has proved to be the magnet's provider, if it names one, and shown
 * that it has something.
 * @throws NOT_FOUND the remote does not serve this torrent; PEER_UNREACHABLE it is somebody else
 */
export async function shake(carrier: Carrier, type: string, magnet: Magnet, options: LinkOptions): Promise<Link> {
  const { default: Wire } = await import('bittorrent-protocol');
  const wire = new Wire(type, 0);
  limitMessages(wire);
  return new Promise<Link>((resolve, reject) => {
    let greeted = false;
    let stocked = false;
    let heard = false;
    const fail = (error: AppError) => {
      clearTimeout(timer);
      reject(error);
      wire.destroy();
      carrier.destroy();
    };
    const timer = setTimeout(() => fail(new AppError('TIMEOUT', 'The handshake was not finished.')), HANDSHAKE_MS);
    const proof = new PeerProof(wire, {
      infoHash: magnet.infoHash,
      ownId: options.ownId,
      identity: options.identity,
      channel: () => channelOf(carrier),
      onSettled: () => advance(),
      onFault: (code, piece) => link?.onFault(code, piece),
    });
    let link: Link | undefined;
    const advance = () => {
      // With no extension handshake yet, a proof may still be on its way.
      if (!greeted || !stocked || proof.pending || wire.destroyed) return;
      // A peer of ours that is not the seller must not have its bytes credited to the seller, whatever the link says.
      const isSeller = proof.peer === undefined ? magnet.provider === undefined : proof.peer === options.seller;
      if (isSeller) {
        clearTimeout(timer);
        link ??= new Link(wire, proof);
        resolve(link);
      } else if (proof.peer !== undefined || heard) {
        fail(new AppError('PEER_UNREACHABLE', 'The remote did not prove to be the provider of the offer.'));
      }
    };
    carrier.on('error', () => wire.destroy());
    carrier.once('close', () => {
      wire.destroy();
      // Told who we ask for, a BitTorrent client that does not have it just hangs up.
      fail(new AppError(greeted ? 'PEER_UNREACHABLE' : 'NOT_FOUND', 'The remote hung up on the handshake.'));
    });
    wire.on('error', () => carrier.destroy());
    wire.once('close', () => carrier.destroy());
    wire.once('finish', () => carrier.destroy());
    wire.once('handshake', (infoHash: string, peerId: string) => {
      if (infoHash !== magnet.infoHash || peerId === options.ownId) {
        fail(new AppError('PEER_UNREACHABLE', 'The remote answered for another torrent.'));
        return;
      }
      greeted = true;
      wire.setKeepAlive(true);
      if (wire.hasFast) wire.haveNone();
    });
    wire.on('extended', () => {
      heard = true;
      advance();
    });
    for (const event of ['bitfield', 'have-all', 'have'] as const) {
      wire.once(event, () => {
        stocked = true;
        advance();
      });
    }
    carrier.pipe(wire as unknown as NodeJS.WritableStream);
    wire.pipe(carrier as unknown as NodeJS.WritableStream);
    wire.handshake(magnet.infoHash, options.ownId, { fast: true, dht: false });
  });
}

/** Both DTLS fingerprints in one order, which bind a proof to this very connection; '' over TCP. */
export function channelOf(carrier: unknown): string {
  const pc = (carrier as Pick<SimplePeer, '_pc'> | null)?._pc;
  if (!pc) return '';
  const prints = [pc.localDescription.sdp, pc.remoteDescription.sdp].map(
    (sdp) => /^a=fingerprint:(\S+ \S+)/im.exec(sdp)?.[1]?.toUpperCase() ?? '',
  );
  return prints.sort().join('|');
}
