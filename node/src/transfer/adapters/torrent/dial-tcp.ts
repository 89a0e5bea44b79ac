/**
 * The way to a provider over TCP, to an address of its magnet. Every address is asked of the dial policy first, every wait has
 * a limit and ends with the caller's signal. Keeps nothing.
 */
import { connect, type Socket } from 'node:net';
import { AppError } from '@chiral/protocol/errors';
import { type DialPolicy, parseHostPort } from './dial-policy.ts';
import { type Carrier, cancelled, type Link, type LinkOptions, shake } from './link.ts';
import type { Magnet } from './metainfo.ts';

/** Until TCP is connected, ms. */
const CONNECT_MS = 8_000;
/** Over TCP to the first address of the magnet that answers. @throws PEER_UNREACHABLE, NOT_FOUND, TIMEOUT, CANCELLED */
export async function dialTcp(
  magnet: Magnet,
  policy: DialPolicy,
  options: LinkOptions,
  signal: AbortSignal,
): Promise<Link> {
  let last = new AppError('PEER_UNREACHABLE', 'The endpoint names no address that may be dialled now.');
  for (const text of magnet.peers) {
    const target = parseHostPort(text);
    if (!target) continue;
    try {
      const address = await policy.resolve(target.host);
      if (!policy.mayDial(address, target.port, 'offer')) continue;
      const socket = await open(address, target.port, signal);
      const link = await abortable(shake(socket, 'tcpOutgoing', magnet, options), socket, signal);
      policy.answered(address, target.port);
      return link;
    } catch (error) {
      if (!(error instanceof AppError) || error.code === 'CANCELLED') throw error;
      last = error;
    }
  }
  throw last;
}

function open(host: string, port: number, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true });
    const settle = (error?: AppError) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      socket.removeListener('error', onError);
      if (error) {
        socket.on('error', () => {});
        socket.destroy();
        reject(error);
      } else resolve(socket);
    };
    const onError = (cause: Error) =>
      settle(new AppError('PEER_UNREACHABLE', 'The provider does not answer.', {}, { cause }));
    const onAbort = () => settle(cancelled());
    const timer = setTimeout(() => settle(new AppError('TIMEOUT', 'The provider does not answer.')), CONNECT_MS);
    socket.once('error', onError);
    socket.once('connect', () => settle());
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
  });
}

/** Ends `carrier` when `signal` aborts before `link` is there. */
async function abortable(link: Promise<Link>, carrier: Carrier, signal: AbortSignal): Promise<Link> {
  const onAbort = () => carrier.destroy();
  signal.addEventListener('abort', onAbort);
  if (signal.aborted) onAbort();
  try {
    return await link;
  } catch (error) {
    throw signal.aborted ? cancelled() : error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
