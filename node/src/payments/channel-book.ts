/**
 * The book of channels this node pays through or is paid by, with the newest voucher of each. The one state of the
 * payment layer. A cumulative amount only grows, and whoever raises one waits for the disk before it acts on it: a voucher that was
 * acknowledged, or that we signed, survives kill -9 and loss of power.
 */
import type { ChannelConfig, SignedVoucher } from '@chiral/protocol/payment';
import type { PeerKey } from '../ports.ts';
import type { Database } from '../sql.ts';

const MIGRATIONS = [
  `CREATE TABLE channel (
     id TEXT PRIMARY KEY, role TEXT NOT NULL, peer TEXT NOT NULL, config TEXT NOT NULL,
     balance_wei TEXT NOT NULL, cumulative_wei TEXT NOT NULL, signature TEXT NOT NULL,
     settled_wei TEXT NOT NULL, closing INTEGER NOT NULL
   ) STRICT;
   CREATE INDEX channel_peer ON channel (role, peer);`,
];

/** `payer`: our money, another's claim. `payee`: the reverse. */
export type ChannelRole = 'payer' | 'payee';

export interface Channel {
  readonly id: string;
  readonly role: ChannelRole;
  /** The other side. */
  readonly peer: PeerKey;
  readonly config: ChannelConfig;
  /** What the contract holds for this channel, paid-out amounts included, wei. Last read from the contract. */
  balanceWei: bigint;
  /** Newest running total signed (payer) or accepted (payee), wei. */
  cumulativeWei: bigint;
  /** Signature of that total; empty before the first. */
  signature: string;
  /** Claimed on the chain, wei. */
  settledWei: bigint;
  /** A withdrawal has begun: no new voucher counts. */
  closing: boolean;
}

export interface ChannelBook {
  find(id: string): Channel | undefined;
  /** Channels with `peer` in `role`, oldest first. */
  of(role: ChannelRole, peer: PeerKey): readonly Channel[];
  all(role: ChannelRole): Channel[];
  /** Adds a channel that was just opened or presented; one already known keeps its vouchers. */
  add(channel: Pick<Channel, 'id' | 'role' | 'peer' | 'config' | 'balanceWei'>): Channel;
  /**
   * New running total with its signature: in the book at once, on disk when this resolves. Throws a plain Error at once if it
   * does not grow: callers check.
   * @throws STORE_FAILED
   */
  raise(channel: Channel, cumulativeWei: bigint, signature: string): Promise<void>;
  /** Resolves when everything in the book is on disk. @throws STORE_FAILED */
  synced(): Promise<void>;
  /** What the contract said just now. */
  observe(channel: Channel, seen: { balanceWei: bigint; settledWei: bigint; closing: boolean }): void;
}

export function createChannelBook(db: Database): ChannelBook {
  db.migrate('channels', MIGRATIONS);
  const channels = new Map<string, Channel>();
  /** The same by `role peer`, oldest first: asked for with every chunk, however many channels there are. */
  const byPeer = new Map<string, Channel[]>();
  const insert = db.connection.prepare(
    `INSERT INTO channel (id, role, peer, config, balance_wei, cumulative_wei, signature, settled_wei, closing)
     VALUES (?, ?, ?, ?, ?, '0', '', '0', 0)`,
  );
  const raise = db.connection.prepare('UPDATE channel SET cumulative_wei = ?, signature = ? WHERE id = ?');
  const observe = db.connection.prepare(
    'UPDATE channel SET balance_wei = ?, settled_wei = ?, closing = ? WHERE id = ?',
  );
  for (const row of db.connection.prepare('SELECT * FROM channel ORDER BY rowid').all()) {
    keep({
      id: String(row.id),
      role: row.role as ChannelRole,
      peer: String(row.peer),
      config: JSON.parse(String(row.config)),
      balanceWei: BigInt(String(row.balance_wei)),
      cumulativeWei: BigInt(String(row.cumulative_wei)),
      signature: String(row.signature),
      settledWei: BigInt(String(row.settled_wei)),
      closing: row.closing === 1,
    });
  }
  function keep(channel: Channel): void {
    channels.set(channel.id, channel);
    const key = `${channel.role} ${channel.peer}`;
    const known = byPeer.get(key);
    if (known) known.push(channel);
    else byPeer.set(key, [channel]);
  }

  const all = (role: ChannelRole) => [...channels.values()].filter((channel) => channel.role === role);
  return {
    find: (id) => channels.get(id),
    of: (role, peer) => byPeer.get(`${role} ${peer}`) ?? [],
    all,
    add({ id, role, peer, config, balanceWei }) {
      const known = channels.get(id);
      if (known) return known;
      insert.run(id, role, peer, JSON.stringify(config), balanceWei.toString());
      const channel: Channel = {
        id,
        role,
        peer,
        config,
        balanceWei,
        cumulativeWei: 0n,
        signature: '',
        settledWei: 0n,
        closing: false,
      };
      keep(channel);
      return channel;
    },
    raise(channel, cumulativeWei, signature) {
      if (cumulativeWei <= channel.cumulativeWei) throw new Error('a running total must grow');
      raise.run(cumulativeWei.toString(), signature, channel.id);
      channel.cumulativeWei = cumulativeWei;
      channel.signature = signature;
      return db.synced();
    },
    synced: () => db.synced(),
    observe(channel, { balanceWei, settledWei, closing }) {
      if (channel.balanceWei === balanceWei && channel.settledWei === settledWei && channel.closing === closing) return;
      observe.run(balanceWei.toString(), settledWei.toString(), closing ? 1 : 0, channel.id);
      Object.assign(channel, { balanceWei, settledWei, closing });
    },
  };
}

/** The newest voucher of a channel, as it travels. */
export function toVoucher(channel: Channel): SignedVoucher {
  const { id, cumulativeWei, config, signature } = channel;
  return { channelId: id, maxClaimableAmount: cumulativeWei, config, signature };
}
