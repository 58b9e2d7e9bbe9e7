/** A setting that makes no sense: which, what was given for it, and what may be given. */
export class ConfigError extends Error {
  override name = "ConfigError";
  constructor(
    readonly setting: string,
    readonly value: unknown,
    /** What is allowed, as the end of "it must be …". */
    readonly allowed: string,
    message = `Cannot set ${setting} to ${shown(value)}: it must be ${allowed}`,
  ) {
    super(message);
  }
}

const LONGEST_SHOWN = 200;

function shown(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  const text = String(value);
  return JSON.stringify(text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text);
}
