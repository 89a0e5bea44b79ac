/**
 * The few parts of the WebAssembly API that this package uses, typed here because the project's TypeScript libraries
 * hold no browser types. No state.
 */

export interface WasmMemory {
  /** Ends where the memory ended when it was read: read it again after `grow`. */
  readonly buffer: SharedArrayBuffer;
  grow(pages: number): number;
}

interface WasmApi {
  Memory: new (limits: { initial: number; maximum: number; shared: boolean }) => WasmMemory;
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: { env: { memory: WasmMemory } }) => { readonly exports: unknown };
}

const { Memory, Module, Instance } = (globalThis as unknown as { WebAssembly: WasmApi }).WebAssembly;

/** Bytes of a WebAssembly page. */
export const PAGE_BYTES = 65_536;
/** Pages that wasm32 can address: 4 GiB. */
export const MAX_PAGES = 65_536;

/**
 * A shared memory, zeroed. `maxBytes` is only reserved. Engines make one outside cross-origin isolated pages too; there
 * it merely cannot be posted to another thread.
 */
export function createMemory(bytes: number, maxBytes: number): WasmMemory {
  return new Memory({ initial: toPages(bytes), maximum: toPages(maxBytes), shared: true });
}

/** Grows a memory to at least `bytes`. @throws RangeError past its maximum. */
export function growMemory(memory: WasmMemory, bytes: number): void {
  const missing = toPages(bytes) - memory.buffer.byteLength / PAGE_BYTES;
  if (missing > 0) memory.grow(missing);
}

export function compile(bytes: Uint8Array): object {
  return new Module(bytes);
}

export function instantiate(module: object, memory: WasmMemory): unknown {
  return new Instance(module, { env: { memory } }).exports;
}

function toPages(bytes: number): number {
  return Math.ceil(bytes / PAGE_BYTES);
}
