/**
 * Bearer tokens ↔ peers, both ways: as a seller the tokens that we issued, as a buyer those that sellers gave us.
 * A token names a peer to protocols that know no peer ids; it never moves money. State: memory only, since a peer asks
 * for its token again with the first message after a restart.
 */
import { AppError } from '@chiral/protocol/errors';
import type { Credentials, PeerKey, Sessions as SessionsPort } from '../ports.ts';

/** Tokens remembered at once; the oldest is forgotten first and its holder asks again. */
const MAX_SESSIONS = 100_000;
/** Names that one peer may register beside the one made of its token. */
const MAX_NAMES_PER_PEER = 16;

export interface Sessions extends SessionsPort {
  /** The peer whose token `nameOf` turns into `name`: for protocols whose own names are too short for a token. */
  byName(name: string): PeerKey | undefined;
  /**
   * From now on `name`, which a client of `peer` calls itself by its own choice, stands for `peer`.
   * @throws CONFLICT another peer has it; TOO_MANY; UNAUTHORIZED no session
   */
  register(peer: PeerKey, name: string): void;
}

/** @param nameOf token → the name that its holder goes by in such a protocol */
export function createSessions(nameOf: (token: string) => string = (token) => token): Sessions {
  const byName = new Map<string, PeerKey>();
  const tokenOf = new Map<PeerKey, string>();
  const peerOf = new Map<string, PeerKey>();
  const registered = new Map<PeerKey, Set<string>>();
  return {
    issue(peer) {
      const known = tokenOf.get(peer);
      if (known) return known;
      if (tokenOf.size >= MAX_SESSIONS) {
        const [oldest, oldToken] = tokenOf.entries().next().value!;
        tokenOf.delete(oldest);
        peerOf.delete(oldToken);
        for (const name of [nameOf(oldToken), ...(registered.get(oldest) ?? [])]) byName.delete(name);
        registered.delete(oldest);
      }
      const token = toBase64Url(crypto.getRandomValues(new Uint8Array(24)));
      tokenOf.set(peer, token);
      peerOf.set(token, peer);
      byName.set(nameOf(token), peer);
      return token;
    },
    peer: (token) => peerOf.get(token),
    byName: (name) => byName.get(name),
    register(peer, name) {
      if (!tokenOf.has(peer)) throw new AppError('UNAUTHORIZED', 'Begin a session first.');
      const holder = byName.get(name);
      if (holder === peer) return;
      if (holder) throw new AppError('CONFLICT', 'Another session goes by this name.');
      const names = registered.get(peer) ?? new Set();
      if (names.size >= MAX_NAMES_PER_PEER) throw new AppError('TOO_MANY', 'This session has names enough.');
      registered.set(peer, names.add(name));
      byName.set(name, peer);
    },
  };
}

/** `set` when a seller hands us a token; `token` when an adapter presents it. */
export function createCredentials(): Credentials & { set(peer: PeerKey, token: string): void } {
  const tokens = new Map<PeerKey, string>();
  return {
    set: (peer, token) => void tokens.set(peer, token),
    token: (offer) => tokens.get(offer.peerId),
  };
}

function toBase64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');
}
