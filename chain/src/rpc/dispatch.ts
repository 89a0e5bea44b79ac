/** JSON-RPC 2.0: from the text of a request to the text of its answer. One request never hurts another of its batch. */
import type { RpcContext } from './context.ts';
import { INVALID_PARAMS, INVALID_REQUEST, METHOD_NOT_FOUND, PARSE_ERROR, RpcError, toErrorObject } from './errors.ts';
import { METHODS } from './methods.ts';
import { Params } from './params.ts';

/** Requests in one batch, and the characters that the answers to one batch may have together. */
export const MAX_BATCH = 200;
const MAX_BATCH_ANSWER = 25_000_000;

/** Answers methods that need the connection; undefined passes the request on to METHODS. */
export type ConnectionMethods = (method: string, params: Params) => unknown | undefined;

export interface Dispatch {
  context: RpcContext;
  onConnection?: ConnectionMethods;
  /** Told of faults of ours. */
  onFault?: (error: unknown, method: string) => void;
}

/** @returns undefined when nothing is to be answered (notifications only) */
export async function dispatch(text: string, options: Dispatch): Promise<string | undefined> {
  let request: unknown;
  try {
    request = JSON.parse(text);
  } catch {
    return answer(null, { error: toErrorObject(new RpcError(PARSE_ERROR, 'parse error')) });
  }
  if (!Array.isArray(request)) return one(request, options);
  if (request.length === 0) return answer(null, { error: toErrorObject(new RpcError(INVALID_REQUEST, 'empty batch')) });
  if (request.length > MAX_BATCH) {
    return answer(null, {
      error: toErrorObject(new RpcError(INVALID_REQUEST, `batch of more than ${MAX_BATCH} requests`)),
    });
  }
  const answers: string[] = [];
  let length = 0;
  for (const item of request) {
    const reply =
      length > MAX_BATCH_ANSWER
        ? answer(idOf(item), { error: { code: -32003, message: 'response too large' } })
        : await one(item, options);
    if (reply === undefined) continue;
    length += reply.length;
    answers.push(reply);
  }
  return answers.length > 0 ? `[${answers.join(',')}]` : undefined;
}

async function one(request: unknown, options: Dispatch): Promise<string | undefined> {
  const id = idOf(request);
  const { method, params, jsonrpc } = (typeof request === 'object' && request !== null ? request : {}) as Record<
    string,
    unknown
  >;
  const isNotification = typeof request === 'object' && request !== null && !('id' in request);
  let outcome: { result: unknown } | { error: unknown };
  try {
    if (typeof method !== 'string' || (jsonrpc !== undefined && jsonrpc !== '2.0')) {
      throw new RpcError(INVALID_REQUEST, 'invalid request');
    }
    if (params !== undefined && params !== null && !Array.isArray(params)) {
      throw new RpcError(INVALID_PARAMS, 'non-array args');
    }
    outcome = { result: await call(method, new Params((params as unknown[] | null | undefined) ?? []), options) };
  } catch (error) {
    const object = toErrorObject(error);
    if (object.message === 'internal error') options.onFault?.(error, String(method));
    outcome = { error: object };
  }
  return isNotification ? undefined : answer(id, outcome);
}

async function call(method: string, params: Params, { context, onConnection }: Dispatch): Promise<unknown> {
  const own = onConnection?.(method, params);
  if (own !== undefined) return own;
  const run = METHODS.get(method);
  if (!run) throw new RpcError(METHOD_NOT_FOUND, `the method ${printable(method)} does not exist/is not available`);
  return (await run(context, params)) ?? null;
}

function idOf(request: unknown): string | number | null {
  const id = typeof request === 'object' && request !== null ? (request as { id?: unknown }).id : undefined;
  return typeof id === 'string' || typeof id === 'number' ? id : null;
}

function answer(id: string | number | null, outcome: object): string {
  return JSON.stringify({ jsonrpc: '2.0', id, ...outcome });
}

function printable(text: string): string {
  return text.slice(0, 64).replace(/[^\w.]/g, '?');
}
