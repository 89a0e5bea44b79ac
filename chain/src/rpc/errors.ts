/**
 * JSON-RPC errors, with the codes that wallets know: -32700 and -326xx from JSON-RPC 2.0, -32000 for a server error (geth),
 * -32005 a limit, -39001 an unknown block, and 3 for a revert, whose `data` is what the contract gave back.
 */

import { bytesToHex } from '@ethereumjs/util';
import { AbiCoder } from 'ethers';
import { isChainError } from '../errors.ts';

export const PARSE_ERROR = -32700;
export const INVALID_REQUEST = -32600;
export const METHOD_NOT_FOUND = -32601;
export const INVALID_PARAMS = -32602;
export const INTERNAL_ERROR = -32603;
export const SERVER_ERROR = -32000;
export const LIMIT_EXCEEDED = -32005;
export const UNKNOWN_BLOCK = -39001;
export const REVERTED = 3;

export class RpcError extends Error {
  readonly code: number;
  readonly data: unknown;

  constructor(code: number, message: string, data?: unknown) {
    super(message);
    this.name = 'RpcError';
    this.code = code;
    this.data = data;
  }
}

export function invalidParams(position: number, why: string): RpcError {
  return new RpcError(INVALID_PARAMS, `invalid argument ${position}: ${why}`);
}

/** Selectors of `Error(string)` and `Panic(uint256)`. @see https://docs.soliditylang.org/en/latest/control-structures.html */
const ERROR_SELECTOR = '0x08c379a0';
const PANIC_SELECTOR = '0x4e487b71';

/** The error of a message that reverted, or that the EVM stopped for another reason. */
export function executionError(failure: string, returnValue: Uint8Array): RpcError {
  if (failure !== 'revert') return new RpcError(SERVER_ERROR, failure);
  const data = bytesToHex(returnValue);
  const reason = revertReason(data);
  return new RpcError(REVERTED, reason === undefined ? 'execution reverted' : `execution reverted: ${reason}`, data);
}

function revertReason(data: string): string | undefined {
  try {
    const body = `0x${data.slice(10)}`;
    if (data.startsWith(ERROR_SELECTOR)) return AbiCoder.defaultAbiCoder().decode(['string'], body)[0];
    if (data.startsWith(PANIC_SELECTOR)) {
      return `panic code 0x${AbiCoder.defaultAbiCoder().decode(['uint256'], body)[0].toString(16).padStart(2, '0')}`;
    }
  } catch {
    return undefined;
  }
  return undefined;
}

/** What a client is told of any error. Faults of ours say no more than that they happened. */
export function toErrorObject(error: unknown): { code: number; message: string; data?: unknown } {
  if (error instanceof RpcError) {
    const { code, message, data } = error;
    return data === undefined ? { code, message } : { code, message, data };
  }
  if (isChainError(error, 'TX_REFUSED', 'TIMEOUT', 'STOPPED')) return { code: SERVER_ERROR, message: error.message };
  return { code: INTERNAL_ERROR, message: 'internal error' };
}
