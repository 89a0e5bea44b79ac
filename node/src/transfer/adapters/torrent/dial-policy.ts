/**
 * Which addresses we let strangers make us send to. Trackers, peer exchange, the DHT, offers and session descriptions are
 * all words of strangers; without this a swarm is a cannon that anybody may point. State: the recent dials per address.
 */
import { lookup as dnsLookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { AppError } from '@chiral/protocol/errors';
import { MAX_MESSAGE_BYTES, type TrackerSocket, type WebRtcPolicy } from './signalling.ts';

/**
 * How often one address may be dialled that has not yet shown to speak our protocol: `burst` at once, one more per `refillMs`.
 * A swarm (trackers, peer exchange, DHT) is anybody's word; an offer is at least signed and wanted by our user.
 */
const RATES = {
  swarm: { burst: 1, refillMs: 60_000 },
  offer: { burst: 4, refillMs: 15_000 },
} as const;
/** Addresses remembered; beyond it the oldest is forgotten. */
const MAX_REMEMBERED = 4096;
/** ICE candidates taken from one session description; browsers send fewer than ten. */
const MAX_CANDIDATES = 16;

const notPublic = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const) {
  notPublic.addSubnet(net, bits, 'ipv4');
}
const globalUnicast = new BlockList();
globalUnicast.addSubnet('2000::', 3, 'ipv6');
for (const [net, bits] of [
  ['2001:db8::', 32],
  ['2001::', 23],
  ['2002::', 16],
] as const) {
  notPublic.addSubnet(net, bits, 'ipv6');
}

/** `::ffff:1.2.3.4` → `1.2.3.4`, without zone. */
export function plainAddress(address: string): string {
  const bare = address.split('%')[0]!.toLowerCase();
  return bare.startsWith('::ffff:') && isIP(bare.slice(7)) === 4 ? bare.slice(7) : bare;
}

/** True for an address on the public internet that belongs to one host. */
export function isPublicAddress(address: string): boolean {
  const plain = plainAddress(address);
  const family = isIP(plain);
  if (family === 4) return !notPublic.check(plain, 'ipv4');
  return family === 6 && globalUnicast.check(plain, 'ipv6') && !notPublic.check(plain, 'ipv6');
}

/** `host:port` or `[v6]:port` → parts, or undefined. */
export function parseHostPort(text: string): { host: string; port: number } | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9.-]{1,253})):(\d{1,5})$/i.exec(text);
  const port = Number(match?.[3]);
  if (!match || port < 1 || port > 65535) return undefined;
  return { host: (match[1] ?? match[2])!, port };
}

export function toHostPort(host: string, port: number): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}

export class DialPolicy implements WebRtcPolicy {
  readonly #allowPrivate: boolean;
  readonly #now: () => number;
  /** When the address will have all its dials back, ms. */
  readonly #dialled = new Map<string, number>();

  /** @param options.allowPrivate for a closed network or a test: loopback and private addresses are as good as any */
  constructor(options: { allowPrivate: boolean; now?: () => number }) {
    this.#allowPrivate = options.allowPrivate;
    this.#now = options.now ?? Date.now;
  }

  /** True when this address may be sent to at all. */
  permits(address: string): boolean {
    return this.#allowPrivate ? isIP(plainAddress(address)) !== 0 : isPublicAddress(address);
  }

  /** True when a stranger may make us dial `address:port` now; counts as a dial. */
  mayDial(address: string, port: number, word: keyof typeof RATES): boolean {
    if (!this.permits(address)) return false;
    const key = toHostPort(plainAddress(address), port);
    const { burst, refillMs } = RATES[word];
    const now = this.#now();
    const fullAt = Math.max(this.#dialled.get(key) ?? 0, now);
    if (fullAt - now > (burst - 1) * refillMs) return false;
    this.#dialled.delete(key);
    if (this.#dialled.size >= MAX_REMEMBERED) this.#dialled.delete(this.#dialled.keys().next().value!);
    this.#dialled.set(key, fullAt + refillMs);
    return true;
  }

  /** The address answered as a peer of ours should: it may be dialled again when the connection ends. */
  answered(address: string, port: number): void {
    this.#dialled.delete(toHostPort(plainAddress(address), port));
  }

  /** Host name or address → one address that may be sent to. @throws PEER_UNREACHABLE */
  async resolve(host: string): Promise<string> {
    const addresses =
      isIP(host) !== 0
        ? [host]
        : await dnsLookup(host, { all: true }).then(
            (found) => found.map(({ address }) => address),
            () => [],
          );
    const address = addresses.find((one) => this.permits(one));
    if (address === undefined)
      throw new AppError('PEER_UNREACHABLE', `"${host}" is no address that may be dialled from here.`, { host });
    return address;
  }

  /** WebSocket to a tracker; the address that was checked is the one that is dialled. @throws PEER_UNREACHABLE */
  async openSocket(url: string): Promise<TrackerSocket> {
    const { WebSocket } = await import('ws');
    const address = await this.resolve(new URL(url).hostname.replace(/^\[|\]$/g, ''));
    return new WebSocket(url, {
      maxPayload: MAX_MESSAGE_BYTES,
      perMessageDeflate: false,
      handshakeTimeout: 10_000,
      followRedirects: false,
      lookup: (_host, options, done) => {
        const family = address.includes(':') ? 6 : 4;
        if (typeof options === 'object' && options.all)
          (done as (e: null, a: object[]) => void)(null, [{ address, family }]);
        else done(null, address, family);
      },
    }) as unknown as TrackerSocket;
  }

  /**
   * Takes the candidates out of a session description: they are added later, one by one, once allowed. Counts as a dial of each.
   * @returns the description without them, and those that may be tried
   */
  splitCandidates(sdp: string): { sdp: string; candidates: string[] } {
    const candidates: string[] = [];
    const rest = sdp.split(/\r?\n/).filter((line) => {
      if (!line.startsWith('a=candidate:')) return line !== 'a=end-of-candidates';
      // candidate:<foundation> <component> <transport> <priority> <address> <port> typ <type> (RFC 8839)
      const [, , transport, , address, port] = line.slice(2).split(' ');
      const dialable = transport?.toLowerCase() === 'udp' && Number(port) > 0 && candidates.length < MAX_CANDIDATES;
      // Checks go out to it as dials do; who really negotiates takes another port each time.
      if (dialable && this.mayDial(address ?? '', Number(port), 'swarm')) candidates.push(line.slice(2));
      return false;
    });
    return { sdp: rest.join('\r\n'), candidates };
  }
}
