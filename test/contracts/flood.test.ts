/**
 * Flood and loot (arXiv 2006.08513): 50 payers begin to withdraw at once while an attacker buys every block for half of the shortest
 * delay. The receiver holds 50 vouchers and claims them in one transaction, at the fee of the day, doubling its tip
 * when five blocks have passed it by. The order of a block is the chain's own, by tip.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BATCH_SETTLEMENT_ABI } from '@chiral/protocol/generated/batch-settlement';
import { BATCH_SETTLEMENT_ADDRESS, channelId } from '@chiral/protocol/payment';
import { concat, Interface, parseUnits, ZeroAddress, ZeroHash } from 'ethers';
import { addressOf, CHI, channel, compactRow, DEPLOYMENT, newKey, receiptOf, startChain } from './chain.ts';

const CHANNELS = 50;
/** The shortest delay that the contract takes, seconds. */
const DELAY = 900;
const BLOCK_SECONDS = 15;
const WINDOW_BLOCKS = DELAY / BLOCK_SECONDS;
const PATIENCE_BLOCKS = 5;
const MAX_BUMPS = 5;
const BLOCK_GAS = 4_700_000n;
/** What the attacker leaves of a block: less than any claim takes. */
const SLACK_GAS = 40_000n;
const gwei = (amount: number) => parseUnits(`${amount}`, 'gwei');
const abi = new Interface(BATCH_SETTLEMENT_ABI);

async function flood(attackerTipWei: bigint) {
  const chain = await startChain();
  const [attacker, receiver] = [chain.signer(1), chain.signer(2)];
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

  const rows = concat(channels.map(({ config, promisedWei }) => compactRow(config, promisedWei, key)));
  const data = abi.encodeFunctionData('claimMany', [
    receiver.address,
    receiver.address,
    ZeroAddress,
    DELAY,
    ZeroHash,
    rows,
  ]);
  const nonce = await receiver.getNonce();
  let [attackerNonce, tipWei, bumps, minedAfter] = [await attacker.getNonce(), gwei(1), -1, 0];
  const hashes: string[] = [];
  for (let block = 0; minedAfter === 0 && block < WINDOW_BLOCKS; block++) {
    if (block % PATIENCE_BLOCKS === 0 && bumps < MAX_BUMPS) {
      if (++bumps > 0) tipWei *= 2n;
      const sent = await receiver.sendTransaction({
        to: BATCH_SETTLEMENT_ADDRESS,
        data,
        nonce,
        gasLimit: 900_000n,
        maxPriorityFeePerGas: tipWei,
        maxFeePerGas: 2n * baseFeeWei + tipWei,
      });
      hashes.push(sent.hash);
    }
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
    for (const hash of hashes) {
      if (await chain.ethers.provider.getTransactionReceipt(hash)) minedAfter = block + 1;
    }
  }
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
