/**
 * What a wallet should be asked, computed beside the project's own code: another library encodes, the hash tree is written out again.
 * Nothing here is taken from the page but what it drew by lot: salts and its session key.
 */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { decodeFunctionData, encodeFunctionData, type Hex, parseAbi } from 'viem';

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
