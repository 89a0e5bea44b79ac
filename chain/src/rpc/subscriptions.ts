/**
 * `eth_subscribe` over WebSocket. One `Subscriptions` per connection; it owns the connection's subscriptions and forgets them
 * with it. All connections hang on one feed, so a hundred of them cost the chain one listener.
 */

import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { TypedTransaction } from '@ethereumjs/tx';
import { bytesToHex } from '@ethereumjs/util';
import type { Chain, HeadChange } from '../chain.ts';
import type { TxPool } from '../txpool/pool.ts';
import { INVALID_PARAMS, LIMIT_EXCEEDED, RpcError } from './errors.ts';
import { toRpcHeader, toRpcTransaction } from './format.ts';
import { type LogFilter, matchingLogs, readLogFilter } from './log-filter.ts';
import type { Params } from './params.ts';

/** Subscriptions of one connection. */
const MAX_SUBSCRIPTIONS = 128;

type FeedEvents = { head: [change: HeadChange]; transaction: [tx: TypedTransaction] };

export class Feed extends EventEmitter<FeedEvents> {
  constructor(chain: Chain, pool: TxPool) {
    super();
    this.setMaxListeners(0);
    chain.onHead((change) => void this.emit('head', change));
    pool.events.on('pending', (tx) => this.emit('transaction', tx));
  }
}

type Subscription =
  | { kind: 'newHeads' }
  | { kind: 'logs'; filter: LogFilter }
  | { kind: 'newPendingTransactions'; full: boolean }
  | { kind: 'syncing' };

export class Subscriptions {
  readonly #feed: Feed;
  readonly #send: (text: string) => void;
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #onHead = (change: HeadChange) => this.#head(change);
  readonly #onTransaction = (tx: TypedTransaction) => this.#transaction(tx);

  /** @param send must not throw; what cannot be sent is the connection's affair */
  constructor(feed: Feed, send: (text: string) => void) {
    this.#feed = feed;
    this.#send = send;
    feed.on('head', this.#onHead);
    feed.on('transaction', this.#onTransaction);
  }

  close(): void {
    this.#feed.off('head', this.#onHead);
    this.#feed.off('transaction', this.#onTransaction);
    this.#subscriptions.clear();
  }

  /** Answers the two methods that need the connection; undefined for every other. */
  answer(method: string, params: Params): unknown | undefined {
    if (method === 'eth_subscribe') return this.#subscribe(params);
    if (method === 'eth_unsubscribe') return this.#subscriptions.delete(String(params.at(0)));
    return undefined;
  }

  #subscribe(params: Params): string {
    if (this.#subscriptions.size >= MAX_SUBSCRIPTIONS) throw new RpcError(LIMIT_EXCEEDED, 'too many subscriptions');
    const id = bytesToHex(randomBytes(16));
    this.#subscriptions.set(id, readSubscription(params));
    return id;
  }

  #head({ added, removed }: HeadChange): void {
    for (const [id, subscription] of this.#subscriptions) {
      if (subscription.kind === 'newHeads') {
        for (const { block } of added) this.#notify(id, toRpcHeader(block.header));
      } else if (subscription.kind === 'logs') {
        const { filter } = subscription;
        for (const { block, receipts } of removed)
          for (const log of matchingLogs(block, receipts, filter, true)) this.#notify(id, log);
        for (const { block, receipts } of added)
          for (const log of matchingLogs(block, receipts, filter)) this.#notify(id, log);
      }
    }
  }

  #transaction(tx: TypedTransaction): void {
    for (const [id, subscription] of this.#subscriptions) {
      if (subscription.kind !== 'newPendingTransactions') continue;
      this.#notify(id, subscription.full ? toRpcTransaction(tx) : bytesToHex(tx.hash()));
    }
  }

  #notify(subscription: string, result: unknown): void {
    this.#send(JSON.stringify({ jsonrpc: '2.0', method: 'eth_subscription', params: { subscription, result } }));
  }
}

function readSubscription(params: Params): Subscription {
  const kind = params.at(0);
  switch (kind) {
    case 'newHeads':
    case 'syncing':
      return { kind };
    case 'logs':
      return { kind, filter: readLogFilter(params.has(1) ? params.at(1) : undefined, 1) };
    case 'newPendingTransactions':
      return { kind, full: params.at(1) === true };
    default:
      throw new RpcError(INVALID_PARAMS, 'no such subscription: newHeads, logs, newPendingTransactions, syncing');
  }
}
