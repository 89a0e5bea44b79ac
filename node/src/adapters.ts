/**
 * The transfer protocols of this node, built from what each needs. Only those that the owner serves listen; a node can fetch
 * over every one that is built. Owns the table of hashes that foreign protocols need, so that a file is hashed for each once.
 */
import { createHash } from 'node:crypto';
import { BlockList, isIP } from 'node:net';
import { PROTOCOLS } from '@chiral/protocol/offer';
import type { Sessions } from './accounting/sessions.ts';
import type { NodeConfig } from './config.ts';
import type { Library } from './content/library.ts';
import type { Database } from './db.ts';
import type { Host } from './discovery/host.ts';
import type { Log } from './log.ts';
import type { Credentials, Offer, Paywall, PeerKey, ProtocolAdapter } from './ports.ts';
import { createEd2kAdapter } from './transfer/adapters/ed2k/adapter.ts';
import { createHttpAdapter, type HttpAdapter } from './transfer/adapters/http.ts';
import { createLibp2pAdapter } from './transfer/adapters/libp2p/adapter.ts';
import { createTorrentAdapters, type TorrentAdapters } from './transfer/adapters/torrent/torrent.ts';
import { takeBuffer } from './transfer/chunk-buffers.ts';
import { sellerOrder } from './transfer/selection.ts';

const MIGRATIONS = [
  `CREATE TABLE foreign_hash (
     kind TEXT NOT NULL, cid TEXT NOT NULL, hashes BLOB NOT NULL, PRIMARY KEY (kind, cid)
   ) STRICT;`,
];

export interface Adapters {
  readonly all: readonly ProtocolAdapter[];
  /** The same, in the order in which an offer lists them. */
  readonly offered: readonly ProtocolAdapter[];
  readonly http: HttpAdapter;
  readonly torrents: TorrentAdapters | undefined;
  /** SHA-1 of the pieces of a content, packed; undefined where nobody needed them. */
  pieceHashes(cid: string): Uint8Array | undefined;
  /** Whether a host that a stranger named may be connected to. */
  mayDial(host: string): boolean;
  /** `peer` was granted more: whoever waits at a gate may ask again. */
  wake(peer: PeerKey): void;
  close(): Promise<void>;
}

/** An ed2k client calls itself by 16 bytes; ours are made from the session token, which only its two ends know. */
export const userHashOfToken = (token: string) =>
  createHash('sha256').update(`chiral ed2k ${token}`).digest('hex').slice(0, 32);

/** A stranger's word must not make a public node knock on its own network's doors. */
function isPublicAddress(address: string): boolean {
  return isIP(address) !== 0 && !PRIVATE.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

const PRIVATE = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['224.0.0.0', 3],
] as const) {
  PRIVATE.addSubnet(network, prefix, 'ipv4');
}
for (const [network, prefix] of [
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const) {
  PRIVATE.addSubnet(network, prefix, 'ipv6');
}

export async function createAdapters(options: {
  config: NodeConfig;
  db: Database;
  library: Library;
  host: Host;
  sessions: Sessions;
  credentials: Credentials;
  publicUrl: () => string;
  /** Late, since the payment layer is built after this. */
  paywall: () => Paywall | undefined;
  log: Log;
}): Promise<Adapters> {
  const { config, db, library, host, sessions, credentials, publicUrl, paywall, log } = options;
  db.migrate('foreign-hashes', MIGRATIONS);
  const load = db.connection.prepare('SELECT hashes FROM foreign_hash WHERE kind = ? AND cid = ?');
  const save = db.connection.prepare('INSERT OR REPLACE INTO foreign_hash (kind, cid, hashes) VALUES (?, ?, ?)');
  const kept = (kind: string) => ({
    load: (cid: string) => load.get(kind, cid)?.hashes as Uint8Array | undefined,
    save: (cid: string, hashes: Uint8Array) => void save.run(kind, cid, hashes),
  });
  const sha1 = kept('sha1');
  const readLocal = (cid: string, chunk: number) => library.get(cid, chunk);
  const wants = (...names: string[]) => config.protocols.some((name) => names.includes(name));
  const { hostname } = new URL(publicUrl());
  // Who listens on a private address and nowhere else lives in a closed network, where others are at such addresses, too.
  const isClosed =
    isIP(config.httpHost) !== 0 && !/^[0:.]+$/.test(config.httpHost) && !isPublicAddress(config.httpHost);

  const mayDial = (address: string) => isClosed || !isIP(address) || isPublicAddress(address);
  const http = createHttpAdapter({ sessions, credentials, publicUrl, mayDial, paywall });
  const libp2p = wants('libp2p') ? await createLibp2pAdapter({ host, allocate: takeBuffer }) : undefined;
  const torrents = wants('webtorrent', 'bittorrent')
    ? createTorrentAdapters({
        readLocal,
        hosts: () => (isIP(hostname) ? [hostname] : []),
        log,
        pieceHashes: sha1,
        identity: { peerId: host.peerId, sign: host.sign },
        sessions,
        webSeed: (cid, token) => `${publicUrl()}/file/${cid}${token ? `?token=${encodeURIComponent(token)}` : ''}`,
        ...(isClosed && { bind: config.httpHost, allowPrivate: true }),
        torrentPort: config.torrentPort,
        trackerPort: config.trackerPort,
        dht: config.torrentDht ? {} : false,
      })
    : undefined;
  const md4 = kept('md4');
  const ed2k = wants('ed2k')
    ? createEd2kAdapter({
        listenHost: config.httpHost,
        listenPort: config.ed2kPort,
        publicHost: hostname,
        userHash: userHashOfToken(host.peerId),
        userHashFor: (offer: Offer) => {
          const token = credentials.token(offer);
          return token && userHashOfToken(token);
        },
        peers: (userHash) => sessions.byName(userHash),
        readLocal,
        hashCache: { get: md4.load, set: md4.save },
        nameOf: (cid) => library.find(cid)?.name,
        mayDial,
        log,
      })
    : undefined;
  const all = [http, libp2p, torrents?.webtorrent, torrents?.bittorrent, ed2k].filter(
    (adapter) => adapter !== undefined && wants(adapter.protocol),
  ) as ProtocolAdapter[];
  const reach = config.publicUrl !== undefined || isPublicAddress(hostname) || !isIP(hostname) ? 'public' : 'nat';
  // The default names every protocol; whoever names some has an order in mind.
  const preferred = config.protocols.length < PROTOCOLS.length ? config.protocols : [];
  const order = sellerOrder(
    reach,
    all.map(({ protocol }) => protocol),
    preferred,
  );
  return {
    all,
    offered: order.flatMap((protocol) => all.filter((adapter) => adapter.protocol === protocol)),
    http,
    torrents,
    pieceHashes: sha1.load,
    mayDial,
    wake(peer) {
      torrents?.wake(peer);
      ed2k?.wake(peer);
    },
    async close() {
      http.close();
      await Promise.all([libp2p?.close(), torrents?.stop(), ed2k?.close()]);
    },
  };
}
