import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Wallet } from 'ethers';
import fc from 'fast-check';
import { isPaymentBindingValid, signPaymentBinding } from './direct-payment.ts';
import { PROTOCOLS } from './offer.ts';
import { decodePaidRows, encodePaidRows, type PaidRow } from './paid-rows.ts';
import { BATCH_SETTLEMENT_ADDRESS } from './payment.ts';

const deployment = { chainId: 98765, contract: BATCH_SETTLEMENT_ADDRESS };
const session = Wallet.createRandom();

const row = fc.record(
  {
    payee: fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes) => `0x${Buffer.from(bytes).toString('hex')}`),
    wei: fc.bigInt({ min: 1n, max: 2n ** 128n - 1n }),
    chunks: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    protocol: fc.constantFrom(...PROTOCOLS, undefined),
  },
  { noNullPrototype: true },
);

describe('rows of a payment after the fact', () => {
  it('come back as they went in, with the key that they name', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 5 }), (rows: PaidRow[]) => {
        assert.deepEqual(decodePaidRows(encodePaidRows(rows, session.address)), {
          rows,
          authorizer: session.address.toLowerCase(),
        });
      }),
      { numRuns: 50 },
    );
  });

  it('lie in 41 bytes as the contract reads them', () => {
    const payee = '0x00000000000000000000000000000000000000AA';
    const hex = encodePaidRows([{ payee, wei: 258n, chunks: 3, protocol: 'libp2p' }], session.address);
    assert.equal(
      hex,
      `0x${'00'.repeat(19)}aa${'00'.repeat(14)}0102${'00000003'}05${session.address.slice(2).toLowerCase()}${'00'.repeat(21)}`,
    );
  });

  it('name nobody when the last of them pays', () => {
    const hex = encodePaidRows([{ payee: session.address, wei: 1n, chunks: 0, protocol: undefined }], session.address);
    assert.deepEqual(Object.keys(decodePaidRows(hex.slice(0, -82))), ['rows']);
  });

  it('of any length are read without a fault', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const { rows, authorizer } = decodePaidRows(`0x${Buffer.from(bytes).toString('hex')}`);
        assert.equal(rows.length + (authorizer ? 1 : 0), Math.floor(bytes.length / 41));
      }),
    );
  });
});

describe('the binding of a payment', () => {
  const binding = { transaction: `0x${'12'.repeat(32)}`, peerId: 'one' };
  const signature = signPaymentBinding(session.signingKey, binding, deployment);

  it('holds for its key, its transaction, its peer and its chain, and for nothing else', () => {
    const holds = (change: object, key = session.address, where = deployment) =>
      isPaymentBindingValid({ ...binding, ...change }, signature, key, where);
    assert.ok(holds({}));
    assert.ok(!holds({ peerId: 'two' }));
    assert.ok(!holds({ transaction: `0x${'13'.repeat(32)}` }));
    assert.ok(!holds({}, Wallet.createRandom().address));
    assert.ok(!holds({}, session.address, { ...deployment, chainId: 1 }));
  });
});
