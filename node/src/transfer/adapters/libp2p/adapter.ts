/**
 * The `libp2p` protocol, our own: chunks and slices over `/chiral/exchange/1.0.0`, from and to peers that noise has proven,
 * over whatever transport libp2p has between them, so that a browser reaches any node. One stream per peer is kept and
 * carries many requests at once, and beside them the notes of another layer, which are opaque here.
 *
 * It owns those streams and the list of what is served. The peer of an Uplink is the libp2p peer id.
 */
import { AppError, isAppError } from '@chiral/protocol/errors';
import { abortError, type ByteStream, FrameStream } from '@chiral/protocol/frame-stream';
import type { Content, Offer, PeerKey, ProtocolAdapter } from '../../../ports.ts';
import { createExchangeClient, type ExchangeClient } from './client.ts';
import { answerStream, type NoteHandler, type Served } from './server.ts';
import { type Allocate, EXCHANGE_PROTOCOL, MAX_EXCHANGE_FRAME_BYTES } from './wire.ts';

/** Time to reach a peer, ms. */
const OPEN_TIMEOUT_MS = 10_000;
/** Streams of one peer at a time; it needs one. */
const MAX_STREAMS_PER_PEER = 4;
/** Addresses in an endpoint; an offer's URL has at most 2,048 characters. */
const MAX_ENDPOINT_ADDRESSES = 8;
const MAX_ENDPOINT_LENGTH = 2048;

/** What this adapter needs of the network host. */
export interface StreamHost {
  readonly peerId: string;
  /** Multiaddrs of this node, each ending in its peer id. */
  addresses(): string[];
  learn(peerId: string, addresses: readonly string[]): Promise<void>;
  /** @throws PEER_UNREACHABLE, UNSUPPORTED, TIMEOUT, CANCELLED */
  openStream(peerId: string, protocol: string, signal: AbortSignal): Promise<ByteStream>;
  handle(
    protocol: string,
    handler: (peerId: string, stream: ByteStream) => Promise<void>,
    maxStreamsPerPeer?: number,
  ): Promise<() => Promise<void>>;
}

export interface Libp2pAdapter extends ProtocolAdapter {
  /** Bytes `[start, end)` of a chunk, unverified. @throws as `fetch` */
  fetchRange(
    offer: Offer,
    content: Content,
    chunk: number,
    range: { start: number; end: number },
    signal: AbortSignal,
  ): Promise<Uint8Array>;
  /** Opaque request and answer on the stream that also carries the chunks. @throws PEER_UNREACHABLE, TIMEOUT, CANCELLED, or the code that came back */
  note(peer: PeerKey, body: Uint8Array, signal?: AbortSignal): Promise<Uint8Array>;
  close(): Promise<void>;
}

export interface Libp2pAdapterOptions {
  readonly host: StreamHost;
  /** Answers notes; without it they are UNSUPPORTED. */
  readonly onNote?: NoteHandler;
  /** Memory for what is fetched, of the length that is asked; fresh memory by default. */
  readonly allocate?: Allocate;
}

