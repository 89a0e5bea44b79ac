/**
 * The seller's side of work as money: gives a peer work that pays this wallet, judges the shares that come back and says what the
 * peer has earned in all. A share is worth the part of a block's reward that it is part of a block, times the owner's factor: that is what
 * it brings on average, whether or not this one is the block.
 *
 * It never moves a byte and keeps no book: the running total is the ledger's. Checking a share costs about 2.5 ms, so what may be
 * checked is rationed: each peer by time, all peers that have not earned anything yet together, and who sends a false one is not
 * heard for a while. Nothing of Ethash is made before the first share. Nobody can be kept from holding back the shares that are
 * blocks: whoever does gains nothing by it, and the owner's factor is there to price it in.
 * State: the desk's open issues, and how much each peer may still send.
 */
import { createLightVerifier } from '@chiral/ethash/light';
import { DEV_PARAMS, epochFromSeed, MAINNET_PARAMS } from '@chiral/ethash/params';
import { type Share, ShareDesk } from '@chiral/ethash/shares';
import type { LightVerifier } from '@chiral/ethash/types';
import { AppError, type ErrorCode } from '@chiral/protocol/errors';
import { getBytes, hexlify } from 'ethers';
import type { Log } from '../log.ts';
import type { PeerKey, PeerLedger, WorkSource, WorkTemplate } from '../ports.ts';

/** Reward of a block under London rules, wei. @see https://eips.ethereum.org/EIPS/eip-1234 */
export const BLOCK_REWARD_WEI = 2n * 10n ** 18n;
/** How long a share shall take its finder, seconds. */
const SHARE_SECONDS = 1;
/**
 * Least and most difficulty of a share, hashes. The least keeps finding one ten times as dear as checking it, on a machine that does 800,000 hashes a
 * second; the most is a second of some hundred such machines.
 */
export const SHARE_DIFFICULTY = { least: 20_000n, most: 1n << 26n };
/** What one peer may send, and what all that have earned nothing yet may send together: so many a second, and so many at once. */
const PEER_SHARES = { perSecond: 4, burst: 8 };
const PEER_ASKS = { perSecond: 4, burst: 8 };
const STRANGERS_SHARES = { perSecond: 10, burst: 20 };
/** First and longest time that a peer is not heard after a false share, milliseconds; it doubles each time. */
const SILENCE_MS = { first: 60_000, longest: 3_600_000 };
/** Peers whose rations are remembered; who was heard longest ago goes first. */
const MAX_PEERS = 1_024;

/** What a peer is told to search on. */
export interface OfferedWork {
  readonly profile: WorkTemplate['profile'];
  readonly epoch: number;
  readonly sealHash: string;
  readonly noncePrefix: string;
  readonly shareDifficulty: bigint;
  readonly shareWei: bigint;
}

export interface WorkDesk {
  /** @throws NO_WORK; TOO_MANY; CHAIN_UNREACHABLE */
  issue(peer: PeerKey, hashesPerSecond: number): Promise<OfferedWork>;
  /**
   * Counts a share in the ledger.
   * @returns what the peer has earned in all, wei
   * @throws SHARE_STALE, SHARE_DUPLICATE, SHARE_INVALID, TOO_MANY
   */
  submit(peer: PeerKey, share: { sealHash: string; nonce: string; mixHash: string }): Promise<bigint>;
}

/** Rounded down: what is not earned in full is not owed. */
export function shareWorthWei(shareDifficulty: bigint, blockDifficulty: bigint, factorPermille: bigint): bigint {
  return (BLOCK_REWARD_WEI * shareDifficulty * factorPermille) / (blockDifficulty * 1000n);
}

interface Rations {
  shares: Bucket;
  asks: Bucket;
  /** It has earned something here, now or before. */
  isProven: boolean;
  silentUntilMs: number;
  falseShares: number;
}

