/** The ledgers' checks find what they are there for: a whole ledger, and one planted fault each. */
import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { checkCompacted, checkGroup, checkPartition, checkUnchanged } from "./checks.ts";
import type { GroupEvent, ProducerKind, ReadPartition, Sends, Stored } from "./ledger.ts";
import { keyOf } from "./whole.ts";

/** What one producer sent: ids, each with its offset, "failed", or undefined for no answer. */
function sends(kind: ProducerKind, ids: [number, (number | "failed")?][]): Sends {
  return {
    producer: "p",
    kind,
    sent: ids.map(([id]) => id),
    acknowledged: new Map(
      ids.flatMap(([id, at]) => typeof at === "number" ? [[id, at] as const] : []),
    ),
    failed: new Map(ids.flatMap(([id, at]) => at === "failed" ? [[id, "gone"] as const] : [])),
  };
}

/** A log of these ids, one after the other from an offset on. */
function log(ids: number[], start = 0, end = start + ids.length): ReadPartition {
  const records: Stored[] = ids.map((id, i) => ({
    offset: start + i,
    key: "p",
    producer: "p",
    id,
  }));
  return { records, strange: [], ends: { start, end } };
}

const three: [number, number][] = [[0, 0], [1, 1], [2, 2]];

const partitions: [
  name: string,
  read: ReadPartition,
  sent: Sends,
  keeping: { isCut?: boolean; isCompacted?: boolean },
  finding: RegExp | undefined,
][] = [
  ["what was acknowledged", log([0, 1, 2]), sends("idempotent", three), {}, undefined],
  ["a record less", log([0, 1]), sends("idempotent", three), {}, /lost: .* 2 acknowledged at 2/],
  ["another order", log([0, 2, 1]), sends("idempotent", three), {}, /replaced.*\n.*out of order/],
  ["a record twice", log([0, 1, 2, 1]), sends("idempotent", three), {}, /twice: .* 1 at 1 and 3/],
  ["an unsent record", log([0, 1, 2, 9]), sends("idempotent", three), {}, /not sent: .* 9 at 3/],
  ["a record left out", log([0, 2]), sends("idempotent", [[0, 0], [1], [2, 1]]), {}, /left out/],
  ["one given up", log([0]), sends("idempotent", [[0, 0], [1, "failed"]]), {}, /given up/],
  ["a hole", { ...log([0, 1]), ends: { start: 0, end: 3 } }, sends("plain", three), {}, /offsets/],
  ["a start that moved", log([1, 2], 1), sends("idempotent", three), {}, /cut: .* starts at 1/],
  ["a start that may move", log([1, 2], 1), sends("idempotent", three), { isCut: true }, undefined],
  ["a failed one there", log([0, 1]), sends("plain", [[0, 0], [1, "failed"]]), {}, undefined],
  [
    "a failed one missing",
    log([0, 2]),
    sends("plain", [[0, 0], [1, "failed"], [2, 1]]),
    {},
    undefined,
  ],
  ["a failed one twice", log([0, 1, 1]), sends("plain", [[0, 0], [1, "failed"]]), {}, /twice/],
  ["acks out of order", log([1, 0]), sends("plain", [[0, 1], [1, 0]]), {}, /order of ack/],
  ["an answer without offset", log([0, 1]), sends("idempotent", [[0, NaN], [1, 1]]), {}, undefined],
  ["one for nothing", log([1]), sends("idempotent", [[0, NaN], [1, 0]]), {}, /lost: .* 0 acknow/],
  ["a copy before", log([0, 1, 0]), sends("retrying", [[0, 2], [1, 1]]), {}, undefined],
  [
    "a copy after",
    log([0, 1, 0]),
    sends("retrying", [[0, 0], [1, 1]]),
    {},
    /copied: .* 0 at 2 again/,
  ],
  ["acks=0 with some", log([0, 2]), sends("unheard", [[0], [1], [2]]), {}, undefined],
  ["acks=0 twice", log([0, 0]), sends("unheard", [[0], [1]]), {}, /twice/],
  ["bytes of nobody", { ...log([0]), strange: [0] }, sends("plain", [[0, 0]]), {}, /nobody wrote/],
  ["another's", log([0]), { ...sends("plain", []), producer: "q" }, {}, /of nobody: p at 0/],
];

