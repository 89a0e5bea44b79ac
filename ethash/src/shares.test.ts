import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { createLightVerifier } from './light.ts';
import { DEV_PARAMS } from './params.ts';
import { type IssuedWork, type Share, ShareDesk } from './shares.ts';
import { bytesToUint, meetsTarget, targetFromDifficulty } from './target.ts';
import { devKernel, findShares } from './testing/shares.ts';

const light = createLightVerifier({ params: DEV_PARAMS });
const template = () => ({ sealHash: new Uint8Array(randomBytes(32)), epoch: 0, difficulty: 50_000n });

const first = (work: IssuedWork) => findShares(work).next().value;

describe('the share desk', () => {
  it('counts a share once, for the holder it was issued to', async () => {
    const desk = new ShareDesk(light);
    const work = desk.issue('a', template(), 500n);
    assert.equal(work.shareDifficulty, 500n);
    const share = first(work);
    const both = await Promise.all([desk.submit('a', share), desk.submit('a', share)]);
    assert.deepEqual(both.map(({ verdict }) => verdict).sort(), ['counted', 'duplicate']);
    assert.equal((await desk.submit('a', share)).verdict, 'duplicate');
    assert.equal((await desk.submit('b', share)).verdict, 'stale');
  });

  it('lets nobody sell a nonce under another name or difficulty', async () => {
    const desk = new ShareDesk(light);
    const same = template();
    const easy = desk.issue('a', same, 200n);
    const hard = desk.issue('b', same, 20_000n);
    // Heavy enough for the harder one, and still worth only what it was issued at.
    const heavy = findShares({ ...easy, shareDifficulty: 20_000n }).next().value;
    assert.equal((await desk.submit('b', heavy)).verdict, 'stale');
    const counted = await desk.submit('a', heavy);
    assert.equal(counted.verdict === 'counted' && counted.issued.shareDifficulty, 200n);
    assert.notDeepEqual(easy.noncePrefix, hard.noncePrefix);
  });

  it('counts nothing that was issued before a restart', async () => {
    const before = new ShareDesk(light);
    const same = template();
    const share = first(before.issue('a', same, 500n));
    assert.equal((await before.submit('a', share)).verdict, 'counted');
    const after = new ShareDesk(light);
    after.issue('a', same, 500n);
    assert.equal((await after.submit('a', share)).verdict, 'stale');
  });

  it('tells a hash that is none from one that is too light, and hashes nothing that it need not', async () => {
    let hashes = 0;
    const desk = new ShareDesk({
      hashimotoLight(work) {
        hashes++;
        return light.hashimotoLight(work);
      },
    });
    const work = desk.issue('a', template(), 10_000n);
    const share = first(work);
    assert.equal((await desk.submit('a', { ...share, mixHash: new Uint8Array(32) })).verdict, 'invalid');
    const weak = findShares({ ...work, shareDifficulty: 2n });
    let tooLight = weak.next().value;
    const target = targetFromDifficulty(work.shareDifficulty);
    const isShare = ({ nonce }: Share) =>
      meetsTarget(devKernel().hashFull(work.sealHash, bytesToUint(nonce)).result, target);
    while (isShare(tooLight)) tooLight = weak.next().value;
    assert.equal((await desk.submit('a', tooLight)).verdict, 'invalid');
    assert.equal(hashes, 2);
    // A lie takes no place: the honest share still counts.
    assert.equal((await desk.submit('a', share)).verdict, 'counted');
    hashes = 0;
    assert.equal((await desk.submit('a', { ...share, nonce: new Uint8Array(7) })).verdict, 'invalid');
    assert.equal((await desk.submit('a', { ...share, sealHash: new Uint8Array(32) })).verdict, 'stale');
    assert.equal((await desk.submit('a', share)).verdict, 'duplicate');
    assert.equal(hashes, 0);
  });

  it('forgets work that is old, and work beyond a holder’s share of memory', async () => {
    let now = 0;
    const desk = new ShareDesk(light, () => now);
    const old = desk.issue('a', template(), 200n);
    now = 20_001;
    assert.equal((await desk.submit('a', first(old))).verdict, 'stale');
    const pushed = desk.issue('a', template(), 200n);
    for (let i = 0; i < 8; i++) desk.issue('a', template(), 200n);
    assert.equal((await desk.submit('a', first(pushed))).verdict, 'stale');
  });

  it('is never harder than the block, and knows a block when it sees one', async () => {
    const desk = new ShareDesk(light);
    const work = desk.issue('a', template(), 10n ** 12n);
    assert.equal(work.shareDifficulty, 50_000n);
    const verdict = await desk.submit('a', first(work));
    assert.ok(verdict.verdict === 'counted' && verdict.isBlock);
    assert.throws(() => desk.issue('a', template(), 0n), RangeError);
  });
});
