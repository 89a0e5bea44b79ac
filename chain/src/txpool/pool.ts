/**
 * Transactions that wait for a block. Owns them in memory and, by raw bytes, in the store, so that they outlive a crash.
 *
 * Per sender the transactions stand by nonce. Those that follow the account's nonce without a gap are `pending` (a miner may
 * take them), the others `queued`. After a reorganisation the transactions of the lost branch come back, unless the new branch
 * carries them too: that is what keeps a payment from being lost, and the nonce is what keeps it from counting twice.
 */
import { EventEmitter } from 'node:events';
import type { TypedTransaction } from '@ethereumjs/tx';
import { type Address, bytesToHex, createAddressFromString } from '@ethereumjs/util';
import type { Chain, HeadChange } from '../chain.ts';
import { isChainError } from '../errors.ts';
import { openState, type State } from '../execution/state.ts';
import type { Log } from '../log.ts';
import { Mutex } from '../mutex.ts';
import type { ChainStore } from '../store/store.ts';
import { bestFirst, type Waiting } from './order.ts';
import { checkForm, checkReplacement, decodeTransaction, effectiveTip, feesOf, maxCost, refuse } from './rules.ts';

/** Transactions in the pool, all senders together: 4,096 pending and 1,024 queued, as in geth. */
const MAX_TRANSACTIONS = 5_120;
/** Transactions of one sender. */
const MAX_PER_SENDER = 256;
/** How long a transaction may wait behind a gap, milliseconds; three hours, as in geth. */
const QUEUE_LIFETIME_MS = 3 * 60 * 60 * 1000;

export interface TxPoolOptions {
  chain: Chain;
  store: ChainStore;
  log: Log;
  /** Least tip a transaction must offer, wei per gas. @default 1 */
  minTipWei?: bigint;
  maxTransactions?: number;
  now?: () => number;
}

interface Pooled extends Waiting {
  hash: string;
  sender: string;
  addedMs: number;
}

interface Account {
  nonce: bigint;
  balance: bigint;
}

export type TxPoolEvents = {
  /** Became executable; once per transaction and stay in the pool. */
  pending: [tx: TypedTransaction];
};

export class TxPool {
  readonly events = new EventEmitter<TxPoolEvents>();
  readonly minTipWei: bigint;
  readonly #chain: Chain;
  readonly #store: ChainStore;
  readonly #log: Log;
  readonly #now: () => number;
  readonly #maxTransactions: number;
  readonly #changes = new Mutex();
  readonly #byHash = new Map<string, Pooled>();
  readonly #bySender = new Map<string, Map<bigint, Pooled>>();
  readonly #announced = new Set<string>();
  /** Accounts at the head, as far as they were asked for. */
  #accounts = new Map<string, Account>();
  #state: Promise<State> | undefined;
  #arrivals = 0;

  private constructor(options: TxPoolOptions) {
    this.#chain = options.chain;
    this.#store = options.store;
    this.#log = options.log;
    this.#now = options.now ?? Date.now;
    this.minTipWei = options.minTipWei ?? 1n;
    this.#maxTransactions = options.maxTransactions ?? MAX_TRANSACTIONS;
  }

