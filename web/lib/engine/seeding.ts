/**
 * Selling from the tab: the node's own shop, payee and uplink over what this browser holds. An offer is signed by the user's
 * wallet, one confirmation a file and a day, and kept, so that a reload asks nothing. Files go to other peers over the private
 * protocol, by WebRTC between tabs and over the open connection to a node.
 *
 * Owns the table `page_offer`. State: the shop of the wallet that sells.
 */
import type { Ledger } from '@chiral/node/accounting/ledger';
import type { Sessions } from '@chiral/node/accounting/sessions';
import type { Log } from '@chiral/node/log';
import type { ChannelBook } from '@chiral/node/payments/channel-book';
import type { SettlementContract } from '@chiral/node/payments/contract';
import type { DirectDesk } from '@chiral/node/payments/direct';
import { createPayee } from '@chiral/node/payments/payee';
import type { ChannelRail } from '@chiral/node/payments/rail';
import type { Directory, LocalOffers, PayHandler, PricingPolicy, ProtocolAdapter } from '@chiral/node/ports';
import { createShop, type Shop } from '@chiral/node/sell';
import type { Database } from '@chiral/node/sql';
import { createUplink } from '@chiral/node/transfer/uplink';
import { AppError, isAppError } from '@chiral/protocol/errors';
import { encodePayAnswer } from '@chiral/protocol/messages';
import { checkOffer, encodeOffer, OFFER, type Offer, type SignedOffer } from '@chiral/protocol/offer';
import { type Deployment, domainOf } from '@chiral/protocol/typed-data';
import { getAddress, TypedDataEncoder } from 'ethers';
import type { PageShelf } from './shelf.ts';
import type { WalletSender } from './wallet-sender.ts';

/** Life of an offer from a tab, seconds: a day, the longest there is, since each costs the user a confirmation. */
const OFFER_SECONDS = 86_400;

const MIGRATIONS = [
  'CREATE TABLE page_offer (cid TEXT PRIMARY KEY, wallet TEXT NOT NULL, wei_per_mib TEXT NOT NULL, offer TEXT NOT NULL) STRICT;',
];

export interface Seeding {
  readonly local: LocalOffers;
  readonly answerPay: PayHandler;
  priceOf(cid: string): bigint;
  /** @throws CANCELLED the user declined to sign */
  offer(cid: string, weiPerMiB: bigint): Promise<void>;
  withdraw(cid: string): Promise<void>;
  offered(): readonly { cid: string; weiPerMiB: bigint; protocols: readonly string[] }[];
  /** Offers again what was offered before a reload. */
  resume(): Promise<void>;
  close(): Promise<void>;
}

