/**
 * Passing on what is new: blocks to some peers whole and to the others by hash, transactions likewise. Owns no peer; remembers
 * through them who knows what.
 */
import type { Block } from '@ethereumjs/block';
import { EthMessageCodes } from '@ethereumjs/devp2p';
import type { TypedTransaction } from '@ethereumjs/tx';
import { bytesToHex } from '@ethereumjs/util';
import type { Chain } from '../chain.ts';
import { type ChainError, isChainError } from '../errors.ts';
import type { Log } from '../log.ts';
import { Lru } from '../lru.ts';
import type { TxPool } from '../txpool/pool.ts';
import {
  decodeAnnouncement,
  decodeNewBlock,
  decodeNewBlockHashes,
  decodeTransactions,
  encodeAnnouncement,
  encodeNewBlock,
  encodeTransactions,
  type Rlp,
  toBlock,
  toInteger,
} from './messages.ts';
import { COST, type Peer } from './peer.ts';

/** A block older than this is history, not news, seconds. */
const NEWS_SECONDS = 120n;
/** How far from our head a block may be to be taken from gossip; further is the downloader's affair. */
const MAX_BEHIND = 7n;
const MAX_AHEAD = 32n;
/** Transactions in one message, and hashes asked for at a time. */
const TRANSACTIONS_AT_ONCE = 256;
/** Transactions refused lately, which are not asked for again. */
const MAX_REFUSED = 4_096;

export interface GossipOptions {
  chain: Chain;
  pool: TxPool;
  log: Log;
  peers: () => Iterable<Peer>;
  /** A peer has a better chain than ours. */
  onBehind: (peer: Peer) => void;
  /** We are catching up: what is new to us is old to others. */
  isCatchingUp: () => boolean;
}

export class Gossip {
  readonly #options: GossipOptions;
  readonly #refused = new Lru<string, true>(MAX_REFUSED);
  #fresh: TypedTransaction[] = [];

  constructor(options: GossipOptions) {
    this.#options = options;
    const { chain, pool } = options;
    chain.onHead(({ head }) => this.#spreadBlock(head.block, head.totalDifficulty));
    pool.events.on('pending', (tx) => this.#collect(tx));
  }

  /** Tells a new peer what waits in our pool. */
  welcome(peer: Peer): void {
    const { pending } = this.#options.pool.content();
    for (let i = 0; i < pending.length; i += TRANSACTIONS_AT_ONCE)
      this.#announce(peer, pending.slice(i, i + TRANSACTIONS_AT_ONCE));
  }

  /** After catching up: peers that followed us in the dark learn where we are now, however old the block is. */
  announceHead(): void {
    const { block, totalDifficulty } = this.#options.chain.head;
    if (block.header.number > 0n) this.#spread(block, totalDifficulty);
  }

  /** @throws PEER_FAULT on a malformed message */
  async receive(peer: Peer, code: EthMessageCodes, payload: Rlp): Promise<void> {
    const { common } = this.#options.chain.spec;
    switch (code) {
      case EthMessageCodes.NEW_BLOCK: {
        const { block, totalDifficulty } = decodeNewBlock(payload, common);
        return this.#takeBlock(peer, block, totalDifficulty);
      }
      case EthMessageCodes.NEW_BLOCK_HASHES:
        return this.#takeHashes(peer, decodeNewBlockHashes(payload));
      case EthMessageCodes.TX:
        return this.#takeTransactions(peer, decodeTransactions(payload, common));
      case EthMessageCodes.NEW_POOLED_TRANSACTION_HASHES:
        return this.#fetchTransactions(peer, decodeAnnouncement(payload));
    }
  }

  async #takeBlock(peer: Peer, block: Block, totalDifficulty: bigint): Promise<void> {
    const { chain, onBehind } = this.#options;
    peer.noteBlock(block.hash());
    if (totalDifficulty > peer.head.totalDifficulty) peer.head = { hash: block.hash(), totalDifficulty };
    const head = chain.head.block.header.number;
    const { number } = block.header;
    if (chain.has(block.hash()) || number + MAX_BEHIND < head) return;
    if (number > head + MAX_AHEAD || !chain.has(block.header.parentHash)) return onBehind(peer);
    await this.#import(peer, block);
  }

  async #takeHashes(peer: Peer, hashes: { hash: Uint8Array; number: bigint }[]): Promise<void> {
    const { chain, onBehind } = this.#options;
    const head = chain.head.block.header.number;
    for (const { hash, number } of hashes.slice(0, 4)) {
      peer.noteBlock(hash);
      if (chain.has(hash) || number + MAX_BEHIND < head) continue;
      const [header] = await peer.headers({ start: { hash }, count: 1, skip: 0, reverse: false });
      if (!header || chain.has(hash)) continue;
      if (number > head + MAX_AHEAD || !chain.has(header.parentHash)) {
        // A hash says nothing of weight: suppose that it is the heavier and let the download find out.
        const own = chain.head.totalDifficulty;
        const least = own > peer.head.totalDifficulty ? own : peer.head.totalDifficulty;
        peer.head = { hash, totalDifficulty: least + header.difficulty };
        onBehind(peer);
        continue;
      }
      const [body] = await peer.bodies([hash]);
      if (body) await this.#import(peer, toBlock(header, body, chain.spec.common));
    }
  }

