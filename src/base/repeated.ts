/**
 * What stands in a list more than once. Lists come from clients and may be long: one walk, where
 * looking for each among all takes minutes.
 */
export function repeated<T>(values: Iterable<T>): Set<T> {
  const seen = new Set<T>();
  const twice = new Set<T>();
  for (const value of values) (seen.has(value) ? twice : seen).add(value);
  return twice;
}
