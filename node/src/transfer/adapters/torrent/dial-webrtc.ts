/**
 * The way to a provider over WebRTC, introduced by a tracker of its magnet; the same in a daemon and in a page. What a tracker
 * or a session description names is asked of the policy first, every wait has a limit and ends with the caller's signal.
 * Keeps nothing.
 */
import { AppError } from '@chiral/protocol/errors';
import type SimplePeer from '@thaunknown/simple-peer/lite.js';
import { cancelled, type Link, type LinkOptions, shake } from './link.ts';
import type { Magnet } from './metainfo.ts';
import { makeOffer, openTracker, type RtcConfig, toBinary, type WebRtcPolicy } from './signalling.ts';

/** For signalling, ICE and the handshake together, ms. */
const WEBRTC_MS = 20_000;
/** Offers in one announce: a tracker of ours hands the first to the seeder; a foreign one picks members at random. */
const OFFERS = 3;
/** From an answer to a connection, ms: ICE settles in a second or two, or not at all. */
const ICE_MS = 6_000;
/** When everybody who answered has failed, others have this long to answer, ms. */
const LAST_CHANCE_MS = 1_000;
/** A seeder may reach the tracker after us: as long as nobody answers, announce again at this interval, ms. */
const REANNOUNCE_MS = 4_000;

export interface WebRtcOptions extends LinkOptions {
  readonly policy: WebRtcPolicy;
  readonly rtc: RtcConfig;
}

/** Over WebRTC, introduced by a tracker of the magnet. @throws PEER_UNREACHABLE, NOT_FOUND, TIMEOUT, CANCELLED */
export async function dialWebRtc(magnet: Magnet, options: WebRtcOptions, signal: AbortSignal): Promise<Link> {
  let last = new AppError('PEER_UNREACHABLE', 'The endpoint names no WebSocket tracker.');
  for (const url of magnet.trackers.filter((tracker) => /^wss?:\/\//.test(tracker))) {
    try {
      return await introduce(url, magnet, options, signal);
    } catch (error) {
      if (!(error instanceof AppError) || error.code === 'CANCELLED') throw error;
      last = error;
    }
  }
  throw last;
}

async function introduce(url: string, magnet: Magnet, options: WebRtcOptions, signal: AbortSignal): Promise<Link> {
  const { ownId, rtc, policy } = options;
  const offers = await Promise.all(Array.from({ length: OFFERS }, () => makeOffer(rtc)));
  const clear = (except?: SimplePeer) => {
    for (const { peer } of offers) if (peer !== except) peer.destroy();
  };
  for (const { peer } of offers) peer.on('error', () => {});
  let tracker: Awaited<ReturnType<typeof openTracker>> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let repeat: NodeJS.Timeout | undefined;
  let lastChance: NodeJS.Timeout | undefined;
  const trying = new Set<SimplePeer>();
  let onAbort = () => {};
  try {
    return await new Promise<Link>((resolve, reject) => {
      onAbort = () => reject(cancelled());
      signal.addEventListener('abort', onAbort);
      timer = setTimeout(() => reject(new AppError('TIMEOUT', 'No provider came through by WebRTC.')), WEBRTC_MS);
      if (signal.aborted) return onAbort();
      const announce = () => {
        if (trying.size === 0)
          tracker?.send({
            action: 'announce',
            event: 'started',
            info_hash: toBinary(magnet.infoHash),
            peer_id: toBinary(ownId),
            numwant: offers.length,
            uploaded: 0,
            downloaded: 0,
            left: 1,
            offers: offers.map(({ offerId, sdp }) => ({ offer: { type: 'offer', sdp }, offer_id: toBinary(offerId) })),
          });
      };
      repeat = setInterval(announce, REANNOUNCE_MS);
      openTracker(url, policy, {
        open: announce,
        message: ({ answer, offerId, infoHash, failure }) => {
          if (failure !== undefined) {
            reject(new AppError('NOT_FOUND', `The tracker does not know this torrent: ${failure}.`));
          }
          const peer = offers.find((one) => toBinary(one.offerId) === offerId)?.peer;
          if (answer === undefined || !peer || infoHash !== magnet.infoHash || trying.has(peer)) return;
          if (peer.destroyed) return;
          trying.add(peer);
          const iceTimer = setTimeout(() => onFailure(new Error('No connection after the answer.')), ICE_MS);
          iceTimer.unref?.();
          const onFailure = (cause: unknown) => {
            clearTimeout(iceTimer);
            options.log.debug({ err: cause }, 'no provider by webrtc');
            trying.delete(peer);
            peer.destroy();
            if (trying.size > 0) return;
            const error = new AppError('PEER_UNREACHABLE', 'WebRTC to the provider failed.', {}, { cause });
            lastChance ??= setTimeout(() => (trying.size > 0 ? undefined : reject(error)), LAST_CHANCE_MS);
          };
          const { sdp, candidates } = policy.splitCandidates(answer);
          const lines = candidates.map((candidate) => `a=${candidate}\r\n`).join('');
          peer.once('error', onFailure);
          peer.once('connect', () => {
            clearTimeout(iceTimer);
            peer.removeListener('error', onFailure);
            shake(peer, 'webrtc', magnet, options).then((link) => {
              clear(peer);
              resolve(link);
            }, onFailure);
          });
          peer.signal({ type: 'answer', sdp: `${sdp.replace(/(\r\n)*$/, '')}\r\n${lines}` });
        },
        close: () => reject(new AppError('PEER_UNREACHABLE', 'The tracker of the endpoint hung up.')),
      }).then((opened) => {
        tracker = opened;
      }, reject);
    });
  } catch (error) {
    clear();
    throw error;
  } finally {
    clearTimeout(timer);
    clearTimeout(lastChance);
    clearInterval(repeat);
    signal.removeEventListener('abort', onAbort);
    tracker?.close();
  }
}
