/**
 * Shares: work for a node's own block template that is too light for a block. An empty wallet can pay a seller with them, and a
 * share that happens to weigh enough is a block whose reward the seller keeps. What a share is worth is not decided here.
 *
 * A share names the work by its seal hash, so it counts for the node that made the template and for no other: the template
 * carries that node's payout address. Owns the memory of shares already counted, so that none counts twice.
 */
import type { LightVerifier } from '@chiral/ethash/types';
import { bytesToHex } from '@ethereumjs/util';
import { Lru } from '../lru.ts';
import type { Work, WorkSource } from './work.ts';

/** Work that shares may still name: at one template every five seconds, some ten minutes. */
const MAX_WORKS = 128;
/** Shares counted for one work; a payer that finds more has too light a target. */
const MAX_SHARES_PER_WORK = 4_096;

/** What travels from payer to seller. 32, 8 and 32 bytes. */
export interface Share {
  sealHash: Uint8Array;
  nonce: Uint8Array;
  mixHash: Uint8Array;
}

/** What a payer searches on. */
export interface ShareWork {
  work: Work;
  /** Hashes that a share costs on average. */
  shareDifficulty: bigint;
}

/**
 * `counted`: worth `shareDifficulty` hashes, and a block if `block`. `stale`: work that is not ours or too old. `duplicate`: counted
 * before. `invalid`: the hash is not light enough, or not the hash; only a liar or a fault sends it.
 */
export type ShareVerdict =
  | { verdict: 'counted'; shareDifficulty: bigint; block: boolean }
  | { verdict: 'stale' | 'duplicate' | 'invalid' };

export class ShareDesk {
  readonly #source: WorkSource;
  readonly #verifier: Pick<LightVerifier, 'verify'>;
  readonly #works = new Lru<string, { work: Work; shareDifficulty: bigint; nonces: Set<string> }>(MAX_WORKS);

  constructor(source: WorkSource, verifier: Pick<LightVerifier, 'verify'>) {
    this.#source = source;
    this.#verifier = verifier;
  }

  /**
   * Work to find shares on. Asked again for the same template it keeps the difficulty that was set first.
   * @param shareDifficulty at most the block's; higher is cut to it
   * @returns undefined when the node has no payout address
   */
  async issue(shareDifficulty: bigint): Promise<ShareWork | undefined> {
    if (shareDifficulty < 1n) throw new RangeError('a share difficulty is at least 1');
    const work = await this.#source.current();
    if (!work) return undefined;
    const key = bytesToHex(work.sealHash);
    const known = this.#works.get(key);
    if (known) return { work, shareDifficulty: known.shareDifficulty };
    const difficulty = shareDifficulty < work.difficulty ? shareDifficulty : work.difficulty;
    this.#works.set(key, { work, shareDifficulty: difficulty, nonces: new Set() });
    return { work, shareDifficulty: difficulty };
  }

  /** Judges a share and remembers it. One that is also a block is handed to the chain. */
  async submit(share: Share): Promise<ShareVerdict> {
    const issued = share.sealHash.length === 32 ? this.#works.get(bytesToHex(share.sealHash)) : undefined;
    if (!issued) return { verdict: 'stale' };
    if (share.nonce.length !== 8 || share.mixHash.length !== 32) return { verdict: 'invalid' };
    const { work, shareDifficulty, nonces } = issued;
    const nonce = bytesToHex(share.nonce);
    if (nonces.has(nonce)) return { verdict: 'duplicate' };
    if (nonces.size >= MAX_SHARES_PER_WORK) return { verdict: 'stale' };
    // Taken before the check, so that two at the same moment cannot both count; given back when it is no share.
    nonces.add(nonce);
    const seal = { ...share, blockNumber: work.blockNumber };
    if (!(await this.#verifier.verify({ ...seal, difficulty: shareDifficulty }))) {
      nonces.delete(nonce);
      return { verdict: 'invalid' };
    }
    const heavy = await this.#verifier.verify({ ...seal, difficulty: work.difficulty });
    const block = heavy && (await this.#source.submit(share.sealHash, share.nonce, share.mixHash));
    return { verdict: 'counted', shareDifficulty, block };
  }
}
