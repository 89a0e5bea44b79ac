/**
 * Reads of the chain through the node that the page was given, and through the user's wallet when that node does not answer: it may
 * be the one that served the page and is gone. It sends nothing and signs nothing. State: none of its own.
 */
import { providerOptions } from '@chiral/node/chain/client';
import { type JsonRpcError, type JsonRpcPayload, JsonRpcProvider, type JsonRpcResult, Network } from 'ethers';
import type { WalletPort } from './types.ts';

/** JSON-RPC: the other end failed. */
const INTERNAL_ERROR = -32603;

/** @param wallet that of the moment; it is asked only while it is on `chainId` */
export function createChainReads(
  rpcUrl: string,
  chainId: number,
  wallet: () => WalletPort | undefined,
): JsonRpcProvider {
  class ChainReads extends JsonRpcProvider {
    override async _send(payload: JsonRpcPayload | JsonRpcPayload[]): Promise<JsonRpcResult[]> {
      try {
        return await super._send(payload);
      } catch (error) {
        const port = wallet();
        const active = port && Number(await port.request({ method: 'eth_chainId' }).catch(() => 0));
        if (!port || active !== chainId) throw error;
        // Errors are answers, too, whatever the type of the method says.
        return Promise.all([payload].flat().map((one) => answer(port, one) as Promise<JsonRpcResult>));
      }
    }
  }
  const network = Network.from(chainId);
  return new ChainReads(rpcUrl, network, providerOptions(network));
}

async function answer(port: WalletPort, { id, method, params }: JsonRpcPayload): Promise<JsonRpcResult | JsonRpcError> {
  try {
    return { id, result: await port.request({ method, params }) };
  } catch (error) {
    const { code = INTERNAL_ERROR, message = String(error), data } = error as Partial<JsonRpcError['error']>;
    return { id, error: { code, message, data } };
  }
}
