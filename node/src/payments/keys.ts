/** What paying needs of the keys, wherever they are: the daemon's keystore, or a wallet that only shows its address. Types only. */
import type { SigningKey } from 'ethers';

export interface PayerKeys {
  /** Whose money it is. */
  readonly wallet: { readonly address: string };
  /** Signs vouchers as `payerAuthorizer`, so that the wallet's own key signs transactions only. */
  readonly session: SigningKey;
  readonly sessionAddress: string;
}
