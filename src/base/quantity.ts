/**
 * Quantities as people type them: durations (`5s`), sizes (`4MiB`), and moments (`10:00`, `-5m`,
 * ISO 8601). Settings and flags keep plain numbers in milliseconds and bytes inside; these are the
 * words at the door.
 */

const DURATION_UNITS: Record<string, number> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

const SIZE_UNITS: Record<string, number> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  k: 2 ** 10,
  kib: 2 ** 10,
  m: 2 ** 20,
  mib: 2 ** 20,
  g: 2 ** 30,
  gib: 2 ** 30,
};

/**
 * Milliseconds in `250ms`, `5s`, `1.5m`, `1h30m`, `2d`; a plain number is milliseconds. undefined:
 * not one.
 */
export function parseDuration(text: string): number | undefined {
  const trimmed = text.trim();
  if (/^\d+(\.\d+)?$/.test(trimmed)) return Number(trimmed);
  if (!/^(\d+(\.\d+)?(ms|s|min|m|h|d))+$/.test(trimmed)) return undefined;
  let total = 0;
  for (const [, amount, , unit] of trimmed.matchAll(/(\d+(\.\d+)?)(ms|s|min|m|h|d)/g)) {
    total += Number(amount) * DURATION_UNITS[unit];
  }
  return total;
}

/**
 * Bytes in `512`, `64KiB`, `4M`, `1.5GB`: K, M, G count in 1024s, KB, MB, GB in 1000s. undefined:
 * not one.
 */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([kmg]i?b?|b)?$/i.exec(text.trim());
  if (!match) return undefined;
  return Math.round(Number(match[1]) * SIZE_UNITS[(match[2] ?? "b").toLowerCase()]);
}

/**
 * Milliseconds since 1970 of a moment: ISO 8601 (local time without a zone), a time of day (the
 * last one that has passed), a duration ago (`-5m`), `now`, or the milliseconds themselves (eleven
 * digits or more, so that an offset is never taken for one). undefined: not one.
 */
export function parseTime(text: string, nowMs: number): number | undefined {
  const trimmed = text.trim();
  if (trimmed === "now") return nowMs;
  if (/^\d{11,}$/.test(trimmed)) return Number(trimmed);
  if (trimmed.startsWith("-")) {
    const ago = parseDuration(trimmed.slice(1));
    return ago === undefined ? undefined : nowMs - ago;
  }
  const clock = /^(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3}))?)?$/.exec(trimmed);
  if (clock) return lastTimeOfDay(clock, nowMs);
  if (!/^\d{4}-\d{2}-\d{2}/.test(trimmed)) return undefined;
  // A bare date is midnight here, as a person means it, not midnight in Greenwich as Date has it.
  const parsed = Date.parse(trimmed.length === 10 ? `${trimmed}T00:00` : trimmed.replace(" ", "T"));
  return Number.isNaN(parsed) ? undefined : parsed;
}

function lastTimeOfDay(clock: RegExpExecArray, nowMs: number): number | undefined {
  const [hours, minutes, seconds] = [clock[1], clock[2], clock[3] ?? "0"].map(Number);
  if (hours > 23 || minutes > 59 || seconds > 59) return undefined;
  const at = new Date(nowMs);
  at.setHours(hours, minutes, seconds, Number((clock[4] ?? "0").padEnd(3, "0")));
  // Yesterday's, where today's is still to come; by calendar and not by 24 hours, for the nights of
  // clock changes.
  if (at.getTime() > nowMs) at.setDate(at.getDate() - 1);
  return at.getTime();
}

/** `850ms`, `12.5s`, `3m20s`, `1h5m`, `2d3h`: the two largest units. */
export function formatDuration(ms: number): string {
  if (ms < 0) return `-${formatDuration(-ms)}`;
  if (ms < 1000) return `${Math.round(ms)}ms`;
  if (ms < 60_000) return `${Number((ms / 1000).toFixed(1))}s`;
  const units = ["d", "h", "m", "s"];
  const parts: string[] = [];
  let rest = Math.round(ms / 1000) * 1000;
  for (const unit of units) {
    const count = Math.floor(rest / DURATION_UNITS[unit]);
    rest -= count * DURATION_UNITS[unit];
    if (count > 0) parts.push(`${count}${unit}`);
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.join("");
}

/** `17 B`, `1.5 KiB`, `20 MiB`. */
export function formatSize(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : Number(value.toFixed(1))} ${
    units[unit]
  }`;
}
