/**
 * What a seller's public server has for stock clients beside the files themselves:
 *
 *   GET /offer/{cid}                      our signed offer: price, and the links of every protocol, for people without a DHT
 *   GET /torrent/{cid}.torrent            the .torrent; personal with `?token=`, so that its holder is known to the tracker
 *   PUT /session/ed2k/{user hash}         the bearer's eDonkey client goes by this user hash from now on
 *
 * It gives out no content and takes no money. State: none.
 */
import { AppError } from '@chiral/protocol/errors';
import { encodeOffer } from '@chiral/protocol/offer';
import express from 'express';
import type { Sessions } from './accounting/sessions.ts';
import type { LocalOffers, PeerKey } from './ports.ts';
import type { TorrentAdapters } from './transfer/adapters/torrent/torrent.ts';

export function createStockDoor(options: {
  sessions: Sessions;
  offers: LocalOffers;
  torrents: TorrentAdapters | undefined;
  /** A peer is known by one name more: whoever waits at a gate by that name may ask again. */
  wake: (peer: PeerKey) => void;
}): express.Router {
  const { sessions, offers, torrents, wake } = options;
  const door = express.Router();

  door.get(/^\/offer\/([a-z0-9]{8,128})$/, async (request, response) => {
    const signed = await offers.offer(request.params[0] ?? '');
    if (!signed) throw new AppError('NOT_FOUND', 'This content is not on offer here.');
    response
      .set({ 'access-control-allow-origin': '*', 'cache-control': 'no-store' })
      .type('application/json')
      .send(encodeOffer(signed));
  });

  door.get(/^\/torrent\/([a-z0-9]{8,128})\.torrent$/, (request, response) => {
    if (!torrents) throw new AppError('NOT_FOUND', 'Nothing is served by torrent here.');
    const token = request.query.token;
    if (token !== undefined && (typeof token !== 'string' || sessions.peer(token) === undefined)) {
      throw new AppError('UNAUTHORIZED', 'This session is not known here; begin another.');
    }
    const cid = request.params[0] ?? '';
    const file = torrents.torrentFile(cid, token === undefined ? {} : { passkey: token });
    response
      .set({ 'content-disposition': `attachment; filename="${cid}.torrent"`, 'x-content-type-options': 'nosniff' })
      .set({ 'access-control-allow-origin': '*', 'cache-control': 'private, no-store' })
      .type('application/x-bittorrent')
      .send(file);
  });

  door.put(/^\/session\/ed2k\/([0-9a-f]{32})$/, (request, response) => {
    const peer = sessions.peer((request.headers.authorization ?? '').replace(/^Bearer /i, ''));
    if (!peer) throw new AppError('UNAUTHORIZED', 'Send the token of a session as "Authorization: Bearer <token>".');
    const hash = request.params[0] ?? '';
    for (const name of new Set([hash, marked(hash)])) sessions.register(peer, name);
    wake(peer);
    response.status(204).end();
  });

  return door;
}

/** The hash as clients of eMule's family send it: they put their mark into the sixth and the fifteenth byte of what they keep. */
const marked = (hash: string) => `${hash.slice(0, 10)}0e${hash.slice(12, 28)}6f${hash.slice(30)}`;
