import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createRequire, stripTypeScriptTypes } from 'node:module';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium } from 'playwright-core';
import { createLightVerifier } from './light.ts';
import { DEV_PARAMS } from './params.ts';
import { headerSeals, toHex } from './testing/vectors.ts';

/** Debian's package; a machine without it skips these tests. */
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const isThere = await readFile(CHROMIUM).then(
  () => true,
  () => false,
);

const SOURCES = new URL('./', import.meta.url);
const HASHES = new URL('./', pathToFileURL(createRequire(import.meta.url).resolve('@noble/hashes/sha3.js')));

/** What runs in the page's worker: the light verifier on a mainnet header, and a dev dataset made and searched. */
const WORKER = `
  import { createLightVerifier } from '/src/light.ts';
  import { Kernel, layOut } from '/src/kernel.ts';
  import { DEV_PARAMS, seedHash } from '/src/params.ts';
  import { createMemory } from '/src/wasm.ts';
  self.onmessage = async ({ data: seal }) => {
    const isValid = await createLightVerifier().verify(seal);
    const isDevValid = await createLightVerifier({ params: DEV_PARAMS }).verify(seal);
    const layout = layOut(DEV_PARAMS, 0, 1, 'all');
    const kernel = new Kernel(createMemory(layout.totalBytes, layout.totalBytes), layout);
    for (const _ of kernel.makeCache(seedHash(0)));
    kernel.makeItems(0, layout.datasetBytes / 64);
    const offset = kernel.search(seal.sealHash, 1000n, 8192, 2n ** 246n);
    const { mixHash } = kernel.hashFull(seal.sealHash, 1000n + BigInt(offset));
    postMessage({ isValid, isDevValid, offset, mixHash, isIsolated: self.crossOriginIsolated });
  };
  postMessage('ready');
`;

/** Serves the sources as a page gets them, types stripped, with none of the headers of cross-origin isolation. */
function serve(): Server {
  return createServer(async (request, response) => {
    const path = request.url ?? '';
    const type = path === '/' ? 'text/html' : 'text/javascript';
    response.writeHead(200, { 'content-type': type });
    if (path === '/') response.end('<!doctype html><title>ethash</title>');
    else if (path === '/worker.js') response.end(WORKER);
    else if (path.startsWith('/src/')) {
      const source = await readFile(new URL(path.slice('/src/'.length), SOURCES), 'utf8');
      response.end(stripTypeScriptTypes(source).replaceAll("'@noble/hashes/", "'/hashes/"));
    } else if (path.startsWith('/hashes/'))
      response.end(await readFile(new URL(path.slice('/hashes/'.length), HASHES)));
    else response.end();
  });
}

describe('in a browser worker', { skip: !isThere && `no ${CHROMIUM}` }, () => {
  const server = serve();
  let browser: Browser;

  before(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic'],
    });
  });
  after(async () => {
    await browser?.close();
    server.close();
  });

  it('verifies a mainnet header, and makes and searches a dataset, without cross-origin isolation', async () => {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const { fork: _fork, ...seal } = headerSeals[0]!;
    const plain = { sealHash: [...seal.sealHash], nonce: [...seal.nonce], mixHash: [...seal.mixHash] };
    const numbers = { difficulty: String(seal.difficulty), blockNumber: String(seal.blockNumber) };
    // Runs in the page: the project's TypeScript has no browser types, so it is text.
    const found = (await page.evaluate(`new Promise((resolve, reject) => {
      const worker = new Worker('/worker.js', { type: 'module' });
      worker.onerror = (event) => reject(new Error(event.message ?? 'The worker did not load.'));
      worker.onmessage = ({ data }) => {
        if (data !== 'ready') return resolve({ ...data, mixHash: [...data.mixHash] });
        const bytes = Object.entries(${JSON.stringify(plain)}).map(([name, value]) => [name, Uint8Array.from(value)]);
        const integers = Object.entries(${JSON.stringify(numbers)}).map(([name, value]) => [name, BigInt(value)]);
        worker.postMessage(Object.fromEntries([...bytes, ...integers]));
      };
    })`)) as { isValid: boolean; isDevValid: boolean; offset: number; mixHash: number[]; isIsolated: boolean };
    assert.equal(found.isIsolated, false);
    assert.equal(found.isValid, true);
    assert.equal(found.isDevValid, false);
    const nonce = new Uint8Array(8);
    new DataView(nonce.buffer).setBigUint64(0, 1000n + BigInt(found.offset));
    const light = createLightVerifier({ params: DEV_PARAMS });
    const { mixHash } = await light.hashimotoLight({ sealHash: seal.sealHash, nonce, epoch: 0 });
    assert.equal(toHex(mixHash), toHex(Uint8Array.from(found.mixHash)));
  });
});
