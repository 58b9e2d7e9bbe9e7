import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { Backlog } from "../../src/plugin/mod.ts";

const RECORD_BYTES = 132; // 100 of value and 32 that each record counts for
const record = (n: number) => ({ key: null, value: `${n}`.padEnd(100) });
const numbers = (waiting: { record: { value: unknown } }[]) =>
  waiting.map(({ record }) => Number(record.value));
const all = { maxBytes: Infinity, maxRecords: Infinity };

function filled(keep: "newest" | "all", records: number, room: number): Backlog {
  const backlog = new Backlog({ keep, maxBytes: room * RECORD_BYTES });
  for (let n = 1; n <= records; n++) backlog.push(record(n));
  return backlog;
}

Deno.test("Records come out in order, in batches of the size asked for", () => {
  const backlog = filled("all", 5, 10);
  deepStrictEqual(numbers(backlog.take({ maxBytes: Infinity, maxRecords: 2 })), [1, 2]);
  deepStrictEqual(numbers(backlog.take({ maxBytes: 2 * RECORD_BYTES, maxRecords: 9 })), [3, 4]);
  deepStrictEqual(
    numbers(backlog.take({ maxBytes: 1, maxRecords: 9 })),
    [5],
    "one record at least",
  );
  ok(backlog.isEmpty);
});

Deno.test("Keeping the newest, the oldest are dropped beyond the bound and counted", () => {
  const backlog = filled("newest", 10, 3);
  deepStrictEqual([backlog.dropped, backlog.records], [7, 3]);
  deepStrictEqual(numbers(backlog.take(all)), [8, 9, 10]);
  strictEqual(backlog.isFull, false);
});

Deno.test("One record stays, even when it alone is larger than the bound", () => {
  const backlog = new Backlog({ keep: "newest", maxBytes: 10 });
  backlog.push(record(1));
  backlog.push(record(2));
  deepStrictEqual([backlog.dropped, ...numbers(backlog.take(all))], [1, 2]);
});

Deno.test("Keeping all, nothing is dropped, and it says when it is full", () => {
  const backlog = filled("all", 3, 3);
  ok(backlog.isFull);
  const batch = backlog.take({ maxBytes: Infinity, maxRecords: 1 });
  ok(backlog.isFull, "what is on its way still takes room");
  backlog.done(batch);
  strictEqual(backlog.isFull, false);
  strictEqual(backlog.dropped, 0);
});

Deno.test("What is put back waits ahead of what came later, and can be dropped like the rest", () => {
  const backlog = filled("newest", 2, 3);
  const batch = backlog.take(all);
  backlog.push(record(3));
  backlog.push(record(4));
  strictEqual(backlog.dropped, 1, "3, as 1 and 2 on their way take room");
  backlog.putBack(batch);
  deepStrictEqual(numbers(backlog.take(all)), [1, 2, 4]);
});

Deno.test("Bytes and counts come back to nothing", () => {
  const backlog = filled("newest", 5000, 1000);
  while (!backlog.isEmpty) backlog.done(backlog.take({ maxBytes: Infinity, maxRecords: 7 }));
  deepStrictEqual([backlog.bytes, backlog.records, backlog.dropped], [0, 0, 4000]);
});
