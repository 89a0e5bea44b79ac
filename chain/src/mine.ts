/**
 * A miner for a node elsewhere, over getWork. Standard output carries a line for each nonce found (JSON with --json);
 * everything else is a log on standard error. The node it works for decides who is paid.
 */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { bytesToHex } from '@ethereumjs/util';
import { Command, InvalidArgumentError, Option } from 'commander';
import { createChainSpec, readGenesis } from './genesis.ts';
import { createLog } from './log.ts';
import { call, startGetWorkMiner } from './miner/getwork.ts';
import { createDatasetLine } from './miner/progress.ts';

/** How often the rate is said, milliseconds. */
const RATE_MS = 10_000;

interface Options {
  rpc: string;
  threads?: number;
  profile?: 'dev' | 'full';
  cacheDir: string;
  logLevel: string;
  json?: boolean;
}

const program = new Command('chiral-mine')
  .description('Mines for any node that answers eth_getWork: ours, core-geth, Besu.')
  .requiredOption('--rpc <url>', 'the node')
  .option('--threads <count>', 'threads; all processors when left out', (text) => {
    const count = Number(text);
    if (!Number.isInteger(count) || count < 1) throw new InvalidArgumentError('a number of threads');
    return count;
  })
  .addOption(
    new Option('--profile <name>', 'which Ethash; found out from the node when left out').choices(['dev', 'full']),
  )
  .option('--cache-dir <folder>', 'keeps datasets between runs', join(homedir(), '.chiral', 'ethash'))
  .option('--log-level <level>', 'trace, debug, info, warn, error, silent', 'info')
  .option('--json', 'print found nonces as JSON');

/** Whether the node at `url` is of the chain that begins with `genesisHash`. */
async function isOfChain(url: string, genesisHash: string): Promise<boolean> {
  const block = (await call(url, 'eth_getBlockByNumber', ['0x0', false])) as { hash?: string } | null;
  return block?.hash === genesisHash;
}

async function run(options: Options): Promise<void> {
  const log = createLog(options.logLevel);
  const dev = await createChainSpec(await readGenesis(new URL('../../genesis/dev.json', import.meta.url)));
  // The small Ethash belongs to the committed development genesis and to no other chain.
  const small = options.profile
    ? options.profile === 'dev'
    : await isOfChain(options.rpc, bytesToHex(dev.genesis.hash()));
  const miner = startGetWorkMiner({
    url: options.rpc,
    params: small ? dev.ethash : undefined,
    threads: options.threads,
    cacheDir: options.cacheDir,
    log,
    onDataset: createDatasetLine(log),
    onFound: (found) =>
      process.stdout.write(
        `${options.json ? JSON.stringify(found) : `${found.accepted ? 'block' : 'refused'} ${found.nonce}`}\n`,
      ),
  });
  const rate = setInterval(
    () => log.info({ hashesPerSecond: Math.round(miner.stats().hashesPerSecond) }, 'mining'),
    RATE_MS,
  );
  const end = async () => {
    clearInterval(rate);
    await miner.stop();
  };
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
}

program.parse();
run(program.opts<Options>()).catch((error: unknown) => {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exit(1);
});
