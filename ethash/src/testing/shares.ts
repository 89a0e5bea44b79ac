/** Shares as an honest finder brings them, really searched for on a development dataset of epoch 0. For tests. */
import { Kernel, layOut } from '../kernel.ts';
import { DEV_PARAMS, ITEM_BYTES, seedHash } from '../params.ts';
import type { IssuedWork, Share } from '../shares.ts';
import { bytesToUint, meetsTarget, nonceToBytes, targetFromDifficulty } from '../target.ts';
import { createMemory } from '../wasm.ts';

let made: Kernel | undefined;

export function devKernel(): Kernel {
  if (made) return made;
  const layout = layOut(DEV_PARAMS, 0, 1, 'all');
  made = new Kernel(createMemory(layout.totalBytes, layout.totalBytes), layout);
  for (const _fraction of made.makeCache(seedHash(0)));
  made.makeItems(0, layout.datasetBytes / ITEM_BYTES);
  return made;
}

/** One after another, without end. */
export function* findShares(
  work: Pick<IssuedWork, 'sealHash' | 'noncePrefix' | 'shareDifficulty'>,
): Generator<Share, never> {
  const { sealHash, noncePrefix, shareDifficulty } = work;
  const kernel = devKernel();
  const target = targetFromDifficulty(shareDifficulty);
  for (let nonce = bytesToUint(noncePrefix) << 32n; ; nonce++) {
    const offset = kernel.search(sealHash, nonce, 8_192, target);
    nonce += BigInt(offset ?? 8_191);
    if (offset === undefined) continue;
    const { mixHash, result } = kernel.hashFull(sealHash, nonce);
    if (meetsTarget(result, target)) yield { sealHash, nonce: nonceToBytes(nonce), mixHash };
  }
}
