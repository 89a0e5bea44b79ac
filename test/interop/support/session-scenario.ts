/**
 * Stock clients at a daemon that sells: each gets the free allowance and no more, then a buyer's daemon, another process, pays for
 * a session, and the client goes on to the end. Run by `session-runs.ts`, on loopback or inside a network namespace.
 *
 *   node session-scenario.ts HOST CLIENT_NETWORK BYTES NAME,NAME,...
 *
 * HOST is where the seller listens, CLIENT_NETWORK the first three numbers of the clients' addresses. Prints one JSON row a client.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { LedgerRow, SessionEvent } from '@chiral/protocol/api';
import { costWei } from '@chiral/protocol/payment';
import { createNetwork, type Daemon } from '../../../scripts/devnet/network.ts';
import { publish, randomFile, sha256, standing } from '../../e2e/support/trade.ts';
import type { SessionRow } from './session-runs.ts';
import { type Links, type StockClient, stockClients } from './stock-clients.ts';

const PRICE = 10n ** 13n;
const FREE_BYTES = 1 << 20;
/** A stranger has stopped when it got nothing for this long, milliseconds: clients ask again within it. */
const QUIET_MS = 3_000;
const POLL_MS = 50;
/** Links are given to a client that takes several this often, milliseconds. */
const GIVE_MS = 1_500;
/** From the session to the last byte, milliseconds, beside what the size needs at 1 MB/s. */
const LIMIT_MS = 60_000;

type Handout = SessionEvent & { event: 'session' };

const [host = '', clientNetwork = '', sizeText = '', names = ''] = process.argv.slice(2);
const size = Number(sizeText);
const network = await createNetwork();
try {
  const protocols = ['http', 'bittorrent', 'webtorrent', 'ed2k'].flatMap((name) => ['--protocol', name]);
  const seller = await network.daemon('seller', ['--http-host', host, ...protocols]);
  const buyer = await network.daemon('buyer', ['--http-host', host, ...protocols]);
  await network.fund([seller.wallet, buyer.wallet], 10n ** 20n);
  const path = await randomFile(join(network.dir, `film-${randomBytes(4).toString('hex')}`), size);
  const digest = await sha256(path);
  const cid = await publish(seller, path, PRICE);
  let number = 10;
  for (const client of stockClients(size).filter(({ name }) => names.split(',').includes(name))) {
    const row = await run(client, seller, buyer, cid, digest, `${clientNetwork}.${++number}`);
    process.stdout.write(`${JSON.stringify(row)}\n`);
  }
} finally {
  await network.stop();
}
process.exit(0);

/** All that went to strangers, by the seller's ledger. */
async function strangersBytes(seller: Daemon): Promise<number> {
  const rows = await seller.api.get<LedgerRow[]>('/ledger');
  return rows.filter(({ peer }) => peer.startsWith('ip:')).reduce((sum, { bytes }) => sum + bytes, 0);
}

