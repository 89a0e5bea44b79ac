/**
 * A very small eDonkey server: it lets clients log in and knows no files. aMule dials its sources only while it is connected to
 * some server or to Kad, so a test brings its own. Test support only; users of Chiral need no server.
 */
import { createServer } from 'node:net';
import { EDONKEY, encodeFrame, FrameReader } from '../../../node/src/transfer/adapters/ed2k/frame.ts';

const LOGIN = 0x01;
/** Answer to a login: the id, which is the client's own address when it can be reached, and flags. */
const ID_CHANGE = 0x40;

/**
 * @param host IPv4 address to listen on
 * @returns `clients` resolves when the first client has logged in
 */
export async function startLoginServer(
  host: string,
): Promise<{ port: number; loggedIn: Promise<void>; close(): void }> {
  const { promise: loggedIn, resolve } = Promise.withResolvers<void>();
  const server = createServer((socket) => {
    const reader = new FrameReader();
    socket.on('error', () => {});
    socket.on('data', (data) => {
      for (const { protocol, opcode } of reader.push(data)) {
        if (protocol !== EDONKEY || opcode !== LOGIN) continue;
        const address = (socket.remoteAddress ?? '').replace('::ffff:', '').split('.').map(Number);
        socket.write(encodeFrame(EDONKEY, ID_CHANGE, Uint8Array.from([...address, 0, 0, 0, 0])));
        resolve();
      }
    });
    socket.unref();
  });
  await new Promise<void>((done) => server.listen(0, host, done));
  const { port } = server.address() as { port: number };
  server.unref();
  return { port, loggedIn, close: () => server.close() };
}
