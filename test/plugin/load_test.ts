import { match, rejects, strictEqual, throws } from "node:assert/strict";
import { importPlugin, pluginOf } from "../../src/plugin/mod.ts";

const good = { kind: "app", name: "x", summary: "y", options: () => {}, run() {} };

const wrong: [string, unknown, RegExp][] = [
  ["no default export", {}, /it has no default export/],
  ["a function", { default: () => {} }, /its default export is a function, it should be an object/],
  ["no kind", { default: { ...good, kind: undefined } }, /"kind" is missing/],
  ["a mistyped kind", { default: { ...good, kind: "sorce" } }, /did you mean "source"\?/],
  [
    "a name with spaces",
    { default: { ...good, name: "My Plugin" } },
    /"name" is "My Plugin", it should be text like/,
  ],
  ["no summary", { default: { ...good, summary: undefined } }, /"summary" is missing/],
  [
    "options that are values",
    { default: { ...good, options: 3 } },
    /"options" is a number, it should be \(z\) =>/,
  ],
  [
    "a sink that runs",
    { default: { ...good, kind: "sink" } },
    /a sink needs a function "write", it has missing/,
  ],
  [
    "a backlog that keeps nothing",
    { default: { ...good, backlog: { keep: "some" } } },
    /"newest" or "all"/,
  ],
  [
    "a mistyped field",
    { default: { ...good, exmaples: [] } },
    /it has "exmaples"; did you mean "examples"\?/,
  ],
];
for (const [what, module, message] of wrong) {
  Deno.test(`A plugin with ${what} is refused with what is there and what should be`, () => {
    throws(() => pluginOf(module, "./x.ts"), (error: Error) => {
      match(error.message, /^Cannot run the plugin \.\/x\.ts: /);
      match(error.message, message);
      return true;
    });
  });
}

Deno.test("A plugin of the right shape is taken as it is", () => {
  strictEqual(pluginOf({ default: good }, "x"), good);
});

Deno.test("A file that is not there, or does not parse, is named", async () => {
  const missing = new URL("./none.ts", import.meta.url).href;
  await rejects(
    importPlugin(missing, "./none.ts"),
    /Cannot load the plugin \.\/none\.ts: there is no such file/,
  );
  await rejects(
    importPlugin("data:text/javascript,export default {", "./half.ts"),
    /Cannot load the plugin/,
  );
});
