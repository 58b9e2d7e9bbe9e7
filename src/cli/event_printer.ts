/**
 * What happens inside a node, as lines on stderr: `12:04:07 info leader elected epoch=7`, or JSON
 * for programs.
 */
import type { LogEvent, LogLevel } from "../base/mod.ts";
import type { Clock } from "../platform/mod.ts";
import type { Flags, FlagValues } from "./flags.ts";
import type { Io } from "./io.ts";
import { withoutControls } from "./table.ts";

const LEVELS = ["debug", "info", "warn", "error"] as const satisfies LogLevel[];

export const LOG_FLAGS = {
  "log-level": { type: "string", choices: LEVELS, default: "info", help: "What is worth a line" },
  "log-json": { type: "boolean", help: "Print each line as JSON" },
} as const satisfies Flags;

/**
 * Prints events of at least the wanted level. Values come from anyone: what would steer the
 * terminal is shown.
 */
export function eventPrinter(io: Io, clock: Clock, values: FlagValues<typeof LOG_FLAGS>): LogEvent {
  const least = LEVELS.indexOf(values["log-level"] as LogLevel);
  return (level, event, fields = {}) => {
    if (LEVELS.indexOf(level) < least) return;
    const at = new Date(clock.now());
    if (values["log-json"]) {
      const safe = (_: string, value: unknown) => typeof value === "bigint" ? String(value) : value;
      return io.say(JSON.stringify({ at: at.toISOString(), level, event, ...fields }, safe));
    }
    const facts = Object.entries(fields).filter(([, value]) => value !== undefined);
    const text = facts.map(([name, value]) => `${name}=${quoted(String(value))}`).join(" ");
    io.say(
      withoutControls(
        `${at.toTimeString().slice(0, 8)} ${level.padEnd(5)} ${event}${text && "  "}${text}`,
      ),
    );
  };
}

/** The same for a node, which sees to the levels itself: they can change while it runs. */
export function nodeEvents(io: Io, clock: Clock, values: FlagValues<typeof LOG_FLAGS>) {
  const log = eventPrinter(io, clock, { ...values, "log-level": "debug" });
  return { log, logLevel: values["log-level"] as LogLevel };
}

const quoted = (value: string) => /[\s"=]/.test(value) ? JSON.stringify(value) : value;
