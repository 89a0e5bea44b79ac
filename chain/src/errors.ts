/**
 * The one error class of the chain and its closed list of codes. Callers compare `code`, never the message.
 * Plain `Error` is a bug and may stop the process; a `ChainError` is an answer about somebody's block, transaction or peer.
 */

export type ChainErrorCode =
  /** The parent of this block is not stored here: ask a peer for it, then try again. */
  | 'UNKNOWN_PARENT'
  /** The timestamp is ahead of the clock: try again when it has passed. */
  | 'FUTURE_BLOCK'
  /** A header field breaks a rule. Never valid. */
  | 'INVALID_HEADER'
  /** Nonce and mix hash do not prove the work. Never valid. */
  | 'INVALID_SEAL'
  /** An uncle breaks a rule. Never valid. */
  | 'INVALID_UNCLES'
  /** Transactions or uncles do not match the header. Never valid. */
  | 'INVALID_BODY'
  /** Executing the block gave another state, receipts or gas. Never valid. */
  | 'INVALID_EXECUTION'
  /** The transaction cannot be taken; the message is the one geth uses, because wallets match on it. */
  | 'TX_REFUSED'
  /** The data folder belongs to another chain. */
  | 'GENESIS_MISMATCH'
  /** The data folder cannot be read. */
  | 'STORE_CORRUPT'
  /** A remote peer broke the protocol. */
  | 'PEER_FAULT'
  /** The work was given up because its time ran out. */
  | 'TIMEOUT'
  /** The node is stopping. */
  | 'STOPPED';

export class ChainError extends Error {
  readonly code: ChainErrorCode;

  constructor(code: ChainErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'ChainError';
    this.code = code;
  }
}

/** @returns whether `error` is a ChainError with one of `codes` (any code when none is given) */
export function isChainError(error: unknown, ...codes: ChainErrorCode[]): error is ChainError {
  return error instanceof ChainError && (codes.length === 0 || codes.includes(error.code));
}
