/** What the operating system asks of the process, as the rooms above see it. */

export type SignalName = "SIGINT" | "SIGTERM" | "SIGHUP" | "SIGQUIT" | "SIGUSR1" | "SIGUSR2";

export interface Signals {
  /**
   * Calls `run` at each of these signals, whose own effect (ending the process) is thereby off.
   * Names that the system doesn't have are passed over. `cancel` gives the signals back.
   */
  onSignal(names: readonly SignalName[], run: (name: SignalName) => void): { cancel(): void };
}
