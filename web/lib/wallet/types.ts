/** What pages see of the person's wallet. Types only. */
import type { Connector } from 'wagmi';
import type { GenesisVerdict } from './genesis.ts';
import type { Provider } from './switch.ts';

export interface ConnectedWallet extends Provider {
  readonly address: string;
}

export interface WalletState {
  /** False while nobody has wanted a wallet, and until its connection is loaded. */
  readonly isAwake: boolean;
  /** Wallets of this browser. Empty: none is installed. */
  readonly wallets: readonly Connector[];
  readonly isConnecting: boolean;
  /** The connected account with its wallet; undefined while there is none or it is locked. */
  readonly wallet: ConnectedWallet | undefined;
  readonly walletName: string | undefined;
  readonly isOnChain: boolean;
  readonly genesis: GenesisVerdict;
  /** @throws CANCELLED the person declined; TOO_MANY a question is open in the wallet already */
  readonly connect: (connector: Connector) => Promise<ConnectedWallet>;
  readonly disconnect: () => void;
  /** Brings the wallet to our network. @throws what `ensureChain` does */
  readonly enterChain: (wallet: ConnectedWallet) => Promise<void>;
  /** The person has cleared the wallet's memory of the old chain. */
  readonly acceptGenesis: () => void;
}
