/**
 * The engine: peer, store and payer in one tab, put together from the same rooms as the node (`@chiral/node`) and from what a
 * browser lends them: WebSocket and WebRTC to find and fetch, the origin's private file system to keep, a wallet to pay.
 * The page never holds the wallet's key; vouchers are signed by a session key of the page on channels that the wallet opened.
 * One tab of an origin runs it at a time. State: the downloads of this tab; everything that must outlive it is in the books.
 *
 * Long because it is the one place where the rooms meet in a page, as node.ts is in the daemon.
 */
import './no-eval.ts';
import { createLedger } from '@chiral/node/accounting/ledger';
import { createPricing, PRESETS } from '@chiral/node/accounting/policy';
import { createCredentials, createSessions } from '@chiral/node/accounting/sessions';
import { type BuyerParts, buy, parseTarget } from '@chiral/node/buy';
import { createChainClient } from '@chiral/node/chain/client';
import { createDirectory } from '@chiral/node/discovery/directory';
import { createRequestProtocol } from '@chiral/node/discovery/request-protocol';
import { createAfterPayer } from '@chiral/node/payments/after-payer';
import { createChannelBook } from '@chiral/node/payments/channel-book';
import { createSettlementContract, type SettlementContract } from '@chiral/node/payments/contract';
import { createDirectDesk, createDirectPayer, recount } from '@chiral/node/payments/direct';
import { createDirectBook } from '@chiral/node/payments/direct-book';
import { createOpener } from '@chiral/node/payments/opener';
import { createPayer } from '@chiral/node/payments/payer';
import { createChannelRail } from '@chiral/node/payments/rail';
import { createWorkPayer } from '@chiral/node/payments/work-payer';
import type { Directory, Offer, PeerKey, ProtocolAdapter, ProtocolName } from '@chiral/node/ports';
import { createLibp2pAdapter } from '@chiral/node/transfer/adapters/libp2p/adapter';
import type { Transfer } from '@chiral/node/transfer/scheduler';
import type { FileRow, GetEvent } from '@chiral/protocol/api';
import { aliasCid, CHUNK_BYTES, type Content, chunkCount } from '@chiral/protocol/content';
import { AppError, isAppError, toProblem } from '@chiral/protocol/errors';
import { MAX_MESSAGE_BYTES } from '@chiral/protocol/messages';
import { BATCH_SETTLEMENT_ADDRESS, costWei } from '@chiral/protocol/payment';
import { BrowserProvider, getAddress } from 'ethers';
import { createPageCatalogue } from './catalogue.ts';
import { createChainReads } from './chain-reads.ts';
import { ensureContact } from './contact.ts';
import { openPageDatabase } from './database.ts';
import { createDues } from './dues.ts';
import { packFolder, readFolder, shareFolder } from './folders.ts';
import { createPageHttpAdapter } from './http-adapter.ts';
import { openIdentity } from './identity.ts';
import { createLive, type Live } from './live.ts';
import { createPageLog } from './log.ts';
import { startPageHost, toMultiaddrs } from './page-host.ts';
import { createMisdeeds } from './reputation.ts';
import { withRouting } from './routing.ts';
import { keyFromText, keyToText, newKey, openSecret, SECRET_MIME, type Secret } from './secret.ts';
import { createSeeding, type Seeding } from './seeding.ts';
import { type HeldFile, heldBytesOf, openShelf } from './shelf.ts';
import { openStream, streamUrl, typeOf } from './stream.ts';
import { createTabTransport } from './tab-transport.ts';
import type {
  ChannelSnapshot,
  CreateEngine,
  Due,
  Engine,
  EngineOptions,
  EngineSnapshot,
  FoundOffer,
  MoneySnapshot,
  TransferState,
} from './types.ts';
import { createWalletSender } from './wallet-sender.ts';
import { createPageWebTorrentAdapter } from './webtorrent-adapter.ts';
import { createWithdrawals } from './withdrawals.ts';
import { createTabSearcher } from './work-searcher.ts';

