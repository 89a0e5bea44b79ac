/**
 * A crowd that opens connections and streams and never reads, in a process of its own so that it slows nobody's measurement
 * but by what it does to the victim. Sent `{ address, peerId, sockets, connections, streams }` it floods, then reports.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { createTestNetwork } from '../ports/discovery-network.ts';
import { frameOf } from './support/frame.ts';

export interface FloodOrder {
  readonly address: string;
  readonly peerId: string;
  readonly sockets: number;
  readonly connections: number;
  readonly streams: number;
}

export interface FloodReport {
  readonly opened: number;
  readonly refused: number;
}

process.once('message', async ({ address, peerId, sockets, connections, streams }: FloodOrder) => {
  const network = createTestNetwork();
  const { port } = /tcp\/(?<port>\d+)/.exec(address)!.groups!;
  await Promise.all(
    Array.from({ length: sockets }, async () => {
      const socket = connect(Number(port), '127.0.0.1');
      socket.on('error', () => {});
      await Promise.race([once(socket, 'connect'), once(socket, 'close')]).catch(() => {});
    }),
  );
  let opened = 0;
  let refused = 0;
  for (let i = 0; i < connections; i++) {
    const attacker = await network.start();
    await attacker.host.dial(address).catch(() => {});
    await Promise.all(
      Array.from({ length: streams / connections }, async () => {
        try {
          const stream = await attacker.host.openStream(
            peerId,
            '/chiral/transfer-test/1.0.0',
            AbortSignal.timeout(20_000),
          );
          stream.pause();
          stream.send(frameOf(new Uint8Array([255, 255])));
          opened++;
        } catch {
          refused++;
        }
      }),
    );
  }
  process.send!({ opened, refused } satisfies FloodReport);
});
for (const end of ['disconnect', 'SIGTERM']) process.once(end, () => process.exit(0));
