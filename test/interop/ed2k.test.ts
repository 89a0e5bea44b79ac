import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ed2kInteropObstacle, runEd2kInterop } from './support/ed2k-interop.ts';

const skip = ed2kInteropObstacle();

test('amuled fetches a file from us, waits while the gate is closed, and is counted every byte once', {
  skip,
}, async () => {
  const size = 20_000_017;
  const row = await runEd2kInterop('upload', size);
  assert.deepEqual({ ok: row.ok, bytes: row.bytes, problems: row.problems }, { ok: true, bytes: size, problems: [] });
});

test('we fetch a file of two parts from amuled', { skip }, async () => {
  const size = 10_000_019;
  const row = await runEd2kInterop('download', size);
  assert.deepEqual({ ok: row.ok, bytes: row.bytes, problems: row.problems }, { ok: true, bytes: size, problems: [] });
});
