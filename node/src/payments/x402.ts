/**
 * x402 at the seller's door: tells a stranger what a request costs, takes the payment from the request's header, and puts it
 * into the same books as any other buyer's. Payers are known as `wallet:<address>` (channels) and `transfer:<address>`
 * (`exact`), for a wallet has shown nothing else. The node is its own facilitator: it sends deposits and refunds itself.
 * It reads no content and serves none.
 *
 * Order that matters: a payment is on disk, or confirmed on the chain, before `admit` resolves, so before a byte goes. What was
 * paid for and not sent stays to the payer's credit: its next request costs nothing while that lasts.
 *
 * State: the channels at work now, each with one request at a time, what was let in and is not delivered yet, and the gas price of a
 * moment ago.
 */
import { AppError, isAppError, toProblem } from '@chiral/protocol/errors';
import {
  BATCH_SETTLEMENT_ADDRESS,
  channelId,
  costWei,
  MIN_WITHDRAW_DELAY_SECONDS,
  type SignedVoucher,
  voucherDigest,
} from '@chiral/protocol/payment';
import { type Deployment, recoverSigner } from '@chiral/protocol/typed-data';
import { AbiCoder } from 'ethers';
import type { Log } from '../log.ts';
import type { Admission, ChainClient, Paywall, PeerKey, PeerLedger, PricingPolicy, Wanted } from '../ports.ts';
import type { Channel, ChannelBook } from './channel-book.ts';
import type { SettlementContract } from './contract.ts';
import { countDirect } from './direct.ts';
import type { DirectBook } from './direct-book.ts';
import type { ChannelRail } from './rail.ts';
import { isTooLate, moveSigned } from './signed-transfer.ts';
import {
  BATCH_SETTLEMENT,
  type BatchPayload,
  CHALLENGE_HEADER,
  type Challenge,
  decodePayment,
  EXACT,
  type ExactPayload,
  encodeHeader,
  PAYMENT_HEADER,
  RECEIPT_HEADER,
  type Requirements,
  X402_ERRORS,
  X402_VERSION,
} from './x402-message.ts';

/** The standard's collector for tokens with signed transfers, the same on every chain. */
const ERC3009_COLLECTOR = '0x4020806089470a89826cB9fB1f4059150b550004';
/** EIP-712 domain of WrappedChiral, which the payer signs its deposit in. */
const TOKEN_DOMAIN = { name: 'Wrapped Chiral', version: '1' };
/** What a payer has from the challenge to the payment, seconds. */
const MAX_TIMEOUT_SECONDS = 3600;
/** A deposit is worth this many requests, unless its payer chooses more. */
const DEPOSIT_REQUESTS = 10n;
/** We pay the gas of a deposit: it must be worth this many times that. */
const DEPOSIT_GAS_MULTIPLE = 4n;
/** Gas of a deposit or a transfer on a signature, for weighing it. */
const DEPOSIT_GAS = 120_000n;
/** A gas price is good this long, milliseconds: asking for a challenge must not cost a question to the chain. */
const GAS_PRICE_MS = 30_000;

/** A payment that is not taken, with the standard's word for why; `channel` lets an honest payer catch up. */
class Refusal extends Error {
  readonly code: string;
  readonly channel: Channel | undefined;
  constructor(code: keyof typeof X402_ERRORS, message: string, channel?: Channel) {
    super(message);
    this.code = X402_ERRORS[code];
    this.channel = channel;
  }
}

export interface X402Options {
  readonly book: ChannelBook;
  readonly direct: DirectBook;
  readonly rail: ChannelRail;
  readonly contract: SettlementContract;
  readonly ledger: PeerLedger;
  readonly pricing: PricingPolicy;
  readonly chain: ChainClient;
  readonly deployment: Deployment;
  readonly receiver: string;
  /** WrappedChiral on this chain. */
  readonly token: string;
  readonly log: Log;
}

