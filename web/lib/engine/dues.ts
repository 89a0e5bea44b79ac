/**
 * What downloads owe after the fact: which seller is to be paid for which content, to which wallet. How much follows from the
 * ledger, which counts what was verified. It pays nothing. State: the table `page_due`.
 */
import type { Ledger } from '@chiral/node/accounting/ledger';
import type { BillRow } from '@chiral/node/payments/direct';
import type { PeerKey } from '@chiral/node/ports';
import type { Database } from '@chiral/node/sql';
import { CHUNK_BYTES } from '@chiral/protocol/content';
import type { ProtocolName } from '@chiral/protocol/offer';
import { costWei } from '@chiral/protocol/payment';

const MIGRATIONS = [
  `CREATE TABLE page_due (
     cid TEXT NOT NULL, root TEXT NOT NULL, peer TEXT NOT NULL, wallet TEXT NOT NULL, paid_wei TEXT NOT NULL,
     PRIMARY KEY (cid, peer)
   ) STRICT;`,
];

interface Debtor {
  readonly cid: string;
  /** BEP 52 root of the content, 0x-hex. */
  readonly root: string;
  readonly peer: PeerKey;
  readonly wallet: string;
  paidWei: bigint;
}

export interface Dues {
  /** A seller that is to be paid after the fact for what it delivers of a content. */
  join(debtor: { cid: string; root: string; peer: PeerKey; wallet: string }): void;
  /** The content is not what its name says: nobody is paid for it. */
  forget(cid: string): void;
  /** Of one content, those who have anything coming. @param protocolOf by which it delivered most, where that is known */
  rows(cid: string, protocolOf?: (peer: PeerKey) => ProtocolName | undefined): BillRow[];
  cids(): string[];
  root(cid: string): string | undefined;
  /** What a payment for the content with this root came to. */
  paid(root: string, parts: readonly { readonly peer: PeerKey; readonly wei: bigint }[]): void;
}

export function createDues(db: Database, ledger: Ledger): Dues {
  db.migrate('page-dues', MIGRATIONS);
  const insert = db.connection.prepare(
    "INSERT OR IGNORE INTO page_due (cid, root, peer, wallet, paid_wei) VALUES (?, ?, ?, ?, '0')",
  );
  const raise = db.connection.prepare('UPDATE page_due SET paid_wei = ? WHERE cid = ? AND peer = ?');
  const drop = db.connection.prepare('DELETE FROM page_due WHERE cid = ?');
  let debtors: Debtor[] = db.connection
    .prepare('SELECT * FROM page_due')
    .all()
    .map((row) => ({
      cid: String(row.cid),
      root: String(row.root),
      peer: String(row.peer),
      wallet: String(row.wallet),
      paidWei: BigInt(String(row.paid_wei)),
    }));
  const least = (a: bigint, b: bigint) => (a < b ? a : b);

  function toRow({ cid, peer, wallet, paidWei }: Debtor, protocol: ProtocolName | undefined): BillRow {
    let [deliveredWei, bytes] = [0n, 0];
    for (const line of ledger.lines()) {
      if (line.direction !== 'in' || line.peer !== peer || line.cid !== cid) continue;
      deliveredWei += costWei(line.bytes, line.weiPerMiB);
      bytes += line.bytes;
    }
    // Vouchers and work may have paid for a part of it.
    const wei = deliveredWei > paidWei ? least(deliveredWei - paidWei, ledger.payable(peer)) : 0n;
    const per = deliveredWei * BigInt(CHUNK_BYTES);
    const chunks = per === 0n ? 0 : Number((wei * BigInt(bytes) + per - 1n) / per);
    return { peer, payee: wallet, wei, chunks, protocol };
  }

  return {
    join({ cid, root, peer, wallet }) {
      if (debtors.some((one) => one.cid === cid && one.peer === peer)) return;
      insert.run(cid, root, peer, wallet);
      debtors.push({ cid, root, peer, wallet, paidWei: 0n });
    },
    forget(cid) {
      drop.run(cid);
      debtors = debtors.filter((one) => one.cid !== cid);
    },
    rows: (cid, protocolOf = () => undefined) =>
      debtors
        .filter((one) => one.cid === cid)
        .map((one) => toRow(one, protocolOf(one.peer)))
        .filter(({ wei }) => wei > 0n),
    cids: () => [...new Set(debtors.map(({ cid }) => cid))],
    root: (cid) => debtors.find((one) => one.cid === cid)?.root,
    paid(root, parts) {
      for (const debtor of debtors) {
        const part = parts.find(({ peer }) => debtor.root === root && peer === debtor.peer);
        if (!part) continue;
        debtor.paidWei += part.wei;
        raise.run(`${debtor.paidWei}`, debtor.cid, debtor.peer);
      }
    },
  };
}
