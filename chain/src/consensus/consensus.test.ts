import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { createBlockHeader } from '@ethereumjs/block';
import { Common, Hardfork, Mainnet } from '@ethereumjs/common';
import { bytesToHex, KECCAK256_RLP_ARRAY } from '@ethereumjs/util';
import fc from 'fast-check';
import { type ChainSpec, createChainSpec, difficultyRulesAt, readGenesis } from '../genesis.ts';
import { testGenesis } from '../testing/fixture.ts';
import { nextDifficulty } from './difficulty.ts';
import { isGasLimitLegal, nextBaseFee, nextGasLimit } from './gas.ts';
import { sealHash } from './validate.ts';

const mainnetRules = { minimum: 131_072n, boundDivisor: 2_048n, stepSeconds: 9n };

test('difficulty agrees with an independent implementation on every fork', () => {
  const forks = [
    [Hardfork.Chainstart, 'frontier', 0n],
    [Hardfork.Homestead, 'homestead', 0n],
    [Hardfork.Byzantium, 'byzantium', 3_000_000n],
    [Hardfork.Constantinople, 'byzantium', 5_000_000n],
    [Hardfork.MuirGlacier, 'byzantium', 9_000_000n],
    [Hardfork.GrayGlacier, 'byzantium', 11_400_000n],
  ] as const;
  for (const [hardfork, era, bombDelay] of forks) {
    const common = new Common({ chain: Mainnet, hardfork });
    const arbitrary = fc.record({
      number: fc.bigInt(1n, 20_000_000n),
      // Well above the floor: at it, the yellow paper and the clients differ in the order of floor and bomb; we do as clients.
      difficulty: fc.bigInt(200_000n, 2n ** 60n),
      elapsed: fc.bigInt(1n, 2_000n),
      hasUncles: fc.boolean(),
    });
    fc.assert(
      fc.property(arbitrary, ({ number, difficulty, elapsed, hasUncles }) => {
        const uncleHash = hasUncles ? new Uint8Array(32).fill(1) : KECCAK256_RLP_ARRAY;
        const london = common.isActivatedEIP(1559) ? { baseFeePerGas: 7n } : {};
        const parent = createBlockHeader({ number, difficulty, timestamp: 1_000n, uncleHash, ...london }, { common });
        const child = createBlockHeader({ number: number + 1n, timestamp: 1_000n + elapsed, ...london }, { common });
        const ours = nextDifficulty({ number, difficulty, timestamp: 1_000n, hasUncles }, 1_000n + elapsed, {
          ...mainnetRules,
          era,
          bombDelay,
        });
        assert.equal(ours, child.ethashCanonicalDifficulty(parent));
      }),
      { numRuns: 150 },
    );
  }
});

test('our chains use the byzantium formula and the latest bomb delay from block 0', async () => {
  const spec = await createChainSpec(testGenesis());
  assert.deepEqual(difficultyRulesAt(spec, 1n), { ...spec.difficulty, era: 'byzantium', bombDelay: 11_400_000n });
});

test('base fee agrees with an independent implementation', () => {
  const common = new Common({ chain: Mainnet, hardfork: Hardfork.GrayGlacier });
  fc.assert(
    fc.property(
      fc.bigInt(5_000n, 60_000_000n),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.bigInt(0n, 2n ** 70n),
      (gasLimit, part, fee) => {
        const gasUsed = BigInt(Math.floor(Number(gasLimit) * part));
        const header = createBlockHeader({ number: 20_000_000n, gasLimit, gasUsed, baseFeePerGas: fee }, { common });
        assert.equal(nextBaseFee({ gasLimit, gasUsed, baseFeePerGas: fee }), header.calcNextBaseFee());
      },
    ),
  );
});

test('the gas limit drifts to its target by legal moves and stays there', () => {
  let limit = 4_700_000n;
  let blocks = 0;
  while (limit !== 30_000_000n) {
    const next = nextGasLimit(limit, 30_000_000n);
    assert.ok(isGasLimitLegal(next, limit));
    assert.notEqual(next, limit);
    limit = next;
    blocks++;
  }
  assert.ok(blocks > 1_800 && blocks < 2_000, `${blocks} blocks`);
  assert.equal(nextGasLimit(limit, 30_000_000n), limit);
  assert.ok(nextGasLimit(limit, 5_000n) < limit);
  assert.ok(!isGasLimitLegal(30_000_000n + 30_000_000n / 1024n, 30_000_000n));
  assert.ok(!isGasLimitLegal(4_999n, 5_000n));
});

