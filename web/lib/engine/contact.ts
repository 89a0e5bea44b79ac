/**
 * Whether this page reaches anybody, and if not, why: a browser may keep a public page from this machine and this network until
 * its user allows it, and says so to nobody. State: none.
 */
import type { Host } from '@chiral/node/discovery/host-core';
import { AppError } from '@chiral/protocol/errors';

/** A node on this machine answers at once or is kept from us, milliseconds. */
const LOCAL_MS = 1_500;
/** A node anywhere has this long, milliseconds: a dial of all its addresses. */
const ANYWHERE_MS = 7_000;
const LOCAL =
  /\/\/(?:127\.|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|localhost|\[::1\])|\/ip4\/(?:127\.|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.)|\/ip6\/::1\/|\/dns[46]?\/localhost\//;

/**
 * Resolves when a node is connected.
 * @param nodes as the page was given them
 * @throws FORBIDDEN the browser keeps this page from the local network (`details.permission`); PEER_UNREACHABLE; CANCELLED
 */
export async function ensureContact(host: Host, nodes: readonly string[], signal: AbortSignal): Promise<void> {
  if (host.connectedPeers().length > 0) return;
  if (nodes.length === 0) throw new AppError('PEER_UNREACHABLE', 'This page knows no node to begin with. Name one.');
  // A page of this machine itself is not kept from it.
  const isGuarded = !LOCAL.test(`//${location.hostname}`) && nodes.every((node) => LOCAL.test(node));
  const guarded = isGuarded ? await guardedState() : undefined;
  const limit = AbortSignal.any([signal, AbortSignal.timeout(guarded ? LOCAL_MS : ANYWHERE_MS)]);
  await host.guides(limit).catch(() => []);
  if (signal.aborted) throw new AppError('CANCELLED', 'Nobody waits for it any more.');
  if (host.connectedPeers().length > 0) return;
  if (guarded) {
    throw new AppError(
      'FORBIDDEN',
      'The browser does not let this page reach nodes on this computer or network. Allow "local network" for this page, then try again.',
      { permission: 'local-network-access', state: guarded },
    );
  }
  throw new AppError('PEER_UNREACHABLE', 'None of the nodes that this page knows can be reached.', {
    nodes: [...nodes],
  });
}

/** The state of the permission where the browser has it and did not give it. */
async function guardedState(): Promise<string | undefined> {
  try {
    const { state } = await navigator.permissions.query({ name: 'local-network-access' as PermissionName });
    return state === 'granted' ? undefined : state;
  } catch {
    // Browsers that do not know the permission do not ask for it.
    return undefined;
  }
}
