/**
 * Stock x402 clients, from the published packages and knowing nothing of us, buy a file over HTTP from a real daemon on a real
 * chain: `batch-settlement` pays range by range out of one deposit and takes the rest back, `exact` pays for the whole at once.
 * What they pay is in the seller's ledger as any buyer's money is, and reaches the seller's wallet.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { BATCH_SETTLEMENT_RUNTIME_BYTECODE } from '@chiral/protocol/generated/batch-settlement';
import { ERC3009_DEPOSIT_COLLECTOR_RUNTIME_BYTECODE } from '@chiral/protocol/generated/erc3009-deposit-collector';
import { WRAPPED_CHIRAL_ABI, WRAPPED_CHIRAL_CREATION_BYTECODE } from '@chiral/protocol/generated/wrapped-chiral';
import { BATCH_SETTLEMENT_ADDRESS, costWei } from '@chiral/protocol/payment';
import { BatchSettlementEvmScheme, InMemoryClientChannelStorage } from '@x402/evm/batch-settlement/client';
import { ExactEvmScheme } from '@x402/evm/exact/client';
import { decodePaymentResponseHeader, wrapFetchWithPayment, x402Client } from '@x402/fetch';
import { ContractFactory, type InterfaceAbi, Wallet } from 'ethers';
import { createPublicClient, createWalletClient, defineChain, http, publicActions } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { CHAINS, createNetwork, type Daemon, type DevNetwork } from '../../scripts/devnet/network.ts';
import { publish, randomFile, settle, standing, until } from './support/trade.ts';

const CHI = 10n ** 18n;
/** Wei per MiB; no multiple of the chunks of a MiB, so that every request rounds. */
const PRICE = 10n ** 15n + 1n;
/** Not a whole number of ranges. */
const FILE_BYTES = 20 * 1024 * 1024 + 777;
const RANGE_BYTES = 1 << 20;
const NETWORK = 'eip155:98765' as const;

const amountOf = (bytes: number) => costWei(bytes, PRICE);

/** Hardhat's node mines when asked and does for every run; `dev`, our own chain with blocks that take their time, for long ones. */
const KINDS = CHAINS.filter((kind) => (process.env.CHIRAL_X402_CHAINS ?? 'hardhat').split(',').includes(kind));

