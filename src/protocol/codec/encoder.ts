/**
 * Compiles a declaration to the encoder of one version: the text of a function a struct that writes
 * field after field. A field that the value leaves out is its default. One that the version lacks
 * must be at its default or `ignorable`, since silently losing what the other side was meant to
 * know is worse than an error.
 */
import { ByteWriter } from "../../bytes/mod.ts";
import type { Field, Fields } from "../fields.ts";
import {
  defaultSource,
  existsIn,
  FIXED_SIZES,
  isDefaultSource,
  isFlexible,
  isNullableIn,
  isTaggedIn,
  type Layout,
} from "./layout.ts";
import { WRITE } from "./primitives.ts";

export type Encoder = (writer: ByteWriter, value: any) => void;

export function compileEncoder(layout: Layout, version: number): Encoder {
  const source = new EncoderSource(layout.name, version, isFlexible(layout, version));
  const root = source.struct(layout.fields, layout.name);
  const body = `"use strict";\n${source.constants.join("\n")}\n${
    source.functions.join("\n")
  }\nreturn ${root};`;
  return new Function("WRITE", "ByteWriter", body)({ ...WRITE }, ByteWriter);
}

class EncoderSource {
  readonly functions: string[] = [];
  items = 0;
  /** Defaults, made once: encoders only look at them. */
  readonly constants: string[] = ["const { NO_BYTES } = WRITE;"];

  constructor(
    readonly message: string,
    readonly version: number,
    readonly flexible: boolean,
  ) {}

  #add(lines: string[]): string {
    const name = `struct${this.functions.length}`;
    this.functions.push(`function ${name}(w, v) {\n${lines.join("\n")}\n}`);
    return name;
  }

  #constant(source: string): string {
    const name = `default${this.constants.length}`;
    this.constants.push(`const ${name} = ${source};`);
    return name;
  }

  struct(fields: Fields, path: string): string {
    const lines: string[] = [];
    const tagged: [string, Field][] = [];
    for (const [name, field] of Object.entries(fields)) {
      const fieldPath = `${path}.${name}`;
      if (!existsIn(field, this.version)) {
        if (!field.ignorable) lines.push(this.#mustBeDefault(field, `v.${name}`, fieldPath));
      } else if (isTaggedIn(field, this.version)) {
        tagged.push([name, field]);
      } else {
        lines.push(
          `let $${name} = v.${name};`,
          `if ($${name} === undefined) $${name} = ${this.#constant(defaultSource(field))};`,
          this.write(field, `$${name}`, "w", fieldPath),
        );
      }
    }
    if (this.flexible) lines.push(...this.#tags(tagged, path));
    return this.#add(lines);
  }

  #mustBeDefault(field: Field, value: string, path: string): string {
    const reason = `${path}: version ${this.version} has no such field`;
    return `if (!${isDefaultSource(field, value)}) WRITE.refuse(${JSON.stringify(reason)});`;
  }

  /** A statement that writes the expression `value`, never undefined, to the writer `w`. */
  write(field: Field, value: string, w: string, path: string, tagged = false): string {
    const { kind } = field;
    if (FIXED_SIZES[kind] !== undefined) return `${w}.${kind}(${value});`;
    return `if (${value} === null) ${this.#writeNull(field, w, path, tagged)} else { ${
      this.#writeSized(field, value, w, path)
    } }`;
  }

  #writeNull(field: Field, w: string, path: string, tagged: boolean): string {
    if (!isNullableIn(field, this.version)) {
      const reason = `${path}: null is not allowed in version ${this.version}`;
      return `WRITE.refuse(${JSON.stringify(reason)});`;
    }
    // A struct's presence byte: -1 is null, but in a tag section 0 is.
    if (field.kind === "struct") return tagged ? `${w}.int8(0);` : `${w}.int8(-1);`;
    if (this.#isCompact(field)) return `${w}.uvarint(0);`;
    return field.kind === "string" ? `${w}.int16(-1);` : `${w}.int32(-1);`;
  }

  #isCompact(field: Field): boolean {
    return this.flexible && field.flexible !== false;
  }

  #writeSized(field: Field, value: string, w: string, path: string): string {
    const { kind } = field;
    const compact = this.#isCompact(field);
    switch (kind) {
      case "struct": {
        const presence = isNullableIn(field, this.version) ? `${w}.int8(1); ` : "";
        return `${presence}${this.struct(field.fields!, path)}(${w}, ${value});`;
      }
      case "array": {
        const count = compact
          ? `${w}.uvarint(${value}.length + 1);`
          : `${w}.int32(${value}.length);`;
        const item = `item${this.items++}`;
        return `${count} for (const ${item} of ${value}) { ${
          this.write(field.element!, item, w, path)
        } }`;
      }
      default: {
        const type = compact ? `compact${kind[0].toUpperCase()}${kind.slice(1)}` : kind;
        return `WRITE.${type}(${w}, ${value});`;
      }
    }
  }

  /** Tagged fields in the order of their numbers; those at their defaults are not written. */
  #tags(tagged: [string, Field][], path: string): string[] {
    if (tagged.length === 0) return ["w.uvarint(0);"];
    const sorted = tagged.toSorted(([, a], [, b]) => a.tag! - b.tag!);
    const lines = ["let tags = 0;"];
    for (const [name, field] of sorted) {
      lines.push(
        `const $${name} = v.${name};`,
        `const has_${name} = !${isDefaultSource(field, `$${name}`)};`,
        `if (has_${name}) tags++;`,
      );
    }
    lines.push("w.uvarint(tags);", "if (tags === 0) return;");
    for (const [name, field] of sorted) {
      lines.push(`if (has_${name}) { ${this.#tag(field, `$${name}`, `${path}.${name}`)} }`);
    }
    return lines;
  }

  #tag(field: Field, value: string, path: string): string {
    const size = FIXED_SIZES[field.kind];
    if (size !== undefined) {
      return `w.uvarint(${field.tag}); w.uvarint(${size}); ${this.write(field, value, "w", path)}`;
    }
    return [
      "const t = new ByteWriter(64);",
      this.write(field, value, "t", path, true),
      `w.uvarint(${field.tag}); w.uvarint(t.size);`,
      "for (const segment of t.segments()) w.view(segment);",
    ].join("\n");
  }
}
