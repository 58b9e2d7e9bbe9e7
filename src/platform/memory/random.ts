/**
 * Chance from a seed: sfc32 (Chris Doty-Humphrey), small, fast, and good enough for any test of
 * ours.
 */
import type { Random } from "../time.ts";

export class SeededRandom implements Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number) {
    this.#a = seed | 0;
    this.#b = (seed / 0x1_0000_0000) | 0;
    this.#c = 0x9e3779b9 | 0;
    for (let i = 0; i < 15; i++) this.uint32(); // near seeds grow apart
  }

  uint32(): number {
    const result = (this.#a + this.#b + this.#counter++) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + result) | 0;
    return result >>> 0;
  }

  int(below: number): number {
    const bits = this.uint32() * 0x20_0000 + (this.uint32() >>> 11);
    return Math.floor(bits / 2 ** 53 * below);
  }

  fill(into: Uint8Array): Uint8Array {
    for (let i = 0; i < into.length; i += 4) {
      const bits = this.uint32();
      for (let k = 0; k < 4 && i + k < into.length; k++) into[i + k] = bits >>> (8 * k);
    }
    return into;
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.int(1_000_000) < probability * 1_000_000;
  }

  /** One of the values. */
  pick<T>(values: readonly T[]): T {
    return values[this.int(values.length)];
  }
}