test('the seal hash covers the base fee and leaves out nonce and mix hash', () => {
  const common = new Common({ chain: Mainnet, hardfork: Hardfork.GrayGlacier });
  const header = (fields: object) =>
    createBlockHeader({ number: 15_537_393n, baseFeePerGas: 9n, ...fields }, { common });
  const plain = bytesToHex(sealHash(header({})));
  assert.equal(bytesToHex(sealHash(header({ nonce: '0x0123456789abcdef', mixHash: `0x${'77'.repeat(32)}` }))), plain);
  assert.notEqual(bytesToHex(sealHash(header({ baseFeePerGas: 10n }))), plain);
});

test('a mainnet header of London decodes to its public hash', async () => {
  const file = new URL('../../vectors/mainnet-15537393.json', import.meta.url);
  const vector = JSON.parse(await readFile(file, 'utf8'));
  const common = new Common({ chain: Mainnet, hardfork: Hardfork.GrayGlacier });
  assert.equal(bytesToHex(createBlockHeader(vector.header, { common }).hash()), vector.hash);
});

/**
 * Mean interval, seconds, of blocks `from` to `to` for a miner of constant speed: finding takes exponential time, and a template is
 * made anew, with the time and difficulty of then, when it is 5 s old.
 */
function meanInterval(spec: ChainSpec, hashesPerSecond: number, from: number, to: number, seed = 1): number {
  const rules = difficultyRulesAt(spec, 1n);
  const uniform = () => {
    // xorshift32: the same blocks each time.
    seed ^= seed << 13;
    seed ^= seed >>> 17;
    seed ^= seed << 5;
    return ((seed >>> 0) + 1) / (2 ** 32 + 1);
  };
  const epoch = 1_700_000_000;
  let parent = { number: 0n, timestamp: 0n, difficulty: spec.genesis.header.difficulty, hasUncles: false };
  let [clock, startedAt] = [epoch, 0];
  for (let block = 1; block <= to; block++) {
    for (let templateAt = clock; ; templateAt += 5) {
      const now = BigInt(Math.floor(templateAt));
      const timestamp = now > parent.timestamp ? now : parent.timestamp + 1n;
      const difficulty = nextDifficulty(parent, timestamp, rules);
      const foundAfter = (-Math.log(uniform()) * Number(difficulty)) / hashesPerSecond;
      if (foundAfter > 5) continue;
      clock = templateAt + foundAfter;
      parent = { number: BigInt(block), timestamp, difficulty, hasUncles: false };
      break;
    }
    if (block === from) startedAt = clock;
  }
  return (clock - startedAt) / (to - from);
}

test('the difficulty settles at 2.6 s for development and 12.6 s for the network, at any speed', async () => {
  const read = async (name: string) =>
    createChainSpec(await readGenesis(new URL(`../../../genesis/${name}`, import.meta.url)));
  const [dev, network] = [await read('dev.json'), await read('genesis.json')];
  for (const hashesPerSecond of [200e3, 1e6, 8e6]) {
    const mean = meanInterval(dev, hashesPerSecond, 100, 4_000);
    assert.ok(mean > 2.4 && mean < 2.8, `dev, ${hashesPerSecond} H/s: ${mean.toFixed(2)} s`);
  }
  const soon = Array.from({ length: 20 }, (_, i) => meanInterval(dev, 1e6, 50, 150, i + 1));
  const mean = soon.reduce((a, b) => a + b) / soon.length;
  assert.ok(mean > 2.3 && mean < 2.9, `dev, blocks 50 to 150: ${mean.toFixed(2)} s`);
  for (const hashesPerSecond of [200e3, 1.5e6, 20e6]) {
    const mean = meanInterval(network, hashesPerSecond, 10_000, 30_000);
    assert.ok(mean > 12 && mean < 13.2, `network, ${hashesPerSecond} H/s: ${mean.toFixed(2)} s`);
  }
});
