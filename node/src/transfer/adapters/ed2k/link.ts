/**
 * ed2k links: `ed2k://|file|name|size|hash|/|sources,host:port|/`. Pure. A name in a link is for people to read; nothing here
 * or behind it opens a path with it.
 */
import { AppError } from '@chiral/protocol/errors';

export interface Ed2kLink {
  /** Display only, never a path. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** File hash, 32 lower-case hex digits. */
  readonly hash: string;
  readonly sources: readonly { readonly host: string; readonly port: number }[];
}

/** Longest link that is looked at, characters: as long as an endpoint in an offer. */
const MAX_LINK_CHARS = 2_048;
/** Longest name that is put into a link, characters: under every file system's limit even at 3 bytes each. */
const MAX_NAME_CHARS = 80;
const MAX_SOURCES = 16;
/** Path and link separators, what Windows refuses, controls, and the marks that turn the direction of text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is to be removed
const UNSAFE = /[\u0000-\u001f\u007f-\u009f/\\|<>:"?*\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
/** Names that are devices on Windows, with any extension. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;
/** Half of a surrogate pair has no encoding. */
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** A name that is one harmless path segment on every system, whatever `name` was. */
export function safeName(name: string): string {
  const flat = name.slice(0, 4 * MAX_NAME_CHARS).replace(UNSAFE, '_');
  const short = flat.slice(0, MAX_NAME_CHARS).replace(LONE_SURROGATE, '_');
  const trimmed = short.replace(/^[. ]+|[. ]+$/g, '');
  if (trimmed === '') return 'file';
  return DEVICE.test(trimmed) ? `_${trimmed}` : trimmed;
}

/** @param link its name is made safe first */
export function formatEd2kLink(link: Ed2kLink): string {
  const name = encodeURIComponent(safeName(link.name));
  const file = `ed2k://|file|${name}|${link.size}|${link.hash.toUpperCase()}|/`;
  if (link.sources.length === 0) return file;
  const sources = link.sources.map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`);
  return `${file}|sources,${sources.join(',')}|/`;
}

/** Reads a link of a stranger. Unknown fields (AICH hash, part hashes, URLs) are passed over. @throws BAD_REQUEST */
export function parseEd2kLink(text: string): Ed2kLink {
  const fail = (why: string) => new AppError('BAD_REQUEST', `Not an ed2k file link: ${why}.`);
  if (text.length > MAX_LINK_CHARS) throw fail('it is too long');
  const [scheme, kind, name = '', sizeText = '', hashText = '', ...fields] = text.trim().split('|');
  if (scheme?.toLowerCase() !== 'ed2k://' || kind?.toLowerCase() !== 'file') throw fail('it begins otherwise');
  const size = /^\d{1,16}$/.test(sizeText) ? Number(sizeText) : Number.NaN;
  if (!Number.isSafeInteger(size)) throw fail('its size is no number');
  if (!/^[0-9a-f]{32}$/i.test(hashText)) throw fail('its hash is not 32 hex digits');
  if (fields[0] !== '/') throw fail('it does not end');
  const list = fields.find((field) => /^sources,/i.test(field));
  const sources = list === undefined ? [] : list.split(',').slice(1);
  if (sources.length > MAX_SOURCES) throw fail('it has too many sources');
  return {
    name: safeName(decodeName(name)),
    size,
    hash: hashText.toLowerCase(),
    sources: sources.map((source) => {
      const match = /^(\[[0-9a-f:.]+\]|[^[\]:\s]+):(\d{1,5})$/i.exec(source);
      const port = Number(match?.[2]);
      if (!match?.[1] || port < 1 || port > 65_535) throw fail('a source is not host:port');
      return { host: match[1].replace(/^\[|\]$/g, ''), port };
    }),
  };
}

function decodeName(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A stray % is common in links made by hand.
    return text;
  }
}
