/**
 * Shares: work that is too light for a block, or heavy enough for one, found for somebody who gave out the seal hash. The desk of
 * the one who gave it out: what was issued to whom, and whether what comes back counts. It knows seal hashes, nonces and
 * difficulties; what a share is worth, and what becomes of a heavy one, is its caller's.
 *
 * Every issue has four bytes of its own that the nonces must begin with. So a nonce counts for the holder it was issued to, at the
 * difficulty it was issued with, and for no other: two names cannot sell one nonce twice, nor pick the better of two
 * difficulties after the fact. The bytes are random and live in memory: after a restart nothing that was issued before counts
 * again, and no nonce need be stored. State: the issues of each holder and the nonces counted for them.
 */
import { bytesToUint, meetsTarget, targetFromDifficulty } from './target.ts';
import type { LightVerifier } from './types.ts';

/** Bytes of a nonce that the issuer fixes; the finder has the other 2^32. */
export const PREFIX_BYTES = 4;
/** How long shares may still name an issue, milliseconds: work that is older is hardly a block any more. */
const ISSUE_MAX_AGE_MS = 20_000;
/** Issues of one holder that shares may name at a time, and shares counted for one of them. */
const MAX_ISSUES = 8;
const MAX_SHARES = 256;
/** Holders remembered; who asked longest ago goes first. */
const MAX_HOLDERS = 1_024;

/** What there is to work on. `difficulty` is the block's. */
export interface ShareTemplate {
  readonly sealHash: Uint8Array;
  readonly epoch: number;
  readonly difficulty: bigint;
}

export interface IssuedWork extends ShareTemplate {
  /** First bytes of every nonce that counts. */
  readonly noncePrefix: Uint8Array;
  /** Hashes that a share costs on average; never more than the block's. */
  readonly shareDifficulty: bigint;
}

/** 32, 8 and 32 bytes, as in a header. */
export interface Share {
  readonly sealHash: Uint8Array;
  readonly nonce: Uint8Array;
  readonly mixHash: Uint8Array;
}

/**
 * `counted`: worth `issued.shareDifficulty` hashes, and a block's worth of them if `isBlock`. `stale`: not issued to this holder,
 * or too long ago. `duplicate`: counted before. `invalid`: no such hash, or not light enough; only a liar or a fault sends it.
 */
export type ShareVerdict =
  | { readonly verdict: 'counted'; readonly issued: IssuedWork; readonly isBlock: boolean }
  | { readonly verdict: 'stale' | 'duplicate' | 'invalid' };

interface Issue {
  readonly work: IssuedWork;
  readonly atMs: number;
  readonly nonces: Set<bigint>;
}

export class ShareDesk {
  readonly #verifier: Pick<LightVerifier, 'hashimotoLight'>;
  readonly #now: () => number;
  /** By holder, then by seal hash and prefix, the oldest first. */
  readonly #holders = new Map<string, Map<string, Issue>>();

  constructor(verifier: Pick<LightVerifier, 'hashimotoLight'>, now: () => number = Date.now) {
    this.#verifier = verifier;
    this.#now = now;
  }

  /** @param shareDifficulty at least 1; higher than the block's is cut to it */
  issue(holder: string, template: ShareTemplate, shareDifficulty: bigint): IssuedWork {
    if (shareDifficulty < 1n) throw new RangeError('A share difficulty is at least 1.');
    const { sealHash, epoch, difficulty } = template;
    const issues = this.#holders.get(holder) ?? new Map<string, Issue>();
    let noncePrefix: Uint8Array;
    do {
      noncePrefix = crypto.getRandomValues(new Uint8Array(PREFIX_BYTES));
    } while (issues.has(keyOf(sealHash, noncePrefix)));
    const work: IssuedWork = {
      sealHash,
      epoch,
      difficulty,
      noncePrefix,
      shareDifficulty: shareDifficulty < difficulty ? shareDifficulty : difficulty,
    };
    issues.set(keyOf(sealHash, noncePrefix), { work, atMs: this.#now(), nonces: new Set() });
    dropOldest(issues, MAX_ISSUES);
    this.#holders.delete(holder);
    this.#holders.set(holder, issues);
    dropOldest(this.#holders, MAX_HOLDERS);
    return work;
  }

  /** Why a share would not count, known without computing a hash; undefined when only the hash can tell. */
  refusal(holder: string, share: Share): 'stale' | 'duplicate' | 'invalid' | undefined {
    const { sealHash, nonce, mixHash } = share;
    if (sealHash.length !== 32 || nonce.length !== 8 || mixHash.length !== 32) return 'invalid';
    const issue = this.#find(holder, share);
    if (!issue || this.#now() - issue.atMs > ISSUE_MAX_AGE_MS) return 'stale';
    if (issue.nonces.has(bytesToUint(nonce))) return 'duplicate';
    return issue.nonces.size >= MAX_SHARES ? 'stale' : undefined;
  }

  /** Judges a share and remembers it. */
  async submit(holder: string, share: Share): Promise<ShareVerdict> {
    const refusal = this.refusal(holder, share);
    if (refusal) return { verdict: refusal };
    const { work, nonces } = this.#find(holder, share)!;
    const nonce = bytesToUint(share.nonce);
    // Taken before the check, so that two at the same moment cannot both count; given back when it is no share.
    nonces.add(nonce);
    const { sealHash, epoch } = work;
    const hash = await this.#verifier.hashimotoLight({ sealHash, epoch, nonce: share.nonce });
    const isMix = hash.mixHash.every((byte, i) => byte === share.mixHash[i]);
    if (!isMix || !meetsTarget(hash.result, targetFromDifficulty(work.shareDifficulty))) {
      nonces.delete(nonce);
      return { verdict: 'invalid' };
    }
    return {
      verdict: 'counted',
      issued: work,
      isBlock: meetsTarget(hash.result, targetFromDifficulty(work.difficulty)),
    };
  }

  #find(holder: string, { sealHash, nonce }: Share): Issue | undefined {
    return this.#holders.get(holder)?.get(keyOf(sealHash, nonce.subarray(0, PREFIX_BYTES)));
  }
}

const keyOf = (sealHash: Uint8Array, prefix: Uint8Array) => `${bytesToUint(sealHash)} ${bytesToUint(prefix)}`;

function dropOldest(map: Map<string, unknown>, most: number): void {
  for (const key of map.keys()) {
    if (map.size <= most) return;
    map.delete(key);
  }
}
