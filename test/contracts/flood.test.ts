/**
 * Flood and loot (arXiv 2006.08513), reliability row 10: 50 payers begin to withdraw at once while an attacker buys every block
 * for half of the shortest delay. The receiver is the node's own settlement code: one claim for 50 vouchers, whose bid its chain
 * client raises when five blocks have passed it by. The order of a block is the chain's own, by tip.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BATCH_SETTLEMENT_ADDRESS, channelId, signVoucher } from '@chiral/protocol/payment';
import { BrowserProvider, parseUnits, Wallet } from 'ethers';
import { createChainClient } from '../../node/src/chain/client.ts';
import { createSettlementContract } from '../../node/src/payments/contract.ts';
import { addressOf, CHAIN_ID, CHI, channel, DEPLOYMENT, newKey, receiptOf, startChain } from './chain.ts';

const CHANNELS = 50;
/** The shortest delay that the contract takes, seconds. */
const DELAY = 900;
const BLOCK_SECONDS = 15;
const WINDOW_BLOCKS = DELAY / BLOCK_SECONDS;
const MAX_BUMPS = 5;
const BLOCK_GAS = 4_700_000n;
/** What the attacker leaves of a block: less than any claim takes. */
const SLACK_GAS = 40_000n;
const gwei = (amount: number) => parseUnits(`${amount}`, 'gwei');

/** The chain in this process as an RPC node, counting what its client does. */
class CountingProvider extends BrowserProvider {
  looks = 0;
  sent = 0;
  #changed: (() => void)[] = [];

  override async send(method: string, params: unknown[] | Record<string, unknown>): Promise<unknown> {
    const result = await super.send(method, params);
    if (method === 'eth_getTransactionReceipt') this.looks++;
    if (method === 'eth_sendRawTransaction') this.sent++;
    this.wake();
    return result;
  }

  wake(): void {
    for (const resolve of this.#changed.splice(0)) resolve();
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#changed.push(resolve));
  }
}

async function flood(attackerTipWei: bigint) {
  const chain = await startChain();
  const attacker = chain.signer(1);
  const receiver = new Wallet(Wallet.createRandom().privateKey);
  await receiptOf(chain.signer(2).sendTransaction({ to: receiver.address, value: CHI }));
  const key = newKey();
  const channels = Array.from({ length: CHANNELS }, (_, i) => {
    const payer = chain.signer(3 + (i % 15));
    const config = channel({
      payer: payer.address,
      payerAuthorizer: addressOf(key),
      receiver: receiver.address,
      withdrawDelay: DELAY,
    });
    return { payer, config, id: channelId(config, DEPLOYMENT), promisedWei: CHI / BigInt(i + 2) };
  });
  for (const { payer, config } of channels) {
    await receiptOf(chain.as(payer).openMany([config], [CHI], { value: CHI }));
  }
  const mine = async (): Promise<bigint> => {
    await chain.provider.request({ method: 'evm_increaseTime', params: [BLOCK_SECONDS] });
    await chain.provider.request({ method: 'evm_mine' });
    return (await chain.ethers.provider.getBlock('latest'))!.baseFeePerGas!;
  };

  await chain.provider.request({ method: 'evm_setAutomine', params: [false] });
  for (const { payer, config } of channels) await chain.as(payer).initiateWithdraw(config, CHI, { gasLimit: 90_000n });
  let baseFeeWei = await mine();
  const begun = (await chain.ethers.provider.getBlock('latest'))!.timestamp;
  for (const { id } of channels) assert.equal((await chain.settlement.pendingWithdrawals(id))[1], BigInt(begun));

  const client = new CountingProvider(chain.provider, CHAIN_ID, { cacheTimeout: -1 });
  const chainClient = createChainClient({
    rpcUrl: '',
    chainId: CHAIN_ID,
    wallet: receiver,
    provider: client,
    pollMs: 5,
  });
  const contract = createSettlementContract(chainClient, BATCH_SETTLEMENT_ADDRESS);
  const vouchers = channels.map(({ config, promisedWei }) => signVoucher(key, config, promisedWei, DEPLOYMENT));
  let [attackerNonce, minedAfter] = [await attacker.getNonce(), 0];
  let isClaimed = false;
  const claim = contract.claim(vouchers).then((hash) => {
    isClaimed = true;
    client.wake();
    return hash;
  });
  await Promise.race([claim, client.until(() => client.sent > 0)]);
  for (let block = 0; !isClaimed && block < WINDOW_BLOCKS; block++) {
    if (block < WINDOW_BLOCKS / 2) {
      // Code that burns all the gas it is given.
      await attacker.sendTransaction({
        data: '0xfe',
        nonce: attackerNonce++,
        gasLimit: BLOCK_GAS - SLACK_GAS,
        maxPriorityFeePerGas: attackerTipWei,
        maxFeePerGas: 100n * baseFeeWei + attackerTipWei,
      });
    }
    baseFeeWei = await mine();
    minedAfter = block + 1;
    // As on a real chain, the client has looked before the next block comes.
    const looks = client.looks;
    await client.until(() => isClaimed || client.looks > looks + 1);
  }
  const hash = await claim;
  assert.equal((await chain.ethers.provider.getTransactionReceipt(hash))?.status, 1);
  const bumps = client.sent - 1;
  chainClient.close();
  const states = await Promise.all(channels.map(({ id }) => chain.settlement.channels(id)));
  const claimed = channels.filter(({ promisedWei }, i) => states[i]![1] === promisedWei).length;
  const { timestamp } = (await chain.ethers.provider.getBlock('latest'))!;
  return { bumps, minedAfter, claimed, secondsLeft: begun + DELAY - timestamp };
}

test('an attacker who outbids everybody for half the window only delays the claims', async () => {
  const { bumps, minedAfter, claimed, secondsLeft } = await flood(gwei(5_000));
  console.log(`outbid: mined after ${minedAfter} of ${WINDOW_BLOCKS} blocks, ${bumps} bumps, ${secondsLeft} s left`);
  assert.ok(minedAfter > WINDOW_BLOCKS / 2, 'the flood did hold it up');
  assert.equal(claimed, CHANNELS);
  assert.ok(bumps <= MAX_BUMPS && secondsLeft > 0);
});

test('an attacker with a fixed bid is outbid within a few doublings', async () => {
  const { bumps, minedAfter, claimed, secondsLeft } = await flood(gwei(5));
  console.log(`fixed bid: mined after ${minedAfter} of ${WINDOW_BLOCKS} blocks, ${bumps} bumps, ${secondsLeft} s left`);
  assert.ok(bumps > 0 && minedAfter < WINDOW_BLOCKS / 2, 'held up, and not for long');
  assert.equal(claimed, CHANNELS);
  assert.ok(bumps <= MAX_BUMPS && secondsLeft > 0);
});
