import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { createLightVerifier } from '@chiral/ethash/light';
import { DEV_PARAMS, seedHash } from '@chiral/ethash/params';
import { nonceToBytes } from '@chiral/ethash/target';
import { findShares } from '@chiral/ethash/testing/shares';
import { type AppError, isAppError } from '@chiral/protocol/errors';
import { getBytes, hexlify } from 'ethers';
import { createLog } from '../log.ts';
import type { WorkTemplate } from '../ports.ts';
import { BLOCK_REWARD_WEI, createWorkDesk, type OfferedWork, SHARE_DIFFICULTY, shareWorthWei } from './work-desk.ts';

const light = createLightVerifier({ params: DEV_PARAMS });

/** Shares as an honest peer finds them. */
function* find({ sealHash, noncePrefix, shareDifficulty }: OfferedWork) {
  const work = { sealHash: getBytes(sealHash), noncePrefix: getBytes(noncePrefix), shareDifficulty };
  for (const { nonce, mixHash } of findShares(work))
    yield { sealHash, nonce: hexlify(nonce), mixHash: hexlify(mixHash) };
}
const first = (work: OfferedWork) => find(work).next().value!;
const lie = (work: OfferedWork) => ({
  sealHash: work.sealHash,
  nonce: hexlify(nonceToBytes((BigInt(work.noncePrefix) << 32n) + 5n)),
  mixHash: hexlify(new Uint8Array(32)),
});

function desk({ difficulty = 25_000n, factorPermille = 1000, earned = {} as Record<string, bigint> } = {}) {
  const clock = { now: 1_000_000 };
  const counted = new Map<string, bigint>(Object.entries(earned));
  const blocks: string[] = [];
  const costs = { hashes: 0, verifiers: 0, asks: 0, syncs: 0 };
  const state: { template: WorkTemplate | undefined } = {
    template: { profile: 'dev', sealHash: new Uint8Array(randomBytes(32)), seedHash: seedHash(0), difficulty },
  };
  const work = createWorkDesk({
    source: {
      async current() {
        costs.asks++;
        return state.template;
      },
      async submit({ nonce }) {
        blocks.push(hexlify(nonce));
        return true;
      },
    },
    ledger: {
      totals: (peer) => ({
        deliveredWei: 0n,
        authorizedWei: 0n,
        settledWei: 0n,
        deliveredBytes: 0,
        workedWei: counted.get(peer) ?? 0n,
        toPromiseWei: 0n,
      }),
      countWork: (peer, direction, wei) => {
        assert.equal(direction, 'out');
        counted.set(peer, wei);
      },
    },
    factorPermille,
    synced: async () => void costs.syncs++,
    verifierOf: (profile) => {
      assert.equal(profile, 'dev');
      costs.verifiers++;
      return {
        hashimotoLight(task) {
          costs.hashes++;
          return light.hashimotoLight(task);
        },
      };
    },
    now: () => clock.now,
    log: createLog('silent'),
  });
  return { work, clock, counted, blocks, costs, state };
}

const code = (expected: string) => (error: unknown) => isAppError(error, expected as AppError['code']);

describe('what a share is worth', () => {
  it('is its part of a reward, to the wei and never above', () => {
    assert.equal(shareWorthWei(1n, 1n, 1000n), BLOCK_REWARD_WEI);
    assert.equal(shareWorthWei(1n, 3n, 1000n), BLOCK_REWARD_WEI / 3n);
    assert.equal(shareWorthWei(65_536n, 4_194_304n, 1000n), BLOCK_REWARD_WEI / 64n);
    assert.equal(shareWorthWei(65_536n, 4_194_304n, 950n), ((BLOCK_REWARD_WEI / 64n) * 95n) / 100n);
    // A difficulty beyond what a double holds loses nothing.
    assert.equal(shareWorthWei(2n ** 60n, 2n ** 61n + 1n, 1000n), BLOCK_REWARD_WEI / 2n - 1n);
  });
});

