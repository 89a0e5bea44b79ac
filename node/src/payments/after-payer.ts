/**
 * A purchase that is paid after the fact: nothing is opened, signed or asked for while it runs. It takes what each seller gives
 * before it is paid, and no more; what was verified is owed, and paid by whoever settles the bill (`direct.ts`). A buyer risks
 * nothing, a seller the allowance that it chose. State: the sellers of this purchase.
 */
import { CHUNK_BYTES } from '@chiral/protocol/content';
import { AppError, isAppError } from '@chiral/protocol/errors';
import type { Deployment } from '@chiral/protocol/typed-data';
import type { Log } from '../log.ts';
import type { Offer, PayTransport, PeerKey, PeerLedger, PricingPolicy } from '../ports.ts';
import type { Payer } from './payer.ts';
import { askTerms, type TermsAnswer } from './terms.ts';

interface Tab {
  readonly offer: Offer;
  readonly isFree: boolean;
  /** What the seller gives from here on before it is paid, bytes, as it said last. */
  roomBytes: number;
  /** Received from it when it said so, bytes. */
  seenBytes: number;
  isSpent: boolean;
  asking: Promise<void> | undefined;
}

export function createAfterPayer(options: {
  ledger: PeerLedger;
  transport: PayTransport;
  pricing: PricingPolicy;
  deployment: Deployment;
  onSession(peer: PeerKey, token: string): void;
  onRoom(peer: PeerKey): void;
  log: Log;
}): Payer {
  const { ledger, transport, pricing, deployment, onSession, onRoom, log } = options;
  const receivedBytes = (peer: PeerKey) => ledger.totals(peer, 'in').deliveredBytes;
  const terms = (offer: Offer) => askTerms({ transport, pricing, deployment }, offer);

  return {
    terms,
    purchase({ onBlocked = () => {} }) {
      const tabs = new Map<PeerKey, Tab>();

      async function hear(offer: Offer, asked: Promise<TermsAnswer>): Promise<Tab> {
        const peer = offer.peerId;
        const seenBytes = receivedBytes(peer);
        const answer = await asked;
        ledger.agree(peer, 'in', offer.cid, answer);
        onSession(peer, answer.token);
        const isFree = answer.weiPerMiB === 0n;
        return { offer, isFree, roomBytes: answer.standing.roomBytes, seenBytes, isSpent: false, asking: undefined };
      }

      function spent(peer: PeerKey, tab: Tab): void {
        if (tab.isSpent) return;
        tab.isSpent = true;
        onBlocked(peer, new AppError('CHOKED', 'This seller gives no more before it is paid for what it gave.'));
      }

      /** Bytes that may still come, those asked for left out. */
      const leftBytes = (peer: PeerKey, tab: Tab) => tab.roomBytes - (receivedBytes(peer) - tab.seenBytes);

      return {
        async join(offer, asked) {
          if (tabs.has(offer.peerId)) return;
          tabs.set(offer.peerId, await hear(offer, asked ?? terms(offer)));
        },
        gathered() {},
        affords(peer, bytes, pending) {
          const tab = tabs.get(peer);
          if (!tab || tab.isFree) return true;
          const left = leftBytes(peer, tab);
          if (left < CHUNK_BYTES) spent(peer, tab);
          return pending() + bytes <= left;
        },
        poke() {},
        choked(peer) {
          const tab = tabs.get(peer);
          if (!tab || tab.isSpent) return;
          // Bytes that were lost on the way count for the seller: its own figures say whether there is room.
          tab.asking ??= hear(tab.offer, terms(tab.offer))
            .then(({ roomBytes, seenBytes }) => {
              Object.assign(tab, { roomBytes, seenBytes });
              if (leftBytes(peer, tab) < CHUNK_BYTES) spent(peer, tab);
              else onRoom(peer);
            })
            .catch((error: unknown) => {
              if (!isAppError(error)) throw error;
              log.warn({ peer, code: error.code }, `a closed gate: ${error.message}`);
            })
            .finally(() => {
              tab.asking = undefined;
            });
        },
        distrust() {},
        async finish() {},
      };
    },
  };
}
