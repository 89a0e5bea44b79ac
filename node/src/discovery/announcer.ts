/**
 * Keeps this node's provider records in the DHT. It owns the list of what is provided now. Records are announced at once,
 * again while the network around a young node grows (an announcement into an empty DHT reaches nobody), and by the DHT
 * itself within each half hour until they are withdrawn.
 */
import { CID } from 'multiformats/cid';
import type { Log } from '../log.ts';
import type { Host } from './host-core.ts';
import { K } from './limits.ts';

/** One announcement may take this long, ms; it goes on to the nodes it reached. */
const ANNOUNCE_TIMEOUT_MS = 20_000;
/** Announcements at once; each asks up to K nodes. */
const PARALLEL_ANNOUNCEMENTS = 8;
/** New DHT peers are waited for this long before records go to them, ms: they come in groups. */
const SETTLE_MS = 250;

interface Record {
  readonly cid: CID;
  /** How many still want it provided. */
  holders: number;
  /** DHT peers known when it was last announced. */
  peersThen: number;
}

export interface Announcer {
  provide(cid: string): Promise<{ stop(): Promise<void> }>;
  stop(): Promise<void>;
}

/** How often offers are told again to the second index, ms: well before an offer expires, and after a restart of the index. */
const RETELL_MS = 20 * 60_000;

/** @param tell brings the offer of `cid` to the second index; it may fail */
export function createAnnouncer(
  host: Host,
  tell: (cid: string, signal: AbortSignal) => Promise<void>,
  log?: Log,
): Announcer {
  const records = new Map<string, Record>();
  const stopping = new AbortController();
  let running = 0;
  const waiting: (() => void)[] = [];
  let settle: NodeJS.Timeout | undefined;

  const announce = async (record: Record): Promise<void> => {
    if (running >= PARALLEL_ANNOUNCEMENTS) await new Promise<void>((resolve) => waiting.push(resolve));
    running++;
    try {
      if (stopping.signal.aborted || record.holders === 0) return;
      record.peersThen = host.dhtPeerCount();
      const signal = AbortSignal.any([stopping.signal, AbortSignal.timeout(ANNOUNCE_TIMEOUT_MS)]);
      // Not waited for: a bootstrap node that is gone must not hold the announcement up.
      tell(record.cid.toString(), signal).catch((error: unknown) => {
        log?.debug({ cid: record.cid.toString(), error: String(error) }, 'the second index was not told');
      });
      for await (const _event of host.dht.provide(record.cid, { signal })) {
        // The search and each node's answer pass by; only the end matters here.
      }
    } catch (error) {
      log?.debug({ cid: record.cid.toString(), error: String(error) }, 'announcement cut short');
    } finally {
      running--;
      waiting.shift()?.();
    }
  };

  const retelling = setInterval(async () => {
    for (const name of [...records.keys()]) {
      if (stopping.signal.aborted) return;
      await tell(name, AbortSignal.any([stopping.signal, AbortSignal.timeout(ANNOUNCE_TIMEOUT_MS)])).catch(() => {});
    }
  }, RETELL_MS);
  retelling.unref?.();

  // Doubling keeps a young node's records where others look at five announcements each, however many peers come.
  const unsubscribe = host.onDhtPeer(() => {
    if (settle || stopping.signal.aborted) return;
    settle = setTimeout(() => {
      settle = undefined;
      const peers = host.dhtPeerCount();
      for (const record of records.values()) {
        if (record.peersThen < K && peers >= 2 * record.peersThen && peers > 0) void announce(record);
      }
    }, SETTLE_MS);
    settle.unref?.();
  });

  return {
    async provide(text) {
      const cid = CID.parse(text);
      const name = cid.toString();
      let record = records.get(name);
      if (record) record.holders++;
      else {
        record = { cid, holders: 1, peersThen: 0 };
        records.set(name, record);
        await announce(record);
      }
      const held = record;
      let stopped = false;
      return {
        async stop() {
          if (stopped) return;
          stopped = true;
          held.holders--;
          if (held.holders > 0) return;
          records.delete(name);
          // Nodes that hold the record forget it in an hour; until then we answer that it is not here.
          await host.dht.cancelReprovide(cid);
        },
      };
    },
    async stop() {
      unsubscribe();
      clearTimeout(settle);
      clearInterval(retelling);
      stopping.abort();
      for (const resume of waiting.splice(0)) resume();
    },
  };
}
