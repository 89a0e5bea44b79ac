/**
 * A seeder's place at somebody else's tracker, for a node that nobody can reach: it stays connected there, says what it has,
 * and answers offers. One WebSocket per tracker, opened with the first torrent, opened again when it is lost.
 */
import type { Log } from '../../../log.ts';
import { type Offer, openTracker, type SignalMessage, toBinary, type WebRtcPolicy } from './signalling.ts';

/** Trackers forget who has not announced for some twenty minutes, ms. */
const ANNOUNCE_MS = 5 * 60_000;
/** First and longest wait before a lost tracker is dialled again, ms. */
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 5 * 60_000;
/** What a foreign tracker says of an id is no proof of it: such ids never equal one that our own tracker vouches for. */
const FOREIGN = 'foreign ';

export interface PresenceOptions {
  readonly url: string;
  /** Our BitTorrent id, hex. */
  readonly peerId: string;
  readonly policy: WebRtcPolicy;
  readonly log: Log;
}

export class Presence {
  readonly #options: PresenceOptions;
  readonly #torrents = new Map<string, (offer: Offer) => void>();
  #socket: { send(message: object): void; close(): void } | undefined;
  #opening = false;
  #retryMs = FIRST_RETRY_MS;
  #retry: NodeJS.Timeout | undefined;
  #repeat: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: PresenceOptions) {
    this.#options = options;
  }

  /** @param infoHash hex */
  join(infoHash: string, onOffer: (offer: Offer) => void): void {
    this.#torrents.set(infoHash, onOffer);
    if (this.#socket) this.#announce(infoHash, 'started');
    else this.#open();
  }

  leave(infoHash: string): void {
    if (this.#torrents.delete(infoHash)) this.#announce(infoHash, 'stopped');
  }

  stop(): void {
    this.#stopped = true;
    this.#torrents.clear();
    clearTimeout(this.#retry);
    clearInterval(this.#repeat);
    this.#socket?.close();
  }

  #open(): void {
    if (this.#opening || this.#stopped) return;
    this.#opening = true;
    const { url, policy, log } = this.#options;
    openTracker(url, policy, {
      open: () => {
        this.#retryMs = FIRST_RETRY_MS;
        for (const infoHash of this.#torrents.keys()) this.#announce(infoHash, 'started');
        this.#repeat = setInterval(() => {
          for (const infoHash of this.#torrents.keys()) this.#announce(infoHash);
        }, ANNOUNCE_MS);
        this.#repeat.unref?.();
      },
      message: (message) => this.#onMessage(message),
      close: () => this.#onClose(),
    }).then(
      (socket) => {
        this.#socket = socket;
        if (this.#stopped) socket.close();
      },
      (err: unknown) => {
        log.warn({ err, url }, 'tracker cannot be dialled');
        this.#onClose();
      },
    );
  }

  #onClose(): void {
    this.#socket = undefined;
    this.#opening = false;
    clearInterval(this.#repeat);
    if (this.#stopped) return;
    this.#retry = setTimeout(() => this.#open(), this.#retryMs);
    this.#retry.unref?.();
    this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS);
  }

  #announce(infoHash: string, event?: 'started' | 'stopped'): void {
    this.#socket?.send({
      action: 'announce',
      ...(event === undefined ? {} : { event }),
      info_hash: toBinary(infoHash),
      peer_id: toBinary(this.#options.peerId),
      numwant: 0,
      uploaded: 0,
      downloaded: 0,
      left: 0,
      offers: [],
    });
  }

  #onMessage({ infoHash, peerId, offer, offerId, failure }: SignalMessage): void {
    const { url, log } = this.#options;
    if (failure !== undefined) log.warn({ url, failure }, 'tracker refuses us');
    const onOffer = infoHash === undefined ? undefined : this.#torrents.get(infoHash);
    if (!onOffer || infoHash === undefined || peerId === undefined || offer === undefined || offerId === undefined)
      return;
    onOffer({
      sdp: offer,
      peerId: `${FOREIGN}${peerId}`,
      answer: (sdp) =>
        this.#socket?.send({
          action: 'announce',
          info_hash: toBinary(infoHash),
          peer_id: toBinary(this.#options.peerId),
          to_peer_id: toBinary(peerId),
          answer: { type: 'answer', sdp },
          offer_id: offerId,
        }),
    });
  }
}
