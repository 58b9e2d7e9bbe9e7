/**
 * One side of a connection that a test scripts: what it will read, piece by piece, and what was
 * written.
 */
import type { Connection } from "../../src/platform/mod.ts";

export class ScriptedConnection implements Connection {
  readonly local = { host: "127.0.0.1", port: 9092 };
  readonly remote = { host: "127.0.0.1", port: 50000 };
  /** How many reads there were. */
  reads = 0;
  readonly #pieces: Uint8Array[];

  constructor(...pieces: Uint8Array[]) {
    this.#pieces = pieces;
  }

  read(into: Uint8Array): Promise<number | null> {
    this.reads++;
    const piece = this.#pieces[0];
    if (piece === undefined) return Promise.resolve(null);
    const taken = piece.subarray(0, into.length);
    into.set(taken);
    if (taken.length === piece.length) this.#pieces.shift();
    else this.#pieces[0] = piece.subarray(taken.length);
    return Promise.resolve(taken.length);
  }

  write(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {}
}

/** A frame of `size` bytes that all are `fill`, with its length in front. */
export function frameOf(size: number, fill: number): Uint8Array {
  const frame = new Uint8Array(4 + size).fill(fill, 4);
  new DataView(frame.buffer).setInt32(0, size);
  return frame;
}

export function concat(...parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
