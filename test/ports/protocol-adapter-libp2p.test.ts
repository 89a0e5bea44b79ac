import { createLibp2pAdapter } from '../../node/src/transfer/adapters/libp2p/adapter.ts';
import { createTestNetwork } from './discovery-network.ts';
import { testProtocolAdapter } from './protocol-adapter.ts';

for (const [name, listen] of [
  ['tcp', '/ip4/127.0.0.1/tcp/0'],
  ['ws', '/ip4/127.0.0.1/tcp/0/ws'],
  ['webrtc-direct', '/ip4/127.0.0.1/udp/0/webrtc-direct'],
] as const) {
  testProtocolAdapter(`libp2p over ${name}`, async (t) => {
    const network = createTestNetwork();
    // A node dials over WebRTC only when it listens on it as well; a browser always does.
    const own = name === 'webrtc-direct' ? [listen] : [];
    const [a, b] = await Promise.all([network.start({ listen: [listen] }), network.start({ listen: own })]);
    const seller = await createLibp2pAdapter({ host: a.host });
    const buyer = await createLibp2pAdapter({ host: b.host });
    t.after(async () => {
      await Promise.all([seller.close(), buyer.close()]);
      await network.close();
    });
    const gone = '12D3KooWHf7cahZvAVB36SGaVXc7fiVDoJdRJq42zDRcN2s2512h';
    return { seller, buyer, buyerKey: b.host.peerId, deadEndpoint: `/ip4/127.0.0.1/tcp/1/p2p/${gone},/p2p/${gone}` };
  });
}
