/**
 * The buyer's end: gets terms, opens channels, and signs a voucher for the running total of verified bytes whenever a
 * seller's window is half used. It pays for what the ledger says was received, never for what a seller claims, but for a
 * bounded tolerance that keeps bytes lost on the way from closing a gate for ever.
 *
 * Long because one closure holds a purchase's tabs, and every rule of when to sign what reads them.
 *
 * Per seller one *tab*: at most `VOUCHERS_AT_ONCE` under way, at most `VOUCHERS_PER_SECOND`. Channels of sellers that join within
 * `OPEN_BATCH_MS` are opened in one transaction; until it is mined the free allowance carries the download.
 */
import { AppError, isAppError } from '@chiral/protocol/errors';
import type { PayRequest, Standing } from '@chiral/protocol/messages';
import { bytesFor, costWei, signBinding, type Terms } from '@chiral/protocol/payment';
import { CHUNK_BYTES } from '@chiral/protocol/tree';
import type { Deployment } from '@chiral/protocol/typed-data';
import type { Log } from '../log.ts';
import { pause } from '../pause.ts';
import type { Offer, PayTransport, PeerKey, PeerLedger, PricingPolicy, SignedVoucher } from '../ports.ts';
import type { Channel } from './channel-book.ts';
import type { PayerKeys } from './keys.ts';
import type { ChannelOpener } from './opener.ts';
import type { ChannelRail } from './rail.ts';
import { askSeller, askTerms, refusedBy, type TermsAnswer } from './terms.ts';

/** Most vouchers a second to one seller, and how many may come at once: verifying one costs a seller about 4 ms. */
const VOUCHERS_PER_SECOND = 10;
const VOUCHER_BURST = 20;
/** While trust is small half of it is here again before the first half's voucher is answered: that must not wait. */
const VOUCHERS_AT_ONCE = 2;
/** Between two tries to present a channel that the seller's chain node does not show yet, milliseconds. */
const OPEN_RETRY_MS = 250;
const OPEN_TRIES = 40;
/** How often a channel is presented to a seller that does not hear it, each time after a longer pause: for three seconds. */
const OPEN_LOST_TRIES = 6;
/** A voucher that is not acknowledged by then counts as lost, milliseconds: far above what a busy seller takes. */
const VOUCHER_TIMEOUT_MS = 3_000;
/** First and longest pause before a lost voucher is sent again, milliseconds; it doubles each time. */
const RESEND_MS = { first: 100, longest: 5_000 };
/** How often the last voucher of a purchase is tried; a seller that is gone is paid the next time. */
const FINISH_TRIES = 3;
/** A channel or a window with this much room needs no closer look, bytes. */
const NEAR_BYTES = 64 << 20;
/** So much is asked for then before the next look, bytes: with what a seller has under way at most, 16 MiB, well below that. */
const CLEAR_BYTES = 32 << 20;
/** Where a large window is paid by halves, one is looked at with every so many parts of it that came. */
const LOOKS_A_WINDOW = 64;
/** A seller that lets no more come by our figures, and from which nothing came for this long, is asked how we stand, milliseconds. */
const SILENCE_MS = 500;
/** Above the tolerance in bytes, this share of what was received may be paid for bytes lost on the way, thousandths. */
const TOLERANCE_PERMILLE = 10n;

const resendMs = (lost: number) => Math.min(RESEND_MS.longest, RESEND_MS.first * 2 ** lost);
const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** How this buyer pays; see CreditPolicy in accounting for the meaning. */
export interface PayerPolicy {
  readonly prepayBytes: number;
  readonly payEvery: number | 'window' | 'end';
  readonly toleranceBytes: number;
}

