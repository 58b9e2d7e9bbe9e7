/** The process's signals. */
import type { SignalName, Signals } from "../signals.ts";

export class DenoSignals implements Signals {
  onSignal(names: readonly SignalName[], run: (name: SignalName) => void): { cancel(): void } {
    const taken: [SignalName, () => void][] = [];
    for (const name of names) {
      const listener = () => run(name);
      try {
        Deno.addSignalListener(name, listener);
        taken.push([name, listener]);
      } catch {
        // This system has no such signal (Windows knows SIGINT and SIGBREAK only).
      }
    }
    return {
      cancel: () => {
        for (const [name, listener] of taken.splice(0)) Deno.removeSignalListener(name, listener);
      },
    };
  }
}
