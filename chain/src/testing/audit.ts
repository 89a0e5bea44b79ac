/** For tests only: looks at every stored thing that a valid head stands on. Throws at the first that is missing or wrong. */
import assert from 'node:assert/strict';
import { MerklePatriciaTrie } from '@ethereumjs/mpt';
import { bytesToHex, createAccountFromRLP, equalsBytes, KECCAK256_NULL, ValueEncoding } from '@ethereumjs/util';
import type { Chain } from '../chain.ts';
import { executeBlock } from '../execution/execute.ts';
import { StateNodes } from '../execution/state.ts';

/** @returns the number of the head */
export async function audit(chain: Chain): Promise<number> {
  const { hash, block: head, totalDifficulty } = chain.head;
  let weight = 0n;
  let parent: Uint8Array | undefined;
  for (let number = 0n; number <= head.header.number; number++) {
    const block = chain.canonicalBlock(number);
    assert.ok(block, `block ${number} is missing`);
    if (parent) assert.ok(equalsBytes(block.header.parentHash, parent), `block ${number} hangs in the air`);
    weight += block.header.difficulty;
    assert.equal(chain.totalDifficulty(block.hash()), weight, `total difficulty of ${number}`);
    const receipts = chain.receipts(block.hash());
    assert.equal(receipts?.length, block.transactions.length, `receipts of ${number}`);
    for (const [index, tx] of block.transactions.entries()) {
      const place = chain.transactionPlace(tx.hash());
      assert.ok(place && place.index === index && equalsBytes(place.block.hash(), block.hash()), `index of ${number}`);
    }
    parent = block.hash();
  }
  assert.ok(equalsBytes(parent!, hash), 'the head is not the end of the chain');
  assert.equal(weight, totalDifficulty);
  assert.equal(chain.canonicalHash(head.header.number + 1n), undefined, 'something stands above the head');
  await walkState(chain, head.header.stateRoot);
  if (head.header.number > 0n) {
    const below = chain.header(head.header.parentHash)!;
    await executeBlock(chain.spec.common, chain.source, head, below.stateRoot);
  }
  return Number(head.header.number);
}

/** Reads every account, slot and code of a state; a missing node throws. */
async function walkState(chain: Chain, root: Uint8Array): Promise<void> {
  const open = (at: Uint8Array) => {
    const db = new StateNodes(chain.source);
    return new MerklePatriciaTrie({ db, root: at, useKeyHashing: true, valueEncoding: ValueEncoding.Bytes });
  };
  const accounts: Uint8Array[] = [];
  await open(root).walkAllValueNodes(async (node) => void accounts.push(node.value()!));
  for (const rlp of accounts) {
    const { storageRoot, codeHash } = createAccountFromRLP(rlp);
    await open(storageRoot).walkAllValueNodes(async () => {});
    if (equalsBytes(codeHash, KECCAK256_NULL)) continue;
    assert.ok(await chain.source.node(`63${bytesToHex(codeHash).slice(2)}`), 'code is missing');
  }
}