/** One purchase: the sellers of one content. */
export interface Purchase {
  /**
   * Gets terms and a session from the seller of `offer` and starts opening a channel. Resolves when bytes may be asked for.
   * @param terms that were asked for already
   * @throws OFFER_INVALID the seller asks other terms than it offered, or more than we accept; PEER_UNREACHABLE, TIMEOUT
   */
  join(offer: Offer, terms?: Promise<TermsAnswer>): Promise<void>;
  /** Every seller that was found has joined: no channel waits for another's any longer. */
  gathered(): void;
  /**
   * Whether `bytes` more may be asked of `peer`: its channel can pay for them, so that it never delivers what there is no deposit
   * for, and its gate lets them through by the figures we have, so that it need not refuse. When not, the channel is topped up
   * or what was delivered is paid, and its gate is said to have room when that is done.
   * @param pending bytes that were asked for and not yet received; called when it comes near
   */
  affords(peer: PeerKey, bytes: number, pending: () => number): boolean;
  /** Verified bytes came in from `peer`: pay if it is time. */
  poke(peer: PeerKey): void;
  /** `peer` says "not now": pay what is owed at once, and what was lost on the way within the tolerance. */
  choked(peer: PeerKey): void;
  /** `peer` sent garbage: from now on nothing beyond what was verified. */
  distrust(peer: PeerKey): void;
  /** Pays every seller what it is owed to the wei. Resolves when each has acknowledged or cannot be reached. */
  finish(): Promise<void>;
}

export interface PurchaseOptions {
  /** Bytes that are still to come: what a channel must be able to pay for. */
  readonly size: number;
  /** Here and verified, and counted for nobody, since a crash came between, bytes: whoever claims them is paid for them. */
  readonly uncountedBytes?: number;
  /** Our own peer id, which the channels are bound to. */
  readonly selfPeerId: string;
  /** The most that all sellers together are promised beyond what was verified before and is verified now, wei. */
  readonly capWei?: bigint;
  /** A seller has acknowledged a voucher. */
  onPaid?(peer: PeerKey, cumulativeWei: bigint): void;
  /** A seller's gate is closed and we cannot pay it: nothing more will come from it until that changes. */
  onBlocked?(peer: PeerKey, error: AppError): void;
}

export interface Payer {
  purchase(options: PurchaseOptions): Purchase;
  /** What the seller of `offer` asks, while its content is still looked at. @throws as `Purchase.join` */
  terms(offer: Offer): Promise<TermsAnswer>;
}

interface Tab {
  readonly peer: PeerKey;
  readonly offer: Offer;
  terms: Terms;
  standing: Standing;
  channel: Channel | undefined;
  trusted: boolean;
  urgent: boolean;
  /** Its gate closed before there was a channel. */
  isChoked: boolean;
  tokens: number;
  refilledAt: number;
  /** Ends when the channel is there, or has more in it, or has failed. */
  opening: Promise<void> | undefined;
  /** Messages under way; more than one only when all are vouchers of a gate that is open. */
  readonly sending: Set<Promise<void>>;
  /** A voucher is being signed: what is owed then counts it not yet. */
  isSigning: boolean;
  /** What was owed or promised before this purchase, wei. */
  readonly startWei: bigint;
  /** Received before this purchase, bytes. */
  readonly startBytes: number;
  /** What the seller counts and never reached us, from before this purchase, wei: within the tolerance it is paid like the rest. */
  readonly lostWei: bigint;
  /** Its channel could not be topped up. */
  isSpent: boolean;
  /** Nothing more may be promised to it within the cap, and its gate is closed. */
  isCapped: boolean;
  /** Its gate closed while a message was under way. */
  chokedMeanwhile: boolean;
  /** It lets us owe no more than is on its way, and most of that is here. */
  isFull: boolean;
  /** May be asked for without another look at what can be paid, bytes. */
  clearBytes: number;
  /** Chunks to come before another look at what is owed. */
  calmChunks: number;
  /** When something came from it last. */
  heardMs: number;
  /** Vouchers lost in a row. */
  lost: number;
  timer: NodeJS.Timeout | undefined;
  failure: AppError | undefined;
}

/** Whether a message may never have arrived, so that saying it again helps. */
function isLost({ code }: AppError): boolean {
  return code === 'TIMEOUT' || code === 'PEER_UNREACHABLE';
}

