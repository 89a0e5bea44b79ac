/**
 * What our contracts cost on a London chain beside published or reconstructed figures of others, from transaction receipts.
 *
 *   npm run gas [-- --json] [-- --update]
 *
 * `--json` prints the table alone. Keys, salts and amounts come from a fixed seed, so the figures are the same each time; `--update` writes them to
 * gas-snapshot.json beside this file, which test/contracts/gas.test.ts holds us to.
 */
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { BATCH_SETTLEMENT_CREATION_BYTECODE } from '@chiral/protocol/generated/batch-settlement';
import { ERC3009_DEPOSIT_COLLECTOR_CREATION_BYTECODE } from '@chiral/protocol/generated/erc3009-deposit-collector';
import { FAIR_EXCHANGE_ABI, FAIR_EXCHANGE_CREATION_BYTECODE } from '@chiral/protocol/generated/fair-exchange';
import { MULTICALL3_CREATION_BYTECODE } from '@chiral/protocol/generated/multicall3';
import { PAYMENTS_ABI, PAYMENTS_CREATION_BYTECODE } from '@chiral/protocol/generated/payments';
import { PERMIT2_DEPOSIT_COLLECTOR_CREATION_BYTECODE } from '@chiral/protocol/generated/permit2-deposit-collector';
import { WRAPPED_CHIRAL_CREATION_BYTECODE } from '@chiral/protocol/generated/wrapped-chiral';
import { type ChannelConfig, channelId } from '@chiral/protocol/payment';
import { concat, hexlify, keccak256, SigningKey, toBeHex, ZeroAddress, ZeroHash, zeroPadValue } from 'ethers';
import {
  addressOf,
  channel,
  compactRow,
  DEPLOYMENT,
  digestOf,
  receiptOf,
  startChain,
  type TestChain,
} from '../../test/contracts/chain.ts';
import { cipherLeaf, climb, type LeafProof, type Sale, sha256, termsOf } from '../../test/contracts/sale.ts';

/** Gas of each workload. */
export interface GasTable {
  /** Open ten channels to ten sellers in one transaction. */
  readonly W1: number;
  /** A seller's first claim: 25 payers, compact rows, paid out. */
  readonly W2: number;
  /** Each further payer of such a claim. */
  readonly marginalVoucher: number;
  /** Atomic sale when the buyer does not sign: the seller reveals the key with its bond. */
  readonly W3: number;
  /** One leaf proven bad and the bond paid to the buyer; content of 1 GiB, leaves of 1 KiB. */
  readonly W4_1k: number;
  /** The same, leaves of 16 KiB. */
  readonly W4_16k: number;
  /** Each further payee of payMany that the chain knows. */
  readonly W5: number;
}

/** What else a reader may ask. */
export interface GasDetails {
  /** The honest sale: two signatures, no transaction. */
  readonly saleHonest: number;
  /** After W3 and the window: claim of the conditional voucher, and the bond's return. */
  readonly saleClaim: number;
  readonly saleReturnBond: number;
  /** One claim of one payer, paid out; later ones. */
  readonly claimOne: number;
  readonly allocate: number;
  readonly payTen: number;
  readonly deploy: Record<string, number>;
}

/** From the issue that this answers; the gate of test/contracts/gas.test.ts. */
export const LIMITS: GasTable = {
  W1: 300_000,
  W2: 400_000,
  marginalVoucher: 11_000,
  W3: 65_000,
  W4_1k: 140_000,
  W4_16k: 470_000,
  W5: 11_000,
};

/** Others' figures, as published by them or reconstructed from their sources on London. */
const RIVALS: Partial<Record<keyof GasTable, string>> = {
  W2: 'x402 reference 606,725 (claim of 25, then settle)',
  marginalVoucher: 'x402 reference 21,200',
  W3: 'FDE 222,221; FairDownload 434,748; FairSwap 1,005,288',
  W4_1k: 'FairSwap 142,664; FairRelay 290,797',
};

