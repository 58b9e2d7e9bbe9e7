/** How many brokers one process has: a number, or as many as the machine has processor cores. */

/** More than that in one process is no use to anybody, as far as we know. */
export const MAX_CORES = 128;

/** undefined for what is neither a number in the range nor `auto`. */
export function parseCores(text: string): number | "auto" | undefined {
  const word = text.trim();
  if (word === "auto") return word;
  const cores = /^\d{1,3}$/.test(word) ? Number(word) : 0;
  return cores >= 1 && cores <= MAX_CORES ? cores : undefined;
}
