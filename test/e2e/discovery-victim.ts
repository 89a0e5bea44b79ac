/**
 * One node in a process of its own, so that its memory is its own. Started with an IPC channel by tests; says where it is,
 * then answers `memory` (bytes resident after a collection), `connections`, and `stop`.
 */
import { randomBytes } from 'node:crypto';
import { FrameStream } from '@chiral/protocol/frame-stream';
import { contentOf, createTestNetwork, offerOf } from '../ports/discovery-network.ts';

export type VictimReply =
  | { type: 'ready'; addresses: string[]; peerId: string; cid: string }
  | { type: 'memory'; bytes: number; heap: number }
  | { type: 'connections'; count: number };

const send = (reply: VictimReply) => process.send!(reply);
const network = createTestNetwork();
const node = await network.start();
const content = contentOf(randomBytes(1000));
node.shelf.put(content, offerOf(node.host.peerId, content));
await node.directory.provide(content.cid);

// A transfer to measure by: as many 64 KiB frames as the first byte pair asks for.
await node.host.handle('/chiral/transfer-test/1.0.0', async (_peer, stream) => {
  const frames = new FrameStream(stream, 100);
  const ask = await frames.read(100, AbortSignal.timeout(10_000));
  const block = Buffer.alloc(64 * 1024);
  for (let i = 0; ask && i < ask[0]! * 256 + ask[1]!; i++) await frames.write(block, AbortSignal.timeout(30_000));
  await frames.close();
});

process.on('message', async (message) => {
  if (message === 'memory') {
    globalThis.gc?.();
    const { rss, heapUsed, external } = process.memoryUsage();
    send({ type: 'memory', bytes: rss, heap: heapUsed + external });
  } else if (message === 'connections') {
    send({ type: 'connections', count: node.host.connectedPeers().length });
  } else if (message === 'stop') {
    await network.close();
    process.disconnect();
  }
});
for (const end of ['disconnect', 'SIGTERM']) process.once(end, () => process.exit(0));
send({ type: 'ready', addresses: node.host.addresses(), peerId: node.host.peerId, cid: content.cid });
