/**
 * A purchase that is paid by work: where the payer signs vouchers, this one finds shares for the seller. It opens no channel,
 * signs nothing and needs no wallet. It works for what was verified, and ahead of it only as far as a share goes: shares are whole,
 * so the last one may be worth more than was owed; the rest stays in the seller's books, and in ours, for the next purchase.
 *
 * One seller at a time, the cheapest of those whose gate is closed or whose window is half used. Work is asked for again every
 * few seconds, since a seller's next block changes. A seller that counts less than it promised for a share, or keeps its gate
 * closed against its own count, is worked for no longer. State: the sellers of this purchase.
 */
import { CHUNK_BYTES } from '@chiral/protocol/content';
import { AppError, isAppError } from '@chiral/protocol/errors';
import type { PayAnswer, PayRequest, Standing } from '@chiral/protocol/messages';
import { costWei, type Terms } from '@chiral/protocol/payment';
import type { Deployment } from '@chiral/protocol/typed-data';
import type { Log } from '../log.ts';
import { pause } from '../pause.ts';
import type { Offer, PayTransport, PeerKey, PeerLedger, PricingPolicy } from '../ports.ts';
import type { Payer, Purchase, PurchaseOptions } from './payer.ts';
import { askSeller, askTerms, refusedBy } from './terms.ts';

/** A search is given up for fresh work after this long, milliseconds: a seller takes shares of work up to 20 s old. */
const FRESH_MS = 6_000;
/** Work that waited longer than this for a dataset is asked for anew, milliseconds. */
const STALE_PREPARED_MS = 1_000;
/** How long a payment message may take, and the pause after one that got lost or came too soon, milliseconds. */
const ANSWER_MS = 5_000;
const PAUSE_MS = 1_000;
/** Messages lost in a row, or refusals that may pass, before a seller is given up. */
const MAX_FAULTS = 8;
/** Times that a seller may say "not now" though we are ahead of what was delivered. */
const MAX_DENIALS = 3;

/** What to search on. */
export interface SearchTask {
  readonly profile: 'full' | 'dev';
  readonly epoch: number;
  readonly sealHash: string;
  readonly noncePrefix: string;
  readonly difficulty: bigint;
}

/** Finds nonces, on threads of its own. */
export interface ShareSearcher {
  /** Makes what a search of this kind needs; resolves at once when it is there. @throws UNSUPPORTED too large for this machine */
  prepare(
    where: Pick<SearchTask, 'profile' | 'epoch'>,
    onProgress: (fraction: number) => void,
    signal: AbortSignal,
  ): Promise<void>;
  /** @returns undefined when `signal` aborts first */
  search(task: SearchTask, signal: AbortSignal): Promise<{ nonce: string; mixHash: string } | undefined>;
  /** 0 before the first search. */
  hashesPerSecond(): number;
}

/** Where the work stands, for whoever watches. */
export interface WorkProgress {
  /** `waiting`: nothing is owed; `preparing`: the dataset is being made. */
  readonly state: 'waiting' | 'preparing' | 'searching';
  /** Of `preparing`, 0 to 1. */
  readonly fraction: number;
  readonly hashesPerSecond: number;
  /** Shares counted in this purchase, and what they were worth, wei. */
  readonly shares: number;
  readonly earnedWei: bigint;
}

interface Tab {
  readonly peer: PeerKey;
  readonly offer: Offer;
  readonly terms: Terms;
  standing: Standing;
  /** Its gate is closed. */
  isChoked: boolean;
  isGivenUp: boolean;
  /** What it said we had earned in all, after the last share of this purchase. */
  saidWei: bigint;
  faults: number;
  denials: number;
}

/** Why a search for one seller ended. */
type Outcome = 'counted' | 'again' | 'pause';

/**
 * @param options.signal the buyer wants no more work done: what is owed stays owed
 * @param options.toleranceBytes lost on the way that are worked for rather than waiting for ever
 */
