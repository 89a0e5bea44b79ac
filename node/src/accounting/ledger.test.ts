import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { costWei } from '@chiral/protocol/payment';
import fc from 'fast-check';
import { openDatabase } from '../db.ts';
import { createLedger } from './ledger.ts';
import { type CreditPolicy, createPricing, creditWei, PRESETS } from './policy.ts';

/** The same file is the process that a test kills. */
const isVictim = process.argv[2] === 'earn';
const folder = isVictim ? '' : mkdtempSync(join(tmpdir(), 'chiral-ledger-'));
after(() => isVictim || rmSync(folder, { recursive: true }));
let files = 0;
const file = () => join(folder, `${files++}.db`);
const MIB = 1 << 20;
const PRICE = 1000n * BigInt(MIB);
const terms = { weiPerMiB: PRICE, freeBytes: MIB, creditBytes: MIB };

function ledgerAt(path: string, policy: CreditPolicy = PRESETS.balanced, priceOf = (_cid: string) => PRICE) {
  const db = openDatabase(path);
  const pricing = createPricing({ credit: policy, priceOf });
  const ledger = createLedger({ db, pricing, credit: () => policy });
  const close = () => {
    ledger.close();
    db.close();
  };
  return { ledger, close };
}

async function take(ledger: ReturnType<typeof createLedger>, peer: string, bytes: number, cid = 'a'): Promise<number> {
  const grant = await ledger.reserve(peer, cid, bytes);
  if (grant.granted) grant.done(grant.granted);
  return grant.granted;
}

/** The process that is killed: earns and tells, a wei at a time, from where the last one was. */
function earnUntilKilled(path: string): void {
  const { ledger } = ledgerAt(path);
  const earn = () => {
    const total = ledger.totals('p', 'out').workedWei + 1n;
    ledger.countWork('p', 'out', total);
    process.send!(`${total}`);
    setImmediate(earn);
  };
  earn();
}
if (isVictim) earnUntilKilled(process.argv[3]!);

