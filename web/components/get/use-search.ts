'use client';
/** Offers for one target, as they come in. Asking again keeps those that are known. */
import { isAppError } from '@chiral/protocol/errors';
import { useCallback, useEffect, useState } from 'react';
import type { Engine, FoundOffer } from '@/lib/engine/types.ts';

export interface Search {
  readonly offers: readonly FoundOffer[];
  readonly isSearching: boolean;
  readonly error: unknown;
  readonly again: () => void;
}

export function useSearch(engine: Engine | undefined, target: string): Search {
  const [offers, setOffers] = useState<ReadonlyMap<string, FoundOffer>>(new Map());
  const [isSearching, setSearching] = useState(true);
  const [error, setError] = useState<unknown>();
  const [round, setRound] = useState(0);

  // `round` asks again; nothing in here reads it.
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new round is a new search
  useEffect(() => {
    if (!engine) return;
    const abort = new AbortController();
    setSearching(true);
    setError(undefined);
    engine
      .search(target, (offer) => setOffers((known) => new Map(known).set(offer.peer, offer)), abort.signal)
      .catch((caught: unknown) => {
        if (!abort.signal.aborted && !isAppError(caught, 'NO_OFFERS', 'CANCELLED')) setError(caught);
      })
      .finally(() => {
        if (!abort.signal.aborted) setSearching(false);
      });
    return () => abort.abort();
  }, [engine, target, round]);

  return { offers: [...offers.values()], isSearching, error, again: useCallback(() => setRound((n) => n + 1), []) };
}