export function createWorkPayer(options: {
  ledger: PeerLedger;
  transport: PayTransport;
  pricing: PricingPolicy;
  deployment: Deployment;
  searcher: ShareSearcher;
  toleranceBytes: number;
  signal: AbortSignal;
  onSession(peer: PeerKey, token: string): void;
  onRoom(peer: PeerKey): void;
  onWork(progress: WorkProgress): void;
  log: Log;
}): Payer {
  const { ledger, transport, pricing, deployment, searcher, toleranceBytes, signal, log } = options;

  const askFor = (offer: Offer) => askTerms({ transport, pricing, deployment }, offer);

  function purchase({ onBlocked = () => {} }: PurchaseOptions): Purchase {
    const tabs = new Map<PeerKey, Tab>();
    let working: Promise<void> | undefined;
    let isFinished = false;
    let progress: WorkProgress = { state: 'waiting', fraction: 0, hashesPerSecond: 0, shares: 0, earnedWei: 0n };

    function tell(change: Partial<WorkProgress>): void {
      progress = { ...progress, ...change, hashesPerSecond: Math.round(searcher.hashesPerSecond()) };
      options.onWork(progress);
    }

    const ask = (peer: PeerKey, request: PayRequest): Promise<PayAnswer> =>
      askSeller(transport, peer, request, AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]));

    /** Worked and promised beyond what was delivered, wei. */
    function aheadWei(peer: PeerKey): bigint {
      const { deliveredWei, authorizedWei, workedWei } = ledger.totals(peer, 'in');
      return authorizedWei + workedWei - deliveredWei;
    }

    function isDue({ peer, terms, standing, isChoked, isGivenUp }: Tab): boolean {
      if (isGivenUp || terms.weiPerMiB === 0n) return false;
      const owedWei = ledger.payable(peer);
      if (isFinished) return owedWei > 0n;
      return isChoked || (owedWei > 0n && owedWei >= costWei(Math.floor(standing.creditBytes / 2), terms.weiPerMiB));
    }

    function next(): Tab | undefined {
      const due = [...tabs.values()].filter(isDue);
      return due.sort((a, b) => (a.terms.weiPerMiB < b.terms.weiPerMiB ? -1 : 1))[0];
    }

    /** Works as long as something is due. */
    function start(): void {
      if (signal.aborted) return;
      working ??= workOn().finally(() => {
        working = undefined;
        if (next() && !signal.aborted) start();
      });
    }

    async function workOn(): Promise<void> {
      for (let tab = next(); tab && !signal.aborted; tab = next()) {
        try {
          const outcome = (await isServedAlready(tab)) ? 'again' : await workFor(tab);
          if (outcome !== 'pause') tab.faults = 0;
          else await pauseAfterFault(tab);
        } catch (error) {
          if (signal.aborted) break;
          if (!isAppError(error)) throw error;
          if (isPassing(error)) await pauseAfterFault(tab, error);
          else giveUp(tab, error);
        }
      }
      tell({ state: 'waiting', fraction: 0 });
    }

    const isPassing = ({ code }: AppError) =>
      code === 'TIMEOUT' || code === 'PEER_UNREACHABLE' || code === 'TOO_MANY' || code === 'CHAIN_UNREACHABLE';

    async function pauseAfterFault(tab: Tab, error?: AppError): Promise<void> {
      if (++tab.faults >= MAX_FAULTS)
        return giveUp(tab, error ?? new AppError('SHARE_STALE', 'No work came back in time for this seller.'));
      await pause(PAUSE_MS, signal);
    }

    function giveUp(tab: Tab, error: AppError): void {
      tab.isGivenUp = true;
      log.warn({ peer: tab.peer, code: error.code }, `no more work for this seller: ${error.message}`);
      if (!isFinished) onBlocked(tab.peer, error);
    }

    /**
     * We are ahead of what was delivered, and its gate is closed all the same: its own figures may be newer than the refusal.
     * @returns whether there is room after all
     * @throws CHOKED when it says "not now" again and again
     */
    async function isServedAlready(tab: Tab): Promise<boolean> {
      if (isFinished || aheadWei(tab.peer) <= costWei(toleranceBytes, tab.terms.weiPerMiB)) return false;
      const answer = await ask(tab.peer, { type: 'terms', cid: tab.offer.cid });
      if (answer.type !== 'terms') throw refusedBy(answer);
      if (++tab.denials > MAX_DENIALS)
        throw new AppError(
          'CHOKED',
          'This seller keeps its gate closed though it was paid; nothing more is done for it.',
        );
      heard(tab, answer.standing);
      return !tab.isChoked;
    }

    /** A gate without room for a chunk is as good as closed; some sellers keep a request waiting before they say so. */
    function heard(tab: Tab, standing: Standing): void {
      tab.standing = standing;
      tab.isChoked = standing.roomBytes < CHUNK_BYTES;
      if (!tab.isChoked) options.onRoom(tab.peer);
    }

    /** A share that got lost, or came too soon, is as good a second later; one that is brought twice counts once. */
    async function bring(tab: Tab, share: PayRequest): Promise<PayAnswer> {
      for (;;) {
        try {
          const answer = await ask(tab.peer, share);
          if (answer.type !== 'refused' || answer.code !== 'TOO_MANY') return answer;
        } catch (error) {
          if (!isAppError(error) || !isPassing(error) || signal.aborted) throw error;
        }
        await pauseAfterFault(tab);
        if (tab.isGivenUp) throw new AppError('PEER_UNREACHABLE', 'This seller does not take the work it gave out.');
      }
    }

    async function workFor(tab: Tab): Promise<Outcome> {
      const { peer } = tab;
      const answer = await ask(peer, { type: 'work', hashesPerSecond: Math.round(searcher.hashesPerSecond()) });
      if (answer.type !== 'work') throw refusedBy(answer);
      const { profile, epoch, sealHash, noncePrefix, shareDifficulty: difficulty, shareWei } = answer;
      if (difficulty === 0n || shareWei === 0n) throw new AppError('NO_WORK', 'This seller’s work is worth nothing.');
      const askedMs = Date.now();
      await searcher.prepare({ profile, epoch }, (fraction) => tell({ state: 'preparing', fraction }), signal);
      if (Date.now() - askedMs > STALE_PREPARED_MS) return 'again';
      tell({ state: 'searching' });
      const limit = AbortSignal.any([signal, AbortSignal.timeout(FRESH_MS)]);
      const found = await searcher.search({ profile, epoch, sealHash, noncePrefix, difficulty }, limit);
      tell({});
      if (!found) return 'again';
      const told = await bring(tab, { type: 'share', sealHash, ...found });
      if (told.type === 'refused' && told.code === 'SHARE_STALE') return 'pause';
      // An answer that got lost was counted all the same: the next total has it.
      if (told.type === 'refused' && told.code === 'SHARE_DUPLICATE') return 'again';
      if (told.type !== 'counted') throw refusedBy(told);
      if (told.workedWei < tab.saidWei + shareWei)
        throw new AppError('CONFLICT', 'This seller counts less for a share than it promised.');
      tab.saidWei = told.workedWei;
      ledger.countWork(peer, 'in', told.workedWei);
      tell({ shares: progress.shares + 1, earnedWei: progress.earnedWei + shareWei });
      heard(tab, told.standing);
      return 'counted';
    }

    return {
      async join(offer, asked) {
        const peer = offer.peerId;
        if (tabs.has(peer)) return;
        const terms = await (asked ?? askFor(offer));
        ledger.agree(peer, 'in', offer.cid, terms);
        options.onSession(peer, terms.token);
        const { standing } = terms;
        const tab: Tab = {
          peer,
          offer,
          terms,
          standing,
          // Of what was owed before: the gate may be closed from the start.
          isChoked: terms.weiPerMiB > 0n && standing.roomBytes < CHUNK_BYTES,
          isGivenUp: false,
          saidWei: 0n,
          faults: 0,
          denials: 0,
        };
        tabs.set(peer, tab);
        if (isDue(tab)) start();
      },
      gathered() {},
      affords: () => true,
      poke(peer) {
        const tab = tabs.get(peer);
        if (!tab) return;
        tab.denials = 0;
        if (isDue(tab)) start();
      },
      choked(peer) {
        const tab = tabs.get(peer);
        if (!tab || tab.isGivenUp) return;
        tab.isChoked = true;
        start();
      },
      distrust(peer) {
        const tab = tabs.get(peer);
        // What it delivered before is worked for; it will deliver no more.
        if (tab) tab.isChoked = false;
      },
      async finish() {
        isFinished = true;
        start();
        while (working) await working;
      },
    };
  }

  return { purchase, terms: askFor };
}
