/** `chiral up`: the daemon in the foreground, until Ctrl-C. */
import { randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { formatEther } from 'ethers';
import { loadConfig, type NodeSettings } from '../config.ts';
import { createLog } from '../log.ts';
import { createNode } from '../node.ts';
import { type Password, writePrivate } from '../payments/wallet.ts';

/**
 * How much of the heap's free part may be used before V8 begins to look for garbage, and before it must, percent. By default it begins
 * whenever less than a young generation is free, which for a heap of this size is nearly always.
 */
const GARBAGE_TRIGGERS = { soft: 60, hard: 80 };

/** Stopping takes at most this long before the process ends anyway, milliseconds. */
const STOP_TIMEOUT_MS = 10_000;

export interface UpOptions {
  listen?: string[];
  bootstrap?: string[];
  httpHost?: string;
  httpPort?: number;
  publicUrl?: string;
  apiPort?: number;
  protocol?: string[];
  rpc?: string;
  contract?: string;
  wrappedChi?: string;
  siteDir?: string;
  confirmations?: number;
  preset?: 'strict' | 'balanced' | 'generous';
  price?: bigint;
  maxPrice?: bigint;
  workPercent?: number;
  autoSeed?: boolean;
  passwordFile?: string;
  importKey?: string;
  untilStdinEnds?: boolean;
}

/** Runs until a signal, and ends the process. */
export async function runDaemon(dataDir: string, options: UpOptions, json: boolean): Promise<never> {
  const { rpc, protocol, price, maxPrice, workPercent, passwordFile, importKey, autoSeed, untilStdinEnds, ...rest } =
    options;
  const settings: NodeSettings = {
    ...rest,
    ...(protocol !== undefined && { protocols: protocol as NonNullable<NodeSettings['protocols']> }),
    ...(rpc !== undefined && { rpcUrl: rpc }),
    ...(price !== undefined && { weiPerMiB: price }),
    ...(maxPrice !== undefined && { maxWeiPerMiB: maxPrice }),
    ...(workPercent !== undefined && { workFactorPermille: workPercent * 10 }),
    ...(autoSeed === false && { autoSeed }),
  };
  setFlagsFromString(`--incremental-marking-soft-trigger=${GARBAGE_TRIGGERS.soft}`);
  setFlagsFromString(`--incremental-marking-hard-trigger=${GARBAGE_TRIGGERS.hard}`);
  const log = createLog();
  const config = await loadConfig(dataDir, settings);
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const node = await createNode({
    config,
    password: await findPassword(dataDir, passwordFile),
    ...(importKey && { importKey: (await readFile(importKey, 'utf8')).trim() }),
    log,
  });
  const status = await node.status();
  const ready = {
    event: 'ready',
    peerId: node.peerId,
    wallet: status.wallet,
    addresses: node.addresses(),
    publicUrl: node.publicUrl,
    apiUrl: node.apiUrl,
    chain: status.chain,
  };
  if (json) process.stdout.write(`${JSON.stringify(ready)}\n`);
  else {
    process.stdout.write(
      [
        `peer    ${node.peerId}`,
        ...node.addresses().map((address) => `listen  ${address}`),
        `http    ${node.publicUrl}`,
        `page    ${node.apiUrl}/#token=${node.token}   (yours alone: whoever has this address can spend what the node holds)`,
        `wallet  ${status.wallet}${status.balanceWei ? `  ${formatEther(status.balanceWei)} CHI` : ''}`,
        `chain   ${status.chain.reachable ? `block ${status.chain.blockNumber}` : `unreachable at ${status.chain.rpcUrl}; files are served, payments wait`}`,
        '',
        'Running. In another terminal: chiral publish <file>, chiral get <CID>, chiral status. Ctrl-C stops.',
        '',
      ].join('\n'),
    );
  }
  const signal = await new Promise<string>((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, resolve);
    // A file ends without being closed, and what breaks is closed without an end.
    const ended = () => resolve('end of input');
    if (untilStdinEnds) process.stdin.once('end', ended).once('close', ended).resume();
  });
  log.info({ signal }, 'stopping');
  const giveUp = setTimeout(() => {
    log.error('stopping took too long; what was acknowledged is on disk');
    process.exit(1);
  }, STOP_TIMEOUT_MS);
  await node.stop();
  clearTimeout(giveUp);
  // Nothing is waited for that others leave: input that is still open, a timer of libp2p's address book.
  process.exit(0);
}

/** 24 random bytes in base64url. */
const MADE_PASSWORD = /^[\w-]{32}$/;

/** CHIRAL_PASSWORD, the named file, or one made once and kept beside the keystore, readable by its owner only. */
async function findPassword(dataDir: string, file: string | undefined): Promise<Password> {
  if (file) return { text: (await readFile(file, 'utf8')).trim(), isRandom: false };
  if (process.env.CHIRAL_PASSWORD) return { text: process.env.CHIRAL_PASSWORD, isRandom: false };
  const kept = join(dataDir, 'password');
  const known = (await readFile(kept, 'utf8').catch(() => undefined))?.trim();
  // Whoever put one of their own there gets what a password of a person's gets.
  if (known !== undefined) return { text: known, isRandom: MADE_PASSWORD.test(known) };
  const made = randomBytes(24).toString('base64url');
  await writePrivate(kept, made);
  return { text: made, isRandom: true };
}
