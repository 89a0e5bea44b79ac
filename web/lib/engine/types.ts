/**
 * What the pages see of the engine: the peer, store and payer that run in the tab. Types only, so that a page may import it
 * without loading a byte of the peer; the engine itself comes with `await import('@/lib/engine')` → `createEngine`.
 *
 * Wei is `bigint` here; inside events it is decimal text, as in the daemon's own API, whose events these are.
 */
import type { CatalogueRow, FileRow, GetEvent, SellerRow } from '@chiral/protocol/api';
import type { FolderRow } from '@chiral/protocol/folder';
import type { ProtocolName } from '@chiral/protocol/offer';

export type { CatalogueRow, FileRow, FolderRow, GetEvent, ProtocolName, SellerRow };

/** The user's wallet: an EIP-1193 provider and the account that the user connected. */
export interface WalletPort {
  readonly address: string;
  request(args: { method: string; params?: unknown }): Promise<unknown>;
}

export interface EngineOptions {
  /**
   * Nodes to begin with: multiaddrs (`/ip4/…/ws/p2p/…`, `/…/webrtc-direct/certhash/…/p2p/…`) or web addresses of nodes
   * (`http://…`), which are asked for their multiaddrs and also answer look-ups.
   */
  readonly bootstrap: readonly string[];
  /** JSON-RPC for reads. Absent: reads go through the wallet's own node. */
  readonly rpcUrl?: string;
  readonly chainId?: number;
  readonly contract?: string;
  readonly wallet?: WalletPort;
}

/** An offer whose signature was checked here. */
export interface FoundOffer {
  readonly cid: string;
  readonly peer: string;
  readonly wallet: string;
  readonly weiPerMiB: bigint;
  readonly protocols: readonly ProtocolName[];
  /** Those of `protocols` that a tab can speak. */
  readonly usable: readonly ProtocolName[];
  /** As the seller calls it. Display only. */
  readonly name: string;
  readonly mime: string;
  readonly size: number;
  readonly heldChunks: number;
  readonly totalChunks: number;
  /** Price of all of it, wei. */
  readonly totalWei: bigint;
  /** From the question to the answer, milliseconds. */
  readonly answeredMs: number;
  /** What this browser knows of the seller from before. */
  readonly known: Standing;
}

/** A seller's record with this browser, over all downloads. */
export interface Standing {
  /** Delivered to us and verified. */
  readonly bytes: number;
  /** Parts that were not what they should have been; each ended the dealings of its day. */
  readonly badChunks: number;
}

export interface GetOptions {
  /** CID, SHA-256 of a file (64 hex digits), `chiral:<CID>`; a `#key=` fragment is not for the engine. */
  readonly target: string;
  /** The most this download may cost, wei. */
  readonly maxWei?: bigint;
  /** Only through these. */
  readonly protocols?: ProtocolName[];
  /** Only from these; all that are found when absent. */
  readonly peers?: readonly string[];
  /** Pay by work of this machine instead of money: no wallet is asked, and none is needed. */
  readonly work?: boolean;
  /** What will be got after this at the same price, bytes: one confirmation is for all of it. */
  readonly aheadBytes?: number;
  /** Asks nothing of the wallet: what is free, or already paid for, is all there will be. */
  readonly isUnasked?: boolean;
  /**
   * Pay after the fact: what sellers give before they are paid is taken, and what was verified is owed until `pay`. No wallet is
   * asked before that, and none is needed.
   */
  readonly after?: boolean;
}

/** What one download owes after the fact. */
export interface Due {
  readonly cid: string;
  /** In all. */
  readonly wei: bigint;
  readonly sellers: readonly { readonly peer: string; readonly wallet: string; readonly wei: bigint }[];
  /** The wallet is asked, or its transaction waits for a block. */
  readonly isPaying: boolean;
}

/** How paying by work stands. */
export interface WorkSnapshot {
  readonly state: 'waiting' | 'preparing' | 'searching';
  /** Of `preparing`, 0 to 1. */
  readonly fraction: number;
  readonly hashesPerSecond: number;
  /** Shares that sellers counted in this download, and what they were worth, wei. */
  readonly shares: number;
  readonly earnedWei: bigint;
}

/** Where each chunk came from. The arrays are live: read them when `version` of the transfer has changed. */
export interface ChunkMap {
  readonly count: number;
  /** 0 not here yet; 1 here before this download began; 2 + index in PROTOCOLS otherwise. */
  readonly protocol: Uint8Array;
  /** Index in `peers`; meaningless where `protocol` is below 2. */
  readonly peer: Uint16Array;
  readonly peers: readonly string[];
}

export type SellerState = 'joining' | 'active' | 'choked' | 'banned' | 'lost' | 'refused';

