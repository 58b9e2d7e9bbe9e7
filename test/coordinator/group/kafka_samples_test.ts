/** What Apache Kafka 4.3.1 left in `__consumer_offsets`, read and written again. */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import {
  decodeRecord,
  encodeGroup,
  encodeOffset,
  GroupCoordinator,
} from "../../../src/coordinator/group/mod.ts";
import { batchesOf, recordsOf } from "../../../src/records/mod.ts";
import { full } from "./requests.ts";
import { DescribeGroupsRequest, ListGroupsRequest } from "../../../src/protocol/mod.ts";

const node = new URL("../../vectors/kafka-4.3.1-node/", import.meta.url);
const context = { now: 0, clientId: null, clientHost: "/127.0.0.1" };

function* recordsIn(partition: number) {
  const file = `__consumer_offsets-${partition}/00000000000000000000.log`;
  for (const batch of batchesOf(Deno.readFileSync(new URL(file, node)))) {
    for (const record of recordsOf(batch, { maxDecompressedBytes: 1 << 20 })) {
      yield { ...record, key: record.key! };
    }
  }
}

function loaded(partition: number, upTo = Infinity): GroupCoordinator {
  const coordinator = new GroupCoordinator({ newMemberId: (prefix) => prefix });
  for (const { key, value, offset, timestamp } of recordsIn(partition)) {
    if (offset < upTo) coordinator.replay(key, value, { offset, timestamp });
  }
  coordinator.onLoaded(1795369960000);
  return coordinator;
}

const fetched = (coordinator: GroupCoordinator, groupId: string) => {
  const group = { groupId, memberId: null, memberEpoch: -1, topics: null };
  return coordinator.offsetFetch(group, { requireStable: false }, context, 0).replies[0].response;
};

Deno.test("Kafka's records of classic groups and offsets encode to the same bytes again", () => {
  let count = 0;
  for (const { key, value } of [0, 1, 2, 3].flatMap((partition) => [...recordsIn(partition)])) {
    const record = decodeRecord(key, value);
    if (record.type === "other" || record.value === null) continue;
    const again = record.type === "group"
      ? encodeGroup(record.groupId, record.value)
      : encodeOffset(record.key, record.value);
    deepStrictEqual(again, { key: new Uint8Array(key), value: new Uint8Array(value!) });
    count++;
  }
  strictEqual(count, 7);
});

Deno.test("Kafka's classic group is found empty, with its offsets", () => {
  const coordinator = loaded(2);
  const list = coordinator.listGroups(full(ListGroupsRequest, {}), 5, context, 0);
  deepStrictEqual(list.replies[0].response, {
    errorCode: 0,
    groups: [{
      groupId: "classic-1",
      protocolType: "consumer",
      groupState: "Empty",
      groupType: "classic",
    }],
  });
  strictEqual(coordinator.stored.groups.get("classic-1")!.generation, 2);
  deepStrictEqual(fetched(coordinator, "classic-1"), {
    groupId: "classic-1",
    topics: [{
      name: "orders",
      topicId: "AAAAAAAAAAAAAAAAAAAAAA",
      partitions: [10, 0].map((committedOffset, partitionIndex) => ({
        partitionIndex,
        committedOffset,
        committedLeaderEpoch: -1,
        metadata: "",
        errorCode: 0,
      })),
    }],
    errorCode: 0,
  });
  strictEqual(
    coordinator.stored.offsets.get("classic-1", "orders", 0)!.topicId,
    "xe1BttuRRhecNZt-hJXVpg",
  );
});

Deno.test("Kafka's classic group in its stable generation goes on here", () => {
  const coordinator = loaded(2, 4);
  const request = full(DescribeGroupsRequest, { groups: ["classic-1"] });
  const { response } = coordinator.describeGroups(request, 6, context, 0).replies[0];
  const [group] = (response as any).groups;
  const memberId = "console-consumer-1efdb2c4-de51-4074-b80d-b62cacadc3ba";
  strictEqual(group.groupState, "Stable");
  strictEqual(group.protocolData, "range");
  strictEqual(group.members[0].memberId, memberId);
  const heartbeat = { groupId: "classic-1", generationId: 1, memberId, groupInstanceId: null };
  deepStrictEqual(coordinator.heartbeat(heartbeat, 4, context, 0).replies[0].response, {
    errorCode: 0,
  });
  strictEqual(coordinator.groups.get("classic-1")!.isSubscribedTo("orders"), true);
});

Deno.test("Groups on newer protocols are counted, keep their ids and their offsets", () => {
  const coordinator = loaded(2);
  strictEqual(coordinator.stored.skippedRecords, 9);
  strictEqual(coordinator.stored.others.get("consumer-1"), "consumer");
  strictEqual((fetched(coordinator, "consumer-1") as any).topics[0].partitions.length, 2);
  strictEqual(loaded(3).stored.others.get("share-1"), "share");
  const deletion = coordinator.deleteGroups({ groupsNames: ["consumer-1"] }, 2, context, 0);
  deepStrictEqual(deletion.records, []);
});

Deno.test("A type of record from the future is left alone", () => {
  const coordinator = new GroupCoordinator({ newMemberId: (prefix) => prefix });
  coordinator.replay(new Uint8Array([0x7f, 0, 1, 2]), new Uint8Array([0, 9]), {
    offset: 0,
    timestamp: 0,
  });
  coordinator.onLoaded(0);
  strictEqual(coordinator.stored.skippedRecords, 1);
});
