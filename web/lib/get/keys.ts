/**
 * Keys of encrypted files that this browser has made or was given, by CID, with the name that stands inside: so that a list can say
 * what a file is and lead to it. They stay in this browser's storage for this origin; a key is part of a fragment and of nothing else.
 */
const STORED = 'chiral.keys';

export interface FileKey {
  readonly key: string;
  readonly name: string;
}

/** Whatever storage holds → keys; what is not understood is left out. */
export function parseKeys(text: string | null): Record<string, FileKey> {
  try {
    const stored = JSON.parse(text ?? '{}') as Record<string, Partial<FileKey> | null>;
    return Object.fromEntries(
      Object.entries(stored).flatMap(([cid, value]) =>
        typeof value?.key === 'string' && typeof value.name === 'string'
          ? [[cid, { key: value.key, name: value.name }]]
          : [],
      ),
    );
  } catch {
    return {};
  }
}

const load = () => parseKeys(localStorage.getItem(STORED));

export const keyOf = (cid: string | undefined): FileKey | undefined => (cid === undefined ? undefined : load()[cid]);

export function rememberKey(cid: string, key: FileKey): void {
  localStorage.setItem(STORED, JSON.stringify({ ...load(), [cid]: key }));
}
