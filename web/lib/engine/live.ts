/**
 * One download as the pages see it: the events of the node's own `buy` and of its scheduler, gathered into a snapshot. It
 * watches and decides nothing. State: this download's figures.
 */
import type { Ledger } from '@chiral/node/accounting/ledger';
import type { PeerKey } from '@chiral/node/ports';
import type { TransferEvent } from '@chiral/node/transfer/scheduler';
import type { GetEvent } from '@chiral/protocol/api';
import { type Content, chunkCount } from '@chiral/protocol/content';
import { PROTOCOLS, type ProtocolName } from '@chiral/protocol/offer';
import { costWei } from '@chiral/protocol/payment';
import { hexlify } from 'ethers';
import type { HeldFile } from './shelf.ts';
import { heldBytesOf } from './shelf.ts';
import type { ChunkMap, SellerSnapshot, SellerState, TransferSnapshot, TransferState, WorkSnapshot } from './types.ts';

/** Marks of `ChunkMap.protocol`. */
const HELD_BEFORE = 1;
const FIRST_PROTOCOL = 2;

interface Seller {
  readonly peer: PeerKey;
  readonly wallet: string;
  readonly weiPerMiB: bigint;
  state: SellerState;
  code: string | undefined;
  readonly bytes: Partial<Record<ProtocolName, number>>;
  badChunks: number;
}

export interface Live {
  readonly cid: string;
  /** BEP 52 root of the content, 0x-hex. */
  readonly root: string;
  readonly sellers: ReadonlyMap<PeerKey, Seller>;
  state: TransferState;
  problem: unknown;
  onEvent(event: GetEvent): void;
  onTransfer(event: TransferEvent): void;
  snapshot(file: HeldFile | undefined, ledger: Ledger, state: TransferState): TransferSnapshot;
}

export function createLive(options: {
  content: Content;
  name: string;
  mime: string;
  maxWei: bigint | undefined;
  isHeld(chunk: number): boolean;
}): Live {
  const { content, name, mime, maxWei, isHeld } = options;
  const count = chunkCount(content.size);
  const peers: string[] = [];
  const chunks: ChunkMap = { count, protocol: new Uint8Array(count), peer: new Uint16Array(count), peers };
  for (let chunk = 0; chunk < count; chunk++) if (isHeld(chunk)) chunks.protocol[chunk] = HELD_BEFORE;
  const sellers = new Map<PeerKey, Seller>();
  let bytesPerSecond = 0;
  let version = 0;
  let work: WorkSnapshot | undefined;

  const live: Live = {
    cid: content.cid,
    root: hexlify(content.root),
    sellers,
    state: 'downloading',
    problem: undefined,

    onEvent(event) {
      version++;
      if (event.event === 'offer') {
        sellers.set(event.peer, {
          peer: event.peer,
          wallet: event.wallet,
          weiPerMiB: BigInt(event.weiPerMiB),
          state: sellers.get(event.peer)?.state ?? 'joining',
          code: undefined,
          bytes: sellers.get(event.peer)?.bytes ?? {},
          badChunks: sellers.get(event.peer)?.badChunks ?? 0,
        });
      } else if (event.event === 'refused') {
        const seller = sellers.get(event.peer);
        if (!seller) return;
        seller.code = event.code;
        if (seller.state === 'joining') seller.state = 'refused';
        // It gave what it gives before it is paid.
        else if (event.code === 'CHOKED' && seller.state === 'active') seller.state = 'choked';
      } else if (event.event === 'source') {
        const seller = sellers.get(event.peer);
        if (!seller || seller.state === 'banned') return;
        seller.state = event.state === 'joined' ? 'active' : event.state;
        if (event.state === 'banned') seller.badChunks++;
        if (event.message) seller.code = event.message;
      } else if (event.event === 'progress') {
        bytesPerSecond = event.bytesPerSecond;
      } else if (event.event === 'work') {
        const { event: _event, earnedWei, ...at } = event;
        work = { ...at, earnedWei: BigInt(earnedWei) };
      } else if (event.event === 'complete') {
        bytesPerSecond = 0;
        for (const row of event.sellers) {
          const seller = sellers.get(row.peer);
          if (seller) seller.badChunks = Math.max(seller.badChunks, row.badChunks);
        }
      }
    },

    onTransfer(event) {
      version++;
      if (event.type !== 'chunk') return;
      const { peer, protocol, chunk, bytes } = event;
      let index = peers.indexOf(peer);
      if (index < 0) index = peers.push(peer) - 1;
      chunks.peer[chunk] = index;
      chunks.protocol[chunk] = FIRST_PROTOCOL + PROTOCOLS.indexOf(protocol);
      const seller = sellers.get(peer);
      if (!seller) return;
      seller.bytes[protocol] = (seller.bytes[protocol] ?? 0) + bytes;
      if (seller.state === 'choked') seller.state = 'active';
    },

    snapshot(file, ledger, state) {
      const rows = [...sellers.values()].map((seller): SellerSnapshot => {
        const { peer, wallet, weiPerMiB, code, badChunks } = seller;
        const { authorizedWei, settledWei, workedWei } = ledger.totals(peer, 'in');
        const bytes = Object.values(seller.bytes).reduce((sum, part) => sum + part, 0);
        return {
          peer,
          wallet,
          weiPerMiB,
          state: seller.state,
          ...(code !== undefined && { code }),
          bytes: { ...seller.bytes },
          badChunks,
          costWei: costWei(bytes, weiPerMiB),
          owedWei: ledger.payable(peer),
          authorizedWei,
          settledWei,
          workedWei,
        };
      });
      return {
        cid: content.cid,
        name: file?.record.name ?? name,
        mime: file?.record.mime ?? mime,
        size: content.size,
        heldBytes: file ? heldBytesOf(file) : 0,
        state,
        bytesPerSecond: state === 'downloading' ? bytesPerSecond : 0,
        costWei: rows.reduce((sum, row) => sum + row.costWei, 0n),
        ...(maxWei !== undefined && { maxWei }),
        ...(work && { work }),
        sellers: rows,
        chunks,
        version,
        ...(live.problem !== undefined && { problem: live.problem }),
      };
    },
  };
  return live;
}
