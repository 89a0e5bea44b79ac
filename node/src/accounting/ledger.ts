/**
 * The ledger: per peer and direction, what was delivered, authorized and settled, and what was earned by work. Each total only
 * grows; a peer is remembered by its key for ever. It never signs, sends or reads a chain, and never sees a byte of content.
 *
 * A *line* is the bytes of one content at one price; money is always computed from the line's total, so rounding costs a
 * buyer at most 1 wei a line. State: memory in front of SQLite. Authorized and settled totals are written before the call
 * returns and outlive the process; after a loss of power the channel book and the contract know them. Delivered bytes are
 * written behind within `FLUSH_MS` or `FLUSH_BYTES`, so kill -9 forgets at most that much of what peers owe us (it can never
 * make us pay twice: what we signed is on disk).
 */

import { AppError } from '@chiral/protocol/errors';
import { bytesFor, costWei, type Terms } from '@chiral/protocol/payment';
import type { Direction, Grant, PeerKey, PeerLedger, PricingPolicy, Totals } from '../ports.ts';
import { type Database, transaction } from '../sql.ts';
import { type CreditPolicy, creditWei } from './policy.ts';

/** Longest that delivered bytes stay in memory only, milliseconds. */
const FLUSH_MS = 50;
/** Most delivered bytes that stay in memory only: what a peer may lose, or get for nothing, by a kill -9 here. */
const FLUSH_BYTES = 1 << 20;

const MIGRATIONS = [
  `CREATE TABLE account (
     peer TEXT NOT NULL, direction TEXT NOT NULL, authorized_wei TEXT NOT NULL, settled_wei TEXT NOT NULL,
     PRIMARY KEY (peer, direction)
   ) STRICT;
   CREATE TABLE line (
     peer TEXT NOT NULL, direction TEXT NOT NULL, cid TEXT NOT NULL, wei_per_mib TEXT NOT NULL, bytes INTEGER NOT NULL,
     PRIMARY KEY (peer, direction, cid, wei_per_mib)
   ) STRICT;`,
  `ALTER TABLE account ADD COLUMN worked_wei TEXT NOT NULL DEFAULT '0';`,
];

/** Bytes of one content at one price. */
interface Line {
  readonly cid: string;
  readonly weiPerMiB: bigint;
  bytes: number;
  /** Bytes granted and not yet done; they count against credit. */
  reserved: number;
  dirty: boolean;
}

interface Account {
  readonly peer: PeerKey;
  readonly direction: Direction;
  readonly lines: Map<string, Line>;
  /** The line that new bytes of a content go to. */
  readonly current: Map<string, Line>;
  /** Sum of the lines, reserved bytes left out. */
  deliveredBytes: number;
  /** Sum of the lines' costs, wei, reserved bytes left out. */
  deliveredWei: bigint;
  /** Sum of the lines' costs with reserved bytes, wei. */
  exposedWei: bigint;
  authorizedWei: bigint;
  settledWei: bigint;
  /** Earned by work, which no chain settles. */
  workedWei: bigint;
}

/** What one content moved between us and one peer at one price. */
export interface LedgerLine {
  readonly peer: PeerKey;
  readonly direction: Direction;
  readonly cid: string;
  readonly weiPerMiB: bigint;
  readonly bytes: number;
}

export interface Ledger extends PeerLedger {
  lines(): LedgerLine[];
  /** Bytes of `cid` that `peer` may still get on credit. */
  roomBytes(peer: PeerKey, cid: string): number;
  /** Bytes of `cid` that `peer` may owe in all. */
  creditBytes(peer: PeerKey, cid: string): number;
  /** Writes what is still in memory. */
  flush(): void;
  /** Flushes and stops the timer. */
  close(): void;
}

