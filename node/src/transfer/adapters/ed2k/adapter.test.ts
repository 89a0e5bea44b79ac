import type { TestContext } from 'node:test';
import { CHUNK_BYTES } from '@chiral/protocol/content';
import { chunkOf, randomBytes } from '../../../../../test/ports/fixtures.ts';
import { testProtocolAdapter } from '../../../../../test/ports/protocol-adapter.ts';
import { createLog } from '../../../log.ts';
import { createEd2kAdapter } from './adapter.ts';

const bytes = randomBytes(5 * CHUNK_BYTES + 123, 11);

async function connect(t: TestContext, isKnown: boolean) {
  const common = {
    listenHost: '127.0.0.1',
    listenPort: 0,
    publicHost: '127.0.0.1',
    log: createLog('silent'),
    readLocal: async (_cid: string, chunk: number) => chunkOf(bytes, chunk),
  };
  const buyerHash = 'b0'.repeat(16);
  const peers = (userHash: string) => (isKnown && userHash === buyerHash ? 'buyer' : undefined);
  const seller = createEd2kAdapter({ ...common, userHash: 'a0'.repeat(16), peers });
  const buyer = createEd2kAdapter({ ...common, userHash: buyerHash, peers: () => undefined });
  t.after(async () => {
    await buyer.close();
    await seller.close();
  });
  const deadEndpoint = `ed2k://|file|x|${bytes.length}|${'0'.repeat(32)}|/|sources,127.0.0.1:1|/`;
  return { seller, buyer, buyerKey: isKnown ? 'buyer' : 'ip:127.0.0.1', deadEndpoint };
}

testProtocolAdapter('ed2k with a registered user hash', (t) => connect(t, true));
testProtocolAdapter('ed2k as a stranger', (t) => connect(t, false));
