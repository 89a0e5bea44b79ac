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
import { type Done, get, publish, randomFile, settle, sha256, standing, until } from './support/trade.ts';

/** Not a whole number of MiB in any split, so that a wei lost to rounding shows. */
const PRICE = parseEther('0.00001') + 7n;
const MIB = 1 << 20;
/** Enough that the fastest is not done before the slowest has connected. */
const BYTES = 80 * MIB + 12_345;

describe('five protocols', { timeout: 280_000 }, () => {
  let network: DevNetwork;
  let buyer: Daemon;
  const sellers = new Map<ProtocolName, Daemon>();
  const args = (protocol: ProtocolName) => ['--protocol', protocol];
  let files = 0;

  before(async () => {
    network = await createNetwork();
    buyer = await network.daemon('buyer', [
      '--no-auto-seed',
      ...PROTOCOLS.flatMap((protocol) => ['--protocol', protocol]),
    ]);
    for (const protocol of PROTOCOLS) sellers.set(protocol, await network.daemon(protocol, args(protocol)));
    await network.fund(
      [buyer, ...sellers.values()].map(({ wallet }) => wallet),
      parseEther('100'),
    );
  });
  after(() => network?.stop());

  async function publishEverywhere(bytes: number): Promise<{ cid: string; file: string }> {
    const file = await randomFile(join(network.dir, `film-${files++}`), bytes);
    const cids = await Promise.all([...sellers.values()].map((seller) => publish(seller, file, PRICE)));
    assert.equal(new Set(cids).size, 1);
    return { cid: cids[0]!, file };
  }

  /** What each seller is due so far, to tell one download from the last: who was killed before its last voucher gets it with the next. */
  const dueNow = async () =>
    new Map(
      await Promise.all(
        [...sellers.values()].map(
          async ({ peerId }) => [peerId, (await standing(buyer, peerId, 'in')).delivered] as const,
        ),
      ),
    );

  const rowOf = (done: Done, protocol: ProtocolName) =>
    done.sellers.find(({ peer, protocol: by }) => peer === sellers.get(protocol)!.peerId && by === protocol);

  it('one download draws on all of them, and each is paid to the wei, on the chain', async () => {
    const { cid, file } = await publishEverywhere(BYTES);
    const done = await get(buyer, cid, join(network.dir, 'all.bin'));
    assert.equal(await sha256(done.path), await sha256(file));
    assert.equal(
      done.sellers.reduce((sum, { bytes }) => sum + bytes, 0),
      BYTES,
    );
    for (const protocol of PROTOCOLS) {
      const seller = sellers.get(protocol)!;
      const row = rowOf(done, protocol);
      assert.ok(row && row.bytes > 0, `${protocol} took part`);
      const owed = costWei(row.bytes, PRICE);
      const sold = await standing(seller, buyer.peerId, 'out');
      assert.deepEqual([protocol, sold.authorized], [protocol, owed]);
      const before = await network.provider.getBalance(seller.wallet);
      const { transaction } = await settle(seller);
      const receipt = await network.provider.getTransactionReceipt(transaction!);
      const rise = (await network.provider.getBalance(seller.wallet)) - before + receipt!.gasUsed * receipt!.gasPrice;
      assert.deepEqual([protocol, rise], [protocol, owed]);
    }
  });

  it('the same bytes cost the same by every protocol', async () => {
    const bytes = 5 * MIB + 4_321;
    const { cid, file } = await publishEverywhere(bytes);
    const owed: [ProtocolName, bigint, number][] = [];
    for (const protocol of PROTOCOLS) {
      const seller = sellers.get(protocol)!;
      const before = await standing(seller, buyer.peerId, 'out');
      const done = await get(buyer, cid, join(network.dir, `${protocol}.bin`), () => {}, { protocols: [protocol] });
      assert.equal(await sha256(done.path), await sha256(file));
      const after = await standing(seller, buyer.peerId, 'out');
      owed.push([protocol, after.authorized - before.authorized, after.bytes - before.bytes]);
      await buyer.api.delete(`/files/${cid}`);
      await rm(done.path);
    }
    // Two contents share a seller's total: each has its own line, so its cost does not depend on what came before.
    assert.deepEqual(
      owed,
      PROTOCOLS.map((protocol) => [protocol, costWei(bytes, PRICE), bytes]),
    );
  });

  for (const killed of PROTOCOLS) {
    it(`${killed} dies on the way: the others finish, and nobody is paid a wei too much or too little`, async () => {
      const { cid, file } = await publishEverywhere(BYTES);
      const before = await dueNow();
      const victim = sellers.get(killed)!;
      const soldBefore = (await standing(victim, buyer.peerId, 'out')).bytes;
      let isOver = false;
      const getting = get(buyer, cid, join(network.dir, `without-${killed}.bin`)).finally(() => {
        isOver = true;
      });
      await until(async () => (await standing(victim, buyer.peerId, 'out')).bytes > soldBefore + MIB / 2);
      victim.child.kill('SIGKILL');
      assert.ok(!isOver, 'it was killed while the download ran');
      const done = await getting;
      assert.equal(await sha256(done.path), await sha256(file));
      assert.equal(
        done.sellers.reduce((sum, { bytes }) => sum + bytes, 0),
        BYTES,
      );
      for (const protocol of PROTOCOLS) {
        const seller = sellers.get(protocol)!;
        const bytes = rowOf(done, protocol)?.bytes ?? 0;
        const paid = (await standing(buyer, seller.peerId, 'in')).authorized - before.get(seller.peerId)!;
        const owed = costWei(bytes, PRICE);
        // Its last chunks may have come after the last voucher that it could take.
        if (protocol === killed) assert.ok(paid <= owed && bytes > 0 && bytes < BYTES, `${paid} of ${owed}`);
        else assert.deepEqual([protocol, paid], [protocol, owed]);
      }
      await victim.child.exited;
      sellers.set(killed, await network.daemon(killed, args(killed)));
    });
  }
});
