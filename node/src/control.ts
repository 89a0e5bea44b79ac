/** What the owner may ask, done with the rooms that `node.ts` built. No state of its own. */
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileRow, GetEvent } from '@chiral/protocol/api';
import { chunkCount } from '@chiral/protocol/content';
import { addUp } from '@chiral/protocol/earnings';
import { AppError } from '@chiral/protocol/errors';
import { toCatalogueRow } from '@chiral/protocol/listing';
import { costWei } from '@chiral/protocol/payment';
import type { NodeControl } from './api/control.ts';
import { type BuyerParts, type BuyOptions, buy } from './buy.ts';
import type { RpcChainClient } from './chain/client.ts';
import type { createHistory } from './chain/history.ts';
import type { NodeConfig } from './config.ts';
import { toSafeFileName } from './content/file-name.ts';
import type { Holding, Library } from './content/library.ts';
import type { Catalogue } from './discovery/catalogue.ts';
import type { Host } from './discovery/host.ts';
import { buyFolder, isFolder, listPath, onlyIn, publishFolder } from './folders.ts';
import type { ChannelBook } from './payments/channel-book.ts';
import type { SettlementContract } from './payments/contract.ts';
import type { ChannelRail } from './payments/rail.ts';
import type { Settler } from './payments/settler.ts';
import type { Keys } from './payments/wallet.ts';
import type { Shop } from './sell.ts';
import type { Showcase } from './showcase.ts';
import type { Tally } from './tally.ts';

export const VERSION = '0.1.0';
/** Between two progress events of hashing, milliseconds. */
const PROGRESS_MS = 100;

export interface ControlParts extends Omit<BuyerParts, 'destination' | 'selfPeerId'> {
  readonly library: Library;
  readonly config: NodeConfig;
  readonly keys: Keys;
  readonly host: Host;
  readonly chain: RpcChainClient;
  readonly contract: SettlementContract;
  readonly book: ChannelBook;
  readonly rail: ChannelRail;
  readonly settler: Settler;
  readonly history: ReturnType<typeof createHistory>;
  readonly shop: Shop;
  readonly showcase: Showcase;
  readonly catalogue: Catalogue;
  readonly tally: Tally;
  readonly publicUrl: string;
  readonly listenUrl: string;
  readonly startedMs: number;
  /** A payer of one purchase that brings work instead of vouchers. */
  payByWork(
    want: { threads?: number },
    emit: (event: GetEvent) => void,
    signal: AbortSignal,
  ): Promise<{ payer: BuyerParts['payer']; close(): Promise<void> }>;
}