/** @param options.credit read at every reservation: a changed policy holds from the next request on */
export function createLedger(options: { db: Database; pricing: PricingPolicy; credit: () => CreditPolicy }): Ledger {
  const { db, pricing, credit } = options;
  db.migrate('ledger', MIGRATIONS);
  const accounts = new Map<string, Account>();
  const dirty = new Set<Account>();
  let timer: NodeJS.Timeout | undefined;
  let unwrittenBytes = 0;

  const readAccounts = db.connection.prepare(
    'SELECT peer, direction, authorized_wei, settled_wei, worked_wei FROM account',
  );
  const readLines = db.connection.prepare('SELECT peer, direction, cid, wei_per_mib, bytes FROM line');
  const writeLine = db.connection.prepare(
    `INSERT INTO line (peer, direction, cid, wei_per_mib, bytes) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET bytes = max(bytes, excluded.bytes)`,
  );
  const writeAccount = db.connection.prepare(
    `INSERT INTO account (peer, direction, authorized_wei, settled_wei, worked_wei) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET authorized_wei = excluded.authorized_wei, settled_wei = excluded.settled_wei,
       worked_wei = excluded.worked_wei`,
  );

  function account(peer: PeerKey, direction: Direction): Account {
    const key = `${direction} ${peer}`;
    let found = accounts.get(key);
    if (!found) {
      found = {
        peer,
        direction,
        lines: new Map(),
        current: new Map(),
        deliveredBytes: 0,
        deliveredWei: 0n,
        exposedWei: 0n,
        authorizedWei: 0n,
        settledWei: 0n,
        workedWei: 0n,
      };
      accounts.set(key, found);
    }
    return found;
  }

  function lineAt(owner: Account, cid: string, weiPerMiB: bigint, bytes = 0): Line {
    const key = `${weiPerMiB} ${cid}`;
    let line = owner.lines.get(key);
    if (!line) {
      line = { cid, weiPerMiB, bytes, reserved: 0, dirty: false };
      owner.lines.set(key, line);
      const cost = costWei(bytes, weiPerMiB);
      owner.deliveredBytes += bytes;
      owner.deliveredWei += cost;
      owner.exposedWei += cost;
    }
    return line;
  }

  /** The line for new bytes of `cid`; a peer that agreed to nothing gets what we quote. */
  function currentLine(owner: Account, cid: string): Line {
    let line = owner.current.get(cid);
    if (!line) {
      line = lineAt(owner, cid, pricing.quote(owner.peer, cid).weiPerMiB);
      owner.current.set(cid, line);
    }
    return line;
  }

  /** Adds to the counters of a line; the account's sums follow. Never called with anything that makes a total fall. */
  function move(owner: Account, line: Line, delivered: number, reserved: number): void {
    const { weiPerMiB } = line;
    owner.deliveredWei -= costWei(line.bytes, weiPerMiB);
    owner.exposedWei -= costWei(line.bytes + line.reserved, weiPerMiB);
    line.bytes += delivered;
    line.reserved += reserved;
    owner.deliveredBytes += delivered;
    owner.deliveredWei += costWei(line.bytes, weiPerMiB);
    owner.exposedWei += costWei(line.bytes + line.reserved, weiPerMiB);
    if (delivered === 0) return;
    line.dirty = true;
    dirty.add(owner);
    unwrittenBytes += delivered;
    if (unwrittenBytes >= FLUSH_BYTES) flush();
    else timer ??= setTimeout(flush, FLUSH_MS);
  }

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    unwrittenBytes = 0;
    if (dirty.size === 0) return;
    transaction(db.connection, () => {
      for (const owner of dirty) {
        for (const line of owner.lines.values()) {
          if (!line.dirty) continue;
          writeLine.run(owner.peer, owner.direction, line.cid, line.weiPerMiB.toString(), line.bytes);
          line.dirty = false;
        }
      }
    });
    dirty.clear();
  }

  function save(owner: Account): void {
    const { peer, direction, authorizedWei, settledWei, workedWei } = owner;
    writeAccount.run(peer, direction, `${authorizedWei}`, `${settledWei}`, `${workedWei}`);
  }

  /** What a peer has given for what it gets: promises and work. */
  const paid = ({ authorizedWei, workedWei }: Account) => authorizedWei + workedWei;

  function limitWei(owner: Account, line: Line): bigint {
    return paid(owner) + creditWei(credit(), paid(owner), line.weiPerMiB);
  }

  const owed = (owner: Account) => (owner.deliveredWei > paid(owner) ? owner.deliveredWei - paid(owner) : 0n);

  for (const row of readAccounts.all()) {
    const owner = account(String(row.peer), row.direction as Direction);
    owner.authorizedWei = BigInt(String(row.authorized_wei));
    owner.settledWei = BigInt(String(row.settled_wei));
    owner.workedWei = BigInt(String(row.worked_wei));
  }
  for (const row of readLines.all()) {
    lineAt(
      account(String(row.peer), row.direction as Direction),
      String(row.cid),
      BigInt(String(row.wei_per_mib)),
      Number(row.bytes),
    );
  }

  return {
    async reserve(peer, cid, want): Promise<Grant> {
      const owner = account(peer, 'out');
      const line = currentLine(owner, cid);
      const before = costWei(line.bytes + line.reserved, line.weiPerMiB);
      const after = costWei(line.bytes + line.reserved + want, line.weiPerMiB);
      const free = line.weiPerMiB === 0n;
      if (!free && owner.exposedWei - before + after > limitWei(owner, line)) return { granted: 0, done: () => {} };
      move(owner, line, 0, want);
      let finished = false;
      return {
        granted: want,
        done(sent) {
          if (finished || !(sent >= 0 && sent <= want))
            throw new Error(`grant of ${want} bytes ended twice or with ${sent}`);
          finished = true;
          move(owner, line, sent, -want);
        },
      };
    },

    received(peer, cid, bytes) {
      const owner = account(peer, 'in');
      move(owner, currentLine(owner, cid), bytes, 0);
    },

    receivable: (peer) => owed(account(peer, 'out')),
    payable: (peer) => owed(account(peer, 'in')),

    totals(peer, direction): Totals {
      const { deliveredBytes, deliveredWei, authorizedWei, settledWei, workedWei } = account(peer, direction);
      const toPromiseWei = deliveredWei > workedWei ? deliveredWei - workedWei : 0n;
      return { deliveredWei, authorizedWei, settledWei, workedWei, toPromiseWei, deliveredBytes };
    },

    agree(peer, direction, cid, terms: Terms) {
      const owner = account(peer, direction);
      owner.current.set(cid, lineAt(owner, cid, terms.weiPerMiB));
    },

    authorize(peer, direction, cumulativeWei) {
      const owner = account(peer, direction);
      if (cumulativeWei <= owner.authorizedWei) {
        throw new AppError(
          'VOUCHER_STALE',
          `${cumulativeWei} wei does not exceed the ${owner.authorizedWei} wei authorized.`,
          {
            cumulativeWei,
            authorizedWei: owner.authorizedWei,
          },
        );
      }
      owner.authorizedWei = cumulativeWei;
      save(owner);
    },

    settle(peer, direction, cumulativeWei) {
      const owner = account(peer, direction);
      if (cumulativeWei <= owner.settledWei) return;
      owner.settledWei = cumulativeWei;
      // The chain cannot pay what was never authorized: a ledger that knows less has lost its file and learns it here.
      if (owner.authorizedWei < cumulativeWei) owner.authorizedWei = cumulativeWei;
      save(owner);
    },

    countWork(peer, direction, cumulativeWei) {
      const owner = account(peer, direction);
      if (cumulativeWei <= owner.workedWei) return;
      owner.workedWei = cumulativeWei;
      save(owner);
    },

    peers: () => [...new Set([...accounts.values()].map((owner) => owner.peer))],

    lines: () =>
      [...accounts.values()].flatMap(({ peer, direction, lines }) =>
        [...lines.values()].map(({ cid, weiPerMiB, bytes }) => ({ peer, direction, cid, weiPerMiB, bytes })),
      ),

    roomBytes(peer, cid) {
      const owner = account(peer, 'out');
      const line = currentLine(owner, cid);
      const room = limitWei(owner, line) - owner.exposedWei;
      return room <= 0n ? 0 : Number(bytesFor(room, line.weiPerMiB));
    },

    creditBytes(peer, cid) {
      const owner = account(peer, 'out');
      const line = currentLine(owner, cid);
      return Number(bytesFor(creditWei(credit(), paid(owner), line.weiPerMiB), line.weiPerMiB));
    },

    flush,
    close: flush,
  };
}
