/** Messages: run one without a signature, estimate one, and take a signed one into the pool. */
import { Address, bytesToHex, createAddressFromString, type PrefixedHexString } from '@ethereumjs/util';
import { CallMachine, type CallMessage, type StateOverride } from '../../execution/call.ts';
import { estimateGas } from '../../execution/estimate.ts';
import { decodeTransaction } from '../../txpool/rules.ts';
import { type MethodTable, type RpcContext, view } from '../context.ts';
import { executionError, INVALID_PARAMS, RpcError, SERVER_ERROR } from '../errors.ts';
import { toQuantity } from '../format.ts';
import { type BlockRef, data, object, type Params, quantity, slot } from '../params.ts';

const TRANSFER_GAS = 21_000n;

interface Request extends CallMessage {
  /** Undefined: as much as there is. */
  gas: bigint | undefined;
}

export const callMethods: MethodTable = {
  async eth_call(context, params) {
    const request = readRequest(params);
    const { machine, gasLimit } = await open(context, params, request);
    const outcome = await machine.run(request, raise(gasLimit, machine.intrinsicGas(request)));
    if (outcome.failure !== undefined) throw executionError(outcome.failure, outcome.returnValue);
    return bytesToHex(outcome.returnValue);
  },

  async eth_estimateGas(context, params) {
    const request = readRequest(params);
    const { machine, gasLimit, blockGas } = await open(context, params, request, 'latest');
    let cap = request.gas !== undefined && request.gas >= TRANSFER_GAS ? gasLimit : smaller(gasLimit, blockGas);
    if (request.gasPrice > 0n) {
      const balance = await machine.balance(request.from);
      if (balance < request.value) throw new RpcError(SERVER_ERROR, 'insufficient funds for transfer');
      cap = smaller(cap, (balance - request.value) / request.gasPrice);
    }
    const estimate = await estimateGas(machine, request, cap);
    if ('gas' in estimate) return toQuantity(estimate.gas);
    if ('failed' in estimate) throw executionError(estimate.failed.failure!, estimate.failed.returnValue);
    throw new RpcError(SERVER_ERROR, `gas required exceeds allowance (${estimate.allowance})`);
  },

  async eth_createAccessList(context, params) {
    const request = readRequest(params);
    const { machine, gasLimit } = await open(context, params, request, 'latest');
    let accessList = request.accessList;
    // The list changes the gas, and with it perhaps the path: repeat until it stands.
    for (let round = 0; round < 8; round++) {
      const outcome = await machine.run({ ...request, accessList }, gasLimit, true);
      const same = JSON.stringify(outcome.accessList) === JSON.stringify(accessList);
      accessList = outcome.accessList;
      const error = outcome.failure !== undefined && {
        error: executionError(outcome.failure, outcome.returnValue).message,
      };
      if (same || error) return { accessList, gasUsed: toQuantity(outcome.gasUsed), ...error };
    }
    throw new RpcError(SERVER_ERROR, 'the access list does not settle');
  },

  async eth_sendRawTransaction({ chain, pool }, params) {
    const tx = decodeTransaction(params.data(0), chain.spec.common);
    await pool.add(tx);
    return bytesToHex(tx.hash());
  },
};

async function open(context: RpcContext, params: Params, request: Request, fallback: BlockRef = 'latest') {
  const { chain, limits } = context;
  const { block, source } = await view(context, params.block(1, fallback));
  const deadlineMs = Date.now() + limits.callMs;
  const machine = await CallMachine.open(chain.spec, source, block, readOverrides(params), { deadlineMs });
  const gasLimit = request.gas !== undefined && request.gas < limits.callGas ? request.gas : limits.callGas;
  return { machine, gasLimit, blockGas: block.header.gasLimit };
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

/** A call is not charged, so a limit below the intrinsic gas is lifted rather than refused, as other clients do. */
function raise(gasLimit: bigint, intrinsic: bigint): bigint {
  return gasLimit < intrinsic ? intrinsic : gasLimit;
}

function readRequest(params: Params): Request {
  const fields = params.object(0);
  const input = fields.input ?? fields.data;
  if (fields.input !== undefined && fields.data !== undefined && fields.input !== fields.data) {
    throw new RpcError(INVALID_PARAMS, 'both "data" and "input" are set and not equal');
  }
  if (
    fields.gasPrice !== undefined &&
    (fields.maxFeePerGas !== undefined || fields.maxPriorityFeePerGas !== undefined)
  ) {
    throw new RpcError(INVALID_PARAMS, 'both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified');
  }
  const optional = (value: unknown) => (value === undefined || value === null ? undefined : quantity(value, 0));
  return {
    from: readAddress(fields.from) ?? createAddressFromString(`0x${'00'.repeat(20)}`),
    to: readAddress(fields.to),
    data: input === undefined || input === null ? new Uint8Array(0) : data(input, 0),
    value: optional(fields.value) ?? 0n,
    gas: optional(fields.gas),
    gasPrice: optional(fields.gasPrice) ?? optional(fields.maxFeePerGas) ?? 0n,
    accessList: readAccessList(fields.accessList),
  };
}

function readAddress(value: unknown): Address | undefined {
  return value === undefined || value === null ? undefined : new Address(data(value, 0, 20));
}

function readAccessList(value: unknown): CallMessage['accessList'] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new RpcError(INVALID_PARAMS, 'accessList is not a list');
  return value.map((item) => {
    const { address, storageKeys } = object(item, 0);
    if (!Array.isArray(storageKeys)) throw new RpcError(INVALID_PARAMS, 'storageKeys is not a list');
    return {
      address: bytesToHex(data(address, 0, 20)),
      storageKeys: storageKeys.map((key): PrefixedHexString => bytesToHex(data(key, 0, 32))),
    };
  });
}

function readOverrides(params: Params): StateOverride {
  const overrides: StateOverride = new Map();
  if (!params.has(2)) return overrides;
  for (const [address, value] of Object.entries(params.object(2))) {
    const { balance, nonce, code, state, stateDiff } = object(value, 2);
    overrides.set(new Address(data(address, 2, 20)), {
      ...(balance !== undefined && { balance: quantity(balance, 2) }),
      ...(nonce !== undefined && { nonce: quantity(nonce, 2) }),
      ...(code !== undefined && { code: data(code, 2) }),
      ...(state !== undefined && { state: readSlots(state) }),
      ...(stateDiff !== undefined && { stateDiff: readSlots(stateDiff) }),
    });
  }
  return overrides;
}

function readSlots(value: unknown): [Uint8Array, Uint8Array][] {
  return Object.entries(object(value, 2)).map(([key, content]) => [slot(key, 2), data(content, 2, 32)]);
}
