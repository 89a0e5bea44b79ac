/**
 * The Directory over libp2p: whoever has content is found through the DHT and among connected peers, and is asked for its
 * signed offer. All are asked at once and each valid offer goes out as it arrives: nobody waits for a dead provider, and
 * two nodes that know each other need no third.
 *
 * Beside the DHT there is a second index, which a crowd of false DHT nodes around a key cannot hide: sellers tell their
 * offers to the nodes at their bootstrap addresses, and seekers ask theirs. An index only points, it is not believed.
 *
 * It owns what is announced, which providers lately did not answer, the offers seen and tiny contents that came with them.
 */
import { aliasCid, type Content } from '@chiral/protocol/content';
import { AppError, isAppError } from '@chiral/protocol/errors';
import { infoHashIn, infoHashOf } from '@chiral/protocol/infohash';
import { checkOffer, type Offer, type SignedOffer } from '@chiral/protocol/offer';
import type { Deployment } from '@chiral/protocol/typed-data';
import { CID } from 'multiformats/cid';
import * as raw from 'multiformats/codecs/raw';
import type { Log } from '../log.ts';
import { pause } from '../pause.ts';
import type { Directory, LocalOffers } from '../ports.ts';
import { createAnnouncer } from './announcer.ts';
import { createChannel } from './channel.ts';
import type { Host } from './host-core.ts';
import { createOfferCache, type OfferCache } from './offer-cache.ts';
import { askContent, askOffer, askPieces, askSeen, type Inline, tellOffer } from './offer-client.ts';
import { type InlineSource, type PieceSource, serveOffers } from './offer-server.ts';

/** One search may take this long in all, ms. */
const SEARCH_TIMEOUT_MS = 30_000;
/** A search by a node that has just started waits this long for its first DHT peer, ms. */
const JOIN_TIMEOUT_MS = 5_000;
/** What a search that is over waits for the ends of what it began, milliseconds: a library may not hear that it is over. */
const LEAVE_MS = 1_000;
/** A provider has this long to be reached and to answer, ms. */
const ASK_TIMEOUT_MS = 8_000;
/** Manifest and chunk layer may take this long, ms. */
const RESOLVE_TIMEOUT_MS = 60_000;
/** Providers asked in one search; strangers name them. */
const MAX_ASKED = 64;
/** Of these, peers that are merely connected. */
const MAX_CONNECTED_ASKED = 24;
/** Nodes of the second index asked in one search. */
const MAX_GUIDES = 4;
/** Providers of one search that are asked for tiny content as well, so that its seller's free bytes are not spent in vain. */
const MAX_INLINE_ASKED = 2;
/** A provider that could not be reached is left alone for this long, ms, unless it connects or is said to be elsewhere. */
const DEAD_FOR_MS = 30_000;
/** Dead providers remembered. */
const MAX_DEAD = 1024;
/** Infohashes remembered. */
const MAX_PROVEN = 256;
/** Tiny contents remembered, 16 KiB each. */
const MAX_INLINE = 256;

export interface DirectoryOptions {
  readonly host: Host;
  readonly local: LocalOffers;
  readonly deployment: Deployment;
  /** Tiny content that may go with an offer; absent when none may. */
  readonly inlineSource?: InlineSource;
  /** Piece hashes of what is served over BitTorrent here; absent when nothing is. */
  readonly pieceSource?: PieceSource;
  readonly nowMs?: () => number;
  readonly log?: Log;
}

export interface Libp2pDirectory extends Directory {
  /** Content that came with this offer, verified against its CID; undefined when it did not. */
  inline(offer: Offer): Inline | undefined;
  /** Offers that passed by, for the routing API. */
  readonly seen: OfferCache;
  /** Stops answering and announcing. Does not stop the host. */
  close(): Promise<void>;
}

