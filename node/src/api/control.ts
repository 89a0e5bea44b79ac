/** What the owner may ask of a node. The API turns HTTP into these calls; `node.ts` implements them. Types only. */
import type {
  CatalogueRow,
  EarningsAnswer,
  FileRow,
  GetEvent,
  HistoryRow,
  LedgerRow,
  PublishEvent,
  SessionEvent,
  SettleAnswer,
  StatusAnswer,
  WalletAnswer,
} from '@chiral/protocol/api';
import type { ProtocolName } from '../ports.ts';

export interface NodeControl {
  status(): Promise<StatusAnswer>;
  files(): FileRow[];
  publish(
    want: {
      path: string;
      name?: string;
      mime?: string;
      weiPerMiB?: bigint;
      protocols?: ProtocolName[];
      listed?: string | null;
    },
    emit: (event: PublishEvent) => void,
    signal: AbortSignal,
  ): Promise<void>;
  unpublish(cid: string): Promise<void>;
  catalogue(words: string): Promise<CatalogueRow[]>;
  get(
    want: {
      target: string;
      to?: string;
      maxWei?: bigint;
      protocols?: ProtocolName[];
      work?: { threads?: number };
    },
    emit: (event: GetEvent) => void,
    signal: AbortSignal,
  ): Promise<void>;
  ledger(): LedgerRow[];
  earnings(): EarningsAnswer;
  wallet(): Promise<WalletAnswer>;
  history(): Promise<HistoryRow[]>;
  send(to: string, wei: bigint): Promise<string>;
  settle(peers?: string[]): Promise<SettleAnswer>;
  withdraw(channelId: string): Promise<{ hash: string; state: 'begun' | 'finished'; readyAt?: number }>;
}

/** Sessions for stock clients, beside the rest so that a page without them is a whole control, too. */
export interface SessionControl {
  session(
    want: { target: string; maxWei?: bigint; ed2kUserHash?: string; peer?: string },
    emit: (event: SessionEvent) => void,
    signal: AbortSignal,
  ): Promise<void>;
}
