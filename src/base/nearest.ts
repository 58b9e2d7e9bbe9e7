/** Did you mean …: the known name that a mistyped one is nearest to. */

/** Edits (insert, delete, replace, swap of neighbors) from one word to the other. */
function distance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1];
      let best = Math.min(last[column] + 1, current[column - 1] + 1, last[column - 1] + +!same);
      const swapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (row > 1 && column > 1 && swapped) best = Math.min(best, beforeLast[column - 2] + 1);
      current.push(best);
    }
    [beforeLast, last] = [last, current];
  }
  return last[to.length];
}

/** The nearest of the known names, or undefined when none is near enough to be what was meant. */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  let best: { name: string; edits: number } | undefined;
  for (const name of known) {
    const starts = word.length >= 3 && name.startsWith(word);
    const edits = starts ? 1 : distance(word, name);
    const isNear = edits <= Math.max(1, Math.floor(Math.max(word.length, name.length) / 3));
    if (isNear && (best === undefined || edits < best.edits)) best = { name, edits };
  }
  return best?.name;
}
