/** Finds shares with worker threads of this machine, for a node that pays by work. Owns the miner of the Ethash in use; a dataset is kept on disk. */
import { createMiner } from '@chiral/ethash/miner';
import { DEV_PARAMS, MAINNET_PARAMS } from '@chiral/ethash/params';
import type { Miner } from '@chiral/ethash/types';
import { AppError } from '@chiral/protocol/errors';
import { getBytes, hexlify } from 'ethers';
import type { ShareSearcher } from './work-payer.ts';

/** @param options.threads all processors when absent @param options.cacheDir folder that keeps datasets between runs */
export function createThreadedSearcher(options: {
  threads?: number;
  cacheDir: string;
}): ShareSearcher & { close(): Promise<void> } {
  const { threads, cacheDir } = options;
  let miner: Miner | undefined;
  let onFraction: (fraction: number) => void = () => {};

  async function minerOf(profile: 'full' | 'dev'): Promise<Miner> {
    const params = profile === 'dev' ? DEV_PARAMS : MAINNET_PARAMS;
    if (miner?.params === params) return miner;
    await miner?.close();
    miner = createMiner({
      params,
      cacheDir,
      ...(threads !== undefined && { threads }),
      onProgress: ({ phase, fraction, ahead }) => {
        if (!ahead && phase !== 'save') onFraction(phase === 'cache' ? 0 : fraction);
      },
    });
    return miner;
  }

  return {
    async prepare({ profile, epoch }, onProgress, signal) {
      onFraction = onProgress;
      const maker = await minerOf(profile);
      try {
        await untilAborted(maker.prepare({ epoch }), signal);
      } catch (cause) {
        if (!(cause instanceof RangeError)) throw cause;
        throw new AppError('UNSUPPORTED', 'This seller’s work needs more memory than there is.', {}, { cause });
      } finally {
        onFraction = () => {};
      }
    },
    async search({ profile, epoch, sealHash, noncePrefix, difficulty }, signal) {
      const maker = await minerOf(profile);
      try {
        const { nonce, mixHash } = await maker.search({
          epoch,
          sealHash: getBytes(sealHash),
          difficulty,
          startNonce: BigInt(noncePrefix) << 32n,
          signal,
        });
        return { nonce: hexlify(nonce), mixHash: hexlify(mixHash) };
      } catch (error) {
        if (signal.aborted) return undefined;
        throw error;
      }
    },
    hashesPerSecond: () => miner?.stats().hashesPerSecond ?? 0,
    close: async () => miner?.close(),
  };
}

function untilAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(new AppError('CANCELLED', 'The work was stopped.'));
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
