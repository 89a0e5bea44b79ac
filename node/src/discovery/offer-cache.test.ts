import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SignedOffer } from '@chiral/protocol/offer';
import { createOfferCache } from './offer-cache.ts';

const signed = (cid: string, peerId: string, expiresAt = 100) =>
  ({ offer: { cid, peerId, expiresAt }, signature: '0x' }) as unknown as SignedOffer;
const peers = (offers: SignedOffer[]) => offers.map(({ offer }) => offer.peerId);

test('newest first, one per peer, expired ones gone', () => {
  let now = 0;
  const cache = createOfferCache(() => now);
  cache.add(signed('a', 'p', 10));
  cache.add(signed('a', 'q', 100));
  cache.add(signed('a', 'p', 20));
  assert.deepEqual(peers(cache.get('a')), ['p', 'q']);
  now = 20;
  assert.deepEqual(peers(cache.get('a')), ['q']);
  cache.remove('a', 'q');
  assert.deepEqual(cache.get('a'), []);
  assert.deepEqual(cache.get('b'), []);
});

test('keeps no more contents and offers than its limits, and drops the oldest', () => {
  const cache = createOfferCache(() => 0, { contents: 3, offersPerContent: 2, contentsPerPeer: 10 });
  for (const peer of ['p', 'q', 'r']) cache.add(signed('a', peer));
  assert.deepEqual(peers(cache.get('a')), ['r', 'q']);
  for (const cid of ['b', 'c']) cache.add(signed(cid, 'p'));
  cache.add(signed('a', 's'));
  cache.add(signed('d', 'p'));
  assert.deepEqual(cache.get('b'), []);
  assert.deepEqual(peers(cache.get('a')), ['s', 'r']);
});

test('a peer with many contents pushes out its own, not those of others', () => {
  const cache = createOfferCache(() => 0, { contents: 100, offersPerContent: 5, contentsPerPeer: 3 });
  cache.add(signed('quiet', 'p'));
  for (let i = 0; i < 50; i++) cache.add(signed(`c${i}`, 'loud'));
  assert.deepEqual(peers(cache.get('quiet')), ['p']);
  const kept = Array.from({ length: 50 }, (_, i) => i).filter((i) => cache.get(`c${i}`).length > 0);
  assert.deepEqual(kept, [47, 48, 49]);
});

test('an offer is found under the name it was kept by', () => {
  const cache = createOfferCache(() => 0);
  cache.add(signed('a', 'p'), 'alias');
  assert.deepEqual(peers(cache.get('alias')), ['p']);
  assert.deepEqual(cache.get('a'), []);
});
