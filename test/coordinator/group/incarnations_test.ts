import { deepStrictEqual } from "node:assert/strict";
import { encodeOffset, GroupCoordinator } from "../../../src/coordinator/group/mod.ts";

const OLD = "OldOldOldOldOldOldOldA", NEW = "NewNewNewNewNewNewNewA";

/** What a group has read, as asked by name, while the topics have these ids. */
function read(topicIds: Record<string, string>, topics: string[] | null) {
  const coordinator = new GroupCoordinator<null>({ newMemberId: (prefix) => prefix });
  const committed = [["orders", 0, OLD], ["orders", 1, NEW], ["bills", 0, "A".repeat(22)]] as const;
  for (const [offset, [topic, partition, topicId]] of committed.entries()) {
    const key = { group: "g", topic, partition };
    const time = { commitTimestamp: 0, expireTimestamp: -1 };
    const value = { offset: 5, leaderEpoch: -1, metadata: "", ...time, topicId };
    const record = encodeOffset(key, value);
    coordinator.replay(record.key, record.value, { offset, timestamp: 0 });
  }
  coordinator.onLoaded(0);
  const wanted = topics?.map((name) => ({ name, topicId: "", partitionIndexes: [0, 1] })) ?? null;
  const { replies: [{ response }] } = coordinator.offsetFetch(
    { groupId: "g", memberId: null, memberEpoch: -1, topics: wanted },
    { requireStable: false, topicIdOf: (name) => topicIds[name] },
    { now: 0, clientId: null, clientHost: "/10.0.0.1" },
    null,
  );
  const { topics: read } = response as {
    topics: { name: string; partitions: { partitionIndex: number; committedOffset: number }[] }[];
  };
  return read.flatMap(({ name, partitions }) =>
    partitions.map((each) => `${name}-${each.partitionIndex}=${each.committedOffset}`)
  );
}

Deno.test("What was read of a topic is not told of another that has its name now", () => {
  const asked = ["orders-0=-1", "orders-1=5"];
  deepStrictEqual(read({ orders: NEW, bills: NEW }, ["orders"]), asked);
  deepStrictEqual(read({ orders: NEW, bills: NEW }, null), ["orders-1=5", "bills-0=5"]);
});

Deno.test("What was read of a topic that is gone is told until it is forgotten", () => {
  deepStrictEqual(read({}, null), ["orders-0=5", "orders-1=5", "bills-0=5"]);
});
