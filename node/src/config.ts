/**
 * What an owner may set, with sane defaults: flags win over `config.json` in the data folder, which wins over defaults.
 * Nothing here is secret; keys live in the keystore.
 */
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '@chiral/protocol/errors';
import { PROTOCOLS } from '@chiral/protocol/offer';
import { BATCH_SETTLEMENT_ADDRESS } from '@chiral/protocol/payment';
import { address, decimal } from '@chiral/protocol/schema';
import { z } from 'zod';

/** Default price of what is published here, wei per MiB: 10^13, or 0.01 CHI a GiB. */
export const DEFAULT_WEI_PER_MIB = 10_000_000_000_000n;
export const CHAIN_ID = 98765;

const port = z.number().int().min(0).max(65535);

const schema = z.strictObject({
  /** Where to listen for libp2p, multiaddrs. */
  listen: z.array(z.string()).default(['/ip4/127.0.0.1/tcp/0', '/ip4/127.0.0.1/tcp/0/ws']),
  /** Nodes to join the DHT through, multiaddrs. */
  bootstrap: z.array(z.string()).default([]),
  /** HTTP that the world sees: files, payment messages, routing. */
  httpHost: z.string().default('127.0.0.1'),
  httpPort: port.default(0),
  /** How others reach `httpPort`, when a proxy or a forwarded port stands between. */
  publicUrl: z.url().optional(),
  /** The owner's API; always on loopback. */
  apiPort: port.default(0),
  /** JSON-RPC of the chain node. */
  rpcUrl: z.url().default('http://127.0.0.1:8545'),
  chainId: z.number().int().positive().default(CHAIN_ID),
  contract: address.default(BATCH_SETTLEMENT_ADDRESS),
  /** WrappedChiral on this chain; with it stock x402 clients can pay for HTTP. */
  wrappedChi: address.optional(),
  /** Blocks on top before a payment counts. */
  confirmations: z.number().int().min(1).max(1000).default(1),
  /** Protocols to serve and fetch over. */
  protocols: z
    .array(z.enum(PROTOCOLS))
    .min(1)
    .default([...PROTOCOLS]),
  /** BitTorrent over TCP, our WebTorrent tracker, eDonkey; 0 for free ones. */
  torrentPort: port.default(0),
  trackerPort: port.default(0),
  ed2kPort: port.default(0),
  /** Announce in BitTorrent's public DHT. Off until the owner wants strangers there to know. */
  torrentDht: z.boolean().default(false),
  /** How much to trust and how to pay: see accounting/policy. */
  preset: z.enum(['strict', 'balanced', 'generous']).default('balanced'),
  /** What a newly published file costs, wei per MiB. */
  weiPerMiB: decimal.default(DEFAULT_WEI_PER_MIB),
  /** What work is worth here, thousandths of the fair price; 0 takes none. It is taken only when the chain node's blocks pay this wallet. */
  workFactorPermille: z.number().int().min(0).max(1_000_000).default(1000),
  /** The most to pay as a buyer, wei per MiB. */
  maxWeiPerMiB: decimal.optional(),
  /** Offer what was downloaded. */
  autoSeed: z.boolean().default(true),
  /** Folder of the page that this node hands out at `/`: what `npm run web` built, where it was run. */
  siteDir: z.string().default(join(import.meta.dirname, '../../web/out')),
  /** Claim when this many times the gas is unsettled; 0 claims only when asked or when a payer withdraws. */
  settleGasMultiple: z.number().int().min(0).default(20),
});

export type NodeConfig = z.output<typeof schema> & { dataDir: string };
export type NodeSettings = z.input<typeof schema>;

/** Default data folder. */
export const defaultDataDir = () => process.env.CHIRAL_HOME ?? join(homedir(), '.chiral');

/** @throws BAD_REQUEST naming the setting that is wrong */
export async function loadConfig(dataDir: string, flags: NodeSettings = {}): Promise<NodeConfig> {
  const file = join(dataDir, 'config.json');
  const text = await readFile(file, 'utf8').catch(() => '{}');
  let stored: unknown;
  try {
    stored = JSON.parse(text);
  } catch (cause) {
    throw new AppError('BAD_REQUEST', `${file} is not JSON.`, {}, { cause });
  }
  const given = Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined));
  const parsed = schema.safeParse({ ...(stored as object), ...given });
  if (!parsed.success) throw new AppError('BAD_REQUEST', `Settings (${file}): ${z.prettifyError(parsed.error)}`);
  return { ...parsed.data, dataDir };
}
