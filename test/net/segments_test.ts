import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { joinSmall, sliceBy } from "../../src/net/segments.ts";
import { concat } from "./scripted_connection.ts";

const piecesOf = (sizes: number[]) =>
  sizes.map((size, index) => new Uint8Array(size).fill(index + 1));

// sizes, sizes after joining
const joins: [number[], number[]][] = [
  [[], []],
  [[10], [10]],
  [[10, 20, 30], [60]],
  [[10, 100_000, 20], [10, 100_000, 20]],
  [[10, 20, 100_000, 20, 0, 5], [30, 100_000, 25]],
  [[16_000, 16_000, 16_000, 16_000, 16_000], [64_000, 16_000]],
];
for (const [sizes, expected] of joins) {
  Deno.test(`Pieces of ${sizes.join(", ") || "nothing"} bytes leave as ${expected.join(", ") || "nothing"}`, () => {
    const pieces = piecesOf(sizes);
    const joined = joinSmall(pieces);
    deepStrictEqual(joined.map((piece) => piece.length), expected);
    deepStrictEqual(concat(...joined), concat(...pieces));
  });
}

Deno.test("A large piece is passed on, not copied", () => {
  const pieces = piecesOf([10, 100_000, 10]);
  ok(joinSmall(pieces).includes(pieces[1]));
});

for (const limit of [1, 7, 10, 64, 1000]) {
  Deno.test(`Slices of ${limit} bytes hold everything, in order, and none is longer`, () => {
    const pieces = piecesOf([1, 10, 0, 33, 7, 64]);
    const slices = [...sliceBy(pieces, limit)];
    deepStrictEqual(concat(...slices.flat()), concat(...pieces));
    for (const slice of slices.slice(0, -1)) strictEqual(concat(...slice).length, limit);
    ok(concat(...slices.at(-1)!).length <= limit);
  });
}
