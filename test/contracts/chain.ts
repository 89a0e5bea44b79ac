/**
 * A private London chain in this process, as hardhat.config.ts describes it, with our contracts placed the way a genesis
 * block places them: runtime bytes at an address, no constructor. For tests and the gas table.
 */

import {
  BATCH_SETTLEMENT_ABI,
  BATCH_SETTLEMENT_RUNTIME_BYTECODE,
  BATCH_SETTLEMENT_TYPED_DATA,
} from '@chiral/protocol/generated/batch-settlement';
import { FAIR_EXCHANGE_ABI } from '@chiral/protocol/generated/fair-exchange';
import { PAYMENTS_ABI } from '@chiral/protocol/generated/payments';
import { WRAPPED_CHIRAL_ABI } from '@chiral/protocol/generated/wrapped-chiral';
import { BATCH_SETTLEMENT_ADDRESS, type ChannelConfig, NATIVE_TOKEN } from '@chiral/protocol/payment';
import {
  Contract,
  ContractFactory,
  type ContractMethod,
  concat,
  type HDNodeWallet,
  hexlify,
  Interface,
  type InterfaceAbi,
  type Provider,
  randomBytes,
  type Signer,
  SigningKey,
  type TransactionReceipt,
  type TypedDataDomain,
  TypedDataEncoder,
  toBeHex,
  Wallet,
  zeroPadValue,
} from 'ethers';
import hre from 'hardhat';

export const CHAIN_ID = 98765;
export const CHI = 10n ** 18n;
export const DOMAIN = {
  name: 'x402 Batch Settlement',
  version: '1',
  chainId: CHAIN_ID,
  verifyingContract: BATCH_SETTLEMENT_ADDRESS,
};

/** Where our TypeScript says the channels are. */
export const DEPLOYMENT = { chainId: CHAIN_ID, contract: BATCH_SETTLEMENT_ADDRESS };

type NamesOf<Abi extends readonly { type: string }[]> = Extract<
  Abi[number],
  { type: 'function'; name: string }
>['name'];
/** An ethers contract that knows which functions its ABI has. */
export type ContractOf<Abi extends readonly { type: string }[]> = Contract & Record<NamesOf<Abi>, ContractMethod>;
export type Settlement = ContractOf<typeof BATCH_SETTLEMENT_ABI>;

export function contractAt<const Abi extends readonly { type: string }[]>(
  address: string,
  abi: Abi,
  signer: Signer | Provider,
): ContractOf<Abi> {
  return new Contract(address, abi as unknown as InterfaceAbi, signer) as ContractOf<Abi>;
}

export type TestChain = Awaited<ReturnType<typeof startChain>>;

/** A fresh chain with BatchSettlement at the standard's address. */
export async function startChain() {
  const { ethers, provider, networkHelpers } = await hre.network.create();
  await networkHelpers.setCode(BATCH_SETTLEMENT_ADDRESS, BATCH_SETTLEMENT_RUNTIME_BYTECODE);
  const signers = await ethers.getSigners();
  const as = (signer: Signer) => contractAt(BATCH_SETTLEMENT_ADDRESS, BATCH_SETTLEMENT_ABI, signer);
  const settlement = contractAt(BATCH_SETTLEMENT_ADDRESS, BATCH_SETTLEMENT_ABI, ethers.provider);
  /** The n-th funded wallet of the chain, of 20. */
  const signer = (n: number) => {
    const found = signers[n];
    if (!found) throw new Error(`no wallet ${n}`);
    return found;
  };
  /** Deploys in a transaction as a person would; refused when it does not fit a block. */
  const deploy = async <const Abi extends readonly { type: string }[]>(abi: Abi, bytecode: string) => {
    const deployed = await new ContractFactory(abi as unknown as InterfaceAbi, bytecode, signers[0]).deploy();
    const receipt = await deployed.deploymentTransaction()?.wait();
    const address = await deployed.getAddress();
    return { address, gasUsed: receipt?.gasUsed ?? 0n, as: (signer: Signer) => contractAt(address, abi, signer) };
  };
  return { ethers, provider, networkHelpers, signer, settlement, as, deploy };
}

/** Waits for a transaction that was sent. */
export async function receiptOf(
  sent: Promise<{ wait(): Promise<TransactionReceipt | null> }>,
): Promise<TransactionReceipt> {
  const receipt = await (await sent).wait();
  if (!receipt) throw new Error('not mined');
  return receipt;
}

const errors = new Interface([...BATCH_SETTLEMENT_ABI, ...PAYMENTS_ABI, ...FAIR_EXCHANGE_ABI, ...WRAPPED_CHIRAL_ABI]);

/** The name of the custom error that `sent` reverts with: by what the chain says, or, where it knows no names, by its data. */
export async function revertOf(sent: Promise<unknown>): Promise<string> {
  try {
    await sent;
  } catch (error) {
    const text = String(error);
    const data = /return data: (0x[0-9a-f]+)/.exec(text)?.[1];
    const byData = data && errors.parseError(data)?.name;
    return byData ?? /custom error '(\w+)/.exec(text)?.[1] ?? /\b([A-Z]\w+_\w+)\(/.exec(text)?.[1] ?? text;
  }
  return 'no revert';
}

export function newKey(): SigningKey {
  return new SigningKey(randomBytes(32));
}

export function addressOf(key: SigningKey): string {
  return new Wallet(key).address;
}

export function newWallet(): HDNodeWallet {
  return Wallet.createRandom();
}

/** A channel in CHI with a fresh 64-bit salt. */
export function channel(
  fields: Partial<ChannelConfig> & Pick<ChannelConfig, 'payer' | 'payerAuthorizer' | 'receiver'>,
): ChannelConfig {
  return {
    receiverAuthorizer: fields.receiver,
    token: NATIVE_TOKEN,
    withdrawDelay: 3600,
    salt: zeroPadValue(hexlify(randomBytes(8)), 32),
    ...fields,
  };
}

type Types = Record<string, { name: string; type: string }[]>;

/** Digest of one of BatchSettlement's own types, by ethers. */
export function digestOf(primary: string, value: Record<string, unknown>, domain: TypedDataDomain = DOMAIN): string {
  return TypedDataEncoder.hash(domain, typesFor(primary), value);
}

/** `primary` and the types that it refers to. */
export function typesFor(primary: string, all: Types = BATCH_SETTLEMENT_TYPED_DATA): Types {
  const types: Types = {};
  const add = (name: string) => {
    const fields = all[name];
    if (!fields || types[name]) return;
    types[name] = fields;
    for (const { type } of fields) add(type.replace('[]', ''));
  };
  add(primary);
  return types;
}

/** One row of `claimMany`. */
export function compactRow(config: ChannelConfig, amount: bigint, key: SigningKey): string {
  const signature = key.sign(
    digestOf('Voucher', { channelId: digestOf('ChannelConfig', { ...config }), maxClaimableAmount: amount }),
  );
  return concat([
    config.payer,
    config.payerAuthorizer,
    config.salt,
    toBeHex(amount, 16),
    signature.r,
    signature.yParityAndS,
  ]);
}

/** Deploys a double of contracts/test, building it first when this checkout has not. */
export async function deployDouble(chain: TestChain, name: string) {
  await hre.tasks.getTask('build').run({ quiet: true, noTests: true });
  return chain.ethers.deployContract(name);
}
