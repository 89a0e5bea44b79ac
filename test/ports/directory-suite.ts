/** What every Directory must do. Run it on each implementation, fakes included. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import type { Directory } from '@chiral/node/ports';
import { aliasCid, CHUNK_BYTES, fromContent } from '@chiral/protocol/content';
import { isAppError } from '@chiral/protocol/errors';
import { collect, contentOf, firstOf, offerOf, type Shelf, until } from './discovery-network.ts';

export interface DirectoryNode {
  readonly peerId: string;
  readonly directory: Directory;
  readonly shelf: Shelf;
}

export interface DirectoryUnderTest {
  /** A network in which everybody can find everybody. */
  start(count: number): Promise<DirectoryNode[]>;
  /** Makes one node unreachable without warning to the others. */
  kill(node: DirectoryNode): Promise<void>;
  close(): Promise<void>;
}

export function testDirectory(name: string, create: () => DirectoryUnderTest): void {
  describe(`Directory: ${name}`, () => {
    const network = create();
    let nodes: DirectoryNode[];
    before(async () => {
      nodes = await network.start(4);
    });
    after(() => network.close());

    const publish = async (node: DirectoryNode, bytes: Uint8Array = randomBytes(1000), changes = {}) => {
      const content = contentOf(bytes);
      node.shelf.put(content, offerOf(node.peerId, content, changes));
      return { content, provided: await node.directory.provide(content.cid) };
    };
    const soon = () => AbortSignal.timeout(20_000);

    test('finds one valid offer per provider, and only of the content asked for', async () => {
      const [a, b, , d] = nodes as [DirectoryNode, DirectoryNode, DirectoryNode, DirectoryNode];
      const bytes = randomBytes(1000);
      const { content } = await publish(a, bytes);
      await publish(b, bytes);
      await publish(b);
      const offers = await collect(d.directory.findOffers(content.cid, soon()));
      assert.deepEqual(offers.map(({ offer }) => offer.peerId).sort(), [a.peerId, b.peerId].sort());
      assert.ok(offers.every(({ offer }) => offer.cid === content.cid));
    });

    test('ends without an offer when nobody has the content', async () => {
      assert.deepEqual(await collect(nodes[0]!.directory.findOffers(contentOf(randomBytes(9)).cid, soon())), []);
    });

    test('finds content by the SHA-256 of the file', async () => {
      const [a, , , d] = nodes as [DirectoryNode, DirectoryNode, DirectoryNode, DirectoryNode];
      const { content } = await publish(a);
      const alias = aliasCid(content.sha256);
      await a.directory.provide(alias);
      const offers = await collect(d.directory.findOffers(alias, soon()));
      assert.deepEqual(
        offers.map(({ offer }) => offer.cid),
        [content.cid],
      );
    });

    test('an alias that leads to another file is not followed', async () => {
      const [a, , , d] = nodes as [DirectoryNode, DirectoryNode, DirectoryNode, DirectoryNode];
      const { content } = await publish(a);
      const wanted = aliasCid(contentOf(randomBytes(50)).sha256);
      a.shelf.offers.set(wanted, a.shelf.offers.get(content.cid)!);
      await a.directory.provide(wanted);
      assert.deepEqual(await collect(d.directory.findOffers(wanted, soon())), []);
    });

    test('filters by protocol', async () => {
      const [a, b, c] = nodes as [DirectoryNode, DirectoryNode, DirectoryNode, DirectoryNode];
      const bytes = randomBytes(1000);
      const { content } = await publish(a, bytes, { endpoints: [{ protocol: 'http', url: 'http://127.0.0.1:1/' }] });
      await publish(b, bytes, { endpoints: [{ protocol: 'bittorrent', url: 'magnet:?xt=urn:btih:0' }] });
      const only = async (protocol: 'http' | 'bittorrent' | 'ed2k') =>
        (await collect(c.directory.findOffers(content.cid, soon(), { protocol }))).map(({ offer }) => offer.peerId);
      assert.deepEqual(await only('bittorrent'), [b.peerId]);
      assert.deepEqual(await only('http'), [a.peerId]);
      assert.deepEqual(await only('ed2k'), []);
    });

    test('refuses offers that are expired, of another peer, signed by another wallet, or nonsense', async () => {
      const [a, b, c] = nodes as [DirectoryNode, DirectoryNode, DirectoryNode, DirectoryNode];
      const content = contentOf(randomBytes(77));
      const good = offerOf(a.peerId, content);
      const now = Math.floor(Date.now() / 1000);
      const { wallet: _wallet, ...walletless } = good.offer;
      const { weiPerMiB: _price, ...priceless } = good.offer;
      const bad = [
        offerOf(a.peerId, content, { createdAt: now - 7200, expiresAt: now - 3600 }),
        offerOf(b.peerId, content),
        { ...good, offer: { ...good.offer, weiPerMiB: 1n } },
        { ...good, offer: walletless },
        { ...good, offer: priceless },
        {},
        null,
      ];
      await a.directory.provide(content.cid);
      for (const value of bad) {
        a.shelf.offers.set(content.cid, value as never);
        assert.deepEqual(
          await collect(c.directory.findOffers(content.cid, soon())),
          [],
          JSON.stringify(Object(value)?.offer?.expiresAt),
        );
      }
      a.shelf.offers.set(content.cid, good);
      assert.equal((await collect(c.directory.findOffers(content.cid, soon()))).length, 1);
    });

    test('resolves an offer to content checked against its CID', async () => {
      const [a, , , d] = nodes as [DirectoryNode, DirectoryNode, DirectoryNode, DirectoryNode];
      const { content } = await publish(a, randomBytes(3 * CHUNK_BYTES + 5));
      const { offer } = (await firstOf(d.directory.findOffers(content.cid, soon())))!;
      assert.deepEqual(fromContent(await d.directory.resolve(offer, soon())), fromContent(content));
    });

    test('refuses a manifest or a chunk layer that does not hash to the CID', async () => {
      const [a, , , d] = nodes as [DirectoryNode, DirectoryNode, DirectoryNode, DirectoryNode];
      const { content } = await publish(a, randomBytes(2 * CHUNK_BYTES));
      const { offer } = (await firstOf(d.directory.findOffers(content.cid, soon())))!;
      const other = contentOf(randomBytes(2 * CHUNK_BYTES));
      for (const lie of [other, { ...content, layer: other.layer }]) {
        a.shelf.contents.set(content.cid, lie);
        await assert.rejects(d.directory.resolve(offer, soon()), (error) => isAppError(error, 'CONTENT_INVALID'));
      }
      a.shelf.contents.delete(content.cid);
      await assert.rejects(d.directory.resolve(offer, soon()), (error) => isAppError(error, 'NOT_FOUND'));
    });

    test('stop withdraws: the provider no longer answers for the content', async () => {
      const [a, , c] = nodes as [DirectoryNode, DirectoryNode, DirectoryNode, DirectoryNode];
      const { content, provided } = await publish(a);
      assert.equal((await collect(c.directory.findOffers(content.cid, soon()))).length, 1);
      a.shelf.remove(content);
      await provided.stop();
      await until(
        async () => (await collect(c.directory.findOffers(content.cid, soon()))).length === 0,
        'the withdrawn offer is gone',
      );
    });

    test('ends when the caller aborts, and when the caller leaves', async () => {
      const [a, , c] = nodes as [DirectoryNode, DirectoryNode, DirectoryNode, DirectoryNode];
      const { content } = await publish(a);
      assert.deepEqual(await collect(c.directory.findOffers(content.cid, AbortSignal.abort())), []);
      assert.ok(await firstOf(c.directory.findOffers(content.cid, soon())));
    });

    test('a dead provider hides nobody, and is not an offer', async () => {
      const [a, b, c, d] = nodes as [DirectoryNode, DirectoryNode, DirectoryNode, DirectoryNode];
      const bytes = randomBytes(1000);
      const { content } = await publish(d, bytes);
      await publish(a, bytes);
      await network.kill(d);
      for (const seeker of [b, c]) {
        const offers = await collect(seeker.directory.findOffers(content.cid, soon()));
        assert.deepEqual(
          offers.map(({ offer }) => offer.peerId),
          [a.peerId],
        );
      }
    });
  });
}
