/** Strangers who lie, flood, stall and talk nonsense: the node stays up, keeps its head and shows them the door. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { createBlock } from '@ethereumjs/block';
import { ETH, EthMessageCodes, Peer as WirePeer } from '@ethereumjs/devp2p';
import { bytesToHex, privateToPublic, utf8ToBytes } from '@ethereumjs/util';
import fc from 'fast-check';
import { type Fixture, makeBlock, sealed } from '../testing/fixture.ts';
import { createTestNode, type TestNode } from '../testing/node.ts';
import { Connection, type Status } from './connection.ts';
import { parseEnode } from './enode.ts';
import { decodeHeadersRequest, decodeNumbered, encodeNewBlock, type Rlp } from './messages.ts';
import { Peer } from './peer.ts';
import { REQUESTS, serve } from './serve.ts';

let net: TestNode;
before(async () => {
  net = await createTestNode({ p2pPort: 0 });
  for (let i = 0; i < 5; i++) await extend(net, 1);
});
after(async () => {
  await net[Symbol.asyncDispose]();
});

const fixtureOf = ({ node }: TestNode) => ({ chain: node.chain, spec: node.spec }) as Fixture;

async function extend(to: TestNode, seconds: number): Promise<void> {
  await to.node.chain.import(await makeBlock(fixtureOf(to), { seconds }));
}

async function openSocket(): Promise<Socket> {
  const { host, port } = parseEnode(net.node.network!.enode);
  const socket = connect({ host, port });
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  return socket;
}

interface Stranger {
  key: Uint8Array;
  connection: Connection;
}

/** Shakes hands with `net`; the status is that of `net` unless said otherwise. */
async function stranger(status: Partial<Status> = {}, key: Uint8Array = randomBytes(32)): Promise<Stranger> {
  const { chain, spec } = net.node;
  const identity = { key, id: privateToPublic(key), clientVersion: 'stranger', port: 0 };
  const own = {
    genesisHash: spec.genesis.hash(),
    bestHash: chain.head.hash,
    totalDifficulty: chain.head.totalDifficulty,
  };
  const { id } = parseEnode(net.node.network!.enode);
  return {
    key,
    connection: await Connection.open(await openSocket(), id, identity, spec.common, () => ({ ...own, ...status })),
  };
}

/** Is sent away, and not let in again. */
async function isBanned({ connection, key }: Stranger): Promise<void> {
  await connection.closed;
  const again = await stranger({}, key).catch(() => undefined);
  await again?.connection.closed;
}

async function isUp(head: Uint8Array): Promise<void> {
  assert.equal(bytesToHex(net.node.chain.head.hash), bytesToHex(head));
  assert.equal(await net.rpc('eth_chainId'), '0x181cd');
  const honest = await stranger();
  const peer = new Peer(honest.connection, net.node.spec.common, () => {});
  honest.connection.onMessage(
    (code, payload) => void (code === EthMessageCodes.BLOCK_HEADERS && peer.settle(code, payload)),
  );
  const [header] = await peer.headers({ start: { number: 1n }, count: 1, skip: 0, reverse: false });
  assert.equal(header?.number, 1n);
  honest.connection.close();
}

test('an invalid block sent as news ends the friendship', async () => {
  const { chain, spec } = net.node;
  const head = chain.head.hash;
  const good = await makeBlock(fixtureOf(net));
  const bent = (fields: object) =>
    createBlock({ header: { ...good.header.toJSON(), ...fields } }, { common: spec.common });
  const bad = [
    bent({ nonce: '0xffffffffffffffff' }),
    await sealed(spec, bent({ stateRoot: `0x${'11'.repeat(32)}` })),
    await sealed(spec, bent({ difficulty: 1n })),
  ];
  for (const block of bad) {
    const liar = await stranger();
    liar.connection.send(EthMessageCodes.NEW_BLOCK, encodeNewBlock(block, chain.head.totalDifficulty + 1000n));
    await isBanned(liar);
  }
  await isUp(head);
});

test('a head that is claimed and not known ends it', async () => {
  const head = net.node.chain.head.hash;
  const liar = await stranger({ bestHash: randomBytes(32), totalDifficulty: 2n ** 200n });
  liar.connection.onMessage((code, payload) => {
    if (code === EthMessageCodes.GET_BLOCK_HEADERS)
      liar.connection.send(EthMessageCodes.BLOCK_HEADERS, [(payload as Rlp[])[0]!, []]);
  });
  await isBanned(liar);
  await isUp(head);
});

