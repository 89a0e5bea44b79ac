/**
 * What a wallet should be asked, computed beside the project's own code: another library encodes, the hash tree is written out again.
 * Nothing here is taken from the page but what it drew by lot: salts and its session key.
 */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { decodeFunctionData, encodeFunctionData, type Hex, hashTypedData, parseAbi, verifyTypedData } from 'viem';
import type { Asked } from './wallet-provider.ts';

const PAYMENTS = '0xc410000000000000000000000000000000000001';
const paymentsAbi = parseAbi([
  'struct Download { bytes32 contentRoot; bytes rows; }',
  'function payMany(Download[] downloads) payable',
]);
const LEAF_BYTES = 16 * 1024;
const ROW_DIGITS = 82;

/** BEP 52 `pieces root` of a file, 0x-hex. */
export async function rootOf(path: string): Promise<Hex> {
  const hash = (...parts: Uint8Array[]) => {
    const sum = createHash('sha256');
    for (const part of parts) sum.update(part);
    return sum.digest();
  };
  const file = await open(path);
  let row: Buffer[] = [];
  for (;;) {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(LEAF_BYTES), 0, LEAF_BYTES);
    if (bytesRead === 0) break;
    row.push(hash(buffer.subarray(0, bytesRead)));
  }
  await file.close();
  const width = 2 ** Math.ceil(Math.log2(row.length));
  row = [...row, ...Array.from({ length: width - row.length }, () => Buffer.alloc(32))];
  while (row.length > 1) row = Array.from({ length: row.length / 2 }, (_, i) => hash(row[2 * i]!, row[2 * i + 1]!));
  return `0x${row[0]!.toString('hex')}`;
}

/**
 * The transaction that pays `payees` for the content with `root`.
 * @param asked calldata of the prompt: the session key, the order of the payees and what is said of chunks and protocols are read from it
 */
export function expectedPayMany(asked: string, root: Hex, payees: readonly { payee: string; wei: bigint }[]) {
  const { args } = decodeFunctionData({ abi: paymentsAbi, data: asked as Hex });
  const text = args[0][0]!.rows.slice(2);
  const given = Array.from({ length: text.length / ROW_DIGITS }, (_, i) =>
    text.slice(i * ROW_DIGITS, (i + 1) * ROW_DIGITS),
  );
  const session = given.at(-1)!.slice(0, 40);
  const rows = given.slice(0, -1).map((row) => {
    const due = payees.find(({ payee }) => payee.slice(2).toLowerCase() === row.slice(0, 40));
    return due ? `${row.slice(0, 40)}${due.wei.toString(16).padStart(32, '0')}${row.slice(72)}` : 'nobody that is owed';
  });
  const rest = payees.filter(({ payee }) => !given.some((row) => row.startsWith(payee.slice(2).toLowerCase())));
  const data = `0x${[...rows, ...rest.map(({ payee }) => `without ${payee}`)].join('')}${session}${'0'.repeat(42)}`;
  return {
    to: PAYMENTS,
    value: payees.reduce((sum, { wei }) => sum + wei, 0n),
    data: data.includes(' ')
      ? data
      : encodeFunctionData({
          abi: paymentsAbi,
          functionName: 'payMany',
          args: [[{ contentRoot: root, rows: data as Hex }]],
        }),
  };
}

const CHAIN_ID = 98_765;
const CHUNK_BYTES = 262_144;
const ZERO = '0x0000000000000000000000000000000000000000';
const CHANNEL = `struct Channel { address payer; address payerAuthorizer; address receiver; address receiverAuthorizer;
  address token; uint40 withdrawDelay; bytes32 salt; }`.replace(/\s+/g, ' ');
const settlementAbi = parseAbi([
  CHANNEL,
  'function openMany(Channel[] configs, uint128[] amounts) payable',
  'function claimMany(address receiver, address receiverAuthorizer, address token, uint40 withdrawDelay, bytes32 receiptsRoot, bytes rows) returns (uint128 amount)',
  'function initiateWithdraw(Channel config, uint128 amount)',
  'function finalizeWithdraw(Channel config)',
] as const);

