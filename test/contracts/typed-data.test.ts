/** protocol/vectors/typed-data.json, judged by the contract itself and by a library that we do not sign with. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { hashTypedData, type TypedDataDomain } from 'viem';
import { startChain } from './chain.ts';

const vectors: {
  primaryType: string;
  domain: TypedDataDomain;
  types: Record<string, { name: string; type: string }[]>;
  value: Record<string, unknown>;
  digest: `0x${string}`;
}[] = JSON.parse(readFileSync(new URL('../../protocol/vectors/typed-data.json', import.meta.url), 'utf8'));

describe('typed-data vectors', () => {
  it('has every kind that Chiral signs', () => {
    assert.deepEqual(
      [...new Set(vectors.map(({ primaryType }) => primaryType))],
      ['ChannelConfig', 'Voucher', 'ChannelBinding', 'Receipt', 'Listing', 'Offer'],
    );
  });

  for (const [index, { primaryType, domain, types, value, digest }] of vectors.entries()) {
    it(`viem hashes ${primaryType} ${index} as we do`, () => {
      assert.equal(hashTypedData({ domain, types, primaryType, message: value }), digest);
    });
  }

  it('the contract hashes channels and vouchers as we do', async () => {
    const chain = await startChain();
    for (const { primaryType, value, digest } of vectors) {
      if (primaryType === 'ChannelConfig') assert.equal(await chain.settlement.getChannelId(value), digest);
      if (primaryType === 'Voucher') {
        assert.equal(await chain.settlement.getVoucherDigest(value.channelId, value.maxClaimableAmount), digest);
      }
    }
  });
});