const CHAIN_ID = 98765;
const PAY_PROTOCOL = '/chiral/pay/1.0.0';
const PAY_TIMEOUT_MS = 15_000;
const LOCK = 'chiral-engine';
/** Sellers of one download that answer within this time share one confirmation, milliseconds. */
const OPEN_BATCH_MS = 1_000;
/** At most this often the pages hear of a change, milliseconds. */
const NOTIFY_MS = 100;

/** Running downloads, and what their confirmation came to. */
interface Running {
  /** What was asked for: a CID, or the alias of a file's SHA-256. */
  readonly name: string;
  live: Live | undefined;
  transfer: Transfer | undefined;
  /** One confirmation each: a seller that comes later is used as far as it gives for nothing. */
  mayConfirm: boolean;
  readonly stop: AbortController;
  ended: AppError | undefined;
}

export const createEngine: CreateEngine = async (options, wait) => {
  const lacks = missingPowers();
  if (lacks.length > 0)
    throw new AppError('UNSUPPORTED', `This browser or address lacks ${lacks.join(', ')}; open the page over https.`, {
      lacks,
    });
  const release = await takeLock(wait);
  try {
    return await build(options, release);
  } catch (error) {
    release();
    throw error;
  }
};

function missingPowers(): string[] {
  return [
    globalThis.isSecureContext && crypto.subtle ? '' : 'a secure context',
    'storage' in navigator && 'getDirectory' in navigator.storage ? '' : 'a private file system',
    'locks' in navigator ? '' : 'locks',
    typeof RTCPeerConnection === 'undefined' ? 'WebRTC' : '',
  ].filter((power) => power !== '');
}

/** @returns gives it back @throws CONFLICT another tab has it, unless it is waited for */
function takeLock(wait: AbortSignal | undefined): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const hold = (lock: Lock | null) =>
      new Promise<void>((release) => {
        if (lock) resolve(release);
        else {
          reject(new AppError('CONFLICT', 'Chiral is open in another tab of this browser.'));
          release();
        }
      });
    const asked = wait
      ? navigator.locks.request(LOCK, { signal: wait }, hold)
      : navigator.locks.request(LOCK, { ifAvailable: true }, hold);
    asked.catch((cause: unknown) =>
      reject(new AppError('CANCELLED', 'Nobody waits for the engine any more.', {}, { cause })),
    );
  });
}

