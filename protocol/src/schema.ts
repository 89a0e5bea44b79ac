/** Field schemas that several wire records share. Each turns text from a stranger into one canonical value or refuses it. */
import { getAddress } from 'ethers';
import { z } from 'zod';

/** Checksummed address from any well-formed one. */
export const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/, 'not an address')
  .transform((value, context) => {
    try {
      return getAddress(value);
    } catch {
      context.addIssue({ code: 'custom', message: 'the address has a wrong checksum' });
      return z.NEVER;
    }
  });

const hexOf = (bytes: number) =>
  z
    .string()
    .regex(new RegExp(`^0x[0-9a-fA-F]{${2 * bytes}}$`), `not ${bytes} bytes of hex`)
    .transform((value) => value.toLowerCase());

/** 4, 8 and 32 bytes as lower-case 0x-hex. */
export const bytes4 = hexOf(4);
export const bytes8 = hexOf(8);
export const bytes32 = hexOf(32);

/** Amount in wei: canonical decimal text of at most 78 digits ↔ bigint. */
export const decimal = z
  .union([z.string().regex(/^(?:0|[1-9][0-9]{0,77})$/, 'not a decimal integer'), z.bigint()])
  .transform((value) => BigInt(value))
  .refine((value) => value >= 0n && value < 2n ** 256n, 'out of range');

/** Plain (65 bytes) or compact (64 bytes) signature, lower-case 0x-hex. */
export const signatureHex = z
  .string()
  .regex(/^0x(?:[0-9a-fA-F]{128}|[0-9a-fA-F]{130})$/, 'not a signature')
  .transform((value) => value.toLowerCase());
