/**
 * The channel rail: vouchers on BatchSettlement channels. Signs for us, checks and stores what others sign for us,
 * claims on the chain. It never learns what was bought. State: the channel book.
 *
 * Order that matters: a voucher is on disk before `accept` resolves, so before any gate opens; a running total that we
 * sign is on disk before the signature leaves `sign`. Amounts settled are re-read from the contract, never added here.
 */
import { AppError } from '@chiral/protocol/errors';
import { channelId, isVoucherValid, NATIVE_TOKEN, type SignedVoucher, signVoucher } from '@chiral/protocol/payment';
import type { Deployment } from '@chiral/protocol/typed-data';
import type { PaymentRail, PeerKey, SettlementReport } from '../ports.ts';
import { type Channel, type ChannelBook, toVoucher } from './channel-book.ts';
import type { SettlementContract } from './contract.ts';
import type { DirectBook } from './direct-book.ts';
import type { PayerKeys } from './keys.ts';

/** A peer that sends this many vouchers with a wrong signature in a row is not listened to for a while. */
const MAX_BAD_SIGNATURES = 20;
const BAD_SIGNATURE_PENALTY_MS = 60_000;
/** Most channels claimed in one transaction: about 15k gas each, far below a block of 4.7M. */
const CLAIM_BATCH = 100;

export interface ChannelRail extends PaymentRail {
  /** Sum of the running totals over all channels with `peer`, and of what was paid without one, wei. */
  total(role: 'payer' | 'payee', peer: PeerKey): bigint;
  /** What the chain has moved, peer by peer, wei. */
  settled(role: 'payer' | 'payee'): Map<PeerKey, bigint>;
  /** Re-reads a channel from the contract. */
  refresh(channel: Channel): Promise<void>;
  /** Accepted and not yet claimed, wei. */
  unsettledWei(): bigint;
}

