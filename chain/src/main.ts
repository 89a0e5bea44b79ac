/**
 * The chain's daemon. Standard output carries one line when the node is ready (JSON with --json); everything else is a log on
 * standard error. SIGINT and SIGTERM end it cleanly; kill -9 at any moment costs nothing but the time since the last block.
 */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Address, bytesToHex, hexToBytes, isValidAddress } from '@ethereumjs/util';
import { Command, InvalidArgumentError, Option } from 'commander';
import { isChainError } from './errors.ts';
import { createLog } from './log.ts';
import { keepHeapSmall } from './memory.ts';
import { createDatasetLine } from './miner/progress.ts';
import type { ChainNode, Profile } from './node.ts';

interface Options {
  profile: Profile;
  genesis?: string;
  datadir: string;
  rpcPort: number;
  rpcHost: string;
  rpcAllowHost: string[];
  rpcCors: string[];
  p2pPort?: number;
  p2pHost: string;
  bootnodes: string[];
  maxPeers: number;
  mine?: boolean;
  threads?: number;
  idle?: number;
  etherbase?: Address;
  gasTarget?: bigint;
  extraData?: Uint8Array;
  minTip?: bigint;
  logLevel: string;
  json?: boolean;
  untilStdinEnds?: boolean;
}

const integer = (least: number, most: number) => (text: string) => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || value > most)
    throw new InvalidArgumentError(`an integer from ${least} to ${most}`);
  return value;
};
const amount = (text: string) => {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('a whole number');
  return BigInt(text);
};
const address = (text: string) => {
  if (!isValidAddress(text)) throw new InvalidArgumentError('an address: 0x and 40 hex digits');
  return new Address(hexToBytes(text));
};
const extra = (text: string) => {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length > 32) throw new InvalidArgumentError('at most 32 bytes');
  return bytes;
};
const list = (text: string, before: string[]) => [...before, ...text.split(',').filter((item) => item !== '')];

const program = new Command('chiral-chain')
  .description('A full node of the Chiral chain: Ethash proof of work, JSON-RPC, eth/68.')
  .addOption(new Option('--profile <name>', 'which committed genesis').choices(['dev', 'full']).default('dev'))
  .option('--genesis <file>', 'a genesis of your own in the format of geth, instead of a profile')
  .option('--datadir <folder>', 'folder of this node', join(homedir(), '.chiral', 'chain'))
  .option('--rpc-port <port>', '0 takes a free one', integer(0, 65_535), 8545)
  .option('--rpc-host <address>', 'interface of the RPC; it has no password, so think twice', '127.0.0.1')
  .option('--rpc-allow-host <names>', 'more Host names to answer to', list, [])
  .option('--rpc-cors <origins>', 'more page origins to answer to', list, [])
  .option('--p2p-port <port>', 'speak to other nodes on this port; 0 takes a free one', integer(0, 65_535))
  .option('--p2p-host <address>', 'interface for other nodes', '127.0.0.1')
  .option('--bootnodes <enodes>', 'enode URLs to dial and keep, separated by commas', list, [])
  .option('--max-peers <count>', 'other nodes at a time', integer(0, 1_000), 25)
  .option('--mine', 'mine in this process')
  .option('--threads <count>', 'threads of the miner', integer(1, 1_024))
  .option('--idle <seconds>', 'mine a block without transactions only when the last is this old', integer(0, 86_400))
  .option('--etherbase <address>', 'where rewards go, also those of getWork miners', address)
  .option('--gas-target <gas>', 'where this miner steers the gas limit', amount)
  .option('--extra-data <text>', 'in every block mined here, at most 32 bytes', extra)
  .option('--min-tip <wei>', 'least tip per gas for the pool', amount)
  .option('--log-level <level>', 'trace, debug, info, warn, error, silent', 'info')
  .option('--until-stdin-ends', 'stop when standard input ends: for a program that starts a node and may die')
  .option('--json', 'print the ready line as JSON');

async function run(options: Options): Promise<void> {
  const log = createLog(options.logLevel);
  const {
    mine,
    threads,
    idle = 0,
    minTip: minTipWei,
    rpcAllowHost: rpcHosts,
    rpcCors: rpcOrigins,
    untilStdinEnds,
    ...rest
  } = options;
  if (mine && !options.etherbase) program.error('--mine needs --etherbase: somebody has to be paid');
  // Loaded when the options are known to be good: the virtual machine and the rest take a second to load.
  const [{ readGenesis }, { createChainNode }] = await Promise.all([import('./genesis.ts'), import('./node.ts')]);
  const genesis = options.genesis === undefined ? undefined : await readGenesis(options.genesis);
  const node = await createChainNode({
    ...rest,
    genesis,
    rpcHosts,
    rpcOrigins,
    minTipWei,
    mine: mine ? { threads, idleMs: idle * 1000 } : undefined,
    log,
    onDataset: createDatasetLine(log),
  });
  let ending = false;
  const end = async (signal: string) => {
    if (ending) return;
    ending = true;
    // Open input would keep the process alive after all else is closed.
    process.stdin.destroy();
    log.info({ signal }, 'stopping');
    await node.stop();
  };
  process.on('SIGINT', end);
  process.on('SIGTERM', end);
  const ended = () => end('end of input');
  if (untilStdinEnds) process.stdin.once('end', ended).once('close', ended).resume();
  announce(node, options.json === true);
}

function announce({ spec, chain, rpc, network, miner }: ChainNode, json: boolean): void {
  const ready = {
    ready: true,
    rpcUrl: rpc?.url,
    wsUrl: rpc?.url.replace(/^http/, 'ws'),
    enode: network?.enode,
    chainId: Number(spec.chainId),
    genesisHash: bytesToHex(spec.genesis.hash()),
    head: Number(chain.head.block.header.number),
    mining: miner !== undefined,
    pid: process.pid,
  };
  const text = json
    ? JSON.stringify(ready)
    : `chain ${ready.chainId} at block ${ready.head}, RPC ${ready.rpcUrl}${ready.enode ? `, ${ready.enode}` : ''}`;
  process.stdout.write(`${text}\n`);
}

keepHeapSmall();
program.parse();
run(program.opts<Options>()).catch((error: unknown) => {
  process.stderr.write(`${isChainError(error) ? `${error.code}: ${error.message}` : (error as Error).stack}\n`);
  process.exit(1);
});
