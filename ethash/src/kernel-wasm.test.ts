import assert from 'node:assert/strict';
import { it } from 'node:test';
import { isKernelFresh } from '../scripts/build-kernel.ts';

it('the embedded kernel is what assembly/ compiles to', async () => {
  assert.ok(await isKernelFresh(), 'run ethash/scripts/build-kernel.ts');
});
