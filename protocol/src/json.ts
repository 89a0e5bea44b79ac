/** JSON between strangers: wei goes as decimal text, and what comes has the shape that it must have. Pure. */
import { z } from 'zod';
import { AppError } from './errors.ts';

/** Longest account of what is wrong with a message, characters. */
const MAX_FAULT = 500;

/** JSON text, every bigint in it as decimal text. */
export const toJsonText = (value: unknown): string =>
  JSON.stringify(value, (_key, item) => (typeof item === 'bigint' ? `${item}` : item));

/** As `toJsonText`, in UTF-8. */
export const encodeJson = (value: unknown): Uint8Array => new TextEncoder().encode(toJsonText(value));

/** @throws BAD_REQUEST for what is not JSON in UTF-8, or has another shape */
export function decodeJson<T>(schema: z.ZodType<T>, bytes: Uint8Array): T {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new AppError('BAD_REQUEST', 'The message is not JSON.', {}, { cause });
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new AppError('BAD_REQUEST', z.prettifyError(parsed.error).slice(0, MAX_FAULT));
  return parsed.data;
}
