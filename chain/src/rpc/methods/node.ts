/** The node about itself, its network and its pool. */
import type { TypedTransaction } from '@ethereumjs/tx';
import { bytesToHex } from '@ethereumjs/util';
import { keccak256 } from '../../keccak.ts';
import type { MethodTable } from '../context.ts';
import { toQuantity, toRpcTransaction } from '../format.ts';

export const nodeMethods: MethodTable = {
  web3_clientVersion: ({ status }) => status.clientVersion,
  web3_sha3: (_context, params) => bytesToHex(keccak256(params.data(0))),
  net_version: ({ chain }) => chain.spec.chainId.toString(),
  net_listening: ({ status }) => status.listening(),
  net_peerCount: ({ status }) => toQuantity(status.peerCount()),
  eth_chainId: ({ chain }) => toQuantity(chain.spec.chainId),
  eth_protocolVersion: () => toQuantity(68),
  /** Always empty: this node holds no keys. */
  eth_accounts: () => [],

  eth_syncing({ status }) {
    const progress = status.syncing();
    if (!progress) return false;
    const { startingBlock, currentBlock, highestBlock } = progress;
    return {
      startingBlock: toQuantity(startingBlock),
      currentBlock: toQuantity(currentBlock),
      highestBlock: toQuantity(highestBlock),
    };
  },

  txpool_status({ pool }) {
    const { pending, queued } = pool.content();
    return { pending: toQuantity(pending.length), queued: toQuantity(queued.length) };
  },

  txpool_content({ pool }) {
    const { pending, queued } = pool.content();
    return { pending: bySender(pending), queued: bySender(queued) };
  },

  rpc_modules: () => ({ debug: '1.0', eth: '1.0', net: '1.0', rpc: '1.0', txpool: '1.0', web3: '1.0' }),
};

function bySender(transactions: readonly TypedTransaction[]) {
  const senders: Record<string, Record<string, unknown>> = {};
  for (const tx of transactions) {
    const sender = tx.getSenderAddress().toString();
    senders[sender] ??= {};
    senders[sender][tx.nonce.toString()] = toRpcTransaction(tx);
  }
  return senders;
}