/** @param options.factorPermille of the fair price; 0 takes no work */
export function createWorkDesk(options: {
  source: WorkSource;
  ledger: Pick<PeerLedger, 'totals' | 'countWork'>;
  factorPermille: number;
  /** Resolves when what was counted also survives loss of power. */
  synced(): Promise<void>;
  verifierOf?: (profile: WorkTemplate['profile']) => Pick<LightVerifier, 'hashimotoLight'>;
  now?: () => number;
  log: Log;
}): WorkDesk {
  const { source, ledger, synced, now = Date.now, log } = options;
  const { verifierOf = (profile) => createLightVerifier({ params: paramsOf(profile) }) } = options;
  const factorPermille = BigInt(options.factorPermille);
  const peers = new Map<PeerKey, Rations>();
  const strangers = new Bucket(STRANGERS_SHARES, now);
  const worth = new WeakMap<object, bigint>();
  let desk: { profile: WorkTemplate['profile']; shares: ShareDesk } | undefined;

  function rationsOf(peer: PeerKey): Rations {
    const rations = peers.get(peer) ?? {
      shares: new Bucket(PEER_SHARES, now),
      asks: new Bucket(PEER_ASKS, now),
      isProven: ledger.totals(peer, 'out').workedWei > 0n,
      silentUntilMs: 0,
      falseShares: 0,
    };
    peers.delete(peer);
    peers.set(peer, rations);
    for (const oldest of peers.keys()) {
      if (peers.size <= MAX_PEERS) break;
      peers.delete(oldest);
    }
    return rations;
  }

  function hear({ silentUntilMs }: Rations, bucket: Bucket): void {
    if (now() < silentUntilMs)
      throw new AppError('SHARE_INVALID', 'A false share came from you; nothing is taken from you for a while.', {
        retryAfterMs: silentUntilMs - now(),
      });
    if (!bucket.take()) throw new AppError('TOO_MANY', 'That was too fast; wait a second.');
  }

  function silence(peer: PeerKey, rations: Rations): void {
    rations.silentUntilMs = now() + Math.min(SILENCE_MS.longest, SILENCE_MS.first * 2 ** rations.falseShares++);
    log.warn({ peer, until: new Date(rations.silentUntilMs).toISOString() }, 'a false share: this peer is not heard');
  }

  const refused = (code: ErrorCode & `SHARE_${string}`) =>
    new AppError(
      code,
      {
        SHARE_STALE: 'This work is too old, or it was not given to you. Ask for work again.',
        SHARE_DUPLICATE: 'This share was counted before.',
        SHARE_INVALID: 'This is no share of the work you were given.',
      }[code],
    );

  return {
    async issue(peer, hashesPerSecond) {
      const none = new AppError('NO_WORK', 'This seller takes no work, only money.');
      if (factorPermille === 0n) throw none;
      hear(rationsOf(peer), rationsOf(peer).asks);
      const template = await source.current();
      const epoch = template && epochFromSeed(template.seedHash);
      if (!template || epoch === undefined) throw none;
      const { profile, sealHash, difficulty } = template;
      if (desk?.profile !== profile)
        desk = {
          profile,
          shares: new ShareDesk(
            lazily(() => verifierOf(profile)),
            now,
          ),
        };
      const wanted = BigInt(Math.floor(hashesPerSecond * SHARE_SECONDS));
      const { least, most } = SHARE_DIFFICULTY;
      const issued = desk.shares.issue(
        peer,
        { sealHash, epoch, difficulty },
        wanted < least ? least : wanted > most ? most : wanted,
      );
      const { noncePrefix, shareDifficulty } = issued;
      const shareWei = shareWorthWei(shareDifficulty, difficulty, factorPermille);
      worth.set(issued, shareWei);
      return {
        profile,
        epoch,
        sealHash: hexlify(sealHash),
        noncePrefix: hexlify(noncePrefix),
        shareDifficulty,
        shareWei,
      };
    },

    async submit(peer, hex) {
      const share: Share = {
        sealHash: getBytes(hex.sealHash),
        nonce: getBytes(hex.nonce),
        mixHash: getBytes(hex.mixHash),
      };
      const rations = rationsOf(peer);
      hear(rations, rations.shares);
      // What is known without a hash takes no share of the strangers' common ration.
      const known = desk ? desk.shares.refusal(peer, share) : 'stale';
      if (known === 'stale') throw refused('SHARE_STALE');
      if (known === 'duplicate') throw refused('SHARE_DUPLICATE');
      if (!rations.isProven && !strangers.take())
        throw new AppError('TOO_MANY', 'Many newcomers send shares just now; send this one again in a second.');
      const verdict = await desk!.shares.submit(peer, share);
      switch (verdict.verdict) {
        case 'stale':
          throw refused('SHARE_STALE');
        case 'duplicate':
          throw refused('SHARE_DUPLICATE');
        case 'invalid':
          silence(peer, rations);
          throw refused('SHARE_INVALID');
      }
      rations.isProven = true;
      if (verdict.isBlock) {
        // Counted whatever the chain says: the finder has done the work.
        source.submit(share).then(
          (isTaken) => log.info({ peer, isTaken }, 'a share was a block'),
          (error: Error) => log.warn({ peer, error: error.message }, 'a share was a block, and the chain is away'),
        );
      }
      const workedWei = ledger.totals(peer, 'out').workedWei + worth.get(verdict.issued)!;
      ledger.countWork(peer, 'out', workedWei);
      await synced();
      return workedWei;
    },
  };
}

const paramsOf = (profile: WorkTemplate['profile']) => (profile === 'dev' ? DEV_PARAMS : MAINNET_PARAMS);

function lazily(make: () => Pick<LightVerifier, 'hashimotoLight'>): Pick<LightVerifier, 'hashimotoLight'> {
  let made: Pick<LightVerifier, 'hashimotoLight'> | undefined;
  return {
    hashimotoLight(work) {
      made ??= make();
      return made.hashimotoLight(work);
    },
  };
}

/** So many a second, and so many at once. */
class Bucket {
  readonly #rate: { perSecond: number; burst: number };
  readonly #now: () => number;
  #left: number;
  #atMs: number;

  constructor(rate: { perSecond: number; burst: number }, now: () => number) {
    this.#rate = rate;
    this.#now = now;
    this.#left = rate.burst;
    this.#atMs = now();
  }

  take(): boolean {
    const { perSecond, burst } = this.#rate;
    const now = this.#now();
    this.#left = Math.min(burst, this.#left + ((now - this.#atMs) * perSecond) / 1000);
    this.#atMs = now;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
