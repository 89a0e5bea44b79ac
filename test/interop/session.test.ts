/**
 * Every stock client of this machine at a selling daemon: it stops at the free allowance, and with a session that another
 * process pays for it goes on to the end. `npm run interop` runs the same with 100 MB and prints the table.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  LOOPBACK_CLIENTS,
  NAMESPACE_CLIENTS,
  namespaceObstacle,
  runSessions,
  type SessionRow,
} from './support/session-runs.ts';
import { stockClients } from './support/stock-clients.ts';

const BYTES = 12_000_017;

function check(rows: readonly SessionRow[], names: readonly string[]): void {
  const here = stockClients(BYTES).filter(({ name }) => names.includes(name));
  assert.deepEqual(
    rows.map(({ name, protocol, bytes, ok, problems }) => ({ name, protocol, bytes, ok, problems })),
    here.map(({ name, protocol }) => ({ name, protocol, bytes: BYTES, ok: true, problems: [] })),
  );
}

describe('stock clients and sessions', () => {
  it('on loopback', async () => check(await runSessions('loopback', BYTES, LOOPBACK_CLIENTS), LOOPBACK_CLIENTS));

  it('in a network namespace', { skip: namespaceObstacle() }, async () =>
    check(await runSessions('namespace', BYTES, NAMESPACE_CLIENTS), NAMESPACE_CLIENTS),
  );
});
