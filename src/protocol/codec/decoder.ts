/**
 * Compiles a declaration to the decoder of one version: the text of a function a struct, which
 * reads field after field into locals and returns one object literal. So the code that V8 sees is
 * what one would have written by hand, and all versions of a message have one hidden class. Only
 * names and numbers of our own declarations get into the text.
 */
import type { ByteReader } from "../../bytes/mod.ts";
import type { Field, Fields } from "../fields.ts";
import {
  defaultSource,
  existsIn,
  FIXED_SIZES,
  isFlexible,
  isNullableIn,
  isTaggedIn,
  type Layout,
  minBytes,
} from "./layout.ts";
import { READ } from "./primitives.ts";

export type Decoder = (reader: ByteReader) => any;

/** Where a decoder is, for the one that is compiled to find the field of an error. */
export interface Trace {
  field: string;
}

/** Makes the decoder; with `trace`, one that notes each field's path in it before reading. */
export function compileDecoder(layout: Layout, version: number, trace?: Trace): Decoder {
  const source = new DecoderSource(version, isFlexible(layout, version), trace !== undefined);
  const root = source.struct(layout.fields, layout.name);
  const body = `"use strict";\nconst { NO_BYTES } = READ;\n${
    source.functions.join("\n")
  }\nreturn ${root};`;
  return new Function("READ", "trace", body)(READ, trace);
}

class DecoderSource {
  readonly functions: string[] = [];

  constructor(
    readonly version: number,
    readonly flexible: boolean,
    readonly traced: boolean,
  ) {}

  /** Adds a function and says its name. */
  #add(prefix: string, parameters: string, lines: string[]): string {
    const name = `${prefix}${this.functions.length}`;
    this.functions.push(`function ${name}(${parameters}) {\n${lines.join("\n")}\n}`);
    return name;
  }

  struct(fields: Fields, path: string): string {
    const lines: string[] = [];
    const tagged: [string, Field][] = [];
    for (const [name, field] of Object.entries(fields)) {
      const stands = existsIn(field, this.version);
      if (stands && !isTaggedIn(field, this.version)) {
        lines.push(
          this.#note(`${path}.${name}`),
          `const $${name} = ${this.read(field, `${path}.${name}`)};`,
        );
      } else {
        if (stands) tagged.push([name, field]);
        lines.push(`let $${name} = ${defaultSource(field)};`);
      }
    }
    if (this.flexible) lines.push(this.#note(path), ...this.#tags(tagged, path));
    const members = Object.keys(fields).map((name) => `${name}: $${name}`);
    lines.push(`return { ${members.join(", ")} };`);
    return this.#add("struct", "r", lines);
  }

  #note(path: string): string {
    return this.traced ? `trace.field = ${JSON.stringify(path)};` : "";
  }

  #tags(tagged: [string, Field][], path: string): string[] {
    if (tagged.length === 0) return ["READ.skipTags(r);"];
    const cases = tagged.map(([name, field]) => {
      const fieldPath = `${path}.${name}`;
      return `case ${field.tag}: ${this.#note(fieldPath)} $${name} = ${
        this.read(field, fieldPath, true)
      }; break;`;
    });
    return [
      "for (let left = r.uvarint(), tag = -1; left > 0; left--) {",
      "tag = READ.tag(r, tag);",
      "const end = READ.tagEnd(r);",
      `switch (tag) {\n${cases.join("\n")}\ndefault: r.position = end; }`,
      "READ.closeTag(r, tag, end);",
      "}",
    ];
  }

  /** An expression that reads the field's value. */
  read(field: Field, path: string, tagged = false): string {
    const { kind } = field;
    const nullable = isNullableIn(field, this.version);
    if (FIXED_SIZES[kind] !== undefined) return `r.${kind}()`;
    if (kind === "struct") {
      const struct = `${this.struct(field.fields!, path)}(r)`;
      const isPresent = tagged ? "isTaggedPresent" : "isPresent";
      return nullable ? `(READ.${isPresent}(r) ? ${struct} : null)` : struct;
    }
    const type = kind === "array" ? "count" : kind === "records" ? "bytes" : kind;
    const compact = this.flexible && field.flexible !== false;
    const reader = `READ.${camel(nullable ? "nullable" : "", compact ? "compact" : "", type)}`;
    return kind === "array" ? this.#array(field.element!, reader, path) : `${reader}(r)`;
  }

  #array(element: Field, count: string, path: string): string {
    const least = minBytes(element, this.version, this.flexible);
    const name = this.#add("array", "r", [
      `const count = ${count}(r, ${least});`,
      "if (count < 0) return null;",
      "const items = [];",
      `for (let index = 0; index < count; index++) items.push(${this.read(element, path)});`,
      "return items;",
    ]);
    return `${name}(r)`;
  }
}

/** `("nullable", "", "string")` is `nullableString`. */
function camel(...words: string[]): string {
  return words.filter((word) => word !== "").map((word, index) =>
    index === 0 ? word : word[0].toUpperCase() + word.slice(1)
  ).join("");
}
