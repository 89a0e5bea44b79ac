'use client';
/**
 * The peer in the tab, started when a page first wants it and kept while pages change. Only one tab of a browser runs it; the
 * others wait and say so. State: the engine, and why there is none.
 */
import { isAppError } from '@chiral/protocol/errors';
import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import type { Engine, EngineSnapshot } from '../engine/types.ts';
import { useHome } from '../home.tsx';
import { useWallet } from '../wallet/context.tsx';
import { createDownloads, type Downloads } from './downloads.ts';

export type PeerState = 'asleep' | 'starting' | 'ready' | 'elsewhere' | 'failed';

interface Peer {
  readonly state: PeerState;
  readonly engine: Engine | undefined;
  readonly error: unknown;
  readonly downloads: Downloads;
  readonly wake: () => void;
}

const Context = createContext<Peer | undefined>(undefined);

export function PeerProvider({ children }: { children: ReactNode }) {
  const { ready, bootstrap, rpcUrl, contract, site } = useHome();
  const { wallet, isOnChain } = useWallet(false);
  const [isWanted, setWanted] = useState(false);
  const [peer, setPeer] = useState<{ state: PeerState; engine?: Engine; error?: unknown }>({ state: 'asleep' });
  const [downloads] = useState(createDownloads);
  // A wallet on another network cannot open anything here; what is open goes on without it.
  const usable = isOnChain ? wallet : undefined;
  const current = useRef(usable);
  current.current = usable;

  useEffect(() => {
    if (!isWanted || !ready) return;
    const ending = new AbortController();
    let engine: Engine | undefined;
    const start = async () => {
      setPeer({ state: 'starting' });
      const { createEngine } = await import('../engine/index.ts');
      const options = {
        bootstrap,
        chainId: site.chainId,
        ...(rpcUrl && { rpcUrl }),
        ...(contract && { contract }),
        ...(current.current && { wallet: current.current }),
      };
      try {
        engine = await createEngine(options);
      } catch (error) {
        if (!isAppError(error, 'CONFLICT')) throw error;
        if (!ending.signal.aborted) setPeer({ state: 'elsewhere' });
        engine = await createEngine(options, ending.signal);
      }
      if (ending.signal.aborted) return engine.close();
      engine.setWallet(current.current);
      setPeer({ state: 'ready', engine });
    };
    start().catch((error: unknown) => {
      if (!ending.signal.aborted) setPeer({ state: 'failed', error });
    });
    return () => {
      ending.abort();
      void engine?.close();
    };
  }, [isWanted, ready, bootstrap, rpcUrl, contract, site.chainId]);

  useEffect(() => peer.engine?.setWallet(usable), [peer.engine, usable]);

  const wake = useCallback(() => setWanted(true), []);
  const value = useMemo<Peer>(
    () => ({ state: peer.state, engine: peer.engine, error: peer.error, downloads, wake }),
    [peer, downloads, wake],
  );
  return <Context value={value}>{children}</Context>;
}

/** @param wants starts the peer when it sleeps */
export function usePeer(wants: boolean): Omit<Peer, 'wake'> {
  const peer = useContext(Context);
  if (!peer) throw new Error('usePeer outside PeerProvider');
  const { wake } = peer;
  useEffect(() => {
    if (wants) wake();
  }, [wants, wake]);
  return peer;
}

const nothing = () => () => {};
const noSnapshot = () => undefined;

export const useEngineSnapshot = (engine: Engine | undefined): EngineSnapshot | undefined =>
  useSyncExternalStore<EngineSnapshot | undefined>(
    engine ? engine.subscribe.bind(engine) : nothing,
    engine ? engine.snapshot.bind(engine) : noSnapshot,
    noSnapshot,
  );
