import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { costWei } from '@chiral/protocol/payment';
import fc from 'fast-check';
import { openDatabase } from '../db.ts';
import { createLedger } from './ledger.ts';
import { type CreditPolicy, createPricing, creditWei, PRESETS } from './policy.ts';

const folder = mkdtempSync(join(tmpdir(), 'chiral-ledger-'));
after(() => rmSync(folder, { recursive: true }));
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

describe('ledger', () => {
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
            const { deliveredWei, authorizedWei, settledWei } = last;
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
            }
            const now = ledger.totals('p', 'out');
            assert.ok(
              now.deliveredWei >= deliveredWei && now.authorizedWei >= authorizedWei && now.settledWei >= settledWei,
            );
            assert.ok(now.settledWei <= now.authorizedWei);
            assert.ok(now.deliveredWei - now.authorizedWei <= creditWei(policy, now.authorizedWei, PRICE));
            last = now;
          }
          close();
        },
      ),
      { numRuns: 300 },
    );
  });
});
