/**
 * Groups through the handler: the coordinator's own rules are tested in its room, here it is the
 * road there and back.
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { ZERO_UUID } from "../../src/base/mod.ts";
import { OFFSETS_TOPIC } from "../../src/broker/mod.ts";
import {
  DeleteGroupsRequest,
  DeleteGroupsResponse,
  DescribeGroupsRequest,
  DescribeGroupsResponse,
  errorName,
  FindCoordinatorRequest,
  FindCoordinatorResponse,
  HeartbeatRequest,
  HeartbeatResponse,
  JoinGroupRequest,
  JoinGroupResponse,
  LeaveGroupRequest,
  LeaveGroupResponse,
  ListGroupsRequest,
  ListGroupsResponse,
  OffsetCommitRequest,
  OffsetCommitResponse,
  OffsetDeleteRequest,
  OffsetDeleteResponse,
  OffsetFetchRequest,
  OffsetFetchResponse,
  SyncGroupRequest,
  SyncGroupResponse,
} from "../../src/protocol/mod.ts";
import { BatchView, emptied, encodeControlBatch } from "../../src/records/mod.ts";
import { decode, encode, TestBroker, versionsOf } from "./kit.ts";

const FIND = [FindCoordinatorRequest, FindCoordinatorResponse] as const;
const JOIN = [JoinGroupRequest, JoinGroupResponse] as const;
const SYNC = [SyncGroupRequest, SyncGroupResponse] as const;
const HEARTBEAT = [HeartbeatRequest, HeartbeatResponse] as const;
const LEAVE = [LeaveGroupRequest, LeaveGroupResponse] as const;
const COMMIT = [OffsetCommitRequest, OffsetCommitResponse] as const;
const OFFSETS = [OffsetFetchRequest, OffsetFetchResponse] as const;

async function start(): Promise<TestBroker> {
  const broker = await TestBroker.start();
  broker.createTopic("orders", { partitions: 2 });
  await broker.ask(FIND, 1, { key: "shop" }); // makes the offsets topic
  return broker;
}

/** Joins with as many requests as the version takes, and becomes the only member. */
async function join(broker: TestBroker, version: number, groupId = "shop") {
  const request = {
    groupId,
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: version >= 1 ? 10_000 : -1,
    protocolType: "consumer",
    protocols: [{ name: "range", metadata: encode("topics") }],
  };
  const send = async (memberId: string) => {
    const answer = broker.ask(JOIN, version, { ...request, memberId });
    await broker.platform.clock.advanceAndSettle(10);
    return answer;
  };
  const first = await send("");
  if (errorName(first.errorCode) !== "MEMBER_ID_REQUIRED") return first;
  return await send(first.memberId);
}

/** A member of a stable group. */
async function member(broker: TestBroker, groupId = "shop") {
  const { memberId, generationId } = await join(broker, 5, groupId);
  await broker.ask(SYNC, 3, {
    groupId,
    generationId,
    memberId,
    assignments: [{ memberId, assignment: encode("all") }],
  });
  return { groupId, memberId, generationId };
}

Deno.test("The first question for a coordinator makes the offsets topic, in every version", async () => {
  for (const version of [0, 1, 2, 3, 4, 5, 6]) {
    const broker = await TestBroker.start();
    const answer = await broker.ask(
      FIND,
      version,
      version < 4 ? { key: "g" } : { coordinatorKeys: ["g"] },
    );
    const { nodeId, host, port, errorCode } = version < 4 ? answer : answer.coordinators[0];
    deepStrictEqual([errorName(errorCode), nodeId, host, port], ["NONE", 1, "broker.test", 9092]);
    ok(broker.image.topicByName(OFFSETS_TOPIC));
    await broker.close();
  }
});

Deno.test("Transactions have no coordinator, and clients are told to give up", async () => {
  const broker = await TestBroker.start();
  const answer = await broker.ask(FIND, 2, { key: "t", keyType: 1 });
  strictEqual(errorName(answer.errorCode), "TRANSACTIONAL_ID_AUTHORIZATION_FAILED");
  await broker.close();
});

Deno.test("Before the offsets topic is there, nobody is a coordinator", async () => {
  const broker = await TestBroker.start();
  const answer = await broker.ask(HEARTBEAT, 4, { groupId: "shop", memberId: "m" });
  strictEqual(errorName(answer.errorCode), "COORDINATOR_NOT_AVAILABLE");
  await broker.close();
});

