/** What every ProtocolAdapter does, as a suite that each implementation runs over whatever carries it. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { CHUNK_BYTES, type Content, chunkCount, SLICE_BYTES } from '@chiral/protocol/content';
import { AppError, isAppError } from '@chiral/protocol/errors';
import type { Gate, Offer, PeerKey, ProtocolAdapter, Uplink } from '../../node/src/ports.ts';
import { createUplink } from '../../node/src/transfer/uplink.ts';
import { chunkOf, randomBytes, toTestContent, toTestOffer } from './fixtures.ts';
import { createMemoryStore } from './memory-store.ts';

export interface AdapterPair {
  readonly seller: ProtocolAdapter;
  readonly buyer: ProtocolAdapter;
  /** What the buyer is to the seller. */
  readonly buyerKey: PeerKey;
  /** An endpoint where nobody listens. */
  readonly deadEndpoint: string;
}

/** A gate with so many bytes of room for anybody, and a book of what went out. */
export function createTestGate(room: number): Gate & { room: number; sent: Map<PeerKey, number>; open: number } {
  const gate = {
    room,
    sent: new Map<PeerKey, number>(),
    /** Grants not yet done. */
    open: 0,
    async reserve(peer: PeerKey, _cid: string, want: number) {
      const granted = gate.room >= want ? want : 0;
      gate.room -= granted;
      gate.open++;
      let isDone = false;
      return {
        granted,
        done(sent: number) {
          assert.ok(!isDone, 'done was called twice');
          assert.ok(sent >= 0 && sent <= granted);
          isDone = true;
          gate.open--;
          gate.room += granted - sent;
          gate.sent.set(peer, (gate.sent.get(peer) ?? 0) + sent);
        },
      };
    },
  };
  return gate;
}

/** @param connect a fresh pair that can reach each other */
export function testProtocolAdapter(name: string, connect: (test: TestContext) => Promise<AdapterPair>): void {
  const bytes = randomBytes(5 * CHUNK_BYTES + 123, 11);
  const content = toTestContent(bytes);
  const never = new AbortController().signal;

  async function serve(t: TestContext, uplink?: Uplink) {
    const pair = await connect(t);
    const gate = createTestGate(Number.MAX_SAFE_INTEGER);
    const store = createMemoryStore([{ content, bytes }]);
    const served = await pair.seller.serve(content, uplink ?? createUplink({ store, gate }));
    t.after(() => served.stop());
    const offer = toTestOffer(content, [{ protocol: pair.seller.protocol, url: served.endpoint }]);
    const fetch = (chunk: number, signal = never, of: Offer = offer, wanted: Content = content) =>
      pair.buyer.fetch(of, wanted, chunk, signal);
    return { ...pair, ...served, gate, offer, fetch };
  }

  test(`${name}: every chunk arrives whole, the short last one too, and all are accounted to the buyer`, async (t) => {
    const { fetch, gate, buyerKey } = await serve(t);
    for (let chunk = 0; chunk < chunkCount(content.size); chunk++) {
      assert.ok(Buffer.from(await fetch(chunk)).equals(chunkOf(bytes, chunk)));
    }
    assert.deepEqual([...gate.sent], [[buyerKey, bytes.length]]);
    assert.equal(gate.open, 0);
  });

  test(`${name}: many requests at once`, async (t) => {
    const { fetch } = await serve(t);
    const wanted = Array.from({ length: 60 }, (_, i) => i % 6);
    const got = await Promise.all(wanted.map((chunk) => fetch(chunk)));
    got.forEach((data, i) => {
      assert.ok(Buffer.from(data).equals(chunkOf(bytes, wanted[i]!)));
    });
  });

  test(`${name}: where it gives ranges, every slice of a chunk, accounted as what it is`, async (t) => {
    const { buyer, offer, gate, buyerKey } = await serve(t);
    if (!buyer.fetchRange) return t.skip('whole chunks only');
    for (const chunk of [1, 5]) {
      const whole = chunkOf(bytes, chunk);
      for (let start = 0; start < whole.length; start += SLICE_BYTES) {
        const range = { start, end: Math.min(whole.length, start + SLICE_BYTES) };
        const data = await buyer.fetchRange(offer, content, chunk, range, never);
        assert.ok(Buffer.from(data).equals(whole.subarray(range.start, range.end)), `chunk ${chunk} from ${start}`);
      }
    }
    assert.deepEqual([...gate.sent], [[buyerKey, CHUNK_BYTES + 123]]);
    gate.room = 0;
    await assert.rejects(buyer.fetchRange(offer, content, 0, { start: 0, end: SLICE_BYTES }, never), (error) =>
      isAppError(error, 'CHOKED'),
    );
  });

  test(`${name}: a closed gate is CHOKED, sends nothing, and opens again`, async (t) => {
    const { fetch, gate } = await serve(t);
    gate.room = CHUNK_BYTES;
    await fetch(0);
    await assert.rejects(fetch(1), (error) => isAppError(error, 'CHOKED'));
    assert.equal([...gate.sent.values()][0], CHUNK_BYTES);
    assert.equal(gate.open, 0, 'a refused grant was not done');
    gate.room = CHUNK_BYTES;
    assert.ok(Buffer.from(await fetch(1)).equals(chunkOf(bytes, 1)));
  });

  test(`${name}: after stop it is NOT_FOUND, and serving again works`, async (t) => {
    const { fetch, stop, seller } = await serve(t);
    await fetch(0);
    await stop();
    await assert.rejects(fetch(0), (error) => isAppError(error, 'NOT_FOUND', 'PEER_UNREACHABLE'));
    const store = createMemoryStore([{ content, bytes }]);
    const again = await seller.serve(content, createUplink({ store, gate: createTestGate(bytes.length) }));
    const offer = toTestOffer(content, [{ protocol: seller.protocol, url: again.endpoint }]);
    await fetch(0, never, offer);
    await again.stop();
  });

  test(`${name}: faults of the store reach the buyer as what they are`, async (t) => {
    for (const code of ['NOT_FOUND', 'CONTENT_CHANGED'] as const) {
      const { fetch } = await serve(t, { read: () => Promise.reject(new AppError(code, 'Simulated.')) });
      await assert.rejects(fetch(0), (error) => isAppError(error, code));
    }
  });

  test(`${name}: a request given up is CANCELLED, at once`, async (t) => {
    let asked!: () => void;
    const isAsked = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const { fetch } = await serve(t, {
      read: () => {
        asked();
        return new Promise(() => {});
      },
    });
    const controller = new AbortController();
    const fetching = fetch(0, controller.signal);
    await isAsked;
    controller.abort();
    await assert.rejects(fetching, (error) => isAppError(error, 'CANCELLED'));
    await assert.rejects(fetch(0, AbortSignal.abort()), (error) => isAppError(error, 'CANCELLED'));
  });

  test(`${name}: an endpoint where nobody is`, async (t) => {
    const { fetch, seller, deadEndpoint } = await serve(t);
    const offer = toTestOffer(content, [{ protocol: seller.protocol, url: deadEndpoint }]);
    await assert.rejects(fetch(0, never, offer), (error) =>
      isAppError(error, 'PEER_UNREACHABLE', 'NOT_FOUND', 'TIMEOUT'),
    );
  });
}
