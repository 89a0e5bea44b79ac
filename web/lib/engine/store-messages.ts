/** What the page and its store worker say to each other. Types only. */

import type { Inside } from './secret.ts';

/** What is kept of one content beside its bytes. Hashes are hex. */
export interface HeldRecord {
  readonly cid: string;
  readonly name: string;
  readonly mime: string;
  readonly size: number;
  readonly root: string;
  readonly sha256: string;
  readonly isComplete: boolean;
  readonly addedAtMs: number;
}

export type StoreCall =
  | { do: 'list' }
  | { do: 'open'; record: HeldRecord; layer: Uint8Array }
  | { do: 'verify'; cid: string; chunk: number; data: Uint8Array<ArrayBuffer> }
  | { do: 'put'; cid: string; chunk: number; data: Uint8Array<ArrayBuffer> }
  | { do: 'read'; cid: string; start: number; end: number }
  | { do: 'complete'; cid: string }
  | { do: 'close'; cid: string }
  | { do: 'remove'; cid: string }
  /** With a key, what is kept is the ciphertext, and `inside` stands in it. */
  | { do: 'take'; file: File; name: string; mime: string; seal?: { key: Uint8Array<ArrayBuffer>; inside: Inside } };

export interface StoreAnswer {
  readonly held?: readonly { record: HeldRecord; bitmap: Uint8Array; layer: Uint8Array }[];
  readonly bitmap?: Uint8Array;
  readonly data?: Uint8Array<ArrayBuffer>;
  readonly record?: HeldRecord;
  readonly layer?: Uint8Array;
}

export interface StoreRequest {
  readonly id: number;
  readonly call: StoreCall;
}

export type StoreReply =
  | { readonly id: number; readonly progress: number }
  | { readonly id: number; readonly result: StoreAnswer }
  | { readonly id: number; readonly error: string };
