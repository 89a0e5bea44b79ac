/**
 * Polled filters (`eth_newFilter` and its kin). Owns what each filter has seen; a filter nobody asks for is forgotten.
 * A reorganisation gives the removed logs again with `removed: true`, before the logs of the new branch.
 */
import { randomBytes } from 'node:crypto';
import { bytesToHex } from '@ethereumjs/util';
import type { Chain, HeadChange } from '../chain.ts';
import type { TxPool } from '../txpool/pool.ts';
import { LIMIT_EXCEEDED, RpcError, SERVER_ERROR } from './errors.ts';
import { type LogFilter, matchingLogs } from './log-filter.ts';

/** Filters at a time, results kept per filter, and how long one lives without being asked, milliseconds (geth: 5 min). */
const MAX_FILTERS = 1_000;
const MAX_RESULTS = 10_000;
const LIFETIME_MS = 5 * 60 * 1_000;

type Filter = { results: unknown[]; askedMs: number } & (
  | { kind: 'blocks' }
  | { kind: 'transactions' }
  | { kind: 'logs'; logs: LogFilter }
);

export class FilterSet {
  readonly #filters = new Map<string, Filter>();
  readonly #now: () => number;

  constructor(chain: Chain, pool: TxPool, now: () => number = Date.now) {
    this.#now = now;
    chain.onHead((change) => this.#follow(change));
    pool.events.on('pending', (tx) => this.#give('transactions', () => [bytesToHex(tx.hash())]));
  }

  /** @returns the filter's id */
  add(filter: { kind: 'blocks' } | { kind: 'transactions' } | { kind: 'logs'; logs: LogFilter }): string {
    this.#expire();
    if (this.#filters.size >= MAX_FILTERS) throw new RpcError(LIMIT_EXCEEDED, 'too many filters');
    const id = bytesToHex(randomBytes(16));
    this.#filters.set(id, { ...filter, results: [], askedMs: this.#now() });
    return id;
  }

  remove(id: string): boolean {
    return this.#filters.delete(id);
  }

  /** What came since it was last asked. @throws -32000 filter not found */
  take(id: string): unknown[] {
    const filter = this.#find(id);
    const { results } = filter;
    filter.results = [];
    return results;
  }

  /** @throws -32000 filter not found */
  logFilter(id: string): LogFilter {
    const filter = this.#find(id);
    if (filter.kind !== 'logs') throw new RpcError(SERVER_ERROR, 'filter not found');
    return filter.logs;
  }

  #find(id: string): Filter {
    this.#expire();
    const filter = this.#filters.get(id);
    if (!filter) throw new RpcError(SERVER_ERROR, 'filter not found');
    filter.askedMs = this.#now();
    return filter;
  }

  #follow({ added, removed }: HeadChange): void {
    this.#give('blocks', () => added.map(({ block }) => bytesToHex(block.hash())));
    this.#give('logs', (filter) =>
      filter.kind !== 'logs'
        ? []
        : [
            ...removed.flatMap(({ block, receipts }) => matchingLogs(block, receipts, filter.logs, true)),
            ...added.flatMap(({ block, receipts }) => matchingLogs(block, receipts, filter.logs)),
          ],
    );
  }

  #give(kind: Filter['kind'], results: (filter: Filter) => unknown[]): void {
    for (const filter of this.#filters.values()) {
      if (filter.kind !== kind) continue;
      filter.results.push(...results(filter));
      if (filter.results.length > MAX_RESULTS) filter.results.splice(0, filter.results.length - MAX_RESULTS);
    }
  }

  #expire(): void {
    const oldest = this.#now() - LIFETIME_MS;
    for (const [id, { askedMs }] of this.#filters) if (askedMs < oldest) this.#filters.delete(id);
  }
}
