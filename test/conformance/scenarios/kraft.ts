/**
 * The cluster as controllers keep it: features, the quorum, who leads, where replicas lie, who is
 * registered. What is changed for the whole cluster is changed back within the scenario.
 */
import { MISSING_ID, type Scenario, type Side, ZERO_ID } from "../side.ts";

const UPGRADE = 1, SAFE_DOWNGRADE = 2, UNSAFE_DOWNGRADE = 3;

type Update = readonly [feature: string, level: number, upgradeType?: number];

/** The flag of version 0 allows what the later types ask for. */
const updates = (version: number, ...all: Update[]) =>
  all.map(([feature, maxVersionLevel, upgradeType = UPGRADE]) => ({
    feature,
    maxVersionLevel,
    ...(version === 0 ? { allowDowngrade: upgradeType !== UPGRADE } : { upgradeType }),
  }));

const update = (side: Side, version: number, ...all: Update[]) =>
  side.ask("UpdateFeatures", version, { featureUpdates: updates(version, ...all) });

/** Levels that clients are told; only those that a scenario changes. */
async function levelsOf(side: Side, ...names: string[]) {
  const { finalizedFeatures } = await side.ask("ApiVersions", 3, {
    clientSoftwareName: "judge",
    clientSoftwareVersion: "1",
  });
  return names.map((name) => finalizedFeatures.find((each: any) => each.name === name) ?? null);
}

/** Updates that are refused, or change nothing. */
const features = (name: string, ...all: Update[]): Scenario => ({
  api: "UpdateFeatures",
  name,
  play: (side, version) => update(side, version, ...all),
});

/** The same with the checks alone, since version 1. */
const checked = (name: string, ...all: Update[]): Scenario => ({
  api: "UpdateFeatures",
  name: `${name}, the checks alone`,
  since: 1,
  play: (side, version) =>
    side.ask("UpdateFeatures", version, {
      featureUpdates: updates(version, ...all),
      validateOnly: true,
    }),
});

const UPDATE_FEATURES: Scenario[] = [
  features("metadata.version as it is", ["metadata.version", 30]),
  features("metadata.version from the future", ["metadata.version", 31]),
  features("metadata.version from before KRaft", ["metadata.version", 6, SAFE_DOWNGRADE]),
  features("no metadata.version", ["metadata.version", 0, SAFE_DOWNGRADE]),
  features("a negative metadata.version", ["metadata.version", -1, SAFE_DOWNGRADE]),
  features("a lower metadata.version", ["metadata.version", 29]),
  features("a lower metadata.version, safely", ["metadata.version", 29, SAFE_DOWNGRADE]),
  features("a lower metadata.version, at a loss", ["metadata.version", 22, UNSAFE_DOWNGRADE]),
  checked("metadata.version as it is, safely down", ["metadata.version", 30, SAFE_DOWNGRADE]),
  checked("an unknown kind of upgrade", ["metadata.version", 30, 4]),
  checked("no kind of upgrade", ["metadata.version", 30, 0]),
  features("group.version as it is", ["group.version", 1]),
  features("group.version from the future", ["group.version", 2]),
  features("a negative group.version", ["group.version", -1]),
  features("group.version down without saying so", ["group.version", 0]),
  checked("group.version down", ["group.version", 0, SAFE_DOWNGRADE]),
  checked("transaction.version down by one", ["transaction.version", 1, SAFE_DOWNGRADE]),
  features("transaction.version down without saying so", ["transaction.version", 1]),
  features("an unknown feature", ["nope", 1]),
  features("an unknown feature, down", ["nope", 0, SAFE_DOWNGRADE]),
  features("a feature without a name", ["", 1]),
  features("nothing at all"),
  features("one of several that cannot be", ["group.version", 1], ["nope", 1]),
  checked("one feature twice", ["group.version", 1], ["group.version", 0, SAFE_DOWNGRADE]),
  features("kraft.version from the future", ["kraft.version", 2]),
  features("kraft.version as it is", ["kraft.version", 0]),
  features("a negative kraft.version", ["kraft.version", -1, SAFE_DOWNGRADE]),
  checked("ELR down", ["eligible.leader.replicas.version", 0, SAFE_DOWNGRADE]),
  {
    api: "UpdateFeatures",
    name: "a feature down and up again",
    since: 1,
    async play(side, version) {
      const levels = () => levelsOf(side, "share.version", "streams.version");
      const down = await update(
        side,
        version,
        ["share.version", 0, SAFE_DOWNGRADE],
        ["streams.version", 0, UNSAFE_DOWNGRADE],
      );
      await side.until(async () => (await levels()).every((level) => level === null));
      const downToNewer = await update(side, version, ["share.version", 1, SAFE_DOWNGRADE]);
      const up = await update(side, version, ["share.version", 1], ["streams.version", 1]);
      await side.until(async () => (await levels()).every((level) => level !== null));
      return { down, downToNewer, up, levels: await levels() };
    },
  },
  {
    api: "UpdateFeatures",
    name: "ELR off and on again, and what it asks of min.insync.replicas",
    since: 2,
    async play(side, version) {
      const alter = (resourceName: string, value: string | null) =>
        side.ask("IncrementalAlterConfigs", 1, {
          resources: [{
            resourceType: 4,
            resourceName,
            configs: [{
              name: "min.insync.replicas",
              configOperation: value === null ? 1 : 0,
              value,
            }],
          }],
        });
      const ELR = "eligible.leader.replicas.version";
      const whileOn = [await alter("", null), await alter("1", "1"), await alter("1", null)];
      const off = await update(side, version, [ELR, 0, SAFE_DOWNGRADE]);
      await side.until(async () => (await levelsOf(side, ELR))[0] === null);
      const whileOff = [await alter("", null), await alter("1", "1")];
      const on = await update(side, version, [ELR, 1]);
      await side.until(async () => (await levelsOf(side, ELR))[0] !== null);
      await side.caughtUp();
      const describe = (resourceName: string) => ({
        resourceType: 4,
        resourceName,
        configurationKeys: ["min.insync.replicas"],
      });
      const described = await side.ask("DescribeConfigs", 4, {
        resources: [describe(""), describe("1")],
        includeSynonyms: true,
      });
      return { whileOn, off, whileOff, on, described };
    },
  },
];

