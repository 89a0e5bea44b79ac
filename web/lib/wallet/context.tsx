'use client';
/**
 * The person's wallet, as the pages see it: which are there (EIP-6963), which is connected, whether it is on our network and on
 * our chain. Keys never come near. What holds the connection (`bridge.tsx`) is loaded when a page wants a wallet, or when this
 * browser had one: who only looks around does not wait for it.
 */
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';
import type { Connector } from 'wagmi';
import type { WalletBridge } from './bridge.tsx';
import type { GenesisVerdict } from './genesis.ts';
import type { Provider } from './switch.ts';

/** Where wagmi remembers which wallet was connected last. */
const REMEMBERED = 'wagmi.recentConnectorId';

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

const tooEarly = () => Promise.reject(new Error('the wallet is not awake'));
const ASLEEP: WalletState = {
  isAwake: false,
  wallets: [],
  isConnecting: false,
  wallet: undefined,
  walletName: undefined,
  isOnChain: false,
  genesis: { kind: 'same' },
  connect: tooEarly,
  disconnect: () => {},
  enterChain: tooEarly,
  acceptGenesis: () => {},
};

const Context = createContext<{ state: WalletState; wake: () => void } | undefined>(undefined);

export function WalletProvider({ children }: { children: ReactNode }) {
  const [state, setState] = useState(ASLEEP);
  const [isWanted, setWanted] = useState(false);
  const [Bridge, setBridge] = useState<typeof WalletBridge>();
  useEffect(() => {
    if (localStorage.getItem(REMEMBERED) !== null) setWanted(true);
  }, []);
  useEffect(() => {
    if (!isWanted) return;
    import('./bridge.tsx').then(
      (loaded) => setBridge(() => loaded.WalletBridge),
      // Out of reach: the next who wants it tries again.
      () => setWanted(false),
    );
  }, [isWanted]);
  const value = useMemo(() => ({ state, wake: () => setWanted(true) }), [state]);
  return (
    <Context value={value}>
      {Bridge ? <Bridge publish={setState} /> : null}
      {children}
    </Context>
  );
}

/** @param wants loads what holds the connection */
export function useWallet(wants = true): WalletState {
  const found = useContext(Context);
  if (!found) throw new Error('useWallet outside WalletProvider');
  const { state, wake } = found;
  useEffect(() => {
    if (wants) wake();
  }, [wants, wake]);
  return state;
}