describe('the desk for work', () => {
  it('counts shares into a running total that is safe before it is told', async () => {
    const { work, counted, costs } = desk({ difficulty: 1_000_000n });
    const offered = await work.issue('a', 0);
    assert.equal(offered.shareDifficulty, SHARE_DIFFICULTY.least);
    assert.equal(offered.shareWei, shareWorthWei(SHARE_DIFFICULTY.least, 1_000_000n, 1000n));
    assert.equal(costs.verifiers, 0, 'nothing is made before the first share');
    const shares = find(offered);
    for (let i = 1n; i <= 2n; i++) {
      assert.equal(await work.submit('a', shares.next().value!), i * offered.shareWei);
      assert.equal(counted.get('a'), i * offered.shareWei);
    }
    assert.deepEqual([costs.hashes, costs.verifiers, costs.syncs], [2, 1, 2]);
  });

  it('goes on from what was earned before, whatever became of this process', async () => {
    const { work } = desk({ earned: { a: 77n } });
    const offered = await work.issue('a', 0);
    assert.equal(await work.submit('a', first(offered)), 77n + offered.shareWei);
  });

  it('fits shares to a second of the finder, within its bounds, and pays by the difficulty', async () => {
    const { work, clock } = desk({ difficulty: 2n ** 40n });
    for (const [rate, difficulty] of [
      [0, SHARE_DIFFICULTY.least],
      [400_000, 400_000n],
      [Number.MAX_SAFE_INTEGER, SHARE_DIFFICULTY.most],
    ] as const) {
      clock.now += 1_000;
      const offered = await work.issue('a', rate);
      assert.equal(offered.shareDifficulty, difficulty);
      assert.equal(offered.shareWei, shareWorthWei(difficulty, 2n ** 40n, 1000n));
    }
  });

  it('takes a duplicate once, even two at one moment, and nothing of another peer’s', async () => {
    const { work, counted } = desk({ difficulty: 1_000_000n });
    const offered = await work.issue('a', 0);
    const share = first(offered);
    const outcomes = await Promise.allSettled([work.submit('a', share), work.submit('a', share)]);
    assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    await assert.rejects(work.submit('a', share), code('SHARE_DUPLICATE'));
    await assert.rejects(work.submit('b', share), code('SHARE_STALE'));
    assert.equal(counted.get('a'), offered.shareWei);
    assert.equal(counted.get('b'), undefined);
  });

  it('counts nothing from before a restart, though the node gives out the same template', async () => {
    const before = desk({ difficulty: 1_000_000n });
    const share = first(await before.work.issue('a', 0));
    await before.work.submit('a', share);
    const after = desk({ difficulty: 1_000_000n, earned: { a: before.counted.get('a')! } });
    after.state.template = before.state.template;
    await after.work.issue('a', 0);
    await assert.rejects(after.work.submit('a', share), code('SHARE_STALE'));
    assert.equal(after.counted.get('a'), before.counted.get('a'));
    assert.equal(after.costs.hashes, 0);
  });

  it('refuses work that is too old', async () => {
    const { work, clock } = desk({ difficulty: 1_000_000n });
    const share = first(await work.issue('a', 0));
    clock.now += 60_000;
    await assert.rejects(work.submit('a', share), code('SHARE_STALE'));
  });

  it('hears nobody who sent a false share, longer each time, and then again', async () => {
    const { work, clock, costs } = desk({ difficulty: 1_000_000n });
    let offered = await work.issue('a', 0);
    await assert.rejects(work.submit('a', lie(offered)), code('SHARE_INVALID'));
    for (let i = 0; i < 100; i++) {
      await assert.rejects(work.submit('a', lie(offered)), code('SHARE_INVALID'));
      await assert.rejects(work.issue('a', 0), code('SHARE_INVALID'));
    }
    assert.equal(costs.hashes, 1);
    clock.now += 60_000;
    offered = await work.issue('a', 0);
    await assert.rejects(work.submit('a', lie(offered)), code('SHARE_INVALID'));
    clock.now += 60_000;
    await assert.rejects(work.issue('a', 0), code('SHARE_INVALID'));
    clock.now += 60_000;
    offered = await work.issue('a', 0);
    assert.equal(await work.submit('a', first(offered)), offered.shareWei);
  });

  it('spends on a crowd of liars no more than its ration, and still hears who has earned something', async () => {
    const { work, clock, costs } = desk({ difficulty: 1_000_000n, earned: { old: 5n } });
    const old = find(await work.issue('old', 0));
    for (let i = 0; i < 500; i++) {
      const offered = await work.issue(`liar-${i}`, 0);
      await assert.rejects(work.submit(`liar-${i}`, lie(offered)), (error) =>
        isAppError(error, 'SHARE_INVALID', 'TOO_MANY'),
      );
    }
    assert.equal(costs.hashes, 20);
    assert.ok((await work.submit('old', old.next().value!)) > 5n);
    clock.now += 1_000;
    for (let i = 500; i < 600; i++) {
      const offered = await work.issue(`liar-${i}`, 0);
      await work.submit(`liar-${i}`, lie(offered)).catch(() => {});
    }
    assert.equal(costs.hashes, 31, 'ten more in a second');
  });

  it('rations what one peer may send and ask', async () => {
    const { work, clock } = desk({ difficulty: 1_000_000n });
    const offered = await work.issue('a', 0);
    const shares = find(offered);
    const taken = await Promise.allSettled(Array.from({ length: 12 }, () => work.submit('a', shares.next().value!)));
    assert.equal(taken.filter(({ status }) => status === 'fulfilled').length, 8);
    await assert.rejects(work.submit('a', shares.next().value!), code('TOO_MANY'));
    clock.now += 1_000;
    await work.submit('a', shares.next().value!);
    for (let i = 0; i < 8; i++) await work.issue('b', 0);
    await assert.rejects(work.issue('b', 0), code('TOO_MANY'));
  });

  it('hands a share that is a block to the chain, and counts it as any other', async () => {
    const { work, blocks, counted } = desk({ difficulty: 1_000n });
    const offered = await work.issue('a', 1e9);
    assert.equal(offered.shareDifficulty, 1_000n);
    const share = first(offered);
    assert.equal(await work.submit('a', share), BLOCK_REWARD_WEI);
    assert.deepEqual(blocks, [share.nonce]);
    assert.equal(counted.get('a'), BLOCK_REWARD_WEI);
  });

  it('takes no work where there is none, or where the owner wants none', async () => {
    const none = desk();
    none.state.template = undefined;
    await assert.rejects(none.work.issue('a', 0), code('NO_WORK'));
    none.state.template = {
      profile: 'dev',
      sealHash: new Uint8Array(32),
      seedHash: new Uint8Array(32).fill(1),
      difficulty: 1n,
    };
    await assert.rejects(none.work.issue('a', 0), code('NO_WORK'), 'a seed of no epoch');
    const off = desk({ factorPermille: 0 });
    await assert.rejects(off.work.issue('a', 0), code('NO_WORK'));
    assert.equal(off.costs.asks, 0);
  });
});
