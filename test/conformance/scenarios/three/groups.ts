/** Groups at their coordinator, and at nodes that are not. */
import { javaStringHash } from "../../../../src/bytes/mod.ts";
import type { ApiName } from "../../../../src/protocol/mod.ts";
import type { Scenario, Side } from "../../side.ts";
import { SPREAD } from "../../stages/three.ts";
import { fromEach, onThree } from "./scenario.ts";

/** A group whose partition of `__consumer_offsets` is this one: 0 is led by 1, 1 by 2, 2 by 3. */
export function groupIn(unique: string, partition: number): string {
  for (let i = 0;; i++) {
    const name = `${unique}-${i}`;
    if (Math.abs(javaStringHash(name)) % 4 === partition) return name;
  }
}

type Body = (groupId: string, version: number, side: Side) => object;

/** The same of every node; only one of them is the group's coordinator. */
const ofGroup = (api: ApiName, bodyOf: Body, more: Partial<Scenario> = {}): Scenario =>
  onThree(api, "at the group's coordinator and at others", async (side, version, unique) => {
    const group = groupIn(unique, 1);
    const answers = await fromEach(side, api, version, bodyOf(group, version, side));
    return JSON.parse(JSON.stringify(answers).replaceAll(group, "the-group"));
  }, { together: true, ...more });

export const THREE_GROUPS: Scenario[] = [
  ofGroup("OffsetCommit", (groupId, version, side) => ({
    groupId,
    topics: [{
      ...side.named(SPREAD, version, 10),
      partitions: [{ partitionIndex: 0, committedOffset: 1, committedLeaderEpoch: -1 }],
    }],
  })),
  ofGroup("OffsetFetch", (groupId, version, side) => {
    const topics = [{ ...side.named(SPREAD, version, 10), partitionIndexes: [0] }];
    return version < 8 ? { groupId, topics } : { groups: [{ groupId, topics }] };
  }),
  ofGroup("OffsetDelete", (groupId) => ({
    groupId,
    topics: [{ name: SPREAD, partitions: [{ partitionIndex: 0 }] }],
  })),
  ofGroup("Heartbeat", (groupId) => ({ groupId, generationId: 1, memberId: "nobody" })),
  ofGroup("SyncGroup", (groupId) => ({
    groupId,
    generationId: 1,
    memberId: "nobody",
    protocolType: "consumer",
    protocolName: "range",
    assignments: [],
  })),
  ofGroup(
    "LeaveGroup",
    (groupId, version) =>
      version < 3
        ? { groupId, memberId: "nobody" }
        : { groupId, members: [{ memberId: "nobody" }] },
  ),
  ofGroup("JoinGroup", (groupId) => ({
    groupId,
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 1000,
    memberId: "",
    protocolType: "consumer",
    protocols: [{ name: "range", metadata: new Uint8Array(4) }],
  })),
  ofGroup("DescribeGroups", (groupId) => ({ groups: [groupId] })),
  ofGroup("DeleteGroups", (groupId) => ({ groupsNames: [groupId] })),
  onThree("ListGroups", "each lists its own", async (side, version, unique) => {
    for (const [index, id] of [1, 2, 3].entries()) {
      const { topics } = await side.at(id).ask("OffsetCommit", 8, {
        groupId: groupIn(unique, index),
        topics: [{
          name: SPREAD,
          partitions: [{ partitionIndex: 0, committedOffset: 1, committedLeaderEpoch: -1 }],
        }],
      });
      if (topics[0].partitions[0].errorCode !== 0) throw new Error(`no commit at ${id}`);
    }
    const answers = await fromEach(side, "ListGroups", version, {});
    for (const answer of Object.values(answers)) {
      answer.groups = answer.groups.filter(({ groupId }: any) => groupId.startsWith(unique));
    }
    return answers;
  }, { together: true }),
];
