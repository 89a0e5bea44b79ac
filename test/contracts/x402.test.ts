/**
 * A stock x402 client, server and facilitator, from the published packages and knowing nothing of us, against our contracts
 * at the standard's addresses on a London chain: deposit by signature, vouchers, claim, settle, refund. Between client and
 * server there is HTTP on loopback; the token is wrapped CHI.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { BATCH_SETTLEMENT_ABI } from '@chiral/protocol/generated/batch-settlement';
import { ERC3009_DEPOSIT_COLLECTOR_RUNTIME_BYTECODE } from '@chiral/protocol/generated/erc3009-deposit-collector';
import { MULTICALL3_RUNTIME_BYTECODE } from '@chiral/protocol/generated/multicall3';
import { PERMIT2_DEPOSIT_COLLECTOR_RUNTIME_BYTECODE } from '@chiral/protocol/generated/permit2-deposit-collector';
import { WRAPPED_CHIRAL_ABI, WRAPPED_CHIRAL_CREATION_BYTECODE } from '@chiral/protocol/generated/wrapped-chiral';
import { BATCH_SETTLEMENT_ADDRESS } from '@chiral/protocol/payment';
import { x402Facilitator } from '@x402/core/facilitator';
import { x402HTTPResourceServer, x402ResourceServer } from '@x402/core/server';
import { PERMIT2_ADDRESS, toFacilitatorEvmSigner } from '@x402/evm';
import { BatchSettlementEvmScheme as ClientScheme } from '@x402/evm/batch-settlement/client';
import { BatchSettlementEvmScheme as FacilitatorScheme } from '@x402/evm/batch-settlement/facilitator';
import { BatchSettlementEvmScheme as ServerScheme } from '@x402/evm/batch-settlement/server';
import { wrapFetchWithPayment, x402Client } from '@x402/fetch';
import { createPublicClient, createWalletClient, custom, defineChain, publicActions } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { CHAIN_ID, CHI, deployDouble, startChain } from './chain.ts';

const NETWORK = `eip155:${CHAIN_ID}` as const;
/** Wei of wrapped CHI for one request. */
const PRICE = 1_000n;
const VOUCHERS = 20;
/** Wei of wrapped CHI that the client puts into its channel. */
const DEPOSIT = 30_000n;
const MULTICALL3 = '0xcA11bde05977b3631167028862bE2a173976CA11';
const ERC3009_COLLECTOR = '0x4020806089470a89826cB9fB1f4059150b550004';
const PERMIT2_COLLECTOR = '0x4020425FAf3B746C082C2f942b4E5159887B0005';

/** A chain with all that x402 expects on one, and the three parties. */
async function startWorld() {
  const chain = await startChain();
  await chain.networkHelpers.setCode(MULTICALL3, MULTICALL3_RUNTIME_BYTECODE);
  await chain.networkHelpers.setCode(ERC3009_COLLECTOR, ERC3009_DEPOSIT_COLLECTOR_RUNTIME_BYTECODE);
  await chain.networkHelpers.setCode(PERMIT2_COLLECTOR, PERMIT2_DEPOSIT_COLLECTOR_RUNTIME_BYTECODE);
  const token = await chain.deploy(WRAPPED_CHIRAL_ABI, WRAPPED_CHIRAL_CREATION_BYTECODE);

  const [payer, receiver, authorizer, facilitator] = Array.from({ length: 4 }, () =>
    privateKeyToAccount(generatePrivateKey()),
  ) as [Account, Account, Account, Account];
  for (const { address } of [payer, facilitator]) await chain.networkHelpers.setBalance(address, 10n * CHI);
  const viemChain = defineChain({
    id: CHAIN_ID,
    name: 'Chiral',
    nativeCurrency: { name: 'CHI', symbol: 'CHI', decimals: 18 },
    rpcUrls: { default: { http: [] } },
  });
  const transport = custom(chain.provider);
  const reader = createPublicClient({ chain: viemChain, transport, pollingInterval: 20 });
  const wallet = (account: Account) =>
    createWalletClient({ account, chain: viemChain, transport, pollingInterval: 20 }).extend(publicActions);
  await wallet(payer).writeContract({
    address: token.address as `0x${string}`,
    abi: WRAPPED_CHIRAL_ABI,
    functionName: 'deposit',
    value: CHI,
  });
  return { chain, token: token.address as `0x${string}`, payer, receiver, authorizer, facilitator, reader, wallet };
}

