import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import {
  aliasCid,
  CHUNK_BYTES,
  ChunkLayer,
  checkLayer,
  chunkCount,
  chunkHash,
  chunkHashFromSlices,
  chunkLength,
  cidOfManifest,
  decodeManifest,
  encodeManifest,
  LEAF_BYTES,
  leafHashes,
  parseCid,
  proveSubtree,
  rootFromLayer,
  type Sha256,
  sliceHashes,
  toContent,
  treeHeight,
  verifyChunk,
  verifySubtree,
} from './content.ts';
import { isAppError } from './errors.ts';

const sha256: Sha256 = (data) => hash('sha256', data, 'buffer');
const vectorsFile = fileURLToPath(new URL('../vectors/content.json', import.meta.url));
const vectors: {
  size: number;
  seed: number;
  sha256: string;
  root: string;
  layer: string[];
  manifest: string;
  cid: string;
  alias: string;
}[] = JSON.parse(readFileSync(vectorsFile, 'utf8'));
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const unhex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'));
/** The pseudo-random content of the vectors (see verify.py). */
function dataOf(size: number, seed: number): Uint8Array {
  const data = new Uint8Array(Math.ceil(size / 32) * 32);
  const input = Buffer.alloc(8);
  input.writeUInt32BE(seed);
  for (let i = 0; i * 32 < size; i++) {
    input.writeUInt32BE(i, 4);
    data.set(sha256(input), i * 32);
  }
  return data.slice(0, size);
}

function layerOf(data: Uint8Array): ChunkLayer {
  const hashes: Uint8Array[] = [];
  for (let at = 0; at < data.length; at += CHUNK_BYTES) {
    hashes.push(chunkHash(data.subarray(at, at + CHUNK_BYTES), data.length, sha256));
  }
  return ChunkLayer.from(hashes);
}

describe('content vectors', () => {
  for (const vector of vectors) {
    it(`names ${vector.size} bytes as the other implementation does`, () => {
      const data = dataOf(vector.size, vector.seed);
      const layer = layerOf(data);
      assert.deepEqual(
        Array.from({ length: layer.count }, (_, i) => hex(layer.at(i))),
        vector.layer,
      );
      const root = rootFromLayer(layer, vector.size, sha256);
      assert.equal(hex(root), vector.root);
      const whole = sha256(data);
      assert.equal(hex(whole), vector.sha256);
      const manifest = encodeManifest({ v: 1, size: vector.size, root, sha256: whole });
      assert.equal(hex(manifest), vector.manifest);
      assert.equal(cidOfManifest(manifest), vector.cid);
      assert.equal(aliasCid(whole), vector.alias);
      assert.equal(parseCid(vector.cid), vector.cid);
      const content = toContent(vector.cid, manifest, layer.bytes);
      assert.equal(content.size, vector.size);
    });
  }

  it('agrees with a verifier in a second language', (t) => {
    const script = fileURLToPath(new URL('../vectors/verify.py', import.meta.url));
    const run = spawnSync('python3', [script, vectorsFile], { encoding: 'utf8' });
    if (run.error) return t.skip('python3 is not installed');
    assert.equal(run.status, 0, run.stderr);
    assert.match(run.stdout, /15 vectors agree/);
  });
});

describe('chunks', () => {
  it('has four chunks in 1 MiB and one short one after a byte more', () => {
    assert.equal(chunkCount(1 << 20), 4);
    assert.equal(chunkCount((1 << 20) + 1), 5);
    assert.equal(chunkLength((1 << 20) + 1, 4), 1);
    assert.throws(() => chunkLength(1 << 20, 4), { code: 'BAD_REQUEST' });
  });

  it('refuses a chunk with any one bit changed, cut short or in the wrong place', () => {
    const data = dataOf(3 * CHUNK_BYTES + 100, 1);
    const content = { size: data.length, layer: layerOf(data) };
    const chunkOf = (i: number) => data.slice(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES);
    fc.assert(
      fc.property(fc.nat(3), fc.nat(), fc.nat(7), (index, at, bit) => {
        const chunk = chunkOf(index);
        assert.ok(verifyChunk(content, index, chunk, sha256));
        chunk[at % chunk.length]! ^= 1 << bit;
        assert.ok(!verifyChunk(content, index, chunk, sha256));
      }),
      { numRuns: 50 },
    );
    assert.ok(!verifyChunk(content, 0, chunkOf(1), sha256));
    assert.ok(!verifyChunk(content, 0, chunkOf(0).subarray(1), sha256));
  });

  it('names equal chunks equally and keeps their order in the root', () => {
    const chunk = dataOf(CHUNK_BYTES, 5);
    const other = dataOf(CHUNK_BYTES, 6);
    const join = (...parts: Uint8Array[]) => new Uint8Array(Buffer.concat(parts));
    const twice = layerOf(join(chunk, chunk));
    assert.deepEqual(twice.at(0), twice.at(1));
    const size = 2 * CHUNK_BYTES;
    assert.notDeepEqual(
      rootFromLayer(layerOf(join(chunk, other)), size),
      rootFromLayer(layerOf(join(other, chunk)), size),
    );
  });

  it('describes a chunk by its slices', () => {
    for (const size of [1, 70_000, CHUNK_BYTES, CHUNK_BYTES + 70_000]) {
      const data = dataOf(size, 9);
      for (let index = 0; index < chunkCount(size); index++) {
        const chunk = data.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES);
        const slices = sliceHashes(chunk, size, sha256);
        assert.equal(slices.length, Math.ceil(chunk.length / 65536));
        assert.deepEqual(chunkHashFromSlices(slices, size, sha256), chunkHash(chunk, size, sha256));
      }
    }
  });
});

