/** Requests with as much in one of their arrays as may be: what is cheap to ask for many times over. */
import type { Field, Fields } from "../../src/protocol/mod.ts";

/** Each array in a message: the names that lead to it, from the outside in. */
export function* arraysOf(
  fields: Fields,
  version: number,
  path: string[] = [],
): Generator<string[]> {
  for (const [name, field] of Object.entries(fields)) {
    if (version < (field.since ?? 0) || version > (field.until ?? Infinity)) continue;
    const inner = field.kind === "array" ? field.element! : field;
    if (field.kind === "array") yield [...path, name];
    if (inner.kind === "struct") yield* arraysOf(inner.fields!, version, [...path, name]);
  }
}

/** Whether what is named is there (a topic "abc"), or each name another that nobody knows. */
export type Naming = "there" | "missing";

interface Wide {
  readonly elements: number;
  readonly naming: Naming;
}

/** A request in which one array has so many elements, and those around it one. */
export const wideRequest = (fields: Fields, path: string[], wide: Wide): unknown =>
  structOf(fields, path, 0, wide);

function valueOf(field: Field, at: string[], name: string, index: number, wide: Wide): unknown {
  const { naming } = wide;
  switch (field.kind) {
    case "struct":
      return structOf(field.fields!, at, index, wide);
    case "array": {
      if (at[0] !== name) return [];
      const count = at.length === 1 ? wide.elements : 1;
      return Array.from(
        { length: count },
        (_, each) => valueOf(field.element!, at.slice(1), name, each, wide),
      );
    }
    case "string":
      if (naming === "there" && /topic|name/i.test(name)) return "abc";
      return naming === "there" && /resource/i.test(name) ? "abc" : `x${index}`;
    case "int8":
      return name === "resourceType" ? 2 : name === "keyType" ? 0 : 1;
    case "int16":
      return 1;
    case "int32":
      return /partition|index/i.test(name) ? (naming === "there" ? 0 : index) : 1;
    case "uint32":
    case "uint16":
    case "float64":
      return 1;
    case "int64":
      return 0;
    default:
      return undefined;
  }
}

const structOf = (fields: Fields, at: string[], index: number, wide: Wide) =>
  Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, valueOf(field, at, name, index, wide)]),
  );
