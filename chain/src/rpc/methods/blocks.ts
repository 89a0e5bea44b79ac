/** Blocks, transactions and receipts by number, hash and place. */
import { bytesToHex } from '@ethereumjs/util';
import { findView, type MethodTable, type RpcContext, type View } from '../context.ts';
import { toQuantity, toRpcBlock, toRpcHeader, toRpcReceipt, toRpcTransaction } from '../format.ts';
import type { BlockRef, Params } from '../params.ts';

export const blockMethods: MethodTable = {
  eth_blockNumber: ({ chain }) => toQuantity(chain.head.block.header.number),
  eth_getBlockByNumber: async (context, params) => rpcBlock(context, await findView(context, params.block(0)), params),
  eth_getBlockByHash: async (context, params) => rpcBlock(context, await byHash(context, params), params),
  eth_getBlockTransactionCountByNumber: async (context, params) =>
    count(await findView(context, params.block(0)), transactions),
  eth_getBlockTransactionCountByHash: async (context, params) => count(await byHash(context, params), transactions),
  eth_getUncleCountByBlockNumber: async (context, params) => count(await findView(context, params.block(0)), uncles),
  eth_getUncleCountByBlockHash: async (context, params) => count(await byHash(context, params), uncles),
  eth_getUncleByBlockNumberAndIndex: async (context, params) => uncle(await findView(context, params.block(0)), params),
  eth_getUncleByBlockHashAndIndex: async (context, params) => uncle(await byHash(context, params), params),
  eth_getTransactionByBlockNumberAndIndex: async (context, params) =>
    placed(await findView(context, params.block(0)), params),
  eth_getTransactionByBlockHashAndIndex: async (context, params) => placed(await byHash(context, params), params),

  eth_getTransactionByHash({ chain, pool }, params) {
    const hash = params.hash(0);
    const place = chain.transactionPlace(hash);
    if (place)
      return toRpcTransaction(place.block.transactions[place.index]!, {
        header: place.block.header,
        index: place.index,
      });
    const waiting = pool.get(hash);
    return waiting ? toRpcTransaction(waiting) : null;
  },

  eth_getTransactionReceipt({ chain }, params) {
    const place = chain.transactionPlace(params.hash(0));
    const receipts = place && chain.receipts(place.block.hash());
    return place && receipts ? toRpcReceipt(place.block, receipts, place.index) : null;
  },

  async eth_getBlockReceipts(context, params) {
    const found = await findView(context, params.block(0));
    if (!found) return null;
    const receipts = found.receipts();
    return found.block.transactions.map((_, i) => toRpcReceipt(found.block, receipts, i));
  },

  eth_getRawTransactionByHash({ chain, pool }, params) {
    const place = chain.transactionPlace(params.hash(0));
    const tx = place ? place.block.transactions[place.index] : pool.get(params.hash(0));
    return tx ? bytesToHex(tx.serialize()) : null;
  },
};

const transactions = ({ block }: View) => block.transactions.length;
const uncles = ({ block }: View) => block.uncleHeaders.length;

function byHash(context: RpcContext, params: Params): Promise<View | undefined> {
  const ref: BlockRef = { hash: params.hash(0), requireCanonical: false };
  return findView(context, ref);
}

function rpcBlock({ chain }: RpcContext, found: View | undefined, params: Params) {
  const full = params.boolean(1);
  if (!found) return null;
  const { block, sealed } = found;
  return toRpcBlock(block, sealed ? chain.totalDifficulty(block.hash()) : undefined, full);
}

function count(found: View | undefined, of: (found: View) => number) {
  return found ? toQuantity(of(found)) : null;
}

function uncle(found: View | undefined, params: Params) {
  const header = found?.block.uncleHeaders[Number(params.quantity(1))];
  return header ? { ...toRpcHeader(header), uncles: [], transactions: [] } : null;
}

function placed(found: View | undefined, params: Params) {
  const index = Number(params.quantity(1));
  const tx = found?.block.transactions[index];
  return found && tx ? toRpcTransaction(tx, { header: found.block.header, index }) : null;
}
