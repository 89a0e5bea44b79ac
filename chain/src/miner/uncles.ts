/** Orphans that may still be paid as uncles. Kept in memory: a restart loses a share of a reward, nothing else. */
import type { BlockHeader } from '@ethereumjs/block';
import { bytesToHex } from '@ethereumjs/util';
import type { Chain } from '../chain.ts';
import { familyOf, MAX_UNCLE_DEPTH, MAX_UNCLES, uncleObjection } from '../consensus/validate.ts';

/** More orphans than this in the last generations are not kept. */
const MAX_CANDIDATES = 64;

export class UncleCandidates {
  readonly #chain: Chain;
  readonly #headers = new Map<string, BlockHeader>();

  constructor(chain: Chain) {
    this.#chain = chain;
    chain.onSide((block) => this.#keep(block.header));
    chain.onHead(({ removed }) => {
      for (const { block } of removed) this.#keep(block.header);
    });
  }

  /** Uncles for a child of `parent`, at most two. */
  choose(parent: BlockHeader): BlockHeader[] {
    for (const [hash, header] of this.#headers) {
      if (header.number + MAX_UNCLE_DEPTH <= parent.number) this.#headers.delete(hash);
    }
    if (this.#headers.size === 0) return [];
    const family = familyOf(parent.hash(), (hash) => {
      const block = this.#chain.block(hash);
      return block && { header: block.header, uncles: block.uncleHeaders };
    });
    const chosen: BlockHeader[] = [];
    for (const header of this.#headers.values()) {
      if (chosen.length === MAX_UNCLES) break;
      if (header.number > parent.number || uncleObjection(header, parent.hash(), family)) continue;
      chosen.push(header);
      family.taken.add(bytesToHex(header.hash()));
    }
    return chosen;
  }

  #keep(header: BlockHeader): void {
    if (this.#headers.size < MAX_CANDIDATES) this.#headers.set(bytesToHex(header.hash()), header);
  }
}
