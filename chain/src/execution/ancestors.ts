/**
 * BLOCKHASH. The library looks a block up by number, which on a side branch would give the hash of the wrong branch and split
 * the network. This gives the EVM a chain that ends at the parent of the block being executed, whichever branch that is on.
 */
import type { EVMMockBlockchainInterface } from '@ethereumjs/evm';
import { equalsBytes } from '@ethereumjs/util';
import { ChainError } from '../errors.ts';

export interface AncestorSource {
  /** Number and parent of a stored header. */
  link(hash: Uint8Array): { number: bigint; parentHash: Uint8Array } | undefined;
  canonicalHash(number: bigint): Uint8Array | undefined;
}

/**
 * The hash of the ancestor at `number` of the block `tip`, `tip` itself included.
 * @throws STORE_CORRUPT when a link is missing
 */
export function ancestorHash(source: AncestorSource, tip: Uint8Array, number: bigint): Uint8Array {
  let hash = tip;
  for (;;) {
    const here = source.link(hash);
    if (!here || number > here.number) throw new ChainError('STORE_CORRUPT', 'an ancestor is missing');
    if (here.number === number) return hash;
    const canonical = source.canonicalHash(here.number);
    const target = canonical && equalsBytes(canonical, hash) ? source.canonicalHash(number) : undefined;
    if (target) return target;
    hash = here.parentHash;
  }
}

/** The chain below `parentHash`, as the EVM wants it. */
export function ancestorChain(source: AncestorSource, parentHash: Uint8Array): EVMMockBlockchainInterface {
  const chain: EVMMockBlockchainInterface = {
    async getBlock(number) {
      const hash = ancestorHash(source, parentHash, BigInt(number));
      return { hash: () => hash };
    },
    async putBlock() {},
    shallowCopy: () => chain,
  };
  return chain;
}
