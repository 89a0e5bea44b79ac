/**
 * Row 25: one honest seller and one that corrupts, both over the same real transport, both made to contribute; fifty times each.
 * The file comes out right, the liar is banned every time and the honest one never, and little is fetched for nothing.
 * Where a protocol carries slices, the same for a lie in a slice of a chunk that both bring together.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CHUNK_BYTES, chunkCount, chunkLength } from '@chiral/protocol/content';
import type { ProtocolName } from '@chiral/protocol/offer';
import { createHttpServer } from '../../node/src/http.ts';
import { createLog } from '../../node/src/log.ts';
import type { Offer, ProtocolAdapter, Uplink } from '../../node/src/ports.ts';
import { createEd2kAdapter } from '../../node/src/transfer/adapters/ed2k/adapter.ts';
import { createHttpAdapter } from '../../node/src/transfer/adapters/http.ts';
import { createLibp2pAdapter } from '../../node/src/transfer/adapters/libp2p/adapter.ts';
import { startTransfer, type TransferEvent } from '../../node/src/transfer/scheduler.ts';
import { loopbackAdapters } from '../interop/support/torrent-fixture.ts';
import { createTestNetwork } from '../ports/discovery-network.ts';
import { chunkOf, createRandom, randomBytes, toTestContent, toTestOffer } from '../ports/fixtures.ts';
import { createMemoryStore } from '../ports/memory-store.ts';

const ROUNDS = 50;
/** Rounds in which the lie is in a slice. */
const SLICE_ROUNDS = 10;
/** The chunk that a player waits for, and both therefore bring together. */
const SHARED = 6;
const CHUNKS = 8;
/** What may come for nothing in a round, pieces: the bad one, and one that was on its way. */
const MAX_WASTE = 2;
const bytes = randomBytes(CHUNKS * CHUNK_BYTES - 77, 25);
const content = toTestContent(bytes);
const readLocal = async (_cid: string, chunk: number) => chunkOf(bytes, chunk);
const log = createLog('silent');

interface Seller {
  readonly peer: string;
  readonly adapter: ProtocolAdapter;
}
interface Setup {
  readonly buyer: ProtocolAdapter;
  readonly honest: Seller;
  readonly liar: Seller;
  close(): Promise<void>;
}

const transports: Record<ProtocolName, () => Promise<Setup>> = {
  async http() {
    const seller = async (peer: string) => {
      let url = '';
      const adapter = createHttpAdapter({
        sessions: { issue: () => '', peer: () => undefined },
        credentials: { token: () => undefined },
        publicUrl: () => url,
      });
      const server = await createHttpServer((q, s) => adapter.router(q, s, () => s.writeHead(404).end()), {
        host: '127.0.0.1',
        port: 0,
      });
      url = server.url;
      return { peer, adapter, server };
    };
    const [honest, liar, buyer] = await Promise.all(['honest', 'liar', 'buyer'].map(seller));
    return {
      buyer: buyer!.adapter,
      honest: honest!,
      liar: liar!,
      async close() {
        for (const { adapter, server } of [buyer!, honest!, liar!]) {
          adapter.close();
          await server.close();
        }
      },
    };
  },
  async libp2p() {
    const network = createTestNetwork();
    const nodes = await Promise.all([0, 1, 2].map(() => network.start({ listen: ['/ip4/127.0.0.1/tcp/0'] })));
    const adapters = await Promise.all(nodes.map(({ host }) => createLibp2pAdapter({ host })));
    const seller = (n: number) => ({ peer: nodes[n]!.host.peerId, adapter: adapters[n]! });
    return {
      buyer: adapters[0]!,
      honest: seller(1),
      liar: seller(2),
      async close() {
        await Promise.all(adapters.map((adapter) => adapter.close()));
        await network.close();
      },
    };
  },
  bittorrent: () => torrent('bittorrent'),
  webtorrent: () => torrent('webtorrent'),
  async ed2k() {
    const [buyer, honest, liar] = ['1', '2', '3'].map((digit) =>
      createEd2kAdapter({
        listenHost: '127.0.0.1',
        listenPort: 0,
        publicHost: '127.0.0.1',
        userHash: digit.repeat(32),
        peers: () => undefined,
        readLocal,
        log,
      }),
    );
    return {
      buyer: buyer!,
      honest: { peer: 'honest', adapter: honest! },
      liar: { peer: 'liar', adapter: liar! },
      async close() {
        await Promise.all([buyer!, honest!, liar!].map((adapter) => adapter.close()));
      },
    };
  },
};

