/** What the eDonkey runs share: two addresses in the network namespace that `ed2k-interop.ts` made, and our adapter on one. */
import { execFileSync } from 'node:child_process';
import { createLog } from '../../../node/src/log.ts';
import { createEd2kAdapter } from '../../../node/src/transfer/adapters/ed2k/adapter.ts';
import { chunkOf } from '../../ports/fixtures.ts';

export const OURS = '10.99.0.2';
export const THEIRS = '10.99.0.1';

export function addAddresses(): void {
  execFileSync('ip', ['link', 'set', 'lo', 'up']);
  for (const address of [OURS, THEIRS]) execFileSync('ip', ['addr', 'add', `${address}/24`, 'dev', 'lo']);
}

/**
 * Our adapter at `OURS`, which has `bytes` under `name`. amuled is dialled until it listens.
 *
 * @param ports any free ones by default
 */
export function createAdapterFor(
  name: string,
  bytes: Uint8Array,
  ports: { listenPort: number; publicPort?: number } = { listenPort: 0 },
) {
  return createEd2kAdapter({
    listenHost: OURS,
    ...ports,
    publicHost: OURS,
    userHash: '0123456789abcdef0123456789abcdef',
    peers: () => undefined,
    readLocal: async (_cid, chunk) => chunkOf(bytes, chunk),
    nameOf: () => name,
    redialMs: 0,
    log: createLog(process.env.CHIRAL_LOG ?? 'silent'),
  });
}
