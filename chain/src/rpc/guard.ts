/**
 * Who may talk to the RPC. A browser will fetch 127.0.0.1 for any page that asks, so the port being local is not enough:
 * the Host header must name this machine (DNS rebinding), and a page's origin must be one we know (cross-site requests).
 */
import type { IncomingMessage } from 'node:http';

/** Names of this machine. @see https://github.com/ethereum/go-ethereum/blob/master/node/config.go HTTPVirtualHosts */
const LOCAL_HOSTS = ['localhost', '127.0.0.1', '[::1]'];
/** Extensions act for their user, with the user's leave; a page cannot pretend to be one. */
const EXTENSION_SCHEMES = ['chrome-extension:', 'moz-extension:', 'safari-web-extension:'];

export interface GuardOptions {
  /** More host names to answer to, without port; '*' answers to all. */
  hosts?: readonly string[];
  /** More origins to answer to, such as https://app.example; '*' answers to all. */
  origins?: readonly string[];
}

/** @returns why the request is refused, or undefined */
export function refusal(request: IncomingMessage, options: GuardOptions = {}): string | undefined {
  const hosts = request.rawHeaders.filter((name, i) => i % 2 === 0 && name.toLowerCase() === 'host').length;
  if (hosts !== 1 || !isHostAllowed(request.headers.host, options.hosts)) return 'invalid host specified';
  const { origin } = request.headers;
  if (origin !== undefined && !isOriginAllowed(origin, options.origins)) return 'origin not allowed';
  return undefined;
}

export function isHostAllowed(header: string | undefined, more: readonly string[] = []): boolean {
  if (header === undefined) return false;
  if (more.includes('*')) return true;
  const parsed = /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::\d{1,5})?$/i.exec(header);
  const name = parsed?.[1]?.toLowerCase();
  return name !== undefined && [...LOCAL_HOSTS, ...more].includes(name);
}

export function isOriginAllowed(origin: string, more: readonly string[] = []): boolean {
  if (more.includes('*') || more.includes(origin)) return true;
  if (!URL.canParse(origin)) return false;
  const { protocol, hostname } = new URL(origin);
  if (EXTENSION_SCHEMES.includes(protocol)) return true;
  return (protocol === 'http:' || protocol === 'https:') && LOCAL_HOSTS.includes(hostname);
}
