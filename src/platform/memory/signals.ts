/** Signals that a test raises. */
import type { SignalName, Signals } from "../signals.ts";

export class MemorySignals implements Signals {
  #listeners = new Set<{ names: readonly SignalName[]; run: (name: SignalName) => void }>();

  onSignal(names: readonly SignalName[], run: (name: SignalName) => void): { cancel(): void } {
    const listener = { names, run };
    this.#listeners.add(listener);
    return { cancel: () => this.#listeners.delete(listener) };
  }

  raise(name: SignalName): void {
    for (const { names, run } of [...this.#listeners]) if (names.includes(name)) run(name);
  }
}
