/** How answers are kept: each once, and the same text for the same answers. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { layOut } from "./json_layout.ts";
import { formatVersions, Recording } from "./recording.ts";
import type { Scenario } from "./side.ts";

const versions: [number[], string][] = [
  [[0], "v0"],
  [[0, 1, 2], "v0-2"],
  [[0, 1, 3, 5, 6], "v0-1,3,5-6"],
];
for (const [numbers, text] of versions) {
  Deno.test(`Versions ${numbers} are written as ${text}`, () => {
    equal(formatVersions(numbers), text);
  });
}

Deno.test("JSON is laid out in lines that can be read, and reads as what it was", () => {
  const value = { a: [1, "two", null, {}], b: { c: "x".repeat(90), d: [] }, e: [["y".repeat(99)]] };
  const text = layOut(value);
  deepEqual(JSON.parse(text), value);
  ok(text.includes('"a": [1, "two", null, {}],\n'), text);
  equal(layOut(JSON.parse(text)), text);
});

Deno.test("A recording tells which scenarios are answered otherwise, or were never recorded", () => {
  const scenario = (name: string): Scenario => ({
    api: "Heartbeat",
    name,
    since: 3,
    play: () => Promise.resolve(),
  });
  const [same, other, fresh] = ["same", "other", "new"].map(scenario);
  const [kept, played] = [new Recording(), new Recording()];
  for (const version of [3, 4]) {
    kept.set(same, version, { errorCode: 0, topics: { a: 1 } });
    played.set(same, version, { errorCode: 0, topics: { a: 1 } });
    kept.set(other, version, { errorCode: 0 });
    played.set(other, version, { errorCode: version });
    played.set(fresh, version, { errorCode: 0 });
  }
  deepEqual(kept.staleAgainst(played, [same, other, fresh]), [
    "Heartbeat: other",
    "Heartbeat: new",
  ]);
  deepEqual(kept.missing([same, other, fresh]), ["Heartbeat: new"]);
  kept.take(played, "4.3.1");
  deepEqual(kept.staleAgainst(played, [same, other, fresh]), []);
  equal(kept.kafka, "4.3.1");
});
