/**
 * The one way out of the store: ask the gate, read, account. It holds no state and knows nothing of what a gate weighs.
 */
import { CHUNK_BYTES } from '@chiral/protocol/content';
import { AppError } from '@chiral/protocol/errors';
import type { ChunkStore, Gate, Uplink } from '../ports.ts';

export function createUplink({ store, gate }: { store: ChunkStore; gate: Gate }): Uplink {
  return {
    async read(peer, cid, chunk, range, into) {
      if (!store.has(cid, chunk)) throw new AppError('NOT_FOUND', 'This chunk is not here.', { chunk });
      // Without a range the length is known only after reading; the grant is for the most it can be.
      const want = range ? range.end - range.start : CHUNK_BYTES;
      if (want <= 0) return new Uint8Array(0);
      const grant = await gate.reserve(peer, cid, want);
      if (grant.granted < want) {
        grant.done(0);
        throw new AppError('CHOKED', 'Nothing more may be sent to this peer now.', { want });
      }
      let data: Uint8Array;
      try {
        data = await store.get(cid, chunk, range, into);
      } catch (error) {
        grant.done(0);
        throw error;
      }
      grant.done(data.length);
      return data;
    },
  };
}
