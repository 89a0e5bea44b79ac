/**
 * When to go to the chain: claims when enough is unsettled to be worth the gas, and at once when a payer has begun to
 * withdraw. After a claim every figure is re-read from the contract. State: a timer.
 */
import { isAppError } from '@chiral/protocol/errors';
import type { Log } from '../log.ts';
import type { ChainClient, PeerKey, PeerLedger, SettlementReport } from '../ports.ts';
import type { ChannelBook } from './channel-book.ts';
import type { ChannelRail } from './rail.ts';

/** Between two looks at the chain, milliseconds: a block's time, and far below any withdraw delay (15 minutes at least). */
export const WATCH_MS = 15_000;
/** Gas of a claim, for weighing it: the transaction itself and each channel in it. */
const CLAIM_BASE_GAS = 60_000n;
const CLAIM_CHANNEL_GAS = 15_000n;

export interface Settler {
  /** Claims everything due from `peers` (all when absent), in as many transactions as it takes. */
  settle(peers?: PeerKey[]): Promise<SettlementReport>;
  /** One look: closing channels first, then whether a claim is worth its gas. */
  look(): Promise<void>;
  stop(): Promise<void>;
}

export function createSettler(options: {
  book: ChannelBook;
  rail: ChannelRail;
  chain: ChainClient;
  ledger: PeerLedger;
  /** Claim when this many times the gas is unsettled; 0 for only on demand. */
  gasMultiple: number;
  log: Log;
  watchMs?: number;
}): Settler {
  const { book, rail, chain, ledger, gasMultiple, log, watchMs = WATCH_MS } = options;

  async function settle(peers?: PeerKey[]): Promise<SettlementReport> {
    const rows: SettlementReport['rows'][number][] = [];
    let transaction: string | undefined;
    for (;;) {
      const before = rail.unsettledWei();
      const report = await rail.settle(peers);
      if (report.rows.length === 0) break;
      transaction = report.transaction;
      rows.push(...report.rows);
      publish('payee');
      log.info({ transaction, channels: report.rows.length }, 'settled on the chain');
      // A claim that moved nothing would only burn gas again; the contract's events say why.
      if (rail.unsettledWei() >= before) break;
    }
    return transaction ? { transaction, rows } : { rows };
  }

  /** What the contract has paid out, into the ledger. */
  function publish(role: 'payer' | 'payee'): void {
    for (const [peer, wei] of rail.settled(role)) ledger.settle(peer, role === 'payee' ? 'out' : 'in', wei);
  }

  async function look(): Promise<void> {
    for (const channel of book.all('payer'))
      if (channel.cumulativeWei > channel.settledWei) await rail.refresh(channel);
    publish('payer');
    const due = book.all('payee').filter((channel) => channel.cumulativeWei > channel.settledWei);
    if (due.length === 0) return;
    for (const channel of due) await rail.refresh(channel);
    publish('payee');
    const closing = due.filter(({ closing }) => closing).map(({ peer }) => peer);
    if (closing.length > 0) await settle(closing);
    const gas = CLAIM_BASE_GAS + CLAIM_CHANNEL_GAS * BigInt(due.length);
    const worthWei = gas * (await chain.gasPriceWei()) * BigInt(gasMultiple);
    if (gasMultiple > 0 && rail.unsettledWei() > worthWei) await settle();
  }

  let looking: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    looking = looking.then(look).catch((error) => {
      if (!isAppError(error)) throw error;
      log.warn({ code: error.code }, `settlement waits: ${error.message}`);
    });
  }, watchMs);

  return {
    settle,
    look,
    async stop() {
      clearInterval(timer);
      await looking;
    },
  };
}
