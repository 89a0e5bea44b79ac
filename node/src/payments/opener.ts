/**
 * Opens and tops up channels: all sellers that ask within a moment share one transaction, so one purchase costs one
 * opening however many sellers it has. A channel is in the book before its deposit is sent, so a crash in between loses
 * nothing. State: the requests of the current moment, and those that first look what their channel holds.
 */
import { AppError } from '@chiral/protocol/errors';
import { type ChannelConfig, channelId, NATIVE_TOKEN } from '@chiral/protocol/payment';
import type { Deployment } from '@chiral/protocol/typed-data';
import { hexlify } from 'ethers';
import type { PeerKey } from '../ports.ts';
import type { Channel, ChannelBook } from './channel-book.ts';
import type { SettlementContract } from './contract.ts';
import type { PayerKeys } from './keys.ts';

/** How long the first seller of a purchase waits for others to share its transaction, milliseconds. */
const OPEN_BATCH_MS = 150;
/**
 * What the channels of one purchase hold together, in times its price: a wallet that can pay a file should do for twenty sellers
 * of it, and a third of them must be able to deliver all of it before anything is topped up.
 */
const DEPOSIT_TIMES = 3;
/** Channels in one opening; about 26k gas each. */
const MAX_BATCH = 50;
/**
 * Withdraw delay of the channels we open, seconds: an hour. Long enough for a seller that looks once in a few minutes to
 * claim first, short enough that a buyer has unspent money back the same day.
 */
const WITHDRAW_DELAY_SECONDS = 3600;

export interface ChannelOpener {
  /** The channel to `receiver` that has some room already, however little. */
  usable(peer: PeerKey, receiver: string): Channel | undefined;
  /**
   * A channel to `receiver`, bound to `peer`, with `roomWei` not yet promised, or, among many of one purchase that are opened
   * together, its share of that (`DEPOSIT_TIMES`); one that has `enoughWei` is left as it is. Resolves when the deposit counts.
   * @param want.purchase whatever stands for it: those with the same share
   * @throws INSUFFICIENT_FUNDS, CHAIN_UNREACHABLE, CHAIN_REVERTED, TIMEOUT
   */
  ensure(want: {
    peer: PeerKey;
    receiver: string;
    roomWei: bigint;
    enoughWei?: bigint;
    purchase?: object;
  }): Promise<Channel>;
  /** Nobody else is expected: what waits to be opened together goes now. */
  gathered(): void;
}

interface Waiting {
  readonly channel: Channel;
  readonly roomWei: bigint;
  readonly purchase: object | undefined;
  resolve(channel: Channel): void;
  reject(error: unknown): void;
}

export function createOpener(options: {
  book: ChannelBook;
  contract: SettlementContract;
  keys: PayerKeys;
  deployment: Deployment;
  withdrawDelaySeconds?: number;
  /** How long the first seller waits for others to share its transaction, milliseconds. */
  batchMs?: number;
}): ChannelOpener {
  const { book, contract, keys, deployment } = options;
  const { withdrawDelaySeconds = WITHDRAW_DELAY_SECONDS, batchMs = OPEN_BATCH_MS } = options;
  const batch: Waiting[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** Requests that ask the chain for an earlier deposit: they belong to the same moment, however long that takes. */
  let looking = 0;
  /** The moment is over, but for those. */
  let isDue = false;

  function newConfig(receiver: string): ChannelConfig {
    return {
      payer: keys.wallet.address,
      payerAuthorizer: keys.sessionAddress,
      receiver,
      receiverAuthorizer: receiver,
      token: NATIVE_TOKEN,
      withdrawDelay: withdrawDelaySeconds,
      salt: hexlify(crypto.getRandomValues(new Uint8Array(32))),
    };
  }

  /** What each purchase wants a channel to hold: all of it, or its share among those that are opened together. */
  function wantedWei({ roomWei, purchase }: Waiting): bigint {
    const together = BigInt(Math.max(1, batch.filter((other) => purchase && other.purchase === purchase).length));
    const times = BigInt(DEPOSIT_TIMES);
    return together > times ? (roomWei * times + together - 1n) / together : roomWei;
  }

  /** One deposit for each channel, however many purchases wait for it; none for those that hold enough. */
  function toDeposits(rows: readonly Waiting[], wanted: readonly bigint[]) {
    const amounts = new Map<Channel, bigint>();
    rows.forEach(({ channel }, i) => {
      const before = amounts.get(channel) ?? channel.cumulativeWei - channel.balanceWei;
      amounts.set(channel, before + wanted[i]!);
    });
    return [...amounts]
      .map(([{ config }, amountWei]) => ({ config, amountWei }))
      .filter(({ amountWei }) => amountWei > 0n);
  }

  async function sendBatch(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    isDue = looking > 0;
    if (isDue || batch.length === 0) return;
    // Before the first of them goes: a share is of all that were together.
    const wanted = batch.map(wantedWei);
    const rows = batch.splice(0, MAX_BATCH);
    if (batch.length > 0) timer = setTimeout(sendBatch, 0);
    const deposits = toDeposits(rows, wanted);
    try {
      await book.synced();
      if (deposits.length > 0) await contract.openMany(deposits);
    } catch (error) {
      for (const { reject } of rows) reject(error);
      return;
    }
    const look = async ({ channel, resolve }: Waiting) => {
      book.observe(channel, await contract.channel(channel.id));
      resolve(channel);
    };
    for (const row of rows) look(row).catch(row.reject);
  }

  const latest = (peer: PeerKey, receiver: string) =>
    book.of('payer', peer).findLast((channel) => !channel.closing && channel.config.receiver === receiver);

  return {
    usable(peer, receiver) {
      const channel = latest(peer, receiver);
      return channel && channel.balanceWei > channel.cumulativeWei ? channel : undefined;
    },
    async ensure({ peer, receiver, roomWei, enoughWei = roomWei, purchase }) {
      const usable = latest(peer, receiver);
      if (usable) {
        // A deposit sent just before a crash shows only on the chain.
        if (usable.balanceWei === 0n) {
          looking++;
          try {
            book.observe(usable, await contract.channel(usable.id));
          } finally {
            looking--;
            // After this one is in the batch, or has failed.
            if (looking === 0 && isDue) setTimeout(sendBatch, 0);
          }
        }
        if (usable.balanceWei - usable.cumulativeWei >= enoughWei) return usable;
      }
      // Another wallet's channel is used up as it is; only its own payer adds to it.
      let channel = usable?.config.payer === keys.wallet.address ? usable : undefined;
      if (!channel) {
        const config = newConfig(receiver);
        channel = book.add({ id: channelId(config, deployment), role: 'payer', peer, config, balanceWei: 0n });
        // Meanwhile, not instead: both are awaited before money goes.
        void contract.ready(config).catch(() => {});
        void book.synced().catch(() => {});
      }
      if (roomWei <= channel.balanceWei - channel.cumulativeWei)
        throw new AppError('BAD_REQUEST', 'A channel is opened for an amount above zero.');
      const target = channel;
      return new Promise((resolve, reject) => {
        batch.push({ channel: target, roomWei, purchase, resolve, reject });
        timer ??= setTimeout(sendBatch, batchMs);
      });
    },
    gathered() {
      void sendBatch();
    },
  };
}
