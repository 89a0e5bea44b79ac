/**
 * The proof of work of one chain: verify seals, and make miners that find them. For Node. A page imports `light.ts` (verify)
 * and `kernel.ts` (everything, in a worker of its own), which know nothing of Node.
 */

import { createLightVerifier } from './light.ts';
import { createMiner } from './miner.ts';
import type { Ethash, EthashOptions } from './types.ts';

/** One per chain: its verifications share their caches. */
export function createEthash(options: EthashOptions = {}): Ethash {
  const light = createLightVerifier(options);
  const { params } = light;
  return {
    params,
    verify: (seal) => light.verify(seal),
    hashimotoLight: (work) => light.hashimotoLight(work),
    prepare: (where) => light.prepare(where),
    createMiner: (minerOptions) => createMiner({ ...minerOptions, params }),
  };
}
