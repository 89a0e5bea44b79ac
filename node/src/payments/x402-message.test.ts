import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isAppError } from '@chiral/protocol/errors';
import fc from 'fast-check';
import { decodePayment, encodeHeader } from './x402-message.ts';

const address = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';
const word = `0x${'ab'.repeat(32)}`;
const signature = `0x${'cd'.repeat(64)}1b`;
const channelConfig = {
  payer: address,
  payerAuthorizer: address,
  receiver: address,
  receiverAuthorizer: address,
  token: address,
  withdrawDelay: 900,
  salt: word,
};
const voucher = { channelId: word, maxClaimableAmount: '1000', signature };
const accepted = { scheme: 'batch-settlement', network: 'eip155:1', asset: address, amount: '1000', payTo: address };
const payment = { x402Version: 2, accepted, payload: { type: 'voucher', channelConfig, voucher } };

describe('a payment header', () => {
  it('is read, whatever else its sender put in', () => {
    const more = {
      ...payment,
      resource: { url: 'x' },
      extensions: {},
      accepted: { ...accepted, extra: { name: 'y' } },
    };
    const read = decodePayment(encodeHeader(more));
    assert.equal(read.scheme, 'batch-settlement');
    assert.deepEqual(read.accepted, {
      scheme: 'batch-settlement',
      network: 'eip155:1',
      asset: address,
      amount: 1000n,
      payTo: address,
    });
    assert.deepEqual(read.payload, {
      type: 'voucher',
      channelConfig,
      voucher: { ...voucher, maxClaimableAmount: 1000n },
    });
  });

  const broken: [string, (value: Record<string, never>) => unknown][] = [
    ['version 1', (value) => ({ ...value, x402Version: 1 })],
    ['another scheme', (value) => ({ ...value, accepted: { ...accepted, scheme: 'upto' } })],
    ['a negative amount', (value) => ({ ...value, accepted: { ...accepted, amount: '-1' } })],
    ['a number for an amount', (value) => ({ ...value, accepted: { ...accepted, amount: 1 } })],
    ['no voucher', (value) => ({ ...value, payload: { type: 'voucher', channelConfig } })],
    [
      'half a signature',
      (value) => ({ ...value, payload: { ...payment.payload, voucher: { ...voucher, signature: '0xab' } } }),
    ],
    ['a wrong checksum', (value) => ({ ...value, accepted: { ...accepted, asset: address.replace('C5', 'c5') } })],
  ];
  for (const [name, change] of broken) {
    it(`with ${name} is BAD_REQUEST`, () => {
      const header = encodeHeader(change(structuredClone(payment) as never) as object);
      assert.throws(
        () => decodePayment(header),
        (error) => isAppError(error, 'BAD_REQUEST'),
      );
    });
  }

  it('of any text, and of any JSON, is BAD_REQUEST or read', () => {
    const tries = (header: string) => {
      try {
        decodePayment(header);
      } catch (error) {
        assert.ok(isAppError(error, 'BAD_REQUEST'), String(error));
      }
    };
    fc.assert(fc.property(fc.string({ maxLength: 200 }), tries), { numRuns: 500 });
    fc.assert(
      fc.property(fc.jsonValue(), (payload) => tries(encodeHeader({ ...payment, payload }))),
      { numRuns: 500 },
    );
  });
});
