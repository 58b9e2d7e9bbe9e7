import { deepStrictEqual } from "node:assert/strict";
import { parseProperties } from "../../src/config/mod.ts";

// A text, and the names and values in it.
const texts: [string, string, Record<string, string>][] = [
  ["three separators", "a=1\nb: 2\nc 3\nd\t=\t4", { a: "1", b: "2", c: "3", d: "4" }],
  ["a separator in the value", "a=b=c:d", { a: "b=c:d" }],
  ["a separator in the name", "a\\=b\\:c\\ d=1", { "a=b:c d": "1" }],
  ["comments and blank lines", "# a=1\n\n  ! b=2\n  c=3 # stays", { c: "3 # stays" }],
  ["no value", "a\nb=\nc:", { a: "", b: "", c: "" }],
  ["lines that go on", "a=1,\\\n   2,\\\n\t3\nb=4", { a: "1,2,3", b: "4" }],
  ["an escaped backslash at the end", "a=1\\\\\nb=2", { a: "1\\", b: "2" }],
  ["a comment sign in a line that goes on", "a=1\\\n#2", { a: "1#2" }],
  ["a comment that does not go on", "# a\\\nb=1", { b: "1" }],
  ["escapes", "a=\\t\\n\\u00e9\\q\\\\", { a: "\t\né" + "q\\" }],
  ["a name twice", "a=1\na=2", { a: "2" }],
  ["Windows line ends", "a=1\r\nb=2\r\n", { a: "1", b: "2" }],
  ["blanks behind the value", "a=1  ", { a: "1  " }],
  ["the end within a line that goes on", "a=1\\", { a: "1" }],
  ["nothing", "", {}],
];

for (const [what, text, expected] of texts) {
  Deno.test(`Properties with ${what}`, () => {
    deepStrictEqual(Object.fromEntries(parseProperties(text)), expected);
  });
}
