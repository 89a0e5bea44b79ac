/**
 * Mines for a node elsewhere over getWork: ours, core-geth, Besu, or anything that answers `eth_getWork`. The node decides what
 * is mined and who is paid; this side brings nonces. Owns its searcher and nothing of the chain.
 */
import { randomBytes } from 'node:crypto';
import { createEthash } from '@chiral/ethash';
import { epochFromSeed } from '@chiral/ethash/params';
import type { DatasetProgress, EthashParams, MinerStats } from '@chiral/ethash/types';
import { bytesToHex, hexToBytes, type PrefixedHexString } from '@ethereumjs/util';
import { ChainError } from '../errors.ts';
import type { Log } from '../log.ts';
import { pause } from '../pause.ts';

/** How often new work is asked for, milliseconds. A block lasts 15 s; a poll costs the node next to nothing. */
const POLL_MS = 400;
/** Wait after a fault, milliseconds. */
const RETRY_MS = 2_000;
const HASHRATE_MS = 10_000;
/** How long the node may take to answer, milliseconds. */
const CALL_MS = 10_000;

export interface GetWorkOptions {
  /** http URL of the node. */
  url: string;
  /** Undefined: the full Ethash of the Ethereum mainnet. */
  params?: EthashParams;
  threads?: number;
  /** Folder that keeps datasets between runs. */
  cacheDir?: string;
  log: Log;
  onDataset?: (progress: DatasetProgress) => void;
  /** Told of every nonce found, and whether the node took it. */
  onFound?: (found: { accepted: boolean; nonce: PrefixedHexString }) => void;
}

export interface GetWorkMiner {
  stats(): MinerStats;
  /** Resolves when the threads have ended. */
  stop(): Promise<void>;
}

interface Work {
  sealHash: PrefixedHexString;
  epoch: number;
  target: bigint;
}

export function startGetWorkMiner(options: GetWorkOptions): GetWorkMiner {
  const { threads, cacheDir, onDataset, log } = options;
  const searcher = createEthash({ params: options.params }).createMiner({
    threads,
    cacheDir,
    onProgress: onDataset,
    onWarning: (warning) => log.warn({ err: warning }, 'the dataset could not be kept on disk'),
  });
  const stop = new AbortController();
  const current = new CurrentWork(options.url, log, stop.signal);
  const id = bytesToHex(randomBytes(32));
  const report = setInterval(() => {
    const rate: PrefixedHexString = `0x${Math.round(searcher.stats().hashesPerSecond).toString(16)}`;
    // Old clients want 32 bytes here; a node that does not know the method loses nothing.
    call(options.url, 'eth_submitHashrate', [rate, id]).catch(() => undefined);
  }, HASHRATE_MS);
  const running = (async () => {
    while (!stop.signal.aborted) {
      const { work, signal } = await current.get();
      if (!work) continue;
      try {
        const { sealHash, epoch, target } = work;
        const found = await searcher.search({ sealHash: hexToBytes(sealHash), epoch, target, signal });
        const nonce = bytesToHex(found.nonce);
        const accepted =
          (await call(options.url, 'eth_submitWork', [nonce, sealHash, bytesToHex(found.mixHash)])) === true;
        options.onFound?.({ accepted, nonce });
        log[accepted ? 'info' : 'warn'](
          { nonce, hashesPerSecond: Math.round(searcher.stats().hashesPerSecond) },
          accepted ? 'found a block' : 'the node refused the nonce',
        );
        current.spend(work);
      } catch (error) {
        if (signal.aborted) continue;
        log.warn({ reason: (error as Error).message }, 'mining failed, trying again');
        await pause(RETRY_MS, stop.signal);
      }
    }
  })();
  return {
    stats: () => searcher.stats(),
    async stop() {
      clearInterval(report);
      stop.abort(new Error('stopped'));
      await Promise.all([running, current.ended]);
      await searcher.close();
    },
  };
}

/** Asks for work again and again and says when it has changed. */
class CurrentWork {
  readonly ended: Promise<void>;
  readonly #url: string;
  readonly #log: Log;
  readonly #stop: AbortSignal;
  #work: Work | undefined;
  #round = new AbortController();
  /** The seal hash of work that is done: the node may offer it once more before it has the next. */
  #spent: string | undefined;

  constructor(url: string, log: Log, stop: AbortSignal) {
    this.#url = url;
    this.#log = log;
    this.#stop = stop;
    this.ended = this.#poll();
  }

  /** The work now and a signal that aborts when it is out of date; waits for work when there is none. */
  async get(): Promise<{ work: Work | undefined; signal: AbortSignal }> {
    const usable = () => (this.#work && this.#work.sealHash !== this.#spent ? this.#work : undefined);
    if (!usable()) await aborted(this.#round.signal);
    return { work: usable(), signal: this.#round.signal };
  }

  spend(work: Work): void {
    this.#spent = work.sealHash;
  }

  async #poll(): Promise<void> {
    let failing = false;
    while (!this.#stop.aborted) {
      try {
        const next = readWork(await call(this.#url, 'eth_getWork', [], this.#stop));
        if (next.sealHash !== this.#work?.sealHash) this.#turn(next);
        failing = false;
        await pause(POLL_MS, this.#stop);
      } catch (error) {
        if (this.#stop.aborted) break;
        if (!failing) this.#log.warn({ reason: (error as Error).message }, 'no work from the node, asking on');
        failing = true;
        await pause(RETRY_MS, this.#stop);
      }
    }
    this.#turn(undefined);
  }

  #turn(work: Work | undefined): void {
    this.#work = work;
    const old = this.#round;
    this.#round = new AbortController();
    if (this.#stop.aborted) this.#round.abort(new Error('stopped'));
    old.abort(new Error('new work'));
  }
}

/** @throws Error when the answer is not getWork's */
function readWork(answer: unknown): Work {
  const [sealHash, seed, target] = Array.isArray(answer) ? answer : [];
  const isHash = (value: unknown): value is PrefixedHexString =>
    typeof value === 'string' && /^0x[0-9a-f]{64}$/i.test(value);
  if (!isHash(sealHash) || !isHash(seed) || !isHash(target))
    throw new Error('the node does not answer eth_getWork with work');
  const epoch = epochFromSeed(hexToBytes(seed));
  if (epoch === undefined) throw new Error('the node names a seed hash of no epoch');
  return { sealHash, epoch, target: BigInt(target) };
}

/** One JSON-RPC call. @throws Error when it fails or takes too long */
export async function call(url: string, method: string, params: unknown[], signal?: AbortSignal): Promise<unknown> {
  const limit = AbortSignal.timeout(CALL_MS);
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    signal: signal ? AbortSignal.any([limit, signal]) : limit,
  });
  const { result, error } = (await response.json()) as { result?: unknown; error?: { message?: string } };
  if (error) throw new ChainError('PEER_FAULT', `${method}: ${error.message}`);
  return result;
}

function aborted(signal: AbortSignal): Promise<void> {
  return signal.aborted
    ? Promise.resolve()
    : new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