export function createChannelRail(options: {
  book: ChannelBook;
  contract: SettlementContract;
  keys: PayerKeys;
  deployment: Deployment;
  /** What was paid without a channel; absent where nothing is. */
  direct?: DirectBook;
  /** Wrapped CHI, whose channels are worth the same wei; absent where there is none. */
  wrappedChi?: string | undefined;
}): ChannelRail {
  const { book, contract, keys, deployment, direct, wrappedChi } = options;
  const offences = new Map<PeerKey, { count: number; until: number }>();
  let settling: Promise<unknown> = Promise.resolve();

  const sum = (channels: readonly Channel[], pick: (channel: Channel) => bigint) =>
    channels.reduce((total, channel) => total + pick(channel), 0n);
  const total = (role: 'payer' | 'payee', peer: PeerKey) =>
    sum(book.of(role, peer), (channel) => channel.cumulativeWei) + (direct?.total(role, peer) ?? 0n);

  async function refresh(channel: Channel): Promise<void> {
    book.observe(channel, await contract.channel(channel.id));
  }

  /** Everything about a voucher that needs no signature check, cheapest first. */
  function checkClaims(peer: PeerKey, voucher: SignedVoucher): Channel {
    const { config } = voucher;
    if (channelId(config, deployment) !== voucher.channelId) {
      throw new AppError('WRONG_CHAIN', 'The channel id belongs to another chain, contract or config.');
    }
    if (config.receiver !== keys.wallet.address)
      throw new AppError('WRONG_RECEIVER', 'This channel pays another wallet.');
    if (config.token !== NATIVE_TOKEN && config.token !== wrappedChi)
      throw new AppError('VOUCHER_INVALID', 'Only channels in CHI are taken here.');
    const channel = book.find(voucher.channelId);
    if (channel?.role !== 'payee')
      throw new AppError('VOUCHER_INVALID', 'Present the channel first, with a message of type "open".');
    if (channel.peer !== peer) throw new AppError('WRONG_PAYER', 'This channel is bound to another peer.');
    if (channel.closing)
      throw new AppError('CHANNEL_CLOSING', 'Its payer has begun to withdraw; open another channel.');
    checkGrowth(channel, voucher);
    return channel;
  }

  function checkGrowth(channel: Channel, { maxClaimableAmount }: SignedVoucher): void {
    if (maxClaimableAmount > channel.cumulativeWei) return;
    throw new AppError('VOUCHER_STALE', 'This channel has a voucher for as much or more.', {
      cumulativeWei: channel.cumulativeWei,
    });
  }

  function checkSignature(peer: PeerKey, voucher: SignedVoucher): void {
    const offence = offences.get(peer);
    if (offence && offence.count >= MAX_BAD_SIGNATURES && Date.now() < offence.until) {
      throw new AppError('TOO_MANY', 'Too many vouchers with a wrong signature; wait a minute.');
    }
    if (isVoucherValid(voucher, deployment)) return void offences.delete(peer);
    const count = offence && Date.now() < offence.until ? offence.count + 1 : 1;
    offences.set(peer, { count, until: Date.now() + BAD_SIGNATURE_PENALTY_MS });
    throw new AppError('VOUCHER_INVALID', 'The payer authorizer of the channel did not sign this.');
  }

  /** The contract pays a voucher up to what the channel holds; beyond that there is nothing to come for. */
  function isDue({ cumulativeWei, balanceWei, settledWei }: Channel): boolean {
    return (cumulativeWei < balanceWei ? cumulativeWei : balanceWei) > settledWei;
  }

  async function settleNow(peers?: PeerKey[]): Promise<SettlementReport> {
    const due = book
      .all('payee')
      .filter((channel) => isDue(channel) && (!peers || peers.includes(channel.peer)))
      // One transaction takes channels of one token and withdraw delay; the caller comes again for the others.
      .filter(
        ({ config }, _i, all) =>
          config.withdrawDelay === all[0]!.config.withdrawDelay && config.token === all[0]!.config.token,
      )
      .slice(0, CLAIM_BATCH);
    if (due.length === 0) return { rows: [] };
    const transaction = await contract.claim(due.map(toVoucher));
    for (const channel of due) await refresh(channel);
    return { transaction, rows: due.map(({ peer, id, settledWei }) => ({ peer, channelId: id, settledWei })) };
  }

  return {
    id: 'channel',
    total,
    settled(role) {
      const settled = new Map<PeerKey, bigint>();
      for (const peer of direct?.peers(role) ?? []) settled.set(peer, direct!.total(role, peer));
      for (const { peer, settledWei } of book.all(role)) settled.set(peer, (settled.get(peer) ?? 0n) + settledWei);
      return settled;
    },
    refresh,
    unsettledWei: () => sum(book.all('payee'), (channel) => channel.cumulativeWei - channel.settledWei),

    async sign(peer, cumulativeWei) {
      const channels = book.of('payer', peer);
      const channel = channels.findLast(({ closing }) => !closing);
      if (!channel) throw new AppError('VOUCHER_UNFUNDED', 'There is no open channel to this seller yet.', { peer });
      const amount = cumulativeWei - (total('payer', peer) - channel.cumulativeWei);
      if (amount <= channel.cumulativeWei) return toVoucher(channel);
      if (amount > channel.balanceWei) {
        throw new AppError('VOUCHER_UNFUNDED', 'The channel to this seller holds less than is owed; top it up.', {
          peer,
          balanceWei: channel.balanceWei,
          owedWei: amount,
        });
      }
      const voucher = signVoucher(keys.session, channel.config, amount, deployment);
      await book.raise(channel, amount, voucher.signature);
      return voucher;
    },

    async accept(peer, voucher) {
      const channel = checkClaims(peer, voucher);
      if (voucher.maxClaimableAmount > channel.balanceWei) {
        await refresh(channel);
        if (voucher.maxClaimableAmount > channel.balanceWei) {
          throw new AppError('VOUCHER_UNFUNDED', 'The voucher promises more than the channel holds.', {
            balanceWei: channel.balanceWei,
          });
        }
      }
      checkSignature(peer, voucher);
      // While the balance was read another voucher may have come in; from here to the book nothing waits.
      checkGrowth(channel, voucher);
      if (channel.closing)
        throw new AppError('CHANNEL_CLOSING', 'Its payer has begun to withdraw; open another channel.');
      const kept = book.raise(channel, voucher.maxClaimableAmount, voucher.signature);
      // Before the wait: a later voucher that comes meanwhile is not on disk when this one is.
      const authorizedWei = total('payee', peer);
      await kept;
      return authorizedWei;
    },

    settle(peers) {
      const mine = settling.then(
        () => settleNow(peers),
        () => settleNow(peers),
      );
      settling = mine;
      return mine;
    },
  };
}