export function createControl(parts: ControlParts): NodeControl {
  const { config, keys, host, chain, contract, book, rail, settler, history, shop, library, ledger, publicUrl } = parts;
  const { showcase, catalogue } = parts;

  function toRow(holding: Holding): FileRow {
    const { cid, name, mime, size, sha256, path, complete, heldChunks } = holding;
    const listing = shop.listings().find((row) => row.cid === cid);
    const listed = showcase.about(cid);
    return {
      cid,
      name,
      mime,
      size,
      sha256: Buffer.from(sha256).toString('hex'),
      path,
      complete,
      heldChunks,
      totalChunks: chunkCount(size),
      ...(listing && { offer: { weiPerMiB: `${listing.weiPerMiB}`, protocols: listing.protocols } }),
      ...(listed !== undefined && { listed }),
    };
  }

  /** Into the catalogue, or out of it; nobody waits until others have heard. */
  function put(cid: string, listed: string | null | undefined): void {
    if (listed === undefined) return;
    if (listed === null) showcase.hide(cid);
    else showcase.show(cid, listed);
    void catalogue.announce();
  }

  const listsDir = join(config.dataDir, 'folders');

  return {
    async status() {
      const blockNumber = await chain.blockNumber().catch(() => undefined);
      const balance = blockNumber === undefined ? undefined : await chain.balanceWei(keys.wallet.address);
      return {
        version: VERSION,
        peerId: host.peerId,
        wallet: keys.wallet.address,
        addresses: host.addresses(),
        publicUrl,
        listenUrl: parts.listenUrl,
        peers: host.connectedPeers().length,
        dhtPeers: host.dhtPeerCount(),
        files: library.list().length,
        chain: {
          reachable: blockNumber !== undefined,
          chainId: config.chainId,
          rpcUrl: config.rpcUrl,
          contract: config.contract,
          ...(blockNumber !== undefined && { blockNumber }),
        },
        ...(balance !== undefined && { balanceWei: `${balance}` }),
        unsettledWei: `${rail.unsettledWei()}`,
        uptimeSeconds: Math.floor((Date.now() - parts.startedMs) / 1000),
      };
    },
    files: () => library.list().map(toRow),
    async publish({ path, name, mime, weiPerMiB, protocols, listed }, emit, signal) {
      let lastMs = 0;
      const onProgress = (bytes: number, total: number) => {
        if (Date.now() - lastMs < PROGRESS_MS) return;
        lastMs = Date.now();
        emit({ event: 'progress', bytes, total });
      };
      const terms = { ...(weiPerMiB !== undefined && { weiPerMiB }), ...(protocols && { protocols }) };
      const label = name && { name };
      if (await isDirectory(path)) {
        const folder = await publishFolder(
          { library, shop, listsDir },
          { path, ...label, ...terms },
          onProgress,
          signal,
        );
        put(folder.cid, listed);
        return emit({ event: 'done', file: toRow(folder) });
      }
      const holding = await library.publish(path, { onProgress, signal, ...label, ...(mime && { mime }) });
      await shop.list(holding.cid, terms);
      put(holding.cid, listed);
      emit({ event: 'done', file: toRow(library.find(holding.cid)!) });
    },
    async unpublish(cid) {
      const holding = library.find(cid);
      if (!holding) throw new AppError('NOT_FOUND', 'This content is not held here.', { cid });
      const whole = isFolder(holding) && holding.complete ? await onlyIn(library, holding) : [];
      for (const one of [cid, ...whole]) {
        showcase.hide(one);
        if (shop.offers(one)) await shop.unlist(one);
        await library.withdraw(one);
      }
    },
    async catalogue(words) {
      return (await catalogue.find(words)).map(({ listing }) => toCatalogueRow(listing));
    },
    async get(want, emit, signal) {
      const downloadsDir = join(config.dataDir, 'downloads');
      await mkdir(downloadsDir, { recursive: true });
      // Where a folder goes is said of what is in it; its list stays with the node.
      let folderTo: string | undefined;
      const destination: BuyerParts['destination'] = async (name, to, offer) => {
        const place = await destinationOf(to, downloadsDir, name);
        if (!isFolder(offer)) return place;
        await mkdir(listsDir, { recursive: true });
        folderTo = place;
        return listPath(listsDir, offer.cid);
      };
      const working = want.work && (await parts.payByWork(want.work, emit, signal));
      const payer = working?.payer ?? parts.payer;
      const buyOne = async (options: BuyOptions, hear: (event: GetEvent) => void) => {
        const bought = await buy({ ...parts, payer, destination, selfPeerId: host.peerId }, options, hear, signal);
        const isList = bought.path.startsWith(listsDir);
        if (config.autoSeed && !shop.offers(bought.cid)) await shop.list(bought.cid, isList ? { weiPerMiB: 0n } : {});
        return bought;
      };
      try {
        const bought = await buyOne(want, emit);
        const list = library.find(bought.cid)!;
        if (!isFolder(list)) return emit({ event: 'done', ...bought });
        const to = folderTo ?? (await destinationOf(want.to, downloadsDir, toSafeFileName(list.name, list.cid)));
        const { maxWei, protocols } = want;
        const rest = { ...(maxWei !== undefined && { maxWei }), ...(protocols && { protocols }) };
        emit({ event: 'done', ...(await buyFolder(library, bought, to, rest, buyOne, emit)) });
      } finally {
        await working?.close();
      }
    },
    earnings() {
      const nameOf = (cid: string) => library.find(cid)?.name ?? '';
      const sold = ledger
        .lines()
        .filter(({ direction }) => direction === 'out')
        .map(({ cid, bytes, weiPerMiB }) => ({ cid, bytes, wei: costWei(bytes, weiPerMiB) }));
      return {
        files: addUp(sold, ({ cid }) => cid).map(({ key: cid, bytes, wei }) => ({
          cid,
          name: nameOf(cid),
          bytes,
          wei: `${wei}`,
        })),
        protocols: addUp(parts.tally.rows(), ({ protocol }) => protocol).map(({ key: protocol, bytes, wei }) => ({
          protocol,
          bytes,
          wei: `${wei}`,
        })),
      };
    },
    ledger: () =>
      ledger.peers().flatMap((peer) =>
        (['out', 'in'] as const).flatMap((direction) => {
          const { deliveredBytes, deliveredWei, authorizedWei, settledWei, workedWei } = ledger.totals(peer, direction);
          if (deliveredBytes === 0 && authorizedWei === 0n && workedWei === 0n) return [];
          return {
            peer,
            direction,
            bytes: deliveredBytes,
            deliveredWei: `${deliveredWei}`,
            authorizedWei: `${authorizedWei}`,
            settledWei: `${settledWei}`,
            workedWei: `${workedWei}`,
          };
        }),
      ),
    async wallet() {
      return {
        address: keys.wallet.address,
        sessionAddress: keys.sessionAddress,
        balanceWei: `${await chain.balanceWei(keys.wallet.address)}`,
        channels: [...book.all('payer'), ...book.all('payee')].map((channel) => ({
          id: channel.id,
          role: channel.role,
          peer: channel.peer,
          balanceWei: `${channel.balanceWei}`,
          cumulativeWei: `${channel.cumulativeWei}`,
          settledWei: `${channel.settledWei}`,
          closing: channel.closing,
        })),
      };
    },
    async history() {
      const self = keys.wallet.address;
      return (await history.read()).map(({ hash, blockNumber, from, to, wei }) => ({
        hash,
        blockNumber,
        from,
        to,
        wei: `${wei}`,
        direction: from !== self ? 'in' : to === self ? 'self' : 'out',
      }));
    },
    async send(to, wei) {
      return (await chain.confirmed(await chain.send({ to, data: '0x', valueWei: wei }))).hash;
    },
    async settle(peers) {
      const { transaction, rows } = await settler.settle(peers);
      return {
        ...(transaction && { transaction }),
        rows: rows.map((row) => ({ ...row, settledWei: `${row.settledWei}` })),
      };
    },
    async withdraw(channelId) {
      const channel = book.find(channelId);
      if (channel?.role !== 'payer') throw new AppError('NOT_FOUND', 'No channel of ours has this id.', { channelId });
      await rail.refresh(channel);
      if (channel.closing) {
        const hash = await contract.finalizeWithdraw(channel.config);
        await rail.refresh(channel);
        return { hash, state: 'finished' };
      }
      const freeWei = channel.balanceWei - channel.cumulativeWei;
      if (freeWei <= 0n)
        throw new AppError('INSUFFICIENT_FUNDS', 'Everything in this channel is promised to the seller.');
      const hash = await contract.initiateWithdraw(channel.config, freeWei);
      await rail.refresh(channel);
      return { hash, state: 'begun', readyAt: Math.floor(Date.now() / 1000) + channel.config.withdrawDelay };
    },
  };
}

const isDirectory = (path: string) =>
  stat(path)
    .then((found) => found.isDirectory())
    .catch(() => false);

async function destinationOf(to: string | undefined, downloadsDir: string, name: string): Promise<string> {
  if (to === undefined) return join(downloadsDir, name);
  return to.endsWith('/') || (await isDirectory(to)) ? join(to, name) : to;
}
