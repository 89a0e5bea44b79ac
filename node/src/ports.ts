/**
 * Every seam of the daemon, types only. The domain folders import these and each other never; `node.ts` joins them.
 *
 * The data layer (content, discovery, transfer) learns one thing of money: how many bytes may go to this peer now.
 * The payment layer (accounting, payments) learns one thing of data: how many verified bytes moved between two identities.
 */
import type { ChunkLayer, Content } from '@chiral/protocol/content';
import type { Offer, ProtocolName, SignedOffer } from '@chiral/protocol/offer';
import type { SignedVoucher, Terms } from '@chiral/protocol/payment';

export type { ChunkLayer, Content, Offer, ProtocolName, SignedOffer, SignedVoucher, Terms };

/**
 * Who a remote party is to the ledger. A libp2p peer id where the party proved it; else a name that an adapter made from
 * what it could see (`ip:<address>`), which gets the stranger's allowance and nothing more.
 */
export type PeerKey = string;

// ---- data layer ------------------------------------------------------------------------------------------------------

/** Verified bytes only: whoever calls `put` has checked the chunk against the layer. */
export interface ChunkStore {
  has(cid: string, chunk: number): boolean;
  /**
   * Bytes `[start, end)` of a chunk, the whole of it by default.
   * @param into memory of the length of the answer that may be used for it; look at what is returned, not at `into`
   * @throws NOT_FOUND not held; CONTENT_CHANGED the file behind a share was edited; STORE_FAILED disk error
   */
  get(cid: string, chunk: number, range?: { start: number; end: number }, into?: Uint8Array): Promise<Uint8Array>;
  /** Durable against kill -9 of this process when it resolves. @throws STORE_FAILED */
  put(cid: string, chunk: number, data: Uint8Array): Promise<void>;
}

/**
 * Checks a chunk against the layer, maybe on another thread. The caller gives `data` up and goes on with what is returned:
 * the same bytes when they are the chunk, undefined when they are not.
 */
export type ChunkVerifier = (content: Content, chunk: number, data: Uint8Array) => Promise<Uint8Array | undefined>;

/** Where offers are found. */
export interface Directory {
  /** Announces that this node has `cid`, now and again until `stop`. Resolves after the first announcement. */
  provide(cid: string): Promise<{ stop(): Promise<void> }>;
  /**
   * Valid offers as they arrive, one per provider; ends when the search is exhausted or `signal` aborts. Never waits for all.
   * @param cid of a manifest, or the alias of a file's SHA-256: the offers then name manifests that were checked to be of it
   * @param filter.protocol only offers that can be fetched over it
   */
  findOffers(cid: string, signal: AbortSignal, filter?: { protocol?: ProtocolName }): AsyncIterable<SignedOffer>;
  /**
   * Manifest and chunk layer from the provider that made `offer`, checked against its CID.
   * @throws PEER_UNREACHABLE, TIMEOUT, NOT_FOUND, CONTENT_INVALID
   */
  resolve(offer: Offer, signal: AbortSignal): Promise<Content>;
}

/** What a node answers about content of its own when a stranger asks. */
export interface LocalOffers {
  /** Signed afresh when the last one nears its expiry; undefined when `cid` (or the alias it is) is not offered here. */
  offer(cid: string): Promise<SignedOffer | undefined>;
  content(cid: string): Content | undefined;
}

/** One transfer protocol, both directions. */
export interface ProtocolAdapter {
  readonly protocol: ProtocolName;
  /**
   * Unverified bytes of one chunk.
   * @throws CHOKED not now, ask again after paying; NOT_FOUND; PEER_UNREACHABLE; TIMEOUT; CANCELLED
   */
  fetch(offer: Offer, content: Content, chunk: number, signal: AbortSignal): Promise<Uint8Array>;
  /** Bytes `[start, end)` of a chunk, otherwise as `fetch`. Absent where the protocol or its stock clients cannot. */
  readonly fetchRange?: (
    offer: Offer,
    content: Content,
    chunk: number,
    range: { start: number; end: number },
    signal: AbortSignal,
  ) => Promise<Uint8Array>;
  /** Serves one manifest. `endpoint` is what an offer carries for this protocol. After `stop` the content is NOT_FOUND here. */
  serve(content: Content, uplink: Uplink): Promise<{ endpoint: string; stop(): Promise<void> }>;
}

