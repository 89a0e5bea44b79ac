/**
 * The payment layer alone, with no network between buyer and seller: real keys, a real chain, real SQLite files, messages
 * handed over as bytes. What a cheat can try with vouchers, and what kill -9 leaves behind.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { CHUNK_BYTES } from '@chiral/protocol/content';
import { signPaymentBinding } from '@chiral/protocol/direct-payment';
import { AppError } from '@chiral/protocol/errors';
import { decodePayAnswer, encodePayRequest, type PayAnswer, type PayRequest } from '@chiral/protocol/messages';
import {
  type ChannelConfig,
  channelId,
  costWei,
  type SignedVoucher,
  signBinding,
  signVoucher,
} from '@chiral/protocol/payment';
import { HDNodeWallet, JsonRpcProvider, Network, parseEther, SigningKey, Wallet } from 'ethers';
import { createLedger, type Ledger } from '../../node/src/accounting/ledger.ts';
import { createPricing, PRESETS } from '../../node/src/accounting/policy.ts';
import { createSessions } from '../../node/src/accounting/sessions.ts';
import { createChainClient, type RpcChainClient } from '../../node/src/chain/client.ts';
import { openDatabase } from '../../node/src/db.ts';
import { createLog } from '../../node/src/log.ts';
import { type ChannelBook, createChannelBook } from '../../node/src/payments/channel-book.ts';
import { createSettlementContract, type SettlementContract } from '../../node/src/payments/contract.ts';
import { createDirectDesk, createDirectPayer } from '../../node/src/payments/direct.ts';
import { createDirectBook } from '../../node/src/payments/direct-book.ts';
import { createOpener } from '../../node/src/payments/opener.ts';
import { createPayee } from '../../node/src/payments/payee.ts';
import { createPayer, type PayerPolicy } from '../../node/src/payments/payer.ts';
import { type ChannelRail, createChannelRail } from '../../node/src/payments/rail.ts';
import { createSettler } from '../../node/src/payments/settler.ts';
import type { ChainClient, Offer, PayHandler, PayTransport } from '../../node/src/ports.ts';
import { type Child, startChild } from '../../scripts/devnet/children.ts';
import type { ChainReady } from '../../scripts/devnet/network.ts';
import { until } from './support/trade.ts';

/** How often the seller is killed while vouchers pour in: 30 in CI, 200 and more by hand. */
const KILLS = Number(process.env.CHIRAL_KILLS ?? 30);
/** Payments behind one settlement: 100 in CI, 1,000 by hand; each is synced to disk twice. */
const VOUCHERS = BigInt(process.env.CHIRAL_VOUCHERS ?? 100);
const CID = 'bafyreigbtj4x7ip5legnfznufuopl4sg4knzc2cof6duas4b3q2fy6swua';
const PRICE = 1_000_000n;
const PEER = '12D3KooWBuyer';
const SELLER = '12D3KooWSeller';
const log = createLog('silent');

interface Seller {
  pay: PayHandler;
  ledger: Ledger;
  book: ChannelBook;
  rail: ChannelRail;
  contract: SettlementContract;
  chain: RpcChainClient;
  close(): void;
}

