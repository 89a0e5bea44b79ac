/** Runs one stored transaction again and writes down every instruction, in the form of geth's default tracer. */
import type { Block } from '@ethereumjs/block';
import type { EVM } from '@ethereumjs/evm';
import { bigIntToHex, bytesToHex, bytesToUnprefixedHex } from '@ethereumjs/util';
import { runTx } from '@ethereumjs/vm';
import { ChainError } from '../errors.ts';
import type { ChainSpec } from '../genesis.ts';
import { createMachine, type ExecutionSource } from './execute.ts';

export interface TraceOptions {
  disableStack: boolean;
  enableMemory: boolean;
  /** Instructions written down, and characters of stack and memory with them; the run is given up beyond either. */
  maxSteps: number;
  maxCharacters: number;
  deadlineMs: number;
}

export interface TraceStep {
  pc: number;
  op: string;
  gas: number;
  gasCost: number;
  depth: number;
  stack?: string[];
  memory?: string[];
}

export interface Trace {
  gas: number;
  failed: boolean;
  returnValue: string;
  structLogs: TraceStep[];
}

/** @throws TIMEOUT when it is too long to be traced; Error when the parent's state is missing */
export async function traceTransaction(
  spec: ChainSpec,
  source: ExecutionSource,
  block: Block,
  parentRoot: Uint8Array,
  index: number,
  options: TraceOptions,
): Promise<Trace> {
  const at = { root: parentRoot, parentHash: block.header.parentHash, blockNumber: block.header.number };
  const { vm } = await createMachine(spec.common, source, at, 'free');
  const structLogs: TraceStep[] = [];
  let blockGasUsed = 0n;
  for (const [i, tx] of block.transactions.slice(0, index + 1).entries()) {
    if (Date.now() > options.deadlineMs) throw new ChainError('TIMEOUT', 'execution timeout');
    if (i === index) record(vm.evm as EVM, structLogs, options);
    const result = await runTx(vm, { tx, block, blockGasUsed, skipHardForkValidation: true });
    blockGasUsed += result.totalGasSpent;
    if (i < index) continue;
    return {
      gas: Number(result.totalGasSpent),
      failed: result.execResult.exceptionError !== undefined,
      returnValue: bytesToHex(result.execResult.returnValue),
      structLogs,
    };
  }
  throw new RangeError('there is no such transaction');
}

function record(evm: EVM, structLogs: TraceStep[], options: TraceOptions): void {
  let characters = 0;
  evm.events.on('step', (step) => {
    const tooLong = structLogs.length >= options.maxSteps || characters > options.maxCharacters;
    if (tooLong || Date.now() > options.deadlineMs) {
      throw new ChainError(
        'TIMEOUT',
        'the trace is too long: leave out stack and memory, or trace a shorter transaction',
      );
    }
    const stack = options.disableStack ? undefined : step.stack.map((word) => bigIntToHex(word));
    const memory = options.enableMemory ? words(step.memory) : undefined;
    characters += 66 * ((stack?.length ?? 0) + (memory?.length ?? 0));
    structLogs.push({
      pc: step.pc,
      op: step.opcode.name,
      gas: Number(step.gasLeft),
      gasCost: Number(step.opcode.dynamicFee ?? step.opcode.fee),
      depth: step.depth + 1,
      ...(stack && { stack }),
      ...(memory && { memory }),
    });
  });
}

function words(memory: Uint8Array): string[] {
  const hex = bytesToUnprefixedHex(memory);
  return Array.from({ length: Math.ceil(hex.length / 64) }, (_, i) => hex.slice(64 * i, 64 * i + 64));
}
