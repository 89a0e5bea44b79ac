/**
 * For tests only: a chain in a temporary folder, funded keys, and blocks made to measure. The work is real Ethash with the
 * small parameters of development; one searcher serves a whole test file and ends with it.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { createEthash } from '@chiral/ethash';
import { DEV_PARAMS } from '@chiral/ethash/params';
import type { Block, BlockHeader } from '@ethereumjs/block';
import { createFeeMarket1559Tx, type FeeMarketEIP1559TxData, type TypedTransaction } from '@ethereumjs/tx';
import { Address, createAddressFromPrivateKey, hexToBytes } from '@ethereumjs/util';
import { Chain } from '../chain.ts';
import { sealHash } from '../consensus/validate.ts';
import { buildBlock, sealBlock } from '../execution/build.ts';
import { type ChainSpec, createChainSpec, type Genesis } from '../genesis.ts';
import { createLog } from '../log.ts';
import { ChainStore } from '../store/store.ts';

export const ethash = createEthash({ params: DEV_PARAMS });
export const searcher = ethash.createMiner({ threads: 1 });
after(() => searcher.close());

export const silent = createLog('silent');
/** Keys 1 to 5, each with 1,000 CHI in the test genesis. */
export const KEYS = [1, 2, 3, 4, 5].map((n) => hexToBytes(`0x${n.toString(16).padStart(64, '0')}`));
export const ADDRESSES = KEYS.map((key) => createAddressFromPrivateKey(key));
export const COINBASE = new Address(hexToBytes(`0x${'c0'.repeat(20)}`));
export const GWEI = 10n ** 9n;
export const CHI = 10n ** 18n;

export function testGenesis(overrides: Partial<Genesis> = {}): Genesis {
  const forks = ['homestead', 'eip150', 'eip155', 'eip158', 'byzantium', 'constantinople', 'petersburg', 'istanbul'];
  const later = ['muirGlacier', 'berlin', 'london', 'arrowGlacier', 'grayGlacier'];
  const schedule = Object.fromEntries([...forks, ...later].map((fork) => [`${fork}Block`, 0]));
  return {
    config: {
      chainId: 98765,
      ...schedule,
      ethash: {},
      chiral: { ethash: DEV_PARAMS, difficulty: { minimum: '16', boundDivisor: 16, stepSeconds: 9 } },
    },
    nonce: '0x0000000000000042',
    timestamp: '0x0',
    extraData: '0x74657374',
    gasLimit: '0x1c9c380',
    difficulty: '0x100',
    baseFeePerGas: '0x3b9aca00',
    alloc: Object.fromEntries(
      ADDRESSES.map((address) => [address.toString(), { balance: `0x${(1000n * CHI).toString(16)}` }]),
    ),
    ...overrides,
  };
}

export interface Fixture extends AsyncDisposable {
  folder: string;
  spec: ChainSpec;
  store: ChainStore;
  chain: Chain;
  /** Closes the store and opens it again, as a restart does. */
  reopen(): Promise<Fixture>;
}

export async function createFixture(
  options: { genesis?: Genesis; folder?: string; now?: () => number } = {},
): Promise<Fixture> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'chiral-chain-')));
  const spec = await createChainSpec(options.genesis ?? testGenesis());
  const store = await ChainStore.open(join(folder, 'chain'));
  const chain = await Chain.open({ spec, store, verifier: ethash, log: silent, now: options.now });
  const close = async () => {
    await chain.close();
    await store.close();
  };
  return {
    folder,
    spec,
    store,
    chain,
    async reopen() {
      await close();
      return createFixture({ ...options, folder });
    },
    async [Symbol.asyncDispose]() {
      await close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export interface MineOptions {
  parent?: BlockHeader;
  transactions?: TypedTransaction[];
  uncles?: BlockHeader[];
  coinbase?: Address;
  /** Seconds after the parent. @default 13 */
  seconds?: number;
  extraData?: string;
}

/** A valid, sealed child of `parent` (the head by default); not imported. */
export async function makeBlock(fixture: Fixture, options: MineOptions = {}): Promise<Block> {
  const { chain, spec } = fixture;
  const parent = options.parent ?? chain.head.block.header;
  const { block, refused } = await buildBlock(spec, chain.source, {
    parent,
    coinbase: options.coinbase ?? COINBASE,
    timestamp: parent.timestamp + BigInt(options.seconds ?? 13),
    gasTarget: 30_000_000n,
    extraData: new TextEncoder().encode(options.extraData ?? ''),
    uncles: options.uncles ?? [],
    transactions: options.transactions ?? [],
    budgetMs: 60_000,
  });
  if (refused.length > 0) throw new Error(`the fixture's transaction was refused: ${refused[0]!.reason}`);
  return sealed(spec, block);
}

export async function sealed(spec: ChainSpec, block: Block): Promise<Block> {
  const { number: blockNumber, difficulty } = block.header;
  const { nonce, mixHash } = await searcher.search({ sealHash: sealHash(block.header), blockNumber, difficulty });
  return sealBlock(spec, block, nonce, mixHash);
}

/** Makes a block and imports it. */
export async function mine(fixture: Fixture, options: MineOptions = {}): Promise<Block> {
  const block = await makeBlock(fixture, options);
  await fixture.chain.import(block);
  return block;
}

/** A signed transaction of key `from` (0 to 4). */
export function transfer(
  spec: ChainSpec,
  from: number,
  nonce: number,
  data: Partial<FeeMarketEIP1559TxData> = {},
): TypedTransaction {
  return createFeeMarket1559Tx(
    {
      chainId: spec.chainId,
      nonce,
      gasLimit: 100_000n,
      maxFeePerGas: 10n * GWEI,
      maxPriorityFeePerGas: GWEI,
      to: data.data === undefined ? ADDRESSES[4] : undefined,
      value: data.data === undefined ? 1n : 0n,
      ...data,
    },
    { common: spec.common },
  ).sign(KEYS[from]!);
}
