import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  type AnsweredPartition,
  type FetchScope,
  FetchSessions,
  type SessionRequest,
  type WantedPartition,
} from "../../src/broker/fetch_sessions.ts";
import { ZERO_UUID } from "../../src/base/mod.ts";

let lastId = 0;
const nextId = () => lastId++;

const wanted = (partition: number, fetchOffset = 0): WantedPartition => ({
  topic: "orders",
  topicId: ZERO_UUID,
  partition,
  currentLeaderEpoch: -1,
  fetchOffset,
  lastFetchedEpoch: -1,
  logStartOffset: -1,
  maxBytes: 1024,
});
const request = (
  sessionId: number,
  sessionEpoch: number,
  partitions: WantedPartition[],
  more: Partial<SessionRequest> = {},
): SessionRequest => ({
  sessionId,
  sessionEpoch,
  usesTopicIds: false,
  isFollower: false,
  wanted: partitions,
  forgotten: [],
  ...more,
});
const answer = (more: Partial<AnsweredPartition> = {}): AnsweredPartition => ({
  hasRecords: false,
  highWatermark: 0,
  logStartOffset: 0,
  preferredReadReplica: -1,
  isDiverging: false,
  isError: false,
  ...more,
});
function opened(result: FetchScope | string): FetchScope {
  ok(typeof result !== "string", `refused: ${result}`);
  return result;
}
/** Answers every partition of the scope alike and returns those that are sent. */
const sent = (scope: FetchScope, like = answer()) =>
  scope.partitions.filter((partition) => scope.includes(partition, like)).map((p) => p.partition);

Deno.test("A full fetch without a session sends everything and remembers nothing", () => {
  const sessions = new FetchSessions({ slots: 10 }, nextId);
  const scope = opened(sessions.open(request(0, -1, [wanted(0), wanted(1)]), 0));
  strictEqual(scope.sessionId, 0);
  deepStrictEqual(sent(scope), [0, 1]);
  strictEqual(sessions.size, 0);
});

Deno.test("An incremental fetch remembers the partitions and sends only what changed", () => {
  const sessions = new FetchSessions({ slots: 10 }, nextId);
  const full = opened(sessions.open(request(0, 0, [wanted(0), wanted(1), wanted(2)]), 0));
  deepStrictEqual(sent(full), [0, 1, 2]);

  const quiet = opened(sessions.open(request(full.sessionId, 1, []), 0));
  strictEqual(quiet.partitions.length, 3);
  deepStrictEqual(sent(quiet), []);

  const moved = opened(sessions.open(request(full.sessionId, 2, [wanted(1, 7)]), 0));
  strictEqual(moved.partitions.find((p) => p.partition === 1)?.fetchOffset, 7);
  deepStrictEqual(sent(moved, answer({ highWatermark: 5 })), [0, 1, 2]);
});

// what an answer says, whether it is sent although the session has sent the same before
const answers: [string, Partial<AnsweredPartition>, boolean][] = [
  ["nothing new", {}, false],
  ["records", { hasRecords: true }, true],
  ["a new high watermark", { highWatermark: 3 }, true],
  ["a new log start", { logStartOffset: 1 }, true],
  ["an error", { isError: true }, true],
  ["a diverging epoch", { isDiverging: true }, true],
  ["a preferred replica", { preferredReadReplica: 2 }, true],
];
for (const [what, like, isSent] of answers) {
  Deno.test(`An incremental answer with ${what} is ${isSent ? "sent" : "left out"}`, () => {
    const sessions = new FetchSessions({ slots: 10 }, nextId);
    const full = opened(sessions.open(request(0, 0, [wanted(0)]), 0));
    sent(full);
    const next = opened(sessions.open(request(full.sessionId, 1, []), 0));
    deepStrictEqual(sent(next, answer(like)), isSent ? [0] : []);
  });
}

Deno.test("An error is told again, and the first good answer after it too", () => {
  const sessions = new FetchSessions({ slots: 10 }, nextId);
  const { sessionId } = opened(sessions.open(request(0, 0, [wanted(0)]), 0));
  const fetch = (epoch: number) => opened(sessions.open(request(sessionId, epoch, []), 0));
  deepStrictEqual(sent(fetch(1), answer({ isError: true })), [0]);
  deepStrictEqual(sent(fetch(2), answer({ isError: true })), [0]);
  deepStrictEqual(sent(fetch(3)), [0]);
  deepStrictEqual(sent(fetch(4)), []);
});

