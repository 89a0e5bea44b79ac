/**
 * The daemon: the only place where the rooms meet. Builds each from its few needs and joins them. One program in every role: it sells, buys, announces and settles at once.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { API_FILE } from '@chiral/protocol/api';
import { useCurve } from '@chiral/protocol/curve';
import { AppError, isAppError, toProblem } from '@chiral/protocol/errors';
import { signListing } from '@chiral/protocol/listing';
import { MAX_MESSAGE_BYTES } from '@chiral/protocol/messages';
import { signOffer } from '@chiral/protocol/offer';
import express from 'express';
import { createLedger } from './accounting/ledger.ts';
import { createPricing, PRESETS } from './accounting/policy.ts';
import { createCredentials, createSessions } from './accounting/sessions.ts';
import { createAdapters, userHashOfToken } from './adapters.ts';
import type { NodeControl, SessionControl } from './api/control.ts';
import { createApi } from './api/server.ts';
import { createChainClient } from './chain/client.ts';
import { createHistory } from './chain/history.ts';
import { createWorkSource } from './chain/work.ts';
import type { NodeConfig } from './config.ts';
import { createLibrary } from './content/library.ts';
import { createControl } from './control.ts';
import { wasmCurve } from './curve.ts';
import { openDatabase } from './db.ts';
import { createCatalogue } from './discovery/catalogue.ts';
import { createDirectory } from './discovery/directory.ts';
import { createHost } from './discovery/host.ts';
import { createRequestProtocol } from './discovery/request-protocol.ts';
import { createRoutingApi } from './discovery/routing-api.ts';
import { carrySignals } from './discovery/signal.ts';
import { createHttpServer } from './http.ts';
import type { Log } from './log.ts';
import { createChannelBook } from './payments/channel-book.ts';
import { createSettlementContract } from './payments/contract.ts';
import { createDirectDesk, recount } from './payments/direct.ts';
import { createDirectBook } from './payments/direct-book.ts';
import { createOpener } from './payments/opener.ts';
import { createPayee } from './payments/payee.ts';
import { createPayer } from './payments/payer.ts';
import { createChannelRail } from './payments/rail.ts';
import { createSettler } from './payments/settler.ts';
import { openKeys, type Password, writePrivate } from './payments/wallet.ts';
import { createWorkDesk } from './payments/work-desk.ts';
import { createWorkPayer } from './payments/work-payer.ts';
import { createX402 } from './payments/x402.ts';
import type { PeerKey } from './ports.ts';
import { createShop } from './sell.ts';
import { createShowcase } from './showcase.ts';
import { createSite } from './site.ts';
import { createStockDoor } from './stock-door.ts';
import { runStockSession } from './stock-session.ts';
import { createTally } from './tally.ts';
import { createUplink } from './transfer/uplink.ts';

const PAY_PROTOCOL = '/chiral/pay/1.0.0';
/** Longest wait for the answer to a payment message; opening may read the chain, milliseconds. */
const PAY_TIMEOUT_MS = 15_000;

/** Tiny content goes with an offer for nothing: answering costs more than it earns. */
const INLINE_PRICE_LIMIT_WEI = 0n;

export interface ChiralNode extends NodeControl {
  readonly peerId: string;
  readonly apiUrl: string;
  readonly token: string;
  readonly publicUrl: string;
  addresses(): string[];
  /** Stops taking work, writes everything down, closes. Safe to call twice. */
  stop(): Promise<void>;
}

