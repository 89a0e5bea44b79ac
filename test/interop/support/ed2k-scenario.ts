/**
 * One transfer between our adapter and a real amuled, to be run in a network namespace of its own (see `ed2k-interop.ts`). Prints
 * one JSON row and ends. `upload`: amuled fetches a file from us, with the gate closed for a while in the middle. `download`: we
 * fetch a file from amuled.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { chunkCount, verifyChunk } from '@chiral/protocol/content';
import { AppError, isAppError } from '@chiral/protocol/errors';
import type { Uplink } from '../../../node/src/ports.ts';
import { formatEd2kLink } from '../../../node/src/transfer/adapters/ed2k/link.ts';
import { fileHash, hashParts } from '../../../node/src/transfer/adapters/ed2k/part-hash.ts';
import { chunkOf, randomBytes, toTestContent, toTestOffer } from '../../ports/fixtures.ts';
import { prepareAmuled } from './ed2k-amuled.ts';
import type { Ed2kInteropRow } from './ed2k-interop.ts';
import { startLoginServer } from './ed2k-login-server.ts';
import { addAddresses, createAdapterFor, OURS, THEIRS } from './ed2k-namespace.ts';

const THEIR_PORT = 4762;
const NAME = 'interop.bin';
const POLL_MS = 50;
/** aMule finds a source in a link given again, and may miss one given in its first seconds. */
const LINK_MS = 1_000;

const [folder = '', direction = '', sizeText = ''] = process.argv.slice(2);
const bytes = randomBytes(Number(sizeText), 17);
const content = toTestContent(bytes);

addAddresses();

const adapter = createAdapterFor(NAME, bytes);

const row = direction === 'upload' ? await upload() : await download();
const line = JSON.stringify(row satisfies Ed2kInteropRow);
process.stdout.write(`${line}\n`, () => process.exit(row.ok ? 0 : 1));

async function upload(): Promise<Ed2kInteropRow> {
  const server = await startLoginServer(OURS);
  const amuled = (await prepareAmuled(folder, THEIRS, THEIR_PORT, { host: OURS, port: server.port })).start();
  const gate = createGate(Math.floor(bytes.length / 3));
  const { endpoint } = await adapter.serve(content, gate.uplink);
  await server.loggedIn;
  while (gate.delivered === 0) {
    await amuled.addLink(endpoint);
    await delay(LINK_MS);
  }
  // Closed long enough to be refused again; what it got until then is what it keeps.
  while (gate.refusals < 3) await delay(POLL_MS);
  const atClosing = gate.delivered;
  gate.room = Number.MAX_SAFE_INTEGER;
  const got = await finished(join(amuled.incoming, NAME));
  await amuled.stop();
  await adapter.close();
  const problems = [
    createHash('sha256').update(got).digest().equals(content.sha256) ? '' : 'the file differs',
    atClosing <= bytes.length / 3 ? '' : `${atClosing} bytes went through a closed gate`,
    gate.delivered === bytes.length ? '' : `${gate.delivered} bytes were counted`,
    gate.peers.size === 1 && gate.peers.has(`ip:${THEIRS}`) ? '' : `counted for ${[...gate.peers]}`,
  ].filter((problem) => problem !== '');
  return toRow(gate.delivered, problems);
}

/** An uplink with room for so many bytes. */
function createGate(room: number) {
  const gate = { room, delivered: 0, refusals: 0, peers: new Set<string>(), uplink: {} as Uplink };
  gate.uplink = {
    async read(peer, _cid, chunk, range) {
      const data = chunkOf(bytes, chunk).slice(range?.start, range?.end);
      if (data.length > gate.room) {
        gate.refusals++;
        throw new AppError('CHOKED', 'The gate is closed.');
      }
      gate.room -= data.length;
      gate.delivered += data.length;
      gate.peers.add(peer);
      return data;
    },
  };
  return gate;
}

/** The file at `path` once it is there: aMule moves it when it is whole and checked. */
async function finished(path: string): Promise<Buffer> {
  for (;;) {
    const data = await readFile(path).catch(() => undefined);
    if (data?.length === bytes.length) return data;
    await delay(POLL_MS);
  }
}

async function download(): Promise<Ed2kInteropRow> {
  const prepared = await prepareAmuled(folder, THEIRS, THEIR_PORT, undefined);
  await writeFile(join(prepared.incoming, NAME), bytes);
  const amuled = prepared.start();
  const hash = await fileHash(
    await hashParts(
      bytes.length,
      (async function* () {
        yield bytes;
      })(),
    ),
  );
  const sources = [{ host: THEIRS, port: THEIR_PORT }];
  const offer = toTestOffer(content, [
    { protocol: 'ed2k', url: formatEd2kLink({ name: NAME, size: bytes.length, hash, sources }) },
  ]);
  const problems: string[] = [];
  let next = 0;
  let got = 0;
  async function work(): Promise<void> {
    for (let chunk = next++; chunk < chunkCount(content.size); chunk = next++) {
      const data = await fetchWhenReady(offer, chunk);
      if (!verifyChunk(content, chunk, data)) problems.push(`chunk ${chunk} differs`);
      got += data.length;
    }
  }
  await Promise.all(Array.from({ length: 8 }, work));
  await amuled.stop();
  await adapter.close();
  return toRow(got, problems);
}

/** Asks again while amuled starts, hashes the file or has no place for us, and when it stopped reading: as a download would. */
async function fetchWhenReady(offer: ReturnType<typeof toTestOffer>, chunk: number): Promise<Uint8Array> {
  for (;;) {
    try {
      return await adapter.fetch(offer, content, chunk, AbortSignal.timeout(30_000));
    } catch (error) {
      if (!isAppError(error, 'PEER_UNREACHABLE', 'NOT_FOUND', 'CHOKED', 'TIMEOUT')) throw error;
      await delay(POLL_MS);
    }
  }
}

function toRow(count: number, problems: string[]): Ed2kInteropRow {
  const version = /\d+\.\d+\.\d+/.exec(spawnSync('amuled', ['--version'], { encoding: 'utf8' }).stdout)?.[0] ?? '';
  return {
    name: 'amuled',
    version,
    protocol: 'ed2k',
    direction: direction === 'upload' ? 'from us' : 'to us',
    bytes: count,
    ok: problems.length === 0 && count === bytes.length,
    problems,
  };
}