/** The one way out of the store: gate, read, account. */
export interface Uplink {
  /**
   * Bytes that may be sent to `peer` now. They count as delivered when this resolves.
   * @param into as in `ChunkStore.get`
   * @throws CHOKED nothing granted; NOT_FOUND; CONTENT_CHANGED; STORE_FAILED
   */
  read(
    peer: PeerKey,
    cid: string,
    chunk: number,
    range?: { start: number; end: number },
    into?: Uint8Array,
  ): Promise<Uint8Array>;
}

/** How many bytes may go to this peer now. */
export interface Gate {
  /** Grants all of `want` bytes or nothing; `granted` 0 is choke. */
  reserve(peer: PeerKey, cid: string, want: number): Promise<Grant>;
}

/** A reservation. `done` is called exactly once with the bytes that were handed to the wire, 0 to `granted`. */
export interface Grant {
  readonly granted: number;
  done(sent: number): void;
}

/** Told of every chunk after it was verified and stored. */
export interface Meter {
  received(peer: PeerKey, cid: string, bytes: number): void;
}

/** Seller's side of a transfer session: which peer a bearer token stands for. */
export interface Sessions {
  /** A token for `peer`, unguessable, stable for the life of the peer's session. */
  issue(peer: PeerKey): string;
  peer(token: string): PeerKey | undefined;
}

/** Bytes that somebody asks for by URL. */
export interface Wanted {
  readonly cid: string;
  /** How many; never zero. */
  readonly bytes: number;
  /** All of the content. */
  readonly isWhole: boolean;
  readonly url: string;
}

/** What became of a request that carries its own means: it goes on as `peer`, or it has its whole answer. Headers go with either. */
export type Admission =
  | {
      readonly peer: PeerKey;
      readonly headers: Record<string, string>;
      /** To be called when the answer is over, however it ended. */
      done(): void;
    }
  | { readonly status: number; readonly headers: Record<string, string>; readonly body: string };

/** Opens the gate to strangers who bring in the request's own headers what opens it. */
export interface Paywall {
  /** Headers that tell a refused stranger what would open the gate; none when nothing would. */
  challenge(wanted: Wanted): Promise<Record<string, string>>;
  /** Undefined when the request carries nothing. What it grants is granted for good when this resolves. */
  admit(
    wanted: Wanted,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): Promise<Admission | undefined>;
}

/** Buyer's side: the token that this offer's provider issued to us, if any. */
export interface Credentials {
  token(offer: Offer): string | undefined;
}

// ---- payment layer ---------------------------------------------------------------------------------------------------

/** Direction as seen from here: `out` we deliver and are owed; `in` we receive and owe. */
export type Direction = 'out' | 'in';

/** Pure; the owner's taste in prices. */
export interface PricingPolicy {
  /** What we ask of `peer` for `cid`. */
  quote(peer: PeerKey, cid: string): Terms;
  /** Whether we take such terms as a buyer. */
  acceptable(terms: Terms): boolean;
}

/** Money with one peer in one direction, wei, each a running total that only grows. */
export interface Totals {
  readonly deliveredWei: bigint;
  readonly authorizedWei: bigint;
  readonly settledWei: bigint;
  /** Earned by work: pays for delivered bytes as `authorizedWei` does, and is never part of it, since no chain settles it. */
  readonly workedWei: bigint;
  /** Delivered and not paid by work: what promises are to cover. Falls when work is counted. */
  readonly toPromiseWei: bigint;
  /** Bytes behind `deliveredWei`. */
  readonly deliveredBytes: number;
}

/** The one book of who delivered, authorized and settled what. A peer is remembered by its key for ever. */
export interface PeerLedger extends Gate, Meter {
  /** delivered − authorized − worked of direction `out`, never below 0, wei. */
  receivable(peer: PeerKey): bigint;
  /** delivered − authorized − worked of direction `in`, never below 0, wei. */
  payable(peer: PeerKey): bigint;
  totals(peer: PeerKey, direction: Direction): Totals;
  /** From now on bytes of `cid` between us and `peer` in `direction` cost `terms.weiPerMiB`; bytes before keep their price. */
  agree(peer: PeerKey, direction: Direction, cid: string, terms: Terms): void;
  /** Raises the authorized total to `cumulativeWei`; survives kill -9 when it returns. The rail that took the voucher keeps it against loss of power. @throws VOUCHER_STALE unless it grows */
  authorize(peer: PeerKey, direction: Direction, cumulativeWei: bigint): void;
  /** Raises the settled total to what the contract says. */
  settle(peer: PeerKey, direction: Direction, cumulativeWei: bigint): void;
  /** Raises what was earned by work to `cumulativeWei`; a lower total is a late one and changes nothing. Survives kill -9 when it returns. */
  countWork(peer: PeerKey, direction: Direction, cumulativeWei: bigint): void;
  peers(): PeerKey[];
}

