/**
 * A session for a client that knows nothing of us: gets a seller's terms, opens a channel, and hands out what stock clients
 * understand (a URL with a token, a personal magnet link and .torrent, an ed2k link for a registered user hash). While it
 * lasts it pays what the seller says it delivered.
 *
 * The bytes go past this node, so here, and only here, a seller's own count is what is paid: up to the content's cost and a
 * little for what is lost on the way, never more than the cap. Who wants every byte checked first, uses `get`.
 * State: none beyond one session; what was paid is in the ledger as for any purchase.
 */
import type { SessionEvent } from '@chiral/protocol/api';
import { AppError, isAppError } from '@chiral/protocol/errors';
import { decodePayAnswer, encodePayRequest, type Standing } from '@chiral/protocol/messages';
import { bytesFor, costWei } from '@chiral/protocol/payment';
import type { Ledger } from './accounting/ledger.ts';
import { parseTarget } from './buy.ts';
import type { Log } from './log.ts';
import { pause } from './pause.ts';
import type { Payer, Purchase } from './payments/payer.ts';
import type { Credentials, Directory, Offer, PayTransport, PeerKey } from './ports.ts';
import { parseMagnet, toMagnet } from './transfer/adapters/torrent/metainfo.ts';

/** Between two looks at where a seller says we stand, milliseconds: a stock client waits this long at a closed gate. */
const LOOK_MS = 100;
/** Looks in vain before a seller is given up. */
const MAX_FAILURES = 50;
/**
 * Beyond the content's size this is paid for, too, thousandths and bytes: blocks that a client asked for twice, and what the
 * system had in its buffers, some MiB, for a connection that a download manager closed.
 */
const SPILL_PERMILLE = 20;
const SPILL_BYTES = 4 << 20;
/** Without an offer for this long there is nobody, milliseconds. */
const SEARCH_MS = 15_000;
const SEARCH_AGAIN_MS = 500;
const REGISTER_TIMEOUT_MS = 10_000;

export interface StockSessionParts {
  readonly directory: Directory;
  readonly ledger: Ledger;
  readonly payer: Payer;
  readonly transport: PayTransport;
  readonly credentials: Credentials;
  readonly selfPeerId: string;
  /** What an eDonkey client may call itself so that a seller knows it by its token. */
  readonly userHashOf: (token: string) => string;
  /** Whether a host that an offer names may be connected to. */
  readonly mayDial: (host: string) => boolean;
  readonly log: Log;
}

export interface StockSessionOptions {
  readonly target: string;
  /** The most that each seller gets, wei; the content's cost and a little by default. */
  readonly maxWei?: bigint;
  /** Of an eDonkey client: its seller is told to know it as us. */
  readonly ed2kUserHash?: string;
  /** Only this seller. */
  readonly peer?: PeerKey;
}

/**
 * Runs until `signal` aborts or every seller has had all it may get. Pays what is owed then.
 * @throws NO_OFFERS, and what joining a seller throws when none is left
 */
