/**
 * One node: store, chain, pool, work desk, RPC and, when asked, network and miner. The only place of this package where the
 * rooms meet. Owns what it opened and closes it in the reverse order.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createEthash } from '@chiral/ethash';
import type { DatasetProgress, Ethash } from '@chiral/ethash/types';
import type { Address } from '@ethereumjs/util';
import { Chain } from './chain.ts';
import { type ChainSpec, createChainSpec, type Genesis, readGenesis } from './genesis.ts';
import { createLog, type Log } from './log.ts';
import { LocalMiner } from './miner/miner.ts';
import { WorkSource } from './miner/work.ts';
import { DEFAULT_LIMITS, type NodeStatus, type RpcLimits } from './rpc/context.ts';
import { FilterSet } from './rpc/filters.ts';
import { createRpcServer, type RpcServer } from './rpc/server.ts';
import { ChainStore } from './store/store.ts';
import { createNetwork, type Network } from './sync/network.ts';
import { TxPool } from './txpool/pool.ts';

export const CLIENT_VERSION = `chiral-chain/0.1.0/${process.platform}-${process.arch}/node${process.versions.node}`;

/** The committed genesis files. */
const GENESIS_FILES = {
  dev: new URL('../../genesis/dev.json', import.meta.url),
  full: new URL('../../genesis/genesis.json', import.meta.url),
};

export type Profile = keyof typeof GENESIS_FILES;

export interface ChainNodeOptions {
  /** Which committed genesis. @default 'dev' */
  profile?: Profile;
  /** A genesis of your own, instead of a profile. */
  genesis?: Genesis;
  /** Folder of this node; made when missing. */
  datadir: string;
  /** 0 takes a free port; undefined serves no RPC. */
  rpcPort?: number;
  /** @default '127.0.0.1' */
  rpcHost?: string;
  /** More Host names and page origins that the RPC answers to. */
  rpcHosts?: readonly string[];
  rpcOrigins?: readonly string[];
  rpcLimits?: Partial<RpcLimits>;
  /** 0 takes a free port; undefined keeps the node off the network. */
  p2pPort?: number;
  /** @default '127.0.0.1' */
  p2pHost?: string;
  /** enode URLs that are dialled and kept. */
  bootnodes?: readonly string[];
  /** @default 25 */
  maxPeers?: number;
  /** Mines with this many threads; needs `etherbase`. @see LocalMinerOptions for `idleMs` */
  mine?: { threads?: number; idleMs?: number };
  /** Where rewards go. Fixed for the life of the node. */
  etherbase?: Address;
  /** Where the miners steer the gas limit. @default 30,000,000 */
  gasTarget?: bigint;
  /** At most 32 bytes, in every block mined here. */
  extraData?: Uint8Array;
  /** Least tip for the pool, wei per gas. @default 1 */
  minTipWei?: bigint;
  log?: Log;
  onDataset?: (progress: DatasetProgress) => void;
}

export interface ChainNode {
  readonly spec: ChainSpec;
  readonly chain: Chain;
  readonly pool: TxPool;
  readonly work: WorkSource;
  readonly ethash: Ethash;
  readonly rpc: RpcServer | undefined;
  readonly network: Network | undefined;
  readonly miner: LocalMiner | undefined;
  /** Closes everything; the store last. Safe to call twice. */
  stop(): Promise<void>;
}

/** @throws GENESIS_MISMATCH, STORE_CORRUPT; Error when a port is taken or an option does not fit */
export async function createChainNode(options: ChainNodeOptions): Promise<ChainNode> {
  const log = options.log ?? createLog();
  const closers: (() => Promise<unknown>)[] = [];
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= (async () => {
      for (const close of closers.reverse()) await close();
    })();
    return stopping;
  };
  try {
    const genesis = options.genesis ?? (await readGenesis(GENESIS_FILES[options.profile ?? 'dev']));
    const spec = await createChainSpec(genesis);
    const ethash = createEthash({ params: spec.ethash });
    await mkdir(options.datadir, { recursive: true });
    const store = await ChainStore.open(join(options.datadir, 'chain'));
    closers.push(() => store.close());
    const chain = await Chain.open({ spec, store, verifier: ethash, log });
    closers.push(() => chain.close());
    const { minTipWei, gasTarget, extraData, etherbase } = options;
    const pool = await TxPool.open({ chain, store, log, minTipWei });
    const work = new WorkSource({ chain, pool, params: ethash.params, log, coinbase: etherbase, gasTarget, extraData });
    const miner = options.mine && createLocalMiner(options, ethash, work, log);
    const network = options.p2pPort === undefined ? undefined : await openNetwork(options, chain, pool, ethash, log);
    if (network) closers.push(() => network.close());
    const status = nodeStatus(
      () => miner,
      () => network,
    );
    const rpc = options.rpcPort === undefined ? undefined : await openRpc(options, { chain, pool, work, status }, log);
    if (rpc) closers.push(() => rpc.close());
    if (miner) closers.push(() => miner.stop());
    miner?.start();
    return { spec, chain, pool, work, ethash, rpc, network, miner, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function createLocalMiner(options: ChainNodeOptions, ethash: Ethash, work: WorkSource, log: Log): LocalMiner {
  if (!options.etherbase) throw new Error('mining needs an etherbase to pay');
  const searcher = ethash.createMiner({
    threads: options.mine?.threads,
    cacheDir: join(options.datadir, 'ethash'),
    onProgress: options.onDataset,
    onWarning: (warning) => log.warn({ err: warning }, 'the dataset could not be kept on disk'),
  });
  return new LocalMiner({ work, searcher, log, idleMs: options.mine?.idleMs });
}

function openNetwork(
  options: ChainNodeOptions,
  chain: Chain,
  pool: TxPool,
  verifier: Ethash,
  log: Log,
): Promise<Network> {
  const { datadir, p2pPort, p2pHost, bootnodes, maxPeers } = options;
  return createNetwork({
    chain,
    pool,
    verifier,
    log,
    keyFile: join(datadir, 'nodekey'),
    port: p2pPort!,
    host: p2pHost,
    bootnodes,
    maxPeers,
    clientVersion: CLIENT_VERSION,
  });
}

function openRpc(
  options: ChainNodeOptions,
  parts: { chain: Chain; pool: TxPool; work: WorkSource; status: NodeStatus },
  log: Log,
): Promise<RpcServer> {
  const { rpcPort, rpcHost, rpcHosts, rpcOrigins, rpcLimits } = options;
  const context = {
    ...parts,
    filters: new FilterSet(parts.chain, parts.pool),
    reportedRates: new Map(),
    limits: { ...DEFAULT_LIMITS, ...rpcLimits },
  };
  return createRpcServer({ context, log, port: rpcPort!, host: rpcHost, hosts: rpcHosts, origins: rpcOrigins });
}

function nodeStatus(miner: () => LocalMiner | undefined, network: () => Network | undefined): NodeStatus {
  return {
    clientVersion: CLIENT_VERSION,
    peerCount: () => network()?.peerCount ?? 0,
    listening: () => network() !== undefined,
    syncing: () => network()?.syncing(),
    miner: () => {
      const running = miner();
      return running && { mining: running.mining, stats: running.stats() };
    },
  };
}