/** Where a seller gets work that pays its own wallet, and where a block found by others goes. */
export interface WorkSource {
  /** Undefined when the chain node gives out none, or none that pays this wallet. @throws CHAIN_UNREACHABLE */
  current(): Promise<WorkTemplate | undefined>;
  /** @returns whether the nonce sealed a block */
  submit(template: { sealHash: Uint8Array; nonce: Uint8Array; mixHash: Uint8Array }): Promise<boolean>;
}

/** A block that is still to be sealed, as far as a searcher must know it. */
export interface WorkTemplate {
  /** The real Ethash, or the small one of development chains. */
  readonly profile: 'full' | 'dev';
  readonly sealHash: Uint8Array;
  readonly seedHash: Uint8Array;
  readonly difficulty: bigint;
}

/** One way of paying: channel vouchers on a chain today. */
export interface PaymentRail {
  readonly id: string;
  /** Signs a voucher for a running total; durable before it resolves, so a restart never signs less. @throws SPENDING_CAP, VOUCHER_UNFUNDED */
  sign(peer: PeerKey, cumulativeWei: bigint): Promise<SignedVoucher>;
  /**
   * Checks a voucher and stores it; on disk before this resolves.
   * @returns the running total now authorized
   * @throws VOUCHER_INVALID, VOUCHER_STALE, VOUCHER_UNFUNDED, WRONG_CHAIN, WRONG_RECEIVER, WRONG_PAYER, CHANNEL_CLOSING
   */
  accept(peer: PeerKey, voucher: SignedVoucher): Promise<bigint>;
  /** Claims the newest vouchers of `peers` (all when absent) in one transaction. Resolves when re-read from the contract. */
  settle(peers?: PeerKey[]): Promise<SettlementReport>;
}

export interface SettlementReport {
  /** Transaction hash, absent when there was nothing to claim. */
  readonly transaction?: string;
  readonly rows: readonly { peer: PeerKey; channelId: string; settledWei: bigint }[];
}

/** A transaction to make, in the plainest terms. */
export interface ChainCall {
  readonly to: string;
  readonly data: string;
  readonly valueWei?: bigint;
}

/** What a confirmed transaction left behind. */
export interface ConfirmedTransaction {
  readonly hash: string;
  readonly blockNumber: number;
  readonly gasUsed: bigint;
  readonly gasPriceWei: bigint;
  readonly logs: readonly { address: string; topics: readonly string[]; data: string }[];
}

/** The only door to a chain. */
export interface ChainClient {
  readonly chainId: number;
  /** The wallet that pays for what `send` sends. */
  readonly address: string;
  /** Blocks on top before a transaction counts. */
  readonly confirmations: number;
  /** eth_call at the latest block. @throws CHAIN_UNREACHABLE, CHAIN_REVERTED */
  call(call: ChainCall): Promise<string>;
  balanceWei(address: string): Promise<bigint>;
  gasPriceWei(): Promise<bigint>;
  /** Simulates, then signs and broadcasts with the next nonce; resolves to the hash. @throws CHAIN_REVERTED, INSUFFICIENT_FUNDS, CHAIN_UNREACHABLE */
  send(call: ChainCall): Promise<string>;
  /** Resolves at `confirmations`. @throws CHAIN_REVERTED, TIMEOUT, CHAIN_UNREACHABLE */
  confirmed(hash: string, signal?: AbortSignal): Promise<ConfirmedTransaction>;
  /** What a transaction left behind once it has its confirmations; undefined before that. @throws CHAIN_REVERTED, CHAIN_UNREACHABLE */
  mined(hash: string): Promise<ConfirmedTransaction | undefined>;
  blockNumber(): Promise<number>;
  /** Logs of `address` matching `topics` in a block range, oldest first. */
  logs(filter: {
    address: string;
    topics: (string | null)[];
    fromBlock: number;
    toBlock?: number;
  }): Promise<readonly { blockNumber: number; transactionHash: string; topics: readonly string[]; data: string }[]>;
}

/** Carries the payment layer's messages to a peer as opaque bytes. */
export interface PayTransport {
  /** One request, one answer. @throws PEER_UNREACHABLE, TIMEOUT */
  request(peer: PeerKey, message: Uint8Array, signal?: AbortSignal): Promise<Uint8Array>;
}

/** Answers the payment layer's messages; the peer is whoever the carrier proved it to be. */
export type PayHandler = (peer: PeerKey, message: Uint8Array) => Promise<Uint8Array>;
