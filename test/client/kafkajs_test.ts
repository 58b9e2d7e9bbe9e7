import { strictEqual } from "node:assert/strict";
import { loadKafkajs } from "../../src/client/kafkajs.ts";

Deno.test("An idle kafkajs connection sets no timer", async () => {
  await loadKafkajs();
  // @ts-ignore: an inner module, which has no types.
  const { default: Queue } = await import("kafkajs/src/network/requestQueue/index.js");
  const logger = { debug() {}, warn() {} };
  const queue = new Queue({ maxInFlightRequests: 1, requestTimeout: 1000, logger });
  queue.checkPendingRequests();
  strictEqual(queue.throttleCheckTimeoutId, null);
});
