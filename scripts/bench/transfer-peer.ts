/**
 * One side of the transfer benchmark in a process of its own: a seeder with an open gate, or a buyer of the data layer alone.
 * Talks to `transfer.ts` over the process's IPC channel.
 */
import { join } from 'node:path';
import { PerformanceObserver } from 'node:perf_hooks';
import { toContent } from '@chiral/protocol/content';
import { sha256 } from '../../node/src/content/hash.ts';
import { createLibrary } from '../../node/src/content/library.ts';
import { openDatabase } from '../../node/src/db.ts';
import { createHttpServer } from '../../node/src/http.ts';
import type { Gate, Offer } from '../../node/src/ports.ts';
import { createHttpAdapter } from '../../node/src/transfer/adapters/http.ts';
import { type Source, startTransfer } from '../../node/src/transfer/scheduler.ts';
import { createUplink } from '../../node/src/transfer/uplink.ts';

export type PeerCommand =
  | { role: 'seed'; folder: string; file: string }
  | { role: 'usage' }
  | { role: 'buy'; folder: string; cid: string; endpoints: string[]; destination: string };

export interface PeerAnswer {
  cid?: string;
  endpoint?: string;
  seconds?: number;
  /** Where the wall time went, seconds. */
  parts?: Record<string, number>;
  error?: string;
}

const openGate: Gate = { reserve: async (_peer, _cid, want) => ({ granted: want, done: () => {} }) };
const sessions = { issue: () => '', peer: () => undefined };
const credentials = { token: () => undefined };

async function seed(folder: string, file: string): Promise<PeerAnswer> {
  const library = createLibrary({ db: openDatabase(join(folder, 'state.db')) });
  let url = '';
  const adapter = createHttpAdapter({ sessions, credentials, publicUrl: () => url });
  const server = await createHttpServer((q, s) => adapter.router(q, s, () => s.writeHead(404).end()), {
    host: '127.0.0.1',
    port: 0,
  });
  url = server.url;
  const holding = await library.publish(file);
  const { endpoint } = await adapter.serve(holding, createUplink({ store: library, gate: openGate }));
  return { cid: holding.cid, endpoint };
}

function offerOf(cid: string, size: number, url: string, chunks: number): Offer {
  return {
    cid,
    size,
    peerId: url,
    wallet: '0x0000000000000000000000000000000000000001',
    weiPerMiB: 0n,
    endpoints: [{ protocol: 'http', url }],
    chunks: [{ first: 0, count: chunks }],
    name: 'file',
    mime: 'application/octet-stream',
    createdAt: 0,
    expiresAt: 1,
  };
}

async function buy(folder: string, cid: string, endpoints: string[], destination: string): Promise<PeerAnswer> {
  let collectingMs = 0;
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) collectingMs += duration;
  });
  observer.observe({ entryTypes: ['gc'] });
  const library = createLibrary({ db: openDatabase(join(folder, `buy-${process.pid}.db`)) });
  const adapter = createHttpAdapter({ sessions, credentials, publicUrl: () => '' });
  const cpu = process.cpuUsage();
  const idle = performance.eventLoopUtilization();
  const startedMs = performance.now();
  const [manifest, layer] = await Promise.all(
    ['manifest', 'layer'].map(async (record) => (await fetch(`${endpoints[0]}/${record}`)).bytes()),
  );
  const content = toContent(cid, manifest!, layer!, sha256);
  const download = await library.openDownload(content, destination);
  const preparedMs = performance.now();
  async function* sources(): AsyncGenerator<Source> {
    for (const url of endpoints)
      yield { peer: url, offer: offerOf(cid, content.size, url, content.layer.count), price: 1 };
  }
  const { report } = startTransfer({
    content,
    sources: sources(),
    adapters: [adapter],
    store: library,
    meter: { received: () => {} },
    verify: library.verify,
  });
  await report;
  const fetchedMs = performance.now();
  await download.complete();
  const doneMs = performance.now();
  const { utilization } = performance.eventLoopUtilization(idle);
  const { user, system } = process.cpuUsage(cpu);
  const parts = {
    prepare: (preparedMs - startedMs) / 1000,
    fetch: (fetchedMs - preparedMs) / 1000,
    complete: (doneMs - fetchedMs) / 1000,
    cpuUser: user / 1e6,
    cpuSystem: system / 1e6,
    mainThread: (utilization * (doneMs - startedMs)) / 1000,
    garbage: collectingMs / 1000,
  };
  adapter.close();
  await library.close();
  return { seconds: (doneMs - startedMs) / 1000, parts };
}

/** Processor time of this process so far, seconds. */
function usage(): PeerAnswer {
  const { user, system } = process.cpuUsage();
  return { seconds: (user + system) / 1e6 };
}

process.on('message', (command: PeerCommand) => {
  if (command.role === 'usage') {
    process.send!(usage());
    return;
  }
  const work =
    command.role === 'seed'
      ? seed(command.folder, command.file)
      : buy(command.folder, command.cid, command.endpoints, command.destination);
  work.then(
    (answer) => process.send!(answer),
    (error) => process.send!({ error: String(error?.stack ?? error) }),
  );
});
process.on('disconnect', () => process.exit(0));
