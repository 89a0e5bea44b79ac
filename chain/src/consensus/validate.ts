/**
 * The rules that a header and its uncles must keep before anything is executed. Reads headers, a clock and a seal verifier;
 * never state. Cheap checks come first, the proof of work last, so that rubbish costs little.
 */
import type { LightVerifier } from '@chiral/ethash/types';
import type { Block, BlockHeader } from '@ethereumjs/block';
import { Hardfork } from '@ethereumjs/common';
import { RLP } from '@ethereumjs/rlp';
import { bytesToHex, equalsBytes, KECCAK256_RLP_ARRAY } from '@ethereumjs/util';
import { ChainError } from '../errors.ts';
import { type ChainSpec, difficultyRulesAt } from '../genesis.ts';
import { keccak256 } from '../keccak.ts';
import { nextDifficulty } from './difficulty.ts';
import { INITIAL_BASE_FEE_WEI, isGasLimitLegal, londonParentLimit, nextBaseFee } from './gas.ts';

/** How far a header may be ahead of our clock, seconds; the same 15 s as geth's `allowedFutureBlockTimeSeconds`. */
export const MAX_FUTURE_SECONDS = 15;
/** Extra data of a block after genesis, bytes. Yellow paper, section 4.4. */
export const MAX_EXTRA_BYTES = 32;
/** Uncles in a block, and how many generations back an uncle may be. Yellow paper, section 11.1. */
export const MAX_UNCLES = 2;
export const MAX_UNCLE_DEPTH = 6n;
const MAX_UINT64 = 2n ** 64n - 1n;
/** Where mixHash and nonce stand in a raw header; from the first to before the last. */
const SEAL_FIELDS_FROM = 13;
const SEAL_FIELDS_TO = 15;

export type SealVerifier = Pick<LightVerifier, 'verify'>;

/**
 * The hash that the miner works on: the header without mixHash and nonce, with everything after them (the base fee).
 * Cutting off "the last two fields" instead is wrong since London.
 */
export function sealHash(header: BlockHeader): Uint8Array {
  const fields = header.raw();
  return keccak256(RLP.encode([...fields.slice(0, SEAL_FIELDS_FROM), ...fields.slice(SEAL_FIELDS_TO)]));
}

/** The difficulty that a child of `parent` at `timestamp` must carry. */
export function childDifficulty(spec: ChainSpec, parent: BlockHeader, timestamp: bigint): bigint {
  const hasUncles = !equalsBytes(parent.uncleHash, KECCAK256_RLP_ARRAY);
  const { number, difficulty } = parent;
  const rules = difficultyRulesAt(spec, number + 1n);
  return nextDifficulty({ number, difficulty, timestamp: parent.timestamp, hasUncles }, timestamp, rules);
}

/** The base fee (wei) that a child of `parent` must carry; undefined before London. */
export function childBaseFee(spec: ChainSpec, parent: BlockHeader): bigint | undefined {
  const london = spec.common.hardforkBlock(Hardfork.London);
  if (london === null || parent.number + 1n < london) return undefined;
  if (parent.number + 1n === london) return INITIAL_BASE_FEE_WEI;
  const { gasLimit, gasUsed, baseFeePerGas } = parent;
  return nextBaseFee({ gasLimit, gasUsed, baseFeePerGas: baseFeePerGas! });
}

/** The gas limit that a child of `parent` measures itself against. */
export function parentGasLimit(spec: ChainSpec, parent: BlockHeader): bigint {
  const london = spec.common.hardforkBlock(Hardfork.London);
  return london !== null && london > 0n && parent.number + 1n === london
    ? londonParentLimit(parent.gasLimit)
    : parent.gasLimit;
}

/**
 * Checks everything about a header but its seal and the clock.
 * @throws INVALID_HEADER
 */
