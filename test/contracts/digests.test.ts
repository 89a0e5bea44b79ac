/**
 * TypeScript against Solidity: every digest that the contracts compute, every field of everything that is signed, and every
 * form of a signature, on values at random. The seed is printed by fast-check when one fails.
 */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { FAIR_EXCHANGE_ABI, FAIR_EXCHANGE_CREATION_BYTECODE } from '@chiral/protocol/generated/fair-exchange';
import { channelId, voucherDigest } from '@chiral/protocol/payment';
import { recoverSigner } from '@chiral/protocol/typed-data';
import {
  concat,
  getAddress,
  getBytes,
  hexlify,
  randomBytes,
  type SigningKey,
  TypedDataEncoder,
  toBeHex,
  ZeroAddress,
} from 'ethers';
import {
  addressOf,
  CHAIN_ID,
  DEPLOYMENT,
  deployDouble,
  digestOf,
  newKey,
  startChain,
  type TestChain,
  typesFor,
} from './chain.ts';
import { termsOf } from './sale.ts';

/** Values per digest. */
const RUNS = 100;
/** Altered signatures; the number of the reliability table. */
const FORMS = 10_000;
const CURVE_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

type Fields = { name: string; type: string }[];

const random = (bits: number) => {
  const all = BigInt(hexlify(randomBytes(bits / 8)));
  // The ends of a range are where encoders differ.
  return [0n, 1n, (1n << BigInt(bits)) - 1n, all, all, all][Number(all % 6n)] as bigint;
};

/** A value of an EIP-712 type at random. */
function randomValue(type: string, types: Record<string, Fields>): unknown {
  if (type.endsWith('[]')) {
    return Array.from({ length: Number(random(8) % 4n) }, () => randomValue(type.slice(0, -2), types));
  }
  const fields = types[type];
  if (fields) return Object.fromEntries(fields.map((field) => [field.name, randomValue(field.type, types)]));
  if (type === 'address') return getAddress(toBeHex(random(160), 20));
  if (type === 'bytes32') return toBeHex(random(256), 32);
  return random(Number(type.slice(4)));
}

/** The same value with one leaf field changed, once for each; `path` names it. */
function mutants(type: string, types: Record<string, Fields>, value: unknown): { path: string; value: unknown }[] {
  if (type.endsWith('[]')) {
    const rows = value as unknown[];
    const inner = type.slice(0, -2);
    const changed = rows.flatMap((row, i) =>
      mutants(inner, types, row).map(({ path, value: mutant }) => ({
        path: `[${i}]${path}`,
        value: rows.with(i, mutant),
      })),
    );
    return [...changed, { path: '[+]', value: [...rows, randomValue(inner, types)] }];
  }
  const fields = types[type];
  if (fields) {
    const record = value as Record<string, unknown>;
    return fields.flatMap((field) =>
      mutants(field.type, types, record[field.name]).map(({ path, value: mutant }) => ({
        path: `.${field.name}${path}`,
        value: { ...record, [field.name]: mutant },
      })),
    );
  }
  if (type === 'address') return [{ path: '', value: getAddress(toBeHex(BigInt(value as string) ^ 1n, 20)) }];
  if (type === 'bytes32') return [{ path: '', value: toBeHex(BigInt(value as string) ^ (1n << 255n), 32) }];
  return [{ path: '', value: (value as bigint) ^ 1n }];
}

