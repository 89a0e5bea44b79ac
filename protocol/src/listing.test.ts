/** Listings: only what the wallet that sells signed for this chain, in words that read as they are. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Wallet } from 'ethers';
import { cidOfManifest } from './content.ts';
import { isAppError } from './errors.ts';
import {
  checkListing,
  composeListing,
  decodeCatalogueRequest,
  decodeListings,
  encodeCatalogueRequest,
  encodeListings,
  type Listing,
  MAX_CATALOGUE_BYTES,
  MAX_LISTING_SECONDS,
  MAX_PAGE,
  matches,
  signListing,
  toCatalogueRow,
  toLine,
} from './listing.ts';
import { MAX_ABOUT, MAX_NAME } from './listing-limits.ts';

const DEPLOYMENT = { chainId: 98765, contract: '0x4020074e9dF2ce1deE5A9C1b5c3f541D02a10003' };
const NOW = 1_800_000_000;
const wallet = Wallet.createRandom();
const listing: Listing = {
  cid: cidOfManifest(new Uint8Array([1])),
  size: 5_000_000,
  name: 'A spring in Lisbon.mp4',
  mime: 'video/mp4',
  about: 'Trams, light, the river',
  wallet: wallet.address,
  weiPerMiB: 10n ** 13n,
  createdAt: NOW - 10,
  expiresAt: NOW + 3600,
};
const expected = { nowSeconds: NOW, deployment: DEPLOYMENT };
const sign = (changes: Partial<Listing> = {}) => signListing(wallet.signingKey, { ...listing, ...changes }, DEPLOYMENT);
const overTheWire = (signed: object) => decodeListings(encodeListings([signed as ReturnType<typeof sign>]))[0];
const isRefused = (error: unknown) => isAppError(error, 'OFFER_INVALID');

describe('a listing', () => {
  it('is what its wallet signed, after any number of hands', () => {
    assert.deepEqual(checkListing(overTheWire(overTheWire(sign()) as object), expected), sign());
  });

  it('is refused when a word of it was changed, by whatever key', () => {
    for (const change of [
      { name: 'Another.mp4' },
      { about: '' },
      { weiPerMiB: 0n },
      { size: 1 },
      { mime: 'text/plain' },
      { cid: cidOfManifest(new Uint8Array([2])) },
      { wallet: Wallet.createRandom().address },
      { createdAt: listing.createdAt - 1 },
      { expiresAt: listing.expiresAt + 1 },
    ])
      assert.throws(
        () => checkListing(overTheWire({ ...sign(), listing: { ...listing, ...change } }), expected),
        isRefused,
        JSON.stringify(Object.keys(change)),
      );
    const stranger = signListing(Wallet.createRandom().signingKey, listing, DEPLOYMENT);
    assert.throws(() => checkListing(overTheWire(stranger), expected), isRefused);
    for (const elsewhere of [{ chainId: 1 }, { contract: `0x${'11'.repeat(20)}` }]) {
      const signed = signListing(wallet.signingKey, listing, { ...DEPLOYMENT, ...elsewhere });
      assert.throws(() => checkListing(overTheWire(signed), expected), isRefused);
    }
    for (const value of [{ listing }, { listing, signature: '0x' }, null, 7, { ...sign(), more: 1 }])
      assert.throws(() => checkListing(value, expected), isRefused);
  });

  it('is refused when it is of another time, or could be read as what it is not', () => {
    for (const change of [
      { expiresAt: NOW },
      { createdAt: NOW + 301, expiresAt: NOW + 900 },
      { createdAt: NOW - 1, expiresAt: NOW + MAX_LISTING_SECONDS },
      { name: '' },
      { name: 'x'.repeat(MAX_NAME + 1) },
      { about: 'x'.repeat(MAX_ABOUT + 1) },
      { name: 'photo\u202Egpj.exe' },
      { about: 'one\ntwo' },
      { cid: 'bafy' },
      { cid: listing.cid.toUpperCase() },
    ])
      assert.throws(() => checkListing(overTheWire(sign(change)), expected), isRefused, JSON.stringify(change));
    assert.equal(toLine(' photo\u202Egpj.exe\n', MAX_NAME), 'photo gpj.exe');
  });

  it('is made of whatever a seller calls a thing, and shown as it was signed', () => {
    const { createdAt: _c, expiresAt: _e, ...said } = listing;
    const about = 'one\ntwo'.repeat(99);
    for (const name of ['photo\u202Egpj.exe', 'x'.repeat(999), '\n']) {
      const made = composeListing({ ...said, name, mime: `${name}/x`, about }, NOW, 60);
      assert.deepEqual(checkListing(overTheWire(sign(made)), expected).listing, made);
    }
    assert.equal(composeListing({ ...said, name: '\n' }, NOW, 60).name, said.cid);
    assert.deepEqual(composeListing(said, listing.createdAt, 3610), listing);
    assert.deepEqual(toCatalogueRow(listing), { ...said, weiPerMiB: `${10n ** 13n}`, createdAt: listing.createdAt });
  });

  it('of a long name that was cut amid a character could not be signed', () => {
    const name = `${'x'.repeat(MAX_NAME - 1)}\u{1F4FD}`;
    const made = composeListing({ ...listing, name }, NOW, 60);
    assert.equal(made.name, 'x'.repeat(MAX_NAME - 1));
    assert.deepEqual(checkListing(overTheWire(sign(made)), expected).listing, made);
    assert.equal(toLine(`${'x'.repeat(9)} y`, 10), 'x'.repeat(9));
  });

  it('is found by its words, all of them, in any order and case', () => {
    for (const words of ['', 'lisbon', 'RIVER spring', 'video', 'ｌｉｓｂｏｎ'])
      assert.ok(matches(listing, words), words);
    for (const words of ['porto', 'lisbon porto']) assert.ok(!matches(listing, words), words);
  });
});

describe('messages of the catalogue', () => {
  it('come back as they went, and a page of the longest listings fits', () => {
    const ask = { ask: { words: 'a b', skip: 64 } };
    assert.deepEqual(decodeCatalogueRequest(encodeCatalogueRequest(ask)), ask);
    const long = sign({ name: '\u{1F4FD}'.repeat(MAX_NAME / 2), about: '片'.repeat(MAX_ABOUT), mime: '"'.repeat(100) });
    assert.ok(encodeListings(Array(MAX_PAGE).fill(long)).length <= MAX_CATALOGUE_BYTES);
  });

  it('are refused when they are anything else', () => {
    for (const text of ['', 'x', '{}', '[]', '{"ask":{"words":"a"}}', '{"ask":{"words":"a","skip":-1}}', '{"tell":7}'])
      assert.throws(
        () => decodeCatalogueRequest(Buffer.from(text)),
        (error) => isAppError(error, 'BAD_REQUEST'),
        text,
      );
    const flood = JSON.stringify({ listings: Array(MAX_PAGE + 1).fill(sign().signature) });
    assert.throws(
      () => decodeListings(Buffer.from(flood)),
      (error) => isAppError(error, 'BAD_REQUEST'),
    );
  });
});