Deno.test("A partition that gave data goes to the end of the order", () => {
  const sessions = new FetchSessions({ slots: 10 }, nextId);
  const { sessionId } = opened(sessions.open(request(0, 0, [wanted(0), wanted(1), wanted(2)]), 0));
  const first = opened(sessions.open(request(sessionId, 1, []), 0));
  first.includes(first.partitions[0], answer({ hasRecords: true }));
  const second = opened(sessions.open(request(sessionId, 2, []), 0));
  deepStrictEqual(second.partitions.map((p) => p.partition), [1, 2, 0]);
});

Deno.test("Forgotten partitions leave, and with the last one the session ends", () => {
  const sessions = new FetchSessions({ slots: 10 }, nextId);
  const { sessionId } = opened(sessions.open(request(0, 0, [wanted(0), wanted(1)]), 0));
  const forget = (partitions: number[]) => ({
    forgotten: [{ topic: "orders", topicId: ZERO_UUID, partitions }],
  });
  const one = opened(sessions.open(request(sessionId, 1, [], forget([0])), 0));
  deepStrictEqual(one.partitions.map((p) => p.partition), [1]);
  const none = opened(sessions.open(request(sessionId, 2, [], forget([1])), 0));
  strictEqual(none.sessionId, 0);
  strictEqual(sessions.size, 0);
  strictEqual(sessions.partitionCount, 0);
});

Deno.test("Unknown ids, wrong epochs and mixed names and ids are refused by name", () => {
  const sessions = new FetchSessions({ slots: 10 }, nextId);
  const { sessionId } = opened(sessions.open(request(0, 0, [wanted(0)]), 0));
  strictEqual(sessions.open(request(999_999, 1, []), 0), "FETCH_SESSION_ID_NOT_FOUND");
  strictEqual(sessions.open(request(sessionId, 2, []), 0), "INVALID_FETCH_SESSION_EPOCH");
  const byId = request(sessionId, 1, [], { usesTopicIds: true });
  strictEqual(sessions.open(byId, 0), "FETCH_SESSION_TOPIC_ID_ERROR");
  opened(sessions.open(request(sessionId, 1, []), 0)); // none of these moved the epoch
});

Deno.test("A full fetch under an old id closes that session", () => {
  const sessions = new FetchSessions({ slots: 10 }, nextId);
  const { sessionId } = opened(sessions.open(request(0, 0, [wanted(0)]), 0));
  const anew = opened(sessions.open(request(sessionId, 0, [wanted(0)]), 0));
  ok(anew.sessionId !== sessionId);
  strictEqual(sessions.size, 1);
  opened(sessions.open(request(anew.sessionId, -1, [wanted(0)]), 0));
  strictEqual(sessions.size, 0);
});

Deno.test("A full cache declines, and gives way once a session is unused for two minutes", () => {
  const sessions = new FetchSessions({ slots: 1 }, nextId);
  const first = opened(sessions.open(request(0, 0, [wanted(0)]), 0));
  strictEqual(opened(sessions.open(request(0, 0, [wanted(0)]), 60_000)).sessionId, 0);
  const second = opened(sessions.open(request(0, 0, [wanted(0)]), 120_001));
  ok(second.sessionId > 0);
  strictEqual(
    sessions.open(request(first.sessionId, 1, []), 120_001),
    "FETCH_SESSION_ID_NOT_FOUND",
  );
});

Deno.test("A follower takes the place of an old consumer's session, never the other way round", () => {
  const sessions = new FetchSessions({ slots: 1 }, nextId);
  const consumer = opened(sessions.open(request(0, 0, [wanted(0)]), 0));
  opened(sessions.open(request(consumer.sessionId, 1, []), 120_000)); // in use
  const isFollower = { isFollower: true };
  const follower = opened(sessions.open(request(0, 0, [wanted(0)], isFollower), 120_001));
  ok(follower.sessionId > 0);
  opened(sessions.open(request(follower.sessionId, 1, [], isFollower), 300_000));
  const many = [0, 1, 2, 3].map((partition) => wanted(partition));
  strictEqual(opened(sessions.open(request(0, 0, many), 300_001)).sessionId, 0);
});

Deno.test("Partitions remembered over all sessions are bounded", () => {
  const sessions = new FetchSessions({ slots: 10, maxPartitions: 3 }, nextId);
  const first = opened(sessions.open(request(0, 0, [wanted(0), wanted(1)]), 0));
  strictEqual(opened(sessions.open(request(0, 0, [wanted(0), wanted(1)]), 0)).sessionId, 0);
  const grown = [2, 3].map((partition) => wanted(partition));
  strictEqual(sessions.open(request(first.sessionId, 1, grown), 0), "FETCH_SESSION_ID_NOT_FOUND");
  strictEqual(sessions.partitionCount, 0);
});
