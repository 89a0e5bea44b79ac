/**
 * What strangers may leave in our part of the DHT: caps around the datastore and the peer store that `kadDHT` is given,
 * since it has none of its own (CVE-2023-40583 is that fault elsewhere). It owns the counts of stored provider records;
 * the records themselves stay in the datastore underneath.
 */
import type { Peer, PeerId, PeerStore } from '@libp2p/interface';
import type { Libp2pOptions } from 'libp2p';

export type Datastore = NonNullable<Libp2pOptions['datastore']>;
type Key = Parameters<Datastore['put']>[0];

/** Provider records kept per content. */
export const MAX_PROVIDERS_PER_KEY = 100;
/** Provider records kept in all: about 64 MiB of memory and disk at worst. */
export const MAX_PROVIDER_RECORDS = 100_000;
/** Provider records kept for one peer; a seeder of more files is still found through the other nodes near each key. */
export const MAX_RECORDS_PER_PEER = 10_000;
/** Addresses kept per peer. */
export const MAX_ADDRESSES_PER_PEER = 16;

const PROVIDER_PREFIX = '/dht/provider/';

export interface ProviderLimits {
  readonly perKey: number;
  readonly total: number;
  readonly perPeer: number;
}

const DEFAULT_LIMITS: ProviderLimits = {
  perKey: MAX_PROVIDERS_PER_KEY,
  total: MAX_PROVIDER_RECORDS,
  perPeer: MAX_RECORDS_PER_PEER,
};

/** Splits a datastore key into content and peer; undefined when it is not that of a provider record. */
function providerKey(key: Key): { content: string; peer: string } | undefined {
  const text = key.toString();
  if (!text.startsWith(PROVIDER_PREFIX)) return undefined;
  const [content, peer, more] = text.slice(PROVIDER_PREFIX.length).split('/');
  return content && peer && more === undefined ? { content, peer } : undefined;
}

/** Counts by name; a count of zero is not kept. */
class Tally {
  readonly #counts = new Map<string, number>();

  get(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  add(name: string, change: 1 | -1): void {
    const count = this.get(name) + change;
    if (count > 0) this.#counts.set(name, count);
    else this.#counts.delete(name);
  }
}

/**
 * `inner` with a cap on provider records. A record above a cap is dropped silently, as the protocol has no answer for it;
 * refreshing a kept one always works, so whoever was there first stays. Records of `self` are always taken.
 *
 * Records of `self` from an earlier run are removed here: what is provided now is the daemon's decision at each start.
 */
export async function boundedDatastore(
  inner: Datastore,
  self: string,
  limits: ProviderLimits = DEFAULT_LIMITS,
): Promise<Datastore & { providerRecords(): number }> {
  const perKey = new Tally();
  const perPeer = new Tally();
  let total = 0;
  const count = ({ content, peer }: { content: string; peer: string }, change: 1 | -1) => {
    perKey.add(content, change);
    perPeer.add(peer, change);
    total += change;
  };

  const stale: Key[] = [];
  for await (const key of inner.queryKeys({ prefix: PROVIDER_PREFIX })) {
    const record = providerKey(key);
    if (record?.peer === self) stale.push(key);
    else if (record) count(record, 1);
  }
  for (const key of stale) await inner.delete(key);

  const isFull = ({ content, peer }: { content: string; peer: string }) =>
    peer !== self &&
    (total >= limits.total || perKey.get(content) >= limits.perKey || perPeer.get(peer) >= limits.perPeer);

  // Changes to one record take turns: it is counted exactly when it comes and when it goes.
  const turns = new Map<string, Promise<unknown>>();
  const inTurn = <T>(key: Key, work: () => Promise<T>): Promise<T> => {
    const name = key.toString();
    const turn = (turns.get(name) ?? Promise.resolve()).then(work, work);
    turns.set(name, turn);
    const done = () => {
      if (turns.get(name) === turn) turns.delete(name);
    };
    turn.then(done, done);
    return turn;
  };

  const put: Datastore['put'] = async (key, value, options) => {
    const record = providerKey(key);
    if (!record) return inner.put(key, value, options);
    return inTurn(key, async () => {
      if (!(await inner.has(key, options))) {
        if (isFull(record)) return key;
        // Counted before the write, so that parallel puts cannot pass a cap together.
        count(record, 1);
      }
      return inner.put(key, value, options);
    });
  };
  const remove: Datastore['delete'] = async (key, options) => {
    const record = providerKey(key);
    if (!record) return inner.delete(key, options);
    return inTurn(key, async () => {
      if (await inner.has(key, options)) count(record, -1);
      await inner.delete(key, options);
    });
  };

  return {
    put,
    delete: remove,
    get: (key, options) => inner.get(key, options),
    has: (key, options) => inner.has(key, options),
    query: (query, options) => inner.query(query, options),
    queryKeys: (query, options) => inner.queryKeys(query, options),
    getMany: (source, options) => inner.getMany(source, options),
    async *putMany(source, options) {
      for await (const pair of source) {
        await put(pair.key, pair.value, options);
        yield pair.key;
      }
    },
    async *deleteMany(source, options) {
      for await (const key of source) {
        await remove(key, options);
        yield key;
      }
    },
    batch() {
      const work: (() => unknown)[] = [];
      return {
        put: (key, value) => void work.push(() => put(key, value)),
        delete: (key) => void work.push(() => remove(key)),
        commit: async () => {
          for (const step of work.splice(0)) await step();
        },
      };
    },
    providerRecords: () => total,
  };
}

/**
 * `inner` keeping at most `max` addresses of a peer that others tell us of, the newest first. A peer that is not known has
 * no addresses, and is no error: kadDHT 16.4 would refuse a whole question for one provider whose addresses have aged out.
 */
export function boundedPeerStore(inner: PeerStore, max: number = MAX_ADDRESSES_PER_PEER): PeerStore {
  return new Proxy(inner, {
    get(target, name) {
      if (name === 'get') {
        return async (id: PeerId, options?: never): Promise<Peer> => {
          if (await target.has(id, options)) return target.get(id, options);
          return { id, addresses: [], protocols: [], metadata: new Map(), tags: new Map() };
        };
      }
      if (name === 'merge') {
        return async (peerId: PeerId, data: Parameters<PeerStore['merge']>[1], options?: never) => {
          const { multiaddrs: told, ...rest } = data;
          if (!told?.length) return target.merge(peerId, data, options);
          const known = (await target.has(peerId, options))
            ? (await target.get(peerId, options)).addresses.map((address) => address.multiaddr)
            : [];
          const texts = new Set<string>();
          const kept = [...told.slice(0, max), ...known].filter(
            (address) => !texts.has(address.toString()) && texts.add(address.toString()) && texts.size <= max,
          );
          if (kept.length === known.length && kept.every((address) => known.some((other) => other.equals(address))))
            return target.merge(peerId, { ...rest, multiaddrs: kept }, options);
          await target.merge(peerId, rest, options);
          return target.patch(peerId, { multiaddrs: kept }, options);
        };
      }
      const value = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
