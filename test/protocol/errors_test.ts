/** The error table. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { errorCode, errorName, ERRORS, isRetriable, KafkaError } from "../../src/protocol/mod.ts";

Deno.test("The codes are -1 to 133, each once, in order", () => {
  const codes = Object.values(ERRORS).map(({ code }) => code as number);
  deepStrictEqual(codes, Array.from({ length: 135 }, (_, index) => index - 1));
});

Deno.test("A code and its name lead to each other", () => {
  strictEqual(errorCode("NOT_LEADER_OR_FOLLOWER"), 6);
  strictEqual(errorName(6), "NOT_LEADER_OR_FOLLOWER");
  strictEqual(errorName(0), "NONE");
  strictEqual(errorName(999), "UNKNOWN_SERVER_ERROR");
});

Deno.test("Retriable is what clients retry", () => {
  ok(isRetriable("COORDINATOR_LOAD_IN_PROGRESS"));
  ok(!isRetriable("UNKNOWN_MEMBER_ID"));
});

Deno.test("A KafkaError carries the table's words unless it has better ones", () => {
  const plain = new KafkaError("TOPIC_ALREADY_EXISTS");
  strictEqual(plain.message, ERRORS.TOPIC_ALREADY_EXISTS.message);
  strictEqual(plain.code, 36);
  const cause = new Error("deeper");
  const told = new KafkaError("INVALID_CONFIG", "Cannot set segment.bytes: 3 is below 14", {
    cause,
  });
  strictEqual(told.message, "Cannot set segment.bytes: 3 is below 14");
  strictEqual(told.cause, cause);
});

Deno.test("Messages are sentences without a full stop", () => {
  for (const [name, { message }] of Object.entries(ERRORS)) {
    ok(/^[A-Za-z].*[^.]$/.test(message), name);
  }
});
