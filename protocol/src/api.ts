/**
 * The owner's API of a daemon, as the CLI and the page speak it: loopback HTTP under `/api/v1`, a bearer token, JSON with
 * wei as decimal text. Long work answers with NDJSON: one event a line, the last is `done` or `error`. Types and schemas only.
 */
import { z } from 'zod';
import { MAX_ABOUT } from './listing-limits.ts';
import { PROTOCOLS } from './offer.ts';
import { address, decimal } from './schema.ts';

/** Where a running daemon leaves its URL and token (mode 0600) inside its data folder. */
export const API_FILE = 'api.json';
export const API_PREFIX = '/api/v1';

const protocols = z.array(z.enum(PROTOCOLS)).min(1);

export const publishRequest = z.strictObject({
  /** Absolute path on the daemon's machine. */
  path: z.string().min(1).max(4096),
  name: z.string().max(512).optional(),
  mime: z.string().max(512).optional(),
  weiPerMiB: decimal.optional(),
  protocols: protocols.optional(),
  /** Lists it in the public catalogue, with this line about it; null takes it off. As it was when absent. */
  listed: z.string().max(MAX_ABOUT).nullable().optional(),
});

export const getRequest = z.strictObject({
  /** CID, SHA-256 of a file (64 hex digits), infohash (40), magnet link, or `chiral:<CID>`. */
  target: z.string().min(1).max(4096),
  /** Absolute path: a file to be, or an existing folder. The daemon's downloads folder by default. */
  to: z.string().max(4096).optional(),
  /** The most this download may cost, wei. */
  maxWei: decimal.optional(),
  /** Only through these. */
  protocols: protocols.optional(),
  /** Pay by work instead of money, with so many threads; all processors by default. */
  work: z.strictObject({ threads: z.number().int().min(1).max(1024).optional() }).optional(),
});

export const sendRequest = z.strictObject({ to: address, wei: decimal });
export const settleRequest = z.strictObject({ peers: z.array(z.string()).optional() });
export const withdrawRequest = z.strictObject({ channelId: z.string() });

/** A file held here. */
export interface FileRow {
  cid: string;
  name: string;
  mime: string;
  size: number;
  sha256: string;
  path: string;
  complete: boolean;
  heldChunks: number;
  totalChunks: number;
  /** On offer here; absent when it is only held. */
  offer?: { weiPerMiB: string; protocols: string[] };
  /** What the catalogue says of it; absent when it is not listed. */
  listed?: string;
}

/** A line of the public catalogue, its signature checked. */
export interface CatalogueRow {
  cid: string;
  name: string;
  mime: string;
  size: number;
  about: string;
  wallet: string;
  weiPerMiB: string;
  /** Seconds since 1970. */
  createdAt: number;
}

/** One seller's part in a download. */
export interface SellerRow {
  peer: string;
  wallet: string;
  protocol: string;
  weiPerMiB: string;
  chunks: number;
  bytes: number;
  badChunks: number;
  /** Cost of those bytes, wei. */
  costWei: string;
  /** Running totals with this seller over all downloads, wei. */
  deliveredWei: string;
  authorizedWei: string;
}

export type PublishEvent =
  | { event: 'progress'; bytes: number; total: number }
  | { event: 'done'; file: FileRow }
  | { event: 'error'; problem: unknown };

export type GetEvent =
  | { event: 'offer'; peer: string; wallet: string; weiPerMiB: string; protocols: string[]; name: string; size: number }
  | { event: 'refused'; peer: string; code: string; message: string }
  | { event: 'progress'; bytes: number; total: number; bytesPerSecond: number; sources: number; costWei: string }
  | { event: 'source'; peer: string; state: 'joined' | 'choked' | 'banned' | 'lost'; message?: string }
  /** First byte of the first chunk that a voucher covers, milliseconds since 1970. */
  | { event: 'paid'; peer: string; atMs: number; cumulativeWei: string }
  /** Paid by work: what the search is at, and what this purchase has earned so far, wei. */
  | {
      event: 'work';
      state: 'waiting' | 'preparing' | 'searching';
      /** Of `preparing`, 0 to 1. */
      fraction: number;
      hashesPerSecond: number;
      shares: number;
      earnedWei: string;
    }
  | { event: 'complete'; cid: string; path: string; bytes: number; seconds: number; sellers: SellerRow[] }
  | { event: 'done'; cid: string; path: string; bytes: number; seconds: number; sellers: SellerRow[] }
  | { event: 'error'; problem: unknown };

