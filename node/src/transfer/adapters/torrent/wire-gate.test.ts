import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it, type TestContext } from 'node:test';
import { CHUNK_BYTES } from '@chiral/protocol/content';
import { AppError, type ErrorCode } from '@chiral/protocol/errors';
import Wire from 'bittorrent-protocol';
import { createLog } from '../../../log.ts';
import type { PeerKey, Uplink } from '../../../ports.ts';
import { BLOCK_BYTES, limitMessages, MAX_QUEUED, WireGate } from './wire-gate.ts';

const content = { cid: 'bafyreitest', size: 3 * CHUNK_BYTES + 100 };
const infoHash = 'a'.repeat(40);

interface Setup {
  uplink?: Uplink | undefined;
  peer?: () => PeerKey | undefined;
  fast?: boolean;
}

/** A seeding wire behind a gate and a leeching wire, joined in memory, handshaken and interested. */
async function connect(t: TestContext, { uplink, peer = () => 'peer', fast = true }: Setup) {
  const seeder = new Wire('tcpIncoming', 0);
  const leecher = new Wire('tcpOutgoing', 0);
  const faults: ErrorCode[] = [];
  limitMessages(seeder);
  const gate = new WireGate(seeder, {
    content,
    uplink: () => uplink,
    peer,
    backlog: () => 0,
    onFault: (code) => faults.push(code),
    log: createLog('silent'),
  });
  // What webtorrent adds to every wire: its own answer to requests, which must never be heard.
  seeder.on('request', () => assert.fail('the gate was passed by'));
  seeder.pipe(leecher as never);
  leecher.pipe(seeder as never);
  const shaken = Promise.all([once(seeder, 'handshake'), once(leecher, 'handshake')]);
  seeder.handshake(infoHash, '1'.repeat(40), { fast, dht: false });
  leecher.handshake(infoHash, '2'.repeat(40), { fast, dht: false });
  await shaken;
  t.after(() => {
    seeder.destroy();
    leecher.destroy();
  });
  const ask = (piece: number, offset = 0, length = BLOCK_BYTES) =>
    new Promise<Uint8Array>((resolve, reject) => {
      leecher.request(piece, offset, length, (error, block) => (error ? reject(error) : resolve(block!)));
    });
  const interested = async () => {
    const unchoked = once(leecher, 'unchoke');
    leecher.interested();
    await unchoked;
  };
  return { seeder, leecher, gate, ask, interested, faults };
}

/** Blocks filled with their piece number, `room` bytes of them. */
function roomy(room: number) {
  const uplink = {
    room,
    reads: 0,
    sent: 0,
    async read(_peer: PeerKey, _cid: string, piece: number, range = { start: 0, end: CHUNK_BYTES }) {
      uplink.reads++;
      const want = range.end - range.start;
      if (uplink.room < want) throw new AppError('CHOKED', 'Not now.');
      uplink.room -= want;
      uplink.sent += want;
      return new Uint8Array(want).fill(piece);
    },
  };
  return uplink;
}

