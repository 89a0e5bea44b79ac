/** File names from strangers → file names that are safe here. Pure. */
import { UNSAFE_IN_NAME } from '@chiral/protocol/unreadable';

/** Longest name that every file system takes, bytes; room is left for `.part` and a counter. */
const MAX_NAME_BYTES = 200;
/** Names that Windows keeps for devices, whatever the extension. */
const DEVICE_NAME = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)/i;
const UNSAFE = new RegExp(`[${UNSAFE_IN_NAME}]`, 'gu');

/**
 * One path component that stays in its folder: no separators, no dots alone, no device names, at most 200 bytes.
 * @param name as an offer calls the file; display text, never a path
 * @param fallback used when nothing is left
 */
export function toSafeFileName(name: string, fallback: string): string {
  const last = name.split(/[/\\]/).at(-1)!;
  let safe = last
    .normalize('NFC')
    .replace(UNSAFE, '_')
    .replace(/^[\s.]+|[\s.]+$/g, '');
  if (DEVICE_NAME.test(safe)) safe = `_${safe}`;
  while (new TextEncoder().encode(safe).length > MAX_NAME_BYTES) {
    const dot = safe.lastIndexOf('.');
    // The extension stays while it is short enough to be one.
    const cut = dot > 0 && safe.length - dot <= 16 ? dot : safe.length;
    safe = [...safe.slice(0, cut)].slice(0, -1).join('') + safe.slice(cut);
  }
  return /[^_.\s]/.test(safe) ? safe : fallback;
}
