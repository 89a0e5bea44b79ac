/**
 * Follows the heaviest chain: finds where a peer's chain leaves ours, fetches what lies beyond and imports it. One peer at a
 * time; the chain judges every block, so a peer can waste our time but not our money.
 *
 * A branch that leaves ours below the head is fetched as headers first, their work checked, until they weigh more than our
 * head. Only then are its blocks executed and stored: light junk cannot fill the disk.
 */
import type { BlockHeader } from '@ethereumjs/block';
import { bytesToHex, equalsBytes } from '@ethereumjs/util';
import type { Chain } from '../chain.ts';
import { type SealVerifier, validateClock, validateHeader, validateSeal } from '../consensus/validate.ts';
import { ChainError, isChainError } from '../errors.ts';
import { toBlock } from './messages.ts';
import { COST, type Peer } from './peer.ts';

/** Headers and bodies in one request. */
const HEADERS_AT_ONCE = 192;
const BODIES_AT_ONCE = 48;
/** Headers of a branch kept while it is not yet the heavier, some 50 MB. */
const MAX_PENDING_HEADERS = 50_000;

export interface DownloadOptions {
  chain: Chain;
  verifier: SealVerifier;
  signal: AbortSignal;
  /** Told of the number of each imported block and of the highest one seen. */
  onProgress?: (current: bigint, highest: bigint) => void;
}

/** @returns the number of blocks imported. @throws PEER_FAULT, after the peer was blamed; STOPPED */
export async function downloadFrom(peer: Peer, options: DownloadOptions): Promise<number> {
  const { chain, signal } = options;
  const [best] = await peer.headers({ start: { hash: peer.head.hash }, count: 1, skip: 0, reverse: false });
  if (!best || !equalsBytes(best.hash(), peer.head.hash)) return lie(peer, 'it does not know the head that it claims');
  let from = await commonAncestor(peer, chain, best.number);
  let pending: BlockHeader[] = [];
  let imported = 0;
  let weight = chain.totalDifficulty(from.hash())!;
  for (;;) {
    if (signal.aborted) throw new ChainError('STOPPED', 'stopping');
    const headers = await peer.headers({
      start: { number: from.number + 1n },
      count: HEADERS_AT_ONCE,
      skip: 0,
      reverse: false,
    });
    if (headers.length === 0) return imported;
    if (!equalsBytes(headers[0]!.parentHash, from.hash())) {
      throw new ChainError('PEER_FAULT', 'the peer moved to another branch meanwhile');
    }
    const beside = weight < chain.head.totalDifficulty && !equalsBytes(from.hash(), chain.head.hash);
    weight += await checkHeaders(peer, options, from, headers, beside);
    from = headers.at(-1)!;
    pending.push(...headers);
    if (pending.length > MAX_PENDING_HEADERS) return lie(peer, 'an endless branch that is lighter than our chain');
    if (weight <= chain.head.totalDifficulty) continue;
    imported += await importBodies(peer, options, pending, best.number);
    pending = [];
  }
}

/** The newest block of the peer's chain that we have. Everything below it we have too, so it can be searched for. */
async function commonAncestor(peer: Peer, chain: Chain, highest: bigint): Promise<BlockHeader> {
  const known = async (number: bigint): Promise<BlockHeader | undefined> => {
    const [header] = await peer.headers({ start: { number }, count: 1, skip: 0, reverse: false });
    if (header && header.number !== number) return lie(peer, 'a header of another number');
    return header && chain.has(header.hash()) ? header : undefined;
  };
  const ours = chain.head.block.header.number;
  let high = highest < ours ? highest : ours;
  const atTip = await known(high);
  let low = atTip ?? chain.spec.genesis.header;
  // Sharing our head is the common case; a side branch that we keep may reach further, so the next block is asked first.
  if (atTip) high = highest + 1n;
  while (low.number + 1n < high) {
    const middle = low.number + (low === atTip ? 1n : (high - low.number) / 2n);
    const found = await known(middle);
    if (found) low = found;
    else high = middle;
  }
  return low;
}

/** Checks that `headers` continue `from` by the rules. @returns their difficulties together */
async function checkHeaders(
  peer: Peer,
  { chain, verifier }: DownloadOptions,
  from: BlockHeader,
  headers: readonly BlockHeader[],
  checkSeals: boolean,
): Promise<bigint> {
  let parent = from;
  let weight = 0n;
  try {
    for (const header of headers) {
      validateHeader(chain.spec, header, parent);
      validateClock(header, Date.now());
      if (checkSeals) await validateSeal(verifier, header);
      weight += header.difficulty;
      parent = header;
    }
  } catch (error) {
    if (isChainError(error, 'FUTURE_BLOCK')) throw error;
    return lie(peer, (error as Error).message);
  }
  return weight;
}

async function importBodies(
  peer: Peer,
  options: DownloadOptions,
  headers: readonly BlockHeader[],
  highest: bigint,
): Promise<number> {
  const { chain, signal, onProgress } = options;
  let imported = 0;
  for (let next = 0; next < headers.length; ) {
    if (signal.aborted) throw new ChainError('STOPPED', 'stopping');
    const wanted = headers.slice(next, next + BODIES_AT_ONCE);
    const bodies = await peer.bodies(wanted.map((header) => header.hash()));
    if (bodies.length === 0) {
      peer.blame(COST.late, 'no bodies');
      throw new ChainError('PEER_FAULT', 'the peer has no bodies for its headers');
    }
    for (const [i, body] of bodies.entries()) {
      const header = wanted[i]!;
      peer.noteBlock(header.hash());
      try {
        if ((await chain.import(toBlock(header, body, chain.spec.common))) !== 'known') imported++;
      } catch (error) {
        if (isChainError(error, 'STOPPED', 'FUTURE_BLOCK', 'STORE_CORRUPT') || !isChainError(error)) throw error;
        return lie(peer, `block ${header.number} ${bytesToHex(header.hash())}: ${error.message}`);
      }
      peer.praise();
      onProgress?.(header.number, highest);
    }
    next += bodies.length;
  }
  return imported;
}

function lie(peer: Peer, why: string): never {
  peer.blame(COST.lie, why);
  throw new ChainError('PEER_FAULT', why);
}
