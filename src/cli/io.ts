/**
 * The terminal as commands see it, handed in so that tests can be the terminal. What a command
 * prints for programs goes to `stdout` and nothing else does; what it says to people besides goes
 * to `stderr`.
 */
import type { Platform, Threads } from "../platform/mod.ts";

export interface Io {
  /** Writes all of it; rejects with {@link BrokenPipe} once nobody reads any more. */
  write(chunk: string | Uint8Array): Promise<void>;
  /** A message to the person; a line end is added. */
  say(line: string): void;
  /**
   * Replaces the last line that `showStatus` wrote; only where `isErrTerminal`. Empty text wipes
   * it.
   */
  showStatus(line: string): void;
  stdin(): AsyncIterable<Uint8Array>;
  readonly isInTerminal: boolean;
  readonly isOutTerminal: boolean;
  readonly isErrTerminal: boolean;
  /** Columns to lay out for; undefined when nobody looks. */
  readonly columns?: number;
  env(name: string): string | undefined;
  /**
   * Fires at the first ^C or SIGTERM. A second one ends the process at once, which is the program's
   * work.
   */
  readonly signal: AbortSignal;
  /** Disk, network, clock and chance; loaded by those who need them. */
  platform(): Promise<Platform>;
  /** Threads of this process. */
  readonly threads: Threads;
  /** The folder that relative paths start from. */
  readonly workingDirectory: string;
}

/**
 * Whoever read our output has gone (`streamer consume … | head -1`): the command ends, and that is
 * no fault.
 */
export class BrokenPipe extends Error {
  override name = "BrokenPipe";
}

/** A command line that cannot be understood: exit code 2. */
export class UsageError extends Error {
  override name = "UsageError";
  /** `hint` says what to type instead. */
  constructor(message: string, readonly hint?: string) {
    super(message);
  }
}

/** What was asked cannot be done: exit code 1. `hint` says what to do about it. */
export class CommandError extends Error {
  override name = "CommandError";
  constructor(message: string, readonly hint?: string, options?: ErrorOptions) {
    super(message, options);
  }
}