describe('ledger', { skip: isVictim }, () => {
  it('chokes a peer that pays nothing at the free allowance, whatever it tries', async () => {
    const { ledger, close } = ledgerAt(':memory:');
    let got = 0;
    for (let i = 0; i < 1000; i++) got += await take(ledger, 'stranger', 1 + ((i * 7919) % 300_000));
    assert.ok(got <= MIB && got > MIB - 300_000, `${got}`);
    assert.equal(await take(ledger, 'another', 1000), 1000);
    close();
  });

  it('serves up to a debt of 2 MiB, refuses, and goes on after settlement', async () => {
    const policy = { ...PRESETS.strict, freeBytes: 2 * MIB, maxCreditBytes: 2 * MIB };
    const { ledger, close } = ledgerAt(':memory:', policy);
    for (let i = 0; i < 8; i++) assert.equal(await take(ledger, 'b', 262_144), 262_144);
    assert.equal(await take(ledger, 'b', 1), 0);
    ledger.authorize('b', 'out', ledger.totals('b', 'out').deliveredWei);
    assert.equal(ledger.receivable('b'), 0n);
    assert.equal(await take(ledger, 'b', 262_144), 262_144);
    close();
  });

  it('counts what is reserved and not yet sent', async () => {
    const { ledger, close } = ledgerAt(':memory:', PRESETS.strict);
    const first = await ledger.reserve('p', 'a', 262_144);
    assert.equal((await ledger.reserve('p', 'a', 1)).granted, 0);
    first.done(0);
    assert.equal((await ledger.reserve('p', 'a', 262_144)).granted, 262_144);
    assert.throws(() => first.done(0), /twice/);
    close();
  });

  it('charges new bytes a new price and old bytes the old one', async () => {
    const { ledger, close } = ledgerAt(':memory:');
    await take(ledger, 'p', 1000);
    const before = ledger.totals('p', 'out').deliveredWei;
    ledger.agree('p', 'out', 'a', { ...terms, weiPerMiB: 3n * PRICE });
    assert.equal(ledger.totals('p', 'out').deliveredWei, before);
    await take(ledger, 'p', 500);
    assert.equal(ledger.totals('p', 'out').deliveredWei, before + costWei(500, 3n * PRICE));
    close();
  });

  it('lets free content go without limit', async () => {
    const { ledger, close } = ledgerAt(':memory:', PRESETS.strict, () => 0n);
    for (let i = 0; i < 100; i++) assert.equal(await take(ledger, 'p', MIB), MIB);
    close();
  });

  it('remembers every total by peer over a restart, and forgets nobody’s debt to a new key', async () => {
    const path = file();
    const one = ledgerAt(path);
    await take(one.ledger, 'p', 1000);
    one.ledger.agree('q', 'in', 'a', terms);
    one.ledger.received('q', 'a', 5000);
    one.ledger.authorize('q', 'in', 3n);
    one.ledger.settle('q', 'in', 2n);
    const seen = [one.ledger.totals('p', 'out'), one.ledger.totals('q', 'in')];
    one.close();
    const two = ledgerAt(path);
    assert.deepEqual([two.ledger.totals('p', 'out'), two.ledger.totals('q', 'in')], seen);
    assert.equal(two.ledger.totals('new', 'out').deliveredWei, 0n);
    two.close();
  });

  it('opens the gate for work as for a promise, and never takes the one for the other', async () => {
    const path = file();
    const one = ledgerAt(path, PRESETS.strict);
    const due = async (bytes: number) => (await one.ledger.reserve('p', 'a', bytes)).granted;
    assert.equal(await take(one.ledger, 'p', 262_144), 262_144);
    assert.equal(await due(262_144), 0);
    const shareWei = costWei(262_144, PRICE);
    one.ledger.countWork('p', 'out', shareWei);
    assert.equal(one.ledger.receivable('p'), 0n);
    assert.equal(one.ledger.roomBytes('p', 'a'), 262_144);
    assert.equal(await take(one.ledger, 'p', 262_144), 262_144);
    assert.equal(await due(1), 0);
    // A total that comes late takes nothing back, and a promise is counted beside it.
    one.ledger.countWork('p', 'out', 1n);
    one.ledger.authorize('p', 'out', 5n);
    const { authorizedWei, settledWei, workedWei } = one.ledger.totals('p', 'out');
    assert.deepEqual(
      { authorizedWei, settledWei, workedWei },
      { authorizedWei: 5n, settledWei: 0n, workedWei: shareWei },
    );
    assert.equal(one.ledger.receivable('p'), shareWei - 5n);
    one.close();
    const two = ledgerAt(path);
    assert.equal(two.ledger.totals('p', 'out').workedWei, shareWei);
    two.close();
  });

  it('brings the books of before along, with no work in them', () => {
    const path = file();
    const db = openDatabase(path);
    db.migrate('ledger', [
      `CREATE TABLE account (peer TEXT NOT NULL, direction TEXT NOT NULL, authorized_wei TEXT NOT NULL,
         settled_wei TEXT NOT NULL, PRIMARY KEY (peer, direction)) STRICT;
       CREATE TABLE line (peer TEXT NOT NULL, direction TEXT NOT NULL, cid TEXT NOT NULL, wei_per_mib TEXT NOT NULL,
         bytes INTEGER NOT NULL, PRIMARY KEY (peer, direction, cid, wei_per_mib)) STRICT;`,
    ]);
    db.connection.prepare("INSERT INTO account VALUES ('p', 'out', '9', '4')").run();
    db.close();
    const { ledger, close } = ledgerAt(path);
    const { authorizedWei, settledWei, workedWei } = ledger.totals('p', 'out');
    assert.deepEqual([authorizedWei, settledWei, workedWei], [9n, 4n, 0n]);
    ledger.countWork('p', 'out', 3n);
    assert.equal(ledger.totals('p', 'out').workedWei, 3n);
    close();
  });

  it('keeps what was earned by work through kill -9 at any moment', async () => {
    const path = file();
    let acknowledged = 0n;
    for (let kills = 0; kills < 3; kills++) {
      const child = fork(import.meta.filename, ['earn', path], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
      const exit = once(child, 'exit');
      let left = 1 + kills * 7;
      child.on('message', (total) => {
        const wei = BigInt(total as string);
        assert.ok(wei > acknowledged, `${wei} after ${acknowledged}`);
        acknowledged = wei;
        if (--left === 0) child.kill('SIGKILL');
      });
      await exit;
    }
    const { ledger, close } = ledgerAt(path);
    assert.ok(acknowledged >= 3n);
    assert.ok(ledger.totals('p', 'out').workedWei >= acknowledged);
    close();
  });

  it('keeps both sides equal and opposite when every byte arrives', async () => {
    const seller = ledgerAt(':memory:');
    const buyer = ledgerAt(':memory:');
    for (const bytes of [262_144, 262_144, 17]) {
      seller.ledger.agree('buyer', 'out', 'a', terms);
      buyer.ledger.agree('seller', 'in', 'a', terms);
      await take(seller.ledger, 'buyer', bytes);
      buyer.ledger.received('seller', 'a', bytes);
    }
    assert.equal(seller.ledger.receivable('buyer'), buyer.ledger.payable('seller'));
    assert.equal(seller.ledger.receivable('buyer'), costWei(524_305, PRICE));
    seller.close();
    buyer.close();
  });

  it('never lets a counter fall nor a debt pass its credit, under any interleaving', async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('reserve' as const), bytes: fc.nat(400_000), cid: fc.constantFrom('a', 'b') }),
      fc.record({ kind: fc.constant('done' as const), which: fc.nat(), part: fc.nat(100) }),
      fc.record({ kind: fc.constant('authorize' as const), part: fc.nat(120) }),
      fc.record({ kind: fc.constant('settle' as const), part: fc.nat(100) }),
      fc.record({ kind: fc.constant('work' as const), part: fc.nat(120) }),
    );
    const prices: Record<string, bigint> = { a: PRICE, b: 7n };
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...Object.values(PRESETS)),
        fc.array(step, { maxLength: 80 }),
        async (policy, steps) => {
          const { ledger, close } = ledgerAt(':memory:', policy, (cid) => prices[cid]!);
          const open: { granted: number; done(sent: number): void }[] = [];
          let last = ledger.totals('p', 'out');
          for (const step of steps) {
            const { deliveredWei, authorizedWei, settledWei, workedWei } = last;
            if (step.kind === 'reserve') {
              const grant = await ledger.reserve('p', step.cid, step.bytes);
              if (grant.granted > 0) open.push(grant);
            } else if (step.kind === 'done' && open.length > 0) {
              const [grant] = open.splice(step.which % open.length, 1);
              grant!.done(Math.floor((grant!.granted * step.part) / 100));
            } else if (step.kind === 'authorize') {
              const target = (deliveredWei * BigInt(step.part)) / 100n;
              if (target > authorizedWei) ledger.authorize('p', 'out', target);
              else assert.throws(() => ledger.authorize('p', 'out', target), { code: 'VOUCHER_STALE' });
            } else if (step.kind === 'settle') {
              ledger.settle('p', 'out', (authorizedWei * BigInt(step.part)) / 100n);
            } else if (step.kind === 'work') {
              ledger.countWork('p', 'out', (deliveredWei * BigInt(step.part)) / 100n);
            }
            const now = ledger.totals('p', 'out');
            assert.ok(
              now.deliveredWei >= deliveredWei && now.authorizedWei >= authorizedWei && now.settledWei >= settledWei,
            );
            assert.ok(now.workedWei >= workedWei);
            assert.ok(now.settledWei <= now.authorizedWei);
            const paidWei = now.authorizedWei + now.workedWei;
            assert.ok(now.deliveredWei - paidWei <= creditWei(policy, paidWei, PRICE));
            last = now;
          }
          close();
        },
      ),
      { numRuns: 300 },
    );
  });
});
