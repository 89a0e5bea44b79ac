/** Gas is held to the snapshot, and to the limits that the project has set itself. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { before, describe, test } from 'node:test';
import { type GasDetails, type GasTable, LIMITS, measureGas } from '../../scripts/bench/gas.ts';

const SNAPSHOT = new URL('../../scripts/bench/gas-snapshot.json', import.meta.url);
/** Gas of a genesis block; a deployment has to fit. */
const BLOCK_GAS = 4_700_000;

describe('gas', () => {
  let now: { table: GasTable; details: GasDetails };
  let then: typeof now;

  before(async () => {
    then = JSON.parse(await readFile(SNAPSHOT, 'utf8'));
    now = await measureGas();
  });

  test('has not grown since the snapshot', () => {
    const flat = ({ table, details: { deploy, ...details } }: typeof now) => ({ ...table, ...details, ...deploy });
    const old: Record<string, number> = flat(then);
    const grown = Object.entries(flat(now)).filter(([name, gas]) => !(gas <= (old[name] ?? -1)));
    assert.deepEqual(grown, [], 'If it is meant to grow: node scripts/bench/gas.ts --update');
  });

  for (const [name, limit] of Object.entries(LIMITS) as [keyof GasTable, number][]) {
    test(`${name} is at most ${limit}`, () => assert.ok(now.table[name] <= limit, `${now.table[name]}`));
  }

  test('every contract deploys within a block of 4.7M', () => {
    for (const [name, gas] of Object.entries(now.details.deploy)) assert.ok(gas < BLOCK_GAS, `${name} ${gas}`);
  });
});