for (const [name, read, sent, keeping, finding] of partitions) {
  Deno.test(`A partition with ${name} is ${finding ? "found" : "whole"}`, () => {
    const findings = checkPartition("t-0", read, [sent], keeping);
    if (finding) match(findings.join("\n"), finding);
    else deepStrictEqual(findings, []);
  });
}

Deno.test("What was read and is another later, or gone, is found", () => {
  deepStrictEqual(checkUnchanged("t-0", log([0, 1]), log([0, 1, 2])), []);
  match(
    checkUnchanged("t-0", log([0, 1]), log([0, 2])).join(),
    /changed .* at 1: p 1, and then p 2/,
  );
  match(checkUnchanged("t-0", log([0, 1]), log([0])).join(), /read and gone: p 1 at 1/);
});

Deno.test("A compacted log keeps the newest of each key", () => {
  // Of two keys: 0, 2, 4 and 1, 3 (which takes the key away), 5.
  const key = keyOf(2);
  const sent = sends("idempotent", [[0, 0], [1, 1], [2, 2], [3, 3], [4, 4], [5, 5]]);
  const read = (ids: number[]): ReadPartition => ({
    strange: [],
    ends: { start: 0, end: 6 },
    records: ids.map((id) => {
      const { key: own, isTombstone } = key(id);
      return isTombstone
        ? { offset: id, key: own, producer: undefined, id: -1 }
        : { offset: id, key: own, producer: "p", id };
    }),
  });
  deepStrictEqual(checkCompacted("t-0", read([4, 5]), sent, key), []);
  deepStrictEqual(checkCompacted("t-0", read([0, 3, 4, 5]), sent, key), []);
  match(
    checkCompacted("t-0", read([2, 5]), sent, key).join(),
    /newest lost: of key-0: 2 and not 4/,
  );
  const gone = sends("idempotent", [[0, 0], [1, 1], [3, 3]]);
  deepStrictEqual(checkCompacted("t-0", read([0]), gone, key), [], "a key that was taken away");
  match(
    checkCompacted("t-0", read([0, 1]), gone, key).join(),
    /newest lost: of key-1: 1 and not 3/,
  );
});

/** Events in words: `a given`, `a 3` (processed), `a begins 4`, `a commits 4`, `final 4`. */
const events = (...lines: string[]) =>
  lines.map((line): GroupEvent => {
    const [member, what, offset] = line.split(" ");
    const types: Record<string, GroupEvent["type"]> = {
      given: "given",
      taken: "taken",
      begins: "committing",
      commits: "committed",
    };
    if (member === "final") {
      return { type: "final", member: "", partition: "t-0", offset: Number(what) };
    }
    const type = types[what] ?? "processed";
    return { type, member, partition: "t-0", offset: Number(offset ?? what) };
  });

const committed = ["a given", "a 0", "a 1", "a begins 2", "a commits 2"];
const unanswered = ["a given", "a 0", "a 1", "a begins 2"];
const groups: [name: string, lines: string[], finding: RegExp | undefined][] = [
  ["one member", [...committed, "a 2", "final 2"], undefined],
  ["a second that goes on", [...committed, "a 2", "b given", "b 2", "b 3"], undefined],
  ["an unanswered commit that counts", [...unanswered, "b given", "b 2"], undefined],
  ["an unanswered commit that is lost", [...unanswered, "b given", "b 0"], undefined],
  ["a lost commit", [...committed, "b given", "b 0"], /commit lost: b in t-0 begins at 0/],
  ["a commit lost at the end", [...committed, "final 0"], /commit lost: t-0 has 0 at the end/],
  ["a start nobody committed", [...committed, "a 2", "a 3", "b given", "b 3"], /commit lost/],
  ["a record skipped", ["a given", "a 0", "a 2"], /skipped: a in t-0: 2 where 1 was due/],
  ["a record read again", ["a given", "a 0", "a 1", "a 1"], /went back/],
  ["a member that was not given it", ["a given", "a 0", "b 1"], /not given: b in t-0/],
  ["an end not reached", ["a given", "a 0"], /left out: t-0 from 1 to 4/],
];

for (const [name, lines, finding] of groups) {
  Deno.test(`A group with ${name} is ${finding ? "found" : "whole"}`, () => {
    const ends = name.includes("not reached") ? new Map([["t-0", 4]]) : undefined;
    const findings = checkGroup("g", events(...lines), ends);
    if (finding) match(findings.join("\n"), finding);
    else strictEqual(findings.join("\n"), "");
  });
}
