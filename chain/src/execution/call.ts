/**
 * Runs a message that nobody signed, for `eth_call`, `eth_estimateGas` and `eth_createAccessList`: no nonce is checked, no fee
 * is taken, nothing is kept. The answer tells gas as a real transaction would use it.
 */
import type { Block } from '@ethereumjs/block';
import { createFeeMarket1559Tx } from '@ethereumjs/tx';
import { Account, type Address, bytesToUnprefixedHex, hexToBytes, type PrefixedHexString } from '@ethereumjs/util';
import type { ChainSpec } from '../genesis.ts';
import { createMachine, type ExecutionSource, type Machine } from './execute.ts';
import type { Pace } from './pace.ts';

/** A refund gives back at most this part of the gas used. @see https://eips.ethereum.org/EIPS/eip-3529 */
const REFUND_QUOTIENT = 5n;

export interface CallMessage {
  from: Address;
  /** Undefined creates a contract. */
  to?: Address;
  data: Uint8Array;
  value: bigint;
  /** Wei per gas; what GASPRICE answers. Zero also hides the base fee, as in geth. */
  gasPrice: bigint;
  accessList: { address: PrefixedHexString; storageKeys: PrefixedHexString[] }[];
}

/** Per address: fields that the call sees instead of those of the state. */
export type StateOverride = Map<
  Address,
  {
    balance?: bigint;
    nonce?: bigint;
    code?: Uint8Array;
    state?: [Uint8Array, Uint8Array][];
    stateDiff?: [Uint8Array, Uint8Array][];
  }
>;

export interface CallOutcome {
  /** What the code returned, or the data of its revert. */
  returnValue: Uint8Array;
  /** Undefined when it succeeded; else the EVM's word for it, 'revert' among them. */
  failure: string | undefined;
  /** Gas a transaction would pay for, refund taken off; the limit it would need is higher by `gasRefund`. */
  gasUsed: bigint;
  gasRefund: bigint;
  /** What the call touched, when asked for. */
  accessList: CallMessage['accessList'];
}

/** A machine on the state after `block`, seeing `block` as its environment. */
export class CallMachine {
  readonly #machine: Machine;
  readonly #block: Block;
  readonly #spec: ChainSpec;

  private constructor(machine: Machine, block: Block, spec: ChainSpec) {
    this.#machine = machine;
    this.#block = block;
    this.#spec = spec;
  }

  /** @throws Error when the state of `block` is not in `source` */
  static async open(
    spec: ChainSpec,
    source: ExecutionSource,
    block: Block,
    overrides: StateOverride = new Map(),
    limits: Pace = {},
  ): Promise<CallMachine> {
    const { stateRoot, parentHash, number } = block.header;
    const machine = await createMachine(
      spec.common,
      source,
      { root: stateRoot, parentHash, blockNumber: number },
      limits,
    );
    for (const [address, fields] of overrides) await override(machine, address, fields);
    return new CallMachine(machine, block, spec);
  }

