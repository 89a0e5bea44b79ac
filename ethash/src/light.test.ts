import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Ethash as EthereumjsEthash } from '@ethereumjs/ethash';
import fc from 'fast-check';
import { createLightVerifier } from './light.ts';
import { cacheBytes, DEV_PARAMS, datasetBytes, seedHash } from './params.ts';
import { bytesToUint, targetFromDifficulty } from './target.ts';
import { fromHex, headerSeals, toHex, vectors } from './testing/vectors.ts';
import type { LightVerifier, Seal } from './types.ts';

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const bytes8 = fc.uint8Array({ minLength: 8, maxLength: 8 });

/** A seal of the dev profile at a tiny difficulty, found by trying. */
async function devSeal(light: LightVerifier, difficulty: bigint, blockNumber = 7n): Promise<Seal> {
  const sealHash = new Uint8Array(32).fill(9);
  for (let tried = 0; ; tried++) {
    const nonce = new Uint8Array(8);
    new DataView(nonce.buffer).setUint32(4, tried);
    const { mixHash, result } = await light.hashimotoLight({ sealHash, nonce, blockNumber });
    if (bytesToUint(result) <= targetFromDifficulty(difficulty))
      return { sealHash, nonce, mixHash, difficulty, blockNumber };
  }
}

describe('light verification with the full parameters', () => {
  const light = createLightVerifier();

  it('computes the public hashes of epochs 0 and 1', async () => {
    for (const want of vectors.hashes.filter(({ blockNumber }) => blockNumber < 60_000)) {
      const work = { sealHash: fromHex(want.sealHash), nonce: fromHex(want.nonce) };
      const hash = await light.hashimotoLight({ ...work, blockNumber: BigInt(want.blockNumber) });
      assert.equal(toHex(hash.mixHash), want.mixHash, `block ${want.blockNumber}`);
      if (want.result !== undefined) assert.equal(toHex(hash.result), want.result, `block ${want.blockNumber}`);
    }
  });

  // The caches of late epochs take seconds: scripts/prove.ts does the rest.
  for (const { fork, ...seal } of headerSeals.filter((header) => header.fork !== 'berlin')) {
    it(`accepts mainnet header ${seal.blockNumber} (${fork}) and refuses it when touched`, async () => {
      assert.equal(await light.verify(seal), true);
      const touched = (bytes: Uint8Array) => bytes.map((byte, i) => (i === 3 ? byte ^ 1 : byte));
      assert.equal(await light.verify({ ...seal, nonce: touched(seal.nonce) }), false);
      assert.equal(await light.verify({ ...seal, mixHash: touched(seal.mixHash) }), false);
      assert.equal(await light.verify({ ...seal, sealHash: touched(seal.sealHash) }), false);
      assert.equal(await light.verify({ ...seal, difficulty: seal.difficulty * 2n ** 40n }), false);
    });
  }
});

