/**
 * `chiral chain faucet ADDRESS`: coins on a development chain, from the first of the accounts whose keys everybody has and
 * which the committed genesis files fund. Where those accounts have nothing, so has the faucet. Standard output carries one line.
 */

import { Command, InvalidArgumentError, Option } from 'commander';
import { formatEther, isAddress, JsonRpcProvider, parseEther, Wallet } from 'ethers';
import { PUBLISHED_KEY } from './published-key.ts';

/** Development blocks come every few seconds; a network's within this, milliseconds. */
const PATIENCE_MS = 120_000;
/** Enough for thousands of downloads. */
const DEFAULT_CHI = '10';

interface Options {
  rpc: string;
  amount: bigint;
  json?: boolean;
}

const program = new Command('chiral-faucet')
  .description('Gives an address coins on a development chain.')
  .argument('<address>', 'who gets them', (text) => {
    if (!isAddress(text)) throw new InvalidArgumentError('an address: 0x and 40 hex digits');
    return text;
  })
  .option('--rpc <url>', 'the node', 'http://127.0.0.1:8545')
  .addOption(
    new Option('--amount <chi>', 'how much')
      .default(parseEther(DEFAULT_CHI), `${DEFAULT_CHI} CHI`)
      .argParser((text) => {
        try {
          const wei = parseEther(text);
          if (wei > 0n) return wei;
        } catch {
          // Answered below, the same for every malformed amount.
        }
        throw new InvalidArgumentError('an amount in CHI, such as 0.25');
      }),
  )
  .option('--json', 'print { hash, blockNumber, to, wei } as JSON');

async function run(to: string, { rpc, amount, json }: Options): Promise<void> {
  const provider = new JsonRpcProvider(rpc, undefined, { pollingInterval: 250, staticNetwork: true });
  try {
    await provider.send('eth_chainId', []).catch(() => {
      throw new Error(`No chain node answers at ${rpc}. Start one with: chiral chain --mine --etherbase ADDRESS`);
    });
    const faucet = new Wallet(PUBLISHED_KEY, provider);
    const held = await provider.getBalance(faucet.address);
    if (held <= amount) {
      throw new Error(
        `The faucet (${faucet.address}) holds ${formatEther(held)} CHI on this chain, so it cannot give that.`,
      );
    }
    const sent = await faucet.sendTransaction({ to, value: amount });
    const receipt = await sent.wait(1, PATIENCE_MS).catch(() => null);
    if (!receipt)
      throw new Error(`Sent as ${sent.hash}, and no block took it for ${PATIENCE_MS / 1000} s. Does somebody mine?`);
    const { hash, blockNumber } = receipt;
    process.stdout.write(
      json
        ? `${JSON.stringify({ hash, blockNumber, to, wei: `${amount}` })}\n`
        : `${formatEther(amount)} CHI to ${to} in block ${blockNumber}: ${hash}\n`,
    );
  } finally {
    provider.destroy();
  }
}

program.parse();
run(program.args[0]!, program.opts<Options>()).catch((error: unknown) => {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exit(1);
});
