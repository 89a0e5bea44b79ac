import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PROTOCOLS, type ProtocolName } from '@chiral/protocol/offer';
import { type DownloadFacts, downloadOrder, type Reach, sellerOrder } from './selection.ts';

const MB = 1_000_000;

describe('the seller’s order', () => {
  const rows: [string, Reach, readonly ProtocolName[], readonly ProtocolName[], ProtocolName[]][] = [
    ['public: HTTP first', 'public', PROTOCOLS, [], ['http', 'libp2p', 'webtorrent', 'bittorrent', 'ed2k']],
    ['NAT: WebTorrent, then BitTorrent', 'nat', PROTOCOLS, [], ['webtorrent', 'bittorrent', 'libp2p', 'ed2k', 'http']],
    ['page: WebTorrent and nothing else', 'browser', PROTOCOLS, [], ['webtorrent']],
    ['only what is served', 'public', ['ed2k', 'http'], [], ['http', 'ed2k']],
    ['the owner’s word', 'nat', PROTOCOLS, ['ed2k'], ['ed2k', 'webtorrent', 'bittorrent', 'libp2p', 'http']],
    ['the owner’s whole order', 'public', ['http', 'libp2p'], ['libp2p', 'http'], ['libp2p', 'http']],
    ['a page cannot be told to listen', 'browser', PROTOCOLS, ['bittorrent'], ['webtorrent']],
    ['nothing served', 'public', [], ['http'], []],
  ];
  for (const [name, reach, available, preferred, order] of rows)
    it(name, () => assert.deepEqual(sellerOrder(reach, available, preferred), order));
});

describe('the downloader’s order', () => {
  const all = { http: 1, webtorrent: 1, bittorrent: 1, ed2k: 1, libp2p: 1 };
  const rows: [string, DownloadFacts, ProtocolName[]][] = [
    ['a page', { isBrowser: true, sizeBytes: MB, sellers: all }, ['webtorrent', 'libp2p', 'http']],
    [
      'a page, whatever the user prefers',
      { isBrowser: true, preferred: 'bittorrent', sizeBytes: MB, sellers: all },
      ['webtorrent', 'libp2p', 'http'],
    ],
    [
      'a page, large and well seeded',
      { isBrowser: true, sizeBytes: 500 * MB, sellers: { ...all, bittorrent: 50 } },
      ['webtorrent', 'libp2p', 'http'],
    ],
    ['a page where only TCP is offered', { isBrowser: true, sizeBytes: MB, sellers: { bittorrent: 3, ed2k: 1 } }, []],
    [
      'the user’s word',
      { preferred: 'ed2k', sizeBytes: 500 * MB, sellers: { ...all, bittorrent: 9 } },
      ['ed2k', 'bittorrent', 'http', 'libp2p', 'webtorrent'],
    ],
    [
      'the user’s word on a protocol nobody offers',
      { preferred: 'ed2k', sizeBytes: MB, sellers: { http: 1 } },
      ['http'],
    ],
    [
      'large and more than five BitTorrent seeders',
      { sizeBytes: 100 * MB + 1, sellers: { ...all, bittorrent: 6 } },
      ['bittorrent', 'http', 'libp2p', 'webtorrent', 'ed2k'],
    ],
    [
      'just 100 MB',
      { sizeBytes: 100 * MB, sellers: { ...all, bittorrent: 6 } },
      ['http', 'bittorrent', 'libp2p', 'webtorrent', 'ed2k'],
    ],
    [
      'just five seeders',
      { sizeBytes: 500 * MB, sellers: { ...all, bittorrent: 5 } },
      ['http', 'bittorrent', 'libp2p', 'webtorrent', 'ed2k'],
    ],
    ['HTTP where there is any', { sizeBytes: MB, sellers: { http: 1, ed2k: 20 } }, ['http', 'ed2k']],
    [
      'a network that lets only the web through',
      { isRestricted: true, sizeBytes: 500 * MB, sellers: { ...all, bittorrent: 50 } },
      ['http', 'bittorrent', 'libp2p', 'webtorrent', 'ed2k'],
    ],
    [
      'such a network, and the user knows better',
      { isRestricted: true, preferred: 'libp2p', sizeBytes: MB, sellers: { libp2p: 1, http: 1 } },
      ['libp2p', 'http'],
    ],
    [
      'no HTTP: what most speak',
      { sizeBytes: MB, sellers: { ed2k: 4, webtorrent: 2, libp2p: 3 } },
      ['ed2k', 'libp2p', 'webtorrent'],
    ],
    [
      'no HTTP, as many of each',
      { sizeBytes: MB, sellers: { ed2k: 1, libp2p: 1, bittorrent: 1 } },
      ['libp2p', 'bittorrent', 'ed2k'],
    ],
    ['nobody', { sizeBytes: MB, sellers: {} }, []],
  ];
  for (const [name, facts, order] of rows) it(name, () => assert.deepEqual(downloadOrder(facts), order));

  it('never sends a page to TCP or UDP', () => {
    for (const preferred of [undefined, ...PROTOCOLS]) {
      for (const isRestricted of [true, false]) {
        const order = downloadOrder({
          isBrowser: true,
          isRestricted,
          sizeBytes: 10 ** 9,
          sellers: { ...all, bittorrent: 99, ed2k: 99 },
          ...(preferred && { preferred }),
        });
        assert.ok(!order.includes('bittorrent') && !order.includes('ed2k'));
      }
    }
  });
});
