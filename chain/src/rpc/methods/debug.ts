/** Looking into a transaction after the fact. */
import { traceTransaction } from '../../execution/trace.ts';
import type { MethodTable } from '../context.ts';
import { INVALID_PARAMS, RpcError, SERVER_ERROR } from '../errors.ts';
import { object } from '../params.ts';

export const debugMethods: MethodTable = {
  async debug_traceTransaction({ chain, limits }, params) {
    const place = chain.transactionPlace(params.hash(0));
    if (!place) throw new RpcError(SERVER_ERROR, 'transaction not found');
    const options = params.has(1) ? object(params.at(1), 1) : {};
    if (options.tracer !== undefined) throw new RpcError(INVALID_PARAMS, 'only the default tracer exists here');
    const parent = chain.header(place.block.header.parentHash)!;
    return traceTransaction(chain.spec, chain.source, place.block, parent.stateRoot, place.index, {
      disableStack: options.disableStack === true,
      enableMemory: options.enableMemory === true,
      maxSteps: limits.traceSteps,
      maxCharacters: limits.traceCharacters,
      deadlineMs: Date.now() + limits.callMs,
    });
  },
};