async function run(
  client: StockClient,
  seller: Daemon,
  buyer: Daemon,
  cid: string,
  digest: string,
  address: string,
): Promise<SessionRow> {
  const folder = mkdtempSync(join(tmpdir(), 'chiral-stock-'));
  const problems: string[] = [];
  const before = { free: await strangersBytes(seller), paid: await standing(seller, buyer.peerId, 'out') };
  const open = await linksOf(seller, cid);
  let running = await client.start(open, folder, address);
  try {
    const startedMs = Date.now();
    await feed(running, open, async () => {
      const quiet = await isQuiet(seller, before.free);
      return quiet || Date.now() - startedMs > LIMIT_MS;
    });
    const freeBytes = (await strangersBytes(seller)) - before.free;
    if (freeBytes > FREE_BYTES) problems.push(`${freeBytes} bytes went to a stranger`);
    if (freeBytes === 0) problems.push('the stranger got nothing at all');
    if ((await running.complete()) !== undefined) problems.push('the stranger has the whole file');

    const userHash = await running.userHash?.();
    const session = await openSession(buyer, seller, cid, userHash);
    const paidLinks = await linksOf(seller, cid, session.handout);
    if (!running.give) {
      await running.end();
      running = await client.start(paidLinks, folder, address);
    }
    const paidMs = Date.now();
    const limitMs = LIMIT_MS + size / 1000;
    let found: string | undefined;
    await feed(running, paidLinks, async () => {
      found = await running.complete();
      return found !== undefined || Date.now() - paidMs > limitMs || running.hasEnded();
    });
    found ??= await running.complete();
    const seconds = (Date.now() - paidMs) / 1000;
    if (found !== digest) problems.push(found ? 'the file differs' : `not complete; ${running.output().slice(-300)}`);
    await session.end();
    const after = await standing(seller, buyer.peerId, 'out');
    const paidBytes = after.bytes - before.paid.bytes;
    if (after.authorized !== after.delivered) problems.push(`owed ${after.delivered}, paid ${after.authorized}`);
    if (after.delivered !== costWei(after.bytes, PRICE)) problems.push('the bytes have another price');
    if (paidBytes + freeBytes < size) problems.push(`only ${paidBytes} bytes were paid for`);
    if ((await strangersBytes(seller)) - before.free > FREE_BYTES) problems.push('more went to strangers');
    return {
      name: client.name,
      version: client.version,
      protocol: client.protocol,
      direction: 'from us',
      bytes: found === digest ? size : 0,
      ok: problems.length === 0,
      freeBytes,
      paidBytes,
      seconds,
      problems,
    };
  } finally {
    await running.end();
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Gives links, again and again to those that take several, until `done`. */
async function feed(
  running: { give?: ((links: Links) => Promise<void>) | undefined },
  links: Links,
  done: () => Promise<boolean>,
) {
  let givenMs = Number.NEGATIVE_INFINITY;
  while (!(await done())) {
    if (running.give && Date.now() - givenMs > GIVE_MS) {
      givenMs = Date.now();
      await running.give(links);
    }
    await delay(POLL_MS);
  }
}

/** True when strangers have had something and nothing for a while. */
async function isQuiet(seller: Daemon, before: number): Promise<boolean> {
  const first = await strangersBytes(seller);
  if (first === before) return false;
  for (const startMs = Date.now(); Date.now() - startMs < QUIET_MS; await delay(POLL_MS)) {
    if ((await strangersBytes(seller)) !== first) return false;
  }
  return true;
}

async function linksOf(seller: Daemon, cid: string, session?: Handout): Promise<Links> {
  const torrentUrl = session?.torrentUrl ?? `${seller.publicUrl}/torrent/${cid}.torrent`;
  const answer = await fetch(torrentUrl);
  if (!answer.ok) throw new Error(`${torrentUrl}: ${answer.status}`);
  return {
    cid,
    url: session?.url ?? `${seller.publicUrl}/file/${cid}`,
    torrent: Buffer.from(await answer.arrayBuffer()),
    ed2k: session?.ed2k?.link ?? (await ed2kLink(seller, cid)),
  };
}

/** The public link, as the delegated routing API of the seller lists it in its offer. */
async function ed2kLink(seller: Daemon, cid: string): Promise<string> {
  const answer = await fetch(`${seller.publicUrl}/offer/${cid}`);
  if (!answer.ok) throw new Error(`no offer: ${answer.status}`);
  const { offer } = (await answer.json()) as { offer: { endpoints: { protocol: string; url: string }[] } };
  return offer.endpoints.find(({ protocol }) => protocol === 'ed2k')!.url;
}

/** A session of the buyer's daemon; `end` resolves when all is paid. */
async function openSession(buyer: Daemon, seller: Daemon, cid: string, ed2kUserHash: string | undefined) {
  const abort = new AbortController();
  const { promise: handout, resolve, reject } = Promise.withResolvers<Handout>();
  const want = { target: cid, peer: seller.peerId, ...(ed2kUserHash && { ed2kUserHash }) };
  const over = (async () => {
    try {
      for await (const event of buyer.api.stream<SessionEvent>('/session', want, abort.signal)) {
        if (event.event === 'session') resolve(event);
        if (event.event === 'refused') reject(new Error(event.message));
      }
    } catch (error) {
      reject(error);
    }
  })();
  return {
    handout: await handout,
    async end() {
      abort.abort();
      await over;
      // The daemon pays the rest after its caller has hung up.
      for (const startMs = Date.now(); Date.now() - startMs < 10_000; await delay(POLL_MS)) {
        const { delivered, authorized } = await standing(seller, buyer.peerId, 'out');
        if (delivered === authorized) return;
      }
    },
  };
}
