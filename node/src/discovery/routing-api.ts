/**
 * The delegated routing HTTP API: a browser or a stock client that cannot walk the DHT asks us to. It hands on what others
 * said and signs nothing: each provider record carries the seller's own signed offer, which the asker checks.
 *
 * Public and read-only, so it is bounded: lookups at once, seconds per lookup, providers per answer.
 *
 * @see https://specs.ipfs.tech/routing/http-routing-v1/
 * @see https://specs.ipfs.tech/ipips/ipip-0484/ (filters)
 */
import { isAppError, toProblem } from '@chiral/protocol/errors';
import { encodeOffer, PROTOCOLS, type ProtocolName, type SignedOffer } from '@chiral/protocol/offer';
import express, { type Request, type Response, type Router } from 'express';
import { CID } from 'multiformats/cid';
import type { LocalOffers } from '../ports.ts';
import type { Libp2pDirectory } from './directory.ts';
import type { Host } from './host.ts';

/** Lookups at once; each may ask dozens of nodes. */
const MAX_LOOKUPS = 32;
/** One lookup, ms. */
const LOOKUP_TIMEOUT_MS = 10_000;
/** A plain JSON answer does not wait longer than this after the first offer, ms; a stream gives each as it comes. */
const LINGER_MS = 1_000;
/** Providers in one answer, as the specification says. */
const MAX_PROVIDERS = 100;
/** Seconds that a cache may keep an answer: with providers, and without. */
const CACHE_FOUND_SECONDS = 60;
const CACHE_EMPTY_SECONDS = 15;

/** A provider in the `peer` schema of the specification, with the offer as an extra field that others ignore. */
interface PeerRecord {
  readonly Schema: 'peer';
  readonly ID: string;
  readonly Addrs: readonly string[];
  readonly Protocols: readonly string[];
  readonly 'chiral-offer': unknown;
}

/** @param local this node's own offers, which a search among others does not find */
export function createRoutingApi(host: Host, directory: Libp2pDirectory, local?: LocalOffers): Router {
  const router = express.Router();
  let lookups = 0;

  router.use((_request, response, next) => {
    response.set({
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET, OPTIONS',
      vary: 'Accept',
    });
    next();
  });

  router.get('/routing/v1/providers/:cid', async (request: Request<{ cid: string }>, response) => {
    const cid = canonicalCid(request.params.cid);
    if (!cid) return void response.status(422).json({ error: 'not a CID' });
    if (lookups >= MAX_LOOKUPS) return void response.status(429).set('retry-after', '1').json({ error: 'busy' });
    lookups++;
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    try {
      const filter = parseFilter(request);
      const signal = AbortSignal.any([gone.signal, AbortSignal.timeout(LOOKUP_TIMEOUT_MS)]);
      const records = providerRecords(host, directory, local, cid, filter, signal);
      if (request.accepts(['application/json', 'application/x-ndjson']) === 'application/x-ndjson') {
        await streamRecords(records, response);
      } else {
        await sendRecords(records, response);
      }
    } catch (error) {
      if (!isAppError(error)) throw error;
      const problem = toProblem(error);
      if (!response.headersSent) response.status(problem.status).json(problem);
      else response.end();
    } finally {
      lookups--;
      gone.abort();
    }
  });

  router.get('/routing/v1/peers/:peerId', async (request: Request<{ peerId: string }>, response) => {
    let addresses: string[];
    try {
      addresses = await host.addressesOf(request.params.peerId);
    } catch {
      return void response.status(422).json({ error: 'not a peer id' });
    }
    const record = { Schema: 'peer', ID: request.params.peerId, Addrs: addresses, Protocols: [] };
    response.set(
      'cache-control',
      `public, max-age=${addresses.length > 0 ? CACHE_FOUND_SECONDS : CACHE_EMPTY_SECONDS}`,
    );
    response.json({ Peers: addresses.length > 0 ? [record] : [] });
  });

  return router;
}

function canonicalCid(text: string): string | undefined {
  try {
    return text.length <= 128 ? CID.parse(text).toV1().toString() : undefined;
  } catch {
    return undefined;
  }
}

interface Filter {
  readonly addresses: readonly string[];
  readonly protocols: readonly string[];
}