export async function createLibp2pAdapter({ host, onNote, allocate }: Libp2pAdapterOptions): Promise<Libp2pAdapter> {
  const served = new Map<string, Served>();
  const clients = new Map<PeerKey, Promise<ExchangeClient>>();
  const closing = new AbortController();

  const stopHandling = await host.handle(
    EXCHANGE_PROTOCOL,
    (peer, stream) => {
      const frames = new FrameStream(stream, MAX_EXCHANGE_FRAME_BYTES);
      return answerStream({ peer, frames, served: (cid) => served.get(cid), onNote, closing: closing.signal });
    },
    MAX_STREAMS_PER_PEER,
  );

  const open = (peer: PeerKey): Promise<ExchangeClient> => {
    const forget = () => {
      if (clients.get(peer) === opening) clients.delete(peer);
    };
    const opening = (async () => {
      const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(OPEN_TIMEOUT_MS)]);
      const stream = await host.openStream(peer, EXCHANGE_PROTOCOL, signal);
      return createExchangeClient(new FrameStream(stream, MAX_EXCHANGE_FRAME_BYTES), forget, allocate);
    })();
    clients.set(peer, opening);
    opening.catch(forget);
    return opening;
  };

  /** The kept client of `peer`, or a new one; the caller may leave while it is being opened. */
  const clientOf = async (peer: PeerKey, signal: AbortSignal): Promise<ExchangeClient> => {
    if (signal.aborted) throw abortError(signal);
    const kept = await orAbort(clients.get(peer) ?? open(peer), signal);
    if (kept.isOpen) return kept;
    // The other side closed it while nobody asked; nothing was sent on it, so a new one is safe.
    kept.close(new AppError('PEER_UNREACHABLE', 'The peer closed the exchange.', { peer }));
    return orAbort(clients.get(peer) ?? open(peer), signal);
  };

  const fetchRange = async (
    offer: Offer,
    content: Content,
    chunk: number,
    range: { start: number; end: number } | undefined,
    signal: AbortSignal,
  ): Promise<Uint8Array> => {
    let failure: unknown;
    for (const { protocol, url } of offer.endpoints) {
      if (protocol !== 'libp2p') continue;
      try {
        const { peerId, addresses } = parseEndpoint(url);
        if (peerId === host.peerId) throw new AppError('PEER_UNREACHABLE', 'The offer is our own.');
        if (!clients.has(peerId)) await host.learn(peerId, addresses);
        const client = await clientOf(peerId, signal);
        return await client.fetch(content, chunk, range, signal);
      } catch (error) {
        // Only what a second endpoint could mend is tried at a second endpoint.
        if (!isAppError(error, 'PEER_UNREACHABLE', 'UNSUPPORTED')) throw error;
        failure = new AppError('PEER_UNREACHABLE', error.message, error.details, { cause: error });
      }
    }
    throw failure ?? new AppError('UNSUPPORTED', 'The offer has no libp2p endpoint.');
  };

  return {
    protocol: 'libp2p',
    fetch: (offer, content, chunk, signal) => fetchRange(offer, content, chunk, undefined, signal),
    fetchRange,
    async serve(content, uplink) {
      const entry = { content, uplink };
      served.set(content.cid, entry);
      return {
        endpoint: toEndpoint(host.peerId, host.addresses()),
        async stop() {
          if (served.get(content.cid) === entry) served.delete(content.cid);
        },
      };
    },
    async note(peer, body, signal = new AbortController().signal) {
      const client = await clientOf(peer, signal);
      return client.note(body, signal);
    },
    async close() {
      closing.abort(new AppError('CANCELLED', 'The node is stopping.'));
      served.clear();
      await stopHandling();
      const open = await Promise.allSettled(clients.values());
      const reason = new AppError('CANCELLED', 'The node is stopping.');
      for (const client of open) if (client.status === 'fulfilled') client.value.close(reason);
    },
  };
}

/** Endpoint of an offer: multiaddrs joined by commas, each ending in the same peer id; the bare `/p2p/<id>` comes last. */
export function toEndpoint(peerId: string, addresses: readonly string[]): string {
  const kept: string[] = [];
  const bare = `/p2p/${peerId}`;
  let length = bare.length;
  for (const address of addresses.slice(0, MAX_ENDPOINT_ADDRESSES)) {
    length += address.length + 1;
    if (length > MAX_ENDPOINT_LENGTH) break;
    if (address.endsWith(bare)) kept.push(address);
  }
  return [...kept, bare].join(',');
}

/** @throws UNSUPPORTED for anything but addresses of one peer */
export function parseEndpoint(url: string): { peerId: string; addresses: string[] } {
  const addresses = url.slice(0, MAX_ENDPOINT_LENGTH).split(',', MAX_ENDPOINT_ADDRESSES + 1);
  const peers = addresses.map((address) => /\/p2p\/([1-9A-Za-z]{1,128})$/.exec(address)?.[1]);
  const [peerId] = peers;
  if (!peerId || peers.some((peer) => peer !== peerId)) {
    throw new AppError('UNSUPPORTED', 'The offer has a malformed libp2p endpoint.');
  }
  return { peerId, addresses: addresses.filter((address) => !address.startsWith('/p2p/')) };
}

function orAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(abortError(signal));
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
