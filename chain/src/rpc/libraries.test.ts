/** ethers and viem as people use them, over HTTP and WebSocket, against a node that mines by itself. */
// biome-ignore-all lint/suspicious/noExplicitAny: contracts are typed by their ABI at run time
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { bytesToHex } from '@ethereumjs/util';
import { ContractFactory, JsonRpcProvider, NonceManager, Wallet, WebSocketProvider } from 'ethers';
import { createPublicClient, createWalletClient, defineChain, http, parseEther, webSocket } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { KEYS } from '../testing/fixture.ts';
import { createTestNode, readCounter, type TestNode } from '../testing/node.ts';

let net: TestNode;
let wsUrl: string;
before(async () => {
  net = await createTestNode({ profile: 'dev', mine: { threads: 1 } });
  wsUrl = net.url.replace('http', 'ws');
});
after(async () => {
  await net[Symbol.asyncDispose]();
});

test('ethers deploys, sends, calls, reads a revert, finds logs and subscribes', async () => {
  const provider = new JsonRpcProvider(net.url, 98765, { polling: true, pollingInterval: 100, staticNetwork: true });
  const socket = new WebSocketProvider(wsUrl, 98765);
  try {
    const wallet = new NonceManager(new Wallet(bytesToHex(KEYS[0]!), provider));
    const { abi, bytecode } = await readCounter();
    const deployed = await new ContractFactory(abi, bytecode, wallet).deploy();
    await deployed.waitForDeployment();
    const counter = deployed as any;
    const heard = new Promise<number>((resolve) => void socket.on('block', (number) => resolve(number)));
    const receipt = await (await counter.add(7, 'seven', { value: 5n })).wait();
    assert.equal(receipt.status, 1);
    assert.equal(await counter.count(), 7n);
    await assert.rejects(
      counter.add.staticCall(101, ''),
      (error: any) => error.revert?.name === 'Counter_TooBig' && error.revert.args[0] === 101n,
    );
    await assert.rejects(
      counter.add(13, ''),
      (error: any) => error.code === 'CALL_EXCEPTION' && error.reason === 'unlucky',
    );
    const [event] = await counter.queryFilter(counter.filters.Counted(), 0);
    assert.equal(event.args.note, 'seven');
    assert.equal(await provider.getBalance(await deployed.getAddress()), 5n);
    const { maxFeePerGas, maxPriorityFeePerGas } = await provider.getFeeData();
    assert.ok(maxFeePerGas! > 0n && maxPriorityFeePerGas! > 0n);
    assert.ok((await heard) > 0);
  } finally {
    provider.destroy();
    await socket.destroy();
  }
});

test('viem deploys, simulates, writes, decodes a revert, watches blocks and events', async () => {
  const chain = defineChain({
    id: 98765,
    name: 'Chiral',
    nativeCurrency: { name: 'Chiral', symbol: 'CHI', decimals: 18 },
    rpcUrls: { default: { http: [net.url], webSocket: [wsUrl] } },
  });
  const account = privateKeyToAccount(bytesToHex(KEYS[1]!));
  const transport = webSocket(wsUrl);
  const client = createPublicClient({ chain, transport: http(net.url), pollingInterval: 100 });
  const live = createPublicClient({ chain, transport });
  const wallet = createWalletClient({ chain, account, transport: http(net.url) });
  const { abi, bytecode } = await readCounter();
  try {
    const { contractAddress } = await client.waitForTransactionReceipt({
      hash: await wallet.deployContract({ abi, bytecode }),
    });
    const address = contractAddress!;
    const event = new Promise<any>((resolve, reject) => {
      const unwatch = live.watchContractEvent({
        address,
        abi,
        eventName: 'Counted',
        onLogs: ([log]) => {
          unwatch();
          resolve(log);
        },
        onError: reject,
      });
    });
    const { request } = await client.simulateContract({
      account,
      address,
      abi,
      functionName: 'add',
      args: [3n, 'three'],
    });
    const receipt = await client.waitForTransactionReceipt({ hash: await wallet.writeContract(request) });
    assert.equal(receipt.status, 'success');
    assert.equal((await event).args.note, 'three');
    assert.equal(await client.readContract({ address, abi, functionName: 'count' }), 3n);
    await assert.rejects(
      client.simulateContract({ account, address, abi, functionName: 'add', args: [101n, ''] }),
      /Counter_TooBig\(uint256 value, uint256 limit\)/,
    );
    await assert.rejects(
      client.simulateContract({ account, address, abi, functionName: 'add', args: [13n, ''] }),
      /unlucky/,
    );
    const hash = await wallet.sendTransaction({ to: address, value: 0n, data: '0x' }).catch((error) => error);
    assert.match(String(hash), /execution reverted/i, 'an estimate that reverts stops the send');
    const before = await client.getBalance({ address: '0x00000000000000000000000000000000000000aa' });
    await client.waitForTransactionReceipt({
      hash: await wallet.sendTransaction({ to: '0x00000000000000000000000000000000000000aa', value: parseEther('1') }),
    });
    assert.equal(
      (await client.getBalance({ address: '0x00000000000000000000000000000000000000aa' })) - before,
      parseEther('1'),
    );
    const number = await new Promise<bigint>((resolve) => {
      const unwatch = live.watchBlockNumber({
        onBlockNumber: (n) => {
          unwatch();
          resolve(n);
        },
      });
    });
    assert.ok(number > 0n);
  } finally {
    await (await live.transport.getRpcClient()).close();
  }
});