describe('gate of a wire', () => {
  it('serves what the uplink grants', async (t) => {
    const uplink = roomy(Number.POSITIVE_INFINITY);
    const { ask, interested } = await connect(t, { uplink });
    await interested();
    assert.deepEqual(await ask(2, BLOCK_BYTES, 10), new Uint8Array(10).fill(2));
    assert.equal((await ask(3, 0, 100)).length, 100, 'the short last piece');
    assert.equal(uplink.sent, 110);
  });

  for (const fast of [true, false]) {
    it(`chokes once at the end of the room, sends all that was accounted (fast ${fast})`, async (t) => {
      const uplink = roomy(5 * BLOCK_BYTES);
      const { ask, interested, leecher, seeder, gate } = await connect(t, { uplink, fast });
      await interested();
      let chokes = 0;
      leecher.on('choke', () => chokes++);
      const asked = Array.from({ length: 16 }, (_, i) => ask(0, i * BLOCK_BYTES));
      const settled = await Promise.allSettled(asked);
      assert.equal(settled.filter(({ status }) => status === 'fulfilled').length, 5);
      assert.equal(seeder.uploaded, uplink.sent, 'accounted and sent agree');
      assert.equal(chokes, 1);
      assert.ok(uplink.reads <= 5 + 4, 'reads in flight only');

      // Shut out: the library's own attempts to unchoke change nothing.
      seeder.unchoke();
      assert.ok(seeder.amChoking);
      uplink.room = BLOCK_BYTES;
      const unchoked = once(leecher, 'unchoke');
      gate.wake();
      await unchoked;
      assert.equal((await ask(0, 5 * BLOCK_BYTES)).length, BLOCK_BYTES);
    });
  }

  for (const fast of [true, false]) {
    it(`row 28: a stranger that heeds no choke gets nothing above the room in 1,000 requests (fast ${fast})`, async (t) => {
      const room = 64 * BLOCK_BYTES;
      const uplink = roomy(room);
      const { interested, leecher, seeder } = await connect(t, { uplink, fast });
      await interested();
      let received = 0;
      leecher.on('piece', (_piece: number, _offset: number, block: Uint8Array) => {
        received += block.length;
      });
      for (let i = 0; i < 1_000 && !leecher.destroyed; i++) {
        leecher.peerChoking = false;
        leecher.request(i % 3, (Math.floor(i / 3) % 16) * BLOCK_BYTES, BLOCK_BYTES, () => {});
        if (i % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
      assert.equal(uplink.sent, room);
      assert.equal(seeder.uploaded, room);
      assert.ok(received <= room, `${received} of ${room}`);
    });
  }

  it('tries a shut wire again by itself', async (t) => {
    const uplink = roomy(0);
    const { ask, interested, leecher } = await connect(t, { uplink });
    await interested();
    await assert.rejects(ask(0));
    uplink.room = BLOCK_BYTES;
    await once(leecher, 'unchoke');
    assert.equal((await ask(0)).length, BLOCK_BYTES);
  });

  it('holds requests while it is not known who asks', async (t) => {
    const uplink = roomy(Number.POSITIVE_INFINITY);
    let peer: PeerKey | undefined;
    const { ask, interested, gate } = await connect(t, { uplink, peer: () => peer });
    await interested();
    const asked = ask(0);
    await new Promise(setImmediate);
    assert.equal(uplink.reads, 0);
    peer = 'somebody';
    gate.wake();
    assert.equal((await asked).length, BLOCK_BYTES);
  });

  it('cuts a wire that asks for what does not exist', async (t) => {
    const wrong: [number, number, number][] = [
      [4, 0, 1],
      [-1, 0, 1],
      [0, CHUNK_BYTES - 5, 6],
      [0, -1, 5],
      [3, 0, 101],
      [0, 0, 0],
      [0, 0, 128 * 1024 + 1],
      [2 ** 31, 0, 16],
    ];
    for (const [piece, offset, length] of wrong) {
      const uplink = roomy(Number.POSITIVE_INFINITY);
      const { ask, interested, seeder } = await connect(t, { uplink });
      await interested();
      const gone = once(seeder, 'finish');
      ask(piece, offset, length).catch(() => {});
      await gone;
      assert.equal(uplink.reads, 0, `${piece} ${offset} ${length}`);
    }
  });

  it('cuts a wire that piles up requests without end', async (t) => {
    const { ask, interested, seeder } = await connect(t, { uplink: { read: () => new Promise(() => {}) } });
    await interested();
    const gone = once(seeder, 'finish');
    for (let i = 0; i < MAX_QUEUED + 10; i++) ask(0, (i % 1000) * 16, 16).catch(() => {});
    await gone;
  });

  it('reads blocks that follow on in a chunk at once, and what is left of an allowance block by block', async (t) => {
    const blocks = Array.from({ length: 16 }, (_, i) => i * BLOCK_BYTES);
    const all = roomy(CHUNK_BYTES);
    const whole = await connect(t, { uplink: all });
    await whole.interested();
    const got = await Promise.all(blocks.map((offset) => whole.ask(1, offset)));
    assert.ok(got.every((block) => block.length === BLOCK_BYTES && block.every((byte) => byte === 1)));
    assert.ok(all.reads < 10, `${all.reads} reads`);

    const part = await connect(t, { uplink: roomy(5 * BLOCK_BYTES) });
    await part.interested();
    const answers = await Promise.allSettled(blocks.map((offset) => part.ask(2, offset)));
    assert.equal(answers.filter(({ status }) => status === 'fulfilled').length, 5);
  });

  it('names a fault and rejects the block, and cuts who goes on asking', async (t) => {
    const uplink: Uplink = { read: () => Promise.reject(new AppError('CONTENT_CHANGED', 'Edited.')) };
    const { ask, interested, faults, seeder } = await connect(t, { uplink });
    await interested();
    await assert.rejects(ask(1), /rejected/);
    assert.deepEqual(faults, ['CONTENT_CHANGED']);
    const gone = once(seeder, 'finish');
    for (let i = 0; i < 100; i++) ask(1, i * 16, 16).catch(() => {});
    await gone;
    assert.ok(faults.length < 80);
  });

  it('cuts the wire once the content is not served any more', async (t) => {
    const { ask, interested, seeder } = await connect(t, { uplink: undefined });
    await interested();
    const gone = once(seeder, 'finish');
    ask(0).catch(() => {});
    await gone;
  });

  it('cuts a message that no leecher has reason to send before it is buffered', async (t) => {
    const { seeder, leecher } = await connect(t, { uplink: roomy(0) });
    const gone = once(seeder, 'finish');
    const header = Buffer.alloc(5);
    header.writeUInt32BE(0xfffffff0);
    header[4] = 20;
    (leecher as unknown as { push(bytes: Uint8Array): void }).push(header);
    await gone;
  });
});
