import { strictEqual } from "node:assert/strict";
import { checkFetched } from "../../../src/node/quorum/fetched.ts";
import { encodeBatch, encodeControlBatch } from "../../../src/records/mod.ts";

const batch = (baseOffset: number, partitionLeaderEpoch: number, count = 1) =>
  encodeBatch(
    Array.from({ length: count }, () => ({ value: Uint8Array.of(1), timestamp: 1 })),
    { baseOffset, partitionLeaderEpoch },
  );
const joined = (...parts: Uint8Array[]) => new Uint8Array(parts.flatMap((part) => [...part]));
const flipped = (bytes: Uint8Array, at: number) =>
  bytes.map((byte, i) => i === at ? byte ^ 1 : byte);
const nonsense = encodeControlBatch([{ type: "KRAFT_VERSION", value: new Uint8Array(0) }], {
  timestamp: 1,
  baseOffset: 7,
  partitionLeaderEpoch: 3,
});

const CASES: [what: string, bytes: Uint8Array, why: string | undefined][] = [
  ["what comes next", joined(batch(7, 3, 2), batch(9, 4)), undefined],
  ["a hole", batch(8, 3), "offset 8 where 7 comes next"],
  ["what is there", batch(6, 3), "offset 6 where 7 comes next"],
  ["a hole behind the first", joined(batch(7, 3), batch(9, 3)), "offset 9 where 8 comes next"],
  ["an epoch that is over", batch(7, 2), "epoch 2 at offset 7, behind 3"],
  ["an epoch that has not begun", batch(7, 5), "epoch 5 at offset 7, behind 3"],
  ["a changed bit", flipped(batch(7, 3), 65), "wrong checksum at offset 7"],
  ["half a batch", joined(batch(7, 3), batch(8, 3).subarray(0, 40)), "the last batch is cut short"],
];
for (const [what, bytes, why] of CASES) {
  Deno.test(`A leader sent ${what}: ${why ?? "taken"}`, () => {
    strictEqual(checkFetched(bytes, { epoch: 3, endOffset: 7 }, 4), why);
  });
}

Deno.test("Voters that can't be read are not taken into the log", () => {
  const why = checkFetched(nonsense, { epoch: 3, endOffset: 7 }, 4);
  strictEqual(typeof why, "string");
});
