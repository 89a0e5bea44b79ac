'use client';
/** What is inside an encrypted file, once its first part is here and the key of the link has opened it. */
import { useEffect, useState } from 'react';
import type { Engine, UnlockedFile } from '@/lib/engine/types.ts';
import { keyOf, rememberKey } from '@/lib/get/keys.ts';
import type { Target } from '@/lib/get/target.ts';

/** As `SECRET_MIME` in lib/engine/secret, which would bring the engine along. */
export const SECRET_MIME = 'application/vnd.chiral.encrypted';

export type Inside =
  /** Not encrypted: shown as it is. */
  | { readonly state: 'plain' }
  | { readonly state: 'waiting' }
  /** The link lacks the key. */
  | { readonly state: 'locked' }
  | { readonly state: 'open'; readonly file: UnlockedFile }
  | { readonly state: 'wrong'; readonly error: unknown };

/** @param isHere something of the file is in this browser */
export function useInside(engine: Engine, target: Target, cid: string, mime: string, isHere: boolean): Inside {
  // A link of a friend's says what a seller may leave out.
  const isSecret = mime === SECRET_MIME || target.key !== undefined;
  const key = target.key ?? (isSecret ? keyOf(cid)?.key : undefined);
  const [inside, setInside] = useState<Inside>({ state: 'waiting' });
  useEffect(() => {
    if (!key || !isHere) return;
    const abort = new AbortController();
    setInside({ state: 'waiting' });
    engine
      .unlock(cid, key, abort.signal)
      .then((file) => {
        rememberKey(cid, { key, name: file.name });
        if (!abort.signal.aborted) setInside({ state: 'open', file });
      })
      .catch((error: unknown) => {
        if (!abort.signal.aborted) setInside({ state: 'wrong', error });
      });
    return () => abort.abort();
  }, [engine, cid, key, isHere]);
  if (!isSecret) return { state: 'plain' };
  return key ? inside : { state: 'locked' };
}
