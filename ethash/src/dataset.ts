/**
 * How a dataset comes to be: read from disk, or made by all threads in memory and stored, or made ahead of its epoch by one
 * thread straight to disk, through a window of one chunk so that it costs no second gigabyte of memory.
 * Owns nothing: the group is the miner's, and files are dataset-file.ts's.
 */

import { access } from 'node:fs/promises';
import { CHUNK_BYTES, DatasetWriter, datasetPath, readDataset, sweepDatasets } from './dataset-file.ts';
import { type Layout, layOut } from './kernel.ts';
import { ITEM_BYTES, seedHash } from './params.ts';
import { ThreadGroup } from './thread-group.ts';
import type { DatasetProgress, EthashParams } from './types.ts';

/** What the making of one dataset needs to know. */
export interface DatasetJob {
  readonly params: EthashParams;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: DatasetProgress) => void;
}

/** Epochs whose datasets stay on disk beside the newest one. */
const OLDER_EPOCHS_KEPT = 1;

/**
 * Fills the group's dataset area from disk. False when there is no usable file; `onDamaged` hears of one that is damaged.
 * @throws the signal's reason.
 */
export async function loadDataset(
  group: ThreadGroup,
  layout: Layout,
  folder: string,
  job: DatasetJob,
  onDamaged: (warning: Error) => void,
): Promise<boolean> {
  const path = datasetPath(folder, job.params, layout.epoch);
  const report = reporter(job, layout.epoch, 'load', false);
  const into = group.dataset(layout, layout.datasetBytes);
  try {
    const outcome = await readDataset(path, job.params, layout.epoch, into, { signal: job.signal, onFraction: report });
    if (outcome === 'damaged') onDamaged(new Error(`The stored dataset ${path} is damaged and will be made again.`));
    return outcome === 'loaded';
  } catch (error) {
    job.signal.throwIfAborted();
    onDamaged(new Error(`The stored dataset ${path} cannot be read and will be made again.`, { cause: error }));
    return false;
  }
}

/** Makes cache and dataset in the group's memory, on all its threads. @throws the signal's reason. */
export async function buildDataset(group: ThreadGroup, layout: Layout, job: DatasetJob): Promise<void> {
  await buildCache(group, layout, job, false);
  await buildItems(group, 0, layout.datasetBytes / ITEM_BYTES, job.signal, reporter(job, layout.epoch, 'build', false));
}

/** Stores the dataset that lies in the group's memory, which must not change meanwhile. @throws what the disk throws. */
export async function storeDataset(group: ThreadGroup, layout: Layout, folder: string, job: DatasetJob): Promise<void> {
  const report = reporter(job, layout.epoch, 'save', false);
  const dataset = group.dataset(layout, layout.datasetBytes);
  await write(folder, job.params, layout.epoch, async (writer) => {
    for (let at = 0; at < dataset.length; at += CHUNK_BYTES) {
      const chunk = dataset.subarray(at, at + CHUNK_BYTES);
      await writer.append(chunk);
      report((at + chunk.length) / dataset.length);
    }
  });
}

/** Makes and stores the dataset of an epoch to come, unless there is a file already. @throws the signal's reason, disk errors. */
export async function storeDatasetAhead(epoch: number, folder: string, job: DatasetJob): Promise<void> {
  const isStored = await access(datasetPath(folder, job.params, epoch)).then(
    () => true,
    () => false,
  );
  if (isStored) return;
  const layout = layOut(job.params, epoch, 1, CHUNK_BYTES);
  const group = new ThreadGroup(layout, 1);
  const report = reporter(job, epoch, 'build', true);
  try {
    await buildCache(group, layout, job, true);
    await write(folder, job.params, epoch, async (writer) => {
      for (let at = 0; at < layout.datasetBytes; at += CHUNK_BYTES) {
        const length = Math.min(CHUNK_BYTES, layout.datasetBytes - at);
        await buildItems(group, at / ITEM_BYTES, (at + length) / ITEM_BYTES, job.signal, () => {});
        await writer.append(group.dataset(layout, length));
        report((at + length) / layout.datasetBytes);
      }
    });
  } finally {
    await group.close();
  }
}

async function write(
  folder: string,
  params: EthashParams,
  epoch: number,
  fill: (writer: DatasetWriter) => Promise<void>,
): Promise<void> {
  const writer = await DatasetWriter.create(folder, params, epoch);
  try {
    await fill(writer);
    await writer.commit();
  } catch (error) {
    await writer.discard();
    throw error;
  }
  await sweepDatasets(folder, params, epoch - OLDER_EPOCHS_KEPT);
}

async function buildCache(group: ThreadGroup, layout: Layout, job: DatasetJob, ahead: boolean): Promise<void> {
  const onProgress = reporter(job, layout.epoch, 'cache', ahead);
  const seed = seedHash(layout.epoch);
  await group.run((number) => ({ kind: 'cache', job: number, seed }), {
    signal: job.signal,
    isSerial: true,
    onProgress,
  });
}

/** Items [from, to) at the start of the dataset area. */
async function buildItems(
  group: ThreadGroup,
  from: number,
  to: number,
  signal: AbortSignal,
  report: (fraction: number) => void,
): Promise<void> {
  let made = 0;
  await group.run((number) => ({ kind: 'items', job: number, from, to }), {
    signal,
    onProgress: (items) => {
      made += items;
      report(made / (to - from));
    },
  });
}

/** Passes a fraction on, but only at the first, the last and each whole percent. */
function reporter(
  { onProgress }: DatasetJob,
  epoch: number,
  phase: DatasetProgress['phase'],
  ahead: boolean,
): (fraction: number) => void {
  let percent = -1;
  return (fraction) => {
    if (Math.floor(fraction * 100) <= percent) return;
    percent = Math.floor(fraction * 100);
    onProgress({ epoch, phase, fraction, ahead });
  };
}
