/**
 * The daemon's libp2p host: `host-core` with an identity file, a datastore on disk and the transports of a machine.
 * It owns the identity file and the datastore under `dataDir` (peers, addresses, DHT records, the WebRTC certificate).
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { peerIdFromPrivateKey } from '@libp2p/peer-id';
import { tcp } from '@libp2p/tcp';
import { webSockets } from '@libp2p/websockets';
import { openDatastore } from './datastore.ts';
import { boundedDatastore, type ProviderLimits } from './dht-store.ts';
import { type HostOptions as CoreOptions, type Host, parseAddress, startHost } from './host-core.ts';
import { loadIdentity } from './identity.ts';
import { machineNoise } from './noise.ts';

export { type Host, KAD_PROTOCOL, type StreamHandler } from './host-core.ts';
export { K } from './limits.ts';

export interface HostOptions extends CoreOptions {
  /** Folder for identity and datastore; made when missing. WebRTC is loaded only to listen on `/webrtc-direct`. */
  readonly dataDir: string;
  readonly providerLimits?: ProviderLimits;
}

/** @throws STORE_FAILED when `dataDir` is in use or damaged; BAD_REQUEST for a malformed address */
export async function createHost(options: HostOptions): Promise<Host> {
  const { dataDir, listen, bootstrap, announce = [], log } = options;
  for (const address of [...listen, ...bootstrap, ...announce]) parseAddress(address);
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const privateKey = await loadIdentity(join(dataDir, 'identity.key'));
  const datastore = await openDatastore(join(dataDir, 'network'), log);
  const webrtc = listen.some((address) => address.includes('/webrtc-direct')) ? await loadWebrtc() : undefined;
  const self = peerIdFromPrivateKey(privateKey).toString();
  const records = await boundedDatastore(datastore, self, options.providerLimits).catch(async (error: unknown) => {
    await datastore.close();
    throw error;
  });
  return startHost(options, {
    privateKey,
    datastore,
    records,
    encrypter: machineNoise(),
    transports: [tcp(), webSockets(), ...(webrtc ? [webrtc.transport] : [])],
    ...(webrtc && { keychain: webrtc.keychain }),
  });
}

/** WebRTC costs 150 ms to load, so only a node that listens on it pays. The keychain keeps its certificate over restarts. */
async function loadWebrtc() {
  const [{ webRTCDirect }, { keychain }, { closeChannelsWithConnection }] = await Promise.all([
    import('@libp2p/webrtc'),
    import('@libp2p/keychain'),
    import('./webrtc-channels.ts'),
  ]);
  closeChannelsWithConnection();
  // No STUN server by default: libp2p's own default is a public one.
  return { transport: webRTCDirect({ rtcConfiguration: { iceServers: [] } }), keychain: keychain() };
}
