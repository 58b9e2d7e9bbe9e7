/** The classic groups and what they have read: everything that a group's coordinator answers. */
import type { RawClient } from "../../kit/wire.ts";
import { batchesOf, recordsOf } from "../../../src/records/mod.ts";
import { decodeCoordinatorRecord, GROUP_RECORDS } from "../../../src/protocol/mod.ts";
import { MISSING_ID, pause, type Scenario, type Side, utf8, ZERO_ID } from "../side.ts";

const MEMBER_ID_REQUIRED = 79;

const joining = (groupId: string, version: number, more: object = {}) => ({
  groupId,
  sessionTimeoutMs: 10_000,
  ...(version >= 1 ? { rebalanceTimeoutMs: 5_000 } : {}),
  memberId: "",
  protocolType: "judge",
  protocols: [{ name: "one", metadata: utf8("m1") }, { name: "two", metadata: utf8("m2") }],
  ...more,
});

/** Joins; asked for a member id, joins again with the one that was given. */
async function join(client: RawClient, version: number, groupId: string, more: object = {}) {
  const body = joining(groupId, version, more);
  const first = await client.ask("JoinGroup", version, body);
  if (first.errorCode !== MEMBER_ID_REQUIRED) return first;
  return await client.ask("JoinGroup", version, { ...body, memberId: first.memberId });
}

interface Group {
  readonly client: RawClient;
  readonly memberId: string;
  readonly generationId: number;
}

/** A group of one that is stable: its member has synced. */
async function groupOfOne(side: Side, groupId: string, more: object = {}): Promise<Group> {
  const client = await side.client();
  const { memberId, generationId } = await join(client, 5, groupId, more);
  const assignments = [{ memberId, assignment: utf8("all of it") }];
  await client.ask("SyncGroup", 3, { groupId, generationId, memberId, assignments });
  return { client, memberId, generationId };
}

/** Asks something of a stable group of one. */
const inGroup = (
  api: Scenario["api"],
  name: string,
  bodyOf: (group: Group, groupId: string, version: number) => object,
  more: { since?: number; until?: number; member?: object } = {},
): Scenario => ({
  api,
  name,
  since: more.since,
  until: more.until,
  async play(side, version, groupId) {
    const group = await groupOfOne(side, groupId, more.member);
    return await group.client.ask(api, version, bodyOf(group, groupId, version));
  },
});

const joinOnce = (
  name: string,
  more: object,
  { since, until }: { since?: number; until?: number } = {},
): Scenario => ({
  api: "JoinGroup",
  name,
  since,
  until,
  play: async (side, version, groupId) => await join(await side.client(), version, groupId, more),
});

const commit = (
  side: Side,
  version: number,
  groupId: string,
  topics: [string, object[]][],
  more: object = {},
) => ({
  groupId,
  generationIdOrMemberEpoch: -1,
  memberId: "",
  topics: topics.map(([name, parts]) => ({
    ...side.named(name, version, 10),
    partitions: parts.map((part) => ({
      partitionIndex: 0,
      committedOffset: 1,
      committedMetadata: "",
      ...part,
    })),
  })),
  ...more,
});

/** Commits, and what OffsetFetch tells of it afterwards. */
const commits = (
  name: string,
  topics: [string, object[]][],
  more: { since?: number; until?: number; body?: object } = {},
): Scenario => ({
  api: "OffsetCommit",
  name,
  since: more.since,
  until: more.until,
  async play(side, version, groupId) {
    const answer = await side.ask(
      "OffsetCommit",
      version,
      commit(side, version, groupId, topics, more.body),
    );
    return [answer, await side.ask("OffsetFetch", 5, { groupId, topics: null })];
  },
});

const commitsInGroup = (
  name: string,
  more: (group: Group) => object,
  options: { since?: number; member?: object } = {},
): Scenario => ({
  api: "OffsetCommit",
  name,
  since: options.since,
  async play(side, version, groupId) {
    const group = await groupOfOne(side, groupId, options.member);
    const body = commit(side, version, groupId, [["orders", [{}]]], {
      generationIdOrMemberEpoch: group.generationId,
      memberId: group.memberId,
      ...more(group),
    });
    return await group.client.ask("OffsetCommit", version, body);
  },
});

/** The group without a name is everybody's: scenarios that look at it make it first. */
const commitWithoutName = (side: Side) =>
  side.ask("OffsetCommit", 8, commit(side, 8, "", [["orders", [{}]]]));