export function validateHeader(spec: ChainSpec, header: BlockHeader, parent: BlockHeader): void {
  const fail = (why: string): never => {
    throw new ChainError('INVALID_HEADER', `block ${header.number} ${bytesToHex(header.hash())}: ${why}`);
  };
  if (!equalsBytes(header.parentHash, parent.hash())) fail('not a child of this parent');
  if (header.number !== parent.number + 1n) fail('number is not one more than its parent');
  if (header.timestamp <= parent.timestamp) fail('timestamp is not after its parent');
  if (header.timestamp > MAX_UINT64) fail('timestamp does not fit 64 bits');
  if (header.extraData.length > MAX_EXTRA_BYTES) fail('extra data is too long');
  if (header.logsBloom.length !== 256 || header.uncleHash.length !== 32) fail('a field has a wrong length');
  if (header.gasUsed > header.gasLimit) fail('more gas used than the limit');
  if (!isGasLimitLegal(header.gasLimit, parentGasLimit(spec, parent))) fail('gas limit moved too far');
  if (header.difficulty !== childDifficulty(spec, parent, header.timestamp))
    fail('difficulty is not the canonical one');
  if (header.baseFeePerGas !== childBaseFee(spec, parent)) fail('base fee is not the canonical one');
}

/** @throws FUTURE_BLOCK when the header is more than 15 s ahead of `nowMs` */
export function validateClock(header: BlockHeader, nowMs: number): void {
  if (header.timestamp > BigInt(Math.floor(nowMs / 1000) + MAX_FUTURE_SECONDS)) {
    throw new ChainError('FUTURE_BLOCK', `block ${header.number} is from the future`);
  }
}

/** @throws INVALID_SEAL */
export async function validateSeal(verifier: SealVerifier, header: BlockHeader): Promise<void> {
  const { nonce, mixHash, difficulty, number } = header;
  const valid = await verifier.verify({ sealHash: sealHash(header), nonce, mixHash, difficulty, blockNumber: number });
  if (!valid) throw new ChainError('INVALID_SEAL', `block ${number} ${bytesToHex(header.hash())}: no proof of work`);
}

/** A header by hash, with the uncles its block carried. */
export type Kinship = (hash: Uint8Array) => { header: BlockHeader; uncles: readonly BlockHeader[] } | undefined;

/** Ancestors of a block that may parent an uncle, and the uncles that are already taken. */
export interface Family {
  /** By hash in hex: the last `MAX_UNCLE_DEPTH + 1` ancestors. */
  ancestors: Map<string, BlockHeader>;
  /** Hashes in hex of uncles that those ancestors carry. */
  taken: Set<string>;
}

export function familyOf(parentHash: Uint8Array, kinship: Kinship): Family {
  const family: Family = { ancestors: new Map(), taken: new Set() };
  let hash = parentHash;
  for (let depth = 0n; depth <= MAX_UNCLE_DEPTH; depth++) {
    const found = kinship(hash);
    if (!found) break;
    family.ancestors.set(bytesToHex(hash), found.header);
    for (const uncle of found.uncles) family.taken.add(bytesToHex(uncle.hash()));
    hash = found.header.parentHash;
  }
  return family;
}

/** Why `uncle` may not stand in a child of `parentHash`, or undefined when it may (its own header and seal aside). */
export function uncleObjection(uncle: BlockHeader, parentHash: Uint8Array, family: Family): string | undefined {
  const hash = bytesToHex(uncle.hash());
  if (family.taken.has(hash)) return 'was already included';
  if (family.ancestors.has(hash)) return 'is an ancestor';
  if (equalsBytes(uncle.parentHash, parentHash)) return 'is a sibling of the block';
  if (!family.ancestors.has(bytesToHex(uncle.parentHash))) return 'has no parent among the last generations';
  return undefined;
}

/**
 * Checks the uncles of a block: at most two, none twice, each a valid sealed header of the last six generations.
 * @throws INVALID_UNCLES
 */
export async function validateUncles(
  spec: ChainSpec,
  block: Block,
  kinship: Kinship,
  verifier: SealVerifier,
): Promise<void> {
  const uncles = block.uncleHeaders;
  if (uncles.length === 0) return;
  const fail = (why: string, cause?: unknown): never => {
    throw new ChainError('INVALID_UNCLES', `block ${block.header.number}: ${why}`, { cause });
  };
  if (uncles.length > MAX_UNCLES) fail('too many uncles');
  const family = familyOf(block.header.parentHash, kinship);
  for (const uncle of uncles) {
    const objection = uncleObjection(uncle, block.header.parentHash, family);
    if (objection) fail(`an uncle ${objection}`);
    family.taken.add(bytesToHex(uncle.hash()));
    try {
      validateHeader(spec, uncle, family.ancestors.get(bytesToHex(uncle.parentHash))!);
      await validateSeal(verifier, uncle);
    } catch (cause) {
      fail(`an uncle is invalid: ${(cause as Error).message}`, cause);
    }
  }
}
