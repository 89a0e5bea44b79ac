import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createChannel } from './channel.ts';

test('delivers what was pushed before and after the consumer came, then ends', async () => {
  const channel = createChannel<number>();
  channel.push(1);
  const got: number[] = [];
  const reading = (async () => {
    for await (const item of channel) got.push(item);
  })();
  await Promise.resolve();
  channel.push(2);
  channel.push(3);
  channel.end();
  channel.push(4);
  await reading;
  assert.deepEqual(got, [1, 2, 3]);
});

test('a failure comes after what was pushed', async () => {
  const channel = createChannel<number>();
  channel.push(1);
  channel.fail(new Error('broken'));
  channel.end();
  const got: number[] = [];
  await assert.rejects(async () => {
    for await (const item of channel) got.push(item);
  }, /broken/);
  assert.deepEqual(got, [1]);
});
