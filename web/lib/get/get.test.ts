/** What is pasted, how offers are put, how a file is shown. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PROTOCOLS as WIRE_PROTOCOLS } from '@chiral/protocol/offer';
import type { FoundOffer } from '../engine/types.ts';
import { mediumOf } from './media.ts';
import { defaultCap, groupOffers, PROTOCOLS, pickedOffers, priceRange } from './offers.ts';
import { fragmentOf, parseTarget, targetOfFragment } from './target.ts';

const CID = `bafyrei${'a'.repeat(52)}`;
const INFOHASH = 'c12fe1c06bba254a9dc9f519b335aa7c1367a88a';
const SHA = 'a'.repeat(63).concat('0');

describe('what is pasted', () => {
  for (const [text, id] of [
    [CID, CID],
    [`  ${CID}\n`, CID],
    [`chiral:${CID}`, CID],
    [`chiral://${CID}`, CID],
    [SHA.toUpperCase(), SHA],
    [`sha256:${SHA}`, SHA],
    [`https://anybody.example/app/#/get/${CID}`, CID],
    [`http://localhost:1234/#/get/${CID}?key=abc`, CID],
    [`https://anybody.example/?get=${SHA}`, SHA],
    [`https://anybody.example/file/${CID}/chunk/3`, CID],
    [`magnet:?xt=urn:chiral:${CID}&dn=film`, CID],
    [`magnet:?dn=film&x.cid=${CID}`, CID],
    // By the infohash alone; the CID, where there is one, is found sooner.
    [`magnet:?xt=urn:btih:${INFOHASH}`, INFOHASH],
    [`magnet:?dn=${'a'.repeat(32)}&xt=urn:btih:${INFOHASH.toUpperCase()}&tr=ws%3A%2F%2Fx`, INFOHASH],
    ['magnet:?xt=urn:btih:YEX6DQDLXISUVHOJ6UM3GNNKPQJWPKEK', INFOHASH],
    [`magnet:?xt=urn:btih:${INFOHASH}&dn=${CID}`, CID],
    [INFOHASH, INFOHASH],
    [`urn:btih:${INFOHASH}`, INFOHASH],
  ] as const)
    it(`is understood: ${text.trim().slice(0, 60)}`, () => {
      const target = parseTarget(text);
      assert.equal(typeof target === 'string' ? target : target.id, id);
    });
  for (const [text, fault] of [
    ['', 'empty'],
    ['   ', 'empty'],
    ['hello', 'unknown'],
    ['https://example.com/', 'unknown'],
    ['javascript:alert(1)', 'unknown'],
    [`magnet:?xt=urn:btmh:1220${'ab'.repeat(32)}`, 'torrent'],
    ['magnet:?xt=urn:btih:c12fe1', 'torrent'],
    ['internationalizationofeverything', 'unknown'],
    [`${CID}x0`, 'unknown'],
    ['#/get/%E0%A4%A', 'unknown'],
  ] as const)
    it(`is refused as ${fault}: ${text || 'nothing'}`, () => assert.equal(parseTarget(text), fault));
  it('keeps a key behind the fragment, there and back', () => {
    const target = { id: CID, key: 'a+b/c=' };
    assert.deepEqual(targetOfFragment(fragmentOf(target)), target);
    assert.equal(targetOfFragment(''), undefined);
    assert.equal(targetOfFragment('#main'), undefined);
  });
});

function offer(peer: string, protocols: FoundOffer['protocols'], totalWei: bigint, usable = protocols): FoundOffer {
  return {
    cid: CID,
    peer,
    wallet: `0x${'0'.repeat(40)}`,
    weiPerMiB: totalWei,
    protocols,
    usable,
    name: 'film',
    mime: 'video/webm',
    size: 1 << 20,
    heldChunks: 4,
    totalChunks: 4,
    totalWei,
    answeredMs: 5,
    known: { bytes: 0, badChunks: 0 },
  };
}

describe('offers', () => {
  const dear = offer('dear', ['http'], 30n);
  const cheap = offer('cheap', ['http', 'webtorrent'], 10n);
  const stock = offer('stock', ['bittorrent'], 1n, []);
  const all = [dear, stock, cheap];
  it('are of the protocols that the wire knows, in its order', () =>
    assert.deepEqual([...PROTOCOLS], [...WIRE_PROTOCOLS]));
  it('stand in groups, the cheapest first, what a page cannot speak last', () => {
    assert.deepEqual(
      groupOffers(all).map(({ protocol, isUsable, offers }) => [protocol, isUsable, offers.map(({ peer }) => peer)]),
      [
        ['http', true, ['cheap', 'dear']],
        ['webtorrent', true, ['cheap']],
        ['bittorrent', false, ['stock']],
      ],
    );
  });
  it('count only when something can come through them', () => {
    assert.deepEqual(pickedOffers(all, undefined), [dear, cheap]);
    const pick = { peers: new Set(['cheap', 'stock']), protocols: new Set(['webtorrent', 'bittorrent'] as const) };
    assert.deepEqual(pickedOffers(all, pick), [cheap]);
  });
  it('at one price stand in the order of what is known of the sellers, and who sent bad data waits for the others', () => {
    const of = (peer: string, bytes: number, badChunks: number) => ({
      ...offer(peer, ['http'], 10n),
      known: { bytes, badChunks },
    });
    const [bad, fresh, good] = [of('bad', 9_000, 1), of('fresh', 0, 0), of('good', 5_000, 0)];
    const [group] = groupOffers([bad, fresh, good]);
    assert.deepEqual(group!.offers, [good, fresh, bad]);
    assert.deepEqual(pickedOffers([bad, fresh], undefined), [fresh]);
    assert.deepEqual(pickedOffers([bad], undefined), [bad], 'better than nobody');
    const byHand = { peers: new Set(['bad', 'fresh']), protocols: new Set(['http'] as const) };
    assert.deepEqual(pickedOffers([bad, fresh], byHand), [bad, fresh], 'the user knows better');
  });
  it('give the price of the whole from the cheapest and the dearest', () => {
    assert.deepEqual(priceRange([dear, cheap]), { least: 10n, most: 30n });
    assert.equal(priceRange([]), undefined);
    assert.equal(defaultCap([dear, cheap]), 30n + 3n + 40n);
    assert.equal(defaultCap([]), undefined);
  });
});

describe('a file', () => {
  for (const [name, mime, medium] of [
    ['film', 'video/webm', 'video'],
    ['film.MKV', 'application/octet-stream', 'video'],
    ['song.flac', '', 'audio'],
    ['paper', 'application/pdf; charset=x', 'pdf'],
    ['notes.md', '', 'text'],
    ['page.html', 'text/html', 'text'],
    ['page.html', '', undefined],
    ['program.exe', 'application/octet-stream', undefined],
    ['webm', '', undefined],
  ] as const)
    it(`${name} of ${mime || 'no type'} is shown as ${medium ?? 'nothing'}`, () =>
      assert.equal(mediumOf(name, mime), medium));
});
