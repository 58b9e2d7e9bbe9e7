/** Comparing two values leaf by leaf, and showing them beside each other where they differ. */

/** Everything in a value that is not an array or an object, by its path: `topics.0.errorCode`. */
export function leavesOf(value: unknown, path = "", into = new Map<string, string>()) {
  if (value === null || typeof value !== "object") {
    into.set(path, JSON.stringify(value) ?? "undefined");
    return into;
  }
  const entries = Object.entries(value);
  if (entries.length === 0) into.set(path, Array.isArray(value) ? "[]" : "{}");
  for (const [name, each] of entries) leavesOf(each, path === "" ? name : `${path}.${name}`, into);
  return into;
}

export interface Difference {
  readonly path: string;
  readonly ours: string | undefined;
  readonly theirs: string | undefined;
}

/** The leaves that one has and the other has not, or has otherwise. */
export function differencesOf(ours: unknown, theirs: unknown): Difference[] {
  const [left, right] = [leavesOf(ours), leavesOf(theirs)];
  return [...new Set([...left.keys(), ...right.keys()])]
    .map((path) => ({ path, ours: left.get(path), theirs: right.get(path) }))
    .filter((each) => each.ours !== each.theirs);
}

/** Rows that surround what differs; more would hide it. */
const CONTEXT = 2;
const WIDTH = 70;

/** Both values as a table, line by line, around the differences; `≠` marks them. */
export function sideBySide(
  ours: unknown,
  theirs: unknown,
  differences = differencesOf(ours, theirs),
): string {
  const [left, right] = [leavesOf(ours), leavesOf(theirs)];
  const paths = [...new Set([...left.keys(), ...right.keys()])].sort(byPath);
  const marked = new Set(differences.map(({ path }) => path));
  const differs = paths.map((path) => marked.has(path));
  const lines = ["    " + "ours".padEnd(WIDTH) + "Apache Kafka"];
  let isCut = false;
  paths.forEach((path, at) => {
    const isNear = differs.slice(Math.max(0, at - CONTEXT), at + CONTEXT + 1).includes(true);
    if (!isNear) {
      if (!isCut) lines.push("  …");
      isCut = true;
      return;
    }
    isCut = false;
    const show = (value: string | undefined) => value === undefined ? "" : `${path}: ${value}`;
    lines.push(
      `${differs[at] ? "  ≠ " : "    "}${show(left.get(path)).padEnd(WIDTH)} ${
        show(right.get(path))
      }`,
    );
  });
  return lines.join("\n");
}

/** Paths in the order of a value's own fields as far as numbers go. */
const byPath = (a: string, b: string) => a.localeCompare(b, "en", { numeric: true });