/** CID of a file: the hash of `{ v: 1, root, size, sha256 }` in canonical dag-cbor, written out byte by byte. */
export async function cidOf(path: string, bytes: Uint8Array): Promise<string> {
  const uint = (value: number) => {
    if (value < 24) return Buffer.from([value]);
    if (value < 0x100) return Buffer.from([0x18, value]);
    if (value < 0x10000) return Buffer.from([0x19, value >> 8, value & 0xff]);
    const wide = Buffer.alloc(5, 0x1a);
    wide.writeUInt32BE(value, 1);
    return wide;
  };
  const key = (name: string) => Buffer.concat([Buffer.from([0x60 + name.length]), Buffer.from(name)]);
  const hash = (value: Uint8Array) => Buffer.concat([Buffer.from([0x58, 0x20]), value]);
  const root = Buffer.from((await rootOf(path)).slice(2), 'hex');
  const manifest = Buffer.concat([
    Buffer.from([0xa4]),
    ...[key('v'), uint(1), key('root'), hash(root), key('size'), uint(bytes.length)],
    ...[key('sha256'), hash(createHash('sha256').update(bytes).digest())],
  ]);
  const cid = Buffer.concat([Buffer.from([0x01, 0x71, 0x12, 0x20]), createHash('sha256').update(manifest).digest()]);
  const bits = [...cid].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const letters = bits
    .match(/.{1,5}/g)!
    .map((five) => 'abcdefghijklmnopqrstuvwxyz234567'[Number.parseInt(five.padEnd(5, '0'), 2)]);
  return `b${letters.join('')}`;
}

/** What `wallet_addEthereumChain` gets. */
export const addChainParams = (origin: string) => [
  {
    chainId: '0x181cd',
    chainName: 'Chiral',
    nativeCurrency: { name: 'Chiral', symbol: 'CHI', decimals: 18 },
    rpcUrls: [`${origin}/rpc`],
  },
];

const DOMAIN_TYPE = [
  { name: 'name', type: 'string' },
  { name: 'version', type: 'string' },
  { name: 'chainId', type: 'uint256' },
  { name: 'verifyingContract', type: 'address' },
];
const typed = (fields: string) =>
  fields.split(', ').map((field) => {
    const [type, name] = field.split(' ');
    return { name, type };
  });
const TYPES: Record<string, Record<string, object[]>> = {
  Offer: {
    Offer: typed(
      'string cid, uint64 size, string peerId, address wallet, uint256 weiPerMiB, Endpoint[] endpoints, ChunkRange[] chunks, string name, string mime, uint64 createdAt, uint64 expiresAt',
    ),
    Endpoint: typed('string protocol, string url'),
    ChunkRange: typed('uint64 first, uint64 count'),
  },
  Listing: {
    Listing: typed(
      'string cid, uint64 size, string name, string mime, string about, address wallet, uint256 weiPerMiB, uint64 createdAt, uint64 expiresAt',
    ),
  },
};

export interface SaleFacts {
  readonly contract: string;
  readonly wallet: string;
  readonly cid: string;
  readonly size: number;
  readonly name: string;
  readonly mime: string;
  readonly weiPerMiB: bigint;
}

/** Both live a day from the second in which they were made, which only the prompt knows. */
function typedParams(
  kind: 'Offer' | 'Listing',
  asked: Asked,
  { contract, wallet }: SaleFacts,
  toMessage: (at: object) => object,
) {
  const [, json] = asked.params as [string, string];
  const createdAt = Number(/"createdAt":"(\d+)"/.exec(json)![1]);
  if (Math.abs(Date.now() / 1000 - createdAt) > 600) throw new Error(`made at ${createdAt}`);
  return [
    wallet,
    JSON.stringify({
      types: { ...TYPES[kind], EIP712Domain: DOMAIN_TYPE },
      domain: { name: 'Chiral', version: '1', chainId: CHAIN_ID, verifyingContract: contract.toLowerCase() },
      primaryType: kind,
      message: toMessage({ createdAt: `${createdAt}`, expiresAt: `${createdAt + 86_400}` }),
    }),
  ];
}

/** What a seller in a tab signs. @param via the node through which others reach it, with its WebSocket */
export function offerParams(asked: Asked, facts: SaleFacts, peerId: string, via: string) {
  const { cid, size, wallet, weiPerMiB, name, mime } = facts;
  return typedParams('Offer', asked, facts, (life) => ({
    ...{ cid, size: `${size}`, peerId, wallet: wallet.toLowerCase(), weiPerMiB: `${weiPerMiB}` },
    endpoints: [{ protocol: 'libp2p', url: `${via}/p2p-circuit/p2p/${peerId},/p2p/${peerId}` }],
    chunks: [{ first: '0', count: `${Math.ceil(size / CHUNK_BYTES)}` }],
    ...{ name, mime, ...life },
  }));
}

