'use client';
/**
 * The person's wallet, as the pages see it: which are there (EIP-6963), which is connected, whether it is on our network and on
 * our chain. Keys never come near. What holds the connection (`bridge.tsx`) is loaded when a page wants a wallet, or when this
 * browser had one: who only looks around does not wait for it.
 */
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';
import type { WalletBridge } from './bridge.tsx';
import type { WalletState } from './types.ts';

/** Where wagmi remembers which wallet was connected last. */
const REMEMBERED = 'wagmi.recentConnectorId';

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
