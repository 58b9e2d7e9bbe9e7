/**
 * What happens in classic groups when nothing is said: members that are late or gone, offsets that
 * grow old; and what happens at the limits. On a stage whose limits are near.
 */
import { type ApiName, decodeCoordinatorRecord, GROUP_RECORDS } from "../../../src/protocol/mod.ts";
import { batchesOf, recordsOf } from "../../../src/records/mod.ts";
import { pause, type Scenario, type Side, utf8 } from "../side.ts";
import { Actor, joinRequest, type Manners, OPAQUE as BY_ID } from "./group_cast.ts";

/** Longer than a loaded machine takes for a few requests. */
const SHORT_MS = 700;

/**
 * Joins without asking for an id first: Apache Kafka forgets those that it has handed out when it
 * finds the group empty, which it looks for often here.
 */
const OPAQUE: Manners = { ...BY_ID, joinVersion: 3 };
const STATIC: Manners = { ...BY_ID, isStatic: true };
const BRIEF: Manners = { ...OPAQUE, sessionTimeoutMs: SHORT_MS };
const HASTY: Manners = { ...OPAQUE, rebalanceTimeoutMs: SHORT_MS };

type Play = (side: Side, groupId: string, version: number) => Promise<unknown>;

/** Played in the newest version: these are about the coordinator and not about layouts. */
const plays = (api: ApiName, name: string, play: Play, version?: number): Scenario => ({
  api,
  name,
  stage: "groups",
  races: true,
  since: version ?? NEWEST[api],
  until: version ?? NEWEST[api],
  play: (side, version, groupId) => play(side, groupId, version),
});
const NEWEST: Partial<Record<ApiName, number>> = {
  JoinGroup: 9,
  SyncGroup: 5,
  Heartbeat: 4,
  LeaveGroup: 5,
  OffsetCommit: 9,
  OffsetFetch: 8,
  DescribeGroups: 6,
  DeleteGroups: 2,
};

const describe = async (side: Side, groupId: string) => {
  const answer = await side.ask("DescribeGroups", 6, { groups: [groupId] });
  const place = ({ groupInstanceId, memberAssignment }: any) =>
    `${groupInstanceId} ${memberAssignment.toHex()}`;
  answer.groups[0].members.sort((a: any, b: any) => place(a) < place(b) ? -1 : 1);
  return answer;
};

const stateOf = async (side: Side, groupId: string): Promise<string> =>
  (await describe(side, groupId)).groups[0].groupState;

const untilIn = (side: Side, groupId: string, state: string) =>
  side.until(async () => await stateOf(side, groupId) === state);

const untilCalled = (side: Side, member: Actor) =>
  side.until(async () => (await member.heartbeat()).errorCode !== 0);

/** Members of one generation: each that comes calls back those before it. */
async function together(side: Side, groupId: string, manners: readonly Manners[]) {
  const members = manners.map((each, index) => new Actor(side, groupId, each, `static-${index}`));
  for (const [index, member] of members.entries()) {
    const joins = [member.enter()];
    for (const earlier of members.slice(0, index)) {
      await untilCalled(side, earlier);
      joins.push(earlier.join());
    }
    await Promise.all(joins);
  }
  return members;
}

async function stable(side: Side, groupId: string, manners: readonly Manners[]) {
  const members = await together(side, groupId, manners);
  const assignments = members.map(({ memberId }, index) => ({
    memberId,
    assignment: utf8(`part ${index}`),
  }));
  await members[0].sync(assignments);
  for (const member of members.slice(1)) await member.sync();
  return members;
}

const ids = (members: readonly Actor[]) => members.map(({ memberId }) => ({ memberId }));

const commit = (side: Side, groupId: string, version: number, parts: object[], more = {}) =>
  side.ask("OffsetCommit", version, {
    groupId,
    generationIdOrMemberEpoch: -1,
    memberId: "",
    topics: [{
      name: "timed",
      partitions: parts.map((part) => ({
        partitionIndex: 0,
        committedOffset: 1,
        committedMetadata: "",
        ...part,
      })),
    }],
    ...more,
  });

