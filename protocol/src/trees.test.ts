/**
 * What a liar can try with trees and hashes (CVE-2012-2459 and its kin): unequal contents never share a name. 20,000 trees in an
 * ordinary run, a million with CHIRAL_FUZZ=long. The seed is fixed in the first and printed in the second.
 */
import assert from 'node:assert/strict';
import { hash, randomInt } from 'node:crypto';
import { test } from 'node:test';
import {
  CHUNK_BYTES,
  ChunkLayer,
  chunkHash,
  cidOfManifest,
  encodeManifest,
  LEAF_BYTES,
  leafHashes,
  proveSubtree,
  rootFromLayer,
  type Sha256,
  verifySubtree,
} from './content.ts';

const isLong = process.env.CHIRAL_FUZZ === 'long';
const TREES = isLong ? 1_000_000 : 20_000;
const SEED = isLong ? randomInt(2 ** 32) : 38;
const sha256: Sha256 = (data) => hash('sha256', data, 'buffer');

function rootOf(data: Uint8Array): Uint8Array {
  const hashes: Uint8Array[] = [];
  for (let at = 0; at < data.length; at += CHUNK_BYTES) {
    hashes.push(chunkHash(data.subarray(at, at + CHUNK_BYTES), data.length, sha256));
  }
  return rootFromLayer(ChunkLayer.from(hashes), data.length, sha256);
}

function nameOf(data: Uint8Array): string {
  const manifest = encodeManifest({ v: 1, size: data.length, root: rootOf(data), sha256: sha256(data) });
  return cidOfManifest(manifest, sha256);
}

/** Content number `i`: some leaves told apart by their first bytes, the last one short. */
function contentOf(i: number): Uint8Array {
  // One in a hundred has two chunks; more would be slow and no different.
  const leaves = i % 100 === 99 ? 17 + (i % 7) : 1 + (i % 5);
  const data = new Uint8Array((leaves - 1) * LEAF_BYTES + 64 + ((i * 7919) % (LEAF_BYTES - 64)));
  const view = new DataView(data.buffer);
  for (let leaf = 0; leaf < leaves; leaf++) {
    view.setUint32(leaf * LEAF_BYTES, SEED);
    view.setUint32(leaf * LEAF_BYTES + 4, i);
    view.setUint32(leaf * LEAF_BYTES + 8, leaf);
  }
  return data;
}

const joined = (...parts: Uint8Array[]) => new Uint8Array(Buffer.concat(parts));

/** Contents that are not `data` and would have its root if trees were built or compared carelessly. */
const TRICKS: ((data: Uint8Array) => Uint8Array)[] = [
  // The last leaf once more: equal roots where an odd node is paired with itself.
  (data) => joined(data, data.subarray(Math.floor((data.length - 1) / LEAF_BYTES) * LEAF_BYTES)),
  // The padding written out as bytes.
  (data) => joined(data, new Uint8Array(LEAF_BYTES - (data.length % LEAF_BYTES))),
  (data) => joined(data, new Uint8Array(1)),
  (data) => joined(data, new Uint8Array(LEAF_BYTES)),
  (data) => data.slice(0, -1),
  (data) => {
    const flipped = data.slice();
    flipped[data.length >> 1]! ^= 1;
    return flipped;
  },
  // Leaves in another order.
  (data) =>
    data.length < 2 * LEAF_BYTES
      ? joined(data, new Uint8Array(2))
      : joined(data.subarray(LEAF_BYTES, 2 * LEAF_BYTES), data.subarray(0, LEAF_BYTES), data.subarray(2 * LEAF_BYTES)),
];

test(`no two of ${TREES} unequal trees have an equal root`, () => {
  const seen = new Set<string>();
  let trees = 0;
  for (let i = 0; trees < TREES; i++) {
    const data = contentOf(i);
    const trick = TRICKS[i % TRICKS.length]!(data);
    for (const content of [data, trick]) seen.add(Buffer.from(rootOf(content)).toString('latin1'));
    trees += 2;
  }
  assert.equal(seen.size, trees, `seed ${SEED}`);
});

test('a node shown as a leaf has the root and neither the name nor a proof', () => {
  for (const leaves of [2, 4, 16]) {
    const data = new Uint8Array(leaves * LEAF_BYTES).map((_, at) => at >> 14);
    let row = leafHashes(data, sha256);
    while (row.length > 2) row = row.flatMap((left, i) => (i % 2 ? [] : [sha256(joined(left, row[i + 1]!))]));
    // BEP 52 hashes leaves and nodes alike, so these 64 bytes are a content with the same root.
    const nodes = joined(...row);
    const root = rootOf(data);
    assert.deepEqual(rootOf(nodes), root);
    assert.notEqual(nameOf(nodes), nameOf(data));
    const content = { size: data.length, root };
    const proof = proveSubtree(leafHashes(data, sha256), 0, 0, sha256);
    assert.ok(verifySubtree(content, proof, data.subarray(0, LEAF_BYTES), sha256));
    for (let height = 0; height <= 4; height++) {
      const shorter = { height, index: 0, path: [] };
      assert.ok(!verifySubtree(content, shorter, nodes, sha256), `height ${height}`);
    }
  }
});

test('two contents with one SHA-1 have two names', () => {
  // The first 320 bytes of the two PDFs of shattered.io, where their SHA-1 already agrees.
  const prefix =
    '255044462d312e330a25e2e3cfd30a0a0a312030206f626a0a3c3c2f57696474682032203020522f4865696768742033203020522f547970652034203020522f537562747970652035203020522f46696c7465722036203020522f436f6c6f7253706163652037203020522f4c656e6774682038203020522f42697473506572436f6d706f6e656e7420383e3e0a73747265616d0affd8fffe00245348412d3120697320646561642121212121852fec092339759c39b1a1c63c4c97e1fffe01';
  const [one, other] = [
    '7f46dc93a6b67e013b029aaa1db2560b45ca67d688c7f84b8c4c791fe02b3df614f86db1690901c56b45c1530afedfb76038e972722fe7ad728f0e4904e046c230570fe9d41398abe12ef5bc942be33542a4802d98b5d70f2a332ec37fac3514e74ddc0f2cc1a874cd0c78305a21566461309789606bd0bf3f98cda8044629a1',
    '7346dc9166b67e118f029ab621b2560ff9ca67cca8c7f85ba84c79030c2b3de218f86db3a90901d5df45c14f26fedfb3dc38e96ac22fe7bd728f0e45bce046d23c570feb141398bb552ef5a0a82be331fea48037b8b5d71f0e332edf93ac3500eb4ddc0decc1a864790c782c76215660dd309791d06bd0af3f98cda4bc4629b1',
  ].map((block) => new Uint8Array(Buffer.from(prefix + block, 'hex')));
  assert.equal(hash('sha1', one!), hash('sha1', other!));
  assert.notDeepEqual(one, other);
  assert.notEqual(nameOf(one!), nameOf(other!));
  // The same tail keeps the SHA-1 equal, and the names apart.
  const tail = new Uint8Array(3 * CHUNK_BYTES);
  assert.equal(hash('sha1', joined(one!, tail)), hash('sha1', joined(other!, tail)));
  assert.notEqual(nameOf(joined(one!, tail)), nameOf(joined(other!, tail)));
});