describe('proofs', () => {
  it('proves every leaf, slice and chunk, and nothing else', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 * LEAF_BYTES }),
        fc.nat(4),
        fc.nat(),
        fc.nat(),
        (size, height, pick, flip) => {
          const data = dataOf(size, 3);
          fc.pre(height <= treeHeight(size));
          const root = rootFromLayer(layerOf(data), size, sha256);
          const unit = LEAF_BYTES * 2 ** height;
          const index = pick % Math.ceil(size / unit);
          const part = data.slice(index * unit, (index + 1) * unit);
          const proof = proveSubtree(leafHashes(data, sha256), height, index, sha256);
          assert.ok(verifySubtree({ size, root }, proof, part, sha256));
          part[flip % part.length]! ^= 1;
          assert.ok(!verifySubtree({ size, root }, proof, part, sha256));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('does not take an inner node for a leaf, nor a proof of another depth', () => {
    const data = dataOf(4 * LEAF_BYTES, 2);
    const leaves = leafHashes(data, sha256);
    const root = rootFromLayer(layerOf(data), data.length, sha256);
    const pair = new Uint8Array([...leaves[0]!, ...leaves[1]!]);
    const proof = proveSubtree(leaves, 1, 0, sha256);
    // 64 bytes whose hash is the node above the first two leaves: right hash, wrong length for its place.
    assert.ok(!verifySubtree({ size: data.length, root }, { height: 0, index: 0, path: proof.path }, pair, sha256));
    assert.ok(
      !verifySubtree(
        { size: data.length, root },
        { ...proof, path: [...proof.path, root] },
        data.subarray(0, 2 * LEAF_BYTES),
        sha256,
      ),
    );
  });

  it('gives unequal files unequal roots', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 300 }),
        fc.uint8Array({ minLength: 1, maxLength: 300 }),
        (a, b) => {
          const root = (data: Uint8Array) => hex(rootFromLayer(layerOf(data), data.length, sha256));
          assert.equal(root(a) === root(b), hex(a) === hex(b));
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('manifests from strangers', () => {
  const good = encodeManifest({ v: 1, size: 5, root: new Uint8Array(32).fill(1), sha256: new Uint8Array(32).fill(2) });

  it('decodes its own encoding', () => {
    assert.equal(decodeManifest(good).size, 5);
  });

  it('refuses anything else with CONTENT_INVALID and never another error', () => {
    const refused = (bytes: Uint8Array) => {
      try {
        decodeManifest(bytes);
        return false;
      } catch (error) {
        assert.ok(isAppError(error, 'CONTENT_INVALID'), String(error));
        return true;
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), refused), { numRuns: 3000 });
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const bytes = good.slice();
        bytes[at]! ^= change;
        // A change inside size or a hash is another manifest; any other must be refused.
        if (!refused(bytes)) assert.deepEqual(encodeManifest(decodeManifest(bytes)), bytes);
      }),
      { numRuns: 2000 },
    );
  });

  it('refuses a layer that does not belong to the root, and a manifest that does not belong to the CID', () => {
    const data = dataOf(2 * CHUNK_BYTES, 4);
    const layer = layerOf(data);
    const root = rootFromLayer(layer, data.length, sha256);
    const manifest = encodeManifest({ v: 1, size: data.length, root, sha256: sha256(data) });
    const cid = cidOfManifest(manifest);
    assert.throws(() => toContent(cid, good, layer.bytes), { code: 'CONTENT_INVALID' });
    assert.throws(() => toContent(cid, manifest, layer.bytes.subarray(32)), { code: 'CONTENT_INVALID' });
    assert.throws(() => checkLayer(new ChunkLayer(unhex(hex(layer.bytes).replace(/^../, '00'))), data.length, root), {
      code: 'CONTENT_INVALID',
    });
  });

  it('takes only CIDs of manifests', () => {
    for (const text of [
      '',
      'hello',
      'QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG',
      aliasCid(new Uint8Array(32)),
      vectors[0]!.cid.slice(0, -1),
    ]) {
      assert.throws(() => parseCid(text), { code: 'BAD_REQUEST' });
    }
  });
});
