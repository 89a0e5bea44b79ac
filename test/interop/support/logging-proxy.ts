/** A TCP proxy that keeps what went through it, for tests that look at the wire. It changes nothing. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface Captured {
  /** From whoever connected, all of it so far. */
  readonly asked: Buffer[];
  readonly answered: Buffer[];
}

export interface LoggingProxy {
  readonly port: number;
  /** In the order in which they were made. */
  readonly connections: readonly Captured[];
  close(): void;
}

/** @param from address that connections to `to` are made from */
export async function startLoggingProxy(
  host: string,
  to: { host: string; port: number },
  from?: string,
): Promise<LoggingProxy> {
  const connections: Captured[] = [];
  const sockets: Socket[] = [];
  const server = createServer((client) => {
    const captured: Captured = { asked: [], answered: [] };
    connections.push(captured);
    const target = connect({ ...to, ...(from && { localAddress: from }) });
    sockets.push(client, target);
    client.on('data', (data: Buffer) => captured.asked.push(data));
    target.on('data', (data: Buffer) => captured.answered.push(data));
    client.on('error', () => target.destroy());
    target.on('error', () => client.destroy());
    client.pipe(target);
    target.pipe(client);
  });
  server.listen(0, host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    connections,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
