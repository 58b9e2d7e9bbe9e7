/**
 * Settings by what clients see of them: made with a topic, altered while it lives, or a broker's.
 */
import { batch, NOW, type Scenario, type Side } from "../side.ts";

const TOPIC = 2, BROKER = 4, SET = 0, DELETE = 1;

async function alter(side: Side, kind: number, resourceName: string, name: string, value?: string) {
  const configOperation = value === undefined ? DELETE : SET;
  const configs = [{ name, configOperation, value: value ?? null }];
  const { responses } = await side.ask("IncrementalAlterConfigs", 1, {
    resources: [{ resourceType: kind, resourceName, configs }],
  });
  await side.caughtUp();
  return responses;
}

const produce = (side: Side, topic: string, records: Uint8Array, acks = -1) =>
  side.ask("Produce", 9, {
    acks,
    timeoutMs: 5000,
    topicData: [{ name: topic, partitionData: [{ index: 0, records }] }],
  });

const read = (side: Side, topic: string) =>
  side.ask("Fetch", 12, {
    maxWaitMs: 0,
    minBytes: 0,
    topics: [{
      topic,
      partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 2_000_000 }],
    }],
  });

const startOf = async (side: Side, topic: string): Promise<number> => {
  const partitions = [{ partitionIndex: 0, timestamp: -2 }];
  const answer = await side.ask("ListOffsets", 7, {
    replicaId: -1,
    topics: [{ name: topic, partitions }],
  });
  return answer.topics[0].partitions[0].offset;
};

/** What a Produce is answered before, while and after a setting of its topic is another. */
const altered = (
  config: string,
  value: string,
  records: () => Uint8Array,
  acks?: number,
): Scenario => ({
  api: "Produce",
  name: `while ${config} of its topic is ${value}${acks === undefined ? "" : `, acks=${acks}`}`,
  once: true,
  configs: [config],
  topic: {},
  async play(side, _version, topic) {
    const before = await produce(side, topic, records(), acks);
    await alter(side, TOPIC, topic, config, value);
    const during = await produce(side, topic, records(), acks);
    await alter(side, TOPIC, topic, config);
    return [before, during, await produce(side, topic, records(), acks), await read(side, topic)];
  },
});

/** The same for what all brokers have, as the default of topics that say nothing. */
const alteredForAll = (config: string, value: string, records: () => Uint8Array): Scenario => ({
  api: "Produce",
  name: `while ${config} of all brokers is ${value}`,
  once: true,
  stage: "ruled",
  configs: [config],
  topic: {},
  async play(side, _version, topic) {
    const before = await produce(side, topic, records());
    await alter(side, BROKER, "", config, value);
    const during = await produce(side, topic, records());
    await alter(side, BROKER, "", config);
    return [before, during, await produce(side, topic, records()), await read(side, topic)];
  },
});

const packed = (type: string, codec: "none" | "gzip" | "snappy" | "lz4" | "zstd"): Scenario => ({
  api: "Produce",
  name: `packed by ${codec} where compression.type is ${type}`,
  once: true,
  together: true,
  configs: ["compression.type"],
  topic: { configs: { "compression.type": type } },
  async play(side, _version, topic) {
    await side.append(topic, 0, batch(["x".repeat(300), "y"], { codec }));
    return await read(side, topic);
  },
});

/** A topic of a broker that looks often, once it begins where it should. */
const forgets = (
  name: string,
  beginsAt: number,
  configs: Record<string, string>,
  batches: () => Uint8Array[],
): Scenario => ({
  api: "ListOffsets",
  name: `the beginning, after ${name}`,
  once: true,
  stage: "ruled",
  configs: Object.keys(configs),
  topic: { configs },
  async play(side, _version, topic) {
    await side.append(topic, 0, ...batches());
    await side.until(async () => await startOf(side, topic) >= beginsAt);
    return [await startOf(side, topic), await read(side, topic)];
  },
});

const HOUR_MS = 3_600_000;
const LONG_AGO = NOW - 6 * HOUR_MS;
const large = (timestamp = NOW) => batch(["x".repeat(600_000)], { timestamp });

const onRuled = (
  api: Scenario["api"],
  name: string,
  config: string,
  play: Scenario["play"],
  topic?: Scenario["topic"],
): Scenario => ({ api, name, stage: "ruled", configs: [config], topic, play });

