/**
 * Rows of `Payments.payMany`: who is paid how much after a download. Pure, and of nothing but text, so that a page that only
 * reads them loads nothing for it.
 *
 * The last row may name the payer's session key, with an amount of zero: see direct-payment.ts.
 *
 * @see ../../contracts/interfaces/IPayments.sol layout of a row
 */
import type { ProtocolName } from './offer.ts';

/** By the contract's numbers. */
const PROTOCOL_NUMBERS: readonly (ProtocolName | undefined)[] = [
  undefined,
  'http',
  'webtorrent',
  'bittorrent',
  'ed2k',
  'libp2p',
];
/** Hex digits where each field ends: payee 20 bytes, amount 16, chunks 4, protocol 1. */
const [PAYEE_END, AMOUNT_END, CHUNKS_END, ROW_HEX] = [40, 72, 80, 82];
const MAX_CHUNKS = 2 ** 32 - 1;

/** One payee's part. `chunks` and `protocol` are for readers: they move no money. */
export interface PaidRow {
  /** 0x-hex; lower case when it was read. */
  readonly payee: string;
  readonly wei: bigint;
  readonly chunks: number;
  readonly protocol: ProtocolName | undefined;
}

function encodeRow({ payee, wei, chunks, protocol }: PaidRow): string {
  const hex = (value: bigint | number, digits: number) => value.toString(16).padStart(digits, '0');
  return [
    payee.slice(2).toLowerCase(),
    hex(wei, AMOUNT_END - PAYEE_END),
    hex(Math.min(chunks, MAX_CHUNKS), CHUNKS_END - AMOUNT_END),
    hex(PROTOCOL_NUMBERS.indexOf(protocol), ROW_HEX - CHUNKS_END),
  ].join('');
}

/** `Download.rows`, 0x-hex. @param authorizer session key of the payer */
export function encodePaidRows(rows: readonly PaidRow[], authorizer: string): string {
  const naming = { payee: authorizer, wei: 0n, chunks: 0, protocol: undefined };
  return `0x${[...rows, naming].map(encodeRow).join('')}`;
}

/** Whatever a payer sent, 0x-hex: a rest shorter than a row is left out. `authorizer` is absent where the last row is a payment. */
export function decodePaidRows(hex: string): { rows: PaidRow[]; authorizer?: string } {
  const text = hex.slice(2).toLowerCase();
  const rows = Array.from({ length: Math.floor(text.length / ROW_HEX) }, (_, i): PaidRow => {
    const row = text.slice(i * ROW_HEX, (i + 1) * ROW_HEX);
    return {
      payee: `0x${row.slice(0, PAYEE_END)}`,
      wei: BigInt(`0x${row.slice(PAYEE_END, AMOUNT_END)}`),
      chunks: Number(`0x${row.slice(AMOUNT_END, CHUNKS_END)}`),
      protocol: PROTOCOL_NUMBERS[Number(`0x${row.slice(CHUNKS_END)}`)],
    };
  });
  const last = rows.at(-1);
  if (!last || last.wei > 0n || last.chunks > 0 || last.protocol) return { rows };
  return { rows: rows.slice(0, -1), authorizer: last.payee };
}