export function listingParams(asked: Asked, facts: SaleFacts, about: string) {
  const { cid, size, wallet, weiPerMiB, name, mime } = facts;
  return typedParams('Listing', asked, facts, (life) => ({
    ...{ cid, size: `${size}`, name, mime, about, wallet: wallet.toLowerCase(), weiPerMiB: `${weiPerMiB}`, ...life },
  }));
}

export interface ChannelFacts {
  readonly contract: string;
  readonly payer: string;
  readonly receiver: string;
  /** Drawn by the page: its key, and what makes two channels of the same people two. */
  readonly session: Hex;
  readonly salt: Hex;
}

/** What the page drew by lot for the one channel that a prompt opens. */
export function drawnIn(asked: Asked): Pick<ChannelFacts, 'session' | 'salt'> {
  const [{ data }] = asked.params as [{ data: Hex }];
  const { args } = decodeFunctionData({ abi: settlementAbi, data });
  const [{ payerAuthorizer, salt }] = args[0] as unknown as [{ payerAuthorizer: Hex; salt: Hex }];
  return { session: payerAuthorizer, salt };
}

const toChannel = ({ payer, receiver, session, salt }: ChannelFacts) => ({
  payer: payer as Hex,
  payerAuthorizer: session,
  receiver: receiver as Hex,
  receiverAuthorizer: receiver as Hex,
  token: ZERO as Hex,
  withdrawDelay: 3_600,
  salt,
});

/** A transaction's parameters; how much gas it may take is the estimate of the moment. */
function transactionParams(asked: Asked, from: string, to: string, data: Hex, value: bigint) {
  const [{ gas }] = asked.params as [{ gas: string }];
  return [{ from, to, data, value: `0x${value.toString(16)}`, gas }];
}

export function openManyParams(asked: Asked, facts: ChannelFacts, wei: bigint) {
  const args = [[toChannel(facts)], [wei]] as const;
  const data = encodeFunctionData({ abi: settlementAbi, functionName: 'openMany', args });
  return transactionParams(asked, facts.payer, facts.contract, data, wei);
}

/** One channel's claim. The voucher's signature is read from the prompt, and must be the session key's for this amount. */
export async function claimManyParams(asked: Asked, facts: ChannelFacts, wei: bigint) {
  const { receiver, contract, payer, session, salt } = facts;
  const [{ data: given }] = asked.params as [{ data: Hex }];
  const told = decodeFunctionData({ abi: settlementAbi, data: given }).args as readonly unknown[];
  const [r, yParityAndS] = [String(told[5]).slice(-128, -64), String(told[5]).slice(-64)];
  const domain = { name: 'x402 Batch Settlement', version: '1', chainId: CHAIN_ID, verifyingContract: contract as Hex };
  const channelId = hashTypedData({
    domain,
    types: {
      ChannelConfig: typed(
        'address payer, address payerAuthorizer, address receiver, address receiverAuthorizer, address token, uint40 withdrawDelay, bytes32 salt',
      ) as { name: string; type: string }[],
    },
    primaryType: 'ChannelConfig',
    message: toChannel(facts),
  });
  const high = BigInt(`0x${yParityAndS}`);
  const s = (high & ((1n << 255n) - 1n)).toString(16).padStart(64, '0');
  const isSigned = await verifyTypedData({
    address: session,
    domain,
    types: { Voucher: typed('bytes32 channelId, uint128 maxClaimableAmount') as { name: string; type: string }[] },
    primaryType: 'Voucher',
    message: { channelId, maxClaimableAmount: wei },
    signature: `0x${r}${s}${high >> 255n ? '1c' : '1b'}`,
  });
  const row = `${payer.slice(2)}${session.slice(2)}${salt.slice(2)}${wei.toString(16).padStart(32, '0')}`.toLowerCase();
  const rows = isSigned ? (`0x${row}${r}${yParityAndS}` as Hex) : '0x';
  const args = [receiver as Hex, receiver as Hex, ZERO as Hex, 3_600, `0x${'0'.repeat(64)}` as Hex, rows] as const;
  const data = encodeFunctionData({ abi: settlementAbi, functionName: 'claimMany', args });
  return transactionParams(asked, receiver, contract, data, 0n);
}

export function withdrawParams(asked: Asked, facts: ChannelFacts, wei: bigint | undefined) {
  const config = toChannel(facts);
  const data =
    wei === undefined
      ? encodeFunctionData({ abi: settlementAbi, functionName: 'finalizeWithdraw', args: [config] })
      : encodeFunctionData({ abi: settlementAbi, functionName: 'initiateWithdraw', args: [config, wei] });
  return transactionParams(asked, facts.payer, facts.contract, data, 0n);
}
