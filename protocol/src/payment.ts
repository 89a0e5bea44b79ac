/**
 * Payment: channels and cumulative vouchers in the typed data of x402 `batch-settlement`, receipts of ours beside them. What bytes
 * cost (`price.ts`) comes along. Pure.
 *
 * @see ../vectors/typed-data.json the digests that Solidity computes for the same values
 */
import { concat, getAddress, Signature, type SigningKey, toBeHex, ZeroAddress } from 'ethers';
import { AppError } from './errors.ts';
import { type Deployment, digestOf, recoverSigner, signDigest, type TypedDataKind } from './typed-data.ts';

export { bytesFor, costWei } from './price.ts';

const X402_DOMAIN = { name: 'x402 Batch Settlement', version: '1' };
/** Where the standard, and our genesis block, put BatchSettlement. */
export const BATCH_SETTLEMENT_ADDRESS = '0x4020074e9dF2ce1deE5A9C1b5c3f541D02a10003';
/** Bounds of a channel's withdraw delay, seconds: 15 minutes to 30 days (the contract's constants). */
export const MIN_WITHDRAW_DELAY_SECONDS = 900;
export const MAX_WITHDRAW_DELAY_SECONDS = 2_592_000;
/** `token` of a channel in the chain's own coin. */
export const NATIVE_TOKEN = ZeroAddress;
/** Vouchers are uint128 on the chain. */
export const MAX_VOUCHER_WEI = 2n ** 128n - 1n;

/** What a channel is; its hash is its name. Addresses are checksummed. */
export interface ChannelConfig {
  readonly payer: string;
  /** Session key that signs vouchers for the payer. */
  readonly payerAuthorizer: string;
  readonly receiver: string;
  readonly receiverAuthorizer: string;
  readonly token: string;
  readonly withdrawDelay: number;
  /** 32 bytes, 0x-hex. */
  readonly salt: string;
}

/** A cumulative promise: the receiver may claim up to `maxClaimableAmount` wei in all from this channel. */
export interface Voucher {
  readonly channelId: string;
  readonly maxClaimableAmount: bigint;
}

export interface SignedVoucher extends Voucher {
  readonly config: ChannelConfig;
  /** 65 bytes, 0x-hex, low s. */
  readonly signature: string;
}

/** Binds a channel to the peer that draws on it, so that a voucher overheard is worth nothing to another. */
export interface ChannelBinding {
  readonly channelId: string;
  /** libp2p peer id of the buyer. */
  readonly peerId: string;
  /** Seconds since 1970. */
  readonly issuedAt: number;
}

/** The payer's signed statement of which chunks of which content it got for which running total. */
export interface Receipt {
  readonly channelId: string;
  /** Digest of the content's CID, 32 bytes 0x-hex. */
  readonly content: string;
  /** Bitmap, bit i of byte i>>3 from the low end is chunk i; 0x-hex. */
  readonly chunks: string;
  readonly bytes: bigint;
  /** Running total of the channel that this receipt belongs to, wei. */
  readonly cumulativeWei: bigint;
  /** Seconds since 1970. */
  readonly issuedAt: number;
}

/** A seller's fee schedule for one content. */
export interface Terms {
  /** Price, wei per 2^20 bytes. */
  readonly weiPerMiB: bigint;
  /** Bytes that anyone gets before paying. */
  readonly freeBytes: number;
  /** Bytes that a paying peer may owe before it is choked; grows with what it has paid. */
  readonly creditBytes: number;
}

export const CHANNEL_CONFIG: TypedDataKind = {
  ...X402_DOMAIN,
  types: {
    ChannelConfig: [
      { name: 'payer', type: 'address' },
      { name: 'payerAuthorizer', type: 'address' },
      { name: 'receiver', type: 'address' },
      { name: 'receiverAuthorizer', type: 'address' },
      { name: 'token', type: 'address' },
      { name: 'withdrawDelay', type: 'uint40' },
      { name: 'salt', type: 'bytes32' },
    ],
  },
};

export const VOUCHER: TypedDataKind = {
  ...X402_DOMAIN,
  types: {
    Voucher: [
      { name: 'channelId', type: 'bytes32' },
      { name: 'maxClaimableAmount', type: 'uint128' },
    ],
  },
};

const CHIRAL_DOMAIN = { name: 'Chiral', version: '1' };

export const CHANNEL_BINDING: TypedDataKind = {
  ...CHIRAL_DOMAIN,
  types: {
    ChannelBinding: [
      { name: 'channelId', type: 'bytes32' },
      { name: 'peerId', type: 'string' },
      { name: 'issuedAt', type: 'uint64' },
    ],
  },
};

