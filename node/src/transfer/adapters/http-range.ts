/** `Range` of a request over `size` bytes (RFC 9110, 14.2): one range or none. Pure. */
import { AppError } from '@chiral/protocol/errors';

/** Longest header that is looked at, characters: a single range of safe integers fits many times. */
const MAX_HEADER_CHARS = 128;

/**
 * @returns the bytes `[start, end)`, or undefined when there is no range or its unit is unknown (the whole is then meant)
 * @throws RANGE_INVALID outside the content, malformed, or several: they would have to be sent, and paid for, as one mixed answer
 */
export function parseRange(header: string | undefined, size: number): { start: number; end: number } | undefined {
  if (header === undefined || !/^bytes\s*=/i.test(header)) return undefined;
  const fail = () => new AppError('RANGE_INVALID', 'Ask for one range that lies inside the content.', { size });
  if (header.length > MAX_HEADER_CHARS) throw fail();
  const match = /^bytes\s*=\s*(\d{0,15})-(\d{0,15})\s*$/i.exec(header);
  if (!match) throw fail();
  const [, first = '', last = ''] = match;
  if (first === '') {
    const suffix = Number(last);
    if (last === '' || suffix === 0 || size === 0) throw fail();
    return { start: Math.max(0, size - suffix), end: size };
  }
  const start = Number(first);
  const end = last === '' ? size : Math.min(size, Number(last) + 1);
  if (start >= size || end <= start) throw fail();
  return { start, end };
}