/** What a group has read, in the layout of the version. */
const reads = (
  name: string,
  topics: (side: Side) => [string, number[]][] | null,
  more: { since?: number; until?: number; body?: object; group?: object } = {},
): Scenario => ({
  api: "OffsetFetch",
  name,
  since: more.since,
  until: more.until,
  async play(side, version, groupId) {
    await side.ask(
      "OffsetCommit",
      8,
      commit(side, 8, groupId, [
        ["orders", [
          { committedOffset: 3, committedMetadata: "here", committedLeaderEpoch: 0 },
          { partitionIndex: 2, committedOffset: 1, committedMetadata: null },
        ]],
        ["compacted", [{ committedOffset: 2 }]],
      ]),
    );
    await commitWithoutName(side);
    const wanted = topics(side)?.map(([name, partitionIndexes]) => ({
      ...side.named(name, version, 10),
      partitionIndexes,
    })) ?? null;
    const group = { groupId, topics: wanted, ...more.group };
    const body = version >= 8 ? { groups: [group] } : group;
    return await side.ask("OffsetFetch", version, { ...body, ...more.body });
  },
});

/** What stands in `__consumer_offsets` about a group, decoded, in its order. */
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
        if (record !== undefined && "group" in record.key && record.key.group === groupId) {
          found.push(record);
        }
      }
    }
  }
  if (found.length === 0) throw new Error("nothing is written");
  return found;
}

const find = (
  name: string,
  keyType: number,
  keys: string[],
  since = 0,
  stage?: Scenario["stage"],
): Scenario => ({
  api: "FindCoordinator",
  name,
  since,
  stage,
  play: (side, version) =>
    side.ask("FindCoordinator", version, {
      ...(version >= 1 ? { keyType } : {}),
      ...(version >= 4 ? { coordinatorKeys: keys } : { key: keys[0] ?? "" }),
    }),
});

const sync = (
  name: string,
  more: (group: Group) => object,
  options: { since?: number } = {},
): Scenario =>
  inGroup("SyncGroup", name, ({ generationId, memberId, ...group }, groupId) => ({
    groupId,
    generationId,
    memberId,
    assignments: [],
    ...more({ generationId, memberId, ...group }),
  }), options);

const beat = (name: string, more: object, options: { since?: number; member?: object } = {}) =>
  inGroup("Heartbeat", name, ({ generationId, memberId }, groupId) => ({
    groupId,
    generationId,
    memberId,
    ...more,
  }), options);

const leave = (
  name: string,
  membersOf: (memberId: string) => { memberId: string; groupInstanceId?: string }[],
  { since, until, member }: { since?: number; until?: number; member?: object } = {},
): Scenario =>
  inGroup("LeaveGroup", name, ({ memberId }, groupId, version) => {
    const members = membersOf(memberId);
    return version >= 3 ? { groupId, members } : { groupId, memberId: members[0].memberId };
  }, { since, until, member });

const member1 = { groupInstanceId: "static-1" };
/** A consumer's subscription to "orders", as the embedded protocol has it in version 0. */
const subscription = new Uint8Array([
  ...[0, 0, 0, 0, 0, 1, 0, 6],
  ...utf8("orders"),
  ...[255, 255, 255, 255],
]);
const consumer = {
  protocolType: "consumer",
  protocols: [{ name: "range", metadata: subscription }],
};

