/**
 * The `ed2k` protocol: both directions in one ProtocolAdapter, over one listening port.
 *
 * An endpoint is an ed2k link with a source. Any eDonkey client that is given the link can fetch from us, and any such client
 * that shares the file can be fetched from. A client is who its user hash is registered for (`peers`), else `ip:<address>`; a user
 * hash is sent in the clear and so no better than a password that is.
 *
 * It owns the listener, the connections of both directions and the record of failed dials.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { type Content, chunkCount, chunkLength } from '@chiral/protocol/content';
import { AppError, isAppError } from '@chiral/protocol/errors';
import type { Log } from '../../../log.ts';
import type { Offer, PeerKey, ProtocolAdapter, Uplink } from '../../../ports.ts';
import { dial, type Ed2kConnection, greet, plainAddress, toClientId } from './connection.ts';
import { RemoteClient } from './download.ts';
import type { Hello } from './hello.ts';
import { type Ed2kLink, formatEd2kLink, parseEd2kLink, safeName } from './link.ts';
import { fileHash, hashParts, MAX_FILE_BYTES } from './part-hash.ts';
import { OWN_SOFTWARE, Uploader } from './upload.ts';
import type { SharedFile } from './upload-client.ts';

/** Connections from others at a time, in all and from one address. */
const MAX_CONNECTIONS = 256;
const MAX_CONNECTIONS_PER_ADDRESS = 32;
/** An address that did not speak eDonkey is not dialled again for this long, milliseconds: links may name a victim. */
const REDIAL_MS = 60_000;
/** Endpoints remembered. */
const MAX_REMEMBERED = 1_000;

export interface Ed2kAdapterOptions {
  readonly listenHost: string;
  /** 0 for any free one. */
  readonly listenPort: number;
  /** Where others reach us: host name or address that goes into links. */
  readonly publicHost: string;
  /** Port that goes into links; the listening one by default. */
  readonly publicPort?: number;
  /** What we call ourselves, 32 hex digits, the same for the life of the node. */
  readonly userHash: string;
  /** What we call ourselves to the maker of an offer, when it knows us by another name. */
  readonly userHashFor?: (offer: Offer) => string | undefined;
  /** Whom a user hash was registered for; `address` is where the claim comes from. */
  readonly peers: (userHash: string, address: string) => PeerKey | undefined;
  /** Bytes of a chunk of our own file, for hashing only: not through the uplink, and charged to nobody. */
  readonly readLocal: (cid: string, chunk: number) => Promise<Uint8Array>;
  /** Keeps packed part hashes by CID, so that a file is hashed once. */
  readonly hashCache?: { get(cid: string): Uint8Array | undefined; set(cid: string, parts: Uint8Array): void };
  /** File name for links; the CID by default. */
  readonly nameOf?: (cid: string) => string | undefined;
  /** Whether an address may be dialled; any by default. Asked with the resolved address. */
  readonly mayDial?: (address: string) => boolean;
  /** @default one minute */
  readonly redialMs?: number;
  readonly log: Log;
}

export interface Ed2kAdapter extends ProtocolAdapter {
  /** The gate of `peer` may be open now: its client is not left waiting for the next try. */
  wake(peer: PeerKey): void;
  /** Ends the listener and every connection. */
  close(): Promise<void>;
}

