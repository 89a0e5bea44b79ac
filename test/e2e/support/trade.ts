/** Verbs of a trade, over the owner's API of real daemons. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { PRESETS } from '@chiral/node/accounting/policy';
import type { GetEvent, LedgerRow, PublishEvent, SettleAnswer } from '@chiral/protocol/api';
import { costWei } from '@chiral/protocol/payment';
import type { Daemon } from '../../../scripts/devnet/network.ts';

export type Done = GetEvent & { event: 'done' };

export async function publish(seller: Daemon, path: string, weiPerMiB: bigint): Promise<string> {
  const signal = new AbortController().signal;
  for await (const event of seller.api.stream<PublishEvent>('/publish', { path, weiPerMiB: `${weiPerMiB}` }, signal)) {
    if (event.event === 'done') return event.file.cid;
  }
  throw new Error('publishing ended without an answer');
}

/** Downloads to the end. `onEvent` sees everything on the way. */
export async function get(
  buyer: Daemon,
  target: string,
  to: string,
  onEvent: (event: GetEvent) => void = () => {},
  more: object = {},
): Promise<Done> {
  for await (const event of buyer.api.stream<GetEvent>('/get', { target, to, ...more }, new AbortController().signal)) {
    onEvent(event);
    if (event.event === 'done') return event;
  }
  throw new Error('the download ended without an answer');
}

export const settle = (seller: Daemon) => seller.api.post<SettleAnswer>('/settle', {});

/** The ledger's row with one peer in one direction; zeros when there is none. */
export async function standing(node: Daemon, peer: string, direction: 'out' | 'in') {
  const rows = await node.api.get<LedgerRow[]>('/ledger');
  const row = rows.find((row) => row.peer === peer && row.direction === direction);
  return {
    bytes: row?.bytes ?? 0,
    delivered: BigInt(row?.deliveredWei ?? 0),
    authorized: BigInt(row?.authorizedWei ?? 0),
    settled: BigInt(row?.settledWei ?? 0),
  };
}

/**
 * What one of several sellers was promised: to the wei what was verified of it. Chunks that another was first with it sent in
 * vain; when its gate closed over some, they are paid, too, within the tolerance of `balanced`, and never beyond what it sent.
 */
export function assertPaid(
  who: string,
  sold: { readonly delivered: bigint; readonly authorized: bigint },
  bytes: number,
  weiPerMiB: bigint,
): void {
  const owed = costWei(bytes, weiPerMiB);
  const tolerated = costWei(PRESETS.balanced.toleranceBytes, weiPerMiB) + owed / 100n;
  const inVain = sold.delivered - owed;
  const most = owed + (inVain < tolerated ? inVain : tolerated);
  assert.ok(inVain >= 0n, `${who} counts less than came`);
  assert.ok(owed <= sold.authorized && sold.authorized <= most, `${who}: ${sold.authorized} of ${owed} to ${most}`);
}

export async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const part of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(part);
  return hash.digest('hex');
}

/** A file of random bytes. */
export async function randomFile(path: string, bytes: number): Promise<string> {
  const file = await open(path, 'w');
  for (let at = 0; at < bytes; at += 1 << 20) await file.write(randomBytes(Math.min(1 << 20, bytes - at)));
  await file.close();
  return path;
}

/** Polls until `condition` gives something; fails after `timeoutMs`. */
export async function until<T>(condition: () => Promise<T | undefined | false>, timeoutMs = 30_000): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`not true within ${timeoutMs} ms: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