export async function runStockSession(
  parts: StockSessionParts,
  { target, maxWei, ed2kUserHash, peer: only }: StockSessionOptions,
  emit: (event: SessionEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  const { directory, ledger, payer, transport, credentials, selfPeerId, userHashOf, mayDial, log } = parts;
  const offers = await findOffers(directory, parseTarget(target), signal, (offer) => !only || offer.peerId === only);
  const { size } = offers[0]!;
  const spillBytes = Math.floor((size * SPILL_PERMILLE) / 1000) + SPILL_BYTES;
  const purchase = payer.purchase({
    // What a channel must be able to pay for.
    size: size + spillBytes,
    selfPeerId,
    onPaid: (peer, cumulativeWei) => emit({ event: 'paid', peer, cumulativeWei: `${cumulativeWei}` }),
    onBlocked: (peer, error) => emit({ event: 'refused', peer, code: error.code, message: error.message }),
  });
  const before = new Map<PeerKey, bigint>();
  const joined: Offer[] = [];
  let failure: AppError | undefined;
  for (const offer of offers) {
    const { peerId: peer } = offer;
    try {
      before.set(peer, ledger.totals(peer, 'in').deliveredWei);
      await purchase.join(offer);
      emit({ event: 'session', ...(await toHandout(offer, credentials.token(offer) ?? '')) });
      joined.push(offer);
    } catch (error) {
      if (!isAppError(error)) throw error;
      failure = error;
      emit({ event: 'refused', peer, code: error.code, message: error.message });
    }
  }
  if (joined.length === 0) throw failure!;
  try {
    await Promise.all(joined.map((offer) => keepPaying(purchase, offer)));
  } finally {
    await purchase.finish();
  }

  async function toHandout(offer: Offer, token: string): Promise<Omit<SessionEvent & { event: 'session' }, 'event'>> {
    const { peerId: peer, cid, size, endpoints } = offer;
    const urlOf = (protocol: string) => endpoints.find((endpoint) => endpoint.protocol === protocol)?.url;
    const withToken = (url: string) => `${url}?token=${encodeURIComponent(token)}`;
    const http = urlOf('http');
    const torrent = urlOf('bittorrent') ?? urlOf('webtorrent');
    const ed2k = urlOf('ed2k');
    const base = http?.endsWith(`/file/${cid}`) ? http.slice(0, -`/file/${cid}`.length) : undefined;
    if (ed2k && ed2kUserHash && base && mayDial(new URL(base).hostname)) await register(base, token, ed2kUserHash);
    return {
      peer,
      wallet: offer.wallet,
      weiPerMiB: `${offer.weiPerMiB}`,
      cid,
      size,
      ...(http && { url: withToken(http) }),
      ...(torrent && { magnet: personal(torrent, token, offer) }),
      ...(torrent && base && { torrentUrl: withToken(`${base}/torrent/${cid}.torrent`) }),
      ...(ed2k && {
        ed2k: { link: ed2k, userHash: base && ed2kUserHash ? ed2kUserHash.toLowerCase() : userHashOf(token) },
      }),
    };
  }

  async function keepPaying(purchase: Purchase, offer: Offer): Promise<void> {
    const { peerId: peer, weiPerMiB } = offer;
    const startWei = before.get(peer) ?? 0n;
    const capWei = startWei + (maxWei ?? costWei(size + spillBytes, weiPerMiB));
    let lastWei = -1n;
    for (let failures = 0; !signal.aborted; ) {
      try {
        const claimedWei = await count(offer, capWei, signal);
        failures = 0;
        purchase.poke(peer);
        const { deliveredWei, authorizedWei } = ledger.totals(peer, 'in');
        if (deliveredWei !== lastWei) {
          lastWei = deliveredWei;
          const bytes = Number(bytesFor(deliveredWei - startWei, weiPerMiB));
          emit({ event: 'progress', peer, bytes, owedWei: `${deliveredWei}`, authorizedWei: `${authorizedWei}` });
        }
        if (claimedWei >= capWei) {
          emit({ event: 'spent', peer, wei: `${capWei - startWei}` });
          return;
        }
      } catch (error) {
        if (!isAppError(error)) throw error;
        if (++failures < MAX_FAILURES) log.debug({ peer, code: error.code }, 'a seller did not say where we stand');
        else return emit({ event: 'refused', peer, code: error.code, message: error.message });
      }
      await pause(LOOK_MS, signal);
    }
    try {
      // What came since the last look is owed, too.
      await count(offer, capWei);
    } catch (error) {
      if (!isAppError(error)) throw error;
      log.debug({ peer, code: error.code }, 'a seller did not say where we stand at the end');
    }
  }

  /** Takes what the seller says into the ledger, up to the cap. @returns all that it says, wei */
  async function count({ peerId: peer, cid, weiPerMiB }: Offer, capWei: bigint, until?: AbortSignal): Promise<bigint> {
    const { deliveredWei: claimedWei } = await look(peer, cid, until);
    const knownWei = ledger.totals(peer, 'in').deliveredWei;
    const takenWei = claimedWei < capWei ? claimedWei : capWei;
    if (takenWei > knownWei) ledger.received(peer, cid, bytesBehind(peer, cid, weiPerMiB, takenWei - knownWei));
    return claimedWei;
  }

  async function look(peer: PeerKey, cid: string, until?: AbortSignal): Promise<Standing> {
    const answer = decodePayAnswer(await transport.request(peer, encodePayRequest({ type: 'terms', cid }), until));
    if (answer.type === 'terms') return answer.standing;
    if (answer.type === 'refused') throw new AppError(answer.code, answer.message);
    throw new AppError('BAD_REQUEST', 'The seller answered with the wrong kind of message.');
  }

  /** Bytes that make this content's line in the ledger cost `wei` more: one line has one rounding on both sides. */
  function bytesBehind(peer: PeerKey, cid: string, weiPerMiB: bigint, wei: bigint): number {
    const line = ledger
      .lines()
      .find((row) => row.peer === peer && row.direction === 'in' && row.cid === cid && row.weiPerMiB === weiPerMiB);
    const known = line?.bytes ?? 0;
    return Number(bytesFor(costWei(known, weiPerMiB) + wei, weiPerMiB)) - known;
  }
}

async function findOffers(
  directory: Directory,
  name: string,
  signal: AbortSignal,
  isWanted: (offer: Offer) => boolean,
): Promise<Offer[]> {
  const untilMs = Date.now() + SEARCH_MS;
  while (!signal.aborted && Date.now() < untilMs) {
    const found = new Map<PeerKey, Offer>();
    for await (const { offer } of directory.findOffers(name, signal)) {
      const first = [...found.values()][0];
      if (isWanted(offer) && (!first || (first.cid === offer.cid && first.size === offer.size)))
        found.set(offer.peerId, offer);
    }
    if (found.size > 0) return [...found.values()];
    await pause(SEARCH_AGAIN_MS, signal);
  }
  if (signal.aborted) throw new AppError('CANCELLED', 'The session was ended.');
  throw new AppError('NO_OFFERS', 'Nobody reachable offers this content now.');
}

/** A magnet link whose trackers and web seeds know its holder. Our own peers' marks are left out: a stock client uses it. */
function personal(magnet: string, token: string, offer: Offer): string {
  const { infoHash, peers, trackers, webSeeds } = parseMagnet(magnet);
  return toMagnet(
    {
      infoHash,
      peers,
      trackers: trackers.map((url) => `${url}/${encodeURIComponent(token)}`),
      webSeeds: webSeeds.map((url) => `${url}?token=${encodeURIComponent(token)}`),
    },
    offer,
  );
}

/** Tells a seller that an eDonkey client of this user hash is us. */
async function register(base: string, token: string, userHash: string): Promise<void> {
  let response: Response;
  try {
    response = await fetch(`${base}/session/ed2k/${userHash.toLowerCase()}`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${token}` },
      redirect: 'error',
      signal: AbortSignal.timeout(REGISTER_TIMEOUT_MS),
    });
  } catch (cause) {
    throw new AppError('PEER_UNREACHABLE', 'The seller does not take the user hash.', {}, { cause });
  }
  await response.body?.cancel();
  if (!response.ok)
    throw new AppError('CONFLICT', 'The seller does not take the user hash.', { status: response.status });
}
