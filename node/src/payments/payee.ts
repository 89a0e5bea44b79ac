/**
 * The seller's end of the payment messages: quotes, takes channels and vouchers, tells where a peer stands.
 * A peer is whoever the carrier proved it to be. It never moves a byte of content; when the ledger has new room it says so
 * through `onAuthorized`. State: none of its own.
 */
import { AppError, isAppError } from '@chiral/protocol/errors';
import {
  decodePayRequest,
  encodePayAnswer,
  type PayAnswer,
  type PayRequest,
  type Standing,
} from '@chiral/protocol/messages';
import {
  type ChannelConfig,
  channelId,
  isBindingValid,
  MIN_WITHDRAW_DELAY_SECONDS,
  NATIVE_TOKEN,
} from '@chiral/protocol/payment';
import type { Deployment } from '@chiral/protocol/typed-data';
import type { Log } from '../log.ts';
import type { PayHandler, PeerKey, PeerLedger, PricingPolicy, Sessions } from '../ports.ts';
import type { ChannelBook } from './channel-book.ts';
import type { SettlementContract } from './contract.ts';
import type { DirectDesk } from './direct.ts';
import type { ChannelRail } from './rail.ts';
import type { WorkDesk } from './work-desk.ts';

/** How old the proof that a channel belongs to a peer may be, and how far ahead its clock, seconds. */
const BINDING_MAX_AGE_SECONDS = 600;
/** Channels that one peer may present to us; each costs a read of the chain. */
const MAX_CHANNELS_PER_PEER = 16;

/** What the payee asks of the ledger beside the port: figures for the buyer's eyes. */
export interface PayeeLedger extends PeerLedger {
  roomBytes(peer: PeerKey, cid: string): number;
  creditBytes(peer: PeerKey, cid: string): number;
}

