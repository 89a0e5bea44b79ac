/** How the chain client has a transaction signed and sent. Types only. */

/** Whoever signs and broadcasts: a key in memory, or a wallet that asks its user first. */
export interface Sender {
  readonly address: string;
  /**
   * @param transaction.gasLimit asks the node; what else is to be asked may be asked meanwhile
   * @returns the hash. An AppError that it throws goes to the caller as it is
   */
  send(transaction: { to: string; data: string; valueWei: bigint; gasLimit(): Promise<bigint> }): Promise<string>;
  /**
   * Bids more for what `send` sent and no block has taken, if it may. A wallet that asks its user leaves that to the user.
   * @returns every hash that the transaction goes by now; one of them at most is ever mined
   */
  raise?(hash: string): Promise<readonly string[]>;
  /** Nothing more is asked about it. */
  done?(hash: string): void;
}