/** What moves on by itself is told by whether it is there. */
const asSeen = (answer: any) => {
  const isThere = (value: number) => value > 0;
  const replica = ({ logEndOffset, lastFetchTimestamp, lastCaughtUpTimestamp, ...rest }: any) => ({
    ...rest,
    logEndOffset: isThere(logEndOffset),
    lastFetchTimestamp: isThere(lastFetchTimestamp),
    lastCaughtUpTimestamp: isThere(lastCaughtUpTimestamp),
  });
  const partition = ({ highWatermark, leaderEpoch, currentVoters, ...rest }: any) => ({
    ...rest,
    highWatermark: isThere(highWatermark),
    leaderEpoch: isThere(leaderEpoch),
    currentVoters: currentVoters.map(replica),
  });
  return {
    ...answer,
    topics: answer.topics.map(({ partitions, ...rest }: any) => ({
      ...rest,
      partitions: partitions.map(partition),
    })),
  };
};

const METADATA = "__cluster_metadata";
const quorum = (
  name: string,
  ...topics: [topicName: string, ...indexes: number[]][]
): Scenario => ({
  api: "DescribeQuorum",
  name,
  play: async (side, version) =>
    asSeen(
      await side.ask("DescribeQuorum", version, {
        topics: topics.map(([topicName, ...indexes]) => ({
          topicName,
          partitions: indexes.map((partitionIndex) => ({ partitionIndex })),
        })),
      }),
    ),
});

const DESCRIBE_QUORUM: Scenario[] = [
  quorum("of the metadata", [METADATA, 0]),
  quorum("of another topic", ["orders", 0]),
  quorum("of another partition", [METADATA, 1]),
  quorum("of the metadata and another topic", [METADATA, 0], ["orders", 0]),
  quorum("of the metadata twice", [METADATA, 0, 0]),
  quorum("of no partition", [METADATA]),
  quorum("of nothing"),
];

const PREFERRED = 0, UNCLEAN = 1;
type Asked = readonly [topic: string, ...partitions: number[]];
const partitionsOf = (asked: readonly Asked[] | null, name: string) =>
  asked?.map(([topic, ...partitions]) => ({
    topic: topic === "its-own" ? name : topic,
    partitions,
  })) ?? null;

const elect = (
  name: string,
  electionType: number,
  asked: readonly Asked[] | null,
  timeoutMs = 10_000,
): Scenario => ({
  api: "ElectLeaders",
  name,
  since: electionType === PREFERRED ? 0 : 1,
  topic: { partitions: 2 },
  async play(side, version, own) {
    const topicPartitions = partitionsOf(asked, own);
    const request = { ...(version > 0 ? { electionType } : {}), topicPartitions, timeoutMs };
    const answer = await side.ask("ElectLeaders", version, request);
    if (asked !== null) return answer;
    const isOurs = ({ topic }: any) => topic === own;
    return {
      ...answer,
      replicaElectionResults: answer.replicaElectionResults.filter(isOurs),
    };
  },
});

const ELECT_LEADERS: Scenario[] = [
  elect("where the preferred one leads", PREFERRED, [["its-own", 0, 1]]),
  elect("where somebody leads, unclean", UNCLEAN, [["its-own", 0, 1]]),
  elect("of missing partitions and topics", PREFERRED, [["its-own", 0, 7, -1], ["nope", 0], [
    "",
    0,
  ]]),
  elect("of missing ones, unclean", UNCLEAN, [["its-own", 7], ["nope", 0]]),
  elect("one partition and one topic twice", PREFERRED, [["its-own", 0, 0], ["its-own", 1]]),
  elect("of all partitions", PREFERRED, null),
  elect("of all partitions, unclean", UNCLEAN, null),
  elect("of no topics", PREFERRED, []),
  elect("of no partitions", PREFERRED, [["its-own"]]),
  elect("of an unknown kind", 2, [["its-own", 0], ["nope", 1]]),
  elect("of a negative kind", -1, [["its-own", 0]]),
  elect("of all partitions by an unknown kind", 5, null),
  elect("without time", PREFERRED, [["its-own", 0]], 0),
  elect("of all partitions without time", PREFERRED, null, -1),
  elect("of no topics without time", PREFERRED, [], 0),
];