/** One seller of one download. */
export interface SellerSnapshot {
  readonly peer: string;
  readonly wallet: string;
  readonly weiPerMiB: bigint;
  readonly state: SellerState;
  /** Why it was refused, lost or banned: an error code. */
  readonly code?: string;
  /** Verified bytes of this download by protocol. */
  readonly bytes: Readonly<Partial<Record<ProtocolName, number>>>;
  readonly badChunks: number;
  /** Cost of those bytes, wei. */
  readonly costWei: bigint;
  /** With this seller over all downloads: delivered and neither promised nor worked for, promised by vouchers, claimed on the chain. */
  readonly owedWei: bigint;
  readonly authorizedWei: bigint;
  readonly settledWei: bigint;
  /** Earned from it by work. */
  readonly workedWei: bigint;
}

export type TransferState =
  | 'searching'
  /** A confirmation is open in the wallet. */
  | 'confirming'
  /** The confirmed opening waits for its block. */
  | 'opening'
  | 'downloading'
  /** Whole and checked; last vouchers are on their way. */
  | 'complete'
  /** Whole and checked, and still owed for. */
  | 'verified'
  | 'done'
  | 'paused'
  | 'failed';

export interface TransferSnapshot {
  readonly cid: string;
  readonly name: string;
  readonly mime: string;
  readonly size: number;
  readonly heldBytes: number;
  readonly state: TransferState;
  readonly bytesPerSecond: number;
  readonly costWei: bigint;
  readonly maxWei?: bigint;
  /** When it is, or was last, paid by work. */
  readonly work?: WorkSnapshot;
  readonly sellers: readonly SellerSnapshot[];
  readonly chunks: ChunkMap;
  /** Raised at each change, `chunks` included. */
  readonly version: number;
  /** Problem details (protocol/errors) when it failed. */
  readonly problem?: unknown;
}

/** Money of this page, wei. */
export interface MoneySnapshot {
  /** Delivered to us and neither promised nor worked for. */
  readonly owedWei: bigint;
  readonly authorizedWei: bigint;
  readonly settledWei: bigint;
  /** Earned from sellers by work. */
  readonly workedWei: bigint;
  /** What could be lost if every seller turned bad now: promised and not delivered. */
  readonly worstCaseWei: bigint;
  /** In channels and not promised: comes back by `withdraw`. */
  readonly lockedWei: bigint;
  /** Earned by this tab: delivered to others; promised to us; claimed. */
  readonly earnedWei: bigint;
  readonly receivableWei: bigint;
  readonly claimedWei: bigint;
}

/** What one buyer got of one content from this tab. */
export interface Sale {
  readonly cid: string;
  readonly peer: string;
  readonly protocol: ProtocolName;
  readonly bytes: number;
  /** What it was worth, wei. */
  readonly wei: bigint;
}

export interface ChannelSnapshot {
  readonly id: string;
  readonly role: 'payer' | 'payee';
  readonly peer: string;
  /** Who gets the money. */
  readonly receiver: string;
  readonly payer: string;
  readonly balanceWei: bigint;
  readonly promisedWei: bigint;
  readonly settledWei: bigint;
  readonly closing: boolean;
  /** A withdrawal that was begun can be finished from then on, milliseconds since 1970. */
  readonly withdrawableAtMs?: number;
}

export interface NetworkSnapshot {
  readonly peerId: string;
  /** Open connections, and how each peer is reached. */
  readonly peers: readonly {
    readonly peer: string /** `other` is another tab, by WebRTC. */;
    readonly transport: 'ws' | 'webrtc-direct' | 'other';
  }[];
  readonly dhtPeers: number;
}

export interface EngineSnapshot {
  readonly transfers: readonly TransferSnapshot[];
  readonly money: MoneySnapshot;
  /** Delivered from this tab. */
  readonly sales: readonly Sale[];
  readonly channels: readonly ChannelSnapshot[];
  readonly network: NetworkSnapshot;
  /** Held in this browser, shared files included. */
  readonly files: readonly FileRow[];
  /** What is to be paid after the fact. */
  readonly dues: readonly Due[];
  readonly wallet: string | undefined;
}

export interface ShareOptions {
  readonly name?: string;
  readonly mime?: string;
  readonly weiPerMiB?: bigint;
  /** Shares the ciphertext, under no name; who has the key of the answer reads it, and nobody else. */
  readonly encrypt?: boolean;
  /** Lists it in the public catalogue with this line about it; one more question of the wallet. Nothing that is encrypted is listed. */
  readonly listed?: string;
}

/** `key` of an encrypted file, as text: it belongs into the fragment of a link and nowhere else. */
export type SharedFile = FileRow & { readonly key?: string };

/** What an encrypted file is, as its maker says. */
export interface UnlockedFile {
  readonly name: string;
  readonly mime: string;
  readonly size: number;
}

export interface Engine {
  /** A new object whenever something changed, at most ten times a second: made for `useSyncExternalStore`. */
  snapshot(): EngineSnapshot;
  subscribe(listener: () => void): () => void;

