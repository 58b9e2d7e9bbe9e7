/** Time and chance, handed in: the same seed and the same clock give the same run. */

/** A timer that can be called off. */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Milliseconds since 1970, as records carry them; may jump. */
  now(): number;
  /** Milliseconds that never go back, with fractions; only differences mean something. */
  monotonic(): number;
  /** Calls `run` once, about `delayMs` from now. */
  after(delayMs: number, run: () => void): Timer;
  /** Resolves after `delayMs`; rejects with the signal's reason when that comes first. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
}

export interface Random {
  /** A whole number in [0, below). */
  int(below: number): number;
  /** Fills and returns `into`. */
  fill(into: Uint8Array): Uint8Array;
}
