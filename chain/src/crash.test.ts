/** kill -9 at random points: whatever was being written, the node starts again on a head that is whole. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Block, BlockHeader } from '@ethereumjs/block';
import { RLP } from '@ethereumjs/rlp';
import { createAddressFromString } from '@ethereumjs/util';
import { getCreateAddress, Interface } from 'ethers';
import { Chain } from './chain.ts';
import { createChainSpec } from './genesis.ts';
import { ChainStore } from './store/store.ts';
import { audit } from './testing/audit.ts';
import { ADDRESSES, createFixture, ethash, makeBlock, silent, testGenesis, transfer } from './testing/fixture.ts';
import { readCounter } from './testing/node.ts';

/** Kills: few by default, 30 in CI, 200 for the full figure. */
const KILLS = Number(process.env.CHIRAL_KILLS ?? 5);
/** The child lives this long at most after it began, milliseconds. */
const LIFE_MS = 250;
const seed = Number(process.env.CHIRAL_SEED ?? Date.now() % 1_000_000);
let state = seed;
const random = () => {
  state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
  return state / 2 ** 31;
};

/** Blocks in the order of import: contract writes in each, and every fifth time a heavier rival of the last two. */
async function writeBlocks(file: string, count: number): Promise<void> {
  await using fixture = await createFixture();
  const { abi, bytecode } = await readCounter();
  const counter = createAddressFromString(getCreateAddress({ from: ADDRESSES[0]!.toString(), nonce: 0 }).toLowerCase());
  const data = (i: number) => new Interface(abi).encodeFunctionData('add', [1, `n${i}`]) as `0x${string}`;
  const order: Block[] = [];
  const grow = async (parent: BlockHeader, seconds: number, nonce: number, note: string) => {
    const first = transfer(
      fixture.spec,
      0,
      nonce,
      nonce === 0 ? { data: bytecode, gasLimit: 1_500_000n } : { to: counter, data: data(nonce) },
    );
    const block = await makeBlock(fixture, { parent, seconds, transactions: [first], extraData: note });
    await fixture.chain.import(block);
    order.push(block);
    return block.header;
  };
  let tip = fixture.spec.genesis.header;
  let nonce = 0;
  for (let i = 0; i < count; i++) {
    const fork = tip;
    tip = await grow(tip, 13, nonce, '');
    if (i % 5 === 4) {
      await grow(tip, 13, nonce + 1, '');
      tip = await grow(fork, 2, nonce, 'rival');
      tip = await grow(tip, 2, nonce + 1, 'rival');
      tip = await grow(tip, 2, nonce + 2, 'rival');
      nonce += 2;
    }
    nonce++;
  }
  const waiting = [1, 2, 3].flatMap((key) =>
    Array.from({ length: 60 }, (_, n) => transfer(fixture.spec, key, n).serialize()),
  );
  await writeFile(file, RLP.encode([order.map((block) => block.raw()), waiting] as never));
  await writeFile(`${file}.genesis`, JSON.stringify(testGenesis()));
}

/** @returns whether the child had finished before it was killed */
async function runAndKill(folder: string, file: string, lifeMs: number): Promise<boolean> {
  const script = fileURLToPath(new URL('./testing/crash-child.ts', import.meta.url));
  const child = spawn(process.execPath, [script, folder, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  let done = false;
  for await (const line of createInterface({ input: child.stdout })) {
    if (line === 'ready') setTimeout(() => child.kill('SIGKILL'), lifeMs);
    else done = line === 'done';
  }
  const [code, signal] = await exit;
  assert.ok(signal === 'SIGKILL' || (done && code === 0), `the child ended by itself: ${code}`);
  return done;
}

test(`killed ${KILLS} times while importing, always a whole head (seed ${seed})`, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'chiral-crash-'));
  const file = join(folder, 'blocks');
  await writeBlocks(file, 40);
  const spec = await createChainSpec(testGenesis());
  const heads: number[] = [];
  let data = join(folder, 'data-0');
  let before = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const done = await runAndKill(data, file, random() * LIFE_MS);
    const store = await ChainStore.open(join(data, 'chain'));
    const chain = await Chain.open({ spec, store, verifier: ethash, log: silent });
    const head = await audit(chain);
    assert.ok(head >= before, `the head went back from ${before} to ${head}`);
    heads.push(head);
    before = head;
    await chain.close();
    await store.close();
    if (done) {
      data = join(folder, `data-${kill + 1}`);
      before = 0;
    }
  }
  assert.ok(new Set(heads).size > KILLS / 8, `the kills met too few heads to mean anything: ${heads}`);
  await rm(folder, { recursive: true, force: true });
});
