/** Says how far a dataset is, a line at every tenth, so that a first start of a minute does not look like a fault. */
import type { DatasetProgress } from '@chiral/ethash/types';
import type { Log } from '../log.ts';

const STEPS = 10;

export function createDatasetLine(log: Log): (progress: DatasetProgress) => void {
  let said = '';
  return ({ phase, epoch, fraction, ahead }) => {
    const step = Math.floor(fraction * STEPS);
    const now = `${epoch} ${phase} ${ahead} ${step}`;
    if (now === said) return;
    said = now;
    log.info({ epoch, phase, ahead, percent: (step * 100) / STEPS }, 'dataset');
  };
}
