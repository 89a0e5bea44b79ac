/**
 * amuled fetches a file from our adapter through a proxy that keeps the bytes, in a network namespace of its own (see
 * `ed2k-interop.ts`). Prints what we said: opcodes, and the tags of our hello and of amuled's.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { FrameReader } from '../../../node/src/transfer/adapters/ed2k/frame.ts';
import { chunkOf, randomBytes, toTestContent } from '../../ports/fixtures.ts';
import { prepareAmuled } from './ed2k-amuled.ts';
import type { Ed2kCapture } from './ed2k-interop.ts';
import { startLoginServer } from './ed2k-login-server.ts';
import { addAddresses, createAdapterFor, OURS, THEIRS } from './ed2k-namespace.ts';
import { startLoggingProxy } from './logging-proxy.ts';

const NAME = 'capture.bin';
/** Free: nothing else runs in this namespace. */
const LISTEN_PORT = 4801;
const HELLO = 0x01;
const HELLO_ANSWER = 0x4c;
/** User hash, address and port before the tags of a hello; a HELLO begins with the length of the hash. */
const BEFORE_TAGS = 16 + 4 + 2;

const [folder = '', sizeText = ''] = process.argv.slice(2);
const bytes = randomBytes(Number(sizeText), 29);
addAddresses();

// aMule takes a call back for its source's only when it comes from where it knows the source: the proxy's port is ours to all.
const proxy = await startLoggingProxy(OURS, { host: OURS, port: LISTEN_PORT }, THEIRS);
const adapter = createAdapterFor(NAME, bytes, { listenPort: LISTEN_PORT, publicPort: proxy.port });
const { endpoint } = await adapter.serve(toTestContent(bytes), {
  read: async (_peer, _cid, chunk, range) => chunkOf(bytes, chunk).slice(range?.start, range?.end),
});
const server = await startLoginServer(OURS);
const amuled = (await prepareAmuled(folder, THEIRS, 4762, { host: OURS, port: server.port })).start();
await server.loggedIn;
for (
  let got: Buffer | undefined;
  !got?.equals(bytes);
  got = await readFile(join(amuled.incoming, NAME)).catch(() => undefined)
) {
  await amuled.addLink(endpoint);
  await delay(1_000);
}
await amuled.stop();

const opcodes = new Set<string>();
const tags = new Set<number>();
const theirTags = new Set<number>();
for (const { asked, answered } of proxy.connections) {
  for (const { protocol, opcode, body } of new FrameReader().push(Buffer.concat(answered))) {
    opcodes.add(`${protocol.toString(16)}:${opcode.toString(16)}`);
    if (opcode === HELLO_ANSWER) for (const tag of tagsOf(body)) tags.add(tag);
  }
  for (const { opcode, body } of new FrameReader().push(Buffer.concat(asked))) {
    if (opcode === HELLO) for (const tag of tagsOf(body.subarray(1))) theirTags.add(tag);
  }
}
const result: Ed2kCapture = { ok: true, opcodes: [...opcodes], tags: [...tags], theirTags: [...theirTags] };
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));

/** Names of the tags of a hello: text and 32-bit numbers, which is all that either side sends here. */
function tagsOf(hello: Uint8Array): number[] {
  const view = Buffer.from(hello);
  const names: number[] = [];
  let at = BEFORE_TAGS + 4;
  for (let left = view.readUInt32LE(BEFORE_TAGS); left > 0; left--) {
    const type = view[at]!;
    const nameBytes = view.readUInt16LE(at + 1);
    names.push(view[at + 3]!);
    at += 3 + nameBytes;
    if (type === 2) at += 2 + view.readUInt16LE(at);
    else if (type === 3) at += 4;
    else throw new Error(`A tag of type ${type}.`);
  }
  return names;
}
