/**
 * A network on this machine: a chain, seeders, a buyer, each a process of its own as users run them. The devnet script, the
 * end-to-end tests and the benchmarks all build on it.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BATCH_SETTLEMENT_ADDRESS } from '@chiral/protocol/payment';
import { JsonRpcProvider, Network, Wallet } from 'ethers';
import { type ApiClient, connect } from '../../node/src/cli/client.ts';
import { CHAIN_ID } from '../../node/src/config.ts';
import { type Child, startChild } from './children.ts';
import { FAUCET_KEY } from './faucet.ts';
import { freePort } from './free-port.ts';

/** Account 1 of the same: gets the block rewards of a devnet that names nobody. */
const MINER = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';
/** A block comes as soon as a transaction waits, and else at a main network's pace: the machine has other things to do. */
const IDLE_SECONDS = 15;

export interface ChainReady {
  rpcUrl: string;
  contract: string;
  faucetKey: string;
  chainId: number;
}

export interface DaemonReady {
  peerId: string;
  wallet: string;
  addresses: string[];
  publicUrl: string;
  apiUrl: string;
}

export interface Daemon extends DaemonReady {
  readonly name: string;
  readonly dataDir: string;
  readonly api: ApiClient;
  readonly child: Child<DaemonReady>;
}

export interface DevNetwork {
  readonly dir: string;
  readonly chain: ChainReady;
  /** Resolves when the chain answers. Daemons may be started before: they wait for it. */
  readonly chainReady: Promise<void>;
  readonly provider: JsonRpcProvider;
  /** Starts a daemon that joins through the first one; its data folder is `name` under `dir`, so the same name is a restart. */
  daemon(name: string, args?: string[]): Promise<Daemon>;
  /** Gives each address `wei` from the faucet; confirmed when it resolves. */
  fund(addresses: string[], wei: bigint): Promise<void>;
  stopChain(): Promise<void>;
  stop(): Promise<void>;
}

/** `hardhat`: mines at once and only when asked. `dev` and `full`: our Ethash chain with a small dataset, or the real one. */
export const CHAINS = ['dev', 'full', 'hardhat'] as const;
export type ChainKind = (typeof CHAINS)[number];

export interface NetworkOptions {
  /** @default 'hardhat', the quickest for tests */
  readonly chain?: ChainKind;
  /** What daemons serve and fetch over unless their own arguments say otherwise. @default HTTP alone, which starts fastest */
  readonly protocols?: readonly string[];
  /** Gets the block rewards, and so may take work for money. */
  readonly etherbase?: string;
  /** Resolve before the chain answers, where its address is known in advance: not on `hardhat`. */
  readonly isEager?: boolean;
}

interface StartedChain {
  readonly ready: ChainReady;
  /** The process, when it answers. */
  readonly child: Promise<Child<unknown>>;
}

async function startChain(kind: ChainKind, dir: string, etherbase: string): Promise<StartedChain> {
  if (kind === 'hardhat') {
    const child = await startChild<ChainReady>('scripts/devnet/chain.ts', []);
    return { child: Promise.resolve(child), ready: child.ready };
  }
  const port = await freePort();
  const child = startChild<unknown>('chain/src/main.ts', [
    ...['--profile', kind, '--datadir', join(dir, 'chain'), '--rpc-port', `${port}`, '--json', '--until-stdin-ends'],
    ...['--mine', '--threads', '1', '--etherbase', etherbase],
    ...(kind === 'dev' ? ['--idle', `${IDLE_SECONDS}`] : []),
  ]);
  const ready = { rpcUrl: `http://127.0.0.1:${port}`, contract: BATCH_SETTLEMENT_ADDRESS };
  return { child, ready: { ...ready, chainId: CHAIN_ID, faucetKey: FAUCET_KEY } };
}

export async function createNetwork({
  chain: kind = 'hardhat',
  protocols = ['http'],
  etherbase = MINER,
  isEager = false,
}: NetworkOptions = {}): Promise<DevNetwork> {
  const dir = await mkdtemp(join(tmpdir(), 'chiral-'));
  const { child: chainChild, ready: chain } = await startChain(kind, dir, etherbase);
  const chainReady = chainChild.then(() => {});
  if (isEager) chainReady.catch(() => {});
  else await chainReady;
  const network = Network.from(chain.chainId);
  const provider = new JsonRpcProvider(chain.rpcUrl, network, {
    staticNetwork: network,
    cacheTimeout: -1,
    pollingInterval: 100,
  });
  const faucet = new Wallet(chain.faucetKey, provider);
  const children = new Set<Child<unknown>>();
  const bootstrap: string[] = [];
  let stopping: Promise<void> | undefined;

  return {
    dir,
    chain,
    chainReady,
    provider,
    async daemon(name, args = []) {
      const dataDir = join(dir, name);
      const joins = bootstrap.flatMap((address) => ['--bootstrap', address]);
      const child = await startChild<DaemonReady>('node/src/cli.ts', [
        '--data-dir',
        dataDir,
        '--json',
        'up',
        '--until-stdin-ends',
        '--rpc',
        chain.rpcUrl,
        '--contract',
        chain.contract,
        ...joins,
        ...(args.includes('--protocol') ? [] : protocols.flatMap((name) => ['--protocol', name])),
        ...args,
      ]);
      children.add(child);
      void child.exited.then(() => children.delete(child));
      if (bootstrap.length === 0)
        bootstrap.push(...child.ready.addresses.filter((address) => !address.includes('/ws')));
      return { ...child.ready, name, dataDir, api: connect(dataDir), child };
    },
    async fund(addresses, wei) {
      let nonce = await faucet.getNonce();
      const sent = await Promise.all(addresses.map((to) => faucet.sendTransaction({ to, value: wei, nonce: nonce++ })));
      await Promise.all(sent.map((transaction) => transaction.wait()));
    },
    stopChain: async () => (await chainChild).stop(),
    stop() {
      stopping ??= (async () => {
        await Promise.all([...children].map((child) => child.stop()));
        provider.destroy();
        await (await chainChild).stop();
        await rm(dir, { recursive: true, force: true });
      })();
      return stopping;
    },
  };
}
