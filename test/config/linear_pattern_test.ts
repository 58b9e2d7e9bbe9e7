import { ok, strictEqual, throws } from "node:assert/strict";
import { LinearPattern, TopicConfig } from "../../src/config/mod.ts";
import { SeededRandom } from "../../src/platform/memory/mod.ts";
import { forEachSeed } from "../kit/seeds.ts";

const PARTS = ["a", "b", ".", "[ab]", "[^a]", "\\d", "\\.", "(", "(?:", ")", "|", "*", "+", "?"];
const MORE = ["{2}", "{0,2}", "{1,}", "+?", "^", "$", "1", "-", "\\w", "[a-c1]", "(?<n>"];

Deno.test("What a pattern describes is what JavaScript's own says", () =>
  forEachSeed(4, (seed) => {
    const random = new SeededRandom(seed);
    let read = 0;
    for (let round = 0; round < 3000; round++) {
      const length = 1 + random.int(7);
      const text = Array.from({ length }, () => random.pick([...PARTS, ...MORE])).join("");
      let pattern: LinearPattern;
      let own: RegExp;
      try {
        pattern = new LinearPattern(text);
        own = new RegExp(`^(?:${text})$`);
      } catch {
        continue;
      }
      read++;
      for (let i = 0; i < 10; i++) {
        const length = random.int(6);
        const given = Array.from({ length }, () => random.pick(["a", "b", "c", "1", "."])).join("");
        strictEqual(pattern.matches(given), own.test(given), `${text} on "${given}"`);
      }
    }
    ok(read > 300, `${read}`);
    return Promise.resolve();
  }));

for (
  const [what, text] of [
    ["a back reference", "(a)\\1"],
    ["looking ahead", "(?=a)a"],
    ["looking behind", "(?<!a)b"],
    ["a possessive quantifier", "a++b"],
    ["an edge of words", "\\ba"],
    ["counts that multiply", "((a{900}){900}){900}"],
    ["counts of nothing", "((()" + "{900}){900}){900}"],
    ["ten thousand groups", "(".repeat(10_000) + ")".repeat(10_000)],
    ["an open class", "[a"],
    ["a range backwards", "[z-a]"],
    ["a lonely quantifier", "*a"],
    ["a group too many", "a)"],
  ]
) {
  Deno.test(`No pattern: ${what}`, () => {
    throws(() => new LinearPattern(text), SyntaxError);
  });
}

Deno.test("Patterns that would take years take their time", () => {
  const text = "a".repeat(1000) + "!";
  for (const each of ["(a+)+b", "(a|a)*b", "(.*)(.*)(.*)(.*)(.*)(.*)(.*)c", "((a*)*)*b"]) {
    strictEqual(new LinearPattern(each).matches(text), false);
  }
  ok(new LinearPattern("(a+)+!").matches(text));
});

Deno.test("A long number is read, or refused, at once", () => {
  const text = "1".repeat(30_000);
  for (const each of [text, `${text}x`, `${text}e`]) {
    throws(() => TopicConfig.validate("min.cleanable.dirty.ratio", each));
  }
});