const TITLES: Record<keyof GasTable, string> = {
  W1: 'open ten channels in one transaction',
  W2: 'claim from 25 payers, paid out',
  marginalVoucher: 'each further payer of a claim',
  W3: 'atomic sale, forced reveal (honest path: 0)',
  W4_1k: 'dispute with slashing, 1 KiB leaf of 1 GiB',
  W4_16k: 'dispute with slashing, 16 KiB leaf of 1 GiB',
  W5: 'each further payee of payMany',
};

const CHI = 10n ** 18n;
const GIB = 1n << 30n;
/** The year 2100: a deadline near now would change the price of its bytes from run to run. */
const DEADLINE = 4_102_444_800;

/** The same bytes for the same labels each time. */
const seeded = (...label: (string | number)[]) => createHash('sha256').update(label.join('/')).digest();
const seededKey = (...label: (string | number)[]) => new SigningKey(seeded('key', ...label));
const seededAddress = (...label: (string | number)[]) => addressOf(seededKey('address', ...label));
/** Between 0.01 and 0.29 CHI, all digits in use as amounts by the byte have them. */
const seededAmount = (...label: (string | number)[]) => CHI / 100n + (BigInt(hexlify(seeded(...label))) >> 198n);
const seededSalt = (...label: (string | number)[]) =>
  zeroPadValue(hexlify(seeded('salt', ...label).subarray(0, 8)), 32);

const gasOf = async (sent: Parameters<typeof receiptOf>[0]) => Number((await receiptOf(sent)).gasUsed);

async function measureOpening(chain: TestChain): Promise<number> {
  const payer = chain.signer(1);
  const configs = Array.from({ length: 10 }, (_, i) =>
    channel({
      payer: payer.address,
      payerAuthorizer: seededAddress('session'),
      receiver: seededAddress('seller', i),
      salt: seededSalt('W1', i),
    }),
  );
  const amounts = configs.map((_, i) => seededAmount('W1', i));
  const value = amounts.reduce((total, amount) => total + amount, 0n);
  return gasOf(chain.as(payer).openMany(configs, amounts, { value }));
}

/** Opens a channel for each of `count` payers (15 wallets in turn, a session key each) and claims them in one transaction. */
async function measureClaim(chain: TestChain, count: number, label: string): Promise<number> {
  const seller = chain.signer(2);
  const rows: string[] = [];
  for (let i = 0; i < count; i++) {
    const payer = chain.signer(3 + (i % 15));
    const key = seededKey(label, i);
    const config = channel({
      payer: payer.address,
      payerAuthorizer: addressOf(key),
      receiver: seller.address,
      salt: seededSalt(label, i),
    });
    await receiptOf(chain.as(payer).openMany([config], [CHI], { value: CHI }));
    rows.push(compactRow(config, seededAmount(label, i), key));
  }
  const { address } = seller;
  return gasOf(chain.as(seller).claimMany(address, address, ZeroAddress, 3600, ZeroHash, concat(rows)));
}

async function measureAllocation(chain: TestChain): Promise<number> {
  const payer = chain.signer(1);
  const session = seededKey('reserve');
  await receiptOf(chain.as(payer).fundReserve(addressOf(session), { value: CHI }));
  const config = channel({
    payer: payer.address,
    payerAuthorizer: addressOf(session),
    receiver: seededAddress('found later'),
    salt: seededSalt('allocation'),
  });
  const validBefore = 2 ** 39;
  const digest = digestOf('Allocation', {
    channelId: channelId(config, DEPLOYMENT),
    amount: CHI / 10n,
    nonce: 1n,
    validBefore,
  });
  const { compactSerialized } = session.sign(digest);
  return gasOf(chain.as(chain.signer(4)).allocate(config, CHI / 10n, 1n, validBefore, compactSerialized));
}