  async #import(peer: Peer, block: Block): Promise<void> {
    const { chain, onBehind, log } = this.#options;
    try {
      await chain.import(block);
      peer.praise();
    } catch (error) {
      if (isChainError(error, 'UNKNOWN_PARENT')) onBehind(peer);
      else if (isChainError(error, 'FUTURE_BLOCK'))
        log.debug({ peer: peer.connection.name }, 'a block from the future');
      else if (isChainError(error) && error.code.startsWith('INVALID_')) peer.blame(COST.lie, error.message);
      else throw error;
    }
  }

  #spreadBlock(block: Block, totalDifficulty: bigint): void {
    const isOld = block.header.timestamp + NEWS_SECONDS < BigInt(Math.floor(Date.now() / 1000));
    if (!isOld && !this.#options.isCatchingUp()) this.#spread(block, totalDifficulty);
  }

  #spread(block: Block, totalDifficulty: bigint): void {
    const hash = block.hash();
    const unaware = [...this.#options.peers()].filter((peer) => peer.noteBlock(hash));
    const whole = encodeNewBlock(block, totalDifficulty);
    const share = shareOf(unaware.length);
    for (const peer of unaware.slice(0, share)) peer.send(EthMessageCodes.NEW_BLOCK, whole);
    const named: Rlp = [[hash, toInteger(block.header.number)]];
    for (const peer of unaware.slice(share)) peer.send(EthMessageCodes.NEW_BLOCK_HASHES, named);
  }

  /** Transactions of one turn of the event loop travel together. */
  #collect(tx: TypedTransaction): void {
    if (this.#fresh.push(tx) > 1) return;
    setImmediate(() => {
      const fresh = this.#fresh;
      this.#fresh = [];
      for (let i = 0; i < fresh.length; i += TRANSACTIONS_AT_ONCE)
        this.#spreadTransactions(fresh.slice(i, i + TRANSACTIONS_AT_ONCE));
    });
  }

  #spreadTransactions(transactions: readonly TypedTransaction[]): void {
    const peers = [...this.#options.peers()];
    const share = shareOf(peers.length);
    for (const [i, peer] of peers.entries()) {
      if (i >= share) {
        this.#announce(peer, transactions);
        continue;
      }
      const unknown = transactions.filter((tx) => peer.noteTransaction(tx.hash()));
      if (unknown.length > 0) peer.send(EthMessageCodes.TX, encodeTransactions(unknown));
    }
  }

  #announce(peer: Peer, transactions: readonly TypedTransaction[]): void {
    const unknown = transactions.filter((tx) => peer.noteTransaction(tx.hash()));
    if (unknown.length > 0) peer.send(EthMessageCodes.NEW_POOLED_TRANSACTION_HASHES, encodeAnnouncement(unknown));
  }

  async #fetchTransactions(peer: Peer, hashes: readonly Uint8Array[]): Promise<void> {
    const { pool } = this.#options;
    for (const hash of hashes) peer.noteTransaction(hash);
    const wanted = hashes.filter((hash) => !pool.has(hash) && !this.#refused.has(bytesToHex(hash)));
    for (let i = 0; i < wanted.length; i += TRANSACTIONS_AT_ONCE) {
      await this.#takeTransactions(peer, await peer.pooledTransactions(wanted.slice(i, i + TRANSACTIONS_AT_ONCE)));
    }
  }

  async #takeTransactions(peer: Peer, transactions: readonly TypedTransaction[]): Promise<void> {
    const { pool } = this.#options;
    for (const tx of transactions) {
      const hash = tx.hash();
      peer.noteTransaction(hash);
      if (pool.has(hash) || this.#refused.has(bytesToHex(hash))) continue;
      try {
        await pool.add(tx);
      } catch (error) {
        if (!isChainError(error, 'TX_REFUSED')) throw error;
        this.#refused.set(bytesToHex(hash), true);
        if (isNonsense(error)) peer.blame(COST.spam, error.message);
      }
    }
  }
}

/** What no state could make valid; an honest peer would not have passed it on. */
function isNonsense({ message }: ChainError): boolean {
  return ['invalid sender', 'intrinsic gas too low', 'oversized data', 'transaction type not supported'].includes(
    message,
  );
}

/** How many of `count` peers get the whole thing: its square root, but all of a few. */
function shareOf(count: number): number {
  return Math.max(Math.min(count, 4), Math.ceil(Math.sqrt(count)));
}
