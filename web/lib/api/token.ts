/**
 * Which daemon is one's own, and the token that proves it. The daemon prints an address that ends in `#token=…`; opened once, the
 * token moves from the address bar into this browser's storage for this origin and is sent nowhere but to that daemon. Whoever can
 * read it can spend what the node holds, so it is never shown, and a page from another origin cannot read it.
 */
const KEY = 'chiral.owner';

export interface OwnerDoor {
  /** `http://127.0.0.1:1234`, without a slash at the end. */
  readonly url: string;
  readonly token: string;
}

/**
 * `#token=…` or `#token=…&api=http://127.0.0.1:…` → the door; undefined for any other fragment.
 * Only loopback or the page's own origin: a link from a stranger must not make this page send its questions elsewhere.
 */
export function doorFromFragment(fragment: string, origin: string): OwnerDoor | undefined {
  const given = new URLSearchParams(fragment.replace(/^#\/?/, ''));
  const token = given.get('token');
  if (!token || !/^[\w-]{16,256}$/.test(token)) return undefined;
  const url = given.get('api') ?? origin;
  if (!URL.canParse(url)) return undefined;
  const { hostname, protocol, origin: api } = new URL(url);
  const isLoopback = hostname === '127.0.0.1' || hostname === 'localhost' || hostname === '[::1]';
  if (api !== origin && !(protocol === 'http:' && isLoopback)) return undefined;
  return { url: api, token };
}

/**
 * Takes a token out of the address bar, or finds the one that was kept. A link of anybody's may bring a token, so one from there is
 * kept, in place of another, only when the daemon knows it: see `keepDoor`.
 */
export function findDoor(): OwnerDoor | undefined {
  const fresh = doorFromFragment(location.hash, location.origin);
  if (!fresh) return keptDoor();
  history.replaceState(null, '', location.pathname + location.search);
  return fresh;
}

/** Once the daemon has answered. */
export const keepDoor = (door: OwnerDoor): void => localStorage.setItem(KEY, JSON.stringify(door));

export function keptDoor(): OwnerDoor | undefined {
  try {
    const { url, token } = JSON.parse(localStorage.getItem(KEY) ?? '') as Partial<OwnerDoor>;
    return url && token ? { url, token } : undefined;
  } catch {
    return undefined;
  }
}

export const forgetDoor = (): void => localStorage.removeItem(KEY);
