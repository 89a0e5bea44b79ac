/** Runs asynchronous jobs one after another, in the order they were asked for. A job that throws does not stop the next. */
export class Mutex {
  #tail: Promise<unknown> = Promise.resolve();

  run<T>(job: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(job, job);
    this.#tail = result.catch(() => undefined);
    return result;
  }

  /** Resolves when every job asked for so far has ended. */
  idle(): Promise<void> {
    return this.#tail.then(() => undefined);
  }
}
