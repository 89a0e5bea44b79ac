'use client';
/**
 * From a press to a running download: connect the wallet, bring it to the network, start, skipping what is done. A no at any step
 * leaves everything as it was. When there is none, or more than one, the page must ask which: `isChoosing`.
 */
import { useState, useSyncExternalStore } from 'react';
import type { Engine, GetOptions } from '@/lib/engine/types.ts';
import { usePeer } from '@/lib/peer/context.tsx';
import type { DownloadState } from '@/lib/peer/downloads.ts';
import { useWallet } from '@/lib/wallet/context.tsx';
import type { ConnectedWallet } from '@/lib/wallet/types.ts';

export interface Enter {
  /** What the wallet is asked just now. */
  readonly step: 'wallet' | 'network' | undefined;
  /** Why the last attempt ended. */
  readonly error: unknown;
  readonly isChoosing: boolean;
  readonly stopChoosing: () => void;
  /** @param work with a wallet that is on our network @param given one that was just connected */
  readonly enter: (work: (wallet: ConnectedWallet) => Promise<void>, given?: ConnectedWallet) => Promise<void>;
  readonly forgetError: () => void;
}

/** A connected wallet on our network, for whatever needs one. */
export function useEnter(): Enter {
  const { wallet, wallets, isOnChain, connect, enterChain } = useWallet();
  const [isChoosing, setChoosing] = useState(false);
  const [step, setStep] = useState<'wallet' | 'network'>();
  const [error, setError] = useState<unknown>();

  async function enter(work: (wallet: ConnectedWallet) => Promise<void>, given?: ConnectedWallet): Promise<void> {
    setError(undefined);
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
      setStep(undefined);
      await work(paying);
    } catch (caught) {
      setError(caught);
    } finally {
      setStep(undefined);
    }
  }

  return {
    step,
    error,
    isChoosing,
    stopChoosing: () => setChoosing(false),
    enter,
    forgetError: () => setError(undefined),
  };
}

export interface Pay extends Omit<Enter, 'enter' | 'forgetError'> {
  readonly download: DownloadState | undefined;
  readonly isBusy: boolean;
  /** @param given a wallet that was just connected */
  readonly pay: (options: GetOptions | readonly GetOptions[], given?: ConnectedWallet) => Promise<void>;
  /** Without a wallet: what is free, or paid by work, or after the fact. */
  readonly startFree: (options: GetOptions | readonly GetOptions[]) => void;
}

export function usePay(engine: Engine, target: string): Pay {
  const { downloads } = usePeer(true);
  const { step, error, isChoosing, stopChoosing, enter, forgetError } = useEnter();
  const download = useSyncExternalStore(
    downloads.subscribe,
    () => downloads.get(target),
    () => undefined,
  );
  /** A list is what is in the folder `target`. */
  const start = (options: GetOptions | readonly GetOptions[]) =>
    'target' in options ? downloads.start(engine, options) : downloads.startAll(engine, target, options);
  return {
    download,
    isBusy: step !== undefined || download?.isRunning === true,
    step,
    error: error ?? download?.error,
    isChoosing,
    stopChoosing,
    pay(options, given) {
      downloads.forget(target);
      return enter(async (paying) => {
        engine.setWallet(paying);
        void start(options);
      }, given);
    },
    startFree(options) {
      forgetError();
      void start(options);
    },
  };
}
