/**
 * Buying: find offers, check what they sell, download from all of them at once, pay each for what it delivered. Joins
 * discovery, transfer and payment for one purchase; each of them knows only its own part.
 *
 * Resumable: what is on disk is not fetched again, what was signed is not signed again. When every source is lost it looks
 * for offers anew until `SEARCH_MS` pass without any.
 *
 * Long because one closure holds a purchase: its offers, its transfer and its payments end together.
 */
import type { GetEvent, SellerRow } from '@chiral/protocol/api';
import { aliasCid, type Content, parseCid } from '@chiral/protocol/content';
import { AppError, isAppError } from '@chiral/protocol/errors';
import { infoHashCid } from '@chiral/protocol/infohash';
import { infoHashOfMagnet, parseInfoHash } from '@chiral/protocol/magnet';
import { costWei } from '@chiral/protocol/payment';
import { getBytes } from 'ethers';
import type { Ledger } from './accounting/ledger.ts';
import { toSafeFileName } from './content/file-name.ts';
import type { Log } from './log.ts';
import { pause } from './pause.ts';
import type { Payer, Purchase } from './payments/payer.ts';
import type {
  ChunkStore,
  ChunkVerifier,
  Directory,
  Meter,
  Offer,
  PeerKey,
  ProtocolAdapter,
  ProtocolName,
} from './ports.ts';
import { type Report, type Source, startTransfer, type Transfer, type TransferEvent } from './transfer/scheduler.ts';
import { downloadOrder } from './transfer/selection.ts';

/** Without one offer for this long there is nobody, milliseconds. */
const SEARCH_MS = 15_000;
/** Pause before the second search, milliseconds; each later one is half as long again, up to the longest. */
const SEARCH_AGAIN_MS = 1_000;
const SEARCH_AGAIN_MAX_MS = 10_000;
/** Shortest pause once somebody sells: a search costs every peer it asks. */
const SEARCH_MORE_MS = 3_000;
/** Between two progress events, milliseconds. */
const PROGRESS_MS = 250;

export interface BuyOptions {
  readonly target: string;
  /** File to be, or an existing folder; `downloadsDir` by default. */
  readonly to?: string;
  readonly maxWei?: bigint;
  readonly protocols?: ProtocolName[];
  /** Only from these peers. */
  readonly peers?: readonly PeerKey[];
  /** What will be bought after this at the same price, bytes: one deposit is made for all of it. */
  readonly aheadBytes?: number;
}

/** Where a download lies until it is whole, and after. */
export interface Shelf extends ChunkStore {
  readonly verify: ChunkVerifier;
  /** @param destination as `BuyerParts.destination` named it @throws CONFLICT, STORE_FAILED */
  openDownload(
    content: Content,
    destination: string,
    as?: { readonly name: string; readonly mime?: string },
  ): Promise<OpenDownload>;
}

export interface OpenDownload {
  readonly heldBytes: number;
  /** It stands under its name already. */
  readonly isComplete: boolean;
  /** Checks the whole; from then on it stands under its name. @throws CONTENT_INVALID, STORE_FAILED */
  complete(): Promise<{ path: string }>;
  close(): Promise<void>;
}

export interface BuyerParts {
  readonly library: Shelf;
  readonly directory: Directory;
  readonly adapters: readonly ProtocolAdapter[];
  readonly ledger: Ledger;
  readonly payer: Payer;
  readonly selfPeerId: string;
  /** Where a file called `name` shall be; `to` as the owner said it. */
  destination(name: string, to: string | undefined, offer: Offer): Promise<string>;
  /** Joins the rooms that open and the transfer that waits for them. @returns leaves */
  onRoom(listener: (peer: PeerKey) => void): () => void;
  /** Sees every step of the transfer, each chunk with whoever brought it. */
  readonly watch?: (transfer: Transfer, event: TransferEvent) => void;
  readonly log: Log;
}

export interface Bought {
  readonly cid: string;
  readonly path: string;
  readonly bytes: number;
  readonly seconds: number;
  readonly sellers: SellerRow[];
}

/** CID, or the alias CID of a SHA-256 or an infohash, from what a person pastes. @throws BAD_REQUEST */
export function parseTarget(text: string): string {
  const trimmed = text.trim().replace(/^chiral:(\/\/)?/i, '');
  if (/^[0-9a-f]{64}$/i.test(trimmed)) return aliasCid(getBytes(`0x${trimmed}`));
  const infoHash = infoHashOfMagnet(trimmed) ?? parseInfoHash(trimmed.replace(/^urn:btih:/i, ''));
  if (infoHash) return infoHashCid(infoHash);
  return parseCid(trimmed);
}