export function createPayer(options: {
  rail: ChannelRail;
  opener: ChannelOpener;
  ledger: PeerLedger;
  transport: PayTransport;
  pricing: PricingPolicy;
  keys: PayerKeys;
  deployment: Deployment;
  policy(): PayerPolicy;
  /** A seller's token for its transfer protocols. */
  onSession(peer: PeerKey, token: string): void;
  /** A seller's gate has new room. */
  onRoom(peer: PeerKey): void;
  log: Log;
}): Payer {
  const { rail, opener, ledger, transport, pricing, keys, deployment, policy, log } = options;

  const ask = (peer: PeerKey, request: PayRequest, signal?: AbortSignal) => askSeller(transport, peer, request, signal);

  const terms = (offer: Offer) => askTerms({ transport, pricing, deployment }, offer);

  function purchase(purchase: PurchaseOptions): Purchase {
    const { size, selfPeerId, capWei, onPaid = () => {}, onBlocked = () => {} } = purchase;
    let { uncountedBytes = 0 } = purchase;
    const tabs = new Map<PeerKey, Tab>();
    let finished = false;
    const ending = new AbortController();

    async function join(offer: Offer, asked?: Promise<TermsAnswer>): Promise<void> {
      const peer = offer.peerId;
      if (tabs.has(peer)) return;
      const answer = await (asked ?? terms(offer));
      ledger.agree(peer, 'in', offer.cid, answer);
      options.onSession(peer, answer.token);
      countFound(offer, answer);
      const { toPromiseWei, authorizedWei, deliveredBytes } = ledger.totals(peer, 'in');
      const lostWei = answer.standing.deliveredWei - toPromiseWei;
      const toleratedWei = costWei(policy().toleranceBytes, answer.weiPerMiB);
      const tab: Tab = {
        peer,
        offer,
        terms: answer,
        standing: answer.standing,
        channel: undefined,
        trusted: true,
        urgent: false,
        // A gate that may wait with its answer says nothing when it is closed from the beginning.
        isChoked: answer.standing.roomBytes < CHUNK_BYTES,
        tokens: VOUCHER_BURST,
        refilledAt: Date.now(),
        opening: undefined,
        sending: new Set(),
        isSigning: false,
        startWei: toPromiseWei > authorizedWei ? toPromiseWei : authorizedWei,
        startBytes: deliveredBytes,
        lostWei: lostWei <= 0n ? 0n : lostWei < toleratedWei ? lostWei : toleratedWei,
        isSpent: false,
        isCapped: false,
        chokedMeanwhile: false,
        isFull: false,
        clearBytes: 0,
        calmChunks: 0,
        heardMs: Date.now(),
        lost: 0,
        timer: undefined,
        failure: undefined,
      };
      tabs.set(peer, tab);
      if (answer.weiPerMiB > 0n) startOpening(tab);
    }

    /** What a seller claims beyond our figures and lies here for nobody is from it: first come, first served. */
    function countFound({ peerId, cid }: Offer, { standing, weiPerMiB }: TermsAnswer): void {
      const claimedWei = standing.deliveredWei - ledger.totals(peerId, 'in').toPromiseWei;
      if (uncountedBytes === 0 || claimedWei <= 0n || weiPerMiB === 0n) return;
      const bytes = Math.min(uncountedBytes, Number(bytesFor(claimedWei, weiPerMiB)));
      uncountedBytes -= bytes;
      ledger.received(peerId, cid, bytes);
    }

    /** Of the content, not yet received from anybody, bytes. */
    function leftBytes(): number {
      let left = size;
      for (const { peer, startBytes } of tabs.values()) left -= ledger.totals(peer, 'in').deliveredBytes - startBytes;
      return Math.max(0, left);
    }

    /** What is owed to a seller and what it may yet deliver, wei; `moreBytes` for what gets lost. */
    function roomWei({ peer, terms, lostWei }: Tab, moreBytes: number): bigint {
      const { toPromiseWei, authorizedWei } = ledger.totals(peer, 'in');
      const owedWei = toPromiseWei + lostWei - authorizedWei;
      return (owedWei > 0n ? owedWei : 0n) + costWei(leftBytes() + moreBytes, terms.weiPerMiB);
    }

    /** A channel that holds enough for what is to come, or its share among many: reused, topped up or new; then presented. */
    async function openChannel(tab: Tab): Promise<void> {
      const { peer, offer } = tab;
      const had = tab.channel;
      try {
        const usable = opener.usable(peer, offer.wallet);
        // First, so that it shares the transaction of the others.
        const opening = opener.ensure({
          peer,
          receiver: offer.wallet,
          roomWei: roomWei(tab, policy().toleranceBytes),
          // A channel that was opened for these bytes before is not topped up for the margin alone.
          enoughWei: roomWei(tab, 0),
          purchase: tabs,
        });
        opening.catch(() => {});
        if (usable && !had) await present(tab, usable);
        if (had) opener.gathered();
        const channel = await opening;
        if (channel !== tab.channel) await present(tab, channel);
        else options.onRoom(peer);
      } catch (error) {
        if (!isAppError(error)) throw error;
        log.warn({ peer, code: error.code }, `no new deposit for this seller: ${error.message}`);
        if (had) {
          tab.isSpent = true;
          onBlocked(peer, error);
        }
        if (tab.channel) return;
        tab.failure = error;
        if (tab.isChoked) onBlocked(peer, error);
      }
    }

    /** The most that its channel can be made to pay, as a running total; undefined while there is none. */
    function affordableWei({ peer, channel }: Tab): bigint | undefined {
      return channel && rail.total('payer', peer) + channel.balanceWei - channel.cumulativeWei;
    }

    function affords(peer: PeerKey, bytes: number, pending: () => number): boolean {
      const tab = tabs.get(peer);
      if (!tab || tab.terms.weiPerMiB === 0n) return true;
      if (tab.clearBytes < bytes) {
        if (!hasAmple(tab)) return channelAffords(tab, bytes, pending) && gateAffords(tab, bytes, pending);
        tab.clearBytes = CLEAR_BYTES;
      }
      tab.clearBytes -= bytes;
      return true;
    }

    /** What its channel can be made to pay beyond what was counted, wei; undefined while there is none. */
    function channelRoomWei(tab: Tab): bigint | undefined {
      const most = affordableWei(tab);
      if (most === undefined) return undefined;
      return most - ledger.totals(tab.peer, 'in').toPromiseWei - tab.lostWei;
    }

    /** What its gate lets through beyond what we counted, by the last figures that it told, wei. */
    function gateRoomWei({ peer, terms, standing, lostWei }: Tab): bigint {
      const { authorizedWei, creditBytes } = standing;
      return authorizedWei + costWei(creditBytes, terms.weiPerMiB) - ledger.totals(peer, 'in').toPromiseWei - lostWei;
    }

    /** A total is rounded up once, its parts each for themselves. */
    const paysTheRest = (room: bigint, { terms }: Tab) => room + 1n >= costWei(leftBytes(), terms.weiPerMiB);

    function hasAmple(tab: Tab): boolean {
      const near = costWei(NEAR_BYTES, tab.terms.weiPerMiB);
      if (gateRoomWei(tab) < near) return false;
      const room = channelRoomWei(tab);
      return room === undefined || room >= near || paysTheRest(room, tab);
    }

    function channelAffords(tab: Tab, bytes: number, pending: () => number): boolean {
      const room = channelRoomWei(tab);
      if (room === undefined || paysTheRest(room, tab)) return true;
      if (room >= costWei(bytes + pending() + policy().toleranceBytes, tab.terms.weiPerMiB)) return true;
      if (!tab.isSpent) startOpening(tab);
      return false;
    }

    const isQuiet = ({ sending, timer }: Tab) => sending.size === 0 && !timer;

    /** Its own answer decides when neither bytes nor a voucher are under way: our figures may be older than its. */
    function gateAffords(tab: Tab, bytes: number, pending: () => number): boolean {
      const { weiPerMiB } = tab.terms;
      const { toPromiseWei, authorizedWei } = ledger.totals(tab.peer, 'in');
      const pendingBytes = pending();
      if (gateRoomWei(tab) >= costWei(bytes + pendingBytes, weiPerMiB)) return true;
      // One that answers no message may be gone: whoever asks it for bytes finds that out, and gives it up.
      if (pendingBytes === 0 && (isQuiet(tab) || tab.lost > 0)) return true;
      if (Date.now() - tab.heardMs > SILENCE_MS && tab.channel) {
        // What is under way may never come, or waits at a gate that counts more than we do: it says so, and is paid for it.
        tab.heardMs = Date.now();
        if (isQuiet(tab)) hurry(tab);
        return false;
      }
      tab.isFull = toPromiseWei + tab.lostWei - authorizedWei >= 4n * costWei(pendingBytes, weiPerMiB);
      if (tab.isFull) poke(tab.peer);
      return false;
    }

    /** One at a time: two would each put in the whole of what is lacking. */
    function startOpening(tab: Tab): void {
      tab.opening ??= openChannel(tab).finally(() => {
        tab.opening = undefined;
      });
    }

    /** Shows the seller a channel and the proof that it is ours to use; from then on it can be paid. */
    async function present(tab: Tab, channel: Channel): Promise<void> {
      const issuedAt = Math.floor(Date.now() / 1000);
      const signature = signBinding(keys.session, { channelId: channel.id, peerId: selfPeerId, issuedAt }, deployment);
      const request: PayRequest = {
        type: 'open',
        cid: tab.offer.cid,
        config: channel.config,
        binding: { issuedAt, signature },
      };
      for (let tries = 1, lost = 0; ; tries++) {
        const error = await presentOnce(tab, request);
        if (!error) break;
        if (isLost(error)) {
          // A seller that is gone holds up the end of a purchase no longer than its last voucher would.
          if (lost + 1 >= (finished ? FINISH_TRIES : OPEN_LOST_TRIES)) throw error;
          await pause(resendMs(lost++), ending.signal);
          continue;
        }
        // The seller's chain node may be a block behind ours, or away: the channel is as good when it is back.
        const mayPass = error.code === 'VOUCHER_UNFUNDED' || error.code === 'CHAIN_UNREACHABLE';
        if (!mayPass || tries === OPEN_TRIES) throw error;
        await sleep(OPEN_RETRY_MS);
      }
      tab.channel = channel;
      if (!tab.isChoked) return poke(tab.peer);
      tab.isChoked = false;
      hurry(tab);
    }

    /** @returns why the seller does not have it, or nothing when it has */
    async function presentOnce(tab: Tab, request: PayRequest): Promise<AppError | undefined> {
      try {
        const answer = await ask(tab.peer, request);
        if (answer.type !== 'opened') return refusedBy(answer);
        tab.standing = answer.standing;
        return undefined;
      } catch (error) {
        if (isAppError(error)) return error;
        throw error;
      }
    }

    /** Running total we are ready to sign for now, within what the channel holds. */
    function target(tab: Tab): bigint {
      const { toPromiseWei, authorizedWei } = ledger.totals(tab.peer, 'in');
      let total = finished || !tab.trusted ? toPromiseWei : toPromiseWei + tab.lostWei;
      const { prepayBytes, toleranceBytes } = policy();
      if (!finished && prepayBytes > 0) total += costWei(Math.min(prepayBytes, size), tab.terms.weiPerMiB);
      if (tab.urgent && tab.trusted && total <= authorizedWei) {
        const tolerated =
          toPromiseWei + costWei(toleranceBytes, tab.terms.weiPerMiB) + (toPromiseWei * TOLERANCE_PERMILLE) / 1000n;
        total = tab.standing.deliveredWei < tolerated ? tab.standing.deliveredWei : tolerated;
      }
      const most = affordableWei(tab);
      if (most !== undefined && total > most) total = most;
      // What was verified is owed whatever the cap says; the cap is for what goes beyond.
      const limitWei = capped(tab);
      if (limitWei !== undefined && total > limitWei) total = limitWei > toPromiseWei ? limitWei : toPromiseWei;
      return total > authorizedWei ? total : authorizedWei;
    }

    /** Highest running total of `tab` within the cap; undefined without one. */
    function capped(tab: Tab): bigint | undefined {
      if (capWei === undefined) return undefined;
      let limitWei = tab.startWei + capWei;
      for (const other of tabs.values()) {
        const { authorizedWei } = ledger.totals(other.peer, 'in');
        if (other !== tab && authorizedWei > other.startWei) limitWei -= authorizedWei - other.startWei;
      }
      return limitWei;
    }

    function isDue(tab: Tab, owedWei: bigint): boolean {
      if (owedWei <= 0n) return false;
      if (finished || tab.urgent || tab.isFull) return true;
      const { payEvery } = policy();
      if (payEvery === 'end') return false;
      const { creditBytes } = tab.standing;
      return owedWei >= costWei(payEvery === 'window' ? Math.floor(creditBytes / 2) : payEvery, tab.terms.weiPerMiB);
    }

    function takeToken(tab: Tab): boolean {
      const now = Date.now();
      tab.tokens = Math.min(VOUCHER_BURST, tab.tokens + ((now - tab.refilledAt) * VOUCHERS_PER_SECOND) / 1000);
      tab.refilledAt = now;
      if (tab.tokens < 1) return false;
      tab.tokens -= 1;
      return true;
    }

    function received(peer: PeerKey): void {
      const tab = tabs.get(peer);
      if (!tab) return;
      tab.heardMs = Date.now();
      if (tab.calmChunks > 0) tab.calmChunks--;
      else poke(peer);
    }

    function poke(peer: PeerKey): void {
      const tab = tabs.get(peer);
      if (!tab?.channel || tab.isSigning || tab.timer) return;
      const isPlain = !tab.urgent && !tab.failure && tab.lost === 0;
      if (tab.sending.size >= (isPlain ? VOUCHERS_AT_ONCE : 1)) return;
      const total = target(tab);
      if (!isDue(tab, total - ledger.totals(peer, 'in').authorizedWei)) {
        if (policy().payEvery === 'window')
          tab.calmChunks = Math.floor(tab.standing.creditBytes / LOOKS_A_WINDOW / CHUNK_BYTES);
        return;
      }
      if (!takeToken(tab)) {
        tab.timer = setTimeout(() => {
          tab.timer = undefined;
          poke(peer);
        }, 1000 / VOUCHERS_PER_SECOND);
        return;
      }
      send(tab, pay(tab, total).catch(failed(tab)));
    }

    function send(tab: Tab, message: Promise<void>): void {
      const tracked = message.finally(() => {
        tab.sending.delete(tracked);
        sent(tab);
      });
      tab.sending.add(tracked);
    }

    const failed = (tab: Tab) => (error: unknown) => {
      if (!isAppError(error)) throw error;
      tab.failure = error;
      log.warn({ peer: tab.peer, code: error.code }, `voucher not delivered: ${error.message}`);
    };

    function sent(tab: Tab): void {
      if (!tab.failure) {
        tab.lost = 0;
        if (tab.chokedMeanwhile) hurry(tab);
        else poke(tab.peer);
        return;
      }
      if (finished || !isLost(tab.failure)) return;
      const pauseMs = resendMs(tab.lost++);
      clearTimeout(tab.timer);
      tab.timer = setTimeout(() => {
        tab.timer = undefined;
        catchUp(tab);
      }, pauseMs);
    }

    /** The gate is closed: all that is owed is due, however little. */
    function hurry(tab: Tab): void {
      tab.chokedMeanwhile = false;
      tab.failure = undefined;
      tab.urgent = true;
      if (target(tab) > ledger.totals(tab.peer, 'in').authorizedWei) poke(tab.peer);
      else catchUp(tab);
    }

    /** A voucher or its answer got lost, or there is nothing to pay by the figures we have: the seller's own may be newer. */
    function catchUp(tab: Tab): void {
      if (tab.sending.size > 0) return;
      tab.failure = undefined;
      send(tab, refresh(tab));
    }

    async function pay(tab: Tab, total: bigint): Promise<void> {
      await deliver(tab, await sign(tab, total));
    }

    async function sign(tab: Tab, total: bigint): Promise<SignedVoucher> {
      const { peer } = tab;
      tab.isSigning = true;
      try {
        const voucher = await rail.sign(peer, total);
        const signed = rail.total('payer', peer);
        if (signed > ledger.totals(peer, 'in').authorizedWei) ledger.authorize(peer, 'in', signed);
        return voucher;
      } finally {
        tab.isSigning = false;
      }
    }

    /** Of two answers that overtook each other the one that knows of more counts. */
    function heard(tab: Tab, standing: Standing): void {
      if (standing.authorizedWei >= tab.standing.authorizedWei) tab.standing = standing;
    }

    async function deliver(tab: Tab, voucher: SignedVoucher): Promise<void> {
      const answer = await ask(tab.peer, { type: 'voucher', voucher }, AbortSignal.timeout(VOUCHER_TIMEOUT_MS));
      if (answer.type === 'refused' && answer.standing) heard(tab, answer.standing);
      // A voucher that the seller has already is as good as one it takes now: its answer got lost, not the money.
      if (answer.type !== 'accepted' && !(answer.type === 'refused' && answer.code === 'VOUCHER_STALE'))
        throw refusedBy(answer);
      if (answer.type === 'accepted') {
        heard(tab, answer.standing);
        onPaid(tab.peer, answer.cumulativeWei);
      }
      tab.failure = undefined;
      tab.urgent = false;
      tab.isFull = false;
      tab.heardMs = Date.now();
      tab.chokedMeanwhile = false;
      options.onRoom(tab.peer);
    }

    return {
      join,
      gathered: () => opener.gathered(),
      affords,
      poke: received,
      choked(peer) {
        const tab = tabs.get(peer);
        if (!tab) return;
        tab.clearBytes = 0;
        tab.calmChunks = 0;
        if (tab.sending.size > 0) {
          tab.chokedMeanwhile = true;
          return;
        }
        if (tab.channel) return hurry(tab);
        tab.isChoked = true;
        if (tab.failure) onBlocked(peer, tab.failure);
      },
      distrust(peer) {
        const tab = tabs.get(peer);
        if (tab) tab.trusted = false;
      },
      async finish() {
        finished = true;
        ending.abort();
        await Promise.all([...tabs.values()].map(finishTab));
      },
    };

    async function refresh(tab: Tab): Promise<void> {
      try {
        const request: PayRequest = { type: 'terms', cid: tab.offer.cid };
        const answer = await ask(tab.peer, request, AbortSignal.timeout(VOUCHER_TIMEOUT_MS));
        if (answer.type !== 'terms') throw refusedBy(answer);
        tab.standing = answer.standing;
        options.onSession(tab.peer, answer.token);
        const last = tab.channel && rail.total('payer', tab.peer);
        // The seller missed our newest voucher (a lost answer, a restart): the same promise again costs nothing.
        if (last && answer.standing.authorizedWei < last) await deliver(tab, await rail.sign(tab.peer, last));
        else if (answer.standing.roomBytes > 0) options.onRoom(tab.peer);
        else refuseBeyondCap(tab);
      } catch (error) {
        if (!isAppError(error)) throw error;
        tab.failure = error;
      }
    }

    /** Its gate stays closed for bytes that were lost on the way, and the cap forbids to pay for them. */
    function refuseBeyondCap(tab: Tab): void {
      const limitWei = capped(tab);
      if (finished || tab.isCapped || limitWei === undefined) return;
      if (limitWei > ledger.totals(tab.peer, 'in').authorizedWei) return;
      tab.isCapped = true;
      onBlocked(
        tab.peer,
        new AppError('SPENDING_CAP', 'This seller counts more than the cap allows. Raise it to finish.'),
      );
    }

    async function finishTab(tab: Tab): Promise<void> {
      tab.urgent = false;
      await tab.opening;
      // One with a deposit that the seller did not hear of.
      const unheard = !tab.channel && tab.failure && isLost(tab.failure) && opener.usable(tab.peer, tab.offer.wallet);
      if (unheard) await present(tab, unheard).catch(failed(tab));
      for (let tries = 1; tries <= FINISH_TRIES; tries++) {
        clearTimeout(tab.timer);
        tab.timer = undefined;
        while (tab.sending.size > 0) await Promise.all(tab.sending);
        const wasLost = tab.failure && isLost(tab.failure);
        tab.failure = undefined;
        // What was lost goes first: it may be all that is missing.
        if (wasLost) await refresh(tab);
        const isOwing = tab.channel && target(tab) > ledger.totals(tab.peer, 'in').authorizedWei;
        if (isOwing && !tab.failure) await pay(tab, target(tab)).catch(failed(tab));
        if (!tab.failure || !isLost(tab.failure)) break;
        await sleep(RESEND_MS.first * tries);
      }
      clearTimeout(tab.timer);
    }
  }

  return { purchase, terms };
}
