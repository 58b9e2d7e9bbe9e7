/** "Did you mean": which of many names is nearest to one that is wrong. */

/** The name that takes the fewest changes of letters, if those are few enough to be a slip. */
export function nearestName(wrong: string, names: Iterable<string>): string | undefined {
  let best: string | undefined;
  let fewest = Math.max(2, Math.floor(wrong.length / 5)) + 1;
  for (const name of names) {
    if (Math.abs(name.length - wrong.length) >= fewest) continue;
    const changes = changesBetween(wrong.toLowerCase(), name.toLowerCase(), fewest);
    if (changes < fewest) {
      fewest = changes;
      best = name;
    }
  }
  return best;
}

/** Letters added, left out, changed, or swapped with their neighbor; stops counting at `limit`. */
function changesBetween(a: string, b: string, limit: number): number {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      let cost = Math.min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (isSame ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, before[j - 2] + 1);
      }
      row.push(cost);
    }
    if (Math.min(...row) >= limit) return limit;
    before = above;
    above = row;
  }
  return above[b.length];
}