Deno.test("A member joins, is assigned, beats, and leaves, in every version", async () => {
  for (const version of versionsOf(await TestBroker.start(), 11)) {
    const broker = await start();
    const joined = await join(broker, version);
    strictEqual(joined.errorCode, 0);
    strictEqual(joined.leader, joined.memberId);
    deepStrictEqual(joined.members.map(({ metadata }) => decode(metadata)), ["topics"]);
    const { memberId, generationId } = joined;
    const mine = { groupId: "shop", memberId, generationId };
    const synced = await broker.ask(SYNC, Math.min(version, 5), {
      ...mine,
      protocolType: "consumer",
      protocolName: "range",
      assignments: [{ memberId, assignment: encode("all") }],
    });
    strictEqual(decode(synced.assignment), "all");
    const beat = await broker.ask(HEARTBEAT, Math.min(version, 4), mine);
    strictEqual(errorName(beat.errorCode), "NONE");
    const members = [{ memberId }];
    const leaveVersion = Math.min(version, 5);
    const request = leaveVersion >= 3
      ? { groupId: "shop", members }
      : { groupId: "shop", memberId };
    strictEqual(errorName((await broker.ask(LEAVE, leaveVersion, request)).errorCode), "NONE");
    await broker.close();
  }
});

Deno.test("Offsets are committed and fetched, in every version", async () => {
  const broker = await start();
  const { memberId, generationId } = await member(broker);
  const topicId = broker.image.topicIdOf("orders")!;
  for (const version of versionsOf(broker, 8)) {
    const answer = await broker.ask(COMMIT, version, {
      groupId: "shop",
      memberId,
      generationIdOrMemberEpoch: generationId,
      topics: [{
        name: "orders",
        topicId,
        partitions: [
          { partitionIndex: 0, committedOffset: version, committedMetadata: "m" },
          { partitionIndex: 7, committedOffset: 1, committedMetadata: "" },
        ],
      }],
    });
    strictEqual(answer.topics[0].topicId, version >= 10 ? topicId : ZERO_UUID);
    deepStrictEqual(answer.topics[0].partitions.map((p) => errorName(p.errorCode)), [
      "NONE",
      "UNKNOWN_TOPIC_OR_PARTITION",
    ]);
  }
  for (const version of versionsOf(broker, 9)) {
    const topics = [{ name: "orders", topicId, partitionIndexes: [0, 1] }];
    const request = version >= 8
      ? { groups: [{ groupId: "shop", topics }] }
      : { groupId: "shop", topics: [{ name: "orders", partitionIndexes: [0, 1] }] };
    const answer = await broker.ask(OFFSETS, version, request);
    const [topic] = version >= 8 ? answer.groups[0].topics : answer.topics;
    deepStrictEqual(
      topic.partitions.map(({ committedOffset, metadata }) => [committedOffset, metadata]),
      [
        [10, "m"],
        [-1, ""],
      ],
    );
  }
  await broker.close();
});

Deno.test("Null asks for all offsets of a group", async () => {
  const broker = await start();
  await broker.ask(COMMIT, 7, {
    groupId: "tool",
    generationIdOrMemberEpoch: -1,
    topics: [{ name: "orders", partitions: [{ partitionIndex: 1, committedOffset: 4 }] }],
  });
  for (const version of [2, 7, 8, 10]) {
    const request = version >= 8
      ? { groups: [{ groupId: "tool", topics: null }] }
      : { groupId: "tool", topics: null };
    const answer = await broker.ask(OFFSETS, version, request);
    const topics = version >= 8 ? answer.groups[0].topics : answer.topics;
    deepStrictEqual(topics.map(({ partitions }) => partitions[0].committedOffset), [4]);
  }
  await broker.close();
});

Deno.test("A commit is answered when it is synced", async () => {
  const broker = await start();
  await broker.ask(COMMIT, 7, {
    groupId: "tool",
    generationIdOrMemberEpoch: -1,
    topics: [{ name: "orders", partitions: [{ partitionIndex: 1, committedOffset: 4 }] }],
  });
  const partition = broker.broker.groups.partitionFor("tool");
  const { log } = broker.replicas.get(OFFSETS_TOPIC, partition)!;
  deepStrictEqual([log.logEndOffset, log.durableEndOffset], [1, 1]);
  await broker.close();
});

Deno.test("Offsets and groups survive a restart of the broker", async () => {
  const first = await start();
  await member(first);
  await first.ask(COMMIT, 7, {
    groupId: "tool",
    generationIdOrMemberEpoch: -1,
    topics: [{ name: "orders", partitions: [{ partitionIndex: 1, committedOffset: 4 }] }],
  });
  const { platform, image } = first;
  await first.close();

  const second = await TestBroker.start({ platform });
  second.apply(image.toRecords());
  await platform.clock.advanceAndSettle(1);
  const answer = await second.ask(OFFSETS, 8, { groups: [{ groupId: "tool", topics: null }] });
  strictEqual(answer.groups[0].topics[0].partitions[0].committedOffset, 4);
  const described = await second.ask([DescribeGroupsRequest, DescribeGroupsResponse] as const, 4, {
    groups: ["shop"],
  });
  strictEqual(described.groups[0].groupState, "Stable");
  await second.close();
});

