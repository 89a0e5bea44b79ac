/**
 * The user's wallet as the chain client's sender: each `send` is one confirmation. It holds no key and decides nothing.
 * State: the wallet of the moment, and whether a confirmation is open in it.
 */
import type { Sender } from '@chiral/node/chain/sender';
import { AppError } from '@chiral/protocol/errors';
import { getAddress, toQuantity } from 'ethers';
import type { WalletPort } from './types.ts';

/** EIP-1193: the user said no. */
const USER_REJECTED = 4001;
/** EIP-1193: the wallet does not let this page use the account (locked, disconnected). */
const UNAUTHORIZED = 4100;
/** MetaMask: a request of this kind is open already. */
const PENDING = -32002;

export interface WalletSender extends Sender {
  set(wallet: WalletPort | undefined): void;
  readonly current: WalletPort | undefined;
  readonly isConfirming: boolean;
  /** EIP-712 payload as JSON → 65-byte signature; one confirmation. @throws as `send` */
  signTypedData(payload: string): Promise<string>;
}

export function createWalletSender(options: {
  chainId: number;
  /** The confirmation opened, or is gone. */
  onConfirming(): void;
}): WalletSender {
  const { chainId, onConfirming } = options;
  let wallet: WalletPort | undefined;
  let confirming = 0;

  const connected = (): WalletPort => {
    if (!wallet) throw new AppError('INSUFFICIENT_FUNDS', 'No wallet is connected to pay from.', { wallet: 'none' });
    return wallet;
  };

  async function confirmed(toRequest: (address: string) => { method: string; params: unknown[] }): Promise<string> {
    const { address, request } = connected();
    confirming++;
    onConfirming();
    try {
      const active = Number(await request({ method: 'eth_chainId' }));
      if (active !== chainId)
        throw new AppError('WRONG_CHAIN', 'The wallet is on another network.', { wallet: active, chainId });
      return String(await request(toRequest(address)));
    } catch (error) {
      throw toAppError(error);
    } finally {
      confirming--;
      onConfirming();
    }
  }

  return {
    set: (next) => {
      wallet = next;
    },
    get current() {
      return wallet;
    },
    get isConfirming() {
      return confirming > 0;
    },
    get address() {
      return getAddress(connected().address);
    },
    async send({ to, data, valueWei, gasLimit }) {
      const gas = toQuantity(await gasLimit());
      return confirmed((address) => ({
        method: 'eth_sendTransaction',
        params: [{ from: address, to, data, value: toQuantity(valueWei), gas }],
      }));
    },
    signTypedData: (payload) =>
      confirmed((address) => ({ method: 'eth_signTypedData_v4', params: [address, payload] })),
  };
}

function toAppError(error: unknown): unknown {
  if (error instanceof AppError) return error;
  const { code, message = '' } = (error ?? {}) as { code?: unknown; message?: string };
  const options = { cause: error };
  if (code === USER_REJECTED)
    return new AppError('CANCELLED', 'You declined in the wallet. Nothing was spent.', { wallet: true }, options);
  if (code === UNAUTHORIZED)
    return new AppError('KEY_LOCKED', 'The wallet is locked or no longer connected to this page.', {}, options);
  if (code === PENDING)
    return new AppError('CONFLICT', 'A question is open in the wallet already; answer that one first.', {}, options);
  if (/(?:insufficient|enough) funds/i.test(message))
    return new AppError('INSUFFICIENT_FUNDS', 'The wallet holds less than the payment and its gas.', {}, options);
  return new AppError('CHAIN_REVERTED', `The wallet refuses: ${message || String(error)}`, {}, options);
}
