/** The public catalogue over real hosts: how a listing spreads, and what a peer that lies or shouts achieves. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Catalogue, createCatalogue } from '@chiral/node/discovery/catalogue';
import { createRequestProtocol, type RequestProtocol } from '@chiral/node/discovery/request-protocol';
import { cidOfManifest } from '@chiral/protocol/content';
import { isAppError } from '@chiral/protocol/errors';
import {
  CATALOGUE_PROTOCOL,
  encodeCatalogueRequest,
  encodeListings,
  type Listing,
  MAX_CATALOGUE_BYTES,
  MAX_TOLD,
  type SignedListing,
  signListing,
} from '@chiral/protocol/listing';
import { SigningKey, Wallet } from 'ethers';
import { createTestNetwork, DEPLOYMENT, type TestNetwork, type TestNode, until } from '../ports/discovery-network.ts';

const LIMITS = { heard: 24, perWallet: 8, perTeller: 16, newsBurst: 96 };
let network: TestNetwork;
const nodes: TestNode[] = [];
const catalogues: Catalogue[] = [];
const owns: SignedListing[][] = [[], [], []];
let liar: TestNode;
let mouth: RequestProtocol;
let lies: SignedListing[] = [];
let asked = 0;

const now = () => Math.floor(Date.now() / 1000);
let lastCid = 0;
function listingOf(
  name: string,
  key = new SigningKey(Wallet.createRandom().privateKey),
  changes: Partial<Listing> = {},
) {
  const listing: Listing = {
    cid: cidOfManifest(Uint8Array.of(++lastCid & 255, lastCid >> 8)),
    size: 1000,
    name,
    mime: 'video/mp4',
    about: '',
    wallet: new Wallet(key).address,
    weiPerMiB: 5n,
    createdAt: now(),
    expiresAt: now() + 3600,
    ...changes,
  };
  return signListing(key, listing, DEPLOYMENT);
}
const names = async (catalogue: Catalogue, words = '') =>
  (await catalogue.find(words)).map(({ listing }) => listing.name).sort();
const tell = (...listings: unknown[]) =>
  mouth.request(nodes[0]!.host.peerId, encodeCatalogueRequest({ tell: listings }), AbortSignal.timeout(10_000));
const isRefused = (error: unknown) => isAppError(error, 'OFFER_INVALID');

before(async () => {
  network = createTestNetwork();
  // A row: the two ends know only the one in the middle.
  nodes.push(await network.start());
  nodes.push(await network.start({ bootstrap: nodes[0]!.host.addresses() }));
  nodes.push(await network.start({ bootstrap: nodes[1]!.host.addresses() }));
  for (const [i, { host }] of nodes.entries())
    catalogues.push(await createCatalogue({ host, own: () => owns[i]!, deployment: DEPLOYMENT, limits: LIMITS }));
  liar = await network.start();
  mouth = createRequestProtocol(liar.host, CATALOGUE_PROTOCOL, { maxBytes: MAX_CATALOGUE_BYTES, timeoutMs: 10_000 });
  await mouth.handle(async () => {
    asked++;
    return encodeListings(lies);
  });
});
after(async () => {
  await mouth.close();
  await Promise.all(catalogues.map((catalogue) => catalogue.close()));
  await network.close();
});

test('a listing reaches who does not know its maker, is found by its words, and a newer one takes its place', async () => {
  const key = new SigningKey(Wallet.createRandom().privateKey);
  const first = listingOf('A spring in Lisbon', key, { createdAt: now() - 5 });
  await until(() => nodes[2]!.host.isConnected(nodes[1]!.host.peerId), 'the row is connected');
  await until(() => nodes[1]!.host.isConnected(nodes[0]!.host.peerId), 'the row is connected');
  owns[2]!.push(first);
  await catalogues[2]!.announce();
  await until(async () => (await names(catalogues[0]!)).length === 1, 'the other end has heard of it');
  assert.deepEqual(await names(catalogues[0]!, 'lisbon SPRING'), ['A spring in Lisbon']);
  assert.deepEqual(await names(catalogues[0]!, 'porto'), []);
  const { cid } = first.listing;
  owns[2]![0] = listingOf('A summer in Lisbon', key, { cid });
  await catalogues[2]!.announce();
  await until(async () => (await names(catalogues[0]!))[0] === 'A summer in Lisbon', 'the newer one came');
  // The older one, told again by whoever kept it, changes nothing.
  await liar.host.dial(nodes[0]!.host.addresses()[0]!);
  await tell(first);
  assert.deepEqual(await names(catalogues[0]!), ['A summer in Lisbon']);
});

test('what nobody signed, or another signed, or for another chain, or that has run out, is neither kept nor told', async () => {
  const good = listingOf('good');
  const forged = [
    { listing: good.listing },
    { ...good, signature: `0x${'00'.repeat(65)}` },
    { ...good, listing: { ...good.listing, name: 'forged', weiPerMiB: 0n } },
    signListing(new SigningKey(Wallet.createRandom().privateKey), { ...good.listing, name: 'forged' }, DEPLOYMENT),
    signListing(new SigningKey(Wallet.createRandom().privateKey), good.listing, { ...DEPLOYMENT, chainId: 1 }),
    listingOf('forged', undefined, { createdAt: now() - 100, expiresAt: now() - 1 }),
    listingOf('forged', undefined, { name: 'turned\u202Eround' }),
  ];
  for (const value of forged) await assert.rejects(tell(value), isRefused);
  await assert.rejects(tell(...Array(MAX_TOLD + 1).fill(good)), (error) => isAppError(error, 'BAD_REQUEST'));
  // The same by asking: whoever hands on a forged one is heard up to there and no further.
  lies = [listingOf('before'), ...(forged as SignedListing[]), listingOf('after')];
  // All peers of the first node are asked in a round.
  const before = asked;
  await catalogues[0]!.gather();
  assert.ok(asked > before, 'the liar was asked');
  assert.deepEqual(await names(catalogues[0]!), ['A summer in Lisbon', 'before']);
  await catalogues[1]!.gather();
  assert.ok(!(await names(catalogues[1]!)).some((name) => name === 'forged' || name === 'after'));
});

test('a wallet, a peer and a crowd of wallets fill their own share and nobody else’s', async () => {
  const key = new SigningKey(Wallet.createRandom().privateKey);
  const many = Array.from({ length: LIMITS.perWallet + 4 }, (_, i) => listingOf(`loud ${i}`, key));
  await tell(...many);
  assert.equal((await names(catalogues[0]!, 'loud')).length, LIMITS.perWallet);
  for (let i = 0; i < 3; i++) await tell(...Array.from({ length: MAX_TOLD }, () => listingOf('crowd')));
  // Nor by way of others, who were told of the crowd by this one and are asked what they have.
  for (const one of [1, 2, 0, 1, 2, 0]) await catalogues[one]!.gather();
  const all = await names(catalogues[0]!);
  assert.ok(all.length <= LIMITS.heard, `${all.length} kept`);
  assert.ok((await names(catalogues[0]!, 'crowd')).length <= LIMITS.perTeller);
  assert.ok(all.includes('A summer in Lisbon'), 'what another told is still there');
});

test('who asks too often, or tells too much, is told so and costs nothing more', async () => {
  const ask = () =>
    mouth.request(
      nodes[0]!.host.peerId,
      encodeCatalogueRequest({ ask: { words: '', skip: 0 } }),
      AbortSignal.timeout(10_000),
    );
  const outcomes = [];
  for (let i = 0; i < 60; i++)
    outcomes.push(
      await ask().then(
        () => 'answered',
        (error) => error.code,
      ),
    );
  assert.ok(outcomes.filter((outcome) => outcome === 'TOO_MANY').length >= 10, outcomes.join());
  const flood = Array.from({ length: 4 }, () => Array.from({ length: MAX_TOLD }, () => listingOf('flood')));
  const told = [];
  for (const one of flood)
    told.push(
      await tell(...one).then(
        () => 'taken',
        (error) => error.code,
      ),
    );
  assert.ok(told.includes('TOO_MANY'), told.join());
});