  /** The account or wallet changed, or was disconnected. Running downloads go on with the channels they have. */
  setWallet(wallet: WalletPort | undefined): void;

  /**
   * Offers as they arrive, checked. Ends when the search is exhausted or `signal` aborts.
   * @throws BAD_REQUEST; FORBIDDEN the browser keeps this page from the local network; PEER_UNREACHABLE no node answers
   */
  search(target: string, onOffer: (offer: FoundOffer) => void, signal: AbortSignal): Promise<void>;

  /**
   * Downloads and pays; resolves after `done` was emitted. One confirmation in the wallet when a channel must be opened.
   * A file that is here already costs nothing and asks nothing. `signal` pauses: what is here stays.
   * @throws as `search`; NO_OFFERS, SPENDING_CAP, CANCELLED (`details.wallet` is true when the user declined in the wallet),
   * INSUFFICIENT_FUNDS, WRONG_CHAIN, CHOKED, CONTENT_INVALID, STORE_FAILED
   */
  get(options: GetOptions, emit: (event: GetEvent) => void, signal: AbortSignal): Promise<void>;

  /**
   * Pays every seller of `cid` what it is due after the fact: one confirmation, one transaction. Resolves when it is confirmed.
   * A payment that a reload cut short is found on the chain and not made twice.
   * @throws NOT_FOUND nothing is due; CONFLICT it is being paid; CANCELLED declined; as `get`
   */
  pay(cid: string): Promise<{ transaction: string; wei: bigint }>;

  /** Downloads that a reload cut short; `get` with the same target resumes one. */
  unfinished(): readonly { cid: string; name: string; size: number; heldBytes: number }[];

  /**
   * An address that plays, shows or downloads `cid` while it still comes in (ranges; a read waits for its chunks, and a
   * seek moves the download there). Same origin, lives as long as the tab.
   */
  url(cid: string, options?: { download?: boolean }): string;
  /** The whole file, read from this browser's storage. @throws NOT_FOUND */
  blob(cid: string): Promise<Blob>;
  /** Asks the browser to save it under its name. @throws NOT_FOUND */
  save(cid: string): Promise<void>;
  /** Forgets the bytes. What was paid stays in the books. */
  remove(cid: string): Promise<void>;

  /** Hashes, keeps and offers a file from this tab over WebTorrent. @throws STORE_FAILED */
  share(
    file: File,
    options: ShareOptions,
    onProgress: (bytes: number, total: number) => void,
    signal: AbortSignal,
  ): Promise<SharedFile>;
  /**
   * Waits for the first part of an encrypted file. From then on `url`, `blob` and `save` give what is inside.
   * @throws CONTENT_INVALID not with this key; NOT_FOUND nothing of it is here
   */
  unlock(cid: string, key: string, signal: AbortSignal): Promise<UnlockedFile>;
  unshare(cid: string): Promise<void>;

  /**
   * Lines of the public catalogue that have all of `words`, the newest first, each signed by the wallet that sells.
   * @throws as `search`
   */
  browse(words: string, signal: AbortSignal): Promise<readonly CatalogueRow[]>;

  /** Rows of a folder whose list is here. @throws NOT_FOUND; CONTENT_INVALID it is none */
  folder(cid: string): Promise<readonly FolderRow[]>;
  /** Saves what is here of a folder as one ZIP. @throws NOT_FOUND, CONTENT_INVALID, TOO_LARGE */
  saveFolder(cid: string, signal: AbortSignal): Promise<void>;
  /**
   * Shares each file and then the list of them, which is free; the wallet is asked for each. A no takes all of it back.
   * @throws as `share`; BAD_REQUEST a name that other systems cannot have, TOO_LARGE
   */
  shareFolder(
    name: string,
    files: readonly { path: string; file: File }[],
    options: Pick<ShareOptions, 'weiPerMiB' | 'listed'>,
    onProgress: (file: number, bytes: number, total: number) => void,
    signal: AbortSignal,
  ): Promise<FileRow>;
  /** Claims what others promised to this tab, in one transaction of the wallet. */
  claim(): Promise<{ transaction?: string; wei: bigint }>;

  /** Begins to take back what is not promised; called again after the delay it finishes. Each is one confirmation. */
  withdraw(channelId: string): Promise<{ hash: string; state: 'begun' | 'finished'; readyAtMs?: number }>;
  /** Reads every channel again from the contract. */
  refresh(): Promise<void>;

  close(): Promise<void>;
}

/**
 * @throws CONFLICT another tab of this browser runs the engine (`createEngine` waits with `{ wait: signal }` until it is
 * closed); UNSUPPORTED the browser lacks what a peer needs (`details.lacks`)
 */
export type CreateEngine = (options: EngineOptions, wait?: AbortSignal) => Promise<Engine>;
