/**
 * The `webtorrent` protocol from a page: WebRTC to the seller that an offer names, introduced by a tracker, by the same code as
 * in the node. Bytes come from that one peer, which proves its libp2p id on the wire, so that they can be paid to it. Seeding
 * from the tab is in `seeding.ts`. State: the connections on which we fetch.
 */
import type { Log } from '@chiral/node/log';
import type { ProtocolAdapter } from '@chiral/node/ports';
import { dialWebRtc } from '@chiral/node/transfer/adapters/torrent/dial-webrtc';
import type { Identity } from '@chiral/node/transfer/adapters/torrent/peer-proof';
import type { TrackerSocket, WebRtcPolicy } from '@chiral/node/transfer/adapters/torrent/signalling';
import { createSources } from '@chiral/node/transfer/adapters/torrent/sources';
import { AppError } from '@chiral/protocol/errors';

/** The browser's own rules say what a page may reach, and its ICE tries only what answers. */
export const pagePolicy: WebRtcPolicy = {
  async openSocket(url) {
    try {
      return new WebSocket(url) as TrackerSocket;
    } catch (cause) {
      throw new AppError('PEER_UNREACHABLE', 'This page may not open that tracker.', { url }, { cause });
    }
  },
  splitCandidates: (sdp) => ({ sdp, candidates: [] }),
};

export const RTC = { iceServers: [] } as const;

export function createPageWebTorrentAdapter(identity: Identity, log: Log): ProtocolAdapter & { close(): void } {
  const sources = createSources(
    { webtorrent: (magnet, link, signal) => dialWebRtc(magnet, { ...link, policy: pagePolicy, rtc: RTC }, signal) },
    { identity, log },
  );
  return {
    protocol: 'webtorrent',
    fetch: (offer, content, chunk, signal) => sources.fetch('webtorrent', offer, content, chunk, signal),
    serve() {
      throw new AppError('UNSUPPORTED', 'This adapter only fetches.');
    },
    close: () => sources.close(),
  };
}