/**
 * Downloads and pays. Emits `complete` when the file is whole and checked, and resolves when every seller has its voucher.
 * @throws NO_OFFERS, SPENDING_CAP, CANCELLED, CONTENT_INVALID, STORE_FAILED, CONFLICT, CHOKED
 */
export async function buy(
  parts: BuyerParts,
  { target, to, maxWei, protocols, peers, aheadBytes = 0 }: BuyOptions,
  emit: (event: GetEvent) => void,
  signal: AbortSignal,
): Promise<Bought> {
  const { library, directory, adapters, ledger, payer, log } = parts;
  const startedMs = Date.now();
  const name = parseTarget(target);
  const usable = protocols ? adapters.filter(({ protocol }) => protocols.includes(protocol)) : adapters;
  const stop = new AbortController();
  const stopped = AbortSignal.any([signal, stop.signal]);
  const offers = new Map<PeerKey, Offer>();
  let purchase: Purchase | undefined;
  let download: OpenDownload | undefined;
  let transfer: Transfer | undefined;
  let waiting: (() => void) | undefined;
  /** Sellers that we cannot pay, `peer protocol` of those that are gone, and why the download ended before its time. */
  const blocked = new Map<PeerKey, AppError>();
  const gone = new Set<string>();
  let over: AppError | undefined;
  const joined: Source[] = [];
  let searching = true;

  /** Gets terms of one offer and makes it a source; one seller’s refusal is no failure of the download. */
  async function admit(offer: Offer, terms?: ReturnType<Payer['terms']>): Promise<void> {
    const { peerId: peer, wallet, weiPerMiB, endpoints, name, size } = offer;
    emit({
      event: 'offer',
      peer,
      wallet,
      weiPerMiB: `${weiPerMiB}`,
      protocols: endpoints.map(({ protocol }) => protocol),
      name,
      size,
    });
    try {
      await purchase!.join(offer, terms);
      offers.set(peer, offer);
      for (const { protocol } of endpoints) gone.delete(`${peer} ${protocol}`);
      joined.push({ peer, offer, price: Number(weiPerMiB) });
      waiting?.();
    } catch (error) {
      if (!isAppError(error)) throw error;
      emit({ event: 'refused', peer, code: error.code, message: error.message });
    }
  }

  /** Nothing more can come when whoever is still there cannot be paid: better said at once than after a long silence. */
  function endWhenBlocked(): void {
    const isGone = ({ peerId, endpoints }: Offer) =>
      endpoints.every(
        ({ protocol }) => gone.has(`${peerId} ${protocol}`) || usable.every((adapter) => adapter.protocol !== protocol),
      );
    if (blocked.size === 0 || [...offers.values()].some((offer) => !blocked.has(offer.peerId) && !isGone(offer)))
      return;
    over ??= [...blocked.values()].at(-1)!;
    stop.abort();
  }

  const canServe = (offer: Offer) =>
    offer.peerId !== parts.selfPeerId &&
    (!peers || peers.includes(offer.peerId)) &&
    offer.endpoints.some(({ protocol }) => usable.some((adapter) => adapter.protocol === protocol));

  /** First content that an offer proves, and every offer found until the search is stopped. */
  async function search(onOffer: (offer: Offer) => Promise<void>): Promise<void> {
    let lastFoundMs = Date.now();
    let pauseMs = SEARCH_AGAIN_MS;
    const seen = new Set<string>();
    while (!stopped.aborted && Date.now() - lastFoundMs < SEARCH_MS) {
      for await (const { offer } of directory.findOffers(name, stopped)) {
        const key = `${offer.peerId} ${offer.createdAt}`;
        if (!canServe(offer)) continue;
        lastFoundMs = Date.now();
        if (seen.has(key)) continue;
        seen.add(key);
        await onOffer(offer);
      }
      void Promise.allSettled(admitting).then(() => purchase?.gathered());
      if (stopped.aborted) return;
      await pause(offers.size > 0 ? Math.max(pauseMs, SEARCH_MORE_MS) : pauseMs, stopped);
      pauseMs = Math.min(pauseMs * 1.5, SEARCH_AGAIN_MAX_MS);
    }
  }

  async function* sources(): AsyncGenerator<Source> {
    for (;;) {
      const next = joined.shift();
      if (next) {
        yield next;
        continue;
      }
      if (!searching) return;
      await new Promise<void>((resolve) => {
        waiting = resolve;
      });
    }
  }

  let content: Content | undefined;
  let failure: unknown;
  let found!: () => void;
  const firstContent = new Promise<void>((resolve) => {
    found = resolve;
  });
  const admitting = new Set<Promise<void>>();
  const search$ = search(async (offer) => {
    let terms: ReturnType<Payer['terms']> | undefined;
    if (!content) {
      // Both ask the same seller: neither needs the other's answer.
      terms = payer.terms(offer);
      try {
        content = await directory.resolve(offer, stopped);
      } catch (error) {
        if (!isAppError(error)) throw error;
        emit({ event: 'refused', peer: offer.peerId, code: error.code, message: error.message });
        return;
      }
      download = await open(content, offer);
      purchase = payer.purchase({
        size: content.size - download.heldBytes + aheadBytes,
        uncountedBytes: uncountedBytes(ledger, content.cid, download.heldBytes),
        selfPeerId: parts.selfPeerId,
        ...(maxWei !== undefined && { capWei: maxWei }),
        onPaid: (peer, cumulativeWei) =>
          emit({ event: 'paid', peer, atMs: Date.now(), cumulativeWei: `${cumulativeWei}` }),
        onBlocked(peer, error) {
          emit({ event: 'refused', peer, code: error.code, message: error.message });
          blocked.set(peer, error);
          endWhenBlocked();
        },
      });
      found();
    }
    // For what is here already nobody is asked, and nobody may claim it; no deposit is made.
    if (offer.cid !== content.cid || offer.size !== content.size || download?.isComplete) return;
    const admission = admit(offer, terms).finally(() => admitting.delete(admission));
    admitting.add(admission);
  })
    .catch((error) => {
      failure = error;
    })
    .finally(async () => {
      await Promise.all(admitting);
      searching = false;
      waiting?.();
      found();
    });

  try {
    await firstContent;
    if (failure) throw failure;
    if (signal.aborted) throw new AppError('CANCELLED', 'The download was stopped.');
    if (!content || !purchase || !download) {
      throw new AppError(
        'NO_OFFERS',
        'Nobody reachable offers this content now. Try again later, or ask whoever sent the link to seed it.',
      );
    }
    return await take(content, purchase, download);
  } finally {
    stop.abort();
    await search$;
    await download?.close();
  }

  /** Its place, under the name that the offer has for it. */
  async function open(content: Content, offer: Offer): Promise<OpenDownload> {
    const name = toSafeFileName(offer.name, content.cid);
    const destination = await parts.destination(name, to, offer);
    return library.openDownload(content, destination, { name, ...(offer.mime && { mime: offer.mime }) });
  }

  async function take(content: Content, purchase: Purchase, download: OpenDownload): Promise<Bought> {
    let spentWei = 0n;
    const meter: Meter = {
      received(peer, cid, bytes) {
        ledger.received(peer, cid, bytes);
        const price = offers.get(peer)?.weiPerMiB ?? 0n;
        spentWei += costWei(bytes, price);
        purchase.poke(peer);
      },
    };
    /**
     * Whether what was counted, what is under way and `bytes` more of `peer` can be paid and stay within the cap; ends the
     * download when none may.
     */
    const mayAsk = (peer: PeerKey, bytes: number): boolean => {
      if (!purchase.affords(peer, bytes, () => transfer?.pendingBytes().get(peer) ?? 0)) return false;
      if (maxWei === undefined) return true;
      const priceOf = (key: PeerKey) => offers.get(key)?.weiPerMiB ?? 0n;
      const pending = [...(transfer?.pendingBytes() ?? [])];
      const committed = pending.reduce((sum, [key, bytes]) => sum + costWei(bytes, priceOf(key)), spentWei);
      if (committed + costWei(bytes, priceOf(peer)) <= maxWei) return true;
      if (pending.length === 0) {
        over ??= new AppError(
          'SPENDING_CAP',
          `Going on would cost more than ${maxWei} wei. Raise the cap to finish; what is here stays.`,
          { spentWei },
        );
        queueMicrotask(() => stop.abort());
      }
      return false;
    };
    const counts = new Map<PeerKey, number>();
    const onEvent = (event: TransferEvent) => {
      if (transfer) parts.watch?.(transfer, event);
      if (event.type === 'chunk') counts.set(event.peer, (counts.get(event.peer) ?? 0) + event.bytes);
      else
        emit({
          event: 'source',
          peer: event.peer,
          state: event.type,
          ...('code' in event ? { message: event.code } : {}),
        });
      if (event.type === 'choked') purchase.choked(event.peer);
      if (event.type === 'banned') purchase.distrust(event.peer);
      if (event.type === 'banned' || event.type === 'lost') {
        const { peer, protocol, type } = event;
        const ways = type === 'lost' ? [{ protocol }] : (offers.get(peer)?.endpoints ?? []);
        for (const { protocol } of ways) gone.add(`${peer} ${protocol}`);
        endWhenBlocked();
      }
    };
    transfer = startTransfer({
      content,
      sources: sources(),
      adapters: inOrder(usable, content, [...offers.values()], protocols?.[0]),
      store: library,
      verify: library.verify,
      meter,
      mayAsk,
      signal: stopped,
      onEvent,
    });
    const leave = parts.onRoom((peer) => transfer?.wake(peer));
    let lastBytes = download.heldBytes;
    let lastMs = Date.now();
    const report = () => {
      const bytes = download.heldBytes;
      const now = Date.now();
      const bytesPerSecond = Math.round(((bytes - lastBytes) * 1000) / Math.max(1, now - lastMs));
      [lastBytes, lastMs] = [bytes, now];
      emit({
        event: 'progress',
        bytes,
        total: content.size,
        bytesPerSecond,
        sources: counts.size,
        costWei: `${spentWei}`,
      });
    };
    const ticker = setInterval(report, PROGRESS_MS);
    let fetched: Report;
    let path: string;
    try {
      fetched = await transfer.report;
      ({ path } = await download.complete());
      report();
    } catch (error) {
      // What was verified is owed, whatever ended the download.
      await purchase.finish();
      throw over && isAppError(error, 'CANCELLED') ? over : error;
    } finally {
      clearInterval(ticker);
      leave();
      stop.abort();
    }
    const rows = (): SellerRow[] => toRows(fetched, offers, ledger);
    const seconds = (Date.now() - startedMs) / 1000;
    const done = { cid: content.cid, path, bytes: content.size, seconds };
    emit({ event: 'complete', ...done, sellers: rows() });
    await purchase.finish();
    log.info({ cid: content.cid, bytes: content.size, seconds }, 'bought');
    return { ...done, sellers: rows() };
  }
}