async function torrent(protocol: 'bittorrent' | 'webtorrent'): Promise<Setup> {
  const [buyer, honest, liar] = [loopbackAdapters(bytes), loopbackAdapters(bytes), loopbackAdapters(bytes)];
  return {
    buyer: buyer[protocol],
    honest: { peer: 'honest', adapter: honest[protocol] },
    liar: { peer: 'liar', adapter: liar[protocol] },
    async close() {
      for (const adapters of [buyer, honest, liar]) await adapters.stop();
    },
  };
}

/** What the two sellers of a round know of it. */
interface Round {
  /** Resolves when both have brought a good chunk. */
  readonly bothContributed: Promise<void>;
  /** Resolves when the liar is banned. */
  readonly caught: Promise<void>;
  /** What the liar is asked for before the other is, in order; the first it sends as it is, the rest it does not. */
  readonly liarsChunks: number[];
}

for (const protocol of Object.keys(transports) as ProtocolName[]) {
  test(`row 25 over ${protocol}: the liar is banned ${ROUNDS} of ${ROUNDS} times, the honest one never`, async (t) => {
    const seed = Date.now() % 1_000_000;
    t.diagnostic(`seed ${seed}`);
    const random = createRandom(seed);
    const setup = await transports[protocol]();
    try {
      let round: Round | undefined;
      const slice = (chunk: number, range?: { start: number; end: number }) =>
        Uint8Array.from(chunkOf(bytes, chunk).subarray(range?.start ?? 0, range?.end ?? CHUNK_BYTES));
      const honestUplink: Uplink = {
        async read(_peer, _cid, chunk, range) {
          // What the liar is about to send is not sent before it: else it may have brought nothing, or be found out by nobody.
          if (round?.liarsChunks[0] === chunk) await round.bothContributed;
          else if (round?.liarsChunks.includes(chunk)) await round.caught;
          return slice(chunk, range);
        },
      };
      const liarsUplink: Uplink = {
        async read(_peer, _cid, chunk, range) {
          const data = slice(chunk, range);
          if (!round?.liarsChunks.slice(1).includes(chunk)) return data;
          await round.bothContributed;
          // One bit, somewhere in what was asked for.
          data[Math.floor(random() * data.length)]! ^= 1;
          return data;
        },
      };
      const offers: Offer[] = [];
      for (const [{ peer, adapter }, uplink] of [
        [setup.honest, honestUplink],
        [setup.liar, liarsUplink],
      ] as const) {
        const { endpoint } = await adapter.serve(content, uplink);
        offers.push(toTestOffer(content, [{ protocol, url: endpoint }], { peerId: peer }));
      }
      let mostWaste = 0;
      for (let count = 0; count < ROUNDS; count++) {
        // Adapters keep parts of chunks that were given up; each round begins without those of the last.
        round = undefined;
        await Promise.all(
          offers.flatMap((offer) =>
            Array.from({ length: CHUNKS }, (_, chunk) =>
              setup.buyer.fetch(offer, content, chunk, AbortSignal.timeout(30_000)),
            ),
          ),
        );
        const both = Promise.withResolvers<void>();
        const isIn = new Set<string>();
        const caught = Promise.withResolvers<void>();
        const liarsChunks: number[] = [];
        const askedOfHonest = new Set<number>();
        round = { bothContributed: both.promise, caught: caught.promise, liarsChunks };
        let arrived = 0;
        const counting: ProtocolAdapter = {
          ...setup.buyer,
          protocol,
          async fetch(...args) {
            const [{ peerId }, , chunk] = args;
            if (peerId !== setup.liar.peer) askedOfHonest.add(chunk);
            else if (!askedOfHonest.has(chunk)) liarsChunks.push(chunk);
            const data = await setup.buyer.fetch(...args);
            arrived++;
            return data;
          },
        };
        const store = createMemoryStore();
        const events: TransferEvent[] = [];
        const transfer = startTransfer({
          content,
          sources: (async function* () {
            for (const offer of offers) yield { peer: offer.peerId, offer, price: 1 };
          })(),
          adapters: [counting],
          store,
          meter: { received: () => {} },
          onEvent(event) {
            events.push(event);
            if (event.type === 'chunk') isIn.add(event.peer);
            if (isIn.size === 2) both.resolve();
            if (event.type === 'banned') caught.resolve();
          },
        });
        const { sources } = await transfer.report;
        const [honest, liar] = [setup.honest, setup.liar].map((one) => sources.find(({ peer }) => peer === one.peer)!);
        assert.ok(store.bytes(content).equals(bytes), `round ${count}: the file differs`);
        assert.ok(honest!.chunks > 0 && liar!.chunks > 0, `round ${count}: both have to contribute`);
        assert.deepEqual([honest!.state, liar!.state], ['active', 'banned'], `round ${count}`);
        assert.deepEqual(
          events.filter(({ type }) => type === 'banned').map(({ peer }) => peer),
          [setup.liar.peer],
        );
        mostWaste = Math.max(mostWaste, arrived - chunkCount(content.size));
        assert.ok(arrived - chunkCount(content.size) <= MAX_WASTE, `round ${count}: ${arrived} pieces for ${CHUNKS}`);
      }
      t.diagnostic(`at most ${mostWaste} pieces for nothing in a round`);
    } finally {
      await setup.close();
    }
  });
}

