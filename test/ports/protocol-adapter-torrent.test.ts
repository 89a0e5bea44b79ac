/** The suite of every protocol adapter, over real TCP and real WebRTC: strangers, and a buyer that proves its libp2p key. */

import type { TestContext } from 'node:test';
import { CHUNK_BYTES } from '@chiral/protocol/content';
import { generateKeyPair } from '@libp2p/crypto/keys';
import { peerIdFromPrivateKey } from '@libp2p/peer-id';
import type { Identity } from '../../node/src/transfer/adapters/torrent/peer-proof.ts';
import type { TorrentProtocol } from '../../node/src/transfer/adapters/torrent/sources.ts';
import { LOOPBACK, loopbackAdapters } from '../interop/support/torrent-fixture.ts';
import { chunkOf, randomBytes } from './fixtures.ts';
import { testProtocolAdapter } from './protocol-adapter.ts';

/** The bytes that the suite serves: a torrent hashes its pieces from the store beside the uplink. */
const bytes = randomBytes(5 * CHUNK_BYTES + 123, 11);
const nobody = `magnet:?xt=urn:btih:${'0'.repeat(40)}`;

async function newIdentity(): Promise<Identity> {
  const key = await generateKeyPair('Ed25519');
  return { peerId: peerIdFromPrivateKey(key).toString(), sign: (data) => key.sign(data) };
}

function connect(protocol: TorrentProtocol, withIdentity: boolean) {
  return async (t: TestContext) => {
    const identity = withIdentity ? await newIdentity() : undefined;
    const readLocal = async (_cid: string, chunk: number) => chunkOf(bytes, chunk);
    const seller = loopbackAdapters(bytes, { readLocal });
    const buyer = loopbackAdapters(bytes, { readLocal, ...(identity ? { identity } : {}) });
    t.after(async () => {
      await buyer.stop();
      await seller.stop();
    });
    return {
      seller: seller[protocol],
      buyer: buyer[protocol],
      buyerKey: identity?.peerId ?? `ip:${LOOPBACK}`,
      deadEndpoint: protocol === 'bittorrent' ? `${nobody}&x.pe=127.0.0.1:1` : `${nobody}&tr=ws://127.0.0.1:1/announce`,
    };
  };
}

for (const protocol of ['bittorrent', 'webtorrent'] as const) {
  testProtocolAdapter(`${protocol} as a stranger`, connect(protocol, false));
  testProtocolAdapter(`${protocol} with a proved key`, connect(protocol, true));
}
