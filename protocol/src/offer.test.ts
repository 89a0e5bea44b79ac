import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SigningKey, Wallet } from 'ethers';
import fc from 'fast-check';
import { CHUNK_BYTES } from './content.ts';
import { isAppError } from './errors.ts';
import {
  checkOffer,
  encodeOffer,
  hasChunk,
  type Offer,
  type SignedOffer,
  signOffer,
  toFileMetadata,
  toRanges,
} from './offer.ts';

const key = new SigningKey(`0x${'11'.repeat(32)}`);
const wallet = new Wallet(key).address;
const deployment = { chainId: 98765, contract: '0x4020074e9dF2ce1deE5A9C1b5c3f541D02a10003' };
const cid = 'bafyreigbtj4x7ip5legnfznufuopl4sg4knzc2cof6duas4b3q2fy6swua';
const now = 1_800_000_000;
const expected = { cid, peerId: '12D3KooWA', nowSeconds: now, deployment };
const offer: Offer = {
  cid,
  size: 10 * CHUNK_BYTES,
  peerId: '12D3KooWA',
  wallet,
  weiPerMiB: 10_000_000_000_000n,
  endpoints: [{ protocol: 'http', url: 'http://127.0.0.1:1/file/x' }],
  chunks: [{ first: 0, count: 10 }],
  name: 'film.mkv',
  mime: 'video/x-matroska',
  createdAt: now - 10,
  expiresAt: now + 3600,
};
const wire = (signed: SignedOffer) => JSON.parse(encodeOffer(signed));

describe('offers', () => {
  it('survives the wire and says which chunks it has', () => {
    const read = checkOffer(wire(signOffer(key, offer, deployment)), expected);
    assert.deepEqual(read.offer, offer);
    assert.ok(hasChunk(read.offer, 9));
    assert.ok(!hasChunk(read.offer, 10));
  });

  it('lists only the chunks that a partial seeder holds', () => {
    const ranges = toRanges(10, (chunk) => chunk >= 5 && chunk <= 8);
    assert.deepEqual(ranges, [{ first: 5, count: 4 }]);
    const { offer: read } = checkOffer(wire(signOffer(key, { ...offer, chunks: ranges }, deployment)), expected);
    assert.deepEqual(
      [4, 5, 8, 9].map((chunk) => hasChunk(read, chunk)),
      [false, true, true, false],
    );
  });

  for (const field of Object.keys(offer) as (keyof Offer)[]) {
    it(`refuses one without ${field}`, () => {
      const { [field]: _, ...rest } = offer;
      const signed = wire(signOffer(key, offer, deployment));
      const body = JSON.parse(JSON.stringify(rest, (_key, value) => (typeof value === 'bigint' ? `${value}` : value)));
      assert.throws(() => checkOffer({ ...signed, offer: body }, expected), { code: 'OFFER_INVALID' });
    });
  }

  const changes: Partial<Offer>[] = [
    { cid: 'bafyreialrbmnkydapbzhuulbztzgjjluzkfryqrc62ba2cfkvqpb2sngfq' },
    { peerId: '12D3KooWB' },
    { wallet: '0x4020074e9dF2ce1deE5A9C1b5c3f541D02a10003' },
    { weiPerMiB: 1n },
    { size: offer.size + 1 },
    { endpoints: [{ protocol: 'http', url: 'http://127.0.0.2:1/' }] },
    { chunks: [{ first: 0, count: 9 }] },
    { name: 'x' },
    { mime: 'x' },
    { createdAt: now - 11 },
    { expiresAt: now + 3601 },
  ];
  for (const change of changes) {
    it(`refuses one whose ${Object.keys(change)} changed after signing`, () => {
      const signed = wire(signOffer(key, offer, deployment));
      const body = wire({ offer: { ...offer, ...change }, signature: signed.signature }).offer;
      assert.throws(() => checkOffer({ ...signed, offer: body }, expected), { code: 'OFFER_INVALID' });
    });
  }

  it('refuses one for another chain or contract, expired, long-lived or from the future', () => {
    const refuse = (changed: Partial<Offer>, at: Partial<typeof expected> = {}) =>
      assert.throws(
        () => checkOffer(wire(signOffer(key, { ...offer, ...changed }, deployment)), { ...expected, ...at }),
        {
          code: 'OFFER_INVALID',
        },
      );
    refuse({}, { deployment: { ...deployment, chainId: 1 } });
    refuse({}, { deployment: { ...deployment, contract: wallet } });
    refuse({}, { nowSeconds: now + 3600 });
    refuse({ expiresAt: now + 100_000 });
    refuse({ createdAt: now + 1000, expiresAt: now + 2000 });
    refuse({ chunks: [{ first: 0, count: 11 }] });
    refuse({
      chunks: [
        { first: 0, count: 2 },
        { first: 1, count: 2 },
      ],
    });
  });

  it('refuses any JSON whatever with OFFER_INVALID and nothing else', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        try {
          checkOffer(value, expected);
          return false;
        } catch (error) {
          return isAppError(error, 'OFFER_INVALID');
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('makes file metadata whose chunk count follows from the size', () => {
    const size = 1_048_576;
    const made = toFileMetadata(cid, [{ ...offer, size, chunks: [{ first: 0, count: 4 }] }]);
    assert.deepEqual(
      { ...made, seeders: made.seeders.http.length },
      {
        fileHash: cid,
        fileName: 'film.mkv',
        fileSize: size,
        totalChunks: 4,
        chunkSize: 262_144,
        mimeType: 'video/x-matroska',
        created: now - 10,
        seeders: 1,
        totalSeeders: 1,
      },
    );
    assert.throws(() => toFileMetadata(cid, [offer, { ...offer, size: 1 }]), { code: 'OFFER_INVALID' });
  });
});