export const RECEIPT: TypedDataKind = {
  ...CHIRAL_DOMAIN,
  types: {
    Receipt: [
      { name: 'channelId', type: 'bytes32' },
      { name: 'content', type: 'bytes32' },
      { name: 'chunks', type: 'bytes' },
      { name: 'bytes', type: 'uint64' },
      { name: 'cumulativeWei', type: 'uint128' },
      { name: 'issuedAt', type: 'uint64' },
    ],
  },
};

/** Ids of the configs seen last: each comes with every voucher of its channel. */
const channelIds = new Map<string, string>();
const MAX_CHANNEL_IDS = 1_000;

/** Channel id: the EIP-712 digest of its config, 32 bytes 0x-hex. */
export function channelId(config: ChannelConfig, deployment: Deployment): string {
  const { payer, payerAuthorizer, receiver, receiverAuthorizer, token, withdrawDelay, salt } = config;
  const parties = `${payer} ${payerAuthorizer} ${receiver} ${receiverAuthorizer} ${token}`;
  const key = `${parties} ${withdrawDelay} ${salt} ${deployment.chainId} ${deployment.contract}`;
  let id = channelIds.get(key);
  if (id === undefined) {
    id = digestOf(CHANNEL_CONFIG, deployment, { ...config });
    if (channelIds.size >= MAX_CHANNEL_IDS) channelIds.clear();
    channelIds.set(key, id);
  }
  return id;
}

export function voucherDigest({ channelId, maxClaimableAmount }: Voucher, deployment: Deployment): string {
  return digestOf(VOUCHER, deployment, { channelId, maxClaimableAmount });
}

/** @throws VOUCHER_INVALID when the amount does not fit the contract's uint128 */
export function signVoucher(
  key: SigningKey,
  config: ChannelConfig,
  cumulativeWei: bigint,
  deployment: Deployment,
): SignedVoucher {
  if (cumulativeWei <= 0n || cumulativeWei > MAX_VOUCHER_WEI) {
    throw new AppError('VOUCHER_INVALID', 'A voucher promises between 1 wei and 2^128 - 1 wei.', { cumulativeWei });
  }
  const voucher = { channelId: channelId(config, deployment), maxClaimableAmount: cumulativeWei };
  return { ...voucher, config, signature: signDigest(key, voucherDigest(voucher, deployment)) };
}

/** True when `voucher` belongs to its config here and the config's payer authorizer signed it. */
export function isVoucherValid(voucher: SignedVoucher, deployment: Deployment): boolean {
  const { config, maxClaimableAmount } = voucher;
  if (maxClaimableAmount <= 0n || maxClaimableAmount > MAX_VOUCHER_WEI) return false;
  if (config.payerAuthorizer === ZeroAddress) return false;
  if (channelId(config, deployment) !== voucher.channelId) return false;
  return recoverSigner(voucherDigest(voucher, deployment), voucher.signature) === getAddress(config.payerAuthorizer);
}

/**
 * One row of `claimMany`, 152 bytes 0x-hex: payer, payerAuthorizer, salt, maxClaimableAmount, r, yParityAndS. Receiver, its
 * authorizer, token and withdraw delay are the same for all rows and travel once.
 */
export function encodeClaimRow({ config, maxClaimableAmount, signature }: SignedVoucher): string {
  const { r, yParityAndS } = Signature.from(signature);
  const { payer, payerAuthorizer, salt } = config;
  return concat([payer, payerAuthorizer, salt, toBeHex(maxClaimableAmount, 16), r, yParityAndS]);
}

export function signBinding(key: SigningKey, binding: ChannelBinding, deployment: Deployment): string {
  return signDigest(key, digestOf(CHANNEL_BINDING, deployment, { ...binding }));
}

export function isBindingValid(
  binding: ChannelBinding,
  signature: string,
  authorizer: string,
  deployment: Deployment,
): boolean {
  return recoverSigner(digestOf(CHANNEL_BINDING, deployment, { ...binding }), signature) === getAddress(authorizer);
}

export function signReceipt(key: SigningKey, receipt: Receipt, deployment: Deployment): string {
  return signDigest(key, digestOf(RECEIPT, deployment, { ...receipt }));
}

export function isReceiptValid(
  receipt: Receipt,
  signature: string,
  authorizer: string,
  deployment: Deployment,
): boolean {
  return recoverSigner(digestOf(RECEIPT, deployment, { ...receipt }), signature) === getAddress(authorizer);
}
