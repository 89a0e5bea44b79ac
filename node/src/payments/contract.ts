/**
 * BatchSettlement as the payment layer sees it: a few verbs over the ChainClient, ABI-encoded. No state, no policy.
 */

import { AppError, isAppError } from '@chiral/protocol/errors';
import { BATCH_SETTLEMENT_ABI } from '@chiral/protocol/generated/batch-settlement';
import { type ChannelConfig, channelId, encodeClaimRow, type SignedVoucher } from '@chiral/protocol/payment';
import { concat, Interface, ZeroHash } from 'ethers';
import type { ChainClient } from '../ports.ts';

/** What the contract holds for one channel. */
export interface ChannelState {
  /** Deposited and not taken back, wei; includes what was claimed. */
  readonly balanceWei: bigint;
  /** Claimed by the receiver so far, wei. */
  readonly settledWei: bigint;
  /** A withdrawal has begun. */
  readonly closing: boolean;
}

export interface SettlementContract {
  /** Asks once whether the contract names channels as we do; whoever sends money waits for the answer. @throws WRONG_CHAIN, CHAIN_UNREACHABLE */
  ready(config: ChannelConfig): Promise<void>;
  channel(id: string): Promise<ChannelState>;
  /** One transaction for all rows; confirmed when it resolves. */
  openMany(rows: readonly { config: ChannelConfig; amountWei: bigint }[]): Promise<string>;
  /** Claims and pays out in one transaction; resolves to its hash when confirmed. All vouchers pay the same receiver and share its authorizer, token and withdraw delay. */
  claim(vouchers: readonly SignedVoucher[]): Promise<string>;
  /** Begins to take back what no voucher promises; the receiver may still claim for the whole delay. */
  initiateWithdraw(config: ChannelConfig, amountWei: bigint): Promise<string>;
  finalizeWithdraw(config: ChannelConfig): Promise<string>;
  /** Adds a payer's tokens to a channel on the payer's signed authorization, which the collector checks. */
  deposit(config: ChannelConfig, amountWei: bigint, collector: string, collectorData: string): Promise<string>;
  /** As the receiver: gives back what no voucher of the payer promises. */
  refund(config: ChannelConfig, amountWei: bigint): Promise<string>;
}

const abi = new Interface(BATCH_SETTLEMENT_ABI);

export function createSettlementContract(chain: ChainClient, address: string): SettlementContract {
  async function read(name: string, args: unknown[]) {
    return abi.decodeFunctionResult(
      name,
      await explained(chain.call({ to: address, data: abi.encodeFunctionData(name, args) })),
    );
  }

  async function write(name: string, args: unknown[], valueWei = 0n): Promise<string> {
    const hash = await explained(chain.send({ to: address, data: abi.encodeFunctionData(name, args), valueWei }));
    return (await chain.confirmed(hash)).hash;
  }

  let checked: Promise<void> | undefined;
  /** Money goes to no address whose code does not name channels as we do: a call to an empty account would succeed. */
  function checkDeployed(config: ChannelConfig): Promise<void> {
    checked ??= (async () => {
      const [id] = await read('getChannelId', [config]);
      if (id !== channelId(config, { chainId: chain.chainId, contract: address })) {
        throw new AppError(
          'WRONG_CHAIN',
          'The settlement contract names channels otherwise; this is not the contract we know.',
          { address },
        );
      }
    })();
    checked.catch(() => {
      checked = undefined;
    });
    return checked;
  }

  return {
    ready: checkDeployed,
    async channel(id) {
      const [[balance, totalClaimed], [, initiatedAt]] = await Promise.all([
        read('channels', [id]),
        read('pendingWithdrawals', [id]),
      ]);
      return { balanceWei: balance, settledWei: totalClaimed, closing: initiatedAt !== 0n };
    },
    async openMany(rows) {
      await checkDeployed(rows[0]!.config);
      const value = rows.reduce((total, { amountWei }) => total + amountWei, 0n);
      return write('openMany', [rows.map(({ config }) => config), rows.map(({ amountWei }) => amountWei)], value);
    },
    async claim(vouchers) {
      const { receiver, receiverAuthorizer, token, withdrawDelay } = vouchers[0]!.config;
      const rows = concat(vouchers.map(encodeClaimRow));
      return write('claimMany', [receiver, receiverAuthorizer, token, withdrawDelay, ZeroHash, rows]);
    },
    initiateWithdraw: (config, amountWei) => write('initiateWithdraw', [config, amountWei]),
    finalizeWithdraw: (config) => write('finalizeWithdraw', [config]),
    async deposit(config, amountWei, collector, collectorData) {
      await checkDeployed(config);
      return write('deposit', [config, amountWei, collector, collectorData]);
    },
    refund: (config, amountWei) => write('refund', [config, amountWei]),
  };
}

/** Gives a revert the name of the contract's own error. */
async function explained<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (!isAppError(error, 'CHAIN_REVERTED') || typeof error.details.data !== 'string') throw error;
    const reason = abi.parseError(error.details.data);
    if (!reason) throw error;
    throw new AppError(
      'CHAIN_REVERTED',
      `The settlement contract refuses: ${reason.name}(${reason.args.join(', ')}).`,
      error.details,
      {
        cause: error,
      },
    );
  }
}
