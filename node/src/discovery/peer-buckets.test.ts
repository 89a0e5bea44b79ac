import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createPeerBuckets } from './peer-buckets.ts';

const RATE = { burst: 3, perSecond: 1, maxPeers: 2, isStrict: false };

describe('what a peer may ask', () => {
  it('is a burst, and one more whenever its time has passed', () => {
    let now = 0;
    const allow = createPeerBuckets(RATE, () => now);
    assert.deepEqual(
      [1, 2, 3, 4].map(() => allow('a')),
      [true, true, true, false],
    );
    assert.equal(allow('b'), true, 'another is not held up');
    now = 1000;
    assert.deepEqual([allow('a'), allow('a')], [true, false]);
    now = 3_600_000;
    assert.deepEqual(
      [1, 2, 3, 4].map(() => allow('a')),
      [true, true, true, false],
      'never more than a burst',
    );
  });

  it('comes back while it keeps asking, unless we are strict', () => {
    for (const isStrict of [false, true]) {
      let now = 0;
      const allow = createPeerBuckets({ ...RATE, burst: 1, isStrict }, () => now);
      assert.equal(allow('a'), true);
      const answers = [500, 1000].map((atMs) => {
        now = atMs;
        return allow('a');
      });
      assert.deepEqual(answers, [false, !isStrict]);
      now = 2000;
      assert.equal(allow('a'), true);
    }
  });

  it('is remembered of so many peers, the longest silent forgotten first', () => {
    const allow = createPeerBuckets({ ...RATE, burst: 1 }, () => 0);
    assert.deepEqual(['a', 'b', 'a', 'c', 'a', 'b'].map(allow), [true, true, false, true, false, true]);
  });
});