  /** Gas that a transaction with this message costs before its first instruction. */
  intrinsicGas(message: CallMessage): bigint {
    const { to, data, accessList } = message;
    return createFeeMarket1559Tx({ to, data, accessList }, { common: this.#spec.common }).getIntrinsicGas();
  }

  /**
   * Runs the message with `gasLimit` for the whole transaction and undoes it. May be called again and again.
   * @throws TIMEOUT, STOPPED; Error when the gas limit is below the intrinsic gas
   */
  async run(message: CallMessage, gasLimit: bigint, reportAccess = false): Promise<CallOutcome> {
    const { evm } = this.#machine.vm;
    const { journal } = evm;
    const intrinsic = this.intrinsicGas(message);
    if (gasLimit < intrinsic) throw new RangeError('intrinsic gas too low');
    if ((await this.balance(message.from)) < message.value) return unaffordable(intrinsic);
    await journal.cleanup();
    if (reportAccess) journal.startReportingAccessList();
    await journal.checkpoint();
    try {
      this.#warm(message, reportAccess);
      const { execResult } = await evm.runCall({
        block: this.#environment(message.gasPrice),
        caller: message.from,
        origin: message.from,
        to: message.to,
        data: message.data,
        value: message.value,
        gasPrice: message.gasPrice,
        gasLimit: gasLimit - intrinsic,
      });
      const spent = intrinsic + execResult.executionGasUsed;
      const refund = execResult.gasRefund ?? 0n;
      const gasRefund = refund < spent / REFUND_QUOTIENT ? refund : spent / REFUND_QUOTIENT;
      return {
        returnValue: execResult.returnValue,
        failure: execResult.exceptionError?.error,
        gasUsed: spent - gasRefund,
        gasRefund,
        accessList: reportAccess ? toAccessList(journal.accessList, message) : [],
      };
    } finally {
      await journal.revert();
      journal.cleanJournal();
      evm.stateManager.originalStorageCache.clear();
    }
  }

  async hasCode(address: Address): Promise<boolean> {
    return (await this.#machine.vm.stateManager.getCode(address)).length > 0;
  }

  async balance(address: Address): Promise<bigint> {
    return (await this.#machine.vm.stateManager.getAccount(address))?.balance ?? 0n;
  }

  /** EIP-2929: what a transaction finds warm. */
  #warm(message: CallMessage, report: boolean): void {
    const { evm } = this.#machine.vm;
    for (const address of evm.precompiles.keys()) evm.journal.addAlwaysWarmAddress(address);
    for (const address of [message.from, message.to]) {
      if (address) evm.journal.addAlwaysWarmAddress(bytesToUnprefixedHex(address.bytes));
    }
    for (const { address, storageKeys } of message.accessList) {
      evm.journal.addAlwaysWarmAddress(address.slice(2).toLowerCase(), report);
      for (const slot of storageKeys)
        evm.journal.addAlwaysWarmSlot(address.slice(2).toLowerCase(), slot.slice(2), report);
    }
  }

  #environment(gasPrice: bigint): Block {
    if (gasPrice > 0n) return this.#block;
    const header = Object.create(this.#block.header, { baseFeePerGas: { value: 0n } });
    return Object.create(this.#block, { header: { value: header } });
  }
}

/** The outcome of a message whose sender has less than it sends. The EVM itself would take that for a bug of its caller. */
function unaffordable(gasUsed: bigint): CallOutcome {
  const nothing = { returnValue: new Uint8Array(0), gasRefund: 0n, accessList: [] };
  return { ...nothing, failure: 'insufficient funds for transfer', gasUsed };
}

async function override(
  machine: Machine,
  address: Address,
  fields: StateOverride extends Map<Address, infer F> ? F : never,
): Promise<void> {
  const state = machine.vm.stateManager;
  const account = (await state.getAccount(address)) ?? new Account();
  if (fields.balance !== undefined) account.balance = fields.balance;
  if (fields.nonce !== undefined) account.nonce = fields.nonce;
  await state.putAccount(address, account);
  if (fields.code) await state.putCode(address, fields.code);
  if (fields.state) await state.clearStorage(address);
  for (const [slot, value] of [...(fields.state ?? []), ...(fields.stateDiff ?? [])])
    await state.putStorage(address, slot, value);
}

function toAccessList(touched: Map<string, Set<string>> | undefined, message: CallMessage): CallMessage['accessList'] {
  const own = new Set([message.from, message.to].flatMap((a) => (a ? [bytesToUnprefixedHex(a.bytes)] : [])));
  return [...(touched ?? [])]
    .filter(([address, slots]) => slots.size > 0 || !(own.has(address) || isPrecompile(address)))
    .map(([address, slots]) => ({
      address: `0x${address}`,
      storageKeys: [...slots].map((slot) => `0x${slot}` as const),
    }));
}

function isPrecompile(address: string): boolean {
  const bytes = hexToBytes(`0x${address}`);
  return bytes.subarray(0, 19).every((byte) => byte === 0) && bytes[19]! >= 1 && bytes[19]! <= 9;
}
