/**
 * The book of payments that went straight from a wallet to a wallet, without a channel, and of those that are under way. Amounts
 * are what the chain showed; a row is never changed once it is there, so a total only grows. Nothing here signs or sends.
 */
import type { PeerKey } from '../ports.ts';
import type { Database } from '../sql.ts';
import type { ChannelRole } from './channel-book.ts';

const MIGRATIONS = [
  `CREATE TABLE direct_payment (
     role TEXT NOT NULL, transaction_hash TEXT NOT NULL, authorizer TEXT NOT NULL, peer TEXT NOT NULL, wei TEXT NOT NULL,
     told INTEGER NOT NULL, PRIMARY KEY (role, transaction_hash, authorizer, peer)
   ) STRICT;
   CREATE TABLE direct_bill (about TEXT PRIMARY KEY, payer TEXT NOT NULL, from_block INTEGER NOT NULL, rows TEXT NOT NULL,
     parts TEXT NOT NULL, transaction_hash TEXT NOT NULL) STRICT;`,
];

/** As the payer: we paid it. As the payee: it paid us. */
export interface DirectPayment {
  readonly role: ChannelRole;
  readonly transaction: string;
  /** Session key that the payment names. */
  readonly authorizer: string;
  readonly peer: PeerKey;
  readonly wei: bigint;
  /** As the payer: whether the payee has said that it counts it. */
  told: boolean;
}

/** A payment that the wallet was asked for, and that is not known to be on the chain. */
export interface OpenBill {
  /** What it is for, 32 bytes 0x-hex. */
  readonly about: string;
  readonly payer: string;
  /** It is in this block or a later one. */
  readonly fromBlock: number;
  /** As the contract takes them, 0x-hex. */
  readonly rows: string;
  readonly parts: readonly { readonly peer: PeerKey; readonly wei: bigint }[];
  /** Empty while the wallet has not answered. */
  readonly transaction: string;
}

export interface DirectBook {
  /** Paid in all, wei. */
  total(role: ChannelRole, peer: PeerKey): bigint;
  peers(role: ChannelRole): PeerKey[];
  /** Whose payment this is already, as the payee. */
  owner(transaction: string, authorizer: string): PeerKey | undefined;
  /** Whether a transaction is in the book. */
  knows(transaction: string): boolean;
  /** Counts a payment; one that is counted is left as it is. */
  add(payment: DirectPayment): void;
  /** Ours that the payee has not acknowledged. */
  untold(): DirectPayment[];
  told(payment: DirectPayment): void;
  bill(about: string): OpenBill | undefined;
  bills(): OpenBill[];
  /** On disk when it returns; takes the place of an older one about the same. */
  keepBill(bill: OpenBill): void;
  dropBill(about: string): void;
}

export function createDirectBook(db: Database): DirectBook {
  db.migrate('direct-payments', MIGRATIONS);
  const insert = db.connection.prepare(
    `INSERT INTO direct_payment (role, transaction_hash, authorizer, peer, wei, told) VALUES (?, ?, ?, ?, ?, ?)`,
  );
  const mark = db.connection.prepare(
    `UPDATE direct_payment SET told = 1 WHERE role = 'payer' AND transaction_hash = ? AND peer = ?`,
  );
  const keep = db.connection.prepare(
    `INSERT OR REPLACE INTO direct_bill (about, payer, from_block, rows, parts, transaction_hash) VALUES (?, ?, ?, ?, ?, ?)`,
  );
  const drop = db.connection.prepare('DELETE FROM direct_bill WHERE about = ?');
  const payments: DirectPayment[] = db.connection
    .prepare('SELECT * FROM direct_payment')
    .all()
    .map((row) => ({
      role: row.role as ChannelRole,
      transaction: String(row.transaction_hash),
      authorizer: String(row.authorizer),
      peer: String(row.peer),
      wei: BigInt(String(row.wei)),
      told: Number(row.told) === 1,
    }));
  const bills = new Map<string, OpenBill>();
  for (const row of db.connection.prepare('SELECT * FROM direct_bill').all()) {
    const parts = JSON.parse(String(row.parts)) as { peer: string; wei: string }[];
    bills.set(String(row.about), {
      about: String(row.about),
      payer: String(row.payer),
      fromBlock: Number(row.from_block),
      rows: String(row.rows),
      parts: parts.map(({ peer, wei }) => ({ peer, wei: BigInt(wei) })),
      transaction: String(row.transaction_hash),
    });
  }
  const of = (role: ChannelRole) => payments.filter((payment) => payment.role === role);
  /** By role and peer: asked for with every chunk. */
  const totals = new Map<string, bigint>();
  const count = ({ role, peer, wei }: DirectPayment) =>
    totals.set(`${role} ${peer}`, (totals.get(`${role} ${peer}`) ?? 0n) + wei);
  for (const payment of payments) count(payment);
  const isSame = (a: DirectPayment, b: DirectPayment) =>
    a.role === b.role && a.transaction === b.transaction && a.authorizer === b.authorizer && a.peer === b.peer;
  return {
    total: (role, peer) => totals.get(`${role} ${peer}`) ?? 0n,
    peers: (role) => [...new Set(of(role).map(({ peer }) => peer))],
    owner: (transaction, authorizer) =>
      of('payee').find((payment) => payment.transaction === transaction && payment.authorizer === authorizer)?.peer,
    knows: (transaction) => payments.some((payment) => payment.transaction === transaction.toLowerCase()),
    add(payment) {
      if (payments.some((known) => isSame(known, payment))) return;
      const { role, transaction, authorizer, peer, wei, told } = payment;
      insert.run(role, transaction, authorizer, peer, `${wei}`, told ? 1 : 0);
      payments.push({ ...payment });
      count(payment);
    },
    untold: () => of('payer').filter(({ told }) => !told),
    told(payment) {
      mark.run(payment.transaction, payment.peer);
      payment.told = true;
    },
    bill: (about) => bills.get(about),
    bills: () => [...bills.values()],
    keepBill(bill) {
      const parts = JSON.stringify(bill.parts.map(({ peer, wei }) => ({ peer, wei: `${wei}` })));
      keep.run(bill.about, bill.payer, bill.fromBlock, bill.rows, parts, bill.transaction);
      bills.set(bill.about, bill);
    },
    dropBill(about) {
      drop.run(about);
      bills.delete(about);
    },
  };
}