describe('digests', () => {
  let chain: TestChain;
  before(async () => {
    chain = await startChain();
  });

  /** What the contract says of a value of each type. */
  const ask: Record<string, (value: Record<string, unknown>) => Promise<string>> = {
    ChannelConfig: (value) => chain.settlement.getChannelId(value),
    Voucher: (value) => chain.settlement.getVoucherDigest(value.channelId, value.maxClaimableAmount),
    Refund: (value) => chain.settlement.getRefundDigest(value.channelId, value.nonce, value.amount),
    ConditionalVoucher: (value) =>
      chain.settlement.getConditionalVoucherDigest(
        value.channelId,
        value.maxClaimableAmount,
        value.condition,
        value.terms,
      ),
    Allocation: (value) =>
      chain.settlement.getAllocationDigest(value.channelId, value.amount, value.nonce, value.validBefore),
    Grant: (value) =>
      chain.settlement.getGrantDigest(
        value.payer,
        value.fromKey,
        value.toKey,
        value.amount,
        value.nonce,
        value.validBefore,
      ),
  };

  for (const [type, contractSays] of Object.entries(ask)) {
    test(`${type} is hashed alike by ethers and by the contract, and no field is left out`, async () => {
      const types = typesFor(type);
      for (let i = 0; i < RUNS; i++) {
        const value = randomValue(type, types) as Record<string, unknown>;
        const digest = digestOf(type, value);
        assert.equal(await contractSays(value), digest);
        const seen = new Set([digest]);
        for (const mutant of mutants(type, types, value)) seen.add(digestOf(type, mutant.value as typeof value));
        assert.equal(seen.size, 1 + (types[type]?.length ?? 0), 'a field that does not count');
      }
    });
  }

  test('a claim batch is hashed alike, and no field of any row is left out', async () => {
    const types = typesFor('ClaimBatch');
    const configTypes = typesFor('ChannelConfig');
    for (let i = 0; i < RUNS; i++) {
      const rows = Array.from({ length: 1 + (i % 4) }, () => ({
        config: randomValue('ChannelConfig', configTypes) as Record<string, unknown>,
        maxClaimableAmount: random(128),
        totalClaimed: random(128),
      }));
      const claims = rows.map(({ config, maxClaimableAmount, totalClaimed }) => ({
        channelId: digestOf('ChannelConfig', config),
        maxClaimableAmount,
        totalClaimed,
      }));
      const voucherClaims = rows.map(({ config, maxClaimableAmount, totalClaimed }) => ({
        voucher: { channel: config, maxClaimableAmount },
        signature: '0x',
        totalClaimed,
      }));
      const digest = digestOf('ClaimBatch', { claims });
      assert.equal(await chain.settlement.getClaimBatchDigest(voucherClaims), digest);
      const all = mutants('ClaimBatch', types, { claims });
      assert.equal(
        new Set(all.map(({ value }) => digestOf('ClaimBatch', value as { claims: unknown }))).size,
        all.length,
      );
      assert.ok(all.every(({ value }) => digestOf('ClaimBatch', value as { claims: unknown }) !== digest));
    }
  });

  test('a sale is hashed alike', async () => {
    const exchange = await chain.deploy(FAIR_EXCHANGE_ABI, FAIR_EXCHANGE_CREATION_BYTECODE);
    const { FAIR_EXCHANGE_TYPED_DATA } = await import('@chiral/protocol/generated/fair-exchange');
    const types = { Sale: FAIR_EXCHANGE_TYPED_DATA.Sale };
    for (let i = 0; i < RUNS; i++) {
      const sale = randomValue('Sale', types) as Parameters<typeof termsOf>[0];
      const terms = termsOf(sale);
      assert.equal(await exchange.as(chain.signer(0)).getTerms(sale), terms);
      for (const { path, value } of mutants('Sale', types, sale))
        assert.notEqual(termsOf(value as typeof sale), terms, path);
    }
  });

  test('a digest is of one chain, one contract, one name and one version', () => {
    const value = randomValue('Voucher', typesFor('Voucher')) as Record<string, unknown>;
    const domain = {
      name: 'x402 Batch Settlement',
      version: '1',
      chainId: CHAIN_ID,
      verifyingContract: DEPLOYMENT.contract,
    };
    const others = [
      { ...domain, name: 'x402 batch settlement' },
      { ...domain, version: '2' },
      { ...domain, chainId: 1 },
      { ...domain, verifyingContract: ZeroAddress },
    ];
    const digests = [domain, ...others].map((each) => digestOf('Voucher', value, each));
    assert.equal(new Set(digests).size, 5);
  });

  test('what protocol/payment signs is what the contract hashes', async () => {
    for (let i = 0; i < RUNS; i++) {
      const value = randomValue('ChannelConfig', typesFor('ChannelConfig')) as Record<string, unknown>;
      const config = { ...value, withdrawDelay: Number(value.withdrawDelay) } as unknown as Parameters<
        typeof channelId
      >[0];
      const id = channelId(config, DEPLOYMENT);
      assert.equal(await chain.settlement.getChannelId(config), id);
      const maxClaimableAmount = random(128);
      assert.equal(
        await chain.settlement.getVoucherDigest(id, maxClaimableAmount),
        voucherDigest({ channelId: id, maxClaimableAmount }, DEPLOYMENT),
      );
    }
  });

  test('types in the generated file are those of the ABI', () => {
    const encoder = TypedDataEncoder.from(typesFor('ClaimBatch'));
    assert.equal(
      encoder.encodeType('ClaimBatch'),
      'ClaimBatch(ClaimEntry[] claims)ClaimEntry(bytes32 channelId,uint128 maxClaimableAmount,uint128 totalClaimed)',
    );
  });
});

