import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { type Fetched, offsetBehind, recordsIn } from "../../src/client/fetched_records.ts";
import { producerId } from "../../src/base/mod.ts";
import { encodeBatch, encodeControlBatch } from "../../src/records/mod.ts";

const text = (value: Uint8Array | null) => new TextDecoder().decode(value ?? undefined);
const batch = (baseOffset: number, values: string[], ofProducer?: number) =>
  encodeBatch(
    values.map((value) => ({ key: null, value: new TextEncoder().encode(value), timestamp: 5 })),
    ofProducer === undefined ? { baseOffset } : {
      baseOffset,
      isTransactional: true,
      producerId: producerId(ofProducer),
      producerEpoch: 0,
      baseSequence: 0,
    },
  );
const marker = (baseOffset: number, type: "ABORT" | "COMMIT", ofProducer: number) =>
  encodeControlBatch([{ type, value: new Uint8Array(6) }], {
    timestamp: 5,
    baseOffset,
    isTransactional: true,
    producerId: producerId(ofProducer),
    producerEpoch: 0,
  });
const joined = (...parts: Uint8Array[]) => new Uint8Array(parts.flatMap((part) => [...part]));

function fetched(bytes: Uint8Array, changed: Partial<Fetched> = {}): Fetched {
  return { topic: "t", partition: 0, from: 0, until: Infinity, bytes, aborted: [], ...changed };
}
const valuesOf = (given: Fetched) =>
  [...recordsIn(given)].map(({ offset, value }) => `${offset} ${text(value)}`);

Deno.test("Records before the offset asked for, and from the end on, are stepped over", () => {
  const bytes = joined(batch(0, ["a", "b", "c"]), batch(3, ["d"]), batch(4, ["e", "f"]));
  deepStrictEqual(valuesOf(fetched(bytes, { from: 2, until: 5 })), ["2 c", "3 d", "4 e"]);
});

Deno.test("A batch that was cut at the answer's end is left for the next answer", () => {
  const whole = batch(0, ["a"]);
  const cut = joined(whole, batch(1, ["b"]).subarray(0, 40));
  deepStrictEqual(valuesOf(fetched(cut)), ["0 a"]);
  strictEqual(offsetBehind(cut, 0), 1);
  strictEqual(offsetBehind(new Uint8Array(), 7), 7);
});

Deno.test("Control records are never seen, but their offsets count", () => {
  const bytes = joined(batch(0, ["a"], 9), marker(1, "COMMIT", 9));
  deepStrictEqual(valuesOf(fetched(bytes)), ["0 a"]);
  strictEqual(offsetBehind(bytes, 0), 2);
});

Deno.test("Records of an aborted transaction are never seen; the same producer's next one is", () => {
  const bytes = joined(
    batch(0, ["lost"], 9),
    batch(1, ["other"], 8),
    batch(2, ["lost too"], 9),
    marker(3, "ABORT", 9),
    batch(4, ["kept"], 9),
    marker(5, "COMMIT", 9),
    marker(6, "COMMIT", 8),
  );
  const aborted = [{ producerId: 9, firstOffset: 0 }];
  deepStrictEqual(valuesOf(fetched(bytes, { aborted })), ["1 other", "4 kept"]);
});

Deno.test("A batch that arrives damaged is refused", () => {
  const bytes = batch(0, ["a"]);
  bytes[bytes.length - 2] ^= 1;
  throws(() => valuesOf(fetched(bytes)), { name: "CorruptRecords", reason: "crc" });
});