type Moves = Readonly<Record<string, readonly (readonly [number, readonly number[] | null])[]>>;
const moves = (
  name: string,
  asked: Moves,
  options: { timeoutMs?: number; allowReplicationFactorChange?: boolean } = {},
): Scenario => ({
  api: "AlterPartitionReassignments",
  name,
  since: options.allowReplicationFactorChange === undefined ? 0 : 1,
  topic: { partitions: 2 },
  play: (side, version, own) =>
    side.ask("AlterPartitionReassignments", version, {
      ...options,
      topics: Object.entries(asked).map(([topic, partitions]) => ({
        name: topic === "own" ? own : topic,
        partitions: partitions.map(([partitionIndex, replicas]) => ({ partitionIndex, replicas })),
      })),
    }),
});

const REASSIGN: Scenario[] = [
  moves("to where it is", { own: [[0, [1]], [1, [1]]] }),
  moves("to a broker that is not there", { own: [[0, [2]], [1, [1, 2]]] }),
  moves("to brokers that cannot be", { own: [[0, [-1]], [1, [2147483647]]] }),
  moves("to nobody", { own: [[0, []]] }),
  moves("to one broker twice", { own: [[0, [1, 1]]] }),
  moves("taken back where nothing moves", { own: [[0, null], [1, null]] }),
  moves("of missing partitions and topics", { own: [[7, [1]], [-1, null]], nope: [[0, [1]]] }),
  moves("of the metadata and of a topic without a name", {
    [METADATA]: [[0, [1]]],
    "": [[0, null]],
  }),
  moves("one partition twice", { own: [[0, [1]], [0, null]] }),
  moves("of nothing", {}),
  moves("of no partition", { own: [] }),
  moves("without time", { own: [[0, [1]], [1, null]] }, { timeoutMs: 0 }),
  moves("of nothing without time", {}, { timeoutMs: -1 }),
  moves("with the number of replicas fixed", { own: [[0, [1]], [1, []]] }, {
    allowReplicationFactorChange: false,
  }),
  moves("to more replicas with their number fixed", { own: [[0, [1, 2]]] }, {
    allowReplicationFactorChange: false,
  }),
];

const listing = (name: string, topics: Asked[] | null, timeoutMs = 10_000): Scenario => ({
  api: "ListPartitionReassignments",
  name,
  topic: { partitions: 2 },
  play: (side, version, own) =>
    side.ask("ListPartitionReassignments", version, {
      timeoutMs,
      topics: partitionsOf(topics, own)?.map(({ topic, partitions }) => ({
        name: topic,
        partitionIndexes: partitions,
      })) ?? null,
    }),
});

const LIST: Scenario[] = [
  listing("all", null),
  listing("all without time", null, 0),
  listing("nothing", []),
  listing("partitions that stay and such as are missing", [["its-own", 0, 9], ["nope", 0]]),
  listing("no partition", [["its-own"]]),
];

const unregister = (name: string, brokerId: number): Scenario => ({
  api: "UnregisterBroker",
  name,
  play: (side, version) => side.ask("UnregisterBroker", version, { brokerId }),
});

const VOTER = {
  clusterId: null,
  timeoutMs: 1000,
  voterId: 2,
  voterDirectoryId: MISSING_ID,
  listeners: [{ name: "CONTROLLER", host: "127.0.0.1", port: 1 }],
};
const voter = (
  api: "AddRaftVoter" | "RemoveRaftVoter",
  name: string,
  fields: Partial<Record<keyof typeof VOTER, unknown>> = {},
): Scenario => ({
  api,
  name,
  play: (side, version) => {
    const { timeoutMs, listeners, ...rest } = { ...VOTER, ...fields };
    return side.ask(
      api,
      version,
      api === "AddRaftVoter" ? { timeoutMs, listeners, ...rest } : rest,
    );
  },
});

const VOTERS: Scenario[] = (["AddRaftVoter", "RemoveRaftVoter"] as const).flatMap((api) => [
  voter(api, "while the voters are fixed"),
  voter(api, "the one there is", { voterId: 1 }),
  voter(api, "of another cluster", { clusterId: "other" }),
  voter(api, "of another cluster and without an id", { clusterId: "", voterId: -1 }),
  voter(api, "without an id", { voterId: -1 }),
  voter(api, "without a directory", { voterDirectoryId: ZERO_ID }),
]);

export const KRAFT: Scenario[] = [
  ...UPDATE_FEATURES,
  ...DESCRIBE_QUORUM,
  ...ELECT_LEADERS,
  ...REASSIGN,
  ...LIST,
  unregister("that is not there", 7),
  unregister("that cannot be", -1),
  ...VOTERS,
  voter("AddRaftVoter", "without an address", { listeners: [] }),
];