test('a long light branch is not stored, whatever weight it claims', async () => {
  await using evil = await createTestNode({ rpcPort: undefined });
  for (let i = 0; i < 12; i++) await extend(evil, 500);
  const { chain, pool } = evil.node;
  assert.ok(chain.head.totalDifficulty < net.node.chain.head.totalDifficulty && chain.head.block.header.number > 5n);
  const head = net.node.chain.head.hash;
  const liar = await stranger({ bestHash: chain.head.hash, totalDifficulty: 2n ** 200n });
  const peer = new Peer(liar.connection, net.node.spec.common, () => {});
  let bodies = 0;
  const asked = new Promise<void>((resolve) => {
    liar.connection.onMessage((code, payload) => {
      if (!REQUESTS.has(code)) return;
      if (code === EthMessageCodes.GET_BLOCK_BODIES) bodies++;
      serve(chain, pool, peer, code, payload);
      if (code !== EthMessageCodes.GET_BLOCK_HEADERS) return;
      const { start } = decodeHeadersRequest(decodeNumbered(payload).body);
      if ('number' in start && start.number === 13n) resolve();
    });
  });
  await Promise.race([asked, liar.connection.closed]);
  liar.connection.close();
  assert.equal(bodies, 0);
  assert.equal(net.node.chain.has(chain.head.hash), false);
  await isUp(head);
});

test('nonsense under every code: the node lives, the talker does not stay', async () => {
  const head = net.node.chain.head.hash;
  const rlp: fc.Arbitrary<Rlp> = fc.letrec<{ node: Rlp }>((tie) => ({
    node: fc.oneof({ depthSize: 'small' }, fc.uint8Array({ maxLength: 40 }), fc.array(tie('node'), { maxLength: 5 })),
  })).node;
  const codes = Object.values(EthMessageCodes).filter(
    (code) =>
      code !== EthMessageCodes.STATUS && code !== EthMessageCodes.GET_NODE_DATA && code !== EthMessageCodes.NODE_DATA,
  );
  let banned = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.constantFrom(...codes), rlp), { minLength: 10, maxLength: 30 }),
      async (messages) => {
        const talker = await stranger();
        for (const [code, payload] of messages) talker.connection.send(code as EthMessageCodes, payload);
        // A last question: either it is answered or the talker is gone.
        const answered = new Promise<void>((resolve) => {
          talker.connection.onMessage((code, payload) => {
            if (code === EthMessageCodes.BLOCK_HEADERS && bytesToHex((payload as Uint8Array[])[0]!) === '0x7777')
              resolve();
          });
        });
        talker.connection.send(EthMessageCodes.GET_BLOCK_HEADERS, [
          Uint8Array.of(0x77, 0x77),
          [Uint8Array.of(1), Uint8Array.of(1), new Uint8Array(0), new Uint8Array(0)],
        ]);
        const gone = await Promise.race([answered.then(() => false), talker.connection.closed.then(() => true)]);
        if (gone) banned++;
        talker.connection.close();
      },
    ),
    { numRuns: 25 },
  );
  assert.ok(banned > 0, 'some of it was bad enough');
  await isUp(head);
});

test('answers that nobody asked for end it', async () => {
  const talker = await stranger();
  for (let i = 0; i < 5; i++) talker.connection.send(EthMessageCodes.BLOCK_HEADERS, [Uint8Array.of(9), []]);
  await isBanned(talker);
});

test('a message that claims to be larger than memory, and a frame larger than allowed, are not read', async () => {
  for (const attack of ['bomb', 'frame'] as const) {
    const socket = await openSocket();
    const key = randomBytes(32);
    const wire = new WirePeer({
      socket,
      remoteId: parseEnode(net.node.network!.enode).id,
      privateKey: key,
      id: privateToPublic(key),
      timeout: 10_000,
      clientId: utf8ToBytes('attacker'),
      capabilities: [ETH.eth68],
      common: net.node.spec.common,
      port: 0,
    });
    wire.events.on('error', () => {});
    const closed = new Promise((resolve) => socket.once('close', resolve));
    wire.events.once('connect', () => {
      const payload =
        attack === 'bomb' ? Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0) : new Uint8Array(5 * 1024 * 1024);
      wire._sendMessage(0x12, payload);
    });
    await closed;
    clearTimeout((wire.getProtocols()[0] as unknown as { _statusTimeoutId?: NodeJS.Timeout })?._statusTimeoutId);
  }
  await isUp(net.node.chain.head.hash);
});

test('sockets that say nothing do not keep others out for long', async () => {
  const idle = await Promise.all(Array.from({ length: 8 }, openSocket));
  const ninth = await openSocket();
  await new Promise((resolve) => ninth.once('close', resolve).resume());
  for (const socket of idle) socket.destroy();
  await isUp(net.node.chain.head.hash);
});
