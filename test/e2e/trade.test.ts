/**
 * Real daemons, a real chain, real files on loopback: what a buyer and its sellers can count on when all goes well, and when
 * one of them lies, dies, or the chain goes away.
 */
import assert from 'node:assert/strict';
import { copyFile, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { EarningsAnswer, FileRow } from '@chiral/protocol/api';
import { CHUNK_BYTES } from '@chiral/protocol/content';
import { costWei } from '@chiral/protocol/payment';
import { parseEther, Wallet } from 'ethers';
import { createNetwork, type Daemon, type DevNetwork } from '../../scripts/devnet/network.ts';
import { createCutLine, createRelay } from './support/proxies.ts';
import { assertPaid, get, publish, randomFile, settle, sha256, standing, until } from './support/trade.ts';

const MIB = 1 << 20;
const CHEAP = parseEther('0.00001');
const DEAR = parseEther('0.00002');
/** What the default policy lets anyone have before paying, bytes. */
const FREE_BYTES = MIB;

describe('a trade between daemons', { timeout: 240_000 }, () => {
  let network: DevNetwork;
  let first: Daemon;
  let second: Daemon;
  let buyer: Daemon;

  before(async () => {
    network = await createNetwork();
    first = await network.daemon('first');
    [second, buyer] = await Promise.all([network.daemon('second'), network.daemon('buyer')]);
    await network.fund([first.wallet, second.wallet, buyer.wallet], parseEther('100'));
  });
  after(() => network?.stop());

  it('delivers identical bytes from both and pays each exactly what it delivered, on the chain', async () => {
    const file = await randomFile(join(network.dir, 'film.bin'), 40 * MIB + 12_345);
    const [cid] = await Promise.all([publish(first, file, CHEAP), publish(second, file, DEAR)]);
    const done = await get(buyer, cid, join(network.dir, 'got.bin'));
    assert.equal(await sha256(done.path), await sha256(file));
    assert.equal(
      done.sellers.reduce((sum, row) => sum + row.bytes, 0),
      40 * MIB + 12_345,
    );
    // What was asked of both at the end may still be leaving.
    let out = await standing(first, buyer.peerId, 'out');
    let earned!: EarningsAnswer;
    await until(async () => {
      const before = out.bytes;
      earned = await first.api.get<EarningsAnswer>('/earnings');
      out = await standing(first, buyer.peerId, 'out');
      return out.bytes === before;
    });
    const whole = { bytes: out.bytes, wei: `${out.delivered}` };
    assert.deepEqual(earned.files, [{ cid, name: 'film.bin', ...whole }]);
    // Each way is rounded up for itself.
    assert.equal(
      earned.protocols.reduce((sum, { bytes }) => sum + bytes, 0),
      out.bytes,
    );
    const byWay = earned.protocols.reduce((sum, { wei }) => sum + BigInt(wei), 0n);
    assert.ok(byWay >= out.delivered && byWay - out.delivered < 5n, `${byWay} of ${out.delivered}`);
    for (const [seller, price] of [
      [first, CHEAP],
      [second, DEAR],
    ] as const) {
      const row = done.sellers.find(({ peer }) => peer === seller.peerId);
      assert.ok(row && row.chunks > 0, 'both took part');
      const before = await network.provider.getBalance(seller.wallet);
      const { transaction } = await settle(seller);
      const receipt = await network.provider.getTransactionReceipt(transaction!);
      const rise = (await network.provider.getBalance(seller.wallet)) - before + receipt!.gasUsed * receipt!.gasPrice;
      const sold = await standing(seller, buyer.peerId, 'out');
      assertPaid(seller.name, sold, row.bytes, price);
      assert.deepEqual([rise, sold.settled], [sold.authorized, sold.authorized]);
    }
  });

  it('finds a file by its plain SHA-256 and reuses the channels it has', async () => {
    const file = await randomFile(join(network.dir, 'small.bin'), 3 * MIB);
    await publish(first, file, CHEAP);
    const before = await network.provider.getTransactionCount(buyer.wallet);
    const done = await get(buyer, await sha256(file), join(network.dir, 'small-got.bin'));
    assert.equal(await sha256(done.path), await sha256(file));
    assert.equal(await network.provider.getTransactionCount(buyer.wallet), before, 'no transaction was needed');
  });

  it('asks nobody for what it has already, and deposits nothing for it', async () => {
    const file = await randomFile(join(network.dir, 'own.bin'), 3 * MIB);
    const [cid] = await Promise.all([publish(first, file, CHEAP), publish(second, file, DEAR)]);
    const before = await network.provider.getTransactionCount(second.wallet);
    const done = await get(second, cid, join(network.dir, 'own-again.bin'));
    assert.deepEqual([done.path, done.bytes, done.sellers], [file, 3 * MIB, []]);
    assert.equal((await standing(second, first.peerId, 'in')).authorized, 0n);
    assert.equal(await network.provider.getTransactionCount(second.wallet), before);
  });

  it('delivers a folder file by file under one name, for one deposit, and leaves what is there alone', async () => {
    const source = join(network.dir, 'holiday');
    await mkdir(join(source, 'pictures', 'more'), { recursive: true });
    await randomFile(join(source, 'film.bin'), 6 * MIB + 7);
    await randomFile(join(source, 'pictures', 'one.bin'), 2 * MIB);
    await copyFile(join(source, 'pictures', 'one.bin'), join(source, 'pictures', 'more', 'same.bin'));
    await writeFile(join(source, 'pictures', 'nothing.txt'), '');
    await symlink('/etc/hosts', join(source, 'link'));
    const seller = await network.daemon('folders');
    const cid = await publish(seller, source, DEAR);
    const before = await network.provider.getTransactionCount(buyer.wallet);
    const done = await get(buyer, cid, `${join(network.dir, 'bought')}/`);
    assert.equal(done.path, join(network.dir, 'bought', 'holiday'));
    const files = ['film.bin', 'pictures/more/same.bin', 'pictures/nothing.txt', 'pictures/one.bin'];
    const found = (await readdir(done.path, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => relative(done.path, join(entry.parentPath, entry.name)));
    assert.deepEqual(found.sort(), files, 'all of it, and nothing that a link leads to');
    for (const file of files) assert.equal(await sha256(join(done.path, file)), await sha256(join(source, file)));
    assert.equal((await network.provider.getTransactionCount(buyer.wallet)) - before, 1, 'one deposit for all of it');
    const paid = await standing(buyer, seller.peerId, 'in');
    const owed = costWei(6 * MIB + 7, DEAR) + costWei(2 * MIB, DEAR);
    assert.deepEqual([paid.delivered, paid.authorized], [owed, owed], 'the same bytes twice are paid once');
    // Again: nothing is fetched, paid or overwritten; a file of somebody else's has its place by right.
    await get(buyer, cid, `${join(network.dir, 'bought')}/`);
    assert.equal((await standing(buyer, seller.peerId, 'in')).delivered, owed);
    const taken = join(network.dir, 'taken', 'holiday');
    await mkdir(taken, { recursive: true });
    await writeFile(join(taken, 'film.bin'), 'mine');
    await assert.rejects(get(buyer, cid, `${join(network.dir, 'taken')}/`), { code: 'CONFLICT' });
    assert.equal(await readFile(join(taken, 'film.bin'), 'utf8'), 'mine');
    // One file of it, by somebody who wants no more.
    const one = (await seller.api.get<FileRow[]>('/files')).find(({ name }) => name === 'film.bin')!;
    const alone = await get(second, one.cid, join(network.dir, 'alone.bin'));
    assert.equal(
      alone.sellers.reduce((sum, { bytes }) => sum + bytes, 0),
      6 * MIB + 7,
    );
    await seller.api.delete(`/files/${cid}`);
    assert.deepEqual(await seller.api.get<FileRow[]>('/files'), []);
  });

  it('gives one identity that never pays not a byte above the free allowance in 1,000 requests', async () => {
    const file = await randomFile(join(network.dir, 'paid.bin'), 8 * MIB);
    const cid = await publish(second, file, DEAR);
    let bytes = 0;
    let refused = 0;
    await Promise.all(
      Array.from({ length: 8 }, async (_, lane) => {
        for (let i = lane; i < 1000; i += 8) {
          const answer = await fetch(`${second.publicUrl}/file/${cid}/chunk/${i % 32}`);
          const body = new Uint8Array(await answer.arrayBuffer());
          if (answer.status === 200) bytes += body.length;
          else {
            assert.equal(answer.status, 402);
            assert.equal(JSON.parse(new TextDecoder().decode(body)).code, 'CHOKED');
            refused++;
          }
        }
      }),
    );
    assert.equal(bytes, FREE_BYTES);
    assert.equal(refused, 1000 - FREE_BYTES / CHUNK_BYTES);
  });

  it('drops a seller that sends garbage, pays it nothing for that, and finishes from the other', async (t) => {
    let asked = () => {};
    const liarAsked = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const relay = await createRelay((body) => {
      asked();
      const changed = Buffer.from(body);
      changed[1000]! ^= 1;
      return changed;
    });
    // The honest one is held back until the liar has answered: a test in which only one took part would prove nothing.
    const honestRelay = await createRelay(async (body) => {
      await liarAsked;
      return body;
    });
    t.after(() => Promise.all([relay.close(), honestRelay.close()]));
    const [liar, honest] = await Promise.all([
      network.daemon('liar', ['--public-url', relay.url]),
      network.daemon('honest', ['--public-url', honestRelay.url]),
    ]);
    relay.target = await worldUrl(liar);
    honestRelay.target = await worldUrl(honest);
    const file = await randomFile(join(network.dir, 'contested.bin'), 30 * MIB);
    const [cid] = await Promise.all([publish(honest, file, DEAR), publish(liar, file, CHEAP)]);
    const states: string[] = [];
    const done = await get(buyer, cid, join(network.dir, 'contested-got.bin'), (event) => {
      if (event.event === 'source') states.push(`${event.peer === liar.peerId ? 'liar' : 'honest'} ${event.state}`);
    });
    assert.equal(await sha256(done.path), await sha256(file));
    assert.ok(relay.relayedChunks() > 0, 'the liar was asked');
    assert.ok(states.includes('liar banned'));
    assert.ok(!states.includes('honest banned'));
    const paid = await standing(buyer, liar.peerId, 'in');
    assert.deepEqual([paid.delivered, paid.authorized], [0n, 0n]);
    await Promise.all([liar.child.stop(), honest.child.stop()]);
  });

  it('goes on with the other when a seller is killed on the way, and skips the dead one the next time', async (t) => {
    let released = () => {};
    const doomedPaid = new Promise<void>((resolve) => {
      released = resolve;
    });
    // The steady one is held back until the doomed one was paid: on a fast machine it would deliver everything alone.
    const relay = await createRelay(async (body) => {
      await doomedPaid;
      return body;
    });
    t.after(() => relay.close());
    const [doomed, steady] = await Promise.all([
      network.daemon('doomed'),
      network.daemon('steady', ['--public-url', relay.url]),
    ]);
    relay.target = await worldUrl(steady);
    const file = await randomFile(join(network.dir, 'long.bin'), 96 * MIB);
    const [cid] = await Promise.all([publish(steady, file, DEAR), publish(doomed, file, CHEAP)]);
    let killedAt = 0;
    const done = await get(buyer, cid, join(network.dir, 'long-got.bin'), (event) => {
      if (event.event === 'paid' && event.peer === doomed.peerId && !killedAt) {
        killedAt = Date.now();
        doomed.child.kill('SIGKILL');
        released();
      }
    });
    assert.ok(killedAt > 0, 'it was killed after it had been paid for something');
    assert.equal(await sha256(done.path), await sha256(file));
    const paid = await standing(buyer, doomed.peerId, 'in');
    assert.equal(paid.delivered, costWei(done.sellers.find(({ peer }) => peer === doomed.peerId)!.bytes, CHEAP));
    const other = await network.daemon('late-buyer');
    await network.fund([other.wallet], parseEther('100'));
    const started = Date.now();
    const again = await get(other, cid, join(network.dir, 'long-again.bin'));
    assert.equal(again.bytes, 96 * MIB);
    assert.ok(Date.now() - started < 20_000, `the dead seller held it up for ${Date.now() - started} ms`);
    await Promise.all([other.child.stop(), steady.child.stop()]);
  });

  it('finishes after kill -9 of the buyer without fetching again or paying twice', async () => {
    const file = await randomFile(join(network.dir, 'huge.bin'), 96 * MIB);
    const cid = await publish(first, file, CHEAP);
    const mortal = await network.daemon('mortal', ['--no-auto-seed']);
    await network.fund([mortal.wallet], parseEther('100'));
    const to = join(network.dir, 'huge-got.bin');
    await assert.rejects(
      get(mortal, cid, to, (event) => {
        // By the books, not by the clock: 16 MiB are here and paid, and the window is still far from the rest.
        if (event.event === 'paid' && BigInt(event.cumulativeWei) >= costWei(16 * MIB, CHEAP)) {
          mortal.child.kill('SIGKILL');
        }
      }),
    );
    await mortal.child.exited;
    const again = await network.daemon('mortal', ['--no-auto-seed']);
    assert.equal(again.peerId, mortal.peerId);
    assert.equal(again.wallet, mortal.wallet);
    const done = await get(again, cid, to);
    assert.equal(await sha256(to), await sha256(file));
    const fetchedNow = done.sellers.reduce((sum, row) => sum + row.bytes, 0);
    assert.ok(fetchedNow <= 80 * MIB, `${fetchedNow} bytes were fetched again`);
    const sold = await standing(first, again.peerId, 'out');
    const price = costWei(96 * MIB, CHEAP);
    // All that is here is owed, also what came just before the kill; of what was then on its way at most the tolerance.
    const lost = costWei(MIB, CHEAP) + price / 100n;
    assert.ok(
      sold.authorized >= price && sold.authorized <= price + lost,
      `${sold.authorized} is not ${price} and a little`,
    );
    await again.child.stop();
  });

  it('tells a buyer without money so, as soon as its free allowance is used', async () => {
    const file = await randomFile(join(network.dir, 'unaffordable.bin'), 4 * MIB);
    const cid = await publish(second, file, DEAR);
    const poor = await network.daemon('poor');
    const started = Date.now();
    await assert.rejects(get(poor, cid, join(network.dir, 'unaffordable-got.bin')), { code: 'INSUFFICIENT_FUNDS' });
    assert.ok(Date.now() - started < 15_000);
    await poor.child.stop();
  });

  it('offers what it bought, unless told not to, and stops when told', async () => {
    const file = await randomFile(join(network.dir, 'viral.bin'), 2 * MIB);
    const cid = await publish(first, file, CHEAP);
    await get(buyer, cid, join(network.dir, 'viral-got.bin'));
    await first.api.delete(`/files/${cid}`);
    assert.equal((await fetch(`${first.publicUrl}/file/${cid}/chunk/0`)).status, 404);
    const third = await network.daemon('third', ['--no-auto-seed']);
    await network.fund([third.wallet], parseEther('1'));
    const done = await until(async () => get(third, cid, join(network.dir, 'viral-third.bin')).catch(() => undefined));
    assert.deepEqual(
      done.sellers.filter((row) => row.bytes > 0).map((row) => row.peer),
      [buyer.peerId],
    );
    assert.equal((await fetch(`${third.publicUrl}/file/${cid}/chunk/0`)).status, 404);
    await third.child.stop();
  });

  it('serves what it published again after a restart', async () => {
    const file = await randomFile(join(network.dir, 'kept.bin'), MIB);
    const keeper = await network.daemon('keeper');
    const cid = await publish(keeper, file, CHEAP);
    keeper.child.kill('SIGKILL');
    await keeper.child.exited;
    const back = await network.daemon('keeper');
    assert.equal(back.apiUrl, keeper.apiUrl, 'a page of this node stays where it was');
    const answer = await fetch(`${back.publicUrl}/file/${cid}/chunk/0`);
    assert.equal(answer.status, 200);
    assert.equal((await answer.arrayBuffer()).byteLength, CHUNK_BYTES);
    await back.child.stop();
    assert.equal(await back.child.exited, 0, 'told to stop, it ends by itself');
  });

  it('stops at the cap that the buyer set, pays what it got, and goes on when the cap is raised', async () => {
    const file = await randomFile(join(network.dir, 'costly.bin'), 12 * MIB);
    const cid = await publish(second, file, DEAR);
    const to = join(network.dir, 'costly-got.bin');
    const before = await standing(buyer, second.peerId, 'in');
    await assert.rejects(get(buyer, cid, to, undefined, { maxWei: `${4n * DEAR}` }), { code: 'SPENDING_CAP' });
    const between = await standing(buyer, second.peerId, 'in');
    assert.equal(between.authorized, between.delivered, 'what arrived is paid');
    assert.ok(between.delivered - before.delivered <= 4n * DEAR);
    assert.ok(between.delivered - before.delivered >= 4n * DEAR - costWei(CHUNK_BYTES, DEAR));
    await get(buyer, cid, to);
    assert.equal(await sha256(to), await sha256(file));
  });

  it('goes on within credit while the chain is away, and settles when it is back', async (t) => {
    const line = await createCutLine(new URL(network.chain.rpcUrl));
    t.after(() => line.close());
    const seller = await network.daemon('far-seller', ['--rpc', line.url]);
    const customer = await network.daemon('far-buyer', ['--rpc', line.url, '--no-auto-seed']);
    await network.fund([seller.wallet, customer.wallet], parseEther('10'));
    const small = await randomFile(join(network.dir, 'tiny.bin'), 600_000);
    const large = await randomFile(join(network.dir, 'large.bin'), 16 * MIB);
    const cids = [await publish(seller, small, CHEAP), await publish(seller, large, CHEAP)];
    // A channel exists, then the chain goes away: nothing of a download within it needs the chain.
    await get(customer, cids[1]!, join(network.dir, 'large-got.bin'));
    line.cut();
    await get(customer, cids[0]!, join(network.dir, 'tiny-got.bin'));
    assert.equal(await sha256(join(network.dir, 'tiny-got.bin')), await sha256(small));
    await assert.rejects(settle(seller), { code: 'CHAIN_UNREACHABLE' });
    line.mend();
    const { rows } = await until(async () => {
      const report = await settle(seller).catch(() => undefined);
      return report && report.rows.length > 0 ? report : undefined;
    });
    assert.equal(BigInt(rows[0]!.settledWei), costWei(16 * MIB, CHEAP) + costWei(600_000, CHEAP));
    await Promise.all([seller.child.stop(), customer.child.stop()]);
  });

  it('creates, funds, sends and shows history with its wallet', async () => {
    const to = first.wallet;
    const before = await network.provider.getBalance(to);
    const { hash } = await buyer.api.post<{ hash: string }>('/wallet/send', { to, wei: `${parseEther('1.5')}` });
    assert.equal((await network.provider.getBalance(to)) - before, parseEther('1.5'));
    const rows = await buyer.api.get<{ hash: string; direction: string; wei: string }[]>('/wallet/history');
    assert.deepEqual(
      rows.filter((row) => row.hash === hash).map(({ direction, wei }) => [direction, wei]),
      [['out', `${parseEther('1.5')}`]],
    );
    assert.ok(
      rows.some((row) => row.direction === 'in' && row.wei === `${parseEther('100')}`),
      'the faucet is there',
    );
    await assert.rejects(buyer.api.post('/wallet/send', { to, wei: `${parseEther('1000000')}` }), {
      code: 'INSUFFICIENT_FUNDS',
    });
  });

  it('imports a wallet once, and never over another', async () => {
    const wallet = Wallet.createRandom();
    const file = join(network.dir, 'key.txt');
    await writeFile(file, `${wallet.privateKey}\n`, { mode: 0o600 });
    const imported = await network.daemon('imported', ['--import-key', file]);
    assert.equal(imported.wallet, wallet.address);
    await network.fund([wallet.address], parseEther('2'));
    const { hash } = await imported.api.post<{ hash: string }>('/wallet/send', {
      to: first.wallet,
      wei: `${parseEther('1')}`,
    });
    assert.equal((await network.provider.getTransaction(hash))?.from, wallet.address);
    await imported.child.stop();
    await assert.rejects(network.daemon('imported', ['--import-key', file]), /CONFLICT/);
    const again = await network.daemon('imported');
    assert.equal(again.wallet, wallet.address);
    await again.child.stop();
  });

  it('keeps its key file private and its API closed to whoever lacks the token or names another host', async () => {
    for (const name of ['keystore.json', 'api.json', 'password', 'identity.key']) {
      assert.equal((await stat(join(buyer.dataDir, name))).mode & 0o777, 0o600, name);
    }
    assert.equal((await fetch(`${buyer.apiUrl}/api/v1/status`)).status, 401);
    const { port } = new URL(buyer.apiUrl);
    const answer = await rawGet(Number(port), 'evil.test');
    assert.match(answer, /^HTTP\/1\.1 403/);
  });

  /** The daemon's own HTTP address when its offers carry a relay's. */
  async function worldUrl(daemon: Daemon): Promise<string> {
    const status = await daemon.api.get<{ listenUrl: string }>('/status');
    return status.listenUrl;
  }
});

async function rawGet(port: number, host: string): Promise<string> {
  const { connect } = await import('node:net');
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(`GET /api/v1/status HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`),
    );
    let text = '';
    socket.on('data', (data) => (text += data));
    socket.on('end', () => resolve(text));
    socket.on('error', reject);
  });
}
