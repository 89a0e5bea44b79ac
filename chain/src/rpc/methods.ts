/**
 * Every RPC method and who needs it. What is not here does not exist: no method signs, holds a key, starts or stops the miner
 * or moves its rewards. `eth_subscribe` and `eth_unsubscribe` need a connection and are answered in `subscriptions.ts`.
 */
import type { Method, MethodTable } from './context.ts';
import { blockMethods } from './methods/blocks.ts';
import { callMethods } from './methods/calls.ts';
import { debugMethods } from './methods/debug.ts';
import { feeMethods } from './methods/fees.ts';
import { logMethods } from './methods/logs.ts';
import { miningMethods } from './methods/mining.ts';
import { nodeMethods } from './methods/node.ts';
import { stateMethods } from './methods/state.ts';

const tables: MethodTable[] = [
  blockMethods,
  callMethods,
  debugMethods,
  feeMethods,
  logMethods,
  miningMethods,
  nodeMethods,
  stateMethods,
];

export const METHODS: ReadonlyMap<string, Method> = new Map(tables.flatMap((table) => Object.entries(table)));

const EVERYBODY = 'ethers, viem, MetaMask, Ignition';
const LIBRARIES = 'ethers, viem';
const EXPLORER = 'block explorers';
const MINERS = 'getWork miners';

/** Who calls each method. A test holds this list and METHODS to each other. */
export const NEEDED_BY: Readonly<Record<string, string>> = {
  debug_traceTransaction: 'block explorers, debuggers',
  eth_accounts: 'ethers, Ignition',
  eth_blockNumber: EVERYBODY,
  eth_call: EVERYBODY,
  eth_chainId: EVERYBODY,
  eth_coinbase: MINERS,
  eth_createAccessList: 'viem',
  eth_estimateGas: EVERYBODY,
  eth_feeHistory: 'viem, MetaMask, Ignition',
  eth_gasPrice: EVERYBODY,
  eth_getBalance: EVERYBODY,
  eth_getBlockByHash: EVERYBODY,
  eth_getBlockByNumber: EVERYBODY,
  eth_getBlockReceipts: EXPLORER,
  eth_getBlockTransactionCountByHash: 'viem',
  eth_getBlockTransactionCountByNumber: 'viem',
  eth_getCode: EVERYBODY,
  eth_getFilterChanges: LIBRARIES,
  eth_getFilterLogs: LIBRARIES,
  eth_getLogs: LIBRARIES,
  eth_getProof: LIBRARIES,
  eth_getRawTransactionByHash: EXPLORER,
  eth_getStorageAt: LIBRARIES,
  eth_getTransactionByBlockHashAndIndex: 'viem',
  eth_getTransactionByBlockNumberAndIndex: 'viem',
  eth_getTransactionByHash: EVERYBODY,
  eth_getTransactionCount: EVERYBODY,
  eth_getTransactionReceipt: EVERYBODY,
  eth_getUncleByBlockHashAndIndex: EXPLORER,
  eth_getUncleByBlockNumberAndIndex: EXPLORER,
  eth_getUncleCountByBlockHash: EXPLORER,
  eth_getUncleCountByBlockNumber: EXPLORER,
  eth_getWork: MINERS,
  eth_hashrate: MINERS,
  eth_maxPriorityFeePerGas: 'viem, MetaMask, Ignition',
  eth_mining: MINERS,
  eth_newBlockFilter: LIBRARIES,
  eth_newFilter: LIBRARIES,
  eth_newPendingTransactionFilter: LIBRARIES,
  eth_protocolVersion: EXPLORER,
  eth_sendRawTransaction: EVERYBODY,
  eth_submitHashrate: MINERS,
  eth_submitWork: MINERS,
  eth_syncing: 'MetaMask, block explorers',
  eth_uninstallFilter: LIBRARIES,
  net_listening: 'block explorers',
  net_peerCount: 'block explorers',
  net_version: 'MetaMask, ethers',
  rpc_modules: 'geth console',
  txpool_content: 'viem, block explorers',
  txpool_status: 'viem, block explorers',
  web3_clientVersion: 'Ignition, block explorers',
  web3_sha3: 'web3.js',
};
