/**
 * Small real networks for tests of discovery: hosts on loopback in temp folders, contents made from bytes, offers signed
 * with fresh wallets. Everything made here is removed by `close`.
 */
import { hash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDirectory, type DirectoryOptions, type Libp2pDirectory } from '@chiral/node/discovery/directory';
import { createHost, type Host, type HostOptions } from '@chiral/node/discovery/host';
import type { LocalOffers } from '@chiral/node/ports';
import {
  aliasCid,
  CHUNK_BYTES,
  ChunkLayer,
  type Content,
  chunkCount,
  chunkHash,
  cidOfManifest,
  encodeManifest,
  rootFromLayer,
} from '@chiral/protocol/content';
import { type Offer, type SignedOffer, signOffer } from '@chiral/protocol/offer';
import { SigningKey, Wallet } from 'ethers';

export const DEPLOYMENT = { chainId: 98765, contract: '0x4020074e9dF2ce1deE5A9C1b5c3f541D02a10003' };

/** The content that `bytes` are. */
export function contentOf(bytes: Uint8Array): Content {
  const sha256 = new Uint8Array(hash('sha256', bytes, 'buffer'));
  const hashes: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    hashes.push(chunkHash(bytes.subarray(at, at + CHUNK_BYTES), bytes.length));
  }
  const layer = ChunkLayer.from(hashes);
  const root = rootFromLayer(layer, bytes.length);
  const cid = cidOfManifest(encodeManifest({ v: 1, size: bytes.length, root, sha256 }));
  return { cid, size: bytes.length, root, sha256, layer };
}

/** A signed offer of all of `content`, valid for an hour; `changes` are signed too. */
export function offerOf(
  peerId: string,
  content: Content,
  changes: Partial<Offer> = {},
  key = new SigningKey(Wallet.createRandom().privateKey),
): SignedOffer {
  const now = Math.floor(Date.now() / 1000);
  const offer: Offer = {
    cid: content.cid,
    size: content.size,
    peerId,
    wallet: new Wallet(key).address,
    weiPerMiB: 1000n,
    endpoints: [{ protocol: 'http', url: 'http://127.0.0.1:1/' }],
    chunks: [{ first: 0, count: chunkCount(content.size) }].filter(({ count }) => count > 0),
    name: 'a file',
    mime: 'application/octet-stream',
    createdAt: now,
    expiresAt: now + 3600,
    ...changes,
  };
  return signOffer(key, offer, DEPLOYMENT);
}

/** What a test node offers, changed at will while it runs. */
export class Shelf implements LocalOffers {
  readonly contents = new Map<string, Content>();
  readonly offers = new Map<string, SignedOffer>();

  put(content: Content, signed: SignedOffer): void {
    this.contents.set(content.cid, content);
    this.offers.set(content.cid, signed);
    this.offers.set(aliasCid(content.sha256), signed);
  }

  remove(content: Content): void {
    this.contents.delete(content.cid);
    this.offers.delete(content.cid);
    this.offers.delete(aliasCid(content.sha256));
  }

  async offer(cid: string): Promise<SignedOffer | undefined> {
    return this.offers.get(cid);
  }

  content(cid: string): Content | undefined {
    return this.contents.get(cid);
  }
}

export interface TestNode {
  readonly host: Host;
  readonly directory: Libp2pDirectory;
  readonly shelf: Shelf;
  readonly dataDir: string;
  /** Stops the node; its folder stays, so that it can be started again. */
  stop(): Promise<void>;
}

export interface TestNetwork {
  start(
    options?: Partial<HostOptions> &
      Pick<DirectoryOptions, 'inlineSource' | 'pieceSource' | 'nowMs'> & { shelf?: Shelf },
  ): Promise<TestNode>;
  close(): Promise<void>;
}

/** Those that are there; a process that is told to go before it could close a network takes them along. */
const made = new Set<string>();
process.once('exit', () => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

export function createTestNetwork(): TestNetwork {
  const running = new Set<TestNode>();
  const folders: string[] = [];
  return {
    async start({ shelf = new Shelf(), inlineSource, pieceSource, nowMs, ...options } = {}) {
      const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'chiral-discovery-')));
      folders.push(dataDir);
      made.add(dataDir);
      const host = await createHost({ listen: ['/ip4/127.0.0.1/tcp/0'], bootstrap: [], ...options, dataDir });
      const directory = await createDirectory({
        host,
        local: shelf,
        deployment: DEPLOYMENT,
        ...(inlineSource ? { inlineSource } : {}),
        ...(pieceSource ? { pieceSource } : {}),
        ...(nowMs ? { nowMs } : {}),
      });
      const node: TestNode = {
        host,
        directory,
        shelf,
        dataDir,
        async stop() {
          if (!running.delete(node)) return;
          await directory.close();
          await host.stop();
        },
      };
      running.add(node);
      return node;
    },
    async close() {
      await Promise.all([...running].map((node) => node.stop()));
      await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
      for (const folder of folders) made.delete(folder);
    },
  };
}

/** Polls until `condition` holds; fails loudly after `timeoutMs`. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  timeoutMs = 15_000,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`gave up waiting until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** All offers of one search. */
export async function collect(offers: AsyncIterable<SignedOffer>): Promise<SignedOffer[]> {
  const found: SignedOffer[] = [];
  for await (const signed of offers) found.push(signed);
  return found;
}

/** The first offer of a search, which is then left. */
export async function firstOf(offers: AsyncIterable<SignedOffer>): Promise<SignedOffer | undefined> {
  for await (const signed of offers) return signed;
  return undefined;
}
