/**
 * The loggers of one node: a name each, a level each, changed while it runs (KIP-412). One without
 * a level of its own has the root's. Levels are Kafka's; an event is told when its own is at least
 * its logger's.
 */
import type { LogEvent, LogLevel } from "./log_line.ts";

/** Kafka's names for levels, from the one that tells most. */
export const LOGGER_LEVELS = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"] as const;
export type LoggerLevel = typeof LOGGER_LEVELS[number];

/** The logger that the others follow. */
export const ROOT_LOGGER = "root";

const upper = (level: LogLevel) => level.toUpperCase() as LoggerLevel;
const rank = (level: LoggerLevel) => LOGGER_LEVELS.indexOf(level);

export class Loggers {
  readonly #out: LogEvent;
  readonly #names = new Set([ROOT_LOGGER]);
  readonly #levels = new Map<string, LoggerLevel>();
  #root: LoggerLevel;

  /** @param out where events go that are to be told; default is to tell all. */
  constructor(out: LogEvent, root: LogLevel = "debug") {
    this.#out = out;
    this.#root = upper(root);
  }

  /** Where one part of the node says what happened. */
  logger(name: string): LogEvent {
    this.#names.add(name);
    return (level, event, fields) => {
      if (rank(upper(level)) >= rank(this.levelOf(name))) this.#out(level, event, fields);
    };
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  names(): string[] {
    return [...this.#names].sort();
  }

  /** The level that counts. */
  levelOf(name: string): LoggerLevel {
    return this.#levels.get(name) ?? this.#root;
  }

  /** @param level undefined lets it follow the root again, which itself has always one. */
  setLevel(name: string, level: LoggerLevel | undefined): void {
    if (name === ROOT_LOGGER) this.#root = level ?? this.#root;
    else if (level === undefined) this.#levels.delete(name);
    else this.#levels.set(name, level);
  }
}
