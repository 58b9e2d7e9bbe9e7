import { deepStrictEqual, ok } from "node:assert/strict";
import { BATCH_HEADER_BYTES } from "../../src/records/mod.ts";
import { ProvenSums } from "../../src/log/proven_sums.ts";
import { SUMMED_FROM } from "../../src/records/mod.ts";
import { batch } from "./kit.ts";

/** Of records of these lengths, one a batch. */
function batchesOf(lengths: readonly number[]) {
  const batches = lengths.map((length) => batch(["x".repeat(length)], { keys: false }));
  const places: { at: number; size: number }[] = [];
  let end = 0;
  for (const { length: size } of batches) {
    places.push({ at: end, size });
    end += size;
  }
  const bytes = new Uint8Array(end);
  for (const [i, { at }] of places.entries()) bytes.set(batches[i], at);
  return { bytes, places };
}

const small = Array.from({ length: 400 }, (_, i) => (i * 37) % 600);
const mixed = [100, 70_000, 10, 10, 65_536, 65_400, 0, 200_000, 200_000, 5, 30_000, 30_000, 30_000];

for (const [name, lengths] of [["small", small], ["small and large", mixed]] as const) {
  Deno.test(`Of ${name} batches only those are wrong that were changed`, () => {
    const { bytes, places } = batchesOf(lengths);
    const verdicts = () => {
      const sums = new ProvenSums(bytes, bytes.length);
      return places.map(({ at, size }) => sums.isRight(at, size));
    };
    ok(verdicts().every((isRight) => isRight));
    for (let step = 1; step < lengths.length; step++) {
      const isChanged = (i: number) => i % step === step - 1;
      const flip = () => {
        for (const [i, { at, size }] of places.entries()) {
          const where = SUMMED_FROM + (i * 101) % (size - SUMMED_FROM);
          if (isChanged(i)) bytes[at + where] ^= 1 << (i & 7);
        }
      };
      flip();
      deepStrictEqual(verdicts(), places.map((_, i) => !isChanged(i)));
      flip();
    }
  });
}

Deno.test("Only whole batches are looked at", () => {
  const { bytes, places: [first, second] } = batchesOf([100, 100, 100]);
  const cut = bytes.subarray(0, 2 * first.size + BATCH_HEADER_BYTES);
  const sums = new ProvenSums(cut, second.at + second.size);
  ok(sums.isRight(first.at, first.size));
  ok(sums.isRight(second.at, second.size));
});