export interface StatusAnswer {
  version: string;
  peerId: string;
  wallet: string;
  addresses: string[];
  /** What offers carry, and where this machine reaches the same server. */
  publicUrl: string;
  listenUrl: string;
  peers: number;
  dhtPeers: number;
  files: number;
  chain: { reachable: boolean; chainId: number; blockNumber?: number; rpcUrl: string; contract: string };
  balanceWei?: string;
  unsettledWei: string;
  uptimeSeconds: number;
}

export interface LedgerRow {
  peer: string;
  direction: 'out' | 'in';
  bytes: number;
  deliveredWei: string;
  authorizedWei: string;
  settledWei: string;
  /** Earned by work: pays as `authorizedWei` does, and is no part of it. */
  workedWei: string;
}

/** What was delivered from here and what it was worth, wei, by what it was and by the way it went; the dearest first. */
export interface EarningsAnswer {
  /** `name` is empty for what is no longer held. */
  files: { cid: string; name: string; bytes: number; wei: string }[];
  protocols: { protocol: string; bytes: number; wei: string }[];
}

export interface WalletAnswer {
  address: string;
  sessionAddress: string;
  balanceWei: string;
  channels: {
    id: string;
    role: 'payer' | 'payee';
    peer: string;
    balanceWei: string;
    cumulativeWei: string;
    settledWei: string;
    closing: boolean;
  }[];
}

export interface HistoryRow {
  hash: string;
  blockNumber: number;
  from: string;
  to: string | null;
  wei: string;
  /** `in`, `out`, or `self`. */
  direction: 'in' | 'out' | 'self';
}

export interface SettleAnswer {
  transaction?: string;
  rows: { peer: string; channelId: string; settledWei: string }[];
}

/** Opens a session with the sellers of a content for clients that know nothing of us; see `SessionEvent`. */
export const sessionRequest = z.strictObject({
  /** As in `getRequest`. */
  target: z.string().min(1).max(512),
  /** The most that each seller gets, wei. The content's cost, and a little for what is lost on the way, by default. */
  maxWei: decimal.optional(),
  /** 32 hex digits by which an eDonkey client of the owner calls itself. */
  ed2kUserHash: z
    .string()
    .regex(/^[0-9a-fA-F]{32}$/)
    .optional(),
  /** Only with this seller. */
  peer: z.string().max(128).optional(),
});

/** The session lasts as long as the stream is read; what is owed when it ends is paid. */
export type SessionEvent =
  | {
      event: 'session';
      peer: string;
      wallet: string;
      weiPerMiB: string;
      cid: string;
      size: number;
      /** The file, for curl, players, download managers; also a BEP 19 web seed. */
      url?: string;
      /** For torrent clients: trackers and web seeds in them know the holder. */
      magnet?: string;
      torrentUrl?: string;
      /** For eDonkey clients that call themselves by `userHash`. */
      ed2k?: { link: string; userHash: string };
    }
  | { event: 'refused'; peer: string; code: string; message: string }
  /** What the seller says it delivered in this session, and the running totals with it, wei. */
  | { event: 'progress'; peer: string; bytes: number; owedWei: string; authorizedWei: string }
  | { event: 'paid'; peer: string; cumulativeWei: string }
  /** The seller has had all that it may get. */
  | { event: 'spent'; peer: string; wei: string }
  | { event: 'done' }
  | { event: 'error'; problem: unknown };
