/**
 * What happened, told as data: an event's name and its fields. Rooms say it through this interface;
 * whoever starts a node decides where the lines go. One line an event, so that it can be searched
 * for.
 */

export type LogLevel = "debug" | "info" | "warn" | "error";
export type LogFields = Record<string, string | number | boolean | bigint | null | undefined>;

/** Takes in one event, e.g. `log("info", "leader elected", { epoch: 7 })`. Must not throw. */
export type LogEvent = (level: LogLevel, event: string, fields?: LogFields) => void;

/** For whoever has nobody to tell. */
export const noLog: LogEvent = () => {};
