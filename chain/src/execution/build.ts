/**
 * Assembles the next block: takes transactions in the order given, drops those that do not run, pays the rewards, fills in
 * the roots. The result lacks only its seal. It is judged again by `Chain.import` like a stranger's, so an error here can
 * lose a block but never make a bad one.
 */
import { Block, type BlockHeader, createBlockHeader, genTransactionsTrieRoot } from '@ethereumjs/block';
import { MerklePatriciaTrie } from '@ethereumjs/mpt';
import { RLP } from '@ethereumjs/rlp';
import type { TypedTransaction } from '@ethereumjs/tx';
import { Account, type Address, type PrefixedHexString } from '@ethereumjs/util';
import { Bloom, encodeReceipt, runTx, type TxReceipt, type VM } from '@ethereumjs/vm';
import { nextGasLimit } from '../consensus/gas.ts';
import { childBaseFee, childDifficulty, parentGasLimit } from '../consensus/validate.ts';
import type { ChainSpec } from '../genesis.ts';
import { keccak256 } from '../keccak.ts';
import { type Receipt, toReceipt } from '../store/codec.ts';
import { createMachine, type ExecutionSource, messageOf } from './execute.ts';
import type { Pace } from './pace.ts';

/** A transaction cannot cost less than this, so a block with less gas left is full. */
const MIN_TX_GAS = 21_000n;

export interface BuildRequest {
  parent: BlockHeader;
  coinbase: Address;
  /** Seconds since the epoch; raised to one more than the parent's when it is not after it. */
  timestamp: bigint;
  gasTarget: bigint;
  extraData: Uint8Array;
  /** Already checked against the family. */
  uncles: readonly BlockHeader[];
  /** Best first; of one sender in the order of nonces. */
  transactions: Iterable<TypedTransaction>;
  /** No transaction is begun after this many milliseconds. */
  budgetMs: number;
}

export interface BuiltBlock {
  /** Nonce and mix hash are zero. */
  block: Block;
  receipts: Receipt[];
  /** Trie nodes that `pending` reads need, by hash in hex; never stored from here. */
  nodes: Map<string, Uint8Array>;
  /** Transactions that could not run, with the reason. The pool may drop them. */
  refused: { tx: TypedTransaction; reason: string }[];
}

/** @throws STOPPED, or a plain Error when the parent's state is missing */
export async function buildBlock(
  spec: ChainSpec,
  source: ExecutionSource,
  request: BuildRequest,
  limits: Pace = {},
): Promise<BuiltBlock> {
  const { parent, coinbase, uncles } = request;
  const blockNumber = parent.number + 1n;
  const timestamp = request.timestamp > parent.timestamp ? request.timestamp : parent.timestamp + 1n;
  const header = {
    parentHash: parent.hash(),
    number: blockNumber,
    coinbase,
    timestamp,
    gasLimit: nextGasLimit(parentGasLimit(spec, parent), request.gasTarget),
    difficulty: childDifficulty(spec, parent, timestamp),
    baseFeePerGas: childBaseFee(spec, parent),
    extraData: request.extraData,
    uncleHash: keccak256(RLP.encode(uncles.map((uncle) => uncle.raw()))),
  };
  const options = { common: spec.common, setHardfork: true };
  const draft = new Block(createBlockHeader(header, options), [], [...uncles], undefined, options);
  const at = { root: parent.stateRoot, parentHash: parent.hash(), blockNumber };
  const { vm, state } = await createMachine(spec.common, source, at, limits);
  await vm.evm.journal.checkpoint();
  const run = await runTransactions(vm, draft, request);
  await payRewards(vm, draft);
  await vm.evm.journal.commit();
  const stateRoot = await vm.stateManager.getStateRoot();
  const receipts = run.receipts.map((receipt, i) => toReceipt(run.included[i]!.type, receipt));
  const results = {
    stateRoot,
    gasUsed: run.gasUsed,
    logsBloom: run.bloom.bitvector,
    receiptTrie: await receiptRoot(run.receipts, run.included),
    transactionsTrie: await genTransactionsTrieRoot(run.included, new MerklePatriciaTrie({ common: spec.common })),
  };
  const sealable = createBlockHeader({ ...header, ...results }, options);
  const block = new Block(sealable, run.included, [...uncles], undefined, options);
  return { block, receipts, nodes: state.nodes.written, refused: run.refused };
}

/** The same block with its seal. */
export function sealBlock(spec: ChainSpec, block: Block, nonce: Uint8Array, mixHash: Uint8Array): Block {
  const options = { common: spec.common, setHardfork: true };
  const header = createBlockHeader({ ...block.header.toJSON(), nonce, mixHash }, options);
  return new Block(header, block.transactions, block.uncleHeaders, undefined, options);
}

interface Run {
  included: TypedTransaction[];
  receipts: TxReceipt[];
  refused: { tx: TypedTransaction; reason: string }[];
  gasUsed: bigint;
  bloom: Bloom;
}

async function runTransactions(vm: VM, draft: Block, request: BuildRequest): Promise<Run> {
  const run: Run = { included: [], receipts: [], refused: [], gasUsed: 0n, bloom: new Bloom() };
  const untilMs = performance.now() + request.budgetMs;
  /** A later nonce of a sender whose transaction failed cannot run either. */
  const stuck = new Set<PrefixedHexString>();
  for (const tx of request.transactions) {
    const room = draft.header.gasLimit - run.gasUsed;
    if (room < MIN_TX_GAS || performance.now() > untilMs) break;
    const sender = tx.getSenderAddress().toString();
    if (stuck.has(sender)) continue;
    if (tx.gasLimit > room) {
      stuck.add(sender);
      continue;
    }
    try {
      const result = await runTx(vm, { tx, block: draft, blockGasUsed: run.gasUsed, skipHardForkValidation: true });
      run.gasUsed += result.totalGasSpent;
      run.bloom.or(result.bloom);
      run.included.push(tx);
      run.receipts.push(result.receipt);
    } catch (error) {
      if (error instanceof Error && error.name === 'ChainError') throw error;
      stuck.add(sender);
      run.refused.push({ tx, reason: messageOf(error) });
    }
  }
  return run;
}

/** Block reward, a 32nd of it for each uncle, and the uncles' own shares. Yellow paper, section 11.3. */
async function payRewards(vm: VM, draft: Block): Promise<void> {
  const reward = vm.common.param('minerReward');
  for (const uncle of draft.uncleHeaders) {
    const distance = draft.header.number - uncle.number;
    await credit(vm, uncle.coinbase, ((8n - distance) * reward) / 8n);
  }
  await credit(vm, draft.header.coinbase, reward + (reward / 32n) * BigInt(draft.uncleHeaders.length));
}

async function credit(vm: VM, address: Address, amount: bigint): Promise<void> {
  const account = (await vm.stateManager.getAccount(address)) ?? new Account();
  account.balance += amount;
  await vm.evm.journal.putAccount(address, account);
}

async function receiptRoot(
  receipts: readonly TxReceipt[],
  transactions: readonly TypedTransaction[],
): Promise<Uint8Array> {
  const trie = new MerklePatriciaTrie();
  for (const [i, receipt] of receipts.entries()) {
    await trie.put(RLP.encode(i), encodeReceipt(receipt, transactions[i]!.type));
  }
  return trie.root();
}
