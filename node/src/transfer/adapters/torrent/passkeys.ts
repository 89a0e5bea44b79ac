/**
 * Who announced with a passkey, and by what a wire of theirs can be told: over TCP the announcer's address together with its
 * BitTorrent id or its listening port (libtorrent makes up a new id per connection, but names the port in BEP 10), over
 * WebRTC the id that the tracker vouches for. Id and port are known to the swarm; that is why the address must agree, and why
 * the first to claim one keeps it. State: the holders, bounded, each for a while after its last announce.
 */
import type { PeerKey, Sessions } from '../../../ports.ts';

/** Holders remembered. */
const MAX_HOLDERS = 10_000;

/** One announce, or one wire. */
export interface Remote {
  /** Hex. */
  readonly infoHash: string;
  readonly webrtc: boolean;
  /** BitTorrent id, hex. */
  readonly peerId?: string | undefined;
  readonly address?: string | undefined;
  /** Listening port. */
  readonly port?: number | undefined;
}

function keysOf({ infoHash, webrtc, peerId, address, port }: Remote): string[] {
  if (webrtc) return peerId === undefined ? [] : [`rtc ${infoHash} ${peerId}`];
  if (address === undefined) return [];
  return [
    ...(peerId === undefined ? [] : [`id ${infoHash} ${address} ${peerId}`]),
    ...(port === undefined ? [] : [`port ${infoHash} ${address} ${port}`]),
  ];
}

export class Passkeys {
  readonly #sessions: Sessions | undefined;
  readonly #ttlMs: number;
  readonly #now: () => number;
  readonly #holders = new Map<string, { peer: PeerKey; expiresAtMs: number }>();

  constructor(options: { sessions: Sessions | undefined; ttlMs: number; now?: () => number }) {
    this.#sessions = options.sessions;
    this.#ttlMs = options.ttlMs;
    this.#now = options.now ?? Date.now;
  }

  /** The peer that was given `passkey`, if anybody was. */
  peer(passkey: string): PeerKey | undefined {
    return this.#sessions?.peer(passkey);
  }

  /** `peer` announced as `remote`. */
  remember(peer: PeerKey, remote: Remote): void {
    const now = this.#now();
    for (const key of keysOf(remote)) {
      const known = this.#holders.get(key);
      if (known && known.peer !== peer && known.expiresAtMs > now) continue;
      this.#holders.delete(key);
      if (this.#holders.size >= MAX_HOLDERS) this.#holders.delete(this.#holders.keys().next().value!);
      this.#holders.set(key, { peer, expiresAtMs: now + this.#ttlMs });
    }
  }

  forget(remote: Remote): void {
    for (const key of keysOf(remote)) this.#holders.delete(key);
  }

  /** Who is behind a wire; undefined for a stranger. */
  find(remote: Remote): PeerKey | undefined {
    const found = keysOf(remote).map((key) => this.#holders.get(key));
    return found.find((holder) => holder !== undefined && holder.expiresAtMs > this.#now())?.peer;
  }
}
