import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { noise } from '@libp2p/noise';
import { tcp } from '@libp2p/tcp';
import { webSockets } from '@libp2p/websockets';
import { yamux } from '@libp2p/yamux';
import { createLibp2p, type Libp2pOptions } from 'libp2p';
import { machineNoise } from './noise.ts';

const PROTOCOL = '/echo/1.0.0';
/** On both sides of where the cipher changes hands and of the longest message. */
const LENGTHS = [1, 1199, 1200, 65_519, 65_520, 300_000];

type Encrypter = NonNullable<Libp2pOptions['connectionEncrypters']>[number];

async function peer(t: TestContext, encrypter: Encrypter, listen: string[]) {
  const node = await createLibp2p({
    addresses: { listen },
    transports: [tcp(), webSockets()],
    connectionEncrypters: [encrypter],
    streamMuxers: [yamux()],
  });
  t.after(() => node.stop());
  await node.handle(PROTOCOL, async (stream) => {
    for await (const data of stream) if (!stream.send(data)) await once(stream, 'drain');
    await stream.close();
  });
  return node;
}

for (const address of ['/ip4/127.0.0.1/tcp/0', '/ip4/127.0.0.1/tcp/0/ws']) {
  for (const [asks, answers] of [
    ['ours', 'the package'],
    ['the package', 'ours'],
    ['ours', 'ours'],
  ] as const) {
    test(`${asks} to ${answers} over ${address}: every byte arrives, both ways`, async (t) => {
      const encrypterOf = (which: string) => (which === 'ours' ? machineNoise() : noise());
      const answerer = await peer(t, encrypterOf(answers), [address]);
      const asker = await peer(t, encrypterOf(asks), []);
      const stream = await asker.dialProtocol(answerer.getMultiaddrs(), PROTOCOL);
      const sent = LENGTHS.map((length) => randomBytes(length));
      const got: Uint8Array[] = [];
      const whole = (async () => {
        for await (const data of stream) got.push(data.subarray());
      })();
      for (const data of sent) stream.send(data);
      await stream.close();
      await whole;
      assert.ok(Buffer.concat(got).equals(Buffer.concat(sent)));
    });
  }
}
