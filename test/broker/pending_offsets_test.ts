import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { PendingOffsets } from "../../src/broker/pending_offsets.ts";

const record = (key: string, value: string, offset: number) => ({
  key: new TextEncoder().encode(key),
  value: new TextEncoder().encode(value),
  offset,
  timestamp: 0,
  headers: [],
});
const texts = (records: { value: Uint8Array | null }[]) =>
  records.map(({ value }) => new TextDecoder().decode(value!));

Deno.test("Offsets of a transaction count when it commits, the last of each partition", () => {
  const pending = new PendingOffsets();
  pending.add(1, record("a", "1", 0));
  pending.add(1, record("b", "2", 1));
  pending.add(2, record("a", "of another", 2));
  pending.add(1, record("a", "3", 3));
  deepStrictEqual(texts(pending.end(1, { isCommitted: true })), ["2", "3"]);
  strictEqual(pending.size, 1);
});

Deno.test("Offsets of an aborted transaction never count, nor those of one that has none", () => {
  const pending = new PendingOffsets();
  pending.add(1, record("a", "1", 0));
  deepStrictEqual(pending.end(1, { isCommitted: false }), []);
  deepStrictEqual(pending.end(1, { isCommitted: true }), []);
  strictEqual(pending.size, 0);
});

Deno.test("What was committed for a partition meanwhile is newer than the transaction's", () => {
  const pending = new PendingOffsets();
  pending.add(1, record("a", "1", 0));
  pending.add(1, record("b", "2", 1));
  pending.overwrite(new TextEncoder().encode("a"));
  deepStrictEqual(texts(pending.end(1, { isCommitted: true })), ["2"]);
});
