/** BatchSettlement through its ABI on a London chain: each verb once, and what our TypeScript signs against what it hashes. */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { BATCH_SETTLEMENT_ABI } from '@chiral/protocol/generated/batch-settlement';
import { channelId, signVoucher, voucherDigest } from '@chiral/protocol/payment';
import { concat, Interface, type TransactionReceipt, ZeroAddress, ZeroHash } from 'ethers';
import {
  addressOf,
  CHI,
  channel,
  compactRow,
  DEPLOYMENT,
  digestOf,
  newKey,
  newWallet,
  receiptOf,
  revertOf,
  type Settlement,
  startChain,
  type TestChain,
} from './chain.ts';

const abi = new Interface(BATCH_SETTLEMENT_ABI);

const eventsOf = (receipt: TransactionReceipt) => receipt.logs.map((log) => abi.parseLog(log)?.name);

describe('BatchSettlement', () => {
  let chain: TestChain;
  let payer: ReturnType<TestChain['signer']>;
  let receiver: ReturnType<TestChain['signer']>;
  let stranger: Settlement;
  let asPayer: Settlement;
  let asReceiver: Settlement;
  const key = newKey();

  before(async () => {
    chain = await startChain();
    [payer, receiver] = [chain.signer(1), chain.signer(2)];
    stranger = chain.as(chain.signer(3));
    asPayer = chain.as(payer);
    asReceiver = chain.as(receiver);
  });

  const open = async (amountWei = CHI, fields = {}) => {
    const config = channel({
      payer: payer.address,
      payerAuthorizer: addressOf(key),
      receiver: receiver.address,
      ...fields,
    });
    await receiptOf(asPayer.openMany([config], [amountWei], { value: amountWei }));
    return { config, id: channelId(config, DEPLOYMENT) };
  };

  const voucherClaim = (config: ReturnType<typeof channel>, max: bigint, total = max) => ({
    voucher: { channel: config, maxClaimableAmount: max },
    signature: signVoucher(key, config, max, DEPLOYMENT).signature,
    totalClaimed: total,
  });

  test('names channels and vouchers as our TypeScript does, wherever its bytes lie', async () => {
    const config = channel({ payer: payer.address, payerAuthorizer: addressOf(key), receiver: receiver.address });
    const id = channelId(config, DEPLOYMENT);
    assert.equal(await chain.settlement.getChannelId(config), id);
    assert.equal(
      await chain.settlement.getVoucherDigest(id, 5n),
      voucherDigest({ channelId: id, maxClaimableAmount: 5n }, DEPLOYMENT),
    );
    assert.equal(digestOf('ChannelConfig', { ...config }), id);
  });

  test('opens many channels in one transaction, and only for their sum', async () => {
    const configs = [1, 2, 3].map(() =>
      channel({ payer: payer.address, payerAuthorizer: addressOf(key), receiver: newWallet().address }),
    );
    const amounts = [1n, 2n, 3n];
    assert.equal(await revertOf(asPayer.openMany(configs, amounts, { value: 7n })), 'BatchSettlement_ValueMismatch');
    assert.equal(await revertOf(asReceiver.openMany(configs, amounts, { value: 6n })), 'BatchSettlement_NotPayer');
    const receipt = await receiptOf(asPayer.openMany(configs, amounts, { value: 6n }));
    assert.deepEqual(eventsOf(receipt), ['Deposited', 'Deposited', 'Deposited']);
    for (const [i, config] of configs.entries()) {
      const { balance, totalClaimed } = await chain.settlement.channels(channelId(config, DEPLOYMENT));
      assert.deepEqual([balance, totalClaimed], [amounts[i], 0n]);
    }
  });

  test('refuses a channel without an authorizer', async () => {
    const config = channel({ payer: payer.address, payerAuthorizer: ZeroAddress, receiver: receiver.address });
    assert.equal(await revertOf(asPayer.openMany([config], [1n], { value: 1n })), 'BatchSettlement_ZeroAddress');
  });

  test('claims what vouchers promise and settles it', async () => {
    const { config, id } = await open();
    await receiptOf(asReceiver.claim([voucherClaim(config, 300n, 200n)]));
    assert.equal((await chain.settlement.channels(id)).totalClaimed, 200n);
    const before = await chain.ethers.provider.getBalance(receiver.address);
    await receiptOf(stranger.settle(receiver.address, ZeroAddress));
    assert.equal((await chain.ethers.provider.getBalance(receiver.address)) - before, 200n);
  });

  test('claims from many payers in one transaction and pays once; a bad row spoils none', async () => {
    const good = await open();
    const stale = await open();
    const forged = await open();
    await receiptOf(asReceiver.claim([voucherClaim(stale.config, 50n)]));
    await receiptOf(stranger.settle(receiver.address, ZeroAddress));
    const rows = concat([
      compactRow(stale.config, 50n, key),
      compactRow(forged.config, 70n, newKey()),
      compactRow(good.config, 90n, key),
    ]);
    const before = await chain.ethers.provider.getBalance(receiver.address);
    const receipt = await receiptOf(
      asReceiver.claimMany(receiver.address, receiver.address, ZeroAddress, 3600, ZeroHash, rows),
    );
    assert.deepEqual(eventsOf(receipt), ['ClaimSkipped', 'ClaimSkipped', 'ClaimedMany', 'Settled']);
    const skipped = receipt.logs.slice(0, 2).map((log) => abi.parseLog(log)?.args.toArray().map(String));
    assert.deepEqual(skipped, [
      [stale.id, '0', '1'],
      [forged.id, '1', '4'],
    ]);
    const gained = (await chain.ethers.provider.getBalance(receiver.address)) - before;
    assert.equal(gained, 90n - receipt.gasUsed * receipt.gasPrice);
    assert.equal(
      await revertOf(asPayer.claimMany(receiver.address, receiver.address, ZeroAddress, 3600, ZeroHash, rows)),
      'BatchSettlement_NotReceiver',
    );
  });

  test('a claim wins for the whole delay of a withdrawal', async () => {
    const { config, id } = await open(1000n);
    await receiptOf(asPayer.initiateWithdraw(config, 1000n));
    assert.equal(await revertOf(asPayer.finalizeWithdraw(config)), 'BatchSettlement_TooEarly');
    await chain.networkHelpers.time.increase(3500);
    await receiptOf(asReceiver.claim([voucherClaim(config, 600n)]));
    await chain.networkHelpers.time.increase(3600);
    const receipt = await receiptOf(asPayer.finalizeWithdraw(config));
    assert.equal(receipt.logs.map((log) => abi.parseLog(log)?.args.amount)[0], 400n);
    assert.deepEqual((await chain.settlement.channels(id)).toArray(), [600n, 600n]);
    assert.equal(await revertOf(asReceiver.finalizeWithdraw(config)), 'BatchSettlement_NotPayer');
  });

  test('the receiver refunds, by itself or by signature', async () => {
    const { config, id } = await open(1000n);
    await receiptOf(asReceiver.refund(config, 100n));
    assert.equal((await chain.settlement.channels(id)).balance, 900n);
    const authorizer = newKey();
    const signed = await open(1000n, { receiverAuthorizer: addressOf(authorizer) });
    const digest = digestOf('Refund', { channelId: signed.id, nonce: 0n, amount: 5000n });
    const { serialized } = authorizer.sign(digest);
    await receiptOf(stranger.refundWithSignature(signed.config, 5000n, 0n, serialized));
    assert.equal((await chain.settlement.channels(signed.id)).balance, 0n);
    assert.equal(
      await revertOf(stranger.refundWithSignature(signed.config, 5000n, 0n, serialized)),
      'BatchSettlement_WrongNonce',
    );
  });

  test('a session key allocates from the reserve, anyone submits it', async () => {
    const session = newKey();
    await receiptOf(asPayer.fundReserve(addressOf(session), { value: 1000n }));
    const config = channel({ payer: payer.address, payerAuthorizer: addressOf(session), receiver: receiver.address });
    const id = channelId(config, DEPLOYMENT);
    const validBefore = 2 ** 39;
    const { serialized } = session.sign(
      digestOf('Allocation', { channelId: id, amount: 400n, nonce: 7n, validBefore }),
    );
    await receiptOf(asReceiver.allocate(config, 400n, 7n, validBefore, serialized));
    assert.equal((await chain.settlement.channels(id)).balance, 400n);
    assert.equal(
      await revertOf(asReceiver.allocate(config, 400n, 7n, validBefore, serialized)),
      'BatchSettlement_NonceUsed',
    );
    await receiptOf(asPayer.withdrawReserve(addressOf(session), 600n));
    assert.equal(await revertOf(asPayer.withdrawReserve(addressOf(session), 1n)), 'BatchSettlement_Exceeds');
  });
});