export async function createDirectory(options: DirectoryOptions): Promise<Libp2pDirectory> {
  const { host, local, deployment, inlineSource, pieceSource, nowMs = Date.now, log } = options;
  const seen = createOfferCache(() => nowMs() / 1000);
  const inlines = new Map<string, Inline>();
  /** Infohashes whose content was proven: one seller's proof holds for all. */
  const proven = new Map<string, string>();
  const dead = new Map<string, { untilMs: number; addresses: string }>();
  const closing = new AbortController();

  /** @throws OFFER_INVALID */
  const check = (value: unknown, name: string, peerId: string): SignedOffer => {
    const cid = isAlias(name) ? cidNamedBy(value) : name;
    return checkOffer(value, { cid, peerId, nowSeconds: Math.floor(nowMs() / 1000), deployment });
  };

  const tell = async (name: string, signal: AbortSignal): Promise<void> => {
    const signed = await local.offer(name);
    if (!signed) return;
    const telling = (await host.guides(signal)).map((guide) => tellOffer(host, guide, name, signed, signal));
    await Promise.allSettled(telling);
  };
  const announcer = createAnnouncer(host, tell, log);
  const stopServing = await serveOffers({
    host,
    local,
    inline: inlineSource,
    ...(pieceSource && { pieces: pieceSource }),
    seen,
    check,
    nowMs,
  });

  const isDead = async (peer: string): Promise<boolean> => {
    const entry = dead.get(peer);
    if (!entry) return false;
    if (entry.untilMs > nowMs() && !host.isConnected(peer) && entry.addresses === (await addressKey(peer))) return true;
    dead.delete(peer);
    return false;
  };
  const addressKey = async (peer: string) => (await host.addressesOf(peer)).sort().join();
  const bury = async (peer: string) => {
    dead.delete(peer);
    dead.set(peer, { untilMs: nowMs() + DEAD_FOR_MS, addresses: await addressKey(peer) });
    if (dead.size > MAX_DEAD) dead.delete(dead.keys().next().value!);
  };

  /** One provider's valid offer, or undefined for whatever reason it has none for us. */
  const ask = async (peer: string, cid: string, withInline: boolean, signal: AbortSignal) => {
    try {
      const reply = await askOffer(host, peer, cid, withInline, signal);
      const signed = check(reply.value, cid, peer);
      const named = signed.offer.cid;
      const inline = reply.inline?.content.cid === named ? reply.inline : undefined;
      if (named !== cid) {
        await proveAlias(cid, peer, signed.offer, inline, signal);
      }
      if (inline) keepInline(inline);
      seen.add(signed, cid);
      return signed;
    } catch (error) {
      if (!isAppError(error)) throw error;
      log?.debug({ peer, cid, code: error.code }, 'no offer from this peer');
      if (error.code !== 'CANCELLED') seen.remove(cid, peer);
      if (isAppError(error, 'PEER_UNREACHABLE', 'TIMEOUT') && !host.isConnected(peer)) await bury(peer);
      return undefined;
    }
  };

  /** That what the offer names is what the alias means. @throws CONTENT_INVALID, or what asking throws */
  const proveAlias = async (
    alias: string,
    peer: string,
    offer: Offer,
    inline: Inline | undefined,
    signal: AbortSignal,
  ): Promise<void> => {
    const other = () => new AppError('CONTENT_INVALID', 'The offer is for another file.');
    const infoHash = infoHashIn(alias);
    if (!infoHash) {
      const content = inline?.content ?? (await askContent(host, peer, offer.cid, signal));
      if (aliasCid(content.sha256) !== alias) throw other();
      return;
    }
    if (proven.get(alias) === offer.cid) return;
    const found = infoHashOf(offer, await askPieces(host, peer, offer, signal));
    if (!found.every((byte, i) => byte === infoHash[i])) throw other();
    proven.set(alias, offer.cid);
    if (proven.size > MAX_PROVEN) proven.delete(proven.keys().next().value!);
  };

  const keepInline = (inline: Inline) => {
    inlines.delete(inline.content.cid);
    inlines.set(inline.content.cid, inline);
    if (inlines.size > MAX_INLINE) inlines.delete(inlines.keys().next().value!);
  };

  const inlineOf = (offer: Offer): Inline | undefined => {
    const inline = inlines.get(offer.cid);
    return inline?.content.size === offer.size ? inline : undefined;
  };

  return {
    provide: (cid) => announcer.provide(cid),
    seen,
    inline: inlineOf,

    async *findOffers(text, signal, filter = {}) {
      const cid = parseSearchable(text);
      const search = new AbortController();
      const scope = AbortSignal.any([signal, closing.signal, search.signal, AbortSignal.timeout(SEARCH_TIMEOUT_MS)]);
      const found = createChannel<SignedOffer>();
      const asked = new Set([host.peerId]);
      const asking: Promise<void>[] = [];
      let inlineAsked = inlines.has(cid) ? MAX_INLINE_ASKED : 0;

      const consider = (peer: string): void => {
        if (asked.has(peer) || asked.size > MAX_ASKED || scope.aborted) return;
        asked.add(peer);
        const work = async (): Promise<void> => {
          if (await isDead(peer)) return;
          const limit = AbortSignal.any([scope, AbortSignal.timeout(ASK_TIMEOUT_MS)]);
          const signed = await ask(peer, cid, inlineAsked++ < MAX_INLINE_ASKED, limit);
          const { protocol } = filter;
          if (signed && (!protocol || signed.offer.endpoints.some((endpoint) => endpoint.protocol === protocol))) {
            found.push(signed);
          }
        };
        asking.push(work().catch(found.fail));
      };

      const searchDht = async (): Promise<void> => {
        try {
          await host.joined(AbortSignal.any([scope, AbortSignal.timeout(JOIN_TIMEOUT_MS)])).catch(() => {});
          for await (const event of host.dht.findProviders(CID.parse(cid), { signal: scope })) {
            if (event.name !== 'PROVIDER') continue;
            for (const { id, multiaddrs } of event.providers) {
              await host.learn(id.toString(), multiaddrs);
              consider(id.toString());
            }
          }
        } catch (error) {
          // A search that was cut short has found what it found.
          log?.debug({ cid, error: String(error) }, 'DHT search ended early');
        }
      };

      /** Asks the second index. It only points: whoever it names is asked like any other provider. */
      const searchIndex = async (): Promise<void> => {
        try {
          for (const guide of (await host.guides(scope)).slice(0, MAX_GUIDES)) {
            asking.push(follow(guide).catch(found.fail));
          }
        } catch (error) {
          if (!isAppError(error)) found.fail(error);
        }
      };
      const follow = async (guide: string): Promise<void> => {
        const limit = AbortSignal.any([scope, AbortSignal.timeout(ASK_TIMEOUT_MS)]);
        const heard = await askSeen(host, guide, cid, limit).catch((error: unknown) => {
          if (!isAppError(error)) throw error;
          return [];
        });
        for (const { value, addresses } of heard) {
          const peer = peerNamedBy(value);
          try {
            if (peer === host.peerId || asked.has(peer)) continue;
            check(value, cid, peer);
            await host.learn(peer, addresses);
            consider(peer);
          } catch (error) {
            if (!isAppError(error)) throw error;
          }
        }
      };

      let connectedAsked = 0;
      const considerConnected = () => {
        for (const peer of host.connectedPeers()) {
          if (connectedAsked >= MAX_CONNECTED_ASKED) return;
          if (asked.has(peer)) continue;
          connectedAsked++;
          consider(peer);
        }
      };
      considerConnected();
      const stopListening = host.onDhtPeer(considerConnected);
      const all = (async () => {
        await Promise.all([searchDht(), searchIndex()]);
        for (let i = 0; i < asking.length; i++) await asking[i];
      })();
      all.then(found.end, found.fail);
      scope.addEventListener('abort', found.end, { once: true });
      try {
        yield* found;
      } finally {
        stopListening();
        search.abort();
        await Promise.race([all.catch(() => {}), pause(LEAVE_MS, closing.signal)]);
      }
    },

    async resolve(offer, signal) {
      const inline = inlineOf(offer);
      if (inline) return inline.content;
      const limit = AbortSignal.any([signal, closing.signal, AbortSignal.timeout(RESOLVE_TIMEOUT_MS)]);
      const content: Content = await askContent(host, offer.peerId, offer.cid, limit).catch((error: unknown) => {
        // To the caller of a directory, a peer that does not speak the protocol is one that cannot be asked.
        if (!isAppError(error, 'UNSUPPORTED', 'TOO_MANY', 'BAD_REQUEST')) throw error;
        throw new AppError('PEER_UNREACHABLE', error.message, { peer: offer.peerId }, { cause: error });
      });
      if (content.size !== offer.size)
        throw new AppError('CONTENT_INVALID', 'The offer and the manifest disagree on the size.');
      return content;
    },

    async close() {
      closing.abort();
      await Promise.all([announcer.stop(), stopServing()]);
    },
  };
}

/** True for the alias of a file's SHA-256 or of an infohash: a CID of raw bytes, which no manifest has. */
function isAlias(cid: string): boolean {
  return CID.parse(cid).code === raw.code;
}

/** @throws BAD_REQUEST */
function parseSearchable(text: string): string {
  try {
    return CID.parse(text).toV1().toString();
  } catch (cause) {
    throw new AppError('BAD_REQUEST', `"${text.slice(0, 80)}" is not a CID.`, {}, { cause });
  }
}

/** The peer that an unchecked offer names; anything odd becomes a name that no check will accept. */
function peerNamedBy(value: unknown): string {
  const named = (value as { offer?: { peerId?: unknown } } | null)?.offer?.peerId;
  return typeof named === 'string' ? named : '';
}

/** The content that an unchecked offer names; anything odd becomes a name that no check will accept. */
function cidNamedBy(value: unknown): string {
  const named = (value as { offer?: { cid?: unknown } } | null)?.offer?.cid;
  return typeof named === 'string' ? named : '';
}