/** A sale of 1 GiB in which leaf 5 is bad, its two paths with siblings from the seed: no tree of 1 GiB is needed for one path. */
function badSale(buyer: string, seller: string, leafBytes: number, deadline: number) {
  const key = hexlify(seeded('sale key', leafBytes));
  const depth = Math.log2(Number(GIB) / leafBytes);
  const index = 5;
  const bytes = (label: string) => Buffer.concat(Array.from({ length: leafBytes / 32 }, (_, i) => seeded(label, i)));
  const siblings = (label: string) => Array.from({ length: depth }, (_, i) => new Uint8Array(seeded(label, i)));
  const ciphertext = cipherLeaf(key, index, bytes('not the content'));
  const proof: LeafProof = {
    index,
    ciphertext,
    ciphertextPath: siblings('ciphertext'),
    contentLeaf: sha256(bytes('the content')),
    contentPath: siblings('content'),
  };
  const sale: Sale = {
    buyer,
    seller,
    keyHash: keccak256(key),
    ciphertextRoot: hexlify(climb(sha256(ciphertext), index, proof.ciphertextPath as Uint8Array[])),
    contentRoot: hexlify(climb(proof.contentLeaf as Uint8Array, index, proof.contentPath as Uint8Array[])),
    length: GIB,
    leafBytes,
    deadline,
    disputeWindow: 900,
    bond: CHI / 100n,
  };
  return { sale, key, proof };
}

async function measureSale(chain: TestChain) {
  const [buyer, seller] = [chain.signer(1), chain.signer(2)];
  const exchange = await chain.deploy(FAIR_EXCHANGE_ABI, FAIR_EXCHANGE_CREATION_BYTECODE);
  const disputes: Record<number, number> = {};
  for (const leafBytes of [1024, 16_384]) {
    const { sale, key, proof } = badSale(buyer.address, seller.address, leafBytes, DEADLINE);
    await receiptOf(exchange.as(seller).reveal(sale, key, { value: sale.bond }));
    disputes[leafBytes] = await gasOf(exchange.as(buyer).dispute(sale, key, proof));
  }

  const session = seededKey('sale session');
  const config: ChannelConfig = channel({
    payer: buyer.address,
    payerAuthorizer: addressOf(session),
    receiver: seller.address,
    salt: seededSalt('sale'),
  });
  await receiptOf(chain.as(buyer).openMany([config], [CHI], { value: CHI }));
  const { sale, key } = badSale(buyer.address, seller.address, 16_384, DEADLINE + 1);
  const terms = termsOf(sale);
  const maxClaimableAmount = seededAmount('sale');
  const digest = digestOf('ConditionalVoucher', {
    channelId: channelId(config, DEPLOYMENT),
    maxClaimableAmount,
    condition: exchange.address,
    terms,
  });
  const { compactSerialized } = session.sign(digest);
  const reveal = await gasOf(exchange.as(seller).reveal(sale, key, { value: sale.bond }));
  await chain.networkHelpers.time.increase(sale.disputeWindow);
  const claim = await gasOf(
    chain.as(seller).claimConditional(config, maxClaimableAmount, exchange.address, terms, compactSerialized),
  );
  const returnBond = await gasOf(exchange.as(seller).returnBond(sale));
  return { reveal, claim, returnBond, dispute1k: disputes[1024] ?? 0, dispute16k: disputes[16_384] ?? 0 };
}

/** payMany to the first `count` of 20 accounts that exist. */
async function measurePayMany(chain: TestChain, payments: Awaited<ReturnType<typeof deployPayments>>, count: number) {
  const amounts = Array.from({ length: count }, (_, i) => seededAmount('W5', i));
  const rows = amounts.map((amount, i) =>
    concat([seededAddress('payee', i), toBeHex(amount, 16), toBeHex(1000 + i, 4), toBeHex(1 + (i % 5), 1)]),
  );
  const value = amounts.reduce((total, amount) => total + amount, 0n);
  return gasOf(
    payments.as(chain.signer(1)).payMany([{ contentRoot: hexlify(seeded('root')), rows: concat(rows) }], { value }),
  );
}

