/**
 * A chain's rules, read from a geth-format genesis file: the fork schedule, block 0, the pre-funded accounts, and, for a
 * development chain, the smaller Ethash and the quicker difficulty under `config.chiral`. Reads JSON; never touches a store.
 */
import { readFile } from 'node:fs/promises';
import type { EthashParams } from '@chiral/ethash/types';
import { type Block, createBlock } from '@ethereumjs/block';
import {
  type Common,
  createCommonFromGethGenesis,
  type GenesisState,
  type GethGenesis,
  Hardfork,
  parseGethGenesisState,
} from '@ethereumjs/common';
import { genesisMPTStateRoot } from '@ethereumjs/mpt';
import { bytesToHex, hexToBytes, type PrefixedHexString, setLengthLeft } from '@ethereumjs/util';
import type { DifficultyRules } from './consensus/difficulty.ts';
import { INITIAL_BASE_FEE_WEI } from './consensus/gas.ts';

/** Difficulty floor and divisor of every Ethereum chain. @see https://eips.ethereum.org/EIPS/eip-2 */
const MAINNET_MINIMUM_DIFFICULTY = 131_072n;
const MAINNET_BOUND_DIVISOR = 2_048n;
/** Step of the byzantium formula. @see https://eips.ethereum.org/EIPS/eip-100 */
const MAINNET_STEP_SECONDS = 9n;
/** How far each fork pushed the difficulty bomb, blocks, newest first. EIP-5133, 4345, 3554, 2384, 1234, 649. */
const BOMB_DELAYS: readonly (readonly [string, bigint])[] = [
  [Hardfork.GrayGlacier, 11_400_000n],
  [Hardfork.ArrowGlacier, 10_700_000n],
  [Hardfork.London, 9_700_000n],
  [Hardfork.MuirGlacier, 9_000_000n],
  [Hardfork.Constantinople, 5_000_000n],
  [Hardfork.Byzantium, 3_000_000n],
];

/** What a development genesis adds under `config.chiral`. Other clients ignore it, and cannot run such a chain. */
export interface ChiralGenesisConfig {
  ethash?: EthashParams;
  difficulty?: { minimum?: string; boundDivisor?: number; stepSeconds?: number };
}

export type Genesis = GethGenesis & { config: GethGenesis['config'] & { chiral?: ChiralGenesisConfig } };

/** Everything that two nodes must agree on before they can agree on a block. */
export interface ChainSpec {
  readonly common: Common;
  readonly chainId: bigint;
  readonly genesis: Block;
  readonly alloc: GenesisState;
  /** Undefined: the full Ethash of the Ethereum mainnet. */
  readonly ethash: EthashParams | undefined;
  readonly difficulty: Pick<DifficultyRules, 'minimum' | 'boundDivisor' | 'stepSeconds'>;
}

/** @throws Error when the file is missing or is no genesis */
export async function readGenesis(file: string | URL): Promise<Genesis> {
  return JSON.parse(await readFile(file, 'utf8')) as Genesis;
}

/** @throws Error when a field is missing or malformed */
export async function createChainSpec(genesis: Genesis): Promise<ChainSpec> {
  const common = createCommonFromGethGenesis(genesis as GethGenesis, { chain: genesis.name ?? 'chiral' });
  const alloc = parseGethGenesisState(genesis as GethGenesis);
  common.setHardforkBy({ blockNumber: 0n });
  const block = createBlock(
    {
      header: {
        number: 0n,
        parentHash: genesis.parentHash ?? bytesToHex(new Uint8Array(32)),
        timestamp: BigInt(genesis.timestamp),
        extraData: toPrefixed(genesis.extraData ?? ''),
        gasLimit: BigInt(genesis.gasLimit),
        gasUsed: BigInt(genesis.gasUsed ?? 0),
        difficulty: BigInt(genesis.difficulty ?? 0),
        nonce: setLengthLeft(hexToBytes(toPrefixed(genesis.nonce)), 8),
        mixHash: genesis.mixHash ?? bytesToHex(new Uint8Array(32)),
        coinbase: genesis.coinbase ?? bytesToHex(new Uint8Array(20)),
        baseFeePerGas: common.isActivatedEIP(1559) ? BigInt(genesis.baseFeePerGas ?? INITIAL_BASE_FEE_WEI) : undefined,
        stateRoot: await genesisMPTStateRoot(alloc),
      },
    },
    { common, setHardfork: true },
  );
  common.setForkHashes(block.hash());
  const chiral = genesis.config.chiral;
  return {
    common,
    chainId: common.chainId(),
    genesis: block,
    alloc,
    ethash: chiral?.ethash,
    difficulty: {
      minimum: BigInt(chiral?.difficulty?.minimum ?? MAINNET_MINIMUM_DIFFICULTY),
      boundDivisor: BigInt(chiral?.difficulty?.boundDivisor ?? MAINNET_BOUND_DIVISOR),
      stepSeconds: BigInt(chiral?.difficulty?.stepSeconds ?? MAINNET_STEP_SECONDS),
    },
  };
}

/** The difficulty rules in force at `blockNumber`; the fork decides the formula and the bomb's delay. */
export function difficultyRulesAt(spec: ChainSpec, blockNumber: bigint): DifficultyRules {
  const fork = spec.common.getHardforkBy({ blockNumber });
  const reached = (other: string) => spec.common.hardforkGteHardfork(fork, other);
  const era = reached(Hardfork.Byzantium) ? 'byzantium' : reached(Hardfork.Homestead) ? 'homestead' : 'frontier';
  const bombDelay = BOMB_DELAYS.find(([since]) => reached(since))?.[1] ?? 0n;
  return { ...spec.difficulty, era, bombDelay };
}

function toPrefixed(hex: string): PrefixedHexString {
  const digits = hex.startsWith('0x') ? hex.slice(2) : hex;
  return `0x${digits.length % 2 === 0 ? digits : `0${digits}`}`;
}
