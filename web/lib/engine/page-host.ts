/**
 * The tab as a libp2p peer: `host-core` of the node over what a browser can dial, WebSocket and WebRTC-direct, and other tabs by
 * way of a node (`tab-transport`). It listens nowhere, so it asks the DHT and answers nobody there. State: none of its own.
 */
import { type Host, startHost } from '@chiral/node/discovery/host-core';
import { answerSignals } from '@chiral/node/discovery/signal';
import type { Log } from '@chiral/node/log';
import type { PrivateKey } from '@libp2p/interface';
import { peerIdFromPrivateKey } from '@libp2p/peer-id';
import { webRTCDirect } from '@libp2p/webrtc';
import { webSockets } from '@libp2p/websockets';
import type { TabTransport } from './tab-transport.ts';

/** A bootstrap node that is asked where it is has this long, milliseconds. */
const ASK_TIMEOUT_MS = 5_000;
const MAX_ADDRESSES = 16;
/** Nodes through which other tabs may come. */
const MAX_ANNOUNCED = 4;

export async function startPageHost(options: {
  privateKey: PrivateKey;
  bootstrap: readonly string[];
  tabs: TabTransport;
  log: Log;
}): Promise<Host> {
  const { privateKey, bootstrap, tabs, log } = options;
  const self = peerIdFromPrivateKey(privateKey).toString();
  // Where other tabs find this one: at each node that it is connected to.
  const announce = bootstrap
    .filter((address) => /\/p2p\/[^/]+$/.test(address))
    .slice(0, MAX_ANNOUNCED)
    .map((address) => `${address}/p2p-circuit/p2p/${self}`);
  const host = await startHost(
    { listen: [], bootstrap, announce, log },
    {
      privateKey,
      clientMode: true,
      transports: [webSockets(), webRTCDirect({ rtcConfiguration: { iceServers: [] } }), tabs.factory],
      // A browser's own rules decide what a page may reach; the library's would also keep it from its own machine.
      connectionGater: { denyDialMultiaddr: () => false },
    },
  );
  const stopAnswering = await answerSignals(host, tabs.answer);
  return {
    ...host,
    async stop() {
      await stopAnswering();
      await host.stop();
    },
  };
}

/** Whether a tab can dial it. A page on https may open no plain WebSocket but to its own machine. */
export function isDialable(address: string, isSecure: boolean): boolean {
  if (address.includes('/webrtc-direct')) return true;
  if (/\/wss(\/|$)|\/tls\/ws(\/|$)/.test(address)) return true;
  if (!/\/ws(\/|$)/.test(address)) return false;
  return !isSecure || /^\/(ip4\/127\.|ip6\/::1\/|dns[46]?\/localhost\/)/.test(address);
}

/** Multiaddrs of the nodes to begin with; those given by their web address say themselves where they are. */
export async function toMultiaddrs(bootstrap: readonly string[], isSecure: boolean): Promise<string[]> {
  const answers = await Promise.all(bootstrap.map((node) => (/^https?:/.test(node) ? askNode(node) : [node])));
  return [...new Set(answers.flat())].filter((address) => isDialable(address, isSecure));
}

async function askNode(url: string): Promise<string[]> {
  try {
    const response = await fetch(`${url.replace(/\/+$/, '')}/chiral.json`, {
      signal: AbortSignal.timeout(ASK_TIMEOUT_MS),
      cache: 'no-store',
    });
    const { bootstrap } = (await response.json()) as { bootstrap?: unknown };
    if (!Array.isArray(bootstrap)) return [];
    return bootstrap
      .filter((address): address is string => typeof address === 'string' && /^\/.{8,500}$/.test(address))
      .slice(0, MAX_ADDRESSES);
  } catch {
    // A node that does not answer is no bootstrap node; others may.
    return [];
  }
}