/** @throws KEY_LOCKED, BAD_REQUEST, or the system's error when a port is taken */
export async function createNode(options: {
  config: NodeConfig;
  password: Password;
  importKey?: string;
  log: Log;
}): Promise<ChiralNode> {
  const { config, password, importKey, log } = options;
  useCurve(wasmCurve);
  const { dataDir } = config;
  const startedMs = Date.now();
  const credit = PRESETS[config.preset];
  const deployment = { chainId: config.chainId, contract: config.contract };
  const closers: (() => Promise<void> | void)[] = [];
  await mkdir(dataDir, { recursive: true, mode: 0o700 });

  const keys = await openKeys(join(dataDir, 'keystore.json'), password, importKey);
  const db = openDatabase(join(dataDir, 'node.db'));
  closers.push(() => db.close());

  // ---- the data layer: what is held, where it is found, how it leaves
  const library = createLibrary({
    db,
    onChanged: (cid) => log.warn({ cid }, 'a published file changed; publish it again'),
  });
  closers.push(() => library.close());
  const host = await createHost({ dataDir, listen: config.listen, bootstrap: config.bootstrap, log });
  closers.push(() => host.stop());
  const sessions = createSessions(userHashOfToken);
  const credentials = createCredentials();

  // ---- the world's door opens first: what it is called goes into offers; until the rooms are built it answers 503
  let answer: RequestListener = (_request, response) => response.writeHead(503).end();
  const worldServer = await createHttpServer((request, response) => answer(request, response), {
    host: config.httpHost,
    port: config.httpPort,
  });
  closers.push(() => worldServer.close());
  const publicUrl = config.publicUrl ?? worldServer.url;
  const adapters = await createAdapters({
    config,
    db,
    library,
    host,
    sessions,
    credentials,
    publicUrl: () => publicUrl,
    paywall: () => paywall,
    log,
  });
  closers.push(() => adapters.close());

  // ---- the payment layer: what is owed, what is promised, what is settled
  const pricing = createPricing({ credit, priceOf: (cid) => shop.priceOf(cid), maxWeiPerMiB: config.maxWeiPerMiB });
  const ledger = createLedger({ db, pricing, credit: () => credit });
  closers.push(() => ledger.close());
  const chain = createChainClient({
    rpcUrl: config.rpcUrl,
    chainId: config.chainId,
    wallet: keys.wallet,
    confirmations: config.confirmations,
  });
  closers.push(() => chain.close());
  const contract = createSettlementContract(chain, config.contract);
  const book = createChannelBook(db);
  const direct = createDirectBook(db);
  const rail = createChannelRail({ book, contract, keys, deployment, direct, wrappedChi: config.wrappedChi });
  recount({ book, direct, rail, ledger });
  const paywall =
    config.wrappedChi === undefined
      ? undefined
      : createX402({
          book,
          direct,
          rail,
          contract,
          ledger,
          pricing,
          chain,
          deployment,
          receiver: keys.wallet.address,
          token: config.wrappedChi,
          log,
        });
  const settler = createSettler({ book, rail, chain, ledger, gasMultiple: config.settleGasMultiple, log });
  closers.push(() => settler.stop());
  const history = createHistory({
    db,
    address: keys.wallet.address,
    blockNumber: chain.blockNumber,
    block: chain.block,
  });

  // ---- where they meet
  const uplink = createUplink({ store: library, gate: ledger });
  const tally = createTally({ db, priceOf: (cid) => shop.priceOf(cid) });
  closers.push(() => tally.close());
  const shop = createShop({
    db,
    stock: library,
    uplink: (protocol) => tally.counting(uplink, protocol),
    adapters: adapters.offered,
    directory: () => directory,
    sign: (offer) => signOffer(keys.wallet.signingKey, offer, deployment),
    wallet: keys.wallet.address,
    peerId: host.peerId,
    defaultWeiPerMiB: config.weiPerMiB,
    log,
  });
  const directory = await createDirectory({
    host,
    local: shop,
    deployment,
    inlineSource: async (_peer, content) =>
      shop.priceOf(content.cid) <= INLINE_PRICE_LIMIT_WEI && content.size > 0 ? library.get(content.cid, 0) : undefined,
    pieceSource: adapters.pieceHashes,
    log,
  });
  closers.push(() => directory.close());
  const showcase = createShowcase({
    db,
    find: library.find,
    priceOf: (cid) => (shop.offers(cid) ? shop.priceOf(cid) : undefined),
    sign: (listing) => signListing(keys.wallet.signingKey, listing, deployment),
    wallet: keys.wallet.address,
  });
  const catalogue = await createCatalogue({ host, own: showcase.listings, deployment, log });
  closers.push(() => catalogue.close());
  const payments = createRequestProtocol(host, PAY_PROTOCOL, {
    maxBytes: MAX_MESSAGE_BYTES,
    timeoutMs: PAY_TIMEOUT_MS,
  });
  closers.push(() => payments.close());
  closers.push(await carrySignals(host));
  const rooms = new Set<(peer: PeerKey) => void>();
  const pay = createPayee({
    book,
    rail,
    contract,
    ledger,
    pricing,
    sessions,
    deployment,
    receiver: keys.wallet.address,
    offers: shop.offers,
    onAuthorized: adapters.wake,
    desk: createDirectDesk({ direct, rail, ledger, chain, deployment, receiver: keys.wallet.address, log }),
    work: createWorkDesk({
      source: createWorkSource({ rpcUrl: config.rpcUrl, payee: keys.wallet.address }),
      ledger,
      factorPermille: config.workFactorPermille,
      synced: db.synced,
      log,
    }),
    log,
  });
  payments.handle(pay);
  const onSession = (peer: PeerKey, token: string) => credentials.set(peer, token);
  const onRoom = (peer: PeerKey) => {
    for (const listener of rooms) listener(peer);
  };
  const payer = createPayer({
    rail,
    opener: createOpener({ book, contract, keys, deployment }),
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

  // ---- the two doors: the world's and the owner's
  const world = express();
  world.disable('x-powered-by');
  world.use(createRoutingApi(host, directory, shop));
  world.use(createStockDoor({ sessions, offers: shop, torrents: adapters.torrents, wake: adapters.wake }));
  world.post('/pay', express.raw({ type: () => true, limit: MAX_MESSAGE_BYTES }), async (request, response) => {
    const peer = sessions.peer((request.headers.authorization ?? '').replace(/^Bearer /i, ''));
    if (!peer) throw new AppError('UNAUTHORIZED', 'POST /pay needs the session token that a "terms" message returns.');
    response.type('application/json').send(Buffer.from(await pay(peer, request.body as Buffer)));
  });
  const site = await createSite({
    folder: config.siteDir,
    rpcUrl: config.rpcUrl,
    publicUrl: () => publicUrl,
    facts: () => ({ bootstrap: host.addresses(), chainId: config.chainId, contract: config.contract }),
  });
  world.use((request, response, next) => site.handle(request, response, next));
  world.use(answerProblems(log));
  answer = (request, response) => adapters.http.router(request, response, () => world(request, response));

  const token = randomBytes(32).toString('base64url');
  const control = createControl({
    config,
    keys,
    host,
    chain,
    contract,
    book,
    rail,
    settler,
    history,
    shop,
    showcase,
    catalogue,
    tally,
    library,
    directory,
    adapters: adapters.all,
    ledger,
    payer,
    publicUrl,
    listenUrl: worldServer.url,
    startedMs,
    async payByWork({ threads }, emit, signal) {
      // Threads and datasets are nothing that a node needs to start.
      const { createThreadedSearcher } = await import('./payments/work-searcher.ts');
      const cacheDir = join(dataDir, 'ethash');
      const searcher = createThreadedSearcher({ cacheDir, ...(threads !== undefined && { threads }) });
      const parts = { ledger, transport: payments, pricing, deployment, searcher, signal, onSession, onRoom, log };
      return {
        payer: createWorkPayer({
          ...parts,
          toleranceBytes: credit.toleranceBytes,
          onWork: (progress) => emit({ event: 'work', ...progress, earnedWei: `${progress.earnedWei}` }),
        }),
        close: () => searcher.close(),
      };
    },
    onRoom: (listener) => {
      rooms.add(listener);
      return () => void rooms.delete(listener);
    },
    log,
  });
  const stockSession: SessionControl = {
    async session(want, emit, signal) {
      const parts = { directory, ledger, payer, transport: payments, credentials, selfPeerId: host.peerId, log };
      await runStockSession({ ...parts, userHashOf: userHashOfToken, mayDial: adapters.mayDial }, want, emit, signal);
      emit({ event: 'done' });
    },
  };
  const api = createApi({ ...control, ...stockSession }, { token, log, page: site.handleOwner });
  const listenForOwner = (port: number) =>
    createHttpServer(api, {
      host: '127.0.0.1',
      port,
      isHostAllowed: (hostname) => ['127.0.0.1', 'localhost', '[::1]'].includes(hostname),
    });
  // The port of the last run where it is free: to a browser another port is another site, without its files and its wallet.
  const usualPort = config.apiPort || (await lastApiPort(dataDir));
  const apiServer = await listenForOwner(usualPort).catch((error: NodeJS.ErrnoException) => {
    if (config.apiPort || error.code !== 'EADDRINUSE') throw error;
    return listenForOwner(0);
  });
  closers.push(() => apiServer.close());
  await writePrivate(join(dataDir, API_FILE), JSON.stringify({ url: apiServer.url, token, pid: process.pid }));
  await shop.resume();
  closers.push(() => shop.close());

  let stopping: Promise<void> | undefined;
  return {
    ...control,
    peerId: host.peerId,
    apiUrl: apiServer.url,
    token,
    publicUrl,
    addresses: () => host.addresses(),
    stop() {
      stopping ??= (async () => {
        for (const close of closers.reverse()) await close();
      })();
      return stopping;
    },
  };
}

/** Errors of the world's door as problem details. */
function answerProblems(log: Log): express.ErrorRequestHandler {
  return (error, _request, response, next) => {
    if (response.headersSent) return next(error);
    const known = isAppError(error)
      ? error
      : (error as { type?: string }).type === 'entity.too.large'
        ? new AppError('TOO_LARGE', `A payment message has at most ${MAX_MESSAGE_BYTES} bytes.`)
        : undefined;
    if (!known) {
      log.error({ error }, 'the public server failed on a bug');
      return next(error);
    }
    response.status(toProblem(known).status).type('application/problem+json').json(toProblem(known));
  };
}

/** Port of the API when this data folder was last in use, 0 when it never was. */
async function lastApiPort(dataDir: string): Promise<number> {
  try {
    const { url } = JSON.parse(await readFile(join(dataDir, API_FILE), 'utf8')) as { url: string };
    return Number(new URL(url).port);
  } catch {
    return 0;
  }
}
