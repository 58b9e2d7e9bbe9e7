/**
 * Levels of `metadata.version` by the names of the releases that brought them, as Kafka's
 * `kafka-features version-mapping` tells them.
 */

/** How many levels each release has; the first one is {@link FIRST_LEVEL}. */
const RELEASES: readonly (readonly [release: string, first: number, last: number])[] = [
  ["3.3", 3, 3],
  ["3.4", 0, 0],
  ["3.5", 0, 2],
  ["3.6", 0, 2],
  ["3.7", 0, 4],
  ["3.8", 0, 0],
  ["3.9", 0, 0],
  ["4.0", 0, 3],
  ["4.1", 0, 1],
  ["4.2", 0, 1],
  ["4.3", 0, 0],
];
const FIRST_LEVEL = 7;

const NAMES: readonly string[] = RELEASES.flatMap(([release, first, last]) =>
  Array.from({ length: last - first + 1 }, (_, at) => `${release}-IV${first + at}`)
);

/** `4.3-IV0`; undefined for a level that is older or newer than we know. */
export const releaseOf = (level: number): string | undefined => NAMES[level - FIRST_LEVEL];

/** The level of `4.3-IV0`, or the last one of `4.3`; undefined where there is none. */
export function levelOf(release: string): number | undefined {
  const at = NAMES.findLastIndex((name) => name === release || name.startsWith(`${release}-`));
  return at < 0 ? undefined : FIRST_LEVEL + at;
}
