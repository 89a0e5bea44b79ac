/**
 * Downloads that run in this tab, by what was asked for. They outlive the page that started them. The engine keeps bytes and books;
 * here is only who may stop it and why it stopped.
 */
import { isAppError } from '@chiral/protocol/errors';
import type { Engine, GetOptions, SellerRow } from '../engine/types.ts';

export interface DownloadState {
  readonly target: string;
  readonly isRunning: boolean;
  /** Why it stopped; undefined when it was paused or is done. */
  readonly error?: unknown;
  readonly done?: { readonly cid: string; readonly seconds: number; readonly sellers: readonly SellerRow[] };
  /** First byte that was paid for, milliseconds since 1970. */
  readonly paidAtMs?: number;
  readonly startedAtMs: number;
  /** Sellers that were left out before anything was bought from them. */
  readonly refused: readonly { readonly peer: string; readonly code: string }[];
}

export interface Downloads {
  start(engine: Engine, options: GetOptions): Promise<void>;
  /** One after the other, under one name: the first that fails or is paused ends it. `maxWei` of the first is for all of them. */
  startAll(engine: Engine, name: string, list: readonly GetOptions[]): Promise<void>;
  /** What is here stays; `start` goes on. */
  pause(target: string): void;
  get(target: string): DownloadState | undefined;
  forget(target: string): void;
  subscribe(listener: () => void): () => void;
}

/** Set once a download was begun here, so that the next visit wakes the peer to show what there is. */
const BEGUN = 'chiral.begun';
export const hasBegun = (): boolean => localStorage.getItem(BEGUN) !== null;

export function createDownloads(): Downloads {
  const states = new Map<string, DownloadState>();
  const running = new Map<string, AbortController>();
  const listeners = new Set<() => void>();
  const change = (target: string, part: Partial<DownloadState>) => {
    const before = states.get(target);
    if (before) states.set(target, { ...before, ...part });
    for (const listener of listeners) listener();
  };
  const downloads: Downloads = {
    async start(engine, options) {
      const { target } = options;
      if (running.has(target)) return;
      const abort = new AbortController();
      running.set(target, abort);
      localStorage.setItem(BEGUN, '1');
      states.set(target, { target, isRunning: true, startedAtMs: Date.now(), refused: [] });
      change(target, {});
      try {
        await engine.get(
          options,
          (event) => {
            if (event.event === 'refused')
              change(target, {
                refused: [...(states.get(target)?.refused ?? []), { peer: event.peer, code: event.code }],
              });
            if (event.event === 'paid' && states.get(target)?.paidAtMs === undefined)
              change(target, { paidAtMs: event.atMs });
            if (event.event === 'done')
              change(target, { done: { cid: event.cid, seconds: event.seconds, sellers: event.sellers } });
          },
          abort.signal,
        );
      } catch (error) {
        const isPause = abort.signal.aborted && isAppError(error, 'CANCELLED');
        if (!isPause) change(target, { error });
      } finally {
        running.delete(target);
        change(target, { isRunning: false });
      }
    },
    async startAll(engine, name, list) {
      if (running.has(name)) return;
      const abort = new AbortController();
      running.set(name, abort);
      states.set(name, { target: name, isRunning: true, startedAtMs: Date.now(), refused: [] });
      change(name, {});
      let leftWei = list[0]?.maxWei;
      for (const options of list) {
        const { target } = options;
        const pause = () => running.get(target)?.abort();
        abort.signal.addEventListener('abort', pause);
        await downloads.start(engine, { ...options, ...(leftWei !== undefined && { maxWei: leftWei }) });
        abort.signal.removeEventListener('abort', pause);
        const { error, done } = states.get(target)!;
        for (const { costWei } of done?.sellers ?? [])
          if (leftWei !== undefined) leftWei = leftWei > BigInt(costWei) ? leftWei - BigInt(costWei) : 0n;
        if (error !== undefined) change(name, { error });
        if (!done || abort.signal.aborted) break;
      }
      running.delete(name);
      change(name, { isRunning: false });
    },
    pause: (target) => running.get(target)?.abort(),
    get: (target) => states.get(target),
    forget(target) {
      states.delete(target);
      change(target, {});
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  return downloads;
}