export function createEd2kAdapter(options: Ed2kAdapterOptions): Ed2kAdapter {
  const { listenHost, listenPort, publicHost, publicPort, readLocal, hashCache, nameOf, log } = options;
  const { mayDial = () => true, redialMs = REDIAL_MS } = options;
  const ownHash = checkUserHash(options.userHash);
  const remotes = new Map<string, RemoteClient>();
  const failedDials = new Map<string, number>();
  const links = new Map<string, Ed2kLink>();
  const sockets = new Map<Socket, string>();
  const closing = new AbortController();
  let server: Server | undefined;
  let listening: Promise<number> | undefined;

  const uploader = new Uploader({
    peerKey: (userHash, address) => options.peers(userHash, address) ?? `ip:${address}`,
    async callBack(address, port, localAddress) {
      const connection = await connectTo(address, port, ownHash, localAddress);
      serveOver(connection);
      return connection;
    },
    log,
  });

  function ownHello(userHash: string): Hello {
    return {
      userHash,
      clientId: toClientId(publicHost),
      port: publicPort ?? portOf(server),
      nickname: OWN_SOFTWARE,
      software: OWN_SOFTWARE,
      isEmule: false,
      takesLargeFiles: true,
    };
  }

  // ---- connections -------------------------------------------------------------------------------------------------------

  function listen(): Promise<number> {
    listening ??= new Promise((resolve, reject) => {
      const made = createServer({ pauseOnConnect: false }, (socket) => void accept(socket));
      made.once('error', (cause) =>
        reject(new AppError('CONFLICT', `The ed2k port cannot be opened (${cause.message}).`, {}, { cause })),
      );
      made.listen(listenPort, listenHost, () => {
        server = made;
        resolve(portOf(made));
      });
    });
    return listening;
  }

  async function accept(socket: Socket): Promise<void> {
    const address = plainAddress(socket.remoteAddress ?? '');
    const fromThere = [...sockets.values()].filter((other) => other === address).length;
    if (sockets.size >= MAX_CONNECTIONS || fromThere >= MAX_CONNECTIONS_PER_ADDRESS) {
      socket.destroy();
      return;
    }
    sockets.set(socket, address);
    socket.on('close', () => sockets.delete(socket));
    try {
      const connection = await greet(socket, 'accepted', ownHello(ownHash));
      const { port } = connection.hello;
      const place = `${address}:${port}#`;
      const remote = [...remotes].find(([key, { mayBeCalled }]) => mayBeCalled && key.startsWith(place))?.[1];
      if (remote) remote.adopt(connection);
      else serveOver(connection);
    } catch (error) {
      if (!isAppError(error)) throw error;
      log.debug({ address, code: error.code }, 'ed2k connection refused');
    }
  }

  /** Answers what is asked over a connection on which we ask nothing. */
  function serveOver(connection: Ed2kConnection): void {
    connection.take(
      (message) => uploader.receive(connection, message),
      () => uploader.detach(connection),
    );
  }

  async function connectTo(host: string, port: number, userHash: string, localAddress?: string) {
    const place = `${host}:${port}`;
    const failedAtMs = failedDials.get(place);
    if (failedAtMs !== undefined && Date.now() - failedAtMs < redialMs) {
      throw new AppError('PEER_UNREACHABLE', 'This address did not answer a moment ago.');
    }
    try {
      const socket = await dial(host, port, mayDial, closing.signal, localAddress);
      sockets.set(socket, `to ${place}`);
      socket.on('close', () => sockets.delete(socket));
      const connection = await greet(socket, 'dialled', ownHello(userHash));
      failedDials.delete(place);
      return connection;
    } catch (error) {
      if (failedDials.size >= MAX_REMEMBERED) failedDials.clear();
      failedDials.set(place, Date.now());
      if (!isAppError(error, 'BAD_REQUEST', 'TOO_LARGE')) throw error;
      throw new AppError('UNSUPPORTED', 'Whoever listens there does not speak eDonkey.', {}, { cause: error });
    }
  }

  // ---- fetch -------------------------------------------------------------------------------------------------------------

  function remoteAt(host: string, port: number, userHash: string): RemoteClient {
    const key = `${host}:${port}#${userHash}`;
    const known = remotes.get(key);
    if (known) return known;
    for (const [other, remote] of remotes) {
      if (remotes.size < MAX_REMEMBERED) break;
      if (!remote.isConnected) remotes.delete(other);
    }
    const remote = new RemoteClient({
      connect: () => connectTo(host, port, userHash),
      onRequest: (connection, message) => uploader.receive(connection, message),
      onClosed: (connection) => uploader.detach(connection),
    });
    remotes.set(key, remote);
    return remote;
  }

  function linkOf(url: string): Ed2kLink {
    const known = links.get(url);
    if (known) return known;
    const link = readLink(url);
    if (links.size >= MAX_REMEMBERED) links.clear();
    links.set(url, link);
    return link;
  }

  async function fetch(offer: Offer, content: Content, chunk: number, signal: AbortSignal): Promise<Uint8Array> {
    let failure: unknown;
    const userHash = checkUserHash(options.userHashFor?.(offer) ?? ownHash);
    for (const { protocol, url } of offer.endpoints) {
      if (protocol !== 'ed2k') continue;
      try {
        const link = linkOf(url);
        if (link.size !== content.size) throw new AppError('UNSUPPORTED', 'The ed2k link is of another file.');
        for (const { host, port } of link.sources) {
          if (signal.aborted) throw new AppError('CANCELLED', 'The request was given up.');
          try {
            return await remoteAt(host, port, userHash).fetch(link.hash, content, chunk, signal);
          } catch (error) {
            // Only what a second source could mend is tried at a second source.
            if (!isAppError(error, 'PEER_UNREACHABLE', 'TIMEOUT', 'FORBIDDEN', 'UNSUPPORTED')) throw error;
            failure = error;
          }
        }
      } catch (error) {
        if (!isAppError(error, 'PEER_UNREACHABLE', 'TIMEOUT', 'FORBIDDEN', 'UNSUPPORTED')) throw error;
        failure = error;
      }
    }
    throw failure ?? new AppError('UNSUPPORTED', 'The offer has no ed2k endpoint with a source.');
  }

  // ---- serve -------------------------------------------------------------------------------------------------------------

  async function hashOf(content: Content): Promise<Uint8Array> {
    const known = hashCache?.get(content.cid);
    if (known) return known;
    const parts = await hashParts(content.size, readAll(content, readLocal));
    hashCache?.set(content.cid, parts);
    return parts;
  }

  async function serve(content: Content, uplink: Uplink) {
    if (content.size > MAX_FILE_BYTES) {
      throw new AppError('UNSUPPORTED', 'eDonkey has no name for a file this large.', { maxBytes: MAX_FILE_BYTES });
    }
    const parts = await hashOf(content);
    const hash = await fileHash(parts);
    const port = await listen();
    const known = uploader.file(hash);
    if (known && known.content.cid !== content.cid) {
      throw new AppError('CONFLICT', 'Another content with the same ed2k hash is served.', { cid: known.content.cid });
    }
    const name = safeName(nameOf?.(content.cid) ?? content.cid);
    const file: SharedFile = { content, uplink, name, hash, parts };
    uploader.add(file);
    const sources = [{ host: publicHost, port: publicPort ?? port }];
    return {
      endpoint: formatEd2kLink({ name, size: content.size, hash, sources }),
      stop: async () => uploader.remove(file),
    };
  }

  return {
    protocol: 'ed2k',
    fetch,
    serve,
    wake: (peer) => uploader.wake(peer),
    async close() {
      closing.abort();
      uploader.close();
      for (const remote of remotes.values()) remote.close();
      for (const socket of sockets.keys()) socket.destroy();
      const open = await listening?.then(
        () => server,
        () => undefined,
      );
      if (open) await new Promise((resolve) => open.close(resolve));
    },
  };
}

function portOf(server: Server | undefined): number {
  const address = server?.address();
  return typeof address === 'object' && address ? address.port : 0;
}

/** @throws UNSUPPORTED */
function readLink(url: string): Ed2kLink {
  try {
    return parseEd2kLink(url);
  } catch (cause) {
    throw new AppError('UNSUPPORTED', 'The offer has a malformed ed2k link.', {}, { cause });
  }
}

function checkUserHash(text: string): string {
  if (!/^[0-9a-f]{32}$/i.test(text)) throw new Error('An ed2k user hash is 32 hex digits.');
  return text.toLowerCase();
}

async function* readAll(
  content: Content,
  readLocal: Ed2kAdapterOptions['readLocal'],
): AsyncGenerator<Uint8Array, void, void> {
  for (let chunk = 0; chunk < chunkCount(content.size); chunk++) {
    const data = await readLocal(content.cid, chunk);
    if (data.length !== chunkLength(content.size, chunk)) {
      throw new AppError('CONTENT_CHANGED', 'The file has another length than when it was published.');
    }
    yield data;
  }
}