describe('light verification with the dev parameters', () => {
  const light = createLightVerifier({ params: DEV_PARAMS });

  it('computes what @ethereumjs/ethash computes', async () => {
    const judge = new EthereumjsEthash();
    for (const epoch of [0, 3]) {
      judge.mkcache(cacheBytes(DEV_PARAMS, epoch), seedHash(epoch));
      for (const [sealHash, nonce] of fc.sample(fc.tuple(bytes32, bytes8), 3)) {
        const want = judge.run(sealHash, nonce, datasetBytes(DEV_PARAMS, epoch));
        const hash = await light.hashimotoLight({ sealHash, nonce, epoch });
        assert.equal(toHex(hash.mixHash), toHex(want.mix));
        assert.equal(toHex(hash.result), toHex(want.hash));
      }
    }
  });

  it('draws the line at the exact difficulty', async () => {
    const seal = await devSeal(light, 20n);
    const { result } = await light.hashimotoLight(seal);
    const hardest = 2n ** 256n / bytesToUint(result);
    assert.equal(await light.verify({ ...seal, difficulty: hardest }), true);
    assert.equal(await light.verify({ ...seal, difficulty: hardest + 1n }), false);
    assert.equal(await light.verify({ ...seal, difficulty: 1n }), true);
  });

  it('calls a seal with one malformed field false, and never throws', async () => {
    const seal = await devSeal(light, 1n);
    assert.equal(await light.verify(seal), true);
    const not = (length: number) => fc.uint8Array({ maxLength: 70 }).filter((bytes) => bytes.length !== length);
    const wrong = fc.oneof(
      fc.record({ sealHash: not(32) }),
      fc.record({ nonce: not(8) }),
      fc.record({ mixHash: not(32) }),
      fc.record({ difficulty: fc.bigInt({ max: 0n }) }),
      fc.record({ blockNumber: fc.oneof(fc.bigInt({ max: -1n }), fc.bigInt({ min: 2048n * 30_000n })) }),
    );
    await fc.assert(
      fc.asyncProperty(wrong, async (field) => assert.equal(await light.verify({ ...seal, ...field }), false)),
    );
  });

  it('refuses a malformed hash request with a RangeError', async () => {
    const [sealHash, nonce] = [new Uint8Array(32), new Uint8Array(8)];
    await assert.rejects(light.hashimotoLight({ sealHash: sealHash.subarray(1), nonce, epoch: 0 }), RangeError);
    await assert.rejects(light.hashimotoLight({ sealHash, nonce: nonce.subarray(1), epoch: 0 }), RangeError);
    await assert.rejects(light.hashimotoLight({ sealHash, nonce, epoch: -1 }), RangeError);
    await assert.rejects(light.prepare({ blockNumber: -1n }), RangeError);
  });

  it('keeps apart epochs that are asked for at once, in any order, more than it caches', async () => {
    const epochs = [5, 0, 9, 5, 2, 7, 0, 11, 2];
    const sealHash = new Uint8Array(32).fill(1);
    const nonce = new Uint8Array(8);
    const together = await Promise.all(epochs.map((epoch) => light.hashimotoLight({ sealHash, nonce, epoch })));
    for (const [i, epoch] of epochs.entries()) {
      const alone = createLightVerifier({ params: DEV_PARAMS });
      assert.deepEqual(await alone.hashimotoLight({ sealHash, nonce, epoch }), together[i]);
    }
  });

  it('lets the event loop run while many are asked for at once', async () => {
    const seal = await devSeal(light, 1n);
    let turns = 0;
    const count = setInterval(() => turns++, 1);
    const verified = await Promise.all(Array.from({ length: 500 }, () => light.verify(seal)));
    clearInterval(count);
    assert.ok(verified.every((isValid) => isValid));
    assert.ok(turns > 3, `${turns} turns during 500 verifications`);
  });

  it('accepts the same seal on both sides of an epoch only where it was made', async () => {
    const seal = await devSeal(light, 50n, 29_999n);
    assert.equal(await light.verify(seal), true);
    assert.equal(await light.verify({ ...seal, blockNumber: 30_000n }), false);
  });

  for (const [blockNumber, isMade] of [
    [26_999n, false],
    [27_000n, true],
  ] as const) {
    it(`has ${isMade ? 'made' : 'not made'} the next cache after a block ${blockNumber}`, async (t) => {
      const fresh = createLightVerifier({ params: DEV_PARAMS });
      await fresh.prepare({ epoch: 0 });
      const seal = await devSeal(light, 1n);
      t.mock.timers.enable({ apis: ['setTimeout'] });
      await fresh.verify({ ...seal, blockNumber });
      const turn = async () => {
        t.mock.timers.tick(1);
        await new Promise((resolve) => setImmediate(resolve));
      };
      for (let turns = 0; turns < 20; turns++) await turn();
      let isReady = false;
      void fresh.prepare({ epoch: 1 }).then(() => {
        isReady = true;
      });
      await new Promise((resolve) => setImmediate(resolve));
      assert.equal(isReady, isMade);
      while (!isReady) await turn();
    });
  }
});
