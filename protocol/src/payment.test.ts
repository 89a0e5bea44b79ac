import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Signature, SigningKey, Wallet } from 'ethers';
import fc from 'fast-check';
import {
  bytesFor,
  type ChannelConfig,
  channelId,
  costWei,
  isBindingValid,
  isReceiptValid,
  isVoucherValid,
  signBinding,
  signReceipt,
  signVoucher,
  voucherDigest,
} from './payment.ts';
import { recoverSigner } from './typed-data.ts';

const key = new SigningKey(`0x${'22'.repeat(32)}`);
const signer = new Wallet(key).address;
const other = '0x4020806089470a89826cB9fB1f4059150b550004';
const deployment = { chainId: 98765, contract: '0x4020074e9dF2ce1deE5A9C1b5c3f541D02a10003' };
const config: ChannelConfig = {
  payer: other,
  payerAuthorizer: signer,
  receiver: '0x4020425FAf3B746C082C2f942b4E5159887B0005',
  receiverAuthorizer: '0x4020425FAf3B746C082C2f942b4E5159887B0005',
  token: '0x0000000000000000000000000000000000000000',
  withdrawDelay: 3600,
  salt: `0x${'33'.repeat(32)}`,
};

describe('vouchers', () => {
  const voucher = signVoucher(key, config, 1000n, deployment);

  it('is valid as signed', () => {
    assert.ok(isVoucherValid(voucher, deployment));
    assert.equal(voucher.channelId, channelId(config, deployment));
  });

  it('is void when any field of voucher, channel or domain changes', () => {
    const changed: ChannelConfig[] = [
      { ...config, payer: signer },
      { ...config, payerAuthorizer: other },
      { ...config, receiver: other },
      { ...config, receiverAuthorizer: other },
      { ...config, token: other },
      { ...config, withdrawDelay: 3601 },
      { ...config, salt: `0x${'34'.repeat(32)}` },
    ];
    for (const config of changed) {
      assert.ok(!isVoucherValid({ ...voucher, config }, deployment));
      // With the id made to fit the changed channel the signature no longer does.
      assert.ok(!isVoucherValid({ ...voucher, config, channelId: channelId(config, deployment) }, deployment));
    }
    assert.ok(!isVoucherValid({ ...voucher, maxClaimableAmount: 1001n }, deployment));
    assert.ok(!isVoucherValid(voucher, { ...deployment, chainId: 1 }));
    assert.ok(!isVoucherValid(voucher, { ...deployment, contract: other }));
  });

  it('has no second valid form of 65 bytes: high s, other v and trailing bytes are refused', () => {
    const { r, s, yParity } = Signature.from(voucher.signature);
    const n = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    const highS = (n - BigInt(s)).toString(16).padStart(64, '0');
    const forms = [
      r + highS + (yParity ? '1b' : '1c'),
      `${r}${s.slice(2)}${yParity ? '01' : '00'}`,
      `${r}${s.slice(2)}${yParity ? '1b' : '1c'}`,
      `${voucher.signature}00`,
      `0x${'00'.repeat(65)}`,
      '0x',
    ];
    for (const signature of forms) assert.ok(!isVoucherValid({ ...voucher, signature }, deployment), signature);
    assert.ok(
      isVoucherValid({ ...voucher, signature: Signature.from(voucher.signature).compactSerialized }, deployment),
    );
  });

  it('is never valid with random bytes for a signature', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 64, maxLength: 65 }), (bytes) => {
        const signature = `0x${Buffer.from(bytes).toString('hex')}`;
        assert.notEqual(recoverSigner(voucherDigest(voucher, deployment), signature), signer);
      }),
      { numRuns: 300 },
    );
  });
});

describe('bindings and receipts', () => {
  it('binds a channel to one peer', () => {
    const binding = { channelId: channelId(config, deployment), peerId: '12D3KooWA', issuedAt: 1_800_000_000 };
    const signature = signBinding(key, binding, deployment);
    assert.ok(isBindingValid(binding, signature, signer, deployment));
    assert.ok(!isBindingValid({ ...binding, peerId: '12D3KooWB' }, signature, signer, deployment));
    assert.ok(!isBindingValid({ ...binding, issuedAt: 1 }, signature, signer, deployment));
    assert.ok(!isBindingValid(binding, signature, other, deployment));
  });

  it('signs which chunks were received', () => {
    const receipt = {
      channelId: channelId(config, deployment),
      content: `0x${'ab'.repeat(32)}`,
      chunks: '0x0f',
      bytes: 1_048_576n,
      cumulativeWei: 1000n,
      issuedAt: 1_800_000_000,
    };
    const signature = signReceipt(key, receipt, deployment);
    assert.ok(isReceiptValid(receipt, signature, signer, deployment));
    assert.ok(!isReceiptValid({ ...receipt, chunks: '0x1f' }, signature, signer, deployment));
  });
});

describe('money', () => {
  it('costs at least the exact price and less than 1 wei more, never nothing', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 2n ** 48n }), fc.bigInt({ min: 1n, max: 10n ** 24n }), (bytes, price) => {
        const cost = costWei(bytes, price);
        assert.ok(cost << 20n >= bytes * price);
        assert.ok((cost - 1n) << 20n < bytes * price);
        assert.ok(cost > 0n);
      }),
      { numRuns: 20_000 },
    );
  });

  it('never sells more for an amount than it costs', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 30n }), fc.bigInt({ min: 1n, max: 10n ** 24n }), (wei, price) => {
        const bytes = bytesFor(wei, price);
        assert.ok(costWei(bytes, price) <= wei);
        assert.ok(costWei(bytes + 1n, price) > wei);
      }),
      { numRuns: 5000 },
    );
  });

  it('gives no chunk for nothing in a million vouchers', () => {
    // Sizes about the edges of chunks, last chunks of one byte, prices from 1 wei per MiB up. Plain arithmetic: this is quick.
    const chunkBytes = 256 * 1024;
    let seed = 13n;
    const next = (below: bigint) => {
      seed = (seed * 6_364_136_223_846_793_005n + 1_442_695_040_888_963_407n) & 0xffff_ffff_ffff_ffffn;
      return (seed >> 20n) % below;
    };
    let vouchers = 0;
    let freeChunks = 0;
    while (vouchers < 1_000_000) {
      const price = 1n + next(10n ** (1n + next(19n)));
      const chunks = 1 + Number(next(40n));
      const size = (chunks - 1) * chunkBytes + 1 + (next(2n) === 0n ? Number(next(3n)) : Number(next(262_144n)));
      let paid = 0n;
      for (let got = 0; got < size; vouchers++) {
        got = Math.min(size, got + chunkBytes);
        const total = costWei(got, price);
        if (total <= 0n) freeChunks++;
        // What the seller is owed and no more than 1 wei above it, however many vouchers the total came in.
        assert.ok(total >= paid && total << 20n >= BigInt(got) * price && (total - 1n) << 20n < BigInt(got) * price);
        // A seller that counts on the voucher alone would give no byte beyond what 1 wei buys.
        assert.ok(costWei(bytesFor(total, price), price) <= total && bytesFor(total, price) >= BigInt(got));
        paid = total;
      }
    }
    assert.equal(freeChunks, 0);
  });
});
