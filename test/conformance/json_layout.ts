/**
 * JSON as a person would write it: what fits in a line stands in one, all else a part a line. Half
 * the size of the usual indented form, and a change still shows where it is.
 */
const WIDTH = 100;

export function layOut(value: unknown): string {
  return `${laidOut(value, "", 0)}\n`;
}

function laidOut(value: unknown, indent: string, used: number): string {
  const flat = inLine(value);
  if (indent.length + used + flat.length <= WIDTH) return flat;
  const deeper = `${indent} `;
  if (Array.isArray(value)) {
    const items = value.map((each) => deeper + laidOut(each, deeper, 1));
    return items.length === 0 ? "[]" : `[\n${items.join(",\n")}\n${indent}]`;
  }
  if (value !== null && typeof value === "object") {
    const entries = Object.entries(value).map(([name, each]) => {
      const head = `${JSON.stringify(name)}: `;
      return deeper + head + laidOut(each, deeper, head.length + 1);
    });
    return `{\n${entries.join(",\n")}\n${indent}}`;
  }
  return flat;
}

function inLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inLine).join(", ")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const entries = Object.entries(value).map(([name, each]) =>
    `${JSON.stringify(name)}: ${inLine(each)}`
  );
  return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`;
}