for (const kind of KINDS)
  describe(`stock x402 clients at a daemon on the chain "${kind}"`, () => {
    let network: DevNetwork;
    let seller: Daemon;
    let token: `0x${string}`;
    let file: Buffer;
    let url: string;

    before(async () => {
      network = await createNetwork({ chain: kind });
      const { provider, chain } = network;
      // Stock clients look at the standard's addresses, where our genesis has these; Hardhat's chain has them placed.
      if (kind === 'hardhat') {
        await provider.send('hardhat_setCode', [BATCH_SETTLEMENT_ADDRESS, BATCH_SETTLEMENT_RUNTIME_BYTECODE]);
        await provider.send('hardhat_setCode', [
          '0x4020806089470a89826cB9fB1f4059150b550004',
          ERC3009_DEPOSIT_COLLECTOR_RUNTIME_BYTECODE,
        ]);
      }
      const faucet = new Wallet(chain.faucetKey, provider);
      const factory = new ContractFactory(
        WRAPPED_CHIRAL_ABI as unknown as InterfaceAbi,
        WRAPPED_CHIRAL_CREATION_BYTECODE,
        faucet,
      );
      const deployed = await factory.deploy();
      await deployed.waitForDeployment();
      token = (await deployed.getAddress()) as `0x${string}`;
      seller = await network.daemon('seller', ['--contract', BATCH_SETTLEMENT_ADDRESS, '--wrapped-chi', token]);
      await network.fund([seller.wallet], CHI);
      const path = await randomFile(join(network.dir, 'film'), FILE_BYTES);
      file = await readFile(path);
      url = `${seller.publicUrl}/file/${await publish(seller, path, PRICE)}`;
    });
    after(() => network?.stop());

    /** A payer with wrapped CHI and nothing else: it never sends a transaction of its own. */
    async function payer() {
      const chain = defineChain({
        id: 98765,
        name: 'Chiral',
        nativeCurrency: { name: 'CHI', symbol: 'CHI', decimals: 18 },
        rpcUrls: { default: { http: [network.chain.rpcUrl] } },
      });
      const transport = http(network.chain.rpcUrl);
      const account = privateKeyToAccount(generatePrivateKey());
      const rich = createWalletClient({
        account: privateKeyToAccount(network.chain.faucetKey as `0x${string}`),
        chain,
        transport,
      }).extend(publicActions);
      const write = async (
        functionName: 'deposit' | 'transfer' | 'transferWithAuthorization',
        args: unknown[],
        value = 0n,
      ) => {
        const hash = await rich.writeContract({
          address: token,
          abi: WRAPPED_CHIRAL_ABI,
          functionName,
          args,
          value,
          // biome-ignore lint/suspicious/noExplicitAny: functions of one ABI with different arguments.
        } as any);
        await rich.waitForTransactionReceipt({ hash });
      };
      await write('deposit', [], CHI);
      await write('transfer', [account.address, CHI]);
      const reader = createPublicClient({ chain, transport, pollingInterval: 20 });
      const tokens = (of: string) =>
        reader.readContract({
          address: token,
          abi: WRAPPED_CHIRAL_ABI,
          functionName: 'balanceOf',
          args: [of as `0x${string}`],
        });
      const signer = {
        address: account.address,
        signTypedData: (message: unknown) =>
          account.signTypedData(message as Parameters<typeof account.signTypedData>[0]),
        readContract: (args: unknown) => reader.readContract(args as Parameters<typeof reader.readContract>[0]),
      };
      return { address: account.address, signer, tokens, write };
    }

    // biome-ignore lint/suspicious/noExplicitAny: a scheme client of either kind.
    const paying = (scheme: any) =>
      // The token is nobody's default, which a stock client asks to be told.
      wrapFetchWithPayment(fetch, new x402Client().setSpendControls(false).register(NETWORK, scheme));

    /** Ranges of the file, in order. */
    function* ranges() {
      for (let start = 0; start < FILE_BYTES; start += RANGE_BYTES) {
        yield { start, end: Math.min(start + RANGE_BYTES, FILE_BYTES) };
      }
    }
    const rangeHeader = (start: number, end: number) => ({ headers: { range: `bytes=${start}-${end - 1}` } });

    test('a stranger gets the free allowance, then 402 with the terms', async () => {
      let freeBytes = 0;
      for (const { start, end } of ranges()) {
        const response = await fetch(url, rangeHeader(start, end));
        const body = Buffer.from(await response.arrayBuffer());
        if (response.status === 206) {
          freeBytes += body.length;
          continue;
        }
        assert.equal(response.status, 402);
        assert.equal(response.headers.get('content-type'), 'application/problem+json');
        assert.equal(JSON.parse(body.toString()).code, 'CHOKED');
        const terms = JSON.parse(Buffer.from(response.headers.get('payment-required')!, 'base64').toString());
        assert.equal(terms.x402Version, 2);
        assert.deepEqual(
          terms.accepts.map(({ scheme, network, asset, amount, payTo }: Record<string, string>) => ({
            scheme,
            network,
            asset,
            amount,
            payTo,
          })),
          [
            {
              scheme: 'batch-settlement',
              network: NETWORK,
              asset: token,
              amount: `${amountOf(end - start)}`,
              payTo: seller.wallet,
            },
          ],
        );
        break;
      }
      assert.equal(freeBytes, 1 << 20);
      const whole = await fetch(url);
      const { accepts } = JSON.parse(Buffer.from(whole.headers.get('payment-required')!, 'base64').toString());
      assert.deepEqual(
        accepts.map(({ scheme, amount }: Record<string, string>) => [scheme, amount]),
        [
          ['batch-settlement', `${amountOf(FILE_BYTES)}`],
          ['exact', `${amountOf(FILE_BYTES)}`],
        ],
      );
    });

    test('batch-settlement: range by range to the end, and the rest of the deposit comes back', async () => {
      const { address, signer, tokens } = await payer();
      const deposit = amountOf(FILE_BYTES) + 5n * 10n ** 15n;
      const storage = new InMemoryClientChannelStorage();
      const client = new BatchSettlementEvmScheme(signer as never, { storage, depositStrategy: () => deposit });
      let pay = paying(client);
      const parts: Buffer[] = [];
      let expectedWei = 0n;
      let transactions = 0;
      for (const { start, end } of ranges()) {
        // Half way the client loses its records, and catches up from what the seller shows of its own signature.
        if (parts.length === 10)
          pay = paying(new BatchSettlementEvmScheme(signer as never, { depositStrategy: () => false }));
        const response = await pay(url, rangeHeader(start, end));
        assert.equal(response.status, 206, `${start}: ${response.headers.get('payment-required') ?? ''}`);
        parts.push(Buffer.from(await response.arrayBuffer()));
        expectedWei += amountOf(end - start);
        const receipt = decodePaymentResponseHeader(response.headers.get('payment-response')!);
        assert.equal(receipt.success, true);
        assert.equal(receipt.payer, address);
        if (receipt.transaction !== '') transactions++;
      }
      assert.equal(transactions, 1, 'one deposit for the whole file');
      assert.ok(Buffer.concat(parts).equals(file), 'byte-identical');
      assert.equal(await tokens(address), CHI - deposit);

      const books = await standing(seller, `wallet:${address}`, 'out');
      assert.equal(books.bytes, FILE_BYTES);
      assert.equal(books.delivered, amountOf(FILE_BYTES));
      assert.equal(books.authorized, expectedWei);
      // Every request is rounded up for itself: less than a wei each.
      assert.ok(books.authorized - books.delivered < BigInt(parts.length));

      const refund = await new BatchSettlementEvmScheme(signer as never).refund(url);
      assert.equal(refund.success, true);
      assert.equal(await tokens(address), CHI - expectedWei, 'paid for what it got, and not a wei more');

      const before = await tokens(seller.wallet);
      await settle(seller);
      assert.equal((await tokens(seller.wallet)) - before, expectedWei);
      assert.equal(await tokens(BATCH_SETTLEMENT_ADDRESS), 0n, 'nothing stays in the contract');
      assert.equal((await standing(seller, `wallet:${address}`, 'out')).settled, expectedWei);
    });

    test('exact: one signature for the whole file, on the chain before a byte goes', async () => {
      const { address, signer, tokens } = await payer();
      const before = await tokens(seller.wallet);
      const response = await paying(new ExactEvmScheme(signer as never))(url);
      assert.equal(response.status, 200);
      const body = Buffer.from(await response.arrayBuffer());
      assert.equal(createHash('sha256').update(body).digest('hex'), createHash('sha256').update(file).digest('hex'));
      assert.equal((await tokens(seller.wallet)) - before, amountOf(FILE_BYTES));
      assert.equal(await tokens(address), CHI - amountOf(FILE_BYTES));
      const books = await standing(seller, `transfer:${address}`, 'out');
      assert.equal(books.delivered, amountOf(FILE_BYTES));
      assert.equal(books.authorized, amountOf(FILE_BYTES));
      assert.equal(books.settled, amountOf(FILE_BYTES));
    });

    test('exact: a transfer that the chain has already, since its sender died or another was first, pays once', async () => {
      const { signer, address, write } = await payer();
      let header = '';
      const spy: typeof fetch = async (input, init) => {
        header = new Request(input, init).headers.get('payment-signature') ?? '';
        return header === '' ? fetch(input, init) : new Response(null, { status: 402 });
      };
      const client = new x402Client().setSpendControls(false).register(NETWORK, new ExactEvmScheme(signer as never));
      await wrapFetchWithPayment(spy, client)(url);
      const { authorization: it, signature } = JSON.parse(Buffer.from(header, 'base64').toString()).payload;
      await write('transferWithAuthorization', [
        ...[it.from, it.to, BigInt(it.value), BigInt(it.validAfter), BigInt(it.validBefore), it.nonce, signature],
      ]);
      const ask = async () => {
        const response = await fetch(url, { headers: { 'payment-signature': header } });
        return { status: response.status, bytes: (await response.arrayBuffer()).byteLength };
      };
      const both = await Promise.all([ask(), ask()]);
      assert.deepEqual(both.map(({ status }) => status).sort(), [200, 402], 'at once');
      assert.equal(both.find(({ status }) => status === 200)?.bytes, FILE_BYTES);
      assert.equal((await ask()).status, 402, 'the same again');
      const books = await standing(seller, `transfer:${address}`, 'out');
      assert.equal(books.delivered, amountOf(FILE_BYTES));
      assert.equal(books.settled, amountOf(FILE_BYTES));
    });

    test('many requests at once on one channel are each paid for once', async () => {
      const { address, signer } = await payer();
      const client = new BatchSettlementEvmScheme(signer as never, { depositStrategy: () => amountOf(FILE_BYTES) });
      const pay = paying(client);
      const first = await pay(url, rangeHeader(0, 65_536));
      assert.equal(first.status, 206);
      await first.arrayBuffer();
      // They all sign the same next total: one is right, the others are told where the channel stands.
      const answers = await Promise.all(
        Array.from({ length: 8 }, async (_, i) => {
          const response = await pay(url, rangeHeader(65_536 * (i + 1), 65_536 * (i + 2)));
          return { status: response.status, bytes: (await response.arrayBuffer()).byteLength };
        }),
      );
      const served = answers.filter(({ status }) => status === 206).length;
      assert.ok(served >= 1);
      assert.ok(answers.every(({ status }) => status === 206 || status === 402));
      const books = await standing(seller, `wallet:${address}`, 'out');
      assert.equal(books.bytes, 65_536 * (served + 1));
      assert.ok(books.authorized >= books.delivered, 'nothing went unpaid');
      assert.equal(books.authorized, amountOf(65_536) * BigInt(served + 1));
    });

    test('a payment that is not one gets nothing', async () => {
      const { address, signer } = await payer();
      const captured: string[] = [];
      const spy: typeof fetch = (input, init) => {
        const request = new Request(input, init);
        const header = request.headers.get('payment-signature');
        if (header) captured.push(header);
        return fetch(request);
      };
      const scheme = new BatchSettlementEvmScheme(signer as never, { depositStrategy: () => amountOf(FILE_BYTES) });
      const pay = wrapFetchWithPayment(spy, new x402Client().setSpendControls(false).register(NETWORK, scheme));
      assert.equal((await pay(url, rangeHeader(0, 1000))).status, 206);
      assert.equal((await pay(url, rangeHeader(0, 1000))).status, 206);
      const good = JSON.parse(Buffer.from(captured[1]!, 'base64').toString());
      const forge = (change: (value: typeof good) => void) => {
        const value = structuredClone(good);
        change(value);
        return Buffer.from(JSON.stringify(value)).toString('base64');
      };
      const bodies: [string, string][] = [
        ['heard and sent again', captured[1]!],
        ['for more bytes than it pays', captured[1]!],
        ['not base64', '%%%'],
        ['empty', forge((value) => delete value.payload)],
        ['another amount', forge((value) => (value.payload.voucher.maxClaimableAmount = `${10n ** 17n}`))],
        ['another receiver', forge((value) => (value.payload.channelConfig.receiver = address))],
        ['another chain', forge((value) => (value.accepted.network = 'eip155:1'))],
        ['long', 'A'.repeat(13_000)],
      ];
      for (const [name, header] of bodies) {
        const bytes = name.startsWith('for more') ? FILE_BYTES : 1000;
        const response = await fetch(url, {
          headers: { range: `bytes=0-${bytes - 1}`, 'payment-signature': header },
        });
        assert.equal(response.status, 402, name);
        await response.arrayBuffer();
      }
      assert.equal((await standing(seller, `wallet:${address}`, 'out')).bytes, 2000);
    });

    test('what was paid survives a restart of the seller', async () => {
      const { address, signer } = await payer();
      const pay = paying(
        new BatchSettlementEvmScheme(signer as never, { depositStrategy: () => amountOf(FILE_BYTES) }),
      );
      assert.equal((await pay(url, rangeHeader(0, 500_000))).status, 206);
      const paid = await standing(seller, `wallet:${address}`, 'out');
      const { port } = new URL(seller.publicUrl);
      seller.child.kill('SIGKILL');
      await seller.child.exited;
      seller = await network.daemon('seller', [
        ...['--contract', BATCH_SETTLEMENT_ADDRESS, '--wrapped-chi', token, '--http-port', port],
      ]);
      assert.equal((await standing(seller, `wallet:${address}`, 'out')).authorized, paid.authorized);
      await until(async () => (await fetch(url, { method: 'HEAD' })).ok);
      assert.equal((await pay(url, rangeHeader(500_000, 1_500_000))).status, 206);
      const after = await standing(seller, `wallet:${address}`, 'out');
      // More than what a kill may have left unwritten of the bytes delivered, which would be the payer's credit.
      assert.equal(after.authorized - paid.authorized, amountOf(1_000_000));
    });
  });
