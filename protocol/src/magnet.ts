/** What a magnet link calls a torrent, as text. Pure, and without a library, so that a page may look before it loads one. */

/** 40 hex digits or 32 of base32, as magnet links have it → lower-case hex; undefined for anything else. */
export function parseInfoHash(text: string): string | undefined {
  if (/^[0-9a-f]{40}$/i.test(text)) return text.toLowerCase();
  if (!/^[a-z2-7]{32}$/i.test(text)) return undefined;
  let bits = 0n;
  for (const letter of text.toLowerCase())
    bits = bits * 32n + BigInt('abcdefghijklmnopqrstuvwxyz234567'.indexOf(letter));
  return bits.toString(16).padStart(40, '0');
}

/** Infohash of a magnet link, lower-case hex; undefined for a link that has none. */
export function infoHashOfMagnet(link: string): string | undefined {
  if (!/^magnet:\?/i.test(link)) return undefined;
  for (const topic of new URLSearchParams(link.slice('magnet:?'.length)).getAll('xt')) {
    const found = /^urn:btih:/i.test(topic) ? parseInfoHash(topic.slice('urn:btih:'.length)) : undefined;
    if (found) return found;
  }
  return undefined;
}
