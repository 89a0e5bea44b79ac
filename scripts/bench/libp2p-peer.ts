/**
 * One end of js-libp2p to js-libp2p, TCP, noise and yamux as they come from npm and nothing of ours: what a stream between two such
 * nodes can carry. Unlike ours it neither checks nor pays.
 *
 *   node libp2p-peer.ts seed FILE          prints { address } when it listens; sends the file to whoever opens a stream
 *   node libp2p-peer.ts fetch ADDRESS FILE  writes what comes, prints { seconds, processor } from dialling to the last byte
 */
import { open } from 'node:fs/promises';
import { noise } from '@libp2p/noise';
import { tcp } from '@libp2p/tcp';
import { yamux } from '@libp2p/yamux';
import { multiaddr } from '@multiformats/multiaddr';
import { createLibp2p } from 'libp2p';

const PROTOCOL = '/bench/1.0.0';
/** Bytes for each write; what our own protocol sends as a chunk. */
const WRITE_BYTES = 256 * 1024;

const [role, target = '', path = ''] = process.argv.slice(2);
const node = await createLibp2p({
  addresses: { listen: role === 'seed' ? ['/ip4/127.0.0.1/tcp/0'] : [] },
  transports: [tcp()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
});
/** Processor time of this process so far, seconds. */
const processorSeconds = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
const say = (value: object) => process.stdout.write(`${JSON.stringify(value)}\n`);

if (role === 'seed') {
  await node.handle(PROTOCOL, async (stream) => {
    const file = await open(target, 'r');
    for (;;) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(WRITE_BYTES), 0, WRITE_BYTES);
      if (bytesRead === 0) break;
      if (!stream.send(buffer.subarray(0, bytesRead))) {
        await new Promise<void>((resolve) => stream.addEventListener('drain', () => resolve(), { once: true }));
      }
    }
    await file.close();
    await stream.close();
  });
  say({ address: node.getMultiaddrs()[0]!.toString() });
} else {
  const file = await open(path, 'w');
  const [startedMs, before] = [performance.now(), processorSeconds()];
  const connection = await node.dial(multiaddr(target));
  const stream = await connection.newStream(PROTOCOL);
  for await (const data of stream) await file.write(data.subarray());
  say({ seconds: (performance.now() - startedMs) / 1000, processor: processorSeconds() - before });
  await file.close();
  process.exit(0);
}