export function createPayee(options: {
  book: ChannelBook;
  rail: ChannelRail;
  contract: SettlementContract;
  ledger: PayeeLedger;
  pricing: PricingPolicy;
  sessions: Sessions;
  deployment: Deployment;
  receiver: string;
  /** Whether `cid` is on offer here. */
  offers(cid: string): boolean;
  onAuthorized(peer: PeerKey): void;
  /** Counts what was paid without a channel; absent where only channels are. */
  desk?: DirectDesk;
  /** Takes work for money; absent where none is taken. */
  work?: WorkDesk;
  log: Log;
}): PayHandler {
  const { book, rail, contract, ledger, pricing, sessions, deployment, receiver, desk, work, log } = options;
  /** The content a peer asked terms for last: what its standing is told in. */
  const lastCid = new Map<PeerKey, string>();

  function standing(peer: PeerKey): Standing {
    const { toPromiseWei, authorizedWei } = ledger.totals(peer, 'out');
    const cid = lastCid.get(peer);
    return {
      deliveredWei: toPromiseWei,
      authorizedWei,
      roomBytes: cid ? ledger.roomBytes(peer, cid) : 0,
      creditBytes: cid ? ledger.creditBytes(peer, cid) : 0,
    };
  }

  function terms(peer: PeerKey, cid: string): PayAnswer {
    if (!options.offers(cid)) throw new AppError('NOT_FOUND', 'This content is not on offer here.', { cid });
    const quoted = pricing.quote(peer, cid);
    ledger.agree(peer, 'out', cid, quoted);
    lastCid.set(peer, cid);
    return {
      type: 'terms',
      chainId: deployment.chainId,
      contract: deployment.contract,
      receiver,
      ...quoted,
      minWithdrawDelaySeconds: MIN_WITHDRAW_DELAY_SECONDS,
      token: sessions.issue(peer),
      standing: standing(peer),
    };
  }

  async function open(
    peer: PeerKey,
    config: ChannelConfig,
    binding: { issuedAt: number; signature: string },
  ): Promise<PayAnswer> {
    const id = channelId(config, deployment);
    if (config.receiver !== receiver) throw new AppError('WRONG_RECEIVER', 'This channel pays another wallet.');
    if (config.receiverAuthorizer !== receiver)
      throw new AppError('WRONG_RECEIVER', 'The receiver authorizer must be the receiver here.');
    if (config.token !== NATIVE_TOKEN) throw new AppError('VOUCHER_INVALID', 'Only channels in CHI are taken here.');
    if (config.withdrawDelay < MIN_WITHDRAW_DELAY_SECONDS)
      throw new AppError('VOUCHER_INVALID', 'The withdraw delay is too short.');
    const age = Date.now() / 1000 - binding.issuedAt;
    if (Math.abs(age) > BINDING_MAX_AGE_SECONDS)
      throw new AppError('VOUCHER_INVALID', 'The proof for this channel is too old; check your clock.');
    const bound = { channelId: id, peerId: peer, issuedAt: binding.issuedAt };
    if (!isBindingValid(bound, binding.signature, config.payerAuthorizer, deployment)) {
      throw new AppError('WRONG_PAYER', 'The payer authorizer did not bind this channel to this peer.');
    }
    const known = book.find(id);
    if (known && known.peer !== peer) throw new AppError('WRONG_PAYER', 'This channel is bound to another peer.');
    if (!known && book.of('payee', peer).length >= MAX_CHANNELS_PER_PEER)
      throw new AppError('TOO_MANY', 'Use a channel you have.');
    // A channel that we know needs no chain: what it holds was read before, and a voucher above that reads again.
    if (known && !known.closing && known.balanceWei > known.cumulativeWei) {
      return { type: 'opened', channelId: id, balanceWei: known.balanceWei, standing: standing(peer) };
    }
    const seen = await contract.channel(id);
    if (seen.balanceWei === 0n)
      throw new AppError('VOUCHER_UNFUNDED', 'The chain shows no deposit for this channel yet.');
    if (seen.closing) throw new AppError('CHANNEL_CLOSING', 'Its payer has begun to withdraw; open another channel.');
    const channel = known ?? book.add({ id, role: 'payee', peer, config, balanceWei: seen.balanceWei });
    book.observe(channel, seen);
    log.debug({ peer, channel: id, balanceWei: seen.balanceWei.toString() }, 'channel presented');
    return { type: 'opened', channelId: id, balanceWei: seen.balanceWei, standing: standing(peer) };
  }

  async function answer(peer: PeerKey, request: PayRequest): Promise<PayAnswer> {
    switch (request.type) {
      case 'terms':
        return terms(peer, request.cid);
      case 'open':
        lastCid.set(peer, request.cid);
        return await open(peer, request.config, request.binding);
      case 'voucher': {
        const cumulativeWei = await rail.accept(peer, request.voucher);
        if (cumulativeWei > ledger.totals(peer, 'out').authorizedWei) ledger.authorize(peer, 'out', cumulativeWei);
        options.onAuthorized(peer);
        return { type: 'accepted', cumulativeWei, standing: standing(peer) };
      }
      case 'paid': {
        if (!desk) throw new AppError('UNSUPPORTED', 'This seller is paid by channels only.');
        const wei = await desk.accept(peer, request);
        options.onAuthorized(peer);
        return { type: 'credited', wei, standing: standing(peer) };
      }
      case 'work':
        if (!work) throw new AppError('NO_WORK', 'This seller takes no work, only money.');
        return { type: 'work', ...(await work.issue(peer, request.hashesPerSecond)), standing: standing(peer) };
      case 'share': {
        if (!work) throw new AppError('NO_WORK', 'This seller takes no work, only money.');
        const workedWei = await work.submit(peer, request);
        options.onAuthorized(peer);
        return { type: 'counted', workedWei, standing: standing(peer) };
      }
    }
  }

  return async (peer, message) => {
    try {
      return encodePayAnswer(await answer(peer, decodePayRequest(message)));
    } catch (error) {
      if (!isAppError(error)) throw error;
      return encodePayAnswer({ type: 'refused', code: error.code, message: error.message, standing: standing(peer) });
    }
  };
}
