'use client';
/**
 * From a press to a running download: connect the wallet, bring it to the network, start, skipping what is done. A no at any step
 * leaves everything as it was. When there is none, or more than one, the page must ask which: `isChoosing`.
 */
import { useState, useSyncExternalStore } from 'react';
import type { Engine, GetOptions } from '@/lib/engine/types.ts';
import { usePeer } from '@/lib/peer/context.tsx';
import type { DownloadState } from '@/lib/peer/downloads.ts';
import { type ConnectedWallet, useWallet } from '@/lib/wallet/context.tsx';

export interface Pay {
  readonly download: DownloadState | undefined;
  readonly isBusy: boolean;
  /** What the wallet is asked just now. */
  readonly step: 'wallet' | 'network' | undefined;
  /** Why the last attempt ended. */
  readonly error: unknown;
  readonly isChoosing: boolean;
  readonly stopChoosing: () => void;
  /** @param given a wallet that was just connected */
  readonly pay: (options: GetOptions | readonly GetOptions[], given?: ConnectedWallet) => Promise<void>;
  /** Without a wallet: what is free. */
  readonly startFree: (options: GetOptions | readonly GetOptions[]) => void;
}

export function usePay(engine: Engine, target: string): Pay {
  const { downloads } = usePeer(true);
  const { wallet, wallets, isOnChain, connect, enterChain } = useWallet();
  const [isChoosing, setChoosing] = useState(false);
  const [step, setStep] = useState<'wallet' | 'network'>();
  const [error, setError] = useState<unknown>();
  const download = useSyncExternalStore(
    downloads.subscribe,
    () => downloads.get(target),
    () => undefined,
  );

  /** A list is what is in the folder `target`. */
  const start = (options: GetOptions | readonly GetOptions[]) =>
    'target' in options ? downloads.start(engine, options) : downloads.startAll(engine, target, options);

  async function pay(options: GetOptions | readonly GetOptions[], given?: ConnectedWallet): Promise<void> {
    setError(undefined);
    downloads.forget(target);
    try {
      let paying = given ?? wallet;
      if (!paying) {
        const [only, ...others] = wallets;
        if (!only || others.length > 0) return setChoosing(true);
        setStep('wallet');
        paying = await connect(only);
      }
      if (paying !== wallet || !isOnChain) {
        setStep('network');
        await enterChain(paying);
      }
      engine.setWallet(paying);
      void start(options);
    } catch (caught) {
      setError(caught);
    } finally {
      setStep(undefined);
    }
  }

  return {
    download,
    isBusy: step !== undefined || download?.isRunning === true,
    step,
    error: error ?? download?.error,
    isChoosing,
    stopChoosing: () => setChoosing(false),
    pay,
    startFree: (options) => {
      setError(undefined);
      void start(options);
    },
  };
}