  /** Takes up the transactions that were waiting when the node last ran and follows the chain from now on. */
  static async open(options: TxPoolOptions): Promise<TxPool> {
    const pool = new TxPool(options);
    for (const raw of await options.store.pooled()) {
      try {
        await pool.add(decodeTransaction(raw, options.chain.spec.common));
      } catch (error) {
        if (!isChainError(error)) throw error;
        await pool.#forget(decodeTransaction(raw, options.chain.spec.common).hash());
      }
    }
    options.chain.onHead((change) => pool.#follow(change));
    return pool;
  }

  /**
   * Takes a transaction. It is on disk when this resolves.
   * @returns whether it is executable now
   * @throws TX_REFUSED with geth's message
   */
  add(tx: TypedTransaction): Promise<boolean> {
    return this.#changes.run(() => this.#add(tx));
  }

  get(hash: Uint8Array): TypedTransaction | undefined {
    return this.#byHash.get(bytesToHex(hash))?.tx;
  }

  has(hash: Uint8Array): boolean {
    return this.#byHash.has(bytesToHex(hash));
  }

  /** The nonce that the next transaction of `address` should carry. */
  async nextNonce(address: Address): Promise<bigint> {
    const { nonce } = await this.#account(address.toString());
    return nonce + BigInt(this.#pendingOf(address.toString(), nonce).length);
  }

  /** Executable transactions, best first for a block with this base fee (wei). */
  best(baseFee: bigint): Generator<TypedTransaction> {
    const queues = [...this.#bySender.keys()].map((sender) => this.#knownPending(sender));
    return bestFirst(queues, baseFee);
  }

  /** Transactions by sender and nonce. */
  content(): { pending: TypedTransaction[]; queued: TypedTransaction[] } {
    const pending = [...this.#bySender.keys()].flatMap((sender) => this.#knownPending(sender));
    const executable = new Set(pending.map(({ tx }) => tx));
    const queued = [...this.#byHash.values()].filter(({ tx }) => !executable.has(tx));
    return { pending: pending.map(({ tx }) => tx), queued: queued.map(({ tx }) => tx) };
  }

  get size(): number {
    return this.#byHash.size;
  }

  async #add(tx: TypedTransaction): Promise<boolean> {
    const hash = bytesToHex(tx.hash());
    if (this.#byHash.has(hash)) refuse('already known');
    checkForm(tx, { gasLimit: this.#chain.head.block.header.gasLimit, minTipWei: this.minTipWei });
    const sender = tx.getSenderAddress().toString();
    const account = await this.#account(sender);
    if (tx.nonce < account.nonce) refuse(`nonce too low: next nonce ${account.nonce}, tx nonce ${tx.nonce}`);
    const own = this.#bySender.get(sender) ?? new Map<bigint, Pooled>();
    const old = own.get(tx.nonce);
    if (old) checkReplacement(tx, old.tx);
    this.#checkFunds(tx, account, own);
    if (!old) this.#makeRoom(tx, own);
    const pooled: Pooled = { tx, hash, sender, arrival: this.#arrivals++, addedMs: this.#now() };
    const batch = this.#store.batch();
    batch.putPooled(tx.hash(), tx.serialize());
    if (old) {
      batch.deletePooled(old.tx.hash());
      this.#byHash.delete(old.hash);
      this.#announced.delete(old.hash);
    }
    await this.#store.write(batch);
    own.set(tx.nonce, pooled);
    this.#bySender.set(sender, own);
    this.#byHash.set(hash, pooled);
    this.#announce(sender);
    return this.#announced.has(hash);
  }

  /** The sender must be able to pay for this transaction on top of those before it. */
  #checkFunds(tx: TypedTransaction, account: Account, own: ReadonlyMap<bigint, Pooled>): void {
    let want = maxCost(tx);
    for (const [nonce, other] of own) if (nonce < tx.nonce) want += maxCost(other.tx);
    if (account.balance < want) {
      refuse(`insufficient funds for gas * price + value: balance ${account.balance}, tx cost ${want}`);
    }
  }

  #makeRoom(tx: TypedTransaction, own: ReadonlyMap<bigint, Pooled>): void {
    if (own.size >= MAX_PER_SENDER) refuse('account limit exceeded');
    if (this.#byHash.size < this.#maxTransactions) return;
    const baseFee = this.#chain.head.block.header.baseFeePerGas ?? 0n;
    let worst: Pooled | undefined;
    let worstTip = effectiveTip(feesOf(tx), baseFee);
    for (const queue of this.#bySender.values()) {
      const last = queue.get([...queue.keys()].reduce((a, b) => (a > b ? a : b)))!;
      const tip = effectiveTip(feesOf(last.tx), baseFee);
      if (tip < worstTip) [worst, worstTip] = [last, tip];
    }
    if (!worst) refuse('txpool is full');
    this.#drop(worst!);
  }

  async #follow(change: HeadChange): Promise<void> {
    await this.#changes.run(async () => {
      this.#accounts = new Map();
      this.#state = undefined;
      const carried = new Set(
        change.added.flatMap(({ block }) => block.transactions.map((tx) => bytesToHex(tx.hash()))),
      );
      for (const hash of carried) {
        const pooled = this.#byHash.get(hash);
        if (pooled) this.#drop(pooled);
      }
      for (const tx of change.removed.flatMap(({ block }) => block.transactions)) {
        if (!carried.has(bytesToHex(tx.hash()))) await this.#requeue(tx);
      }
      for (const sender of [...this.#bySender.keys()]) await this.#refresh(sender);
    });
  }

  async #requeue(tx: TypedTransaction): Promise<void> {
    try {
      await this.#add(tx);
    } catch (error) {
      if (!isChainError(error, 'TX_REFUSED')) throw error;
      this.#log.info(
        { tx: bytesToHex(tx.hash()), reason: error.message },
        'an orphaned transaction is not valid any more',
      );
    }
  }

  /** Drops what the new head made impossible. */
  async #refresh(sender: string): Promise<void> {
    const { nonce, balance } = await this.#account(sender);
    const oldest = this.#now() - QUEUE_LIFETIME_MS;
    const pending = new Set(this.#pendingOf(sender, nonce));
    for (const pooled of [...(this.#bySender.get(sender)?.values() ?? [])]) {
      const stale = pooled.addedMs < oldest && !pending.has(pooled);
      if (pooled.tx.nonce < nonce || maxCost(pooled.tx) > balance || stale) this.#drop(pooled);
    }
    this.#announce(sender);
  }

  #announce(sender: string): void {
    for (const { hash, tx } of this.#knownPending(sender)) {
      if (this.#announced.has(hash)) continue;
      this.#announced.add(hash);
      this.events.emit('pending', tx);
    }
  }

  #drop(pooled: Pooled): void {
    this.#byHash.delete(pooled.hash);
    this.#announced.delete(pooled.hash);
    const own = this.#bySender.get(pooled.sender);
    own?.delete(pooled.tx.nonce);
    if (own?.size === 0) this.#bySender.delete(pooled.sender);
    this.#forget(pooled.tx.hash()).catch((error) =>
      this.#log.warn({ err: error }, 'a pooled transaction stays on disk'),
    );
  }

  async #forget(hash: Uint8Array): Promise<void> {
    const batch = this.#store.batch();
    batch.deletePooled(hash);
    await this.#store.write(batch);
  }

  /** Executable transactions of a sender whose account is known (every sender in the pool is). */
  #knownPending(sender: string): Pooled[] {
    const account = this.#accounts.get(sender);
    return account ? this.#pendingOf(sender, account.nonce) : [];
  }

  #pendingOf(sender: string, nonce: bigint): Pooled[] {
    const own = this.#bySender.get(sender);
    const pending: Pooled[] = [];
    for (let next = nonce; own?.has(next); next++) pending.push(own.get(next)!);
    return pending;
  }

  async #account(sender: string): Promise<Account> {
    const known = this.#accounts.get(sender);
    if (known) return known;
    const { common } = this.#chain.spec;
    this.#state ??= openState(common, this.#chain.source, this.#chain.head.block.header.stateRoot);
    const accounts = this.#accounts;
    const stored = await (await this.#state).manager.getAccount(createAddressFromString(sender));
    const account = { nonce: stored?.nonce ?? 0n, balance: stored?.balance ?? 0n };
    accounts.set(sender, account);
    return account;
  }
}