export const EFFECTS: Scenario[] = [
  altered("max.message.bytes", "100", () => batch(["x".repeat(200)])),
  altered("message.timestamp.type", "LogAppendTime", () => batch(["a", "b"])),
  altered("message.timestamp.before.max.ms", "60000", () => batch(["a"], { timestamp: LONG_AGO })),
  altered(
    "message.timestamp.after.max.ms",
    `${9 * HOUR_MS}`,
    () => batch(["a"], { timestamp: NOW + 2 * HOUR_MS }),
  ),
  altered("min.insync.replicas", "2", () => batch(["a"])),
  altered("min.insync.replicas", "2", () => batch(["a"]), 1),
  altered("cleanup.policy", "compact", () => batch(["no key"])),
  altered("compression.type", "zstd", () => batch(["x".repeat(300)])),

  alteredForAll("message.max.bytes", "100", () => batch(["x".repeat(200)])),
  alteredForAll("log.message.timestamp.type", "LogAppendTime", () => batch(["a"])),
  alteredForAll(
    "log.message.timestamp.before.max.ms",
    "60000",
    () => batch(["a"], { timestamp: LONG_AGO }),
  ),
  alteredForAll(
    "log.message.timestamp.after.max.ms",
    `${9 * HOUR_MS}`,
    () => batch(["a"], { timestamp: NOW + 2 * HOUR_MS }),
  ),
  alteredForAll("log.cleanup.policy", "compact", () => batch(["no key"])),
  alteredForAll("compression.type", "lz4", () => batch(["x".repeat(300)])),

  ...["producer", "uncompressed", "gzip", "snappy", "lz4", "zstd"].flatMap((type) =>
    (["none", "gzip", "snappy", "lz4", "zstd"] as const).map((codec) => packed(type, codec))
  ),

  forgets("retention.ms", 2, { "retention.ms": "60000" }, () => [
    batch(["a", "b"], { timestamp: LONG_AGO }),
  ]),
  forgets("retention.ms, segment by segment", 3, {
    "retention.ms": `${HOUR_MS}`,
    "segment.ms": "60000",
  }, () => [
    batch(["a", "b"], { timestamp: LONG_AGO }),
    batch(["c"], { timestamp: LONG_AGO + 120_000 }),
    batch(["d"]),
  ]),
  forgets(
    "retention.bytes",
    1,
    { "retention.bytes": "1000000", "segment.bytes": "1048576" },
    () => [
      large(),
      large(),
      large(),
    ],
  ),

  onRuled(
    "Metadata",
    "a missing topic is not made",
    "auto.create.topics.enable",
    (side, version, name) =>
      side.ask("Metadata", version, { topics: [{ name }], allowAutoTopicCreation: true }),
  ),
  onRuled(
    "CreateTopics",
    "counts by other defaults",
    "num.partitions",
    (side, version, name) =>
      side.ask("CreateTopics", version, {
        timeoutMs: 5000,
        topics: [{ name, numPartitions: -1, replicationFactor: -1, assignments: [], configs: [] }],
        validateOnly: false,
      }),
  ),
  onRuled(
    "DeleteTopics",
    "where none may go",
    "delete.topic.enable",
    (side, version, name) =>
      side.ask("DeleteTopics", version, {
        timeoutMs: 5000,
        ...(version >= 6 ? { topics: [{ name }] } : { topicNames: [name] }),
      }),
    {},
  ),
  onRuled(
    "Fetch",
    "more than a broker gives at once",
    "fetch.max.bytes",
    async (side, version, name) => {
      await side.append(name, 0, ...["a", "b", "c"].map((value) => batch([value.repeat(900)])));
      return await side.ask("Fetch", version, {
        maxWaitMs: 0,
        minBytes: 0,
        maxBytes: 1_000_000,
        topics: [{
          ...side.named(name, version, 13, "topic"),
          partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000_000 }],
        }],
      });
    },
    {},
  ),
  onRuled(
    "OffsetCommit",
    "more words than are kept",
    "offset.metadata.max.bytes",
    (side, version, groupId) =>
      side.ask("OffsetCommit", version, {
        groupId,
        generationIdOrMemberEpoch: -1,
        memberId: "",
        topics: [{
          ...side.named(groupId, version, 10),
          partitions: ["ten bytes.", "eleven byte"].map((committedMetadata, partitionIndex) => ({
            partitionIndex,
            committedOffset: 0,
            committedMetadata,
          })),
        }],
      }),
    { partitions: 2 },
  ),
  ...([
    ["group.min.session.timeout.ms", [1999, 2000]],
    ["group.max.session.timeout.ms", [20_000, 20_001]],
  ] as const).map(([config, timeouts]) =>
    onRuled("JoinGroup", `sessions of ${timeouts} ms`, config, async (side, version, groupId) => {
      const answers = [];
      for (const sessionTimeoutMs of timeouts) {
        const body = joining(`${groupId}-${sessionTimeoutMs}`, sessionTimeoutMs);
        answers.push(await side.ask("JoinGroup", version, body));
      }
      return answers;
    })
  ),
];

const joining = (groupId: string, sessionTimeoutMs: number) => ({
  groupId,
  sessionTimeoutMs,
  rebalanceTimeoutMs: 5_000,
  memberId: "",
  protocolType: "judge",
  protocols: [{ name: "one", metadata: new Uint8Array([1]) }],
});
