import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it, type TestContext } from 'node:test';
import { generateKeyPair } from '@libp2p/crypto/keys';
import { peerIdFromPrivateKey } from '@libp2p/peer-id';
import Wire from 'bittorrent-protocol';
import { type Identity, PeerProof, type ProofOptions } from './peer-proof.ts';

const infoHash = 'b'.repeat(40);

async function newIdentity(): Promise<Identity> {
  const key = await generateKeyPair('Ed25519');
  return { peerId: peerIdFromPrivateKey(key).toString(), sign: (data) => key.sign(data) };
}

interface Side {
  identity?: Identity;
  channel?: string;
  btId: string;
  plain?: boolean;
}

/** Two wires joined in memory; resolves when the proofs that are due have settled on both sides. */
async function meet(t: TestContext, sides: [Side, Side], events: Partial<ProofOptions> = {}) {
  const wires = sides.map((_, i) => new Wire(i === 0 ? 'tcpIncoming' : 'tcpOutgoing', 0));
  const [a, b] = wires as [Wire, Wire];
  const settled: Promise<void>[] = [];
  const proofs = sides.map(({ identity, channel = '', btId, plain }, i) => {
    const other = sides[1 - i]!;
    if (plain) return undefined;
    const options = { infoHash, ownId: btId, identity, channel: () => channel, ...events };
    let onSettled = () => {};
    if (other.identity && !other.plain) settled.push(new Promise((resolve) => (onSettled = resolve)));
    return new PeerProof(wires[i]!, { ...options, onSettled: () => onSettled() });
  });
  a.pipe(b as never);
  b.pipe(a as never);
  t.after(() => {
    for (const wire of wires) wire.destroy();
  });
  const heard = Promise.all(wires.map((wire) => once(wire, 'extended')));
  a.handshake(infoHash, sides[0].btId, { fast: true, dht: false });
  b.handshake(infoHash, sides[1].btId, { fast: true, dht: false });
  await heard;
  await Promise.all(settled);
  return { proofs: proofs as [PeerProof, PeerProof], wires: [a, b] as const };
}

const one = '1'.repeat(40);
const two = '2'.repeat(40);

describe('proof of a peer on a wire', () => {
  it('shows both sides who the other is', async (t) => {
    const [first, second] = [await newIdentity(), await newIdentity()];
    const { proofs } = await meet(t, [
      { identity: first, btId: one },
      { identity: second, btId: two },
    ]);
    assert.equal(proofs[0].peer, second.peerId);
    assert.equal(proofs[1].peer, first.peerId);
    assert.ok(!proofs[0].pending && !proofs[1].pending);
  });

  it('leaves a stranger a stranger, and says nothing to a client without the extension', async (t) => {
    const identity = await newIdentity();
    const { proofs } = await meet(t, [{ identity, btId: one }, { btId: two }]);
    assert.equal(proofs[0].peer, undefined);
    assert.ok(!proofs[0].pending);
    assert.equal(proofs[1].peer, identity.peerId);
    const { proofs: plain } = await meet(t, [
      { identity, btId: one },
      { btId: two, plain: true },
    ]);
    assert.ok(!plain[0].spoken && !plain[0].pending);
    plain[0].ask();
  });

  it('refuses a signature by another key than the id names', async (t) => {
    const [honest, liar] = [await newIdentity(), await newIdentity()];
    const identity = { peerId: honest.peerId, sign: liar.sign };
    const { proofs } = await meet(t, [{ btId: one }, { identity, btId: two }]);
    assert.equal(proofs[0].peer, undefined);
  });

  it('refuses a proof made for another connection', async (t) => {
    const identity = await newIdentity();
    const { proofs } = await meet(t, [
      { btId: one, channel: 'fingerprints here' },
      { identity, btId: two, channel: 'fingerprints there' },
    ]);
    assert.equal(proofs[0].peer, undefined);
  });

  it('refuses a proof that was recorded before', async (t) => {
    const identity = await newIdentity();
    let recorded: Uint8Array | undefined;
    const recording = {
      peerId: identity.peerId,
      sign: async (data: Uint8Array) => (recorded = await identity.sign(data)),
    };
    await meet(t, [{ btId: one }, { identity: recording, btId: two }]);
    const replay = { peerId: identity.peerId, sign: () => recorded! };
    const { proofs } = await meet(t, [{ btId: one }, { identity: replay, btId: two }]);
    assert.equal(proofs[0].peer, undefined);
  });

  it('survives any message and any handshake', async (t) => {
    const identity = await newIdentity();
    const { proofs, wires } = await meet(t, [{ btId: one }, { identity, btId: two }]);
    for (let length = 0; length < 80; length++) {
      for (const kind of [0, 1, 2, 3, 255]) {
        wires[1].extended('chiral_peer', Uint8Array.of(kind, ...new Array(length).fill(length)));
      }
    }
    proofs[1].ask();
    wires[1].extended('chiral_peer', new Uint8Array(0));
    await new Promise(setImmediate);
    assert.equal(proofs[0].peer, identity.peerId);
  });

  it('carries asks and faults', async (t) => {
    const seen: string[] = [];
    const events = {
      onAsk: () => seen.push('ask'),
      onFault: (code: string, piece: number) => seen.push(`${code} ${piece}`),
    };
    const { proofs } = await meet(t, [{ btId: one }, { btId: two }], events);
    proofs[0].ask();
    proofs[0].fault('CONTENT_CHANGED', 70_000);
    while (seen.length < 2) await new Promise(setImmediate);
    assert.deepEqual(seen, ['ask', 'CONTENT_CHANGED 70000']);
  });
});
