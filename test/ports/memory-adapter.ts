/** A ProtocolAdapter in memory: what is served here is fetched from here. The fake of the suite. */
import { chunkLength } from '@chiral/protocol/content';
import { AppError } from '@chiral/protocol/errors';
import type { Content, PeerKey, ProtocolAdapter, Uplink } from '../../node/src/ports.ts';

/** @param self the peer that this side's requests come from */
export function createMemoryAdapter(self: PeerKey): ProtocolAdapter {
  const served = new Map<string, { content: Content; uplink: Uplink }>();
  return {
    protocol: 'http',
    async fetch(offer, content, chunk, signal) {
      if (signal.aborted) throw new AppError('CANCELLED', 'Given up.');
      const entry = served.get(offer.endpoints[0]!.url);
      if (!entry) throw new AppError('NOT_FOUND', 'Not served here.');
      const end = chunkLength(content.size, chunk);
      return await new Promise<Uint8Array>((resolve, reject) => {
        signal.addEventListener('abort', () => reject(new AppError('CANCELLED', 'Given up.')), { once: true });
        entry.uplink.read(self, content.cid, chunk, { start: 0, end }).then(resolve, reject);
      });
    },
    async serve(content, uplink) {
      const endpoint = `memory:${content.cid}`;
      const entry = { content, uplink };
      served.set(endpoint, entry);
      return {
        endpoint,
        async stop() {
          if (served.get(endpoint) === entry) served.delete(endpoint);
        },
      };
    },
  };
}
