/**
 * Runs blocks on a state and says what came out. Writes nothing: the caller stores the new trie nodes with the block.
 * The rule of the house: a block that was not executed here with exactly the results of its header is never accepted.
 */
import type { Block } from '@ethereumjs/block';
import type { Common } from '@ethereumjs/common';
import { createEVM } from '@ethereumjs/evm';
import { createVM, runBlock, type VM } from '@ethereumjs/vm';
import { ChainError, isChainError } from '../errors.ts';
import { type Receipt, toReceipt } from '../store/codec.ts';
import { type AncestorSource, ancestorChain } from './ancestors.ts';
import { type Pace, pace } from './pace.ts';
import { type NodeSource, openState, type State } from './state.ts';

/** What execution reads: state nodes by hash and headers by hash. */
export type ExecutionSource = NodeSource & AncestorSource;

export interface Machine {
  readonly vm: VM;
  readonly state: State;
}

/**
 * A fresh machine on the state `root`, for a block whose parent is `parentHash`. Two machines never disturb each other.
 * @param limits 'free' leaves the EVM's events to the caller, who then has to see to the time himself
 * @throws Error when the state is not stored
 */
export async function createMachine(
  common: Common,
  source: ExecutionSource,
  at: { root: Uint8Array; parentHash: Uint8Array; blockNumber: bigint },
  limits: Pace | 'free' = {},
): Promise<Machine> {
  const own = common.copy();
  own.setHardforkBy({ blockNumber: at.blockNumber });
  const state = await openState(own, source, at.root);
  const blockchain = ancestorChain(source, at.parentHash);
  const evm = await createEVM({ common: own, stateManager: state.manager, blockchain });
  if (limits !== 'free') pace(evm, limits);
  const vm = await createVM({ common: own, stateManager: state.manager, blockchain, evm });
  return { vm, state };
}

export interface Execution {
  receipts: Receipt[];
  /** Trie nodes and code that the block made, by hash in hex. */
  nodes: Map<string, Uint8Array>;
}

/**
 * Checks that transactions and uncles are those that the header names, and that each could run at all.
 * @throws INVALID_BODY, which says nothing about the header: anybody can send a good header with a wrong body
 */
export async function validateBody(block: Block): Promise<void> {
  try {
    await block.validateData();
  } catch (cause) {
    throw new ChainError('INVALID_BODY', messageOf(cause), { cause });
  }
}

/**
 * Executes `block`, whose body was validated, on its parent's state and compares state root, receipts, bloom and gas with its header.
 * @throws INVALID_EXECUTION the block is bad for ever; STOPPED, or a plain Error for a fault of ours
 */
export async function executeBlock(
  common: Common,
  source: ExecutionSource,
  block: Block,
  parentRoot: Uint8Array,
  limits: Pace = {},
): Promise<Execution> {
  const { header } = block;
  const at = { root: parentRoot, parentHash: header.parentHash, blockNumber: header.number };
  const { vm, state } = await createMachine(common, source, at, limits);
  let results: Awaited<ReturnType<typeof runBlock>>;
  try {
    results = await runBlock(vm, { block, skipBlockValidation: true, skipHardForkValidation: true });
  } catch (cause) {
    if (isChainError(cause)) throw cause;
    if (isStoreFault(cause)) throw cause;
    throw new ChainError('INVALID_EXECUTION', messageOf(cause), { cause });
  }
  return {
    receipts: results.receipts.map((receipt, i) => toReceipt(block.transactions[i]!.type, receipt)),
    nodes: state.nodes.written,
  };
}

/** A trie node that is missing here says nothing about the block: it must not be called invalid for it. */
function isStoreFault(error: unknown): boolean {
  const message = messageOf(error);
  return message.includes('Missing node in DB') || message.includes('does not contain state root');
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