async function build(options: EngineOptions, release: () => void): Promise<Engine> {
  const { chainId = CHAIN_ID, contract: contractAddress = BATCH_SETTLEMENT_ADDRESS } = options;
  const deployment = { chainId, contract: contractAddress };
  const log = createPageLog();
  const credit = PRESETS.balanced;
  const closers: (() => unknown)[] = [release];
  const running = new Set<Running>();
  const downloads = new Map<string, { live: Live; state: TransferState }>();
  let opening = 0;
  const listeners = new Set<() => void>();
  let snapshot: EngineSnapshot | undefined;
  let notifying: ReturnType<typeof setTimeout> | undefined;

  const changed = () => {
    snapshot = undefined;
    notifying ??= setTimeout(() => {
      notifying = undefined;
      for (const listener of listeners) listener();
    }, NOTIFY_MS);
  };

  const closeAll = async () => {
    clearTimeout(notifying);
    for (const close of closers.splice(0).reverse()) {
      try {
        await close();
      } catch (error) {
        // Whatever a room has to say when it closes, the rooms after it close, and the lock is given back.
        log.warn({ error: String(error) }, 'closing');
      }
    }
  };

  try {
    // ---- what is kept
    const db = await openPageDatabase();
    closers.push(() => db.close());
    const identity = await openIdentity(db);
    const shelf = await openShelf(changed);
    closers.push(() => shelf.close());
    const stream = await openStream(shelf, (cid, chunk) => {
      for (const { live, transfer } of running) if (live?.cid === cid) transfer?.seek(chunk);
    });
    closers.push(() => stream.close());

    // ---- the network
    const bootstrap = await toMultiaddrs(options.bootstrap, location.protocol === 'https:');
    const host = await startPageHost({ privateKey: identity.peer, bootstrap, tabs: createTabTransport(), log });
    closers.push(() => host.stop());
    closers.push(host.onDhtPeer(changed));
    const credentials = createCredentials();
    const directory = await createDirectory({
      host,
      local: { offer: (cid) => seeding.local.offer(cid), content: (cid) => seeding.local.content(cid) },
      deployment,
      log,
    });
    closers.push(() => directory.close());
    const searched = withRouting(directory, { host, nodes: options.bootstrap, deployment });
    const libp2p = await createLibp2pAdapter({ host });
    closers.push(() => libp2p.close());
    const webtorrent = createPageWebTorrentAdapter({ peerId: host.peerId, sign: host.sign }, log);
    closers.push(() => webtorrent.close());
    const adapters: ProtocolAdapter[] = [createPageHttpAdapter(credentials), libp2p, webtorrent];
    const payments = createRequestProtocol(host, PAY_PROTOCOL, {
      maxBytes: MAX_MESSAGE_BYTES,
      timeoutMs: PAY_TIMEOUT_MS,
    });
    closers.push(() => payments.close());

    // ---- the money
    const sender = createWalletSender({ chainId, onConfirming: changed });
    sender.set(options.wallet);
    const catalogue = createPageCatalogue({ db, host, sender, deployment, log });
    closers.push(() => catalogue.close());
    const pricing = createPricing({ credit, priceOf: (cid) => seeding.priceOf(cid) });
    const ledger = createLedger({ db, pricing, credit: () => credit });
    closers.push(() => ledger.close());
    // A page that is left writes down what it got; the browser gives it this one moment.
    const onHide = () => ledger.flush();
    addEventListener('pagehide', onHide);
    closers.push(() => removeEventListener('pagehide', onHide));
    const provider = options.rpcUrl
      ? createChainReads(options.rpcUrl, chainId, () => sender.current)
      : new BrowserProvider(
          toEip1193(() => sender.current),
          chainId,
        );
    const chain = createChainClient({
      rpcUrl: options.rpcUrl ?? '',
      chainId,
      sender,
      provider,
    });
    closers.push(() => chain.close());
    const contract = createSettlementContract(chain, contractAddress);
    const book = createChannelBook(db);
    const keys = { wallet: sender, session: identity.session, sessionAddress: identity.sessionAddress };
    const direct = createDirectBook(db);
    const rail = createChannelRail({ book, contract, keys, deployment, direct });
    recount({ book, direct, rail, ledger });
    const seeding: Seeding = createSeeding({
      db,
      shelf,
      adapters: [libp2p],
      directory: () => directory,
      ledger: () => ledger,
      pricing,
      book: () => book,
      rail: () => rail,
      contract: () => contract,
      desk: (receiver) => createDirectDesk({ direct, rail, ledger, chain, deployment, receiver, log }),
      sessions: createSessions(),
      sender,
      deployment,
      peerId: host.peerId,
      log,
    });
    closers.push(() => seeding.close());
    await payments.handle((peer, message) => seeding.answerPay(peer, message).finally(changed));
    await seeding.resume();
    const rooms = new Set<(peer: PeerKey) => void>();
    const onSession = (peer: PeerKey, token: string) => credentials.set(peer, token);
    const onRoom = (peer: PeerKey) => {
      for (const listener of rooms) listener(peer);
    };
    const searcher = createTabSearcher();
    closers.push(() => searcher.close());
    const payer = createPayer({
      rail,
      opener: createOpener({ book, contract: confirmedOnce(contract), keys, deployment, batchMs: OPEN_BATCH_MS }),
      ledger,
      transport: payments,
      pricing,
      keys,
      deployment,
      policy: () => credit,
      onSession,
      onRoom,
      log,
    });

    const dues = createDues(db, ledger);
    const paying = new Set<string>();
    const directPayer = createDirectPayer({
      ...{ direct, rail, ledger, chain, keys, transport: payments, deployment, selfPeerId: host.peerId, onRoom, log },
    });
    const ending = new AbortController();
    closers.push(() => ending.abort());
    /** What a reload cut short: payments that are on the chain by now, and sellers that have not heard of them. */
    void (async () => {
      if (direct.bills().length > 0)
        for (const { about, parts } of await directPayer.recover()) dues.paid(about, parts);
      if (direct.untold().length === 0) return;
      await ensureContact(host, options.bootstrap, ending.signal);
      await directPayer.tell();
    })()
      .catch((error: unknown) => {
        if (!isAppError(error)) throw error;
        log.warn({ code: error.code }, `payments under way: ${error.message}`);
      })
      .finally(changed);

    /** One confirmation for each download; what the wallet says no to ends those that wanted it. */
    function confirmedOnce(inner: SettlementContract): SettlementContract {
      return {
        ...inner,
        async openMany(rows) {
          const receivers = new Set(rows.map(({ config }) => config.receiver));
          const asking = [...running].filter(({ live }) =>
            [...(live?.sellers.values() ?? [])].some(({ wallet }) => receivers.has(wallet)),
          );
          if (!asking.some(({ mayConfirm }) => mayConfirm))
            throw new AppError('CHOKED', 'This seller came after the confirmation; going on asks for another.');
          for (const one of asking) one.mayConfirm = false;
          opening++;
          changed();
          try {
            return await inner.openMany(rows);
          } catch (error) {
            if (isAppError(error)) {
              for (const one of asking) {
                if (!isAppError(error, 'CANCELLED') && hasRoom(one.live)) continue;
                one.ended ??= error;
                one.stop.abort();
              }
            }
            throw error;
          } finally {
            opening--;
            changed();
          }
        },
      };
    }

    const hasRoom = (live: Live | undefined) =>
      [...(live?.sellers.keys() ?? [])].some((peer) =>
        book.of('payer', peer).some(({ closing, balanceWei, cumulativeWei }) => !closing && balanceWei > cumulativeWei),
      );

    async function refresh(): Promise<void> {
      for (const [role, direction] of [
        ['payer', 'in'],
        ['payee', 'out'],
      ] as const) {
        for (const channel of book.all(role)) await rail.refresh(channel);
        for (const [peer, wei] of rail.settled(role)) ledger.settle(peer, direction, wei);
      }
      changed();
    }

    const misdeeds = createMisdeeds(db);
    const secrets = new Map<string, Secret>();

    /** The file as the user means it: what is inside, where that is known. It goes through memory piece by piece. */
    async function readable(cid: string): Promise<File> {
      const file = await shelf.file(cid);
      const secret = secrets.get(cid);
      if (!secret) return file;
      const { signal } = new AbortController();
      let at = 0;
      const pieces = new ReadableStream<Uint8Array<ArrayBuffer>>({
        async pull(controller) {
          const end = Math.min(secret.size, at + CHUNK_BYTES);
          if (at < end) controller.enqueue(await secret.read(at, end, signal));
          at = end;
          if (at === secret.size) controller.close();
        },
      });
      const type = typeOf(secret.mime, secret.name);
      return new File([await new Response(pieces).blob()], secret.name, { type });
    }

    const completeAs = (name: string): HeldFile | undefined =>
      shelf
        .list()
        .find(({ record, content }) => record.isComplete && (record.cid === name || aliasCid(content.sha256) === name));

    async function get(
      { target, maxWei, protocols, peers, work, aheadBytes, isUnasked = false, after }: Parameters<Engine['get']>[0],
      emit: (event: GetEvent) => void,
      signal: AbortSignal,
    ): Promise<void> {
      const name = parseTarget(target);
      const here = completeAs(name);
      if (here) {
        const { cid, size } = here.record;
        emit({ event: 'progress', bytes: size, total: size, bytesPerSecond: 0, sources: 0, costWei: '0' });
        const done = { cid, path: `opfs:${cid}`, bytes: size, seconds: 0, sellers: [] };
        emit({ event: 'complete', ...done });
        emit({ event: 'done', ...done });
        return;
      }
      const own: Running = {
        name,
        live: undefined,
        transfer: undefined,
        mayConfirm: !isUnasked,
        stop: new AbortController(),
        ended: undefined,
      };
      if ([...running].some((one) => one.name === name || (one.live && isSame(one.live.cid, name))))
        throw new AppError('CONFLICT', 'This content is being downloaded already.');
      let wasHere = false;
      let entry: { live: Live; state: TransferState } | undefined;

      /** The first content that an offer proves is this download. */
      const began = (offer: Offer, content: Content) => {
        if (own.live) return;
        wasHere = shelf.find(content.cid) !== undefined;
        shelf.describe(content.cid, offer.name, offer.mime);
        const { name, mime } = offer;
        own.live = createLive({ content, name, mime, maxWei, isHeld: (chunk) => shelf.has(content.cid, chunk) });
        entry = { live: own.live, state: 'downloading' };
        downloads.set(content.cid, entry);
        changed();
      };
      const watched: Directory = {
        provide: directory.provide,
        findOffers: searched.findOffers,
        async resolve(offer, abort) {
          const content = await directory.resolve(offer, abort);
          began(offer, content);
          return content;
        },
      };
      const hear = (event: GetEvent) => {
        own.live?.onEvent(event);
        if (event.event === 'offer' && after && own.live) {
          const { cid, root } = own.live;
          dues.join({ cid, root, peer: event.peer, wallet: getAddress(event.wallet) });
        }
        if (event.event === 'complete') finish('complete');
        changed();
        emit(event);
      };
      const working = () =>
        createWorkPayer({
          ...{ ledger, transport: payments, pricing, deployment, searcher, onSession, onRoom, log },
          toleranceBytes: credit.toleranceBytes,
          signal: AbortSignal.any([signal, own.stop.signal]),
          onWork: (progress) => hear({ event: 'work', ...progress, earnedWei: `${progress.earnedWei}` }),
        });
      const owing = () =>
        createAfterPayer({ ledger, transport: payments, pricing, deployment, onSession, onRoom, log });
      const parts: BuyerParts = {
        library: shelf,
        directory: watched,
        adapters,
        ledger,
        payer: work ? working() : after ? owing() : payer,
        selfPeerId: host.peerId,
        destination: async (name) => name,
        onRoom: (listener) => {
          rooms.add(listener);
          return () => void rooms.delete(listener);
        },
        watch(transfer, event) {
          own.transfer = transfer;
          own.live?.onTransfer(event);
          if (event.type === 'banned') misdeeds.note(event.peer);
          changed();
        },
        log,
      };
      const finish = (state: TransferState, problem?: AppError) => {
        if (!entry) return;
        entry.state = state;
        if (problem) entry.live.problem = toProblem(problem);
      };
      running.add(own);
      try {
        await ensureContact(host, options.bootstrap, AbortSignal.any([signal, own.stop.signal]));
        const bought = await buy(
          parts,
          {
            target,
            ...(maxWei !== undefined && { maxWei }),
            ...(protocols && { protocols }),
            ...(peers && { peers }),
            ...(aheadBytes !== undefined && { aheadBytes }),
          },
          hear,
          AbortSignal.any([signal, own.stop.signal]),
        );
        finish(dues.rows(bought.cid).length > 0 ? 'verified' : 'done');
        emit({ event: 'done', ...bought });
      } catch (error) {
        const failure = own.ended && isAppError(error, 'CANCELLED') ? own.ended : error;
        const isPause = signal.aborted && !own.ended;
        finish(isPause ? 'paused' : 'failed', isAppError(failure) && !isPause ? failure : undefined);
        // What is not what its name says is paid to nobody.
        if (isAppError(failure, 'CONTENT_INVALID') && own.live) dues.forget(own.live.cid);
        if (isAppError(own.ended, 'CANCELLED') && own.live && !wasHere) {
          // Who says no in the wallet finds everything as it was.
          downloads.delete(own.live.cid);
          if (shelf.find(own.live.cid)) await shelf.remove(own.live.cid);
        }
        throw failure;
      } finally {
        running.delete(own);
        changed();
      }
    }

    const isSame = (cid: string, name: string) => {
      const file = shelf.find(cid);
      return cid === name || (file !== undefined && aliasCid(file.content.sha256) === name);
    };

    async function search(target: string, onOffer: (offer: FoundOffer) => void, signal: AbortSignal): Promise<void> {
      const startedMs = performance.now();
      const name = parseTarget(target);
      await ensureContact(host, options.bootstrap, signal);
      const speaks = new Set(adapters.map(({ protocol }) => protocol));
      for await (const { offer } of searched.findOffers(name, signal)) {
        const { cid, peerId: peer, wallet, weiPerMiB, endpoints, name, mime, size, chunks } = offer;
        const protocols = [...new Set(endpoints.map(({ protocol }) => protocol))];
        onOffer({
          cid,
          peer,
          wallet,
          weiPerMiB,
          protocols,
          usable: protocols.filter((protocol) => speaks.has(protocol)),
          name,
          mime,
          size,
          heldChunks: chunks.reduce((sum, { count }) => sum + count, 0),
          totalChunks: chunkCount(size),
          totalWei: costWei(size, weiPerMiB),
          answeredMs: Math.round(performance.now() - startedMs),
          known: { bytes: ledger.totals(peer, 'in').deliveredBytes, badChunks: misdeeds.badChunks(peer) },
        });
      }
    }

    const toFileRow = (file: HeldFile): FileRow => {
      const { cid, name, mime, size, sha256, isComplete } = file.record;
      const offer = seeding.offered().find((row) => row.cid === cid);
      return {
        cid,
        name,
        mime,
        size,
        sha256,
        path: `opfs:${cid}`,
        complete: isComplete,
        heldChunks: file.heldChunks,
        totalChunks: chunkCount(size),
        ...(catalogue.about(cid) !== undefined && { listed: catalogue.about(cid)! }),
        ...(offer && { offer: { weiPerMiB: `${offer.weiPerMiB}`, protocols: [...offer.protocols] } }),
      };
    };

    const toChannel = (channel: ReturnType<typeof book.all>[number]): ChannelSnapshot => {
      const { id, role, peer, config, balanceWei, cumulativeWei, settledWei, closing } = channel;
      const withdrawableAtMs = withdrawals.readyAtMs(id);
      return {
        id,
        role,
        peer,
        receiver: config.receiver,
        payer: config.payer,
        balanceWei,
        promisedWei: cumulativeWei,
        settledWei,
        closing,
        ...(closing && withdrawableAtMs !== undefined && { withdrawableAtMs }),
      };
    };
    const withdrawals = createWithdrawals(db);

    const money = (): MoneySnapshot => {
      const sums = { owedWei: 0n, authorizedWei: 0n, settledWei: 0n, workedWei: 0n, worstCaseWei: 0n };
      const earned = { earnedWei: 0n, receivableWei: 0n, claimedWei: 0n };
      for (const peer of ledger.peers()) {
        const { toPromiseWei, authorizedWei, settledWei, workedWei } = ledger.totals(peer, 'in');
        if (authorizedWei > toPromiseWei) sums.worstCaseWei += authorizedWei - toPromiseWei;
        else sums.owedWei += toPromiseWei - authorizedWei;
        sums.authorizedWei += authorizedWei;
        sums.workedWei += workedWei;
        sums.settledWei += settledWei;
        const sold = ledger.totals(peer, 'out');
        earned.earnedWei += sold.deliveredWei;
        earned.receivableWei += sold.authorizedWei - sold.settledWei;
        earned.claimedWei += sold.settledWei;
      }
      const lockedWei = book
        .all('payer')
        .reduce((sum, { balanceWei, cumulativeWei }) => sum + balanceWei - cumulativeWei, 0n);
      return { ...sums, ...earned, lockedWei };
    };

    const stateOf = (live: Live, state: TransferState): TransferState => {
      if (state !== 'downloading') return state;
      const isOpening = opening > 0 && [...running].some((one) => one.live === live && !one.mayConfirm);
      if (!isOpening) return state;
      return sender.isConfirming ? 'confirming' : 'opening';
    };

    const dueOf = (cid: string): Due => {
      const rows = dues.rows(cid);
      return {
        cid,
        wei: rows.reduce((sum, { wei }) => sum + wei, 0n),
        sellers: rows.map(({ peer, payee, wei }) => ({ peer, wallet: payee, wei })),
        isPaying: paying.has(cid),
      };
    };

    /** By which protocol a seller delivered most in this download. */
    function protocolOf(cid: string, peer: PeerKey) {
      const bytes = Object.entries(downloads.get(cid)?.live.sellers.get(peer)?.bytes ?? {});
      return bytes.sort(([, a], [, b]) => b - a)[0]?.[0] as ProtocolName | undefined;
    }

    async function pay(cid: string): Promise<{ transaction: string; wei: bigint }> {
      if (paying.has(cid)) throw new AppError('CONFLICT', 'This is being paid already.', { cid });
      paying.add(cid);
      changed();
      try {
        const root = dues.root(cid);
        const rows = dues.rows(cid, (peer) => protocolOf(cid, peer));
        if (!root || rows.length === 0) throw new AppError('NOT_FOUND', 'Nothing is due for this file.', { cid });
        const { transaction, parts } = await directPayer.pay(root, rows);
        dues.paid(root, parts);
        const entry = downloads.get(cid);
        if (entry?.state === 'verified' && dues.rows(cid).length === 0) entry.state = 'done';
        void directPayer.tell().finally(changed);
        return { transaction, wei: parts.reduce((sum, { wei }) => sum + wei, 0n) };
      } finally {
        paying.delete(cid);
        changed();
      }
    }

    const transportOf = (addresses: string): 'ws' | 'webrtc-direct' | 'other' =>
      addresses.includes('/p2p-circuit')
        ? 'other'
        : addresses.includes('/webrtc-direct')
          ? 'webrtc-direct'
          : addresses.includes('/ws')
            ? 'ws'
            : 'other';

    const engine: Engine = {
      snapshot() {
        snapshot ??= {
          transfers: [...downloads.values()].map(({ live, state }) =>
            live.snapshot(shelf.find(live.cid), ledger, stateOf(live, state)),
          ),
          money: money(),
          sales: ledger
            .lines()
            .filter(({ direction, bytes }) => direction === 'out' && bytes > 0)
            // A tab sells over the private protocol alone.
            .map(({ peer, cid, bytes, weiPerMiB }) => ({
              cid,
              peer,
              protocol: libp2p.protocol,
              bytes,
              wei: costWei(bytes, weiPerMiB),
            })),
          channels: [...book.all('payer'), ...book.all('payee')].map(toChannel),
          network: {
            peerId: host.peerId,
            peers: host.connections().map(({ peer, address }) => ({ peer, transport: transportOf(address) })),
            dhtPeers: host.dhtPeerCount(),
          },
          files: shelf.list().map(toFileRow),
          dues: dues
            .cids()
            .map(dueOf)
            .filter(({ wei }) => wei > 0n),
          wallet: sender.current?.address,
        };
        return snapshot;
      },
      subscribe(listener) {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
      setWallet(wallet) {
        sender.set(wallet);
        changed();
      },
      search,
      async browse(words, signal) {
        await ensureContact(host, options.bootstrap, signal);
        return catalogue.browse(words, signal);
      },
      get,
      pay,
      unfinished: () =>
        shelf
          .list()
          .filter(({ record }) => !record.isComplete)
          .map((file) => ({
            cid: file.record.cid,
            name: file.record.name,
            size: file.record.size,
            heldBytes: heldBytesOf(file),
          })),
      url: (cid, { download = false } = {}) => streamUrl(cid, shelf.find(cid)?.record.name ?? '', download),
      blob: readable,
      save: async (cid) => saveFile(await readable(cid)),
      folder: (cid) => readFolder(shelf, cid),
      saveFolder: async (cid, signal) => saveFile(await packFolder(shelf, cid, signal)),
      shareFolder(name, files, terms, onProgress, signal) {
        const takeBack = async (cid: string) => {
          await engine.unshare(cid);
          await shelf.remove(cid);
        };
        return shareFolder(engine.share, takeBack, name, files, terms, onProgress, signal);
      },
      async remove(cid) {
        for (const one of running) if (one.live?.cid === cid) one.stop.abort();
        downloads.delete(cid);
        await shelf.remove(cid);
      },
      async share(
        source,
        { name = source.name, mime = source.type, weiPerMiB = 0n, encrypt, listed },
        onProgress,
        signal,
      ) {
        if (!sender.current) throw new AppError('INSUFFICIENT_FUNDS', 'Connect the wallet that is to be paid.');
        const progress = (bytes: number) => onProgress(Math.min(bytes, source.size), source.size);
        const key = encrypt ? newKey() : undefined;
        const file = key
          ? await shelf.take(source, '', SECRET_MIME, progress, { key, inside: { name, mime } })
          : await shelf.take(source, name, mime, progress);
        const { cid } = file.record;
        try {
          if (signal.aborted) throw new AppError('CANCELLED', 'Sharing was stopped.');
          await seeding.offer(cid, weiPerMiB);
          if (listed !== undefined && !key)
            await catalogue.list({ cid, size: file.record.size, name, mime, weiPerMiB }, listed);
        } catch (error) {
          if (seeding.offered().some((row) => row.cid === cid)) await seeding.withdraw(cid);
          await shelf.remove(cid);
          throw error;
        }
        changed();
        return { ...toFileRow(file), ...(key && { key: keyToText(key) }) };
      },
      async unlock(cid, key, signal) {
        const file = shelf.find(cid);
        if (!file) throw new AppError('NOT_FOUND', 'This content is not held in this browser.', { cid });
        const { size } = file.record;
        const readChunk = (chunk: number, abort: AbortSignal) =>
          shelf.readWhenHere(cid, chunk * CHUNK_BYTES, Math.min(size, (chunk + 1) * CHUNK_BYTES), abort);
        const secret = await openSecret(keyFromText(key), size, readChunk, signal);
        secrets.set(cid, secret);
        stream.unlock(cid, secret);
        return { name: secret.name, mime: secret.mime, size: secret.size };
      },
      async unshare(cid) {
        catalogue.unlist(cid);
        await seeding.withdraw(cid);
        changed();
      },
      async claim() {
        const before = money().claimedWei;
        const { transaction } = await rail.settle();
        await refresh();
        return { ...(transaction && { transaction }), wei: money().claimedWei - before };
      },
      async withdraw(channelId) {
        const channel = book.find(channelId);
        if (channel?.role !== 'payer')
          throw new AppError('NOT_FOUND', 'No channel of ours has this id.', { channelId });
        await rail.refresh(channel);
        if (channel.closing) {
          const hash = await contract.finalizeWithdraw(channel.config);
          await rail.refresh(channel);
          changed();
          return { hash, state: 'finished' };
        }
        const freeWei = channel.balanceWei - channel.cumulativeWei;
        if (freeWei <= 0n)
          throw new AppError('INSUFFICIENT_FUNDS', 'Everything in this channel is promised to the seller.');
        const hash = await contract.initiateWithdraw(channel.config, freeWei);
        await rail.refresh(channel);
        const readyAtMs = Date.now() + channel.config.withdrawDelay * 1000;
        withdrawals.begun(channelId, readyAtMs);
        changed();
        return { hash, state: 'begun', readyAtMs };
      },
      refresh,
      async close() {
        for (const one of running) one.stop.abort();
        await closeAll();
      },
    };
    return engine;
  } catch (error) {
    await closeAll();
    throw error;
  }
}

/** The browser's own way to save, under the file's name. */
function saveFile(file: File): void {
  const url = URL.createObjectURL(file);
  const link = Object.assign(document.createElement('a'), { href: url, download: file.name });
  link.click();
  // The browser has begun to copy by then; the address is good for nothing else.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** The wallet of the moment, for a provider that is made once. */
function toEip1193(current: () => EngineOptions['wallet']) {
  return {
    async request(args: { method: string; params?: unknown }): Promise<unknown> {
      const wallet = current();
      if (!wallet) throw new AppError('CHAIN_UNREACHABLE', 'There is no chain node to ask: connect a wallet.');
      return wallet.request(args);
    },
  };
}