async function deployPayments(chain: TestChain) {
  const payments = await chain.deploy(PAYMENTS_ABI, PAYMENTS_CREATION_BYTECODE);
  for (let i = 0; i < 20; i++) await chain.networkHelpers.setBalance(seededAddress('payee', i), 1n);
  return payments;
}

async function measureDeployments(chain: TestChain): Promise<Record<string, number>> {
  const gas: Record<string, number> = {};
  const bytecodes = {
    BatchSettlement: BATCH_SETTLEMENT_CREATION_BYTECODE,
    ERC3009DepositCollector: ERC3009_DEPOSIT_COLLECTOR_CREATION_BYTECODE,
    FairExchange: FAIR_EXCHANGE_CREATION_BYTECODE,
    Multicall3: MULTICALL3_CREATION_BYTECODE,
    Payments: PAYMENTS_CREATION_BYTECODE,
    Permit2DepositCollector: PERMIT2_DEPOSIT_COLLECTOR_CREATION_BYTECODE,
    WrappedChiral: WRAPPED_CHIRAL_CREATION_BYTECODE,
  };
  for (const [name, bytecode] of Object.entries(bytecodes)) {
    gas[name] = Number((await chain.deploy([], bytecode)).gasUsed);
  }
  return gas;
}

/** All of it on one fresh chain in this process. */
export async function measureGas(): Promise<{ table: GasTable; details: GasDetails }> {
  const chain = await startChain();
  const W1 = await measureOpening(chain);
  const W2 = await measureClaim(chain, 25, 'W2');
  const claimOne = await measureClaim(chain, 1, 'one');
  const claim26 = await measureClaim(chain, 26, 'many');
  const sale = await measureSale(chain);
  const payments = await deployPayments(chain);
  const payTen = await measurePayMany(chain, payments, 10);
  const payTwenty = await measurePayMany(chain, payments, 20);
  return {
    table: {
      W1,
      W2,
      marginalVoucher: Math.ceil((claim26 - claimOne) / 25),
      W3: sale.reveal,
      W4_1k: sale.dispute1k,
      W4_16k: sale.dispute16k,
      W5: Math.ceil((payTwenty - payTen) / 10),
    },
    details: {
      saleHonest: 0,
      saleClaim: sale.claim,
      saleReturnBond: sale.returnBond,
      claimOne,
      allocate: await measureAllocation(chain),
      payTen,
      deploy: await measureDeployments(chain),
    },
  };
}

function print(table: GasTable, details: GasDetails): void {
  const number = (value: number) => value.toLocaleString('en').padStart(9);
  for (const name of Object.keys(TITLES) as (keyof GasTable)[]) {
    const rival = RIVALS[name];
    console.log(
      `${number(table[name])}  of ${number(LIMITS[name])}  ${TITLES[name]}${rival ? `\n${' '.repeat(25)}${rival}` : ''}`,
    );
  }
  const { deploy, ...rest } = details;
  for (const [name, gas] of Object.entries(rest)) console.log(`${number(gas)}  ${name}`);
  for (const [name, gas] of Object.entries(deploy)) console.log(`${number(gas)}  deploy ${name}`);
}

export async function main(args: string[] = process.argv.slice(2)): Promise<void> {
  const { values } = parseArgs({ args, options: { json: { type: 'boolean' }, update: { type: 'boolean' } } });
  const { table, details } = await measureGas();
  if (values.update) {
    await writeFile(new URL('gas-snapshot.json', import.meta.url), `${JSON.stringify({ table, details }, null, 2)}\n`);
  }
  if (values.json) console.log(JSON.stringify(table));
  else print(table, details);
}

if (import.meta.main) await main();