type Account = ReturnType<typeof privateKeyToAccount>;
type World = Awaited<ReturnType<typeof startWorld>>;

/** Permit2's double where the real one lies on other chains, allowed to move the payer's tokens. */
async function startPermit2({ chain, token, payer, wallet }: World): Promise<void> {
  const double = await deployDouble(chain, 'Permit2Double');
  await chain.networkHelpers.setCode(PERMIT2_ADDRESS, await chain.ethers.provider.getCode(await double.getAddress()));
  await wallet(payer).writeContract({
    address: token,
    abi: WRAPPED_CHIRAL_ABI,
    functionName: 'approve',
    args: [PERMIT2_ADDRESS, CHI],
  });
}

/** The facilitator, as its package wires it to a viem wallet. */
function startFacilitator(world: World): x402Facilitator {
  const client = world.wallet(world.facilitator);
  const signer = toFacilitatorEvmSigner({
    address: world.facilitator.address,
    readContract: (args) => client.readContract(args as Parameters<typeof client.readContract>[0]),
    verifyTypedData: (args) => client.verifyTypedData(args as Parameters<typeof client.verifyTypedData>[0]),
    writeContract: (args) => client.writeContract(args as Parameters<typeof client.writeContract>[0]),
    sendTransaction: (args) => client.sendTransaction(args as Parameters<typeof client.sendTransaction>[0]),
    waitForTransactionReceipt: (args) => client.waitForTransactionReceipt(args),
    getCode: (args) => client.getCode(args),
  });
  return new x402Facilitator().register(NETWORK, new FacilitatorScheme(signer));
}

/** The resource server, as its package has it behind any HTTP framework; this one is Node's own. */
async function startShop(world: World, facilitator: x402Facilitator, assetTransferMethod: 'eip3009' | 'permit2') {
  const scheme = new ServerScheme(world.receiver.address, {
    receiverAuthorizerSigner: world.authorizer,
    withdrawDelay: 900,
  });
  const facilitatorClient = {
    verify: facilitator.verify.bind(facilitator),
    settle: facilitator.settle.bind(facilitator),
    getSupported: async () => facilitator.getSupported(),
  } as unknown as ConstructorParameters<typeof x402ResourceServer>[0] & object;
  // biome-ignore lint/suspicious/noExplicitAny: the client that the manager wants is the one above.
  const manager = scheme.createChannelManager(facilitatorClient as any, NETWORK, world.token);
  const resourceServer = new x402ResourceServer(facilitatorClient).register(NETWORK, scheme);
  const shop = new x402HTTPResourceServer(resourceServer, {
    'GET /paid': {
      accepts: {
        scheme: 'batch-settlement',
        network: NETWORK,
        payTo: world.receiver.address,
        price: {
          amount: PRICE.toString(),
          asset: world.token,
          extra: { name: 'Wrapped Chiral', version: '1', assetTransferMethod },
        },
        maxTimeoutSeconds: 3600,
      },
      description: 'one request',
      mimeType: 'text/plain',
    },
  });
  await shop.initialize();
  const http = createServer((request, response) => {
    serve(shop, request, response).catch((error) => response.writeHead(500).end(String(error)));
  }).listen(0, '127.0.0.1');
  await once(http, 'listening');
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/paid`;
  return { http, url, scheme, manager };
}

async function serve(shop: x402HTTPResourceServer, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const header = (name: string) => request.headers[name.toLowerCase()] as string | undefined;
  const url = `http://${request.headers.host}${request.url}`;
  const context = {
    adapter: {
      getHeader: header,
      getMethod: () => request.method ?? 'GET',
      getPath: () => new URL(url).pathname,
      getUrl: () => url,
      getAcceptHeader: () => header('accept') ?? '',
      getUserAgent: () => header('user-agent') ?? '',
    },
    path: new URL(url).pathname,
    method: request.method ?? 'GET',
    paymentHeader: header('payment-signature'),
  };
  const result = await shop.processHTTPRequest(context);
  if (result.type === 'payment-error') {
    const { status, headers, body } = result.response;
    return void response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body ?? {}));
  }
  if (result.type === 'no-payment-required') return void response.writeHead(200).end('free');
  const body = Buffer.from('what was paid for');
  const settled = await shop.processSettlement(
    result.paymentPayload,
    result.paymentRequirements,
    result.declaredExtensions,
    { request: context, responseBody: body },
  );
  if (!settled.success) return void response.writeHead(402, settled.headers).end(settled.errorReason);
  response.writeHead(200, settled.headers).end(body);
}

