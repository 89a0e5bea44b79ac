import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addUp } from './earnings.ts';

test('deliveries are added up by a key, the dearest first, without what delivered nothing', () => {
  const rows = [
    { cid: 'a', to: 'x', bytes: 10, wei: 1n },
    { cid: 'b', to: 'x', bytes: 5, wei: 3n },
    { cid: 'a', to: 'y', bytes: 20, wei: 2n },
    { cid: 'c', to: 'z', bytes: 0, wei: 0n },
  ];
  assert.deepEqual(
    addUp(rows, ({ cid }) => cid),
    [
      { key: 'a', bytes: 30, wei: 3n },
      { key: 'b', bytes: 5, wei: 3n },
    ],
  );
  assert.deepEqual(
    addUp(rows, ({ to }) => to),
    [
      { key: 'x', bytes: 15, wei: 4n },
      { key: 'y', bytes: 20, wei: 2n },
    ],
  );
});