/** Undefined where stock clients could not pay: they look for the channels at one address on every chain. */
export function createX402(options: X402Options): Paywall | undefined {
  const { book, direct, rail, contract, ledger, pricing, chain, deployment, receiver, token, log } = options;
  if (deployment.contract !== BATCH_SETTLEMENT_ADDRESS) return undefined;
  const network = `eip155:${deployment.chainId}`;
  const busy = new Map<string, Promise<unknown>>();
  /** Cost of the answers under way, wei: it is spent, though the ledger knows only what has left. */
  const underWay = new Map<PeerKey, bigint>();
  let gas = { priceWei: 0n, atMs: Number.NEGATIVE_INFINITY };

  /** Paid, and neither delivered nor on its way out. */
  function creditWei(peer: PeerKey): bigint {
    const { deliveredWei, authorizedWei } = ledger.totals(peer, 'out');
    return authorizedWei - deliveredWei - (underWay.get(peer) ?? 0n);
  }

  function letIn(peer: PeerKey, amountWei: bigint, headers: Record<string, string>): Admission {
    underWay.set(peer, (underWay.get(peer) ?? 0n) + amountWei);
    let isOver = false;
    const done = () => {
      if (isOver) return;
      isOver = true;
      const rest = underWay.get(peer)! - amountWei;
      if (rest > 0n) underWay.set(peer, rest);
      else underWay.delete(peer);
    };
    return { peer, headers, done };
  }

  /** One after the other for each `key`: running totals are read, checked and raised by one request at a time. */
  async function alone<T>(key: string, work: () => Promise<T>): Promise<T> {
    const mine = (busy.get(key) ?? Promise.resolve()).then(work, work);
    busy.set(key, mine);
    try {
      return await mine;
    } finally {
      if (busy.get(key) === mine) busy.delete(key);
    }
  }

  async function minDepositWei(): Promise<bigint> {
    if (Date.now() - gas.atMs > GAS_PRICE_MS) {
      gas = { ...gas, atMs: Date.now() };
      gas.priceWei = await chain.gasPriceWei().catch(() => gas.priceWei);
    }
    return DEPOSIT_GAS * DEPOSIT_GAS_MULTIPLE * gas.priceWei;
  }

  const priceOf = (cid: string) => pricing.quote('', cid).weiPerMiB;
  const amountOf = ({ cid, bytes }: Wanted) => costWei(bytes, priceOf(cid));

  async function requirements(wanted: Wanted): Promise<Requirements[]> {
    const amountWei = amountOf(wanted);
    const floorWei = await minDepositWei();
    const enoughWei = amountWei * DEPOSIT_REQUESTS;
    const common = { network, asset: token, amount: `${amountWei}`, payTo: receiver };
    const batch: Requirements = {
      scheme: BATCH_SETTLEMENT,
      ...common,
      maxTimeoutSeconds: MAX_TIMEOUT_SECONDS,
      extra: {
        ...TOKEN_DOMAIN,
        assetTransferMethod: 'eip3009',
        receiverAuthorizer: receiver,
        withdrawDelay: MIN_WITHDRAW_DELAY_SECONDS,
        minDeposit: `${enoughWei > floorWei ? enoughWei : floorWei}`,
      },
    };
    if (!wanted.isWhole || amountWei < floorWei) return [batch];
    const extra = { ...TOKEN_DOMAIN, assetTransferMethod: 'eip3009' };
    return [batch, { scheme: EXACT, ...common, maxTimeoutSeconds: MAX_TIMEOUT_SECONDS, extra }];
  }

  async function challengeFor(wanted: Wanted, error: string, channel?: Channel): Promise<Record<string, string>> {
    const accepts = (await requirements(wanted)).map((row) =>
      channel && row.scheme === BATCH_SETTLEMENT ? { ...row, extra: { ...row.extra, ...standing(channel) } } : row,
    );
    const challenge: Challenge = {
      x402Version: X402_VERSION,
      error,
      resource: { url: wanted.url, description: `${wanted.bytes} bytes`, mimeType: 'application/octet-stream' },
      accepts,
    };
    return { [CHALLENGE_HEADER]: encodeHeader(challenge) };
  }

  // ---- batch-settlement --------------------------------------------------------------------------------------------------

  function checkConfig({ channelConfig: config, voucher }: BatchPayload): SignedVoucher {
    const fits =
      config.receiver === receiver &&
      config.receiverAuthorizer === receiver &&
      config.token === token &&
      config.withdrawDelay === MIN_WITHDRAW_DELAY_SECONDS &&
      channelId(config, deployment) === voucher.channelId;
    if (!fits) throw new Refusal('wrongChannel', 'The channel is not one that these terms describe.');
    return { ...voucher, config };
  }

  /** The channel, from the book or, when the chain shows money in it, new to the book. */
  async function channelOf(voucher: SignedVoucher, peer: PeerKey): Promise<Channel | undefined> {
    const known = book.find(voucher.channelId);
    if (known && (known.role !== 'payee' || known.peer !== peer))
      throw new Refusal('wrongChannel', 'This channel is known here as another’s.');
    if (known) return known;
    const seen = await contract.channel(voucher.channelId);
    if (seen.balanceWei === 0n || seen.closing) return undefined;
    const { config, channelId: id } = voucher;
    const channel = book.add({ id, role: 'payee', peer, config, balanceWei: seen.balanceWei });
    book.observe(channel, seen);
    return channel;
  }

  /** Sends the payer's signed deposit. Everything that costs nothing has been checked; the chain client simulates it first. */
  async function deposit(payload: BatchPayload & { type: 'deposit' }, voucher: SignedVoucher): Promise<string> {
    const { amount, authorization } = payload.deposit;
    if (amount < (await minDepositWei())) throw new Refusal('smallDeposit', 'The deposit is not worth its gas.');
    const { validAfter, validBefore, salt, signature } = authorization.erc3009Authorization;
    if (isTooLate(validBefore)) throw new Refusal('depositFailed', 'The authorization of the deposit has run out.');
    const data = AbiCoder.defaultAbiCoder().encode(
      ['uint256', 'uint256', 'uint256', 'bytes'],
      [validAfter, validBefore, BigInt(salt), signature],
    );
    try {
      return await contract.deposit(voucher.config, amount, ERC3009_COLLECTOR, data);
    } catch (error) {
      if (!isAppError(error, 'CHAIN_REVERTED')) throw error;
      throw new Refusal('depositFailed', error.message);
    }
  }

  async function takeBatch(wanted: Wanted, payload: BatchPayload): Promise<Admission> {
    const voucher = checkConfig(payload);
    const peer: PeerKey = `wallet:${voucher.config.payer}`;
    // A voucher for nothing is none to us, but it is how a payer without records asks where its channel stands.
    const signer = recoverSigner(voucherDigest(voucher, deployment), voucher.signature);
    if (signer !== voucher.config.payerAuthorizer)
      throw new Refusal('badSignature', 'The payer authorizer of the channel did not sign this.');
    let channel = await channelOf(voucher, peer);
    if (payload.type === 'refund') return refund(payload, voucher, channel);
    const amountWei = amountOf(wanted);
    const baseWei = channel ? chargedWei(channel) : 0n;
    if (voucher.maxClaimableAmount !== baseWei + amountWei)
      throw new Refusal('mismatch', 'The voucher must be for what was charged and this request.', channel);
    let transaction = '';
    if (payload.type === 'deposit') {
      const heldWei = channel?.balanceWei ?? 0n;
      if (voucher.maxClaimableAmount > heldWei + payload.deposit.amount)
        throw new Refusal('exceedsBalance', 'The voucher promises more than the channel would hold.', channel);
      transaction = await deposit(payload, voucher);
      channel = await channelOf(voucher, peer);
      if (channel) await rail.refresh(channel);
    }
    if (!channel) throw new Refusal('noChannel', 'The chain shows no deposit for this channel.');
    ledger.agree(peer, 'out', wanted.cid, pricing.quote(peer, wanted.cid));
    const isCovered = creditWei(peer) >= amountWei;
    if (!isCovered) await accept(peer, voucher, channel);
    return letIn(peer, amountWei, receipt(channel, transaction, isCovered ? 0n : amountWei));
  }

  async function accept(peer: PeerKey, voucher: SignedVoucher, channel: Channel): Promise<void> {
    try {
      const totalWei = await rail.accept(peer, voucher);
      if (totalWei > ledger.totals(peer, 'out').authorizedWei) ledger.authorize(peer, 'out', totalWei);
    } catch (error) {
      if (isAppError(error, 'VOUCHER_UNFUNDED')) throw new Refusal('exceedsBalance', error.message, channel);
      if (isAppError(error, 'VOUCHER_STALE')) throw new Refusal('mismatch', error.message, channel);
      if (isAppError(error, 'CHANNEL_CLOSING')) throw new Refusal('noChannel', error.message);
      throw error;
    }
  }

  /** Gives back at once what no voucher promises, on the payer's word: a voucher for just what was charged. */
  async function refund(
    { amount }: BatchPayload & { type: 'refund' },
    voucher: SignedVoucher,
    channel: Channel | undefined,
  ): Promise<Admission> {
    if (!channel) throw new Refusal('noChannel', 'The chain shows no deposit for this channel.');
    if (voucher.maxClaimableAmount !== chargedWei(channel))
      throw new Refusal('mismatch', 'A refund carries a voucher for what was charged.', channel);
    await rail.refresh(channel);
    const freeWei = channel.balanceWei - chargedWei(channel);
    if (freeWei <= 0n) throw new Refusal('nothingToRefund', 'Everything in this channel is spent.');
    if (amount !== undefined && (amount === 0n || amount > freeWei))
      throw new Refusal('badRefund', `Up to ${freeWei} can be given back.`);
    let transaction: string;
    try {
      transaction = await contract.refund(channel.config, amount ?? freeWei);
    } catch (error) {
      if (!isAppError(error, 'CHAIN_REVERTED')) throw error;
      throw new Refusal('refundFailed', error.message);
    }
    await rail.refresh(channel);
    log.info({ peer: channel.peer, transaction, wei: `${amount ?? freeWei}` }, 'gave a deposit back');
    const body = JSON.stringify({ refunded: `${amount ?? freeWei}`, transaction });
    return { status: 200, headers: { ...receipt(channel, transaction, 0n), 'content-type': 'application/json' }, body };
  }

  function receipt(channel: Channel, transaction: string, chargedAmount: bigint): Record<string, string> {
    const extra = { chargedAmount: `${chargedAmount}`, ...standing(channel) };
    const payer = channel.config.payer;
    return { [RECEIPT_HEADER]: encodeHeader({ success: true, payer, transaction, network, extra }) };
  }

  // ---- exact -------------------------------------------------------------------------------------------------------------

  async function takeExact(wanted: Wanted, { authorization, signature }: ExactPayload): Promise<Admission> {
    const { from, to, value } = authorization;
    const amountWei = amountOf(wanted);
    if (!wanted.isWhole || amountWei < (await minDepositWei()))
      throw new Refusal('otherTerms', 'Parts of a file are paid for by batch-settlement.');
    if (to !== receiver || value !== amountWei)
      throw new Refusal('otherTerms', 'The transfer is to another wallet or of another amount.');
    let transaction: string;
    try {
      transaction = await moveSigned({ chain, token }, authorization, signature);
    } catch (error) {
      if (!isAppError(error, 'CHAIN_REVERTED')) throw error;
      throw new Refusal('transferFailed', error.message);
    }
    const peer: PeerKey = `transfer:${from}`;
    ledger.agree(peer, 'out', wanted.cid, pricing.quote(peer, wanted.cid));
    direct.add({ role: 'payee', transaction, authorizer: from, peer, wei: value, told: true });
    countDirect({ rail, ledger }, 'payee', peer);
    if (creditWei(peer) < amountWei)
      throw new Refusal('transferFailed', 'What this transfer pays for was sent already.');
    const told = { success: true, payer: from, transaction, network, amount: `${value}` };
    return letIn(peer, amountWei, { [RECEIPT_HEADER]: encodeHeader(told) });
  }

  return {
    async challenge(wanted) {
      if (amountOf(wanted) === 0n) return {};
      return challengeFor(wanted, 'Payment required');
    },

    async admit(wanted, headers) {
      const header = headers[PAYMENT_HEADER];
      if (typeof header !== 'string' || amountOf(wanted) === 0n) return undefined;
      try {
        const payment = read(header);
        const { accepted } = payment;
        if (accepted.network !== network || accepted.asset !== token || accepted.payTo !== receiver)
          throw new Refusal('otherTerms', 'These are not the terms asked here.');
        if (payment.scheme === EXACT)
          return await alone(payment.payload.authorization.from, () => takeExact(wanted, payment.payload));
        const { payload } = payment;
        if (payload.type !== 'refund' && accepted.amount !== amountOf(wanted))
          throw new Refusal('otherTerms', 'The price of this request is another now.');
        return await alone(payload.voucher.channelId, () => takeBatch(wanted, payload));
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        const problem = toProblem(new AppError('VOUCHER_INVALID', error.message, { reason: error.code }));
        const told = await challengeFor(wanted, error.code, error.channel);
        return {
          status: 402,
          headers: { ...told, 'content-type': 'application/problem+json' },
          body: JSON.stringify({ ...problem, status: 402 }),
        };
      }
    },
  };
}

function read(header: string): ReturnType<typeof decodePayment> {
  try {
    return decodePayment(header);
  } catch (error) {
    if (!isAppError(error, 'BAD_REQUEST')) throw error;
    throw new Refusal('malformed', error.message);
  }
}

/** What a channel has been charged, claimed by an earlier life of this node or promised to this one. */
function chargedWei({ cumulativeWei, settledWei }: Channel): bigint {
  return cumulativeWei > settledWei ? cumulativeWei : settledWei;
}

/** Where a channel stands, in the standard's words: a payer that lost its records reads its own signature in it. */
function standing(channel: Channel) {
  const { id, balanceWei, settledWei, cumulativeWei, signature } = channel;
  return {
    channelState: {
      channelId: id,
      balance: `${balanceWei}`,
      totalClaimed: `${settledWei}`,
      withdrawRequestedAt: 0,
      refundNonce: '0',
      chargedCumulativeAmount: `${chargedWei(channel)}`,
    },
    ...(signature !== '' && { voucherState: { signedMaxClaimable: `${cumulativeWei}`, signature } }),
  };
}
