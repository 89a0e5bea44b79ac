/** The table: every method the node has, who needs it, and a call of it that shows what it answers. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { bytesToHex } from '@ethereumjs/util';
import { Interface } from 'ethers';
import { ADDRESSES, COINBASE, GWEI, makeBlock, searcher, transfer } from '../testing/fixture.ts';
import { createTestNode, readCounter, type TestNode } from '../testing/node.ts';
import { METHODS, NEEDED_BY } from './methods.ts';

const covered = new Set<string>();
let net: TestNode;
let counter: string;
let abi: Interface;
let deployHash: string;
let countHash: string;
let orphanHash: string;

const rpc = (method: string, ...params: unknown[]) => {
  covered.add(method);
  return net.rpc(method, ...params);
};
const send = async (nonce: number, data: Record<string, unknown> = {}, from = 0) => {
  const tx = transfer(net.node.spec, from, nonce, { gasLimit: 1_500_000n, ...data });
  assert.equal(await rpc('eth_sendRawTransaction', bytesToHex(tx.serialize())), bytesToHex(tx.hash()));
  return bytesToHex(tx.hash());
};

before(async () => {
  net = await createTestNode();
  const { abi: json, bytecode } = await readCounter();
  abi = new Interface(json);
  deployHash = await send(0, { data: bytecode });
  await net.mine();
  counter = (await rpc('eth_getTransactionReceipt', deployHash)).contractAddress;
  countHash = await send(1, { to: counter, data: abi.encodeFunctionData('add', [7, 'seven']) });
  // A rival of block 2 that loses, and is paid as an uncle of block 3.
  const fixture = { chain: net.node.chain, spec: net.node.spec } as Parameters<typeof makeBlock>[0];
  const orphan = await makeBlock(fixture, { seconds: 5, coinbase: ADDRESSES[3] });
  await net.mine();
  await net.node.chain.import(orphan);
  orphanHash = bytesToHex(orphan.hash());
  await net.mine();
});
after(async () => {
  await net[Symbol.asyncDispose]();
});

test('blocks by number, hash and tag', async () => {
  assert.equal(await rpc('eth_blockNumber'), '0x3');
  const block = await rpc('eth_getBlockByNumber', '0x2', true);
  assert.equal(block.transactions[0].hash, countHash);
  assert.equal(block.transactions[0].blockHash, block.hash);
  assert.equal(block.miner, COINBASE.toString());
  assert.match(block.totalDifficulty, /^0x/);
  assert.deepEqual(await rpc('eth_getBlockByHash', block.hash, true), block);
  assert.deepEqual((await rpc('eth_getBlockByHash', block.hash, false)).transactions, [countHash]);
  assert.equal((await rpc('eth_getBlockByNumber', 'earliest', false)).number, '0x0');
  assert.equal((await rpc('eth_getBlockByNumber', 'pending', false)).hash, null);
  assert.equal(await rpc('eth_getBlockByNumber', '0xffff', false), null);
  assert.equal(await rpc('eth_getBlockByHash', `0x${'00'.repeat(32)}`, false), null);
  await assert.rejects(rpc('eth_getBlockByNumber', 'finalized', false), { code: -39001 });
  assert.equal(await rpc('eth_getBlockTransactionCountByNumber', '0x2'), '0x1');
  assert.equal(await rpc('eth_getBlockTransactionCountByHash', block.hash), '0x1');
});

test('uncles', async () => {
  const block = await rpc('eth_getBlockByNumber', 'latest', false);
  assert.deepEqual(block.uncles, [orphanHash]);
  assert.equal(await rpc('eth_getUncleCountByBlockNumber', '0x3'), '0x1');
  assert.equal(await rpc('eth_getUncleCountByBlockHash', block.hash), '0x1');
  assert.equal((await rpc('eth_getUncleByBlockNumberAndIndex', '0x3', '0x0')).hash, orphanHash);
  assert.equal((await rpc('eth_getUncleByBlockHashAndIndex', block.hash, '0x0')).hash, orphanHash);
  assert.equal(await rpc('eth_getUncleByBlockHashAndIndex', block.hash, '0x1'), null);
});

test('transactions and receipts', async () => {
  const tx = await rpc('eth_getTransactionByHash', countHash);
  assert.equal(tx.blockNumber, '0x2');
  assert.equal(tx.from, ADDRESSES[0]!.toString());
  assert.equal(tx.type, '0x2');
  const block = await rpc('eth_getBlockByNumber', '0x2', false);
  assert.deepEqual(await rpc('eth_getTransactionByBlockNumberAndIndex', '0x2', '0x0'), tx);
  assert.deepEqual(await rpc('eth_getTransactionByBlockHashAndIndex', block.hash, '0x0'), tx);
  assert.equal(await rpc('eth_getTransactionByBlockNumberAndIndex', '0x2', '0x9'), null);
  assert.match(await rpc('eth_getRawTransactionByHash', countHash), /^0x02/);
  const receipt = await rpc('eth_getTransactionReceipt', countHash);
  assert.equal(receipt.status, '0x1');
  assert.equal(receipt.logs.length, 1);
  assert.equal(receipt.effectiveGasPrice, tx.gasPrice);
  assert.deepEqual(await rpc('eth_getBlockReceipts', '0x2'), [receipt]);
  assert.equal(await rpc('eth_getTransactionReceipt', `0x${'00'.repeat(32)}`), null);
});

test('accounts, code, storage and proofs at any block', async () => {
  assert.equal(BigInt(await rpc('eth_getBalance', ADDRESSES[1]!.toString(), 'earliest')), 1000n * 10n ** 18n);
  assert.equal(BigInt(await rpc('eth_getBalance', COINBASE.toString(), '0x0')), 0n);
  assert.ok(BigInt(await rpc('eth_getBalance', COINBASE.toString(), 'latest')) > 6n * 10n ** 18n);
  assert.equal(await rpc('eth_getTransactionCount', ADDRESSES[0]!.toString(), '0x1'), '0x1');
  assert.equal(await rpc('eth_getTransactionCount', ADDRESSES[0]!.toString(), 'latest'), '0x2');
  assert.equal(await rpc('eth_getCode', counter, '0x0'), '0x');
  assert.ok((await rpc('eth_getCode', counter, 'latest')).length > 100);
  assert.equal(BigInt(await rpc('eth_getStorageAt', counter, '0x0', 'latest')), 7n);
  assert.equal(BigInt(await rpc('eth_getStorageAt', counter, '0x0', '0x1')), 0n);
  const proof = await rpc('eth_getProof', counter, ['0x0'], 'latest');
  assert.equal(BigInt(proof.storageProof[0].value), 7n);
  assert.ok(proof.accountProof.length > 0);
  const { hash } = await rpc('eth_getBlockByNumber', '0x1', false);
  assert.equal(BigInt(await rpc('eth_getStorageAt', counter, '0x0', { blockHash: hash, requireCanonical: true })), 0n);
  const orphan = { blockHash: orphanHash, requireCanonical: true };
  await assert.rejects(rpc('eth_getBalance', counter, orphan), { code: -32000 });
});

test('calls, with reasons for failing', async () => {
  const call = (fn: string, args: unknown[] = [], more: object = {}) =>
    rpc('eth_call', { to: counter, data: abi.encodeFunctionData(fn, args), ...more }, 'latest');
  assert.equal(BigInt(await call('count')), 7n);
  assert.equal(BigInt(await call('baseFee')), 0n, 'a call without a price sees no base fee');
  assert.equal(await call('parentHash'), (await rpc('eth_getBlockByNumber', '0x2', false)).hash);
  const bigger = abi.encodeErrorResult('Counter_TooBig', [101, 100]);
  await assert.rejects(call('add', [101, '']), { code: 3, message: 'execution reverted', data: bigger });
  await assert.rejects(call('add', [13, '']), { code: 3, message: 'execution reverted: unlucky' });
  await assert.rejects(call('divide', [0]), { code: 3, message: 'execution reverted: panic code 0x12' });
  await assert.rejects(call('fail'), { code: 3, message: 'execution reverted', data: '0x' });
  await assert.rejects(call('burn', [], { gas: '0x30d40' }), { code: -32000, message: 'out of gas' });
  const poor = { from: `0x${'99'.repeat(20)}`, to: counter, value: '0x1' };
  await assert.rejects(rpc('eth_call', poor, 'latest'), { code: -32000, message: 'insufficient funds for transfer' });
  await assert.rejects(rpc('eth_estimateGas', poor), { code: -32000, message: 'insufficient funds for transfer' });
  const override = { [counter]: { stateDiff: { [`0x${'0'.repeat(64)}`]: `0x${'0'.repeat(62)}2a` } } };
  const data = abi.encodeFunctionData('count');
  assert.equal(BigInt(await rpc('eth_call', { to: counter, data }, 'latest', override)), 42n);
  assert.equal(BigInt(await rpc('eth_call', { to: counter, input: data }, '0x1')), 0n);
});

test('a call that would run for ever is cut, and the node answers others meanwhile', async () => {
  const slow = await createTestNode({ rpcLimits: { callMs: 1000, callGas: 10n ** 12n } });
  await using _ = slow;
  let isOver = false;
  // JUMPDEST PUSH1 0 JUMP, as the init code of a creation.
  const endless = slow.rpc('eth_call', { data: '0x5b600056' }, 'latest');
  const caught = endless.catch((error: unknown) => {
    isOver = true;
    return error;
  });
  assert.equal(await slow.rpc('eth_blockNumber'), '0x0');
  assert.equal(isOver, false, 'answered while the call was running');
  assert.deepEqual(await caught, { code: -32000, message: 'execution timeout' });
});

test('gas estimates suffice and are not far off', async () => {
  const from = ADDRESSES[0]!.toString();
  assert.equal(await rpc('eth_estimateGas', { from, to: ADDRESSES[1]!.toString(), value: '0x1' }), '0x5208');
  const add = { from, to: counter, data: abi.encodeFunctionData('add', [1, 'x']) };
  const estimate = BigInt(await rpc('eth_estimateGas', add));
  const hash = await send(2, { to: counter, data: add.data, gasLimit: estimate });
  await net.mine();
  const receipt = await rpc('eth_getTransactionReceipt', hash);
  assert.equal(receipt.status, '0x1');
  assert.ok(estimate <= (BigInt(receipt.gasUsed) * 106n) / 100n, `${estimate} for ${BigInt(receipt.gasUsed)}`);
  const { bytecode } = await readCounter();
  const deployed = BigInt((await rpc('eth_getTransactionReceipt', deployHash)).gasUsed);
  const guess = BigInt(await rpc('eth_estimateGas', { from, data: bytecode }));
  assert.ok(guess >= deployed && guess <= (deployed * 106n) / 100n, `${guess} for ${deployed}`);
  await assert.rejects(rpc('eth_estimateGas', { from, to: counter, data: abi.encodeFunctionData('add', [13, '']) }), {
    code: 3,
    message: 'execution reverted: unlucky',
  });
  await assert.rejects(
    rpc('eth_estimateGas', { from, to: counter, data: abi.encodeFunctionData('burn'), gas: '0x30d40' }),
    {
      code: -32000,
      message: 'gas required exceeds allowance (200000)',
    },
  );
  const list = await rpc('eth_createAccessList', add);
  assert.equal(list.accessList[0].address, counter);
  assert.equal(list.accessList[0].storageKeys.length, 2);
});

test('fees: never zero, and a history', async () => {
  assert.ok(BigInt(await rpc('eth_maxPriorityFeePerGas')) > 0n);
  assert.ok(BigInt(await rpc('eth_gasPrice')) > BigInt(await rpc('eth_maxPriorityFeePerGas')));
  const history = await rpc('eth_feeHistory', '0x3', 'latest', [25, 75]);
  assert.equal(history.gasUsedRatio.length, 3);
  assert.equal(history.baseFeePerGas.length, 4);
  assert.equal(history.reward.length, 3);
  assert.equal(BigInt(history.reward[2][0]), GWEI);
  await assert.rejects(rpc('eth_feeHistory', '0x3', 'latest', [75, 25]), { code: -32602 });
});

test('logs by address, topic, block and range', async () => {
  const topic = abi.getEvent('Counted')!.topicHash;
  const all = await rpc('eth_getLogs', { fromBlock: 'earliest', toBlock: 'latest', address: counter });
  assert.equal(all.length, 2);
  assert.equal(all[0].transactionHash, countHash);
  assert.deepEqual(await rpc('eth_getLogs', { fromBlock: '0x0', topics: [topic] }), all);
  assert.deepEqual(
    await rpc('eth_getLogs', { fromBlock: '0x0', topics: [[topic, `0x${'11'.repeat(32)}`], null] }),
    all,
  );
  const seven = `0x${'7'.padStart(64, '0')}`;
  assert.deepEqual(await rpc('eth_getLogs', { fromBlock: '0x0', topics: [null, null, seven] }), [all[0]]);
  assert.deepEqual(await rpc('eth_getLogs', { fromBlock: '0x0', topics: [`0x${'11'.repeat(32)}`] }), []);
  assert.deepEqual(await rpc('eth_getLogs', { blockHash: all[0].blockHash }), [all[0]]);
  await assert.rejects(rpc('eth_getLogs', { blockHash: `0x${'11'.repeat(32)}` }), { code: -32000 });
  await assert.rejects(rpc('eth_getLogs', { fromBlock: '0x3', toBlock: '0x1' }), { code: -32602 });
});

test('polled filters', async () => {
  const blocks = await rpc('eth_newBlockFilter');
  const logs = await rpc('eth_newFilter', { address: counter, fromBlock: '0x0' });
  const pending = await rpc('eth_newPendingTransactionFilter');
  const hash = await send(3, { to: counter, data: abi.encodeFunctionData('add', [2, 'two']) });
  assert.deepEqual(await rpc('eth_getFilterChanges', pending), [hash]);
  await net.mine();
  assert.deepEqual(await rpc('eth_getFilterChanges', blocks), [
    (await rpc('eth_getBlockByNumber', 'latest', false)).hash,
  ]);
  assert.deepEqual(
    (await rpc('eth_getFilterChanges', logs)).map((log: { transactionHash: string }) => log.transactionHash),
    [hash],
  );
  assert.deepEqual(await rpc('eth_getFilterChanges', logs), []);
  assert.equal((await rpc('eth_getFilterLogs', logs)).length, 3);
  assert.equal(await rpc('eth_uninstallFilter', logs), true);
  await assert.rejects(rpc('eth_getFilterChanges', logs), { code: -32000, message: 'filter not found' });
});

test('waiting transactions: pending nonce, balance and state', async () => {
  const hash = await send(4, { to: counter, data: abi.encodeFunctionData('add', [5, 'wait']) });
  await send(9, { value: 1n });
  assert.equal(await rpc('eth_getTransactionCount', ADDRESSES[0]!.toString(), 'pending'), '0x5');
  assert.equal((await rpc('eth_getTransactionByHash', hash)).blockHash, null);
  assert.deepEqual(await rpc('txpool_status'), { pending: '0x1', queued: '0x1' });
  const content = await rpc('txpool_content');
  assert.equal(content.pending[ADDRESSES[0]!.toString()]['4'].hash, hash);
  const count = (tag: string) => rpc('eth_call', { to: counter, data: abi.encodeFunctionData('count') }, tag);
  // The pending block may lag behind the pool by half a second.
  while (BigInt(await count('pending')) !== 15n) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(BigInt(await count('latest')), 10n);
  await net.mine();
  await assert.rejects(rpc('eth_sendRawTransaction', '0x00'), { code: -32000 });
});

test('getWork, and what a stranger can do with it', async () => {
  const [sealHash, seedHash, target, number] = await rpc('eth_getWork');
  assert.equal(seedHash, `0x${'00'.repeat(32)}`);
  const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex.slice(2), 'hex'));
  const before = BigInt(await rpc('eth_blockNumber'));
  assert.equal(await rpc('eth_submitWork', '0x0000000000000001', sealHash, `0x${'00'.repeat(32)}`), false);
  assert.equal(
    await rpc('eth_submitWork', '0x0000000000000001', `0x${'12'.repeat(32)}`, `0x${'00'.repeat(32)}`),
    false,
  );
  const found = await searcher.search({ sealHash: bytes(sealHash), epoch: 0, target: BigInt(target) });
  assert.equal(await rpc('eth_submitWork', bytesToHex(found.nonce), sealHash, bytesToHex(found.mixHash)), true);
  assert.equal(BigInt(await rpc('eth_blockNumber')), before + 1n);
  assert.equal(BigInt(number), before + 1n);
  assert.equal((await rpc('eth_getBlockByNumber', 'latest', false)).miner, COINBASE.toString());
  assert.equal(await rpc('eth_mining'), false);
  assert.equal(await rpc('eth_submitHashrate', '0x7a120', `0x${'ab'.repeat(32)}`), true);
  assert.equal(await rpc('eth_mining'), true);
  assert.equal(await rpc('eth_hashrate'), '0x7a120');
  assert.equal(await rpc('eth_coinbase'), COINBASE.toString());
});

test('the node about itself', async () => {
  assert.match(await rpc('web3_clientVersion'), /^chiral-chain\//);
  assert.equal(
    await rpc('web3_sha3', '0x68656c6c6f20776f726c64'),
    '0x47173285a8d7341e5e972fc677286384f802f8ef42a5ec5f03bbfa254cb01fad',
  );
  assert.equal(await rpc('net_version'), '98765');
  assert.equal(await rpc('eth_chainId'), '0x181cd');
  assert.equal(await rpc('net_listening'), false);
  assert.equal(await rpc('net_peerCount'), '0x0');
  assert.equal(await rpc('eth_protocolVersion'), '0x44');
  assert.deepEqual(await rpc('eth_accounts'), []);
  assert.equal(await rpc('eth_syncing'), false);
  assert.ok('eth' in (await rpc('rpc_modules')));
});

test('a trace tells every instruction', async () => {
  const trace = await rpc('debug_traceTransaction', countHash);
  const receipt = await rpc('eth_getTransactionReceipt', countHash);
  assert.equal(trace.gas, Number(receipt.gasUsed));
  assert.equal(trace.failed, false);
  assert.equal(trace.structLogs[0].op, 'PUSH1');
  assert.ok(trace.structLogs.some(({ op }: { op: string }) => op === 'LOG3'));
  await assert.rejects(rpc('debug_traceTransaction', countHash, { tracer: 'callTracer' }), { code: -32602 });
});

test('nothing here signs, holds a key, steers the miner or moves its rewards', async () => {
  const never = [
    'eth_sign',
    'eth_signTransaction',
    'eth_sendTransaction',
    'eth_signTypedData_v4',
    'personal_unlockAccount',
    'personal_newAccount',
  ];
  const steering = [
    'miner_start',
    'miner_stop',
    'miner_setEtherbase',
    'miner_setExtra',
    'miner_setGasPrice',
    'admin_addPeer',
    'debug_setHead',
    'hardhat_setCoinbase',
    'evm_mine',
  ];
  for (const method of [...never, ...steering]) {
    await assert.rejects(net.rpc(method, COINBASE.toString(), '0x'), {
      code: -32601,
      message: `the method ${method} does not exist/is not available`,
    });
  }
});

test('every method has somebody who needs it and was called above', () => {
  assert.deepEqual([...METHODS.keys()].sort(), Object.keys(NEEDED_BY).sort());
  assert.deepEqual(
    [...METHODS.keys()].filter((method) => !covered.has(method)),
    [],
  );
});

test('docs/json-rpc.md says the same', async () => {
  const text = await readFile(new URL('../../../docs/json-rpc.md', import.meta.url), 'utf8');
  const rows = [...text.matchAll(/^\| `(\w+_\w+)` \| (.+) \|$/gm)].map(([, method, who]) => [method, who]);
  const subscribers = 'ethers, viem, wagmi (WebSocket)';
  const methods = { ...NEEDED_BY, eth_subscribe: subscribers, eth_unsubscribe: subscribers };
  assert.deepEqual(Object.fromEntries(rows), methods);
  assert.equal(rows.length, Object.keys(methods).length);
});
