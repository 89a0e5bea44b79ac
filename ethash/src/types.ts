/**
 * The public shapes of the proof of work: what a caller hands in and gets back. Types only, no code, no state.
 *
 * Byte strings are as they stand in a block header: `sealHash` and `mixHash` 32 bytes, `nonce` 8 bytes big-endian.
 * A seal hash is always given by the caller; nothing here knows what a header is.
 */

/** The sizes that make one Ethash different from another. The algorithm is the same for all. */
export interface EthashParams {
  /** Short lower-case name, used in the file names of stored datasets. */
  readonly name: string;
  /** Blocks that share one cache and one dataset. */
  readonly epochBlocks: number;
  /** Cache size of epoch 0 before rounding down to a prime number of 64-byte items, and what each epoch adds. */
  readonly cacheInitBytes: number;
  readonly cacheGrowthBytes: number;
  /** Dataset size of epoch 0 before rounding down to a prime number of 128-byte rows, and what each epoch adds. */
  readonly datasetInitBytes: number;
  readonly datasetGrowthBytes: number;
}

/** Which dataset: by the block to seal, or by epoch where only a getWork seed hash is known (`epochFromSeed`). */
export type EpochRef = { readonly blockNumber: bigint } | { readonly epoch: number };

/** How hard: a header's difficulty, or the 256-bit boundary that a hash must not exceed. */
export type Threshold = { readonly difficulty: bigint } | { readonly target: bigint };

/** A sealed header, as far as the proof of work is concerned. */
export interface Seal {
  readonly sealHash: Uint8Array;
  readonly nonce: Uint8Array;
  readonly mixHash: Uint8Array;
  readonly difficulty: bigint;
  readonly blockNumber: bigint;
}

/** What Ethash computes for one nonce: 32 bytes each; `result` is compared big-endian with the target. */
export interface HashimotoResult {
  readonly mixHash: Uint8Array;
  readonly result: Uint8Array;
}

/** Light verification: browser-safe, owns the caches of a few epochs. */
export interface LightVerifier {
  readonly params: EthashParams;
  /**
   * True when the seal is a valid proof of work. Malformed input (wrong lengths, difficulty 0, a block number no
   * cache can exist for) is false, never an error: seals come from strangers. Check first that the number follows a known
   * parent's: another epoch's cache costs up to seconds and hundreds of megabytes. The first call of an epoch makes its
   * cache (full parameters: about half a second, in slices that let the event loop run).
   */
  verify(seal: Seal): Promise<boolean>;
  /** The hash of one nonce, computed from the cache. @throws RangeError on wrong lengths or epoch. */
  hashimotoLight(work: EpochRef & { sealHash: Uint8Array; nonce: Uint8Array }): Promise<HashimotoResult>;
  /** Makes the cache of an epoch now, so that the first `verify` need not wait. @throws RangeError on a wrong epoch. */
  prepare(where: EpochRef): Promise<void>;
}

/** Where the making of a dataset stands. */
export interface DatasetProgress {
  readonly epoch: number;
  /** `cache`: the light cache; `load`: reading a stored dataset; `build`: computing it; `save`: writing it to disk. */
  readonly phase: 'cache' | 'load' | 'build' | 'save';
  /** 0 to 1 within the phase. */
  readonly fraction: number;
  /** True when this is the next epoch's dataset, made on disk while the current one is mined. */
  readonly ahead: boolean;
}

export interface MinerOptions {
  /** Worker threads. @default the number of processors */
  readonly threads?: number;
  /** Folder for datasets, made when missing. Without it each start builds anew and no epoch is made ahead. */
  readonly cacheDir?: string;
  readonly onProgress?: (progress: DatasetProgress) => void;
  /** A dataset could not be stored or a stored one was damaged. Mining goes on; the next start builds again. */
  readonly onWarning?: (warning: Error) => void;
}

export type SearchRequest = EpochRef &
  Threshold & {
    readonly sealHash: Uint8Array;
    /** First nonce tried. @default random */
    readonly startNonce?: bigint;
    readonly signal?: AbortSignal;
  };

export interface SearchResult extends HashimotoResult {
  readonly nonce: Uint8Array;
  /** Nonces that all threads tried in this search. */
  readonly hashes: number;
}

export interface MinerStats {
  readonly threads: number;
  /** Nonces tried since the miner was made. */
  readonly hashes: number;
  /** Average over the last seconds of searching, all threads; 0 before the first search. */
  readonly hashesPerSecond: number;
}

/** Searches for seals with worker threads over a full dataset. Owns the threads and the dataset's memory. */
export interface Miner {
  readonly params: EthashParams;
  /** Loads or builds the dataset. Calls for one epoch share the work; an epoch other than the current replaces it. */
  prepare(where: EpochRef): Promise<void>;
  /**
   * Finds a nonce. Prepares the dataset first when needed. Searches run one at a time, in the order of the calls.
   * On abort it rejects with `signal.reason` within tens of milliseconds; a dataset being built goes on being built.
   * @throws RangeError on a malformed request; Error when the miner is closed.
   */
  search(request: SearchRequest): Promise<SearchResult>;
  stats(): MinerStats;
  /** Stops every thread and drops the dataset. A running search or build rejects. Safe to call twice. */
  close(): Promise<void>;
}

/** Ethash for one set of parameters: what a chain needs. */
export interface Ethash extends LightVerifier {
  /** Starts no thread before the first `prepare` or `search`. */
  createMiner(options?: MinerOptions): Miner;
}

export interface EthashOptions {
  /** @default MAINNET_PARAMS */
  readonly params?: EthashParams;
}