for (const protocol of ['http', 'libp2p'] as const) {
  test(`a lie in a slice over ${protocol} is laid to who told it, ${SLICE_ROUNDS} of ${SLICE_ROUNDS} times`, async () => {
    const setup = await transports[protocol]();
    try {
      const of = (chunk: number, { start, end } = { start: 0, end: CHUNK_BYTES }) =>
        Uint8Array.from(chunkOf(bytes, chunk).subarray(start, end));
      const offers: Offer[] = [];
      for (const { peer, adapter } of [setup.honest, setup.liar]) {
        const { endpoint } = await adapter.serve(content, {
          async read(_peer, _cid, chunk, range) {
            const data = of(chunk, range);
            // Only slices: of a whole chunk anybody would know at once who sent it.
            if (peer === setup.liar.peer && data.length < chunkLength(content.size, chunk))
              data[data.length >> 1]! ^= 1;
            return data;
          },
        });
        offers.push(toTestOffer(content, [{ protocol, url: endpoint }], { peerId: peer }));
      }
      for (let count = 0; count < SLICE_ROUNDS; count++) {
        let arrived = 0;
        const sharing = new Set<string>();
        const counting: ProtocolAdapter = {
          ...setup.buyer,
          protocol,
          async fetch(...args) {
            const data = await setup.buyer.fetch(...args);
            arrived += data.length;
            return data;
          },
          async fetchRange(...args) {
            const [{ peerId }, , chunk] = args;
            if (chunk === SHARED) sharing.add(peerId);
            const data = await setup.buyer.fetchRange!(...args);
            arrived += data.length;
            return data;
          },
        };
        const store = createMemoryStore();
        async function* both() {
          for (const offer of count % 2 === 0 ? offers : offers.toReversed()) {
            yield { peer: offer.peerId, offer, price: 1 };
          }
          transfer.seek(SHARED);
        }
        const transfer = startTransfer({
          content,
          sources: both(),
          adapters: [counting],
          store,
          meter: { received: () => {} },
        });
        const { sources } = await transfer.report;
        const [honest, liar] = [setup.honest, setup.liar].map((one) => sources.find(({ peer }) => peer === one.peer)!);
        assert.ok(store.bytes(content).equals(bytes), `round ${count}: the file differs`);
        assert.equal(sharing.size, 2, `round ${count}: the chunk was not shared`);
        assert.deepEqual(
          [honest!.state, honest!.bad, liar!.state],
          ['active', 0, 'banned'],
          `round ${count}: who is banned`,
        );
        assert.ok(arrived - bytes.length <= MAX_WASTE * CHUNK_BYTES, `round ${count}: ${arrived} bytes came`);
      }
    } finally {
      await setup.close();
    }
  });
}
