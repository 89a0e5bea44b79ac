/**
 * What somebody pasted → what to look for. Understands a CID, a file's SHA-256, an infohash, `chiral:…`, this page's own links wherever
 * they were made, and magnet links that name one of these. Pure.
 */

import { infoHashOfMagnet, parseInfoHash } from '@chiral/protocol/magnet';

export interface Target {
  /** What the engine takes: a CID, 64 hex digits of a SHA-256, or 40 of an infohash. */
  readonly id: string;
  /** Key of an encrypted file; it stays behind the `#` and reaches no server. */
  readonly key?: string;
  /** The folder from which it was opened, to go back to. */
  readonly folder?: string;
}

/** Why something is not a target. */
export type TargetFault = 'empty' | 'torrent' | 'unknown';

/** CIDv1 in base32: `b` and at least a 32-byte hash with its prefixes. */
const CID = /^b[a-z2-7]{50,112}$/;
const SHA256 = /^[0-9a-f]{64}$/;
const INFOHASH = /^(?:urn:btih:)?[0-9a-f]{40}$/i;

function parseId(text: string): string | undefined {
  const bare = text.replace(/^chiral:(\/\/)?/i, '');
  if (CID.test(bare)) return bare;
  const hex = bare.toLowerCase().replace(/^(0x|sha256:|urn:sha256:)/, '');
  if (SHA256.test(hex)) return hex;
  // As text of its own in hexadecimal only: 32 letters may be anything.
  return INFOHASH.test(bare) ? parseInfoHash(bare.replace(/^urn:btih:/i, '')) : undefined;
}

/** `#/get/<id>?key=…&in=…` of any origin, or the fragment alone. */
function parseFragment(fragment: string): Target | undefined {
  const match = /^#?\/get\/([^?#/]+)\/?(?:\?(.*))?$/.exec(fragment);
  // What needs decoding is no name of ours.
  const id = match && parseId(match[1]!);
  if (!id) return undefined;
  const query = new URLSearchParams(match[2] ?? '');
  const key = query.get('key');
  const folder = parseId(query.get('in') ?? '');
  return { id, ...(key && { key }), ...(folder && { folder }) };
}

export function parseTarget(text: string): Target | TargetFault {
  const trimmed = text.trim();
  if (trimmed === '') return 'empty';
  const id = parseId(trimmed);
  if (id) return { id };
  if (/^magnet:/i.test(trimmed)) {
    const { searchParams } = new URL(trimmed);
    for (const value of searchParams.values()) {
      const found = parseId(value) ?? parseId(value.replace(/^urn:(chiral|ipfs|cid):/i, ''));
      if (found && !INFOHASH.test(found)) return { id: found };
    }
    const infoHash = infoHashOfMagnet(trimmed);
    return infoHash ? { id: infoHash } : 'torrent';
  }
  if (trimmed.startsWith('#')) return parseFragment(trimmed) ?? 'unknown';
  if (URL.canParse(trimmed)) {
    const { hash, pathname, searchParams } = new URL(trimmed);
    const inHash = parseFragment(hash);
    if (inHash) return inHash;
    const inQuery = parseId(searchParams.get('get') ?? '');
    const inPath = pathname.split('/').map(parseId).find(Boolean);
    const found = inQuery ?? inPath;
    if (found) return { id: found };
  }
  return 'unknown';
}

/** The fragment that opens a target; works on any host of files. */
export function fragmentOf({ id, key, folder }: Target): string {
  const query = new URLSearchParams({ ...(key && { key }), ...(folder && { in: folder }) }).toString();
  return `#/get/${id}${query && `?${query}`}`;
}

/** The page's fragment → target, if it names one. */
export function targetOfFragment(fragment: string): Target | undefined {
  const parsed = fragment ? parseTarget(fragment) : 'empty';
  return typeof parsed === 'string' ? undefined : parsed;
}
