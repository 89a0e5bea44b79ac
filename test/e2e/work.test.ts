/**
 * Work as money between two nodes: a buyer whose wallet has never held a coin pays a seller with shares for the seller's own next
 * block, on the real development chain, whose blocks pay the seller.
 */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { GetEvent, LedgerRow } from '@chiral/protocol/api';
import { costWei } from '@chiral/protocol/payment';
import { parseEther } from 'ethers';
import { createNetwork, type Daemon, type DevNetwork } from '../../scripts/devnet/network.ts';
import { MINER_KEY } from './support/miner.ts';
import { createStranger, findShare } from './support/stranger.ts';
import { get, publish, randomFile, sha256, until } from './support/trade.ts';

const MIB = 1 << 20;
const BYTES = 5 * MIB + 77;
/** A share of the development chain is worth one or two of these. */
const PRICE = parseEther('1');

describe('paying by work', { timeout: 120_000 }, () => {
  let network: DevNetwork;
  let seller: Daemon;
  let buyer: Daemon;
  let file: string;
  let cid: string;

  before(async () => {
    network = await createNetwork({ chain: 'dev' });
    const keyFile = join(network.dir, 'miner.key');
    await writeFile(keyFile, MINER_KEY, { mode: 0o600 });
    seller = await network.daemon('seller', ['--import-key', keyFile]);
    buyer = await network.daemon('buyer');
    file = await randomFile(join(network.dir, 'film.bin'), BYTES);
    cid = await publish(seller, file, PRICE);
  });
  after(() => network?.stop());

  const row = async (node: Daemon, direction: 'in' | 'out') =>
    (await node.api.get<LedgerRow[]>('/ledger')).find((row) => row.direction === direction)!;

  it('gets the whole file without a coin, and both books say what it was paid with', async () => {
    const seen: GetEvent[] = [];
    const to = join(network.dir, 'bought.bin');
    await get(buyer, cid, to, (event) => seen.push(event), { work: { threads: 1 } });
    assert.equal(await sha256(to), await sha256(file));
    assert.equal(await network.provider.getTransactionCount(buyer.wallet), 0);
    assert.equal(await network.provider.getBalance(buyer.wallet), 0n);

    const [sold, bought] = [await row(seller, 'out'), await row(buyer, 'in')];
    const cost = costWei(BYTES, PRICE);
    assert.equal(BigInt(bought.deliveredWei), cost);
    assert.equal(sold.authorizedWei, '0');
    assert.equal(sold.workedWei, bought.workedWei);
    assert.ok(BigInt(sold.workedWei) >= cost, 'nothing stays owed');
    const work = seen.filter((event) => event.event === 'work');
    const last = work.at(-1)!;
    assert.equal(last.state, 'waiting');
    assert.equal(last.earnedWei, sold.workedWei);
    assert.ok(last.shares >= 2 && last.hashesPerSecond > 1_000, `${last.shares} shares, ${last.hashesPerSecond} H/s`);
  });

  it('is told so by a seller that takes no work, and keeps what was free', async () => {
    const other = await network.daemon('other', ['--work-percent', '0']);
    const more = await randomFile(join(network.dir, 'more.bin'), 3 * MIB);
    const its = await publish(other, more, PRICE);
    await assert.rejects(
      get(buyer, its, join(network.dir, 'more'), () => {}, { work: {} }),
      { code: 'NO_WORK' },
    );
    assert.equal(
      (await buyer.api.get<LedgerRow[]>('/ledger')).find(({ peer }) => peer === other.peerId)?.workedWei,
      '0',
    );
  });

  it('goes on with money where work ended: together they come to what was delivered, to the wei', async () => {
    await network.fund([buyer.wallet], parseEther('50'));
    const second = await publish(seller, await randomFile(join(network.dir, 'second.bin'), 4 * MIB + 5), PRICE);
    const worked = BigInt((await row(seller, 'out')).workedWei);
    await get(buyer, second, join(network.dir, 'second'));
    const sold = await row(seller, 'out');
    assert.equal(BigInt(sold.workedWei), worked);
    assert.ok(BigInt(sold.deliveredWei) > worked);
    assert.equal(BigInt(sold.authorizedWei), BigInt(sold.deliveredWei) - worked);
  });

  it('keeps what was earned through kill -9, and counts no share of before a second time', async () => {
    const { work, share, peerId } = await (async () => {
      await using before = await createStranger(network, 'stranger', seller);
      const work = await before.work();
      const share = findShare(work);
      const counted = await before.ask(share);
      assert.equal(counted.type === 'counted' && counted.workedWei, work.shareWei);
      return { work, share, peerId: before.peerId };
    })();
    seller.child.kill('SIGKILL');
    await seller.child.exited;
    seller = await network.daemon('seller');
    // The first question may go to a connection of before.
    const rows = await until(() => seller.api.get<LedgerRow[]>('/ledger').catch(() => undefined));
    assert.equal(rows.find(({ peer }) => peer === peerId)?.workedWei, `${work.shareWei}`);

    await using after = await createStranger(network, 'stranger', seller);
    assert.equal(after.peerId, peerId);
    // The chain node lives on and may give out the same template: its shares are still not those of before.
    const fresh = await after.work();
    const again = await after.ask(share);
    assert.equal(again.type === 'refused' && again.code, 'SHARE_STALE');
    const more = await after.ask(findShare(fresh));
    assert.equal(more.type === 'counted' && more.workedWei, work.shareWei + fresh.shareWei);
  });
});
