import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { DEV_PARAMS, seedHash } from '@chiral/ethash/params';
import { bytesToHex, hexToBytes, type PrefixedHexString } from '@ethereumjs/util';
import { ethash, silent } from '../testing/fixture.ts';
import { createTestNode } from '../testing/node.ts';
import { startGetWorkMiner } from './getwork.ts';

test('mines for a node of ours, over HTTP alone', async () => {
  await using net = await createTestNode();
  let accepted = 0;
  const miner = startGetWorkMiner({
    url: net.url,
    params: DEV_PARAMS,
    threads: 1,
    log: silent,
    onFound: (found) => {
      if (found.accepted) accepted++;
    },
  });
  while (Number(await net.rpc('eth_blockNumber')) < 3) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.ok(miner.stats().hashes > 0);
  await miner.stop();
  assert.ok(accepted >= 2);
});

test('mines for a node that answers as old geth does: three words, and silence now and then', async () => {
  const sealHash = bytesToHex(new Uint8Array(32).fill(7));
  const target = 2n ** 256n / 1_000n;
  let asked = 0;
  let reported: unknown;
  const { promise: found, resolve } = Promise.withResolvers<PrefixedHexString[]>();
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    const { method, params } = JSON.parse(body);
    const reply = (result: object) => response.end(JSON.stringify({ jsonrpc: '2.0', id: 1, ...result }));
    if (method === 'eth_getWork') {
      if (asked++ === 0) return reply({ error: { code: -32000, message: 'no mining work available yet' } });
      return reply({ result: [sealHash, bytesToHex(seedHash(0)), `0x${target.toString(16).padStart(64, '0')}`] });
    }
    if (method === 'eth_submitWork') resolve(params);
    if (method === 'eth_submitHashrate') reported = params;
    return reply({ result: true });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const miner = startGetWorkMiner({ url, params: DEV_PARAMS, threads: 1, log: silent });
  const [nonce, hash, mixHash] = await found;
  await miner.stop();
  server.close();
  server.closeAllConnections();
  assert.equal(hash, sealHash);
  const result = await ethash.hashimotoLight({ epoch: 0, sealHash: hexToBytes(sealHash), nonce: hexToBytes(nonce!) });
  assert.equal(bytesToHex(result.mixHash), mixHash);
  assert.ok(BigInt(bytesToHex(result.result)) <= target);
  assert.equal(reported, undefined, 'too short a run to report a rate');
});
