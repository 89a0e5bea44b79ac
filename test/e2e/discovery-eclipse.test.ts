/**
 * A crowd of false DHT nodes sits nearest to a key, takes every provider record and forgets it, and answers every question
 * with its own (reliability row 15). What the DHT alone still finds is printed, not promised; what a seeker finds is.
 *
 * CHIRAL_FULL=1 runs 50 honest nodes against 20 and 40 false ones, 100 rounds; otherwise 8 against 20, 10 rounds.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createHost, type Host } from '@chiral/node/discovery/host';
import { tellOffer } from '@chiral/node/discovery/offer-client';
import { generateKeyPair, privateKeyToProtobuf } from '@libp2p/crypto/keys';
import { peerIdFromString } from '@libp2p/peer-id';
import { sha256 } from '@noble/hashes/sha2.js';
import { CID } from 'multiformats/cid';
import { contentOf, createTestNetwork, firstOf, offerOf, type TestNode, until } from '../ports/discovery-network.ts';

const FULL = process.env.CHIRAL_FULL === '1';
const HONEST = FULL ? 50 : 8;
const CROWDS = FULL ? [20, 40] : [20];
const ROUNDS = FULL ? 100 : 10;
const soon = () => AbortSignal.timeout(30_000);

const network = createTestNetwork();
const folders: string[] = [];
const crowd: Host[] = [];
after(async () => {
  await Promise.all(crowd.map((host) => host.stop()));
  await network.close();
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
});

/** Distance of a peer id from a key in the DHT's space, as a comparable number. */
function distance(id: Uint8Array, key: Uint8Array): bigint {
  const [a, b] = [sha256(id), sha256(key)];
  return BigInt(`0x${Buffer.from(a.map((byte, i) => byte ^ b[i]!)).toString('hex')}`);
}

/** An identity nearer to `key` than `bound`. */
async function grind(key: Uint8Array, bound: bigint) {
  for (;;) {
    const identity = await generateKeyPair('Ed25519');
    if (distance(identity.publicKey.toMultihash().bytes, key) < bound) return identity;
  }
}

async function startFalseNode(key: Uint8Array, bound: bigint, bootstrap: string[]): Promise<Host> {
  const dataDir = await mkdtemp(join(tmpdir(), 'chiral-false-'));
  folders.push(dataDir);
  await writeFile(join(dataDir, 'identity.key'), privateKeyToProtobuf(await grind(key, bound)), { mode: 0o600 });
  // It keeps no record of anybody: the DHT's own code, over a store that forgets.
  const forgetful = { perKey: 0, total: 0, perPeer: 0 };
  const listen = ['/ip4/127.0.0.1/tcp/0'];
  const host = await createHost({ dataDir, listen, bootstrap, providerLimits: forgetful });
  crowd.push(host);
  return host;
}

for (const size of CROWDS) {
  test(`${HONEST} honest nodes, ${size} false ones nearest to the key`, async () => {
    const guide = await network.start();
    const bootstrap = guide.host.addresses();
    const nodes: TestNode[] = [guide];
    for (let i = 1; i < HONEST; i++) nodes.push(await network.start({ bootstrap }));
    await until(() => nodes.every(({ host }) => host.dhtPeerCount() > 0), 'all have joined');
    const [, seller, ...others] = nodes as [TestNode, TestNode, ...TestNode[]];

    const content = contentOf(randomBytes(100));
    const key = CID.parse(content.cid).multihash.bytes;
    const nearest = nodes
      .map(({ host }) => distance(peerIdFromString(host.peerId).toMultihash().bytes, key))
      .reduce((a, b) => (a < b ? a : b));
    for (let i = 0; i < size; i++) await startFalseNode(key, nearest, bootstrap);
    await until(() => crowd.slice(-size).every((host) => host.dhtPeerCount() > 0), 'the crowd is there');

    seller.shelf.put(content, offerOf(seller.host.peerId, content));
    await seller.directory.provide(content.cid);
    await until(() => guide.directory.seen.get(content.cid).length === 1, 'the index was told');

    let byDht = 0;
    let found = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const seeker = others[round % others.length]!;
      let inDht = false;
      for await (const event of seeker.host.dht.findProviders(CID.parse(content.cid), { signal: soon() })) {
        if (event.name === 'PROVIDER' && event.providers.length > 0) inDht = true;
      }
      if (inDht) byDht++;
      const signed = await firstOf(seeker.directory.findOffers(content.cid, soon()));
      if (signed && (await seeker.directory.resolve(signed.offer, soon())).cid === content.cid) found++;
    }
    console.log(
      `row 15: ${size} false of ${HONEST + size}: DHT alone ${byDht}/${ROUNDS}, found and resolved ${found}/${ROUNDS}`,
    );
    assert.ok(found >= Math.ceil(0.99 * ROUNDS), `${found} of ${ROUNDS}`);
    for (const node of nodes) await node.stop();
    for (const host of crowd.splice(0)) await host.stop();
  });
}

test('a seeker that knows nobody but its index still finds the seller', async () => {
  const guide = await network.start();
  const bootstrap = guide.host.addresses();
  const seller = await network.start({ bootstrap });
  const content = contentOf(randomBytes(100));
  seller.shelf.put(content, offerOf(seller.host.peerId, content));
  await seller.directory.provide(content.cid);
  await until(() => guide.directory.seen.get(content.cid).length === 1, 'the index was told');
  // The DHT is broken for the seeker, and it is connected to the index alone.
  const seeker = await network.start({ bootstrap });
  seeker.host.dht.findProviders = async function* () {};
  await seeker.host.joined(soon());
  const signed = await firstOf(seeker.directory.findOffers(content.cid, soon()));
  assert.equal(signed?.offer.peerId, seller.host.peerId);
});

test('an index is not believed: offers of others, expired ones and nonsense are not taken or followed', async () => {
  const guide = await network.start();
  const teller = await network.start({ bootstrap: guide.host.addresses() });
  const content = contentOf(randomBytes(100));
  const now = Math.floor(Date.now() / 1000);
  const mine = offerOf(teller.host.peerId, content);
  const tell = (name: string, signed: typeof mine) => tellOffer(teller.host, guide.host.peerId, name, signed, soon());
  await teller.host.joined(soon());
  for (const bad of [
    offerOf(guide.host.peerId, content),
    offerOf(teller.host.peerId, content, { createdAt: now - 7200, expiresAt: now - 3600 }),
    { ...mine, offer: { ...mine.offer, weiPerMiB: 5n } },
  ]) {
    await assert.rejects(tell(content.cid, bad), { code: 'OFFER_INVALID' });
  }
  await assert.rejects(tell(contentOf(randomBytes(9)).cid, mine), { code: 'OFFER_INVALID' });
  assert.deepEqual(guide.directory.seen.get(content.cid), []);
  await tell(content.cid, mine);
  assert.equal(guide.directory.seen.get(content.cid).length, 1);

  // What the index hands on is asked for again from the peer itself, which no longer offers it.
  const seeker = await network.start({ bootstrap: guide.host.addresses() });
  const found = [];
  for await (const signed of seeker.directory.findOffers(content.cid, soon())) found.push(signed);
  assert.deepEqual(found, []);
});
