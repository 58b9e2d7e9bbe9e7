/**
 * Times as people write them in an address: `?at=10:00`, `?at=-5m`, `?at=2026-02-03T10:00:00Z`, or
 * the milliseconds since 1970 that programs use.
 */

const UNITS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds since 1970; undefined when the text is no time. */
export function parseWhen(text: string, now: number): number | undefined {
  const ago = /^-(\d+(?:\.\d+)?)(s|m|h|d)$/.exec(text);
  if (ago) return now - Number(ago[1]) * UNITS[ago[2] as keyof typeof UNITS];
  if (/^\d{11,15}$/.test(text)) return Number(text);

  const clock = /^(\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(text);
  if (clock) return atClock(clock, now);

  if (!/^\d{4}-\d{2}-\d{2}/.test(text)) return undefined;
  // A + in an address stands for a space unless it was escaped; nobody remembers to.
  const iso = text.replace(/ (?=\d{2}:?\d{2}$)(?<=T.*)/, "+");
  // A day alone would be taken for one of Greenwich.
  const time = Date.parse(/^\d{4}-\d{2}-\d{2}$/.test(iso) ? `${iso}T00:00` : iso);
  return Number.isNaN(time) ? undefined : time;
}

/** The last time that a clock here showed this. */
function atClock(
  [, hours, minutes, seconds = "0"]: RegExpExecArray,
  now: number,
): number | undefined {
  if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) return undefined;
  const at = new Date(now);
  at.setHours(Number(hours), Number(minutes), Number(seconds), 0);
  if (at.getTime() > now) at.setDate(at.getDate() - 1);
  return at.getTime();
}