describe('the payment layer without a network', { timeout: 240_000 }, () => {
  let chainChild: Child<ChainReady>;
  let ready: ChainReady;
  let provider: JsonRpcProvider;
  let folder: string;
  let deployment: { chainId: number; contract: string };
  const sellerWallet = HDNodeWallet.createRandom();
  const buyerWallet = HDNodeWallet.createRandom();
  const session = new SigningKey(Wallet.createRandom().privateKey);
  const sessionAddress = new Wallet(session).address;
  let salt = 1;

  const configFor = (changes: Partial<ChannelConfig> = {}): ChannelConfig => ({
    payer: buyerWallet.address,
    payerAuthorizer: sessionAddress,
    receiver: sellerWallet.address,
    receiverAuthorizer: sellerWallet.address,
    token: '0x0000000000000000000000000000000000000000',
    withdrawDelay: 900,
    salt: `0x${(salt++).toString(16).padStart(64, '0')}`,
    ...changes,
  });

  before(async () => {
    chainChild = await startChild<ChainReady>('scripts/devnet/chain.ts', []);
    ready = chainChild.ready;
    deployment = { chainId: ready.chainId, contract: ready.contract };
    const network = Network.from(ready.chainId);
    provider = new JsonRpcProvider(ready.rpcUrl, network, { staticNetwork: network, cacheTimeout: -1 });
    folder = await mkdtemp(join(tmpdir(), 'chiral-pay-'));
    const faucet = new Wallet(ready.faucetKey, provider);
    for (const to of [sellerWallet.address, buyerWallet.address]) {
      await (await faucet.sendTransaction({ to, value: parseEther('100') })).wait();
    }
  });
  after(async () => {
    provider?.destroy();
    await chainChild?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  function seller(
    name: string,
    preset: keyof typeof PRESETS = 'strict',
    wallet = new Wallet(sellerWallet.privateKey),
  ): Seller {
    const db = openDatabase(join(folder, `${name}.db`));
    const credit = PRESETS[preset];
    const pricing = createPricing({ credit, priceOf: () => PRICE });
    const ledger = createLedger({ db, pricing, credit: () => credit });
    const chain = createChainClient({ rpcUrl: ready.rpcUrl, chainId: ready.chainId, wallet });
    const contract = createSettlementContract(chain, ready.contract);
    const book = createChannelBook(db);
    const keys = { wallet, session, sessionAddress };
    const direct = createDirectBook(db);
    const rail = createChannelRail({ book, contract, keys, deployment, direct });
    const pay = createPayee({
      book,
      rail,
      contract,
      ledger,
      pricing,
      sessions: createSessions(),
      deployment,
      receiver: wallet.address,
      offers: (cid) => cid === CID,
      onAuthorized: () => {},
      desk: createDirectDesk({ direct, rail, ledger, chain, deployment, receiver: wallet.address, log }),
      log,
    });
    const close = () => {
      ledger.close();
      chain.close();
      db.close();
    };
    return { pay, ledger, book, rail, contract, chain, close };
  }

  async function deposit(config: ChannelConfig, amountWei: bigint): Promise<void> {
    const chain = createChainClient({
      rpcUrl: ready.rpcUrl,
      chainId: ready.chainId,
      wallet: new Wallet(buyerWallet.privateKey),
    });
    await createSettlementContract(chain, ready.contract).openMany([{ config, amountWei }]);
    chain.close();
  }

  async function ask(pay: PayHandler, request: PayRequest, peer = PEER): Promise<PayAnswer> {
    return decodePayAnswer(await pay(peer, encodePayRequest(request)));
  }

  function openRequest(config: ChannelConfig, peer = PEER, key = session): PayRequest {
    const issuedAt = Math.floor(Date.now() / 1000);
    const binding = { channelId: channelId(config, deployment), peerId: peer, issuedAt };
    return { type: 'open', cid: CID, config, binding: { issuedAt, signature: signBinding(key, binding, deployment) } };
  }

  const codeOf = (answer: PayAnswer) => (answer.type === 'refused' ? answer.code : answer.type);
  const voucherOf = (config: ChannelConfig, wei: bigint): PayRequest => ({
    type: 'voucher',
    voucher: signVoucher(session, config, wei, deployment),
  });

  it('quotes, takes a channel, takes vouchers, and settles on the chain', async () => {
    const { pay, ledger, book, rail, chain, close } = seller('plain');
    const config = configFor();
    assert.equal(codeOf(await ask(pay, openRequest(config))), 'VOUCHER_UNFUNDED');
    await deposit(config, 10_000n);
    assert.equal(codeOf(await ask(pay, { type: 'terms', cid: CID })), 'terms');
    assert.equal(codeOf(await ask(pay, { type: 'terms', cid: CID.replace('a', 'b') })), 'NOT_FOUND');
    assert.equal(codeOf(await ask(pay, openRequest(config))), 'opened');
    for (let wei = 1n; wei <= VOUCHERS; wei++) assert.equal(codeOf(await ask(pay, voucherOf(config, wei))), 'accepted');
    assert.equal(ledger.totals(PEER, 'out').authorizedWei, VOUCHERS);
    const settler = createSettler({ book, rail, chain, ledger, gasMultiple: 0, log });
    const transactions = await provider.getTransactionCount(sellerWallet.address);
    const report = await settler.settle();
    assert.deepEqual(
      report.rows.map(({ settledWei }) => settledWei),
      [VOUCHERS],
    );
    assert.equal(
      await provider.getTransactionCount(sellerWallet.address),
      transactions + 1,
      `${VOUCHERS} payments, one transaction`,
    );
    assert.equal(ledger.totals(PEER, 'out').settledWei, VOUCHERS);
    assert.equal((await settler.settle()).transaction, undefined);
    await settler.stop();
    close();
  });

  it('accepts one voucher once, of 200 sent at the same time, and never serves more than was paid and one chunk', async () => {
    const { pay, ledger, close } = seller('race');
    const config = configFor();
    await deposit(config, parseEther('0.001'));
    assert.equal(codeOf(await ask(pay, openRequest(config))), 'opened');
    const paid = costWei(3 * CHUNK_BYTES, PRICE);
    const same = await Promise.all(Array.from({ length: 200 }, () => ask(pay, voucherOf(config, paid))));
    assert.equal(same.filter(({ type }) => type === 'accepted').length, 1);
    assert.ok(same.every((answer) => ['accepted', 'VOUCHER_STALE'].includes(codeOf(answer))));
    const amounts = Array.from({ length: 200 }, (_, i) => paid + BigInt((i * 73) % 200) + 1n);
    const mixed = await Promise.all(amounts.map((wei) => ask(pay, voucherOf(config, wei))));
    assert.equal(ledger.totals(PEER, 'out').authorizedWei, paid + 200n);
    assert.ok(mixed.filter(({ type }) => type === 'accepted').length < 200);
    let bytes = 0;
    await Promise.all(
      Array.from({ length: 200 }, async () => {
        const grant = await ledger.reserve(PEER, CID, CHUNK_BYTES);
        bytes += grant.granted;
        if (grant.granted) grant.done(grant.granted);
      }),
    );
    assert.ok(costWei(bytes, PRICE) <= paid + 200n + costWei(CHUNK_BYTES, PRICE), `${bytes} bytes`);
    close();
  });

  it('refuses every voucher that is not for it, each with its own code', async () => {
    const { pay, ledger, book, close } = seller('strict');
    const mine = configFor();
    await deposit(mine, 10_000n);
    assert.equal(codeOf(await ask(pay, openRequest(mine))), 'opened');
    const elsewhere = configFor({ receiver: buyerWallet.address, receiverAuthorizer: buyerWallet.address });
    const good = signVoucher(session, mine, 100n, deployment);
    const cases: [string, SignedVoucher, string?][] = [
      ['WRONG_RECEIVER', signVoucher(session, elsewhere, 100n, deployment)],
      ['WRONG_CHAIN', signVoucher(session, mine, 100n, { ...deployment, chainId: 1 })],
      ['WRONG_CHAIN', signVoucher(session, mine, 100n, { ...deployment, contract: buyerWallet.address })],
      [
        'VOUCHER_INVALID',
        { ...good, signature: signVoucher(new SigningKey(`0x${'77'.repeat(32)}`), mine, 100n, deployment).signature },
      ],
      ['VOUCHER_INVALID', { ...good, maxClaimableAmount: 101n }],
      ['VOUCHER_INVALID', signVoucher(session, configFor(), 100n, deployment)],
      ['VOUCHER_UNFUNDED', signVoucher(session, mine, 10_001n, deployment)],
      ['WRONG_PAYER', good, 'another-peer'],
    ];
    for (const [code, voucher, peer = PEER] of cases) {
      assert.equal(codeOf(await ask(pay, { type: 'voucher', voucher }, peer)), code);
    }
    assert.equal(codeOf(await ask(pay, openRequest(mine, 'thief'), 'thief')), 'WRONG_PAYER');
    assert.equal(codeOf(await ask(pay, openRequest(mine), 'thief')), 'WRONG_PAYER');
    assert.equal(codeOf(await ask(pay, openRequest(configFor({ token: buyerWallet.address })))), 'VOUCHER_INVALID');
    assert.equal(ledger.totals(PEER, 'out').authorizedWei, 0n);
    assert.equal(book.all('payee').length, 1);
    assert.equal(codeOf(await ask(pay, { type: 'voucher', voucher: good })), 'accepted');
    assert.equal(codeOf(await ask(pay, { type: 'voucher', voucher: good })), 'VOUCHER_STALE');
    close();
  });

  /** A buyer that pays after the fact; the sellers by their peer ids. */
  function directBuyer(name: string, sellers: Record<string, Seller>, through = (chain: ChainClient) => chain) {
    const db = openDatabase(join(folder, `${name}.db`));
    const credit = PRESETS.strict;
    const pricing = createPricing({ credit, priceOf: () => PRICE });
    const ledger = createLedger({ db, pricing, credit: () => credit });
    const wallet = new Wallet(buyerWallet.privateKey);
    const client = createChainClient({ rpcUrl: ready.rpcUrl, chainId: ready.chainId, wallet });
    const chain = through(client);
    const keys = { wallet, session, sessionAddress };
    const direct = createDirectBook(db);
    const contract = createSettlementContract(chain, ready.contract);
    const rail = createChannelRail({ book: createChannelBook(db), contract, keys, deployment, direct });
    const transport = { request: (peer: string, message: Uint8Array) => sellers[peer]!.pay(PEER, message) };
    const parts = { direct, rail, ledger, chain, keys, transport, deployment, selfPeerId: PEER, onRoom: () => {}, log };
    const close = () => {
      ledger.close();
      client.close();
      db.close();
    };
    return { ledger, direct, payer: createDirectPayer(parts), close };
  }

  it('pays three sellers 5 : 3 : 2 in one transaction, each of which counts for the one peer that its key signed for', async (t) => {
    const chunks = { five: 5, three: 3, two: 2 };
    const wallets = Object.fromEntries(Object.keys(chunks).map((name) => [name, Wallet.createRandom().privateKey]));
    const sellers: Record<string, Seller> = {};
    const rows = [];
    for (const [peer, count] of Object.entries(chunks)) {
      const wallet = new Wallet(wallets[peer]!);
      sellers[peer] = seller(peer, 'balanced', wallet);
      const { address } = wallet;
      await (await new Wallet(ready.faucetKey, provider).sendTransaction({ to: address, value: 1n })).wait();
      const grant = await sellers[peer]!.ledger.reserve(PEER, CID, Math.min(count, 4) * CHUNK_BYTES);
      grant.done(grant.granted);
      rows.push({
        peer,
        payee: address,
        wei: costWei(count * CHUNK_BYTES, PRICE),
        chunks: count,
        protocol: 'http' as const,
      });
    }
    const { ledger, payer, direct, close } = directBuyer('after', sellers);
    const about = `0x${'5a'.repeat(32)}`;
    const { transaction } = await payer.pay(about, rows);
    const receipt = (await provider.getTransactionReceipt(transaction))!;
    t.diagnostic(`${receipt.gasUsed} gas; three plain transfers take 63000`);
    assert.ok(receipt.gasUsed < 63_000n);
    for (const { payee, wei } of rows) assert.equal(await provider.getBalance(payee), wei + 1n);
    assert.equal(ledger.totals('five', 'in').settledWei, rows[0]!.wei);

    const paid: PayRequest = {
      type: 'paid',
      transaction,
      authorizer: sessionAddress,
      signature: signPaymentBinding(session, { transaction, peerId: PEER }, deployment),
    };
    const thief = new Wallet(Wallet.createRandom().privateKey);
    const signedBy = (key: SigningKey, hash = transaction, peerId = 'thief') =>
      signPaymentBinding(key, { transaction: hash, peerId }, deployment);
    const unknown = `0x${'ab'.repeat(32)}`;
    const { pay } = sellers.five!;
    const cases: [string, Partial<PayRequest & { type: 'paid' }>, string?][] = [
      ['WRONG_PAYER', {}, 'thief'],
      ['WRONG_PAYER', { signature: signedBy(thief.signingKey) }, 'thief'],
      ['VOUCHER_UNFUNDED', { authorizer: thief.address, signature: signedBy(thief.signingKey) }, 'thief'],
      ['VOUCHER_UNFUNDED', { transaction: unknown, signature: signedBy(session, unknown, PEER) }],
    ];
    for (const [code, change, peer = PEER] of cases)
      assert.equal(codeOf(await ask(pay, { ...paid, ...change }, peer)), code);
    assert.equal(sellers.five!.ledger.totals(PEER, 'out').authorizedWei, 0n, 'nobody has said yet whose it is');

    await payer.tell();
    assert.deepEqual(direct.untold(), []);
    for (const { peer, wei } of rows) {
      const { authorizedWei, settledWei } = sellers[peer]!.ledger.totals(PEER, 'out');
      assert.deepEqual([authorizedWei, settledWei], [wei, wei]);
    }
    assert.equal(codeOf(await ask(pay, paid)), 'credited', 'told twice');
    assert.equal(codeOf(await ask(pay, { ...paid, signature: signedBy(session) }, 'thief')), 'WRONG_PAYER', 'a friend');
    assert.equal(sellers.five!.ledger.totals(PEER, 'out').authorizedWei, rows[0]!.wei, 'counted once');

    // A voucher on top of it promises what comes after.
    const config = configFor({ receiver: rows[0]!.payee, receiverAuthorizer: rows[0]!.payee });
    await deposit(config, 10_000n);
    assert.equal(codeOf(await ask(pay, openRequest(config))), 'opened');
    assert.equal(codeOf(await ask(pay, voucherOf(config, 7n))), 'accepted');
    assert.equal(sellers.five!.ledger.totals(PEER, 'out').authorizedWei, rows[0]!.wei + 7n);
    for (const one of Object.values(sellers)) one.close();
    const again = seller('two', 'balanced', new Wallet(wallets.two!));
    assert.equal(again.rail.total('payee', PEER), rows[2]!.wei, 'after a restart');
    again.close();
    close();
  });

  it('finds a payment after the fact that a crash cut short, and makes it once', async () => {
    const payee = Wallet.createRandom().address;
    const about = `0x${'6b'.repeat(32)}`;
    const rows = [{ peer: 'gone', payee, wei: 77n, chunks: 1, protocol: undefined }];
    const dying = directBuyer('dying', {}, (chain) => ({
      ...chain,
      address: chain.address,
      async send(call) {
        await chain.send(call);
        throw new Error('killed before the hash was written down');
      },
    }));
    await assert.rejects(dying.payer.pay(about, rows), /killed/);
    dying.close();
    const { payer, ledger, close } = directBuyer('dying', {});
    const sent = await provider.getTransactionCount(buyerWallet.address);
    assert.deepEqual(
      (await payer.recover()).map(({ about, parts }) => [about, parts]),
      [[about, [{ peer: 'gone', wei: 77n }]]],
    );
    assert.deepEqual(await payer.recover(), []);
    assert.equal(ledger.totals('gone', 'in').settledWei, 77n);
    assert.equal(await provider.getTransactionCount(buyerWallet.address), sent);
    assert.equal(await provider.getBalance(payee), 77n);
    close();
  });

  it('takes none of 1,000 valid vouchers of another seller', async () => {
    const mine = seller('own');
    const other = seller('other', 'strict', new Wallet(Wallet.createRandom().privateKey));
    const config = configFor();
    await deposit(config, parseEther('0.001'));
    assert.equal(codeOf(await ask(mine.pay, openRequest(config))), 'opened');
    assert.equal(codeOf(await ask(other.pay, openRequest(config))), 'WRONG_RECEIVER');
    for (let wei = 1n; wei <= 1000n; wei++) {
      assert.equal(codeOf(await ask(other.pay, voucherOf(config, wei))), 'WRONG_RECEIVER');
    }
    assert.equal(other.rail.unsettledWei(), 0n);
    mine.close();
    other.close();
  });

  it('stops listening to a peer after twenty wrong signatures', async () => {
    const { pay, close } = seller('flood');
    const config = configFor();
    await deposit(config, parseEther('0.001'));
    await ask(pay, openRequest(config));
    const codes: string[] = [];
    for (let i = 0n; i < 100n; i++) {
      const voucher = { ...signVoucher(session, config, 100n + i, deployment), maxClaimableAmount: 500n + i };
      codes.push(codeOf(await ask(pay, { type: 'voucher', voucher })));
    }
    assert.deepEqual([codes.filter((code) => code === 'VOUCHER_INVALID').length, codes.at(-1)], [20, 'TOO_MANY']);
    close();
  });

  it('claims in time when the payer begins to withdraw', async () => {
    const { pay, ledger, book, rail, chain, close } = seller('watch');
    const config = configFor();
    await deposit(config, 10_000n);
    await ask(pay, openRequest(config));
    assert.equal(codeOf(await ask(pay, voucherOf(config, 4_000n))), 'accepted');
    const buyerChain = createChainClient({
      rpcUrl: ready.rpcUrl,
      chainId: ready.chainId,
      wallet: new Wallet(buyerWallet.privateKey),
    });
    await createSettlementContract(buyerChain, ready.contract).initiateWithdraw(config, 10_000n);
    const settler = createSettler({ book, rail, chain, ledger, gasMultiple: 0, log });
    await settler.look();
    assert.equal(ledger.totals(PEER, 'out').settledWei, 4_000n);
    assert.equal(codeOf(await ask(pay, voucherOf(config, 5_000n))), 'CHANNEL_CLOSING');
    await settler.stop();
    buyerChain.close();
    close();
  });

  /** A buyer that pays by vouchers on channels; `request` carries its messages. */
  function buyer(
    name: string,
    request: PayTransport['request'],
    {
      policy = { prepayBytes: 0, payEvery: 'window', toleranceBytes: 0 },
      batchMs,
      onRoom,
    }: { policy?: PayerPolicy; batchMs?: number; onRoom: () => void },
  ) {
    const db = openDatabase(join(folder, `buyer-${name}.db`));
    const pricing = createPricing({ credit: PRESETS.balanced, priceOf: () => PRICE });
    const ledger = createLedger({ db, pricing, credit: () => PRESETS.balanced });
    const wallet = new Wallet(buyerWallet.privateKey);
    const chain = createChainClient({ rpcUrl: ready.rpcUrl, chainId: ready.chainId, wallet });
    const contract = createSettlementContract(chain, ready.contract);
    const book = createChannelBook(db);
    const keys = { wallet, session, sessionAddress };
    const payer = createPayer({
      rail: createChannelRail({ book, contract, keys, deployment }),
      opener: createOpener({ book, contract, keys, deployment, ...(batchMs !== undefined && { batchMs }) }),
      ledger,
      transport: { request },
      pricing,
      keys,
      deployment,
      policy: () => policy,
      onSession: () => {},
      onRoom,
      log,
    });
    const close = () => {
      ledger.close();
      chain.close();
      db.close();
    };
    return { payer, ledger, book, close };
  }

  /** A whole purchase of `size` bytes, chunk by chunk; `carry` may lose a message or its answer. */
  async function trade(
    name: string,
    policy: PayerPolicy,
    size: number,
    carry: (deliver: () => Promise<Uint8Array>) => Promise<Uint8Array> = (deliver) => deliver(),
    {
      preset = 'balanced',
      capWei,
      lostChunks = 0,
      paceMs,
    }: { preset?: 'balanced' | 'strict'; capWei?: bigint; lostChunks?: number; paceMs?: number } = {},
  ) {
    const shop = seller(name, preset);
    let vouchers = 0;
    let roomAgain = () => {};
    const { payer, ledger, close } = buyer(name, (_peer, message) => carry(() => shop.pay(PEER, message)), {
      policy,
      onRoom: () => roomAgain(),
    });
    const before = await provider.getTransactionCount(buyerWallet.address);
    let blocked: string | undefined;
    const purchase = payer.purchase({
      size,
      selfPeerId: PEER,
      ...(capWei !== undefined && { capWei }),
      onPaid: () => vouchers++,
      onBlocked: (_peer, { code }) => {
        blocked = code;
        roomAgain();
      },
    });
    let toLose = lostChunks;
    const offer = { cid: CID, peerId: SELLER, wallet: sellerWallet.address, weiPerMiB: PRICE, size } as Offer;
    await purchase.join(offer);
    let worstWei = 0n;
    for (let at = 0; at < size && !blocked; ) {
      const want = Math.min(CHUNK_BYTES, size - at);
      if (paceMs) await sleep(paceMs);
      const grant = await shop.ledger.reserve(PEER, CID, want);
      if (grant.granted === 0) {
        const room = new Promise<void>((resolve) => (roomAgain = resolve));
        purchase.choked(SELLER);
        await room;
        continue;
      }
      grant.done(want);
      // Sent and counted there, and never here.
      if (at > size / 2 && toLose-- > 0) continue;
      at += want;
      const { deliveredWei, authorizedWei } = shop.ledger.totals(PEER, 'out');
      if (deliveredWei - authorizedWei > worstWei) worstWei = deliveredWei - authorizedWei;
      ledger.received(SELLER, CID, want);
      purchase.poke(SELLER);
    }
    await purchase.finish();
    const paid = shop.ledger.totals(PEER, 'out').authorizedWei;
    const transactions = (await provider.getTransactionCount(buyerWallet.address)) - before;
    close();
    shop.close();
    return { paid, worstWei, vouchers, transactions, blocked };
  }

  for (const [order, policy] of [
    ['download first, pay later', { prepayBytes: 0, payEvery: 'window' as const, toleranceBytes: 0 }],
    ['pay first, download later', { prepayBytes: 4 * CHUNK_BYTES, payEvery: CHUNK_BYTES, toleranceBytes: 0 }],
    ['pay each chunk', { prepayBytes: 0, payEvery: CHUNK_BYTES, toleranceBytes: 0 }],
    ['pay each 2 MiB', { prepayBytes: 0, payEvery: 1 << 21, toleranceBytes: 0 }],
    ['pay at the end', { prepayBytes: 0, payEvery: 'end' as const, toleranceBytes: 0 }],
  ] as const) {
    it(`trades 50 MB: ${order}`, async () => {
      const size = 50_000_000;
      const { paid, worstWei, vouchers, transactions } = await trade(order.replace(/\W/g, '-'), policy, size);
      const price = costWei(size, PRICE);
      assert.ok(paid >= price && paid <= price + costWei(policy.prepayBytes, PRICE), `${paid} for ${price}`);
      assert.equal(transactions, 1, 'one opening, no other transaction');
      assert.ok(worstWei <= costWei(128 << 20, PRICE));
      assert.ok(vouchers >= 1 && vouchers <= 200, `${vouchers} vouchers`);
    });
  }

  it('is refused before its first voucher only, when it asks 32 at a time for no more than its figures allow', async () => {
    const shop = seller('heeding', 'balanced');
    let vouchers = 0;
    let changed = () => {};
    const { payer, ledger, close } = buyer('heeding', (_peer, message) => shop.pay(PEER, message), {
      onRoom: () => changed(),
    });
    const size = 400 * CHUNK_BYTES;
    const purchase = payer.purchase({ size, selfPeerId: PEER, onPaid: () => vouchers++ });
    const offer = { cid: CID, peerId: SELLER, wallet: sellerWallet.address, weiPerMiB: PRICE, size } as Offer;
    await purchase.join(offer, payer.terms(offer));
    purchase.gathered();
    const refusals = { early: 0, late: 0 };
    let left = 400;
    let pending = 0;
    while (left > 0) {
      const turn = new Promise<void>((resolve) => (changed = resolve));
      while (pending < 32 && pending < left && purchase.affords(SELLER, CHUNK_BYTES, () => pending * CHUNK_BYTES)) {
        pending++;
        const grant = await shop.ledger.reserve(PEER, CID, CHUNK_BYTES);
        if (grant.granted === 0) {
          refusals[vouchers === 0 ? 'early' : 'late']++;
          pending--;
          purchase.choked(SELLER);
          break;
        }
        setTimeout(() => {
          grant.done(CHUNK_BYTES);
          pending--;
          left--;
          ledger.received(SELLER, CID, CHUNK_BYTES);
          purchase.poke(SELLER);
          changed();
        }, 1);
      }
      if (left > 0) await turn;
    }
    await purchase.finish();
    assert.equal(shop.ledger.totals(PEER, 'out').authorizedWei, costWei(size, PRICE));
    assert.ok(refusals.early <= 1 && refusals.late === 0, JSON.stringify(refusals));
    // What was paid grows by half or more each time: twelve from 1 MiB to 100, the first, the last, and what is cut by chunks.
    assert.ok(vouchers <= 16, `${vouchers} vouchers`);
    close();
    shop.close();
  });

  it('deposits three times the price for nine sellers, and tops up the one that delivers all', async () => {
    const size = 200 * CHUNK_BYTES;
    const shops = Array.from({ length: 9 }, (_, i) => {
      const key = new Wallet(Wallet.createRandom().privateKey);
      return { peer: `12D3KooWSeller${i}`, key, shop: seller(`many-${i}`, 'balanced', key) };
    });
    let changed = () => {};
    const request = (peer: string, message: Uint8Array) =>
      shops.find((one) => one.peer === peer)!.shop.pay(PEER, message);
    const { payer, ledger, book, close } = buyer('many', request, { batchMs: 60_000, onRoom: () => changed() });
    const bought = payer.purchase({ size, selfPeerId: PEER });
    for (const { peer, key } of shops) {
      await bought.join({ cid: CID, peerId: peer, wallet: key.address, weiPerMiB: PRICE, size } as Offer);
    }
    bought.gathered();
    const held = () => book.all('payer').reduce((sum, { balanceWei }) => sum + balanceWei, 0n);
    await until(async () => book.all('payer').every(({ balanceWei }) => balanceWei > 0n));
    const price = costWei(size, PRICE);
    assert.ok(held() >= 3n * price && held() <= 3n * price + 9n, `${held()} for a price of ${price}`);
    // The others announce themselves and never send a byte.
    const [{ peer, shop }] = shops as [(typeof shops)[0]];
    for (let at = 0; at < size; ) {
      const room = new Promise<void>((resolve) => {
        changed = resolve;
      });
      if (!bought.affords(peer, CHUNK_BYTES, () => 0)) {
        await room;
        continue;
      }
      const grant = await shop.ledger.reserve(PEER, CID, CHUNK_BYTES);
      if (grant.granted === 0) {
        bought.choked(peer);
        await room;
        continue;
      }
      grant.done(CHUNK_BYTES);
      at += CHUNK_BYTES;
      ledger.received(peer, CID, CHUNK_BYTES);
      const [channel] = book.of('payer', peer);
      assert.ok(ledger.totals(peer, 'in').deliveredWei <= channel!.balanceWei, 'never more than its channel holds');
      bought.poke(peer);
    }
    await bought.finish();
    assert.equal(shop.ledger.totals(PEER, 'out').authorizedWei, price);
    assert.ok(held() <= 4n * price, `${held()} in the end`);
    close();
    for (const one of shops) one.shop.close();
  });

  it('sends a voucher again when it or its answer got lost, without being asked, and pays to the wei', async () => {
    let messages = 0;
    let lost = 0;
    const policy = { prepayBytes: 0, payEvery: 2 * CHUNK_BYTES, toleranceBytes: 0 };
    const size = 20_000_000;
    const { paid } = await trade('lossy', policy, size, async (deliver) => {
      messages++;
      // The first two are terms and opening. Then every fifth never arrives, and every seventh does without an answer.
      const isGone = messages > 2 && messages % 5 === 0;
      const isMute = messages > 2 && messages % 7 === 0;
      const answer = isGone ? undefined : await deliver();
      if (answer && !isMute) return answer;
      lost++;
      throw new AppError('TIMEOUT', 'lost on the way');
    });
    assert.ok(lost >= 5, `${lost} were lost`);
    assert.equal(paid, costWei(size, PRICE));
  });

  it('presents its channel again when that got lost, and pays to the wei, however late', async () => {
    const policy = { prepayBytes: 0, payEvery: 'window', toleranceBytes: 0 } as const;
    // Within the free allowance the gate never closes, and nothing else makes the buyer speak. Second: all but the last try is lost.
    for (const [lose, size] of [
      [3, 20_000_000],
      [5, CHUNK_BYTES],
    ] as const) {
      let messages = 0;
      const { paid, transactions } = await trade(`unheard-${lose}`, policy, size, async (deliver) => {
        messages++;
        // The first asks for terms; then the channel is presented.
        if (messages > 1 && messages <= 1 + lose) throw new AppError('PEER_UNREACHABLE', 'lost on the way');
        return deliver();
      });
      assert.equal(paid, costWei(size, PRICE));
      assert.equal(transactions, 1);
    }
  });

  it('has two vouchers under way and no more, which may overtake each other, and pays to the wei', async () => {
    let messages = 0;
    let underWay = 0;
    let most = 0;
    const size = 20_000_000;
    const policy = { prepayBytes: 0, payEvery: 'window', toleranceBytes: 0 } as const;
    const carry = async (deliver: () => Promise<Uint8Array>) => {
      messages++;
      // The first two are terms and opening. Then every second one arrives after the one that was sent later.
      underWay++;
      most = Math.max(most, underWay);
      if (messages > 2 && messages % 2 === 1) await sleep(40);
      try {
        return await deliver();
      } finally {
        underWay--;
      }
    };
    const { paid } = await trade('overtaken', policy, size, carry, { paceMs: 2 });
    assert.equal(most, 2);
    assert.equal(paid, costWei(size, PRICE));
  });

  it('pays for bytes lost on the way within its tolerance, but never beyond the cap', async () => {
    const size = 4 << 20;
    const price = costWei(size, PRICE);
    const policy = { prepayBytes: 0, payEvery: 'window', toleranceBytes: 1 << 20 } as const;
    // A seller that lets one chunk be owed, and counts two that never came: the last chunk needs one promised too many.
    const loss = { preset: 'strict', lostChunks: 2 } as const;
    const free = await trade('lossy-free', policy, size, undefined, loss);
    assert.equal(free.blocked, undefined);
    assert.equal(free.paid, price + costWei(CHUNK_BYTES, PRICE));
    const capped = await trade('lossy-capped', policy, size, undefined, { ...loss, capWei: price });
    assert.equal(capped.blocked, 'SPENDING_CAP');
    assert.ok(capped.paid <= price, `${capped.paid} of at most ${price}`);
  });

  it('owes what came just before a crash and was not counted any more, to who claims it, and no more', async () => {
    const [size, uncountedBytes, claimedBytes] = [8 << 20, 3 << 20, 5 << 20];
    const shop = seller('crashed', 'balanced');
    const policy = { prepayBytes: 0, payEvery: 'window', toleranceBytes: 0 } as const;
    const { payer, ledger, close } = buyer('crashed', (_peer, message) => shop.pay(PEER, message), {
      policy,
      onRoom: () => {},
    });
    shop.ledger.authorize(PEER, 'out', costWei(claimedBytes, PRICE));
    (await shop.ledger.reserve(PEER, CID, claimedBytes)).done(claimedBytes);
    const purchase = payer.purchase({ size, uncountedBytes, selfPeerId: PEER });
    const offer = { cid: CID, peerId: SELLER, wallet: sellerWallet.address, weiPerMiB: PRICE, size } as Offer;
    await purchase.join(offer);
    assert.equal(ledger.totals(SELLER, 'in').toPromiseWei, costWei(uncountedBytes, PRICE));
    await purchase.finish();
    assert.equal(ledger.totals(SELLER, 'in').authorizedWei, costWei(uncountedBytes, PRICE));
    close();
    shop.close();
  });

  it('goes on at a gate that waits and never refuses, although all that it gives on trust was lost', async () => {
    const size = 16 << 20;
    const lostBytes = 1 << 20;
    const shop = seller('patient', 'balanced');
    const policy = { prepayBytes: 0, payEvery: 'window', toleranceBytes: lostBytes } as const;
    const { payer, ledger, close } = buyer('patient', (_peer, message) => shop.pay(PEER, message), {
      policy,
      onRoom: () => {},
    });
    (await shop.ledger.reserve(PEER, CID, lostBytes)).done(lostBytes);
    const purchase = payer.purchase({ size, selfPeerId: PEER });
    await purchase.join({ cid: CID, peerId: SELLER, wallet: sellerWallet.address, weiPerMiB: PRICE, size } as Offer);
    const untilMs = Date.now() + 30_000;
    for (let at = 0; at < size; at += CHUNK_BYTES) {
      while (!purchase.affords(SELLER, CHUNK_BYTES, () => 0)) await sleep(10);
      let grant = await shop.ledger.reserve(PEER, CID, CHUNK_BYTES);
      while (grant.granted === 0) {
        assert.ok(Date.now() < untilMs, `the gate stays closed after ${at} bytes`);
        await sleep(20);
        // As a scheduler does that has more to ask.
        purchase.affords(SELLER, CHUNK_BYTES, () => CHUNK_BYTES);
        grant = await shop.ledger.reserve(PEER, CID, CHUNK_BYTES);
      }
      grant.done(CHUNK_BYTES);
      ledger.received(SELLER, CID, CHUNK_BYTES);
      purchase.poke(SELLER);
    }
    await purchase.finish();
    const paid = shop.ledger.totals(PEER, 'out').authorizedWei;
    assert.ok(paid >= costWei(size, PRICE) && paid <= costWei(size + lostBytes, PRICE), `${paid} wei`);
    close();
    shop.close();
  });

  it(`keeps every acknowledged voucher through ${KILLS} kills at random moments`, async () => {
    const config = configFor();
    await deposit(config, parseEther('1'));
    const dataDir = await mkdtemp(join(folder, 'killed-'));
    const script = fileURLToPath(new URL('./support/payee-process.ts', import.meta.url));
    let acknowledged = 0n;
    let sent = 0n;
    let landed = 0;
    for (let kill = 0; kill <= KILLS; kill++) {
      const child: ChildProcess = spawn(
        process.execPath,
        [script, dataDir, ready.rpcUrl, ready.contract, sellerWallet.privateKey],
        {
          stdio: ['pipe', 'pipe', 'inherit'],
        },
      );
      const exited = new Promise((resolve) => child.once('exit', resolve));
      const write = (request: PayRequest) =>
        child.stdin!.write(
          `${JSON.stringify({ peer: PEER, message: Buffer.from(encodePayRequest(request)).toString('base64') })}\n`,
        );
      child.stdin!.on('error', () => {});
      let timer: NodeJS.Timeout | undefined;
      const killSoon = () => {
        timer ??= setTimeout(() => child.kill('SIGKILL'), 1 + Math.random() * 120);
      };
      for await (const line of createInterface({ input: child.stdout! })) {
        const told = JSON.parse(line) as { ready?: boolean; cumulative?: string[]; answer?: string };
        if (told.ready) {
          const kept = BigInt(told.cumulative![0] ?? 0);
          assert.ok(kept >= acknowledged, `kill ${kill}: ${kept} kept of ${acknowledged} acknowledged`);
          assert.ok(kept <= sent);
          acknowledged = kept;
          sent = kept;
          if (kill === KILLS) {
            child.stdin!.end();
            break;
          }
          if (kill === 0) write(openRequest(config));
          const burst = () => {
            for (let i = 0; i < 20; i++) write(voucherOf(config, ++sent));
          };
          if (kill > 0) burst();
          // Every second life ends some time after its first answer, so that slow machines acknowledge something, too.
          if (kill > 0 && kill % 2 === 0) killSoon();
          continue;
        }
        const answer = decodePayAnswer(Buffer.from(told.answer!, 'base64'));
        if (kill % 2 === 1 || answer.type === 'opened') killSoon();
        if (answer.type === 'opened') for (let i = 0; i < 20; i++) write(voucherOf(config, ++sent));
        else if (answer.type === 'accepted') {
          if (answer.cumulativeWei > acknowledged) acknowledged = answer.cumulativeWei;
          landed++;
          if (landed % 20 === 0) for (let i = 0; i < 20; i++) write(voucherOf(config, ++sent));
        }
      }
      await exited;
      clearTimeout(timer);
    }
    assert.ok(landed >= KILLS / 2, `${landed} vouchers were acknowledged before kills`);
  });

  it('loses no settled figure: the ledger and the contract agree in the end', async () => {
    const shop = seller('agree', 'generous');
    const configs = [configFor(), configFor({ withdrawDelay: 1800 })];
    for (const config of configs) {
      await deposit(config, 5_000n);
      await ask(shop.pay, openRequest(config));
      assert.equal(codeOf(await ask(shop.pay, voucherOf(config, 1_234n))), 'accepted');
    }
    const settler = createSettler({
      book: shop.book,
      rail: shop.rail,
      chain: shop.chain,
      ledger: shop.ledger,
      gasMultiple: 0,
      log,
    });
    await settler.settle();
    assert.equal(shop.ledger.totals(PEER, 'out').settledWei, 2_468n);
    for (const config of configs) {
      assert.equal((await shop.contract.channel(channelId(config, deployment))).settledWei, 1_234n);
    }
    await until(async () => shop.rail.unsettledWei() === 0n);
    await settler.stop();
    shop.close();
  });
});
