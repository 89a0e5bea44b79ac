/** What the owner may ask, done with the rooms that `node.ts` built. No state of its own. */
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileRow, GetEvent } from '@chiral/protocol/api';
import { chunkCount } from '@chiral/protocol/content';
import { AppError } from '@chiral/protocol/errors';
import type { NodeControl } from './api/control.ts';
import { type BuyerParts, buy } from './buy.ts';
import type { RpcChainClient } from './chain/client.ts';
import type { createHistory } from './chain/history.ts';
import type { NodeConfig } from './config.ts';
import type { Holding, Library } from './content/library.ts';
import type { Host } from './discovery/host.ts';
import type { ChannelBook } from './payments/channel-book.ts';
import type { SettlementContract } from './payments/contract.ts';
import type { ChannelRail } from './payments/rail.ts';
import type { Settler } from './payments/settler.ts';
import type { Keys } from './payments/wallet.ts';
import type { Shop } from './sell.ts';

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

  function toRow(holding: Holding): FileRow {
    const { cid, name, mime, size, sha256, path, complete, heldChunks } = holding;
    const listing = shop.listings().find((row) => row.cid === cid);
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
    };
  }

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
    async publish({ path, name, mime, weiPerMiB, protocols }, emit, signal) {
      let lastMs = 0;
      const onProgress = (bytes: number, total: number) => {
        if (Date.now() - lastMs < PROGRESS_MS) return;
        lastMs = Date.now();
        emit({ event: 'progress', bytes, total });
      };
      const holding = await library.publish(path, {
        onProgress,
        signal,
        ...(name && { name }),
        ...(mime && { mime }),
      });
      await shop.list(holding.cid, {
        ...(weiPerMiB !== undefined && { weiPerMiB }),
        ...(protocols && { protocols }),
      });
      emit({ event: 'done', file: toRow(library.find(holding.cid)!) });
    },
    async unpublish(cid) {
      if (shop.offers(cid)) await shop.unlist(cid);
      if (!(await library.withdraw(cid))) throw new AppError('NOT_FOUND', 'This content is not held here.', { cid });
    },
    async get(want, emit, signal) {
      const downloadsDir = join(config.dataDir, 'downloads');
      await mkdir(downloadsDir, { recursive: true });
      const destination = (name: string, to?: string) => destinationOf(to, downloadsDir, name);
      const working = want.work && (await parts.payByWork(want.work, emit, signal));
      const payer = working?.payer ?? parts.payer;
      const bought = await buy({ ...parts, payer, destination, selfPeerId: host.peerId }, want, emit, signal).finally(
        () => working?.close(),
      );
      if (config.autoSeed && !shop.offers(bought.cid)) await shop.list(bought.cid);
      emit({ event: 'done', ...bought });
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

async function destinationOf(to: string | undefined, downloadsDir: string, name: string): Promise<string> {
  if (to === undefined) return join(downloadsDir, name);
  const isFolder =
    to.endsWith('/') ||
    (await stat(to)
      .then((found) => found.isDirectory())
      .catch(() => false));
  return isFolder ? join(to, name) : to;
}
