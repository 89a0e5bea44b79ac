import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HashMeter } from './hash-meter.ts';

describe('the hash meter', () => {
  const setUp = () => {
    const clock = { ms: 0 };
    return { clock, meter: new HashMeter(() => clock.ms) };
  };

  it('says 0 before the first search', () => {
    const { meter } = setUp();
    assert.equal(meter.hashes, 0);
    assert.equal(meter.hashesPerSecond, 0);
  });

  it('counts only the time spent searching', () => {
    const { clock, meter } = setUp();
    for (let search = 0; search < 3; search++) {
      meter.start(() => 500);
      clock.ms += 1000;
      meter.stop();
      clock.ms += 60_000;
    }
    assert.equal(meter.hashes, 1500);
    assert.equal(meter.hashesPerSecond, 500);
  });

  it('forgets searches that are older than its window', () => {
    const { clock, meter } = setUp();
    meter.start(() => 1_000_000);
    clock.ms += 5000;
    meter.stop();
    for (let search = 0; search < 10; search++) {
      meter.start(() => 100);
      clock.ms += 1000;
      meter.stop();
    }
    assert.equal(meter.hashesPerSecond, 100);
    assert.equal(meter.hashes, 1_001_000);
  });

  it('counts a search that is running, and a long one alone', () => {
    const { clock, meter } = setUp();
    let tried = 0;
    meter.start(() => 900);
    clock.ms += 1000;
    meter.stop();
    meter.start(() => tried);
    clock.ms += 1000;
    tried = 100;
    assert.equal(meter.hashes, 1000);
    assert.equal(meter.hashesPerSecond, 500);
    clock.ms += 9000;
    tried = 2000;
    assert.equal(meter.hashesPerSecond, 200);
  });

  it('may be stopped twice', () => {
    const { clock, meter } = setUp();
    meter.start(() => 5);
    clock.ms += 10;
    meter.stop();
    meter.stop();
    assert.equal(meter.hashes, 5);
  });
});