Deno.test("A marker that a cleaning has emptied does not keep groups from being loaded", async () => {
  const first = await start();
  const topics = [{ name: "orders", partitions: [{ partitionIndex: 1, committedOffset: 4 }] }];
  await first.ask(COMMIT, 7, { groupId: "tool", generationIdOrMemberEpoch: -1, topics });
  const { log } = first.replicas.get(OFFSETS_TOPIC, first.broker.groups.partitionFor("tool"))!;
  const marker = encodeControlBatch([{ type: "COMMIT", value: new Uint8Array(6) }], {
    timestamp: 1,
    producerId: 1,
    producerEpoch: 0,
    isTransactional: true,
    baseOffset: log.logEndOffset,
    partitionLeaderEpoch: log.latestEpoch!,
  });
  log.appendAsFollower(emptied(new BatchView(marker)));
  const { platform, image } = first;
  await first.close();

  const second = await TestBroker.start({ platform });
  second.apply(image.toRecords());
  await platform.clock.advanceAndSettle(1);
  const answer = await second.ask(OFFSETS, 8, { groups: [{ groupId: "tool", topics: null }] });
  strictEqual(answer.groups[0].topics[0].partitions[0].committedOffset, 4);
  await second.close();
});

Deno.test("Groups are listed, described and deleted, in every version", async () => {
  const broker = await start();
  const { memberId } = await member(broker);
  const describe = [DescribeGroupsRequest, DescribeGroupsResponse] as const;
  for (const version of versionsOf(broker, 15)) {
    const request = { groups: ["shop", "none"], includeAuthorizedOperations: version >= 3 };
    const [shop, none] = (await broker.ask(describe, version, request)).groups;
    deepStrictEqual([shop.groupState, shop.members[0].memberId], ["Stable", memberId]);
    strictEqual(shop.members[0].clientHost, "/127.0.0.1");
    const dead = version >= 6 ? "GROUP_ID_NOT_FOUND" : "NONE";
    deepStrictEqual([none.groupState, errorName(none.errorCode)], ["Dead", dead]);
  }
  for (const version of versionsOf(broker, 16)) {
    const list = [ListGroupsRequest, ListGroupsResponse] as const;
    const { groups } = await broker.ask(list, version, {});
    deepStrictEqual(groups.map(({ groupId }) => groupId), ["shop"]);
  }
  for (const version of versionsOf(broker, 42)) {
    const remove = [DeleteGroupsRequest, DeleteGroupsResponse] as const;
    const { results } = await broker.ask(remove, version, { groupsNames: ["shop", "none"] });
    deepStrictEqual(results.map(({ errorCode }) => errorName(errorCode)), [
      "NON_EMPTY_GROUP",
      "GROUP_ID_NOT_FOUND",
    ]);
  }
  await broker.close();
});

Deno.test("OffsetDelete forgets an offset", async () => {
  const broker = await start();
  const topics = [{ name: "orders", partitions: [{ partitionIndex: 1, committedOffset: 4 }] }];
  await broker.ask(COMMIT, 7, { groupId: "tool", generationIdOrMemberEpoch: -1, topics });
  const remove = [OffsetDeleteRequest, OffsetDeleteResponse] as const;
  const answer = await broker.ask(remove, 0, { groupId: "tool", topics });
  strictEqual(errorName(answer.errorCode), "NONE");
  const after = await broker.ask(OFFSETS, 8, { groups: [{ groupId: "tool", topics: null }] });
  deepStrictEqual(after.groups[0].topics, []);
  await broker.close();
});

Deno.test("OffsetDelete refuses partitions that do not exist, and forgets the others", async () => {
  const broker = await start();
  const partitions = [{ partitionIndex: 1, committedOffset: 4 }];
  const topics = [{ name: "orders", partitions }];
  await broker.ask(COMMIT, 7, { groupId: "tool", generationIdOrMemberEpoch: -1, topics });
  const remove = [OffsetDeleteRequest, OffsetDeleteResponse] as const;
  const answer = await broker.ask(remove, 0, {
    groupId: "tool",
    topics: [
      { name: "nowhere", partitions: [{ partitionIndex: 0 }] },
      { name: "orders", partitions: [{ partitionIndex: 9 }, { partitionIndex: 1 }] },
    ],
  });
  deepStrictEqual(
    answer.topics.map(({ partitions }) => partitions.map((each) => errorName(each.errorCode))),
    [["UNKNOWN_TOPIC_OR_PARTITION"], ["UNKNOWN_TOPIC_OR_PARTITION", "NONE"]],
  );
  const after = await broker.ask(OFFSETS, 8, { groups: [{ groupId: "tool", topics: null }] });
  deepStrictEqual(after.groups[0].topics, []);
  await broker.close();
});

