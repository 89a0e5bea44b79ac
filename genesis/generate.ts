/**
 * Writes genesis.json (the network) and dev.json (development) from the numbers below, in the format of geth. The reasons
 * stand in README.md beside this file.
 *
 *   node genesis/generate.ts           write both files
 *   node genesis/generate.ts --check   exit 1 when a file is not what would be written
 *   node genesis/generate.ts --fund 0xADDRESS=1000 --out FILE   the network's genesis with your own accounts instead
 *
 * The contracts' code comes from protocol/src/generated, which `npm run generate` writes from the Solidity sources.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { getAddress, isAddress, parseEther, toQuantity } from 'ethers';
import { CONTRACT_ADDRESSES } from '../protocol/src/addresses.ts';
import { BATCH_SETTLEMENT_RUNTIME_BYTECODE } from '../protocol/src/generated/batch-settlement.ts';
import { ERC3009_DEPOSIT_COLLECTOR_RUNTIME_BYTECODE } from '../protocol/src/generated/erc3009-deposit-collector.ts';
import { FAIR_EXCHANGE_RUNTIME_BYTECODE } from '../protocol/src/generated/fair-exchange.ts';
import { MULTICALL3_RUNTIME_BYTECODE } from '../protocol/src/generated/multicall3.ts';
import { PAYMENTS_RUNTIME_BYTECODE } from '../protocol/src/generated/payments.ts';
import { PERMIT2_DEPOSIT_COLLECTOR_RUNTIME_BYTECODE } from '../protocol/src/generated/permit2-deposit-collector.ts';

const CHAIN_ID = 98765;
const FORKS = [
  'homesteadBlock',
  'eip150Block',
  'eip155Block',
  'eip158Block',
  'byzantiumBlock',
  'constantinopleBlock',
  'petersburgBlock',
  'istanbulBlock',
  'muirGlacierBlock',
  'berlinBlock',
  'londonBlock',
  'arrowGlacierBlock',
  'grayGlacierBlock',
];

/** None has a constructor or an immutable, so their bytes serve wherever they lie. */
const RUNTIME_CODE: Record<keyof typeof CONTRACT_ADDRESSES, string> = {
  BatchSettlement: BATCH_SETTLEMENT_RUNTIME_BYTECODE,
  ERC3009DepositCollector: ERC3009_DEPOSIT_COLLECTOR_RUNTIME_BYTECODE,
  Permit2DepositCollector: PERMIT2_DEPOSIT_COLLECTOR_RUNTIME_BYTECODE,
  Multicall3: MULTICALL3_RUNTIME_BYTECODE,
  Payments: PAYMENTS_RUNTIME_BYTECODE,
  FairExchange: FAIR_EXCHANGE_RUNTIME_BYTECODE,
};

/** The first ten addresses of the mnemonic "test test test test test test test test test test test junk": keys that everybody has. */
const PUBLISHED_ACCOUNTS = [
  '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266',
  '0x70997970C51812dc3A010C7d01b50e0d17dc79C8',
  '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC',
  '0x90F79bf6EB2c4f870365E785982E1f101E93b906',
  '0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65',
  '0x9965507D1a55bcC2695C58ba16FB37d819B0A4dc',
  '0x976EA74026E726554dB657fA54763abd0C3a0aa9',
  '0x14dC79964da2C08b23698B3D3cc7Ca32193d9955',
  '0x23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f',
  '0xa0Ee7A142d267C1f36714E4a8F75612F20a79720',
];
const FUNDS_CHI = '10000';

type Alloc = Record<string, { balance: string; nonce?: string; code?: string }>;

interface Numbers {
  difficulty: string;
  gasLimit: string;
  extraData: string;
  config?: object;
}

const NETWORK: Numbers = { difficulty: '0x400000', gasLimit: '0x47b760', extraData: 'Keep on keeping on!' };

const DEVELOPMENT: Numbers = {
  difficulty: '0x40000',
  gasLimit: '0x1c9c380',
  extraData: 'Chiral development',
  config: {
    chiral: {
      ethash: {
        name: 'dev',
        epochBlocks: 30000,
        cacheInitBytes: 2 ** 14,
        cacheGrowthBytes: 2 ** 7,
        datasetInitBytes: 2 ** 20,
        datasetGrowthBytes: 2 ** 13,
      },
      difficulty: { minimum: '0x40000', boundDivisor: 16, stepSeconds: 2 },
    },
  },
};

function toGenesis(numbers: Numbers, alloc: Alloc): string {
  const genesis = {
    config: {
      chainId: CHAIN_ID,
      ...Object.fromEntries(FORKS.map((fork) => [fork, 0])),
      ethash: {},
      ...numbers.config,
    },
    nonce: '0x0000000000000042',
    timestamp: '0x0',
    extraData: `0x${Buffer.from(numbers.extraData, 'ascii').toString('hex')}`,
    gasLimit: numbers.gasLimit,
    difficulty: numbers.difficulty,
    mixHash: `0x${'00'.repeat(32)}`,
    coinbase: `0x${'00'.repeat(20)}`,
    number: '0x0',
    gasUsed: '0x0',
    parentHash: `0x${'00'.repeat(32)}`,
    baseFeePerGas: '0x3b9aca00',
    alloc,
  };
  return `${JSON.stringify(genesis, undefined, 2)}\n`;
}

function contracts(): Alloc {
  return Object.fromEntries(
    Object.entries(CONTRACT_ADDRESSES).map(([name, address]) => [
      getAddress(address).slice(2).toLowerCase(),
      { balance: '0x0', nonce: '0x1', code: RUNTIME_CODE[name as keyof typeof CONTRACT_ADDRESSES] },
    ]),
  );
}

function funded(accounts: readonly [address: string, chi: string][]): Alloc {
  return Object.fromEntries(
    accounts.map(([address, chi]) => [
      getAddress(address).slice(2).toLowerCase(),
      { balance: toQuantity(parseEther(chi)) },
    ]),
  );
}

function readFunds(values: readonly string[]): [string, string][] {
  return values.map((value) => {
    const [address, chi] = value.split('=');
    if (!address || !chi || !isAddress(address)) throw new Error(`--fund wants 0xADDRESS=CHI, not ${value}`);
    return [address, chi];
  });
}

const { values } = parseArgs({
  options: { check: { type: 'boolean' }, fund: { type: 'string', multiple: true }, out: { type: 'string' } },
});
const published = PUBLISHED_ACCOUNTS.map((address): [string, string] => [address, FUNDS_CHI]);
if (values.fund) {
  if (!values.out) throw new Error('--fund needs --out FILE: the committed files keep their accounts');
  await writeFile(values.out, toGenesis(NETWORK, { ...funded(readFunds(values.fund)), ...contracts() }));
} else {
  const files: [string, string][] = [
    ['genesis.json', toGenesis(NETWORK, { ...funded(published), ...contracts() })],
    ['dev.json', toGenesis(DEVELOPMENT, { ...funded(published), ...contracts() })],
  ];
  for (const [name, text] of files) {
    const path = new URL(name, import.meta.url);
    if (!values.check) await writeFile(path, text);
    else if ((await readFile(path, 'utf8').catch(() => '')) !== text) {
      console.error(`genesis/${name} is stale: run node genesis/generate.ts`);
      process.exitCode = 1;
    }
  }
}