const offsets = (side: Side, groupId: string) =>
  side.ask("OffsetFetch", 7, { groupId, topics: null });

/** What is in `__consumer_offsets` of a group: records, and the codec of their batches. */
async function written(side: Side, groupId: string): Promise<unknown[]> {
  const partitions = [0, 1, 2, 3].map((partition) => ({
    partition,
    fetchOffset: 0,
    partitionMaxBytes: 10_000_000,
  }));
  const topics = [{ topic: "__consumer_offsets", partitions }];
  const answer = await side.ask("Fetch", 12, { maxWaitMs: 0, minBytes: 0, topics });
  const found: unknown[] = [];
  for (const { records } of answer.responses[0].partitions) {
    for (const batch of batchesOf(records)) {
      for (const { key, value } of recordsOf(batch, { maxDecompressedBytes: 1 << 20 })) {
        const record = decodeCoordinatorRecord(GROUP_RECORDS, key!, value);
        if (record === undefined || !("group" in record.key) || record.key.group !== groupId) {
          continue;
        }
        found.push([batch.compression, record]);
      }
    }
  }
  return found;
}

export const GROUP_TIMES: Scenario[] = [
  plays("JoinGroup", "members that come while a new group waits", async (side, groupId) => {
    // Each as a new one: ids that were handed out are forgotten with an empty group.
    const clients = await Promise.all([1, 2, 3].map(() => side.client()));
    const body = joinRequest(groupId, OPAQUE);
    const answers = await Promise.all(clients.map((client) => client.ask("JoinGroup", 3, body)));
    return [
      answers.map(({ errorCode, generationId }) => [errorCode, generationId]),
      answers.filter(({ members }) => members.length > 0).map(({ members }) => members.length),
    ];
  }),
  plays("JoinGroup", "a fourth where three may be", async (side, groupId) => {
    const members = await stable(side, groupId, [OPAQUE, OPAQUE, OPAQUE]);
    const body = joinRequest(groupId, OPAQUE);
    const client = await side.client();
    return [
      ids(members),
      await client.ask("JoinGroup", 9, body),
      await client.ask("JoinGroup", 3, body),
      await client.ask("JoinGroup", 9, { ...body, groupInstanceId: "one-more" }),
      await describe(side, groupId),
    ];
  }),
  plays("JoinGroup", "a fourth where three may be, while they are called back", async (
    side,
    groupId,
  ) => {
    const [leader, other] = await stable(side, groupId, [OPAQUE, OPAQUE]);
    const third = new Actor(side, groupId, OPAQUE, "");
    void third.enter();
    await untilCalled(side, leader);
    const client = await side.client();
    client.ask("JoinGroup", 3, joinRequest(groupId, OPAQUE)).catch(() => {});
    await side.until(async () => (await describe(side, groupId)).groups[0].members.length === 4);
    void leader.join();
    await pause(100);
    // The others go on at once here, and in Apache Kafka when time is up.
    return [ids([leader, other]), await other.join()];
  }),
  ...[SHORT_MS - 1, SHORT_MS, 60_000, 60_001].map((sessionTimeoutMs) =>
    plays(
      "JoinGroup",
      `a session of ${sessionTimeoutMs} ms`,
      (side, groupId) =>
        side.ask("JoinGroup", 9, { ...joinRequest(groupId, OPAQUE), sessionTimeoutMs }),
    )
  ),
  plays("JoinGroup", "an id that was handed out and expires", async (side, groupId) => {
    const [leader] = await stable(side, groupId, [OPAQUE]);
    const late = new Actor(side, groupId, { ...BRIEF, joinVersion: 5 }, "");
    await late.introduce();
    await pause(SHORT_MS + 200);
    const body = { ...joinRequest(groupId, BRIEF), memberId: late.memberId };
    return [
      ids([leader, late]),
      await side.ask("JoinGroup", 9, body),
      await describe(side, groupId),
    ];
  }),
  plays("JoinGroup", "an id that is waited for, and does not come", async (side, groupId) => {
    const [leader, other] = await stable(side, groupId, [OPAQUE, OPAQUE]);
    const late = new Actor(side, groupId, { ...BRIEF, joinVersion: 5 }, "");
    await late.introduce();
    await other.leave();
    const again = await leader.join(); // answered when the id has expired
    return [ids([leader, other, late]), again, await describe(side, groupId)];
  }),
  plays("JoinGroup", "a member that does not come back", async (side, groupId) => {
    const [leader, other] = await stable(side, groupId, [HASTY, HASTY]);
    const third = new Actor(side, groupId, HASTY, "");
    const entering = third.enter();
    await untilCalled(side, leader);
    const again = await leader.join();
    const { generationId } = await entering; // and with it the third one's id is known
    return [
      ids([leader, other, third]),
      again,
      generationId,
      await other.heartbeat(),
      await describe(side, groupId),
    ];
  }),
  plays("JoinGroup", "a leader that does not come back", async (side, groupId) => {
    const [leader, other] = await stable(side, groupId, [HASTY, HASTY]);
    await side.client();
    const changed = { ...HASTY, protocols: [{ name: "two", metadata: utf8("changed") }] };
    const body = { ...joinRequest(groupId, changed), memberId: other.memberId };
    const again = await other.ask("JoinGroup", 9, body);
    return [ids([leader, other]), again, await leader.heartbeat(), await describe(side, groupId)];
  }),
  plays("JoinGroup", "a static member that does not come back", async (side, groupId) => {
    const manners = { ...STATIC, rebalanceTimeoutMs: SHORT_MS };
    const [leader, other] = await stable(side, groupId, [manners, manners]);
    const again = await leader.join();
    return [ids([leader, other]), again, await describe(side, groupId)];
  }),
  plays("JoinGroup", "a static member that expires, and comes again", async (side, groupId) => {
    const manners = { ...STATIC, sessionTimeoutMs: SHORT_MS };
    const [leader, other] = await stable(side, groupId, [STATIC, manners]);
    await untilCalled(side, leader);
    const entering = leader.join();
    const back = new Actor(side, groupId, STATIC, "static-1");
    const answers = [await entering];
    const joining = back.enter();
    await untilCalled(side, leader);
    answers.push(await leader.join(), await joining);
    return [ids([leader, other, back]), answers.map(({ members }) => members.length)];
  }),
  plays("Heartbeat", "a member is not heard of any more", async (side, groupId) => {
    const [leader, other] = await stable(side, groupId, [OPAQUE, BRIEF]);
    await untilCalled(side, leader);
    return [
      ids([leader, other]),
      await leader.heartbeat(),
      await other.heartbeat(),
      await leader.join(),
      await describe(side, groupId),
    ];
  }),
  plays("Heartbeat", "nobody is heard of any more", async (side, groupId) => {
    const members = await stable(side, groupId, [BRIEF, BRIEF]);
    await untilIn(side, groupId, "Dead");
    return [ids(members), await members[0].heartbeat(), await written(side, groupId)];
  }),
  plays(
    "Heartbeat",
    "a member that waits for the others does not expire",
    async (side, groupId) => {
      const [leader] = await stable(side, groupId, [OPAQUE]);
      const other = new Actor(side, groupId, BRIEF, "");
      const entering = other.enter();
      await untilCalled(side, leader);
      await pause(SHORT_MS + 200);
      const [again, entered] = await Promise.all([leader.join(), entering]);
      return [ids([leader, other]), again, entered];
    },
  ),
  plays("Heartbeat", "who commits is heard of", async (side, groupId) => {
    const [leader, other] = await stable(side, groupId, [OPAQUE, BRIEF]);
    const speaker = { generationIdOrMemberEpoch: 1, memberId: other.memberId };
    const codes: number[] = [];
    for (let time = 0; time < SHORT_MS * 1.6; time += 100) {
      await pause(100);
      codes.push((await commit(side, groupId, 9, [{}], speaker)).topics[0].partitions[0].errorCode);
    }
    return [ids([leader, other]), [...new Set(codes)], await leader.heartbeat()];
  }),
  plays("SyncGroup", "a leader that does not tell who reads what", async (side, groupId) => {
    const [leader, other] = await together(side, groupId, [HASTY, HASTY]);
    const waited = await other.sync();
    return [ids([leader, other]), waited, await leader.heartbeat(), await other.join()];
  }),
  plays("SyncGroup", "a follower that does not ask what it reads", async (side, groupId) => {
    const [leader, other] = await together(side, groupId, [HASTY, HASTY]);
    const assignments = ids([leader, other]).map((each) => ({ ...each, assignment: utf8("x") }));
    const synced = await leader.sync(assignments);
    await untilCalled(side, leader);
    return [
      ids([leader, other]),
      synced,
      await leader.heartbeat(),
      await other.heartbeat(),
      await leader.join(),
      await describe(side, groupId),
    ];
  }),
  plays("SyncGroup", "more than a batch holds", async (side, groupId) => {
    const [leader] = await together(side, groupId, [OPAQUE]);
    const assignments = [{ memberId: leader.memberId, assignment: new Uint8Array(40_000) }];
    const synced = await leader.sync(assignments);
    return [ids([leader]), synced, await describe(side, groupId), await leader.heartbeat()];
  }),
  plays("LeaveGroup", "the last is gone, and so is the group", async (side, groupId) => {
    const members = await stable(side, groupId, [OPAQUE, OPAQUE]);
    for (const member of members) await member.leave();
    await untilIn(side, groupId, "Dead");
    return [ids(members), await written(side, groupId)];
  }),

  plays("OffsetCommit", "words at their limit", async (side, groupId) => [
    await commit(side, groupId, 9, [
      { committedMetadata: "x".repeat(10) },
      { partitionIndex: 1, committedMetadata: "x".repeat(11) },
      { partitionIndex: 2, committedMetadata: "é".repeat(10) },
    ]),
    await offsets(side, groupId),
  ]),
  ...[2, 3, 4].map((version) =>
    plays("OffsetCommit", `for a while, version ${version}`, async (side, groupId) => {
      const longer = await commit(side, groupId, version, [{ partitionIndex: 1 }], {
        retentionTimeMs: 3_600_000,
      });
      const brief = await commit(side, groupId, version, [{}], { retentionTimeMs: 1 });
      const remaining = async () => (await offsets(side, groupId)).topics[0].partitions.length;
      await side.until(async () => await remaining() === 1);
      return [longer, brief, await offsets(side, groupId), await written(side, groupId)];
    }, version)
  ),
  plays("OffsetCommit", "for a while, and nothing else", async (side, groupId) => {
    await commit(side, groupId, 4, [{}], { retentionTimeMs: 1 });
    await untilIn(side, groupId, "Dead");
    return [await offsets(side, groupId), await written(side, groupId)];
  }),
  plays("OffsetCommit", "for a while, by a member", async (side, groupId) => {
    const [leader] = await stable(side, groupId, [OPAQUE]);
    const { memberId } = leader;
    const speaker = { memberId, generationIdOrMemberEpoch: 1, retentionTimeMs: 1 };
    await commit(side, groupId, 4, [{}], speaker);
    await pause(500);
    return [ids([leader]), await offsets(side, groupId)];
  }),
  plays("OffsetCommit", "more than a batch holds", async (side, groupId) => {
    const long = `${groupId}-${"g".repeat(10_000)}`;
    const parts = [0, 1, 2].map((partitionIndex) => ({ partitionIndex }));
    const all = await commit(side, long, 9, parts);
    const one = [];
    for (const part of parts) one.push(await commit(side, long, 9, [part]));
    const body = { groupsNames: [long] };
    const deleted = await side.ask("DeleteGroups", 2, body);
    const { results: [{ errorCode }] } = deleted;
    return [all, one, errorCode, (await offsets(side, long)).topics];
  }),
];
