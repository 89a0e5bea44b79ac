/** What the page and the worker that searches for shares say to each other. Types only. */

export interface Where {
  readonly profile: 'full' | 'dev';
  readonly epoch: number;
}

/** Orders are carried out one at a time; `stop` ends the one with this id. */
export type WorkOrder =
  | { readonly do: 'prepare'; readonly id: number; readonly where: Where }
  | {
      readonly do: 'search';
      readonly id: number;
      readonly where: Where;
      readonly sealHash: Uint8Array;
      readonly startNonce: bigint;
      readonly target: bigint;
    }
  | { readonly do: 'stop'; readonly id: number };

export type WorkReply =
  /** How much of the dataset is made, 0 to 1. */
  | { readonly id: number; readonly fraction: number }
  | { readonly id: number; readonly hashesPerSecond: number }
  /** Over; with a find unless it was stopped, or had none to make. */
  | { readonly id: number; readonly done: true; readonly find?: { nonce: Uint8Array; mixHash: Uint8Array } }
  /** `isTooLarge`: this browser does not give so much memory. */
  | { readonly id: number; readonly error: string; readonly isTooLarge: boolean };