export function createSeeding(options: {
  db: Database;
  shelf: PageShelf;
  adapters: readonly ProtocolAdapter[];
  directory: () => Directory;
  ledger: () => Ledger;
  pricing: PricingPolicy;
  book: () => ChannelBook;
  rail: () => ChannelRail;
  contract: () => SettlementContract;
  /** Counts payments to `receiver` that came without a channel. */
  desk: (receiver: string) => DirectDesk;
  sessions: Sessions;
  sender: WalletSender;
  deployment: Deployment;
  peerId: string;
  log: Log;
}): Seeding {
  const { db, shelf, adapters, directory, sessions, sender, deployment, peerId, log } = options;
  db.migrate('page-offers', MIGRATIONS);
  const load = db.connection.prepare('SELECT * FROM page_offer');
  const save = db.connection.prepare(
    'INSERT OR REPLACE INTO page_offer (cid, wallet, wei_per_mib, offer) VALUES (?, ?, ?, ?)',
  );
  const forget = db.connection.prepare('DELETE FROM page_offer WHERE cid = ?');
  const signed = new Map<string, Promise<SignedOffer>>();
  let selling: { wallet: string; shop: Shop; answer: PayHandler } | undefined;
  /** The one content that the user is being asked about. */
  let asking: string | undefined;

  /** Asks the wallet once; whoever else wants the offer meanwhile waits for the same answer. */
  function sign(offer: Offer): Promise<SignedOffer> {
    const known = signed.get(offer.cid);
    if (known) return known;
    if (asking !== offer.cid)
      return Promise.reject(new AppError('NOT_FOUND', 'This offer has run out.', { cid: offer.cid }));
    const made = signByWallet(offer);
    signed.set(offer.cid, made);
    made.catch(() => signed.delete(offer.cid));
    return made;
  }

  async function signByWallet(offer: Offer): Promise<SignedOffer> {
    const payload = TypedDataEncoder.getPayload(domainOf(OFFER, deployment), OFFER.types, offer);
    // A number, as wallets document it: some leave a chain id that is text out of what they sign.
    payload.domain.chainId = deployment.chainId;
    const signature = await sender.signTypedData(JSON.stringify(payload));
    const made = checkOffer(
      { offer: { ...offer, weiPerMiB: `${offer.weiPerMiB}` }, signature },
      { cid: offer.cid, peerId, nowSeconds: Math.floor(Date.now() / 1000), deployment },
    );
    save.run(offer.cid, offer.wallet, `${offer.weiPerMiB}`, encodeOffer(made));
    return made;
  }

  function shopOf(wallet: string): Shop {
    if (selling?.wallet === wallet) return selling.shop;
    if (selling && selling.shop.listings().length > 0)
      throw new AppError('CONFLICT', 'Files of another account are on offer from this tab; withdraw them first.', {
        wallet: selling.wallet,
      });
    const ledger = options.ledger();
    const shop = createShop({
      db,
      stock: {
        has: shelf.has,
        get: shelf.get,
        put: shelf.put,
        list: () => shelf.list().map(({ content, record }) => ({ ...content, name: record.name, mime: record.mime })),
        find(cid) {
          const file = shelf.find(cid);
          if (!file) return undefined;
          const { name, mime, addedAtMs } = file.record;
          return { ...file.content, name, mime, addedAtMs };
        },
      },
      uplink: () => createUplink({ store: shelf, gate: ledger }),
      adapters,
      directory,
      sign,
      wallet,
      peerId,
      defaultWeiPerMiB: 0n,
      offerSeconds: OFFER_SECONDS,
      renewSeconds: OFFER_SECONDS,
      log,
    });
    const answer = createPayee({
      book: options.book(),
      rail: options.rail(),
      contract: options.contract(),
      ledger,
      pricing: options.pricing,
      sessions,
      deployment,
      receiver: wallet,
      offers: shop.offers,
      onAuthorized: () => {},
      desk: options.desk(wallet),
      log,
    });
    selling = { wallet, shop, answer };
    return shop;
  }

  return {
    local: {
      async offer(cid) {
        try {
          return await selling?.shop.offer(cid);
        } catch (error) {
          if (isAppError(error)) return undefined;
          throw error;
        }
      },
      content: (cid) => selling?.shop.content(cid),
    },
    async answerPay(peer, message) {
      if (selling) return selling.answer(peer, message);
      return encodePayAnswer({ type: 'refused', code: 'NOT_FOUND', message: 'Nothing is on offer here.' });
    },
    priceOf: (cid) => selling?.shop.priceOf(cid) ?? 0n,
    async offer(cid, weiPerMiB) {
      const shop = shopOf(sender.address);
      signed.delete(cid);
      asking = cid;
      try {
        await shop.list(cid, { weiPerMiB, protocols: adapters.map(({ protocol }) => protocol) });
        await shop.offer(cid);
      } catch (error) {
        if (shop.offers(cid)) await shop.unlist(cid);
        throw error;
      } finally {
        asking = undefined;
      }
    },
    async withdraw(cid) {
      forget.run(cid);
      signed.delete(cid);
      if (!selling?.shop.offers(cid)) throw new AppError('NOT_FOUND', 'This content is not on offer here.', { cid });
      await selling.shop.unlist(cid);
    },
    offered: () => selling?.shop.listings() ?? [],
    async resume() {
      const nowSeconds = Math.floor(Date.now() / 1000);
      for (const row of load.all()) {
        const cid = String(row.cid);
        try {
          const wallet = getAddress(String(row.wallet));
          const offer = checkOffer(JSON.parse(String(row.offer)), { cid, peerId, nowSeconds, deployment });
          if (!shelf.find(cid)?.record.isComplete) throw new AppError('NOT_FOUND', 'The file is gone.');
          signed.set(cid, Promise.resolve(offer));
          await shopOf(wallet).list(cid, { weiPerMiB: offer.offer.weiPerMiB });
        } catch (error) {
          if (!isAppError(error)) throw error;
          // Run out, or for another chain: the user may share the file again.
          signed.delete(cid);
          forget.run(cid);
        }
      }
    },
    close: async () => selling?.shop.close(),
  };
}
