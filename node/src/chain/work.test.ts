import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { DEV_PARAMS } from '@chiral/ethash/params';
import { isAppError } from '@chiral/protocol/errors';
import { hexlify, toUtf8String } from 'ethers';
import { createWorkSource, DEV_GENESIS_TEXT } from './work.ts';

const PAYEE = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';
const seal = `0x${'aa'.repeat(32)}`;
const seed = `0x${'00'.repeat(32)}`;
const target = `0x${(2n ** 256n / 1_000n).toString(16).padStart(64, '0')}`;

/** A chain node that says what it is told to; a method without an answer is one that it does not know. */
async function chainNode(t: TestContext, answers: Record<string, unknown>) {
  const asked: { method: string; params: unknown[] }[] = [];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const call = JSON.parse(Buffer.concat(parts).toString());
    asked.push(call);
    const result = answers[call.method];
    response.end(
      JSON.stringify(result === undefined ? { error: { code: -32601, message: 'unknown method' } } : { result }),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

const honest = {
  eth_coinbase: PAYEE.toLowerCase(),
  eth_getWork: [seal, seed, target],
  eth_getBlockByNumber: { extraData: hexlify(new TextEncoder().encode('Keep on keeping on!')) },
  eth_submitWork: true,
};

describe('work from a chain node', () => {
  it('is what the node would seal next, asked for once for all who ask at a time', async (t) => {
    const { url, asked } = await chainNode(t, honest);
    const clock = { now: 0 };
    const source = createWorkSource({ rpcUrl: url, payee: PAYEE, now: () => clock.now });
    const works = await Promise.all(Array.from({ length: 50 }, () => source.current()));
    const [work] = works;
    assert.deepEqual(
      { ...work, sealHash: hexlify(work!.sealHash), seedHash: hexlify(work!.seedHash) },
      { profile: 'full', sealHash: seal, seedHash: seed, difficulty: 1_000n },
    );
    assert.deepEqual(asked.map(({ method }) => method).sort(), ['eth_coinbase', 'eth_getBlockByNumber', 'eth_getWork']);
    clock.now = 1_000;
    await source.current();
    assert.deepEqual(
      asked.slice(3).map(({ method }) => method),
      ['eth_getWork'],
    );
  });

  it('is none when its blocks pay another wallet, or nobody, or when the node gives out none', async (t) => {
    for (const answers of [
      { ...honest, eth_coinbase: '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC' },
      { ...honest, eth_coinbase: undefined },
      { ...honest, eth_getWork: undefined },
      { ...honest, eth_getWork: ['0x01', seed, target] },
    ]) {
      const { url } = await chainNode(t, answers);
      assert.equal(await createWorkSource({ rpcUrl: url, payee: PAYEE }).current(), undefined);
    }
  });

  it('is of the small Ethash on the development chain that is committed here, and there alone', async (t) => {
    const genesis = JSON.parse(await readFile(new URL('../../../genesis/dev.json', import.meta.url), 'utf8'));
    assert.equal(toUtf8String(genesis.extraData), DEV_GENESIS_TEXT);
    assert.deepEqual(genesis.config.chiral.ethash, DEV_PARAMS);
    const full = JSON.parse(await readFile(new URL('../../../genesis/genesis.json', import.meta.url), 'utf8'));
    assert.notEqual(full.extraData, genesis.extraData);
    const { url } = await chainNode(t, { ...honest, eth_getBlockByNumber: { extraData: genesis.extraData } });
    assert.equal((await createWorkSource({ rpcUrl: url, payee: PAYEE }).current())?.profile, 'dev');
  });

  it('goes back as getWork has it: nonce, seal hash, mix', async (t) => {
    const { url, asked } = await chainNode(t, honest);
    const source = createWorkSource({ rpcUrl: url, payee: PAYEE });
    const share = {
      sealHash: new Uint8Array(32).fill(1),
      nonce: new Uint8Array(8).fill(2),
      mixHash: new Uint8Array(32),
    };
    assert.equal(await source.submit(share), true);
    assert.deepEqual(
      asked[0]!.params,
      [share.nonce, share.sealHash, share.mixHash].map((bytes) => hexlify(bytes)),
    );
  });

  it('is asked for again once the node is back', async (t) => {
    const gone = createWorkSource({ rpcUrl: 'http://127.0.0.1:1', payee: PAYEE });
    await assert.rejects(gone.current(), (error) => isAppError(error, 'CHAIN_UNREACHABLE'));
    const answers: Record<string, unknown> = { ...honest, eth_getWork: 'nonsense' };
    const { url } = await chainNode(t, answers);
    const clock = { now: 0 };
    const source = createWorkSource({ rpcUrl: url, payee: PAYEE, now: () => clock.now });
    assert.equal(await source.current(), undefined);
    answers.eth_getWork = honest.eth_getWork;
    clock.now = 1_000;
    assert.ok(await source.current());
  });
});
