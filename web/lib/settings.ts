/**
 * What the person chose, in this browser's local storage. No secret is kept here: the token of one's own node has its own
 * drawer (`api/token.ts`), and keys never reach the page. Unknown or broken contents count as not chosen.
 */
import { useSyncExternalStore } from 'react';
import { isLanguage, type Language } from './i18n/messages.ts';

export interface Settings {
  readonly theme: 'system' | 'light' | 'dark';
  /** Undefined: the browser's. */
  readonly language?: Language;
  /** Nodes to begin with, beside the one that served the page: multiaddrs or web addresses. */
  readonly nodes: readonly string[];
  /** JSON-RPC of the chain; undefined: as the serving node says. */
  readonly rpcUrl?: string;
  /** The most that one download may cost unless said otherwise, wei as decimal text. */
  readonly capWei?: string;
  /** Sellers are paid while a file arrives, unless the person chose to pay after it was checked. */
  readonly paysAfter?: boolean;
}

const KEY = 'chiral.settings';
const DEFAULTS: Settings = { theme: 'system', nodes: [] };

/** Whatever was stored → settings. */
export function parseSettings(text: string | null): Settings {
  // The same object as while the page woke up: nothing is drawn again for somebody who chose nothing.
  if (text === null) return DEFAULTS;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return DEFAULTS;
  }
  if (typeof value !== 'object' || value === null) return DEFAULTS;
  const { theme, language, nodes, rpcUrl, capWei, paysAfter } = value as Record<string, unknown>;
  return {
    theme: theme === 'light' || theme === 'dark' ? theme : 'system',
    nodes: Array.isArray(nodes) ? nodes.filter((node): node is string => typeof node === 'string') : [],
    ...(isLanguage(language) && { language }),
    ...(typeof rpcUrl === 'string' && rpcUrl !== '' && { rpcUrl }),
    ...(typeof capWei === 'string' && /^\d{1,30}$/.test(capWei) && { capWei }),
    ...(paysAfter === true && { paysAfter }),
  };
}

let current: Settings | undefined;
const listeners = new Set<() => void>();

function read(): Settings {
  current ??= parseSettings(localStorage.getItem(KEY));
  return current;
}

export function saveSettings(change: { [K in keyof Settings]?: Settings[K] | undefined }): void {
  current = parseSettings(JSON.stringify({ ...read(), ...change }));
  localStorage.setItem(KEY, JSON.stringify(current));
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  // Another tab changed them.
  const onStorage = (event: StorageEvent) => {
    if (event.key !== KEY) return;
    current = undefined;
    listener();
  };
  window.addEventListener('storage', onStorage);
  return () => {
    listeners.delete(listener);
    window.removeEventListener('storage', onStorage);
  };
}

/** The settings; the defaults while the page is built or wakes up. */
export const useSettings = (): Settings => useSyncExternalStore(subscribe, read, () => DEFAULTS);