for (const method of ['eip3009', 'permit2'] as const) {
  describe(`stock x402 against our contracts, paying in by ${method}`, () => {
    let world: World;
    let shop: Awaited<ReturnType<typeof startShop>>;
    let client: ClientScheme;

    before(async () => {
      world = await startWorld();
      if (method === 'permit2') await startPermit2(world);
      const { address, signTypedData } = world.payer;
      client = new ClientScheme(
        {
          address,
          signTypedData: (message) => signTypedData(message as Parameters<typeof signTypedData>[0]),
          readContract: (args) => world.reader.readContract(args as Parameters<typeof world.reader.readContract>[0]),
        },
        // One deposit, with something left to be refunded.
        { depositStrategy: () => DEPOSIT },
      );
      shop = await startShop(world, startFacilitator(world), method);
    });

    after(async () => {
      shop.http.close();
      shop.http.closeAllConnections();
      await once(shop.http, 'close');
    });

    const tokensOf = (address: `0x${string}`) =>
      world.reader.readContract({
        address: world.token,
        abi: WRAPPED_CHIRAL_ABI,
        functionName: 'balanceOf',
        args: [address],
      });

    test(`deposit, ${VOUCHERS} vouchers, claim, settle, refund`, async () => {
      // The token is nobody's default, which a stock client asks to be told.
      const pay = wrapFetchWithPayment(fetch, new x402Client().setSpendControls(false).register(NETWORK, client));
      const start = await tokensOf(world.payer.address);
      for (let i = 0; i < VOUCHERS; i++) {
        const response = await pay(shop.url);
        assert.equal(response.status, 200, await response.clone().text());
        assert.equal(await response.text(), 'what was paid for');
      }
      assert.equal(start - (await tokensOf(world.payer.address)), DEPOSIT);

      const { claims, settle } = await shop.manager.claimAndSettle();
      assert.equal(claims.length, 1);
      assert.equal(claims[0]?.vouchers, 1, 'twenty cumulative vouchers are one claim');
      assert.ok(settle?.transaction);
      assert.equal(await tokensOf(world.receiver.address), BigInt(VOUCHERS) * PRICE);

      await client.refund(shop.url);
      assert.equal(await tokensOf(world.payer.address), start - BigInt(VOUCHERS) * PRICE);
      assert.equal(await tokensOf(BATCH_SETTLEMENT_ADDRESS), 0n, 'a closed channel holds nothing');

      const logs = await world.reader.getContractEvents({
        address: BATCH_SETTLEMENT_ADDRESS,
        abi: BATCH_SETTLEMENT_ABI,
        fromBlock: 0n,
      });
      // The server claims again in the same transaction as it refunds: a stale row, reported and no more.
      assert.deepEqual(
        logs.map(({ eventName }) => eventName),
        ['Deposited', 'Claimed', 'Settled', 'ClaimSkipped', 'Refunded'],
      );
    });
  });
}
