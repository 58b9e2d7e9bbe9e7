import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { sliceBy } from "../../src/net/slices.ts";
import { concat } from "./scripted_connection.ts";

const piecesOf = (sizes: number[]) =>
  sizes.map((size, index) => new Uint8Array(size).fill(index + 1));

for (const limit of [1, 7, 10, 64, 1000]) {
  Deno.test(`Slices of ${limit} bytes hold everything, in order, and none is longer`, () => {
    const pieces = piecesOf([1, 10, 0, 33, 7, 64]);
    const slices = [...sliceBy(pieces, limit)];
    deepStrictEqual(concat(...slices.flat()), concat(...pieces));
    for (const slice of slices.slice(0, -1)) strictEqual(concat(...slice).length, limit);
    ok(concat(...slices.at(-1)!).length <= limit);
  });
}
