/** A chain node's JSON-RPC as an EIP-1193 provider, for reads. It signs nothing and sends nothing. State: none. */
import { AppError, fromProblem } from '@chiral/protocol/errors';
import type { Provider } from '../wallet/switch.ts';

/** A node that has not answered by then does not, milliseconds. */
const TIMEOUT_MS = 10_000;

/** @throws from `request`: CHAIN_UNREACHABLE; CHAIN_REVERTED for an error of the call itself */
export function createRpc(url: string): Provider {
  let lastId = 0;
  return {
    async request({ method, params = [] }) {
      lastId += 1;
      let answer: { result?: unknown; error?: { code: number; message: string } };
      let status: number;
      try {
        const response = await fetch(url, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ jsonrpc: '2.0', id: lastId, method, params }),
          signal: AbortSignal.timeout(TIMEOUT_MS),
        });
        status = response.status;
        answer = await response.json();
      } catch (cause) {
        throw new AppError('CHAIN_UNREACHABLE', `The chain node at ${url} does not answer.`, { url }, { cause });
      }
      if (answer.error)
        throw new AppError('CHAIN_REVERTED', answer.error.message, { method, rpcCode: answer.error.code });
      // A node of ours passes only some methods on, and says so in its own words.
      if (!('result' in answer)) throw fromProblem(answer, status);
      return answer.result;
    },
  };
}
