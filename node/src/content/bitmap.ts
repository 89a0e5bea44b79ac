/** A set of chunk numbers as bits: bit i of byte i>>3, from the low end. Pure. */
export class Bitmap {
  readonly bytes: Uint8Array;
  readonly count: number;
  #size = 0;

  /** @param bytes taken over, not copied; all clear by default */
  constructor(count: number, bytes: Uint8Array = new Uint8Array(Math.ceil(count / 8))) {
    this.count = count;
    this.bytes = bytes;
    for (let i = 0; i < count; i++) if (this.has(i)) this.#size++;
  }

  static full(count: number): Bitmap {
    return new Bitmap(count, new Uint8Array(Math.ceil(count / 8)).fill(0xff));
  }

  /** How many are set. */
  get size(): number {
    return this.#size;
  }

  has(index: number): boolean {
    return index >= 0 && index < this.count && ((this.bytes[index >> 3]! >> (index & 7)) & 1) === 1;
  }

  add(index: number): void {
    if (this.has(index)) return;
    this.bytes[index >> 3]! |= 1 << (index & 7);
    this.#size++;
  }

  clear(): void {
    this.bytes.fill(0);
    this.#size = 0;
  }
}
