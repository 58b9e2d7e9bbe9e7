/** From names and texts to checked values, with an error that helps. */
import { ConfigError } from "./config_error.ts";
import { nearestName } from "./nearest.ts";
import type { Setting } from "./setting.ts";

/** The value of a text; throws {@link ConfigError} with what is allowed. */
export function parseSetting<T>(name: string, setting: Setting<T>, text: string): T {
  const value = setting.parse(text);
  if (value !== undefined) return value;
  throw new ConfigError(name, text, setting.allowed);
}

/** A name that nobody knows; suggests the nearest of those that are. */
export function unknownSetting(
  kind: string,
  name: string,
  value: string,
  known: Iterable<string>,
): ConfigError {
  const nearest = nearestName(name, known);
  const hint = nearest ? `; did you mean ${nearest}?` : "";
  return new ConfigError(
    name,
    value,
    nearest ?? `one of the ${kind} settings`,
    `There is no ${kind} setting ${name}${hint}`,
  );
}
