/** A queue between producers that push and one consumer that iterates. Unbounded: its producers are bounded. */
export interface Channel<T> extends AsyncIterable<T> {
  push(item: T): void;
  /** What was pushed is still delivered. */
  end(): void;
  fail(error: unknown): void;
}

export function createChannel<T>(): Channel<T> {
  const items: T[] = [];
  let closed = false;
  let failure: { error: unknown } | undefined;
  let wake: (() => void) | undefined;
  const close = (error?: { error: unknown }) => {
    if (closed) return;
    closed = true;
    failure = error;
    wake?.();
  };
  return {
    push(item) {
      if (closed) return;
      items.push(item);
      wake?.();
    },
    end: () => close(),
    fail: (error) => close({ error }),
    async *[Symbol.asyncIterator]() {
      for (;;) {
        while (items.length > 0) yield items.shift()!;
        if (failure) throw failure.error;
        if (closed) return;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        wake = undefined;
      }
    },
  };
}