function parseFilter(request: Request): Filter {
  const list = (value: unknown) =>
    typeof value === 'string' ? value.toLowerCase().split(',', 32).filter(Boolean) : [];
  return { addresses: list(request.query['filter-addrs']), protocols: list(request.query['filter-protocols']) };
}

/** What was seen before goes first, then what a fresh search finds; each provider once. */
async function* providerRecords(
  host: Host,
  directory: Libp2pDirectory,
  local: LocalOffers | undefined,
  cid: string,
  filter: Filter,
  signal: AbortSignal,
): AsyncGenerator<PeerRecord> {
  const sent = new Set<string>();
  const toRecord = async (signed: SignedOffer): Promise<PeerRecord | undefined> => {
    const { peerId, endpoints } = signed.offer;
    const protocols = [...new Set(endpoints.map(({ protocol }) => `transfer-chiral-${protocol}`))];
    const addresses = peerId === host.peerId ? host.addresses() : await host.addressesOf(peerId);
    const kept = filterAddresses(addresses, filter.addresses);
    if (filter.protocols.length > 0 && !protocols.some((name) => filter.protocols.includes(name))) return undefined;
    if (filter.addresses.length > 0 && kept.length === 0 && !filter.addresses.includes('unknown')) return undefined;
    const offer: unknown = JSON.parse(encodeOffer(signed));
    return { Schema: 'peer', ID: peerId, Addrs: kept, Protocols: protocols, 'chiral-offer': offer };
  };
  const offers = async function* () {
    const own = await local?.offer(cid);
    if (own) yield own;
    yield* directory.seen.get(cid);
    yield* directory.findOffers(cid, signal, { protocol: singleProtocol(filter) });
  };
  for await (const signed of offers()) {
    if (sent.has(signed.offer.peerId)) continue;
    sent.add(signed.offer.peerId);
    const record = await toRecord(signed);
    if (record) yield record;
    if (sent.size >= MAX_PROVIDERS) return;
  }
}

/** A filter for exactly one of our protocols narrows the search itself. */
function singleProtocol({ protocols }: Filter): ProtocolName | undefined {
  const [only, more] = protocols;
  return more === undefined ? PROTOCOLS.find((name) => only === `transfer-chiral-${name}`) : undefined;
}

/** IPIP-484: an address is kept when it has any wanted protocol and none of the unwanted (`!name`). */
function filterAddresses(addresses: readonly string[], filter: readonly string[]): string[] {
  const unwanted = filter.filter((name) => name.startsWith('!')).map((name) => name.slice(1));
  const wanted = filter.filter((name) => !name.startsWith('!') && name !== 'unknown');
  return addresses.filter((address) => {
    const parts = address.split('/');
    return (
      !unwanted.some((name) => parts.includes(name)) &&
      (wanted.length === 0 || wanted.some((name) => parts.includes(name)))
    );
  });
}

async function streamRecords(records: AsyncGenerator<PeerRecord>, response: Response): Promise<void> {
  response
    .status(200)
    .set({ 'content-type': 'application/x-ndjson', 'cache-control': `public, max-age=${CACHE_EMPTY_SECONDS}` });
  response.flushHeaders();
  for await (const record of records) {
    if (response.destroyed) return;
    response.write(`${JSON.stringify(record)}\n`);
  }
  response.end();
}

async function sendRecords(records: AsyncGenerator<PeerRecord>, response: Response): Promise<void> {
  const providers: PeerRecord[] = [];
  let giveUp: NodeJS.Timeout | undefined;
  const enough = new Promise<'enough'>((resolve) => {
    giveUp = setTimeout(() => resolve('enough'), LOOKUP_TIMEOUT_MS);
  });
  let lingering: Promise<'enough'> = enough;
  try {
    for (;;) {
      const next = await Promise.race([records.next(), lingering]);
      if (next === 'enough' || next.done) break;
      if (providers.length === 0) {
        lingering = new Promise((resolve) => {
          clearTimeout(giveUp);
          giveUp = setTimeout(() => resolve('enough'), LINGER_MS);
        });
      }
      providers.push(next.value);
    }
  } finally {
    clearTimeout(giveUp);
  }
  const maxAge = providers.length > 0 ? CACHE_FOUND_SECONDS : CACHE_EMPTY_SECONDS;
  response.set('cache-control', `public, max-age=${maxAge}`).json({ Providers: providers });
}
