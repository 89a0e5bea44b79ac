/**
 * Bearer tokens ↔ peers, both ways: as a seller the tokens that we issued, as a buyer those that sellers gave us.
 * A token names a peer to protocols that know no peer ids; it never moves money. State: memory only, since a peer asks
 * for its token again with the first message after a restart.
 */
import { randomBytes } from 'node:crypto';
import type { Credentials, PeerKey, Sessions as SessionsPort } from '../ports.ts';

/** Tokens remembered at once; the oldest is forgotten first and its holder asks again. */
const MAX_SESSIONS = 100_000;

export interface Sessions extends SessionsPort {
  /** The peer whose token `nameOf` turns into `name`: for protocols whose own names are too short for a token. */
  byName(name: string): PeerKey | undefined;
}

/** @param nameOf token → the name that its holder goes by in such a protocol */
export function createSessions(nameOf: (token: string) => string = (token) => token): Sessions {
  const byName = new Map<string, PeerKey>();
  const tokenOf = new Map<PeerKey, string>();
  const peerOf = new Map<string, PeerKey>();
  return {
    issue(peer) {
      const known = tokenOf.get(peer);
      if (known) return known;
      if (tokenOf.size >= MAX_SESSIONS) {
        const [oldest, oldToken] = tokenOf.entries().next().value!;
        tokenOf.delete(oldest);
        peerOf.delete(oldToken);
        byName.delete(nameOf(oldToken));
      }
      const token = randomBytes(24).toString('base64url');
      tokenOf.set(peer, token);
      peerOf.set(token, peer);
      byName.set(nameOf(token), peer);
      return token;
    },
    peer: (token) => peerOf.get(token),
    byName: (name) => byName.get(name),
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