export const GROUPS: Scenario[] = [
  find("of a group", 0, ["some-group"]),
  find("of a group without a name", 0, [""]),
  find("of several groups", 0, ["a", "b", "a"], 4),
  find("of nothing", 0, [], 4),
  find("of a transaction", 1, ["tx"], 1, "restarts"),
  find("of a share group, badly named", 2, ["no-colons"], 1),
  find("of an unknown kind", 5, ["x"], 1),

  joinOnce("the first member", {}),
  joinOnce("no group id", { groupId: "" }),
  {
    ...joinOnce("a session that is too short", { sessionTimeoutMs: 10 }),
    configs: ["group.min.session.timeout.ms"],
  },
  {
    ...joinOnce("a session that is too long", { sessionTimeoutMs: 100_000_000 }),
    configs: ["group.max.session.timeout.ms"],
  },
  joinOnce("an unknown member", { memberId: "nobody" }),
  joinOnce("no protocols", { protocols: [] }),
  joinOnce("no type of protocol", { protocolType: "" }),
  joinOnce("a static member", member1, { since: 5 }),
  joinOnce("an unknown static member", { ...member1, memberId: "nobody" }, { since: 5 }),
  joinOnce("an instance id that nobody may have", { groupInstanceId: "a/b" }, { since: 5 }),
  joinOnce("an empty instance id", { groupInstanceId: "" }, { since: 5 }),
  {
    api: "JoinGroup",
    name: "a client without a name",
    async play(side, version, groupId) {
      const body = joining(groupId, version);
      const client = await side.client();
      const options = { clientId: null };
      const first = await client.ask("JoinGroup", version, body, options);
      const again = { ...body, memberId: first.memberId };
      return [
        first.memberId.startsWith("-"),
        await client.ask("JoinGroup", version, again, options),
        await client.ask("DescribeGroups", 5, { groups: [groupId] }, options),
      ];
    },
  },
  {
    api: "JoinGroup",
    name: "without a member id, step by step",
    async play(side, version, groupId) {
      const client = await side.client();
      const body = joining(groupId, version);
      const first = await client.ask("JoinGroup", version, body);
      if (first.errorCode === 0) return first;
      return [first, await client.ask("JoinGroup", version, { ...body, memberId: first.memberId })];
    },
  },
  ...Object.entries({
    "another type": { protocolType: "other" },
    "no common protocol": { protocols: [{ name: "three", metadata: utf8("m3") }] },
    "another session": { sessionTimeoutMs: 10 },
  }).map(([how, more]): Scenario => ({
    api: "JoinGroup",
    name: `a second member with ${how}`,
    async play(side, version, groupId) {
      await groupOfOne(side, groupId);
      return await join(await side.client(), version, groupId, more);
    },
  })),
  {
    api: "JoinGroup",
    name: "a second member, and the leader again",
    async play(side, version, groupId) {
      const leader = await groupOfOne(side, groupId);
      side.madeUp("member", leader.memberId);
      const other = await side.client();
      const protocols = [{ name: "two", metadata: utf8("n2") }];
      const second = join(other, version, groupId, { protocols });
      const beat = { groupId, generationId: leader.generationId, memberId: leader.memberId };
      await side.until(async () => (await leader.client.ask("Heartbeat", 3, beat)).errorCode !== 0);
      const again = await leader.client.ask(
        "JoinGroup",
        version,
        joining(groupId, version, { memberId: leader.memberId }),
      );
      return [await leader.client.ask("Heartbeat", 3, beat), again, await second];
    },
  },
  {
    api: "JoinGroup",
    name: "a member that joined already",
    async play(side, version, groupId) {
      const { client, memberId } = await groupOfOne(side, groupId);
      return await join(client, version, groupId, { memberId });
    },
  },
  {
    api: "JoinGroup",
    name: "a static member that comes back",
    since: 5,
    async play(side, version, groupId) {
      const { client, memberId } = await groupOfOne(side, groupId, member1);
      side.madeUp("member", memberId);
      const back = await join(await side.client(), version, groupId, member1);
      const body = { groupId, generationId: 1, memberId, ...member1 };
      return [back, await client.ask("Heartbeat", 3, body)];
    },
  },

  {
    api: "SyncGroup",
    name: "leader and follower",
    async play(side, version, groupId) {
      const leader = await groupOfOne(side, groupId);
      const other = await side.client();
      const second = join(other, 5, groupId);
      const beat = { groupId, generationId: leader.generationId, memberId: leader.memberId };
      await side.until(async () => (await leader.client.ask("Heartbeat", 3, beat)).errorCode !== 0);
      const again = await join(leader.client, 5, groupId, { memberId: leader.memberId });
      const { memberId } = await second;
      const body = {
        groupId,
        generationId: again.generationId,
        ...(version >= 5 ? { protocolType: "judge", protocolName: "one" } : {}),
      };
      const waiting = other.ask("SyncGroup", version, { ...body, memberId, assignments: [] });
      const assignments = [leader.memberId, memberId].map((memberId, index) => ({
        memberId,
        assignment: utf8(`part ${index}`),
      }));
      const led = leader.client.ask("SyncGroup", version, {
        ...body,
        memberId: leader.memberId,
        assignments,
      });
      return [await led, await waiting];
    },
  },
  {
    api: "SyncGroup",
    name: "what is written",
    async play(side, version, groupId) {
      const client = await side.client();
      const { memberId, generationId } = await join(client, 5, groupId);
      const assignments = [{ memberId, assignment: utf8("all of it") }];
      const protocol = version >= 5 ? { protocolType: "judge", protocolName: "one" } : {};
      const body = { groupId, generationId, memberId, assignments, ...protocol };
      const answer = await client.ask("SyncGroup", version, body);
      return [answer, await written(side, groupId)];
    },
  },
  sync("again", () => ({})),
  sync("again, by its protocol", () => ({ protocolType: "judge", protocolName: "one" }), {
    since: 5,
  }),
  sync("another protocol", () => ({ protocolType: "judge", protocolName: "two" }), { since: 5 }),
  sync("another type of protocol", () => ({ protocolType: "x", protocolName: "one" }), {
    since: 5,
  }),
  sync("another generation", () => ({ generationId: 7 })),
  sync("another member", () => ({ memberId: "nobody" })),
  sync("no member", () => ({ memberId: "" })),
  sync("another group", () => ({ groupId: "no-such-group" })),
  sync("no group", () => ({ groupId: "" })),
  sync("an unknown static member", () => ({ groupInstanceId: "nobody" }), { since: 3 }),

  beat("alive", {}),
  beat("another generation", { generationId: 7 }),
  beat("another member", { memberId: "nobody" }),
  beat("another group", { groupId: "no-such-group" }),
  beat("no group", { groupId: "" }),
  beat("no member", { memberId: "" }),
  beat("a static member", member1, { since: 3, member: member1 }),
  beat("a static member, fenced", { ...member1, memberId: "old" }, { since: 3, member: member1 }),
  beat("an unknown static member", { groupInstanceId: "nobody" }, { since: 3 }),

  leave("the only one", (memberId) => [{ memberId }]),
  leave("nobody", () => [{ memberId: "nobody" }]),
  leave("an empty id", () => [{ memberId: "" }]),
  leave("twice at once", (memberId) => [{ memberId }, { memberId }], { since: 3 }),
  leave("no one", () => [], { since: 3 }),
  leave("a static member by its name", () => [{ memberId: "", ...member1 }], {
    since: 3,
    member: member1,
  }),
  leave("a static member by another id", () => [{ memberId: "old", ...member1 }], {
    since: 3,
    member: member1,
  }),
  leave("an unknown static member", () => [{ memberId: "", groupInstanceId: "nobody" }], {
    since: 3,
  }),
  {
    api: "LeaveGroup",
    name: "what is written",
    async play(side, version, groupId) {
      const { client, memberId } = await groupOfOne(side, groupId);
      await client.ask("LeaveGroup", version, {
        groupId,
        ...(version >= 3 ? { members: [{ memberId }] } : { memberId }),
      });
      return await written(side, groupId);
    },
  },
  ...["no-such-group", ""].map((groupId): Scenario => ({
    api: "LeaveGroup",
    name: `a group called "${groupId}"`,
    play: (side, version) =>
      side.ask("LeaveGroup", version, {
        groupId,
        ...(version >= 3 ? { members: [{ memberId: "x" }] } : { memberId: "x" }),
      }),
  })),

  commits("without a group", [["orders", [{}, { partitionIndex: 1, committedOffset: 7 }]]]),
  commits("with words", [["orders", [{ committedMetadata: "so far" }]]]),
  commits("without words", [["orders", [{ committedMetadata: null }]]]),
  commits("too many words", [["orders", [
    { committedMetadata: "x".repeat(5000) },
    { partitionIndex: 1 },
  ]]]),
  commits("an offset below zero", [["orders", [{ committedOffset: -1 }]]]),
  commits("with leader epochs", [["orders", [{ committedLeaderEpoch: 0 }]]], { since: 6 }),
  commits("a missing partition", [["orders", [{}, { partitionIndex: 8 }]]]),
  commits("a missing topic", [["nowhere", [{}]], ["orders", [{}]]]),
  commits("only a missing topic", [["nowhere", [{}]]]),
  commits("a name that no topic may have", [["a/b", [{}]]], { until: 9 }),
  commits("nothing", []),
  commits("no partition", [["orders", []]]),
  commits("one partition twice", [["orders", [{}, { committedOffset: 5 }]]]),
  commits("no group id", [["orders", [{}]]], { body: { groupId: "" } }),
  commits("a generation of a group that isn't", [["orders", [{}]]], {
    body: { generationIdOrMemberEpoch: 3, memberId: "nobody" },
  }),
  commits("a member of a group that isn't", [["orders", [{}]]], { body: { memberId: "nobody" } }),
  commits("a static member of a group that isn't", [["orders", [{}]]], {
    since: 7,
    body: { groupInstanceId: "nobody" },
  }),
  {
    api: "OffsetCommit",
    name: "what is written",
    async play(side, version, groupId) {
      const parts = [{ committedOffset: 3, committedMetadata: "here" }, { partitionIndex: 1 }];
      const body = commit(side, version, groupId, [["orders", parts], ["compacted", [{}]]]);
      await side.ask("OffsetCommit", version, body);
      return await written(side, groupId);
    },
  },
  commitsInGroup("by a member", () => ({})),
  commitsInGroup("by another member", () => ({ memberId: "nobody" })),
  commitsInGroup("by another generation", () => ({ generationIdOrMemberEpoch: 7 })),
  commitsInGroup("from outside", () => ({ memberId: "", generationIdOrMemberEpoch: -1 })),
  commitsInGroup("by a fenced static member", () => ({ ...member1, memberId: "old" }), {
    since: 7,
    member: member1,
  }),

  {
    api: "OffsetFetch",
    name: "of a topic that is gone and came again",
    topic: {},
    async play(side, version, groupId) {
      await side.ask("OffsetCommit", 8, commit(side, 8, groupId, [[groupId, [{}]]]));
      const body = { timeoutMs: 10_000, topics: [{ name: groupId }] };
      await side.ask("DeleteTopics", 6, body);
      const wanted = { topics: [{ name: groupId }], allowAutoTopicCreation: false };
      await side.until(async () =>
        (await side.ask("Metadata", 9, wanted)).topics[0].errorCode !== 0
      );
      await side.topics({ [groupId]: {} });
      await pause(50);
      const topics = [{ ...side.named(groupId, version, 10), partitionIndexes: [0] }];
      const group = { groupId, topics };
      return await side.ask("OffsetFetch", version, version >= 8 ? { groups: [group] } : group);
    },
  },
  reads("some partitions", () => [["orders", [0, 1, 2]], ["compacted", [0]]]),
  reads("all", () => null, { since: 2 }),
  reads("nothing", () => []),
  reads("no partition", () => [["orders", []]]),
  reads("a missing partition", () => [["orders", [0, 9]]]),
  reads("a missing topic", () => [["nowhere", [0]], ["orders", [0]]]),
  reads("only what is stable", () => [["orders", [0]]], {
    since: 7,
    body: { requireStable: true },
  }),
  reads("a group that isn't", () => [["orders", [0]]], { group: { groupId: "no-such-group" } }),
  reads("all of a group that isn't", () => null, {
    since: 2,
    group: { groupId: "no-such-group" },
  }),
  reads("no group id", () => [["orders", [0]]], { group: { groupId: "" } }),
  reads("as a member", () => [["orders", [0]]], {
    since: 9,
    group: { memberId: "nobody", memberEpoch: 3 },
  }),
  {
    api: "OffsetFetch",
    name: "several groups",
    since: 8,
    async play(side, version, groupId) {
      await side.ask("OffsetCommit", 8, commit(side, 8, groupId, [["orders", [{}]]]));
      const topics = [{ ...side.named("orders", version, 10), partitionIndexes: [0] }];
      const groups = [
        { groupId, topics },
        { groupId: "no-such-group", topics },
        { groupId: `${groupId}-too`, topics: null },
      ];
      return await side.ask("OffsetFetch", version, { groups });
    },
  },
  {
    api: "OffsetFetch",
    name: "unknown topic ids",
    since: 10,
    play: (side, version, groupId) => {
      const topics = [MISSING_ID, ZERO_ID].map((topicId) => ({
        topicId,
        partitionIndexes: [0, 1],
      }));
      return side.ask("OffsetFetch", version, { groups: [{ groupId, topics }] });
    },
  },

  inGroup("DescribeGroups", "a stable group", (_, groupId) => ({ groups: [groupId] })),
  inGroup("DescribeGroups", "a group with a static member", (_, groupId) => ({
    groups: [groupId],
  }), { member: member1 }),
  inGroup("DescribeGroups", "with operations", (_, groupId) => ({
    groups: [groupId],
    includeAuthorizedOperations: true,
  }), { since: 3 }),
  ...[["no-such-group"], [""], [], ["no-such-group", "no-such-group"]].map((groups): Scenario => ({
    api: "DescribeGroups",
    name: `groups ${JSON.stringify(groups)}`,
    async play(side, version) {
      await commitWithoutName(side);
      return await side.ask("DescribeGroups", version, { groups });
    },
  })),
  {
    api: "DescribeGroups",
    name: "a group that only has offsets",
    async play(side, version, groupId) {
      await side.ask("OffsetCommit", 8, commit(side, 8, groupId, [["orders", [{}]]]));
      return await side.ask("DescribeGroups", version, { groups: [groupId] });
    },
  },
  {
    api: "DescribeGroups",
    name: "a group that everyone has left",
    async play(side, version, groupId) {
      const { client, memberId } = await groupOfOne(side, groupId);
      await client.ask("LeaveGroup", 3, { groupId, members: [{ memberId }] });
      return await side.ask("DescribeGroups", version, { groups: [groupId] });
    },
  },

  ...[
    [{}, 0],
    [{ statesFilter: ["Stable"] }, 4],
    [{ statesFilter: ["empty", "DEAD"] }, 4],
    [{ statesFilter: ["Asleep"] }, 4],
    [{ typesFilter: ["classic"] }, 5],
    [{ typesFilter: ["consumer"] }, 5],
    [{ typesFilter: ["Share"] }, 5],
    [{ typesFilter: ["circle"] }, 5],
  ].map(([body, since]): Scenario => ({
    api: "ListGroups",
    name: `those with ${JSON.stringify(body)}`,
    since: since as number,
    async play(side, version, groupId) {
      await groupOfOne(side, groupId, consumer);
      const empty = `${groupId}-empty`;
      await side.ask("OffsetCommit", 8, commit(side, 8, empty, [["orders", [{}]]]));
      const answer = await side.ask("ListGroups", version, body);
      const groups = answer.groups.filter((each: any) => each.groupId.startsWith(groupId));
      return { ...answer, groups };
    },
  })),

  inGroup("DeleteGroups", "one that has members", (_, groupId) => ({ groupsNames: [groupId] })),
  {
    api: "DeleteGroups",
    name: "an empty one, missing ones, and one twice",
    async play(side, version, groupId) {
      await side.ask("OffsetCommit", 8, commit(side, 8, groupId, [["orders", [{}]]]));
      await commitWithoutName(side);
      const answer = await side.ask("DeleteGroups", version, {
        groupsNames: [groupId, "no-such-group", "", "no-such-group"],
      });
      return [
        answer,
        await side.ask("OffsetFetch", 5, { groupId, topics: null }),
        await written(side, groupId),
      ];
    },
  },
  {
    api: "DeleteGroups",
    name: "none",
    play: (side, version) => side.ask("DeleteGroups", version, { groupsNames: [] }),
  },

  ...([
    ["an empty group", {}, false],
    ["a group that isn't", { groupId: "no-such-group" }, false],
    ["no group id", { groupId: "" }, false],
    ["a group that reads it", {}, true],
  ] as const).map(([name, more, isRead]): Scenario => ({
    api: "OffsetDelete",
    name,
    async play(side, version, groupId) {
      if (isRead) await groupOfOne(side, groupId, consumer);
      else {
        const wanted: [string, object[]][] = [["orders", [{}]], ["compacted", [{}]]];
        await side.ask("OffsetCommit", 8, commit(side, 8, groupId, wanted));
      }
      const parts = [0, 1, 9].map((partitionIndex) => ({ partitionIndex }));
      const topics = ["orders", "compacted", "nowhere"].map((name) => ({
        name,
        partitions: parts,
      }));
      const answer = await side.ask("OffsetDelete", version, { groupId, topics, ...more });
      return [answer, await side.ask("OffsetFetch", 5, { groupId, topics: null })];
    },
  })),
  {
    api: "OffsetDelete",
    name: "a group with members of another kind",
    async play(side, version, groupId) {
      await groupOfOne(side, groupId);
      const topics = [{ name: "orders", partitions: [{ partitionIndex: 0 }] }];
      return await side.ask("OffsetDelete", version, { groupId, topics });
    },
  },
];
