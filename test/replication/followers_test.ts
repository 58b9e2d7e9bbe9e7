/**
 * Several brokers and the partitions that they have in common: what is copied, when it counts as
 * committed, who is in sync, and what becomes of a log whose leader had something else.
 */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { Brokers } from "./brokers.ts";

Deno.test("What a leader appends is on its followers, and committed when all in sync have it", async () => {
  const brokers = await Brokers.start();
  brokers.createTopic("orders");
  const { error } = await brokers.settle(brokers.produce(1, "orders", ["one", "two"]));
  strictEqual(error, "NONE");
  await brokers.until(
    "all know it",
    () => brokers.ids.every((id) => brokers.replica(id, "orders").highWatermark === 2),
  );
  for (const id of brokers.ids) deepStrictEqual(brokers.values(id, "orders"), ["one", "two"]);
  await brokers.close();
});