describe('signatures', () => {
  /** One signature in other clothes; two of the forms are right. */
  function dress(key: SigningKey, digest: string, form: number): string {
    const { r, s, v, yParity, yParityAndS } = key.sign(digest);
    const highS = toBeHex(CURVE_ORDER - BigInt(s), 32);
    const flipped = toBeHex(55 - v, 1);
    const forms = [
      () => concat([r, s, toBeHex(v, 1)]),
      () => concat([r, yParityAndS]),
      () => concat([r, highS, flipped]),
      () => concat([r, highS, toBeHex(v, 1)]),
      () => concat([r, toBeHex(BigInt(highS) | (BigInt(1 - yParity) << 255n), 32)]),
      () => concat([r, s, toBeHex(yParity, 1)]),
      () => concat([r, s, flipped]),
      () => concat([r, s, toBeHex(v + 2, 1)]),
      () => concat([r, s, toBeHex(v, 1), '0x00']),
      () => concat([r, s]).slice(0, -2),
      () => concat([toBeHex(0n, 32), s, toBeHex(v, 1)]),
      () => concat([r, toBeHex(0n, 32), toBeHex(v, 1)]),
      () => concat([toBeHex(CURVE_ORDER, 32), s, toBeHex(v, 1)]),
      () => hexlify(randomBytes(65)),
      () => hexlify(randomBytes(64)),
      () => hexlify(randomBytes(Number(random(8)))),
      () => '0x',
      () => {
        const bytes = getBytes(concat([r, s, toBeHex(v, 1)]));
        const at = Number(random(16) % 65n);
        bytes[at] = (bytes[at] ?? 0) ^ (1 << Number(random(8) % 8n));
        return hexlify(bytes);
      },
    ];
    return (forms[form % forms.length] as () => string)();
  }

  test(`both verifiers agree on ${FORMS} altered forms`, async () => {
    const chain = await startChain();
    const harness = await deployDouble(chain, 'SignaturesHarness');
    const keys = Array.from({ length: 16 }, newKey);
    let agreed = 0;
    let right = 0;
    for (let done = 0; done < FORMS; done += 250) {
      const batch = Array.from({ length: 250 }, (_, i) => {
        const key = keys[(done + i) % keys.length] as SigningKey;
        const digest = hexlify(randomBytes(32));
        return { key, digest, signature: dress(key, digest, done + i) };
      });
      const theirs: string[] = await harness.getFunction('recoverMany').staticCall(
        batch.map(({ digest }) => digest),
        batch.map(({ signature }) => signature),
        { gasLimit: 4_600_000 },
      );
      for (const [i, { key, digest, signature }] of batch.entries()) {
        const ours = recoverSigner(digest, signature) ?? ZeroAddress;
        assert.equal(ours, theirs[i], `${digest} ${signature}`);
        agreed++;
        if (ours === addressOf(key)) right++;
      }
    }
    assert.equal(agreed, FORMS);
    // Two of 18 forms are right, and no other is taken for the signer's.
    assert.equal(right, Array.from({ length: FORMS }, (_, i) => i % 18).filter((form) => form < 2).length);
  });
});