Deno.test("Two members rebalance when one leaves, and when one falls silent", async () => {
  const broker = await start();
  const first = await member(broker);
  const joining = broker.ask(JOIN, 3, {
    groupId: "shop",
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 10_000,
    protocolType: "consumer",
    protocols: [{ name: "range", metadata: encode("topics") }],
  });
  await broker.platform.clock.advanceAndSettle(10);
  strictEqual(
    errorName((await broker.ask(HEARTBEAT, 3, first)).errorCode),
    "REBALANCE_IN_PROGRESS",
  );
  const rejoined = broker.ask(JOIN, 5, {
    groupId: "shop",
    memberId: first.memberId,
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 10_000,
    protocolType: "consumer",
    protocols: [{ name: "range", metadata: encode("topics") }],
  });
  await broker.platform.clock.advanceAndSettle(10);
  const [second, again] = await Promise.all([joining, rejoined]);
  deepStrictEqual([second.generationId, again.generationId], [2, 2]);
  strictEqual(again.members.length, 2);
  await broker.platform.clock.advanceAndSettle(60_000);
  const answer = await broker.ask(HEARTBEAT, 3, { ...first, generationId: 2 });
  strictEqual(errorName(answer.errorCode), "UNKNOWN_MEMBER_ID");
  await broker.close();
});

Deno.test("A member whose client leaves while it waits to join is not waited for by the connection", async () => {
  const broker = await TestBroker.start({
    settings: { "group.initial.rebalance.delay.ms": "3000" },
  });
  await broker.ask(FIND, 1, { key: "shop" });
  const client = new AbortController();
  const joining = broker.ask(JOIN, 3, {
    groupId: "shop",
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 10_000,
    protocolType: "consumer",
    protocols: [{ name: "range", metadata: encode("topics") }],
  }, { signal: client.signal });
  await broker.platform.clock.advanceAndSettle(10);
  client.abort();
  const error = await joining.catch((error) => error);
  ok(/no answer/.test(error.message));
  await broker.close();
});

Deno.test("Deleting a topic forgets what groups have read of it", async () => {
  const broker = await start();
  const topics = [{ name: "orders", partitions: [{ partitionIndex: 1, committedOffset: 4 }] }];
  await broker.ask(COMMIT, 7, { groupId: "tool", generationIdOrMemberEpoch: -1, topics });
  broker.removeTopic("orders");
  const after = await broker.ask(OFFSETS, 8, { groups: [{ groupId: "tool", topics: null }] });
  deepStrictEqual(after.groups[0].topics, []);
  await broker.close();
});

Deno.test("A group whose partition is lost is looked for elsewhere, and found again after", async () => {
  const broker = await start();
  const mine = await member(broker);
  const partition = broker.broker.groups.partitionFor("shop");
  const replica = broker.replicas.get(OFFSETS_TOPIC, partition)!;
  broker.broker.groups.onLost(partition);
  strictEqual(errorName((await broker.ask(HEARTBEAT, 3, mine)).errorCode), "NOT_COORDINATOR");
  broker.broker.groups.onLed(replica);
  await broker.platform.clock.advanceAndSettle(1);
  strictEqual(errorName((await broker.ask(HEARTBEAT, 3, mine)).errorCode), "NONE");
  await broker.close();
});

Deno.test("Groups wait while their topic can't be made as the settings say", async () => {
  const broker = await TestBroker.start({
    settings: { "offsets.topic.segment.bytes": "16384" }, // allowed here, and too small for a topic
  });
  const { errorCode } = await broker.ask(FIND, 1, { key: "shop" });
  strictEqual(errorName(errorCode), "COORDINATOR_NOT_AVAILABLE");
  await broker.close();
});

Deno.test("A controller that can't be reached lets clients come again for their coordinator", async () => {
  const broker = await TestBroker.start();
  broker.broker.controller.autoCreateTopics = () => Promise.reject(new Error("no answer"));
  const { errorCode } = await broker.ask(FIND, 1, { key: "shop" });
  strictEqual(errorName(errorCode), "COORDINATOR_NOT_AVAILABLE");
  ok(broker.lines.some(({ event }) => event === "cannot create a topic that was asked for"));
  await broker.close();
});