/** Where a download begins; the scheduler moves the work as it measures. */
function inOrder(
  adapters: readonly ProtocolAdapter[],
  { size }: Content,
  offers: readonly Offer[],
  preferred: ProtocolName | undefined,
): ProtocolAdapter[] {
  const sellers = Object.fromEntries(
    adapters.map(({ protocol }) => [
      protocol,
      offers.filter(({ endpoints }) => endpoints.some((endpoint) => endpoint.protocol === protocol)).length,
    ]),
  );
  const order = downloadOrder({ sizeBytes: size, sellers, ...(preferred && { preferred }) });
  // Sellers that come later may speak what none of the first did.
  const place = ({ protocol }: ProtocolAdapter) => (order.includes(protocol) ? order.indexOf(protocol) : order.length);
  return [...adapters].sort((a, b) => place(a) - place(b));
}

/** Of `heldBytes` of a download in progress those that no seller's line has: they came just before a crash, and were not counted. */
function uncountedBytes(ledger: Ledger, cid: string, heldBytes: number): number {
  const lines = ledger.lines().filter((line) => line.direction === 'in' && line.cid === cid);
  return Math.max(0, heldBytes - lines.reduce((sum, { bytes }) => sum + bytes, 0));
}

function toRows({ sources }: Report, offers: Map<PeerKey, Offer>, ledger: Ledger): SellerRow[] {
  return sources.map(({ peer, protocol, chunks, bytes, bad }) => {
    const { wallet = '', weiPerMiB = 0n } = offers.get(peer) ?? {};
    const { deliveredWei, authorizedWei } = ledger.totals(peer, 'in');
    return {
      peer,
      wallet,
      protocol,
      weiPerMiB: `${weiPerMiB}`,
      chunks,
      bytes,
      badChunks: bad,
      costWei: `${costWei(bytes, weiPerMiB)}`,
      deliveredWei: `${deliveredWei}`,
      authorizedWei: `${authorizedWei}`,
    };
  });
}
