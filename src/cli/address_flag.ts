/** Addresses as flags take them. */
import { UsageError } from "./io.ts";

/** `HOST:PORT`, `:PORT` or `[::1]:PORT`; throws a {@link UsageError} that names the flag. */
export function address(flag: string, text: string): string {
  const parts = /^(?:\[([0-9a-fA-F:.]+)\]|([^:\s/]*)):(\d{1,5})$/.exec(text);
  if (!parts || Number(parts[3]) > 65_535) {
    throw new UsageError(
      `${flag} cannot be "${text}": it is HOST:PORT`,
      `For example: ${flag} 127.0.0.1:9092`,
    );
  }
  return text;
}
