/**
 * Writes protocol/vectors/typed-data.json: values of everything that Chiral signs, with the digest that our TypeScript computes.
 * Solidity and a second library are held to the same file (test/contracts/typed-data.test.ts). Deterministic: run it again
 * and nothing changes. `--check` writes nothing and fails when the file is stale.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { LISTING, type Listing, listingDigest } from '@chiral/protocol/listing';
import { OFFER, type Offer, offerDigest } from '@chiral/protocol/offer';
import { BATCH_SETTLEMENT_ADDRESS, CHANNEL_BINDING, CHANNEL_CONFIG, RECEIPT, VOUCHER } from '@chiral/protocol/payment';
import { digestOf, domainOf, type TypedDataKind } from '@chiral/protocol/typed-data';
import { getAddress, id } from 'ethers';

const file = fileURLToPath(new URL('../protocol/vectors/typed-data.json', import.meta.url));
const deployment = { chainId: 98765, contract: BATCH_SETTLEMENT_ADDRESS };
const address = (name: string) => getAddress(`0x${id(name).slice(26)}`);
const zero = '0x0000000000000000000000000000000000000000';

const configs = [
  {
    payer: address('payer'),
    payerAuthorizer: address('session'),
    receiver: address('seller'),
    receiverAuthorizer: address('seller'),
    token: zero,
    withdrawDelay: 3600,
    salt: id('one'),
  },
  {
    payer: address('payer'),
    payerAuthorizer: zero,
    receiver: address('seller'),
    receiverAuthorizer: address('other'),
    token: address('token'),
    withdrawDelay: 900,
    salt: id('two'),
  },
  {
    payer: zero,
    payerAuthorizer: zero,
    receiver: zero,
    receiverAuthorizer: zero,
    token: zero,
    withdrawDelay: 2 ** 40 - 1,
    salt: `0x${'ff'.repeat(32)}`,
  },
];
const channel = digestOf(CHANNEL_CONFIG, deployment, configs[0]!);
const offer: Offer = {
  cid: 'bafyreigbtj4x7ip5legnfznufuopl4sg4knzc2cof6duas4b3q2fy6swua',
  size: 1_048_577,
  peerId: '12D3KooWPeer',
  wallet: address('seller'),
  weiPerMiB: 10_000_000_000_000n,
  endpoints: [
    { protocol: 'http', url: 'http://203.0.113.7:8080/file/x' },
    { protocol: 'ed2k', url: 'ed2k://|file|ünïcode|1|2|/' },
  ],
  chunks: [
    { first: 0, count: 2 },
    { first: 4, count: 1 },
  ],
  name: 'film – 映画.mkv',
  mime: 'video/x-matroska',
  createdAt: 1_800_000_000,
  expiresAt: 1_800_003_600,
};

const { cid, size, wallet, weiPerMiB, name, mime, createdAt } = offer;
const listing: Listing = {
  ...{ cid, size, wallet, weiPerMiB, name, mime, createdAt },
  about: 'Trams, light – 河',
  expiresAt: createdAt + 172_800,
};

const values: [string, TypedDataKind, Record<string, unknown>][] = [
  ...configs.map((config): [string, TypedDataKind, Record<string, unknown>] => [
    'ChannelConfig',
    CHANNEL_CONFIG,
    config,
  ]),
  ...[1n, 10n ** 18n, 2n ** 128n - 1n].map((maxClaimableAmount): [string, TypedDataKind, Record<string, unknown>] => [
    'Voucher',
    VOUCHER,
    { channelId: channel, maxClaimableAmount },
  ]),
  ['ChannelBinding', CHANNEL_BINDING, { channelId: channel, peerId: '12D3KooWPeer', issuedAt: 1_800_000_000 }],
  [
    'Receipt',
    RECEIPT,
    {
      channelId: channel,
      content: id('content'),
      chunks: '0xff03',
      bytes: 2_621_440n,
      cumulativeWei: 25n * 10n ** 12n,
      issuedAt: 1_800_000_000,
    },
  ],
  ['Listing', LISTING, listing],
  ['Offer', OFFER, offer],
];
const vectors = values.map(([primaryType, kind, value]) => ({
  primaryType,
  domain: domainOf(kind, deployment),
  types: kind.types,
  value,
  digest: digestOf(kind, deployment, value),
}));
if (vectors.at(-1)!.digest !== offerDigest(offer, deployment)) throw new Error('an offer is hashed in two ways');
if (vectors.at(-2)!.digest !== listingDigest(listing, deployment)) throw new Error('a listing is hashed in two ways');

const text = `${JSON.stringify(vectors, (_key, value) => (typeof value === 'bigint' ? value.toString() : value), 1)}\n`;
if (!process.argv.includes('--check')) writeFileSync(file, text);
else if (readFileSync(file, 'utf8') !== text) {
  process.stderr.write('protocol/vectors/typed-data.json is stale. Run: npm run generate\n');
  process.exitCode = 1;
}
