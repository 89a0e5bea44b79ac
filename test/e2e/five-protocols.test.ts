/**
 * One file over every protocol: a download draws on five sellers at once, each by another protocol; each protocol is killed in
 * turn on the way; the same bytes cost the same by each. Real daemons, a real chain.
 */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { PROTOCOLS, type ProtocolName } from '@chiral/protocol/offer';
import { costWei } from '@chiral/protocol/payment';
import { parseEther } from 'ethers';
import { createNetwork, type Daemon, type DevNetwork } from '../../scripts/devnet/network.ts';
import { assertPaid, type Done, get, publish, randomFile, settle, sha256, standing, until } from './support/trade.ts';

/** Not a whole number of MiB in any split, so that a wei lost to rounding shows. */
const PRICE = parseEther('0.00001') + 7n;
const MIB = 1 << 20;
const BYTES = 40 * MIB + 12_345;

describe('five protocols', { timeout: 400_000 }, () => {
  let network: DevNetwork;
  let buyer: Daemon;
  const sellers = new Map<ProtocolName, Daemon>();
  const args = (protocol: ProtocolName) => ['--protocol', protocol];
  let files = 0;

  before(async () => {
    network = await createNetwork();
    // First, since the others join through it, and it is never killed.
    buyer = await newBuyer('buyer');
    for (const protocol of PROTOCOLS) sellers.set(protocol, await network.daemon(protocol, args(protocol)));
    await network.fund(
      [...sellers.values()].map(({ wallet }) => wallet),
      parseEther('100'),
    );
  });
  after(() => network?.stop());

  /** One without channels, so that every seller gives what is free until a block comes. */
  async function newBuyer(name: string): Promise<Daemon> {
    const daemon = await network.daemon(name, [
      '--no-auto-seed',
      ...PROTOCOLS.flatMap((protocol) => ['--protocol', protocol]),
    ]);
    await network.fund([daemon.wallet], parseEther('100'));
    return daemon;
  }

  /**
   * Buys with no block until `met`: no channel opens, so the fastest seller is not done before the slowest has connected.
   * @param then at that moment, before anybody can be paid
   */
  async function buyWhenAllAre(
    by: Daemon,
    cid: string,
    to: string,
    met: () => Promise<boolean>,
    then: () => void = () => {},
  ): Promise<Done> {
    await network.provider.send('evm_setAutomine', [false]);
    try {
      const getting = get(by, cid, to);
      await Promise.race([until(met), getting.then(() => assert.fail('nobody could be paid, and it is done'))]);
      then();
      await network.provider.send('evm_setAutomine', [true]);
      await network.provider.send('evm_mine', []);
      return await getting;
    } finally {
      await network.provider.send('evm_setAutomine', [true]);
    }
  }

  const hasSold = async (protocol: ProtocolName, by: Daemon) =>
    (await standing(sellers.get(protocol)!, by.peerId, 'out')).bytes > MIB / 2;

  async function publishEverywhere(bytes: number): Promise<{ cid: string; file: string }> {
    const file = await randomFile(join(network.dir, `film-${files++}`), bytes);
    const cids = await Promise.all([...sellers.values()].map((seller) => publish(seller, file, PRICE)));
    assert.equal(new Set(cids).size, 1);
    return { cid: cids[0]!, file };
  }

  const rowOf = (done: Done, protocol: ProtocolName) =>
    done.sellers.find(({ peer, protocol: by }) => peer === sellers.get(protocol)!.peerId && by === protocol);

  it('one download draws on all of them, and each is paid to the wei, on the chain', async () => {
    const { cid, file } = await publishEverywhere(BYTES);
    const done = await buyWhenAllAre(buyer, cid, join(network.dir, 'all.bin'), async () =>
      (await Promise.all(PROTOCOLS.map((protocol) => hasSold(protocol, buyer)))).every(Boolean),
    );
    assert.equal(await sha256(done.path), await sha256(file));
    assert.equal(
      done.sellers.reduce((sum, { bytes }) => sum + bytes, 0),
      BYTES,
    );
    for (const protocol of PROTOCOLS) {
      const seller = sellers.get(protocol)!;
      const row = rowOf(done, protocol);
      assert.ok(row && row.bytes > 0, `${protocol} took part`);
      const sold = await standing(seller, buyer.peerId, 'out');
      assertPaid(protocol, sold, row.bytes, PRICE);
      const before = await network.provider.getBalance(seller.wallet);
      const { transaction } = await settle(seller);
      const receipt = await network.provider.getTransactionReceipt(transaction!);
      const rise = (await network.provider.getBalance(seller.wallet)) - before + receipt!.gasUsed * receipt!.gasPrice;
      assert.deepEqual([protocol, rise], [protocol, sold.authorized]);
    }
  });

  it('the same bytes cost the same by every protocol', async () => {
    const bytes = 5 * MIB + 4_321;
    const { cid, file } = await publishEverywhere(bytes);
    const owed: [ProtocolName, bigint, number][] = [];
    // Without a past: what a seller sent in vain at the end of an earlier file is paid within the tolerance with the next.
    const by = await newBuyer('buyer-alike');
    for (const protocol of PROTOCOLS) {
      const seller = sellers.get(protocol)!;
      const before = await standing(seller, by.peerId, 'out');
      const done = await get(by, cid, join(network.dir, `${protocol}.bin`), () => {}, { protocols: [protocol] });
      assert.equal(await sha256(done.path), await sha256(file));
      const after = await standing(seller, by.peerId, 'out');
      owed.push([protocol, after.authorized - before.authorized, after.bytes - before.bytes]);
      await by.api.delete(`/files/${cid}`);
      await rm(done.path);
    }
    await by.child.stop();
    // Two contents share a seller's total: each has its own line, so its cost does not depend on what came before.
    assert.deepEqual(
      owed,
      PROTOCOLS.map((protocol) => [protocol, costWei(bytes, PRICE), bytes]),
    );
  });

  for (const killed of PROTOCOLS) {
    it(`${killed} dies on the way: the others finish, and nobody is paid a wei too much or too little`, async () => {
      const { cid, file } = await publishEverywhere(BYTES);
      const by = await newBuyer(`buyer-without-${killed}`);
      const victim = sellers.get(killed)!;
      const done = await buyWhenAllAre(
        by,
        cid,
        join(network.dir, `without-${killed}.bin`),
        () => hasSold(killed, by),
        () => void victim.child.kill('SIGKILL'),
      );
      assert.equal(await sha256(done.path), await sha256(file));
      assert.equal(
        done.sellers.reduce((sum, { bytes }) => sum + bytes, 0),
        BYTES,
      );
      for (const protocol of PROTOCOLS) {
        const seller = sellers.get(protocol)!;
        const bytes = rowOf(done, protocol)?.bytes ?? 0;
        // It was gone before it could be paid for what it had given.
        if (protocol === killed) {
          const paid = (await standing(by, seller.peerId, 'in')).authorized;
          const owed = costWei(bytes, PRICE);
          assert.ok(paid <= owed && bytes > 0 && bytes < BYTES, `${paid} of ${owed}`);
        } else assertPaid(protocol, await standing(seller, by.peerId, 'out'), bytes, PRICE);
      }
      await by.child.stop();
      await victim.child.exited;
      sellers.set(killed, await network.daemon(killed, args(killed)));
    });
  }
});
