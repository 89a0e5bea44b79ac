import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAppError } from '@chiral/protocol/errors';
import { createInboundLimit } from './inbound-limit.ts';

/** Streams that stay open until released. */
function createStreams(max: number, crowdedPerPeer: number) {
  const limit = createInboundLimit(max, crowdedPerPeer);
  const release: (() => void)[] = [];
  const open = (peer: string) => limit(peer, () => new Promise((resolve) => release.push(resolve)));
  return { open, release };
}

test('one peer may have many while there is room, and few when there is none', async () => {
  const { open, release } = createStreams(10, 2);
  const loud = Array.from({ length: 12 }, () =>
    open('loud').then(
      () => 'answered',
      (error) => error,
    ),
  );
  assert.equal(release.length, 10);
  const quiet = [open('quiet'), open('quiet')];
  assert.equal(release.length, 12);
  await assert.rejects(open('quiet'), (error) => isAppError(error, 'TOO_MANY'));
  for (const finish of release) finish();
  await Promise.all(quiet);
  const outcomes = await Promise.all(loud);
  assert.equal(outcomes.filter((outcome) => outcome === 'answered').length, 10);
  assert.equal(outcomes.filter((outcome) => isAppError(outcome, 'TOO_MANY')).length, 2);
});

test('a stream that fails gives its place back', async () => {
  const limit = createInboundLimit(1, 0);
  for (let i = 0; i < 3; i++)
    await assert.rejects(
      limit('p', () => Promise.reject(new Error('broken'))),
      /broken/,
    );
  await limit('p', async () => {});
});
