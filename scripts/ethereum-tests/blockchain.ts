/** BlockchainTests of github.com/ethereum/tests: import the blocks in order, refuse the bad ones, end at the right head. */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Chain } from '@chiral/chain/chain';
import { openState } from '@chiral/chain/execution/state';
import { createChainSpec, type Genesis } from '@chiral/chain/genesis';
import { createLog } from '@chiral/chain/log';
import { ChainStore } from '@chiral/chain/store/store';
import { createBlockFromRLP } from '@ethereumjs/block';
import {
  bytesToBigInt,
  bytesToHex,
  createAddressFromString,
  hexToBytes,
  type PrefixedHexString,
  setLengthLeft,
} from '@ethereumjs/util';

type Hex = PrefixedHexString;

export interface BlockchainCase {
  network: string;
  sealEngine?: string;
  genesisBlockHeader: Record<string, Hex>;
  genesisRLP: Hex;
  pre: Record<string, { balance: Hex; nonce: Hex; code: Hex; storage: Record<string, Hex> }>;
  blocks: { rlp: Hex; expectException?: string }[];
  lastblockhash: string;
  postState?: BlockchainCase['pre'];
}

const FORKS = [
  'homestead',
  'daoFork',
  'eip150',
  'eip155',
  'eip158',
  'byzantium',
  'constantinople',
  'petersburg',
  'istanbul',
  'muirGlacier',
  'berlin',
  'london',
  'arrowGlacier',
  'grayGlacier',
] as const;

/** How many of FORKS (without the DAO, which no test chain but one has) each network name has from block 0. */
const UP_TO: Record<string, string | undefined> = {
  Frontier: undefined,
  Homestead: 'homestead',
  EIP150: 'eip150',
  EIP158: 'eip158',
  Byzantium: 'byzantium',
  Constantinople: 'constantinople',
  ConstantinopleFix: 'petersburg',
  Istanbul: 'istanbul',
  Berlin: 'berlin',
  London: 'london',
  ArrowGlacier: 'arrowGlacier',
  GrayGlacier: 'grayGlacier',
};

export function supportsNetwork(network: string): boolean {
  return scheduleOf(network) !== undefined;
}

/** Fork blocks of a network name such as "London" or "BerlinToLondonAt5"; undefined for one past the merge. */
function scheduleOf(network: string): Record<string, number> | undefined {
  const move = /^(\w+?)To(\w+?)At(\d+)$/.exec(network);
  const base = forksUpTo(move ? move[1]! : network, 0);
  if (!move || !base) return base;
  const block = Number(move[3]);
  const target = move[2] === 'Dao' ? { ...base, daoForkBlock: block, daoForkSupport: 1 } : forksUpTo(move[2]!, block);
  return target && { ...target, ...base };
}

function forksUpTo(name: string, block: number): Record<string, number> | undefined {
  if (!(name in UP_TO)) return undefined;
  const last = UP_TO[name];
  if (last === undefined) return {};
  const reached = FORKS.slice(0, FORKS.indexOf(last as (typeof FORKS)[number]) + 1);
  const schedule = Object.fromEntries(reached.filter((f) => f !== 'daoFork').map((f) => [`${f}Block`, block]));
  // ethereumjs knows EIP-155 and EIP-158 as one fork.
  if (schedule.eip155Block !== undefined) schedule.eip158Block = block;
  return schedule;
}

/** @returns why the case failed, or undefined */
export async function runBlockchainCase(test: BlockchainCase, folder: string): Promise<string | undefined> {
  const spec = await createChainSpec(toGenesis(test));
  const genesisHash = bytesToHex(spec.genesis.hash());
  if (genesisHash !== test.genesisBlockHeader.hash)
    return `genesis ${genesisHash}, expected ${test.genesisBlockHeader.hash}`;
  const place = await mkdtemp(join(folder, 'case-'));
  const store = await ChainStore.open(place);
  try {
    // All current files are of the seal engine NoProof: the work is not in them. PoWTests check it.
    const verifier = { verify: async () => true };
    const chain = await Chain.open({
      spec,
      store,
      verifier,
      log: createLog('silent'),
      now: () => Number.MAX_SAFE_INTEGER,
    });
    for (const [i, { rlp, expectException }] of test.blocks.entries()) {
      const problem = await importRlp(chain, rlp);
      if (problem && !expectException) return `block ${i} refused: ${problem}`;
      if (!problem && expectException) return `block ${i} accepted, expected ${expectException}`;
    }
    const head = bytesToHex(chain.head.hash).slice(2);
    if (head !== test.lastblockhash.replace('0x', '')) return `head ${head}, expected ${test.lastblockhash}`;
    return test.postState && (await compareState(chain, test.postState));
  } finally {
    await store.close();
    await rm(place, { recursive: true, force: true });
  }
}

async function importRlp(chain: Chain, rlp: Hex): Promise<string | undefined> {
  try {
    await chain.import(createBlockFromRLP(hexToBytes(rlp), { common: chain.spec.common, setHardfork: true }));
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

async function compareState(chain: Chain, expected: BlockchainCase['pre']): Promise<string | undefined> {
  const { manager } = await openState(chain.spec.common, chain.source, chain.head.block.header.stateRoot);
  for (const [hex, want] of Object.entries(expected)) {
    const address = createAddressFromString(hex.startsWith('0x') ? hex : `0x${hex}`);
    const account = await manager.getAccount(address);
    if (account?.balance !== BigInt(want.balance))
      return `${hex} has ${account?.balance} wei, expected ${BigInt(want.balance)}`;
    if (account.nonce !== BigInt(want.nonce))
      return `${hex} has nonce ${account.nonce}, expected ${BigInt(want.nonce)}`;
    if (bytesToHex(await manager.getCode(address)) !== want.code) return `${hex} has other code`;
    for (const [slot, value] of Object.entries(want.storage)) {
      const key = setLengthLeft(hexToBytes(evenHex(slot)), 32);
      if (bytesToBigInt(await manager.getStorage(address, key)) !== BigInt(value)) return `${hex} slot ${slot} differs`;
    }
  }
  return undefined;
}

function toGenesis(test: BlockchainCase): Genesis {
  const header = test.genesisBlockHeader;
  return {
    config: { chainId: 1, ...scheduleOf(test.network), ethash: {} } as Genesis['config'],
    nonce: header.nonce!,
    timestamp: header.timestamp!,
    extraData: header.extraData!,
    gasLimit: header.gasLimit!,
    gasUsed: header.gasUsed!,
    difficulty: header.difficulty!,
    mixHash: header.mixHash!,
    coinbase: header.coinbase!,
    parentHash: header.parentHash!,
    baseFeePerGas: header.baseFeePerGas,
    alloc: Object.fromEntries(
      Object.entries(test.pre).map(([address, account]) => [
        address,
        { ...account, storage: evenKeys(account.storage) },
      ]),
    ),
  };
}

function evenKeys(storage: Record<string, Hex>): Record<string, Hex> {
  return Object.fromEntries(
    Object.entries(storage).map(([slot, value]) => [
      bytesToHex(setLengthLeft(hexToBytes(evenHex(slot)), 32)),
      evenHex(value),
    ]),
  );
}

function evenHex(hex: string): Hex {
  const digits = hex.replace('0x', '');
  return `0x${digits.length % 2 === 0 ? digits : `0${digits}`}`;
}
