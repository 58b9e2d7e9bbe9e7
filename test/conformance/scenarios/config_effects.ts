/**
 * What is set while brokers run counts at once, for topics that were there before too:
 * cluster-wide, for one broker, for a topic; and it is still there after a restart.
 */
import { batch, NOW, pause, type Scenario, type Side, utf8 } from "../side.ts";
import { altered, DELETE, described, SET, untilShown } from "./config_changes.ts";

const TOPIC = 2, BROKER = 4, CLIENT_METRICS = 16, GROUP = 32;

/** Sends a batch and tells what the broker made of it. */
async function produce(side: Side, topic: string, records: Uint8Array) {
  const partitionData = [{ index: 0, records }];
  const { responses } = await side.ask("Produce", 9, {
    acks: -1,
    timeoutMs: 1000,
    topicData: [{ name: topic, partitionData }],
  });
  const [{ errorCode, logAppendTimeMs }] = responses[0].partitionResponses;
  return { errorCode, logAppendTimeMs };
}

/** The whole of a partition, batch by batch. */
const read = (side: Side, topic: string) =>
  side.ask("Fetch", 11, {
    maxWaitMs: 0,
    minBytes: 0,
    topics: [{ topic, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1e6 }] }],
  });

interface Effect {
  /** The broker's name for it. */
  readonly setting: string;
  readonly value: string;
  /** The topic's. */
  readonly ofTopics: string;
  /** Where Kafka lets brokers set it. */
  readonly levels?: readonly ("all brokers" | "a broker")[];
  /** Instead of being deleted. */
  readonly back?: string;
  act(side: Side, topic: string): Promise<unknown>;
}

const EFFECTS: readonly Effect[] = [
  {
    setting: "message.max.bytes",
    value: "100",
    ofTopics: "max.message.bytes",
    act: (side, topic) => produce(side, topic, batch(["a".repeat(200)])),
  },
  {
    setting: "log.message.timestamp.type",
    value: "LogAppendTime",
    ofTopics: "message.timestamp.type",
    act: (side, topic) => produce(side, topic, batch(["a"])),
  },
  {
    setting: "log.message.timestamp.before.max.ms",
    value: "1000",
    ofTopics: "message.timestamp.before.max.ms",
    act: (side, topic) => produce(side, topic, batch(["a"], { timestamp: NOW - 7_200_000 })),
  },
  {
    setting: "log.message.timestamp.after.max.ms",
    value: "1000",
    ofTopics: "message.timestamp.after.max.ms",
    act: (side, topic) => produce(side, topic, batch(["a"], { timestamp: NOW + 1_800_000 })),
  },
  {
    setting: "log.cleanup.policy",
    value: "compact",
    ofTopics: "cleanup.policy",
    act: (side, topic) => produce(side, topic, batch(["without a key"])),
  },
  {
    setting: "compression.type",
    value: "gzip",
    ofTopics: "compression.type",
    async act(side, topic) {
      return [await produce(side, topic, batch([{ value: utf8("a") }])), await read(side, topic)];
    },
  },
  {
    setting: "min.insync.replicas",
    value: "2",
    ofTopics: "min.insync.replicas",
    levels: ["all brokers"],
    back: "1", // with ELR it can't be deleted
    act: (side, topic) => produce(side, topic, batch(["a"])),
  },
];

const effects = EFFECTS.flatMap((effect): Scenario[] => {
  const { setting, ofTopics, value, back, levels = ["all brokers", "a broker"], act } = effect;
  const at = (
    level: string,
    resource: (topic: string) => { type: number; of: string },
  ): Scenario => ({
    api: "IncrementalAlterConfigs",
    name: `counts at once: ${setting} of ${level}`,
    once: true,
    configs: [setting, ofTopics],
    topic: {},
    async play(side, version, topic) {
      const { type, of } = resource(topic);
      const name = type === TOPIC ? ofTopics : setting;
      const undo = back === undefined ? DELETE : SET;
      const before = await act(side, topic);
      const set = await altered(side, version, { type, of }, [[[name, SET, value]]], [name]);
      const meanwhile = await act(side, topic);
      await altered(side, version, { type, of }, [[[name, undo, back ?? null]]], [name]);
      return [before, set, meanwhile, await act(side, topic)];
    },
  });
  return [
    ...levels.map((level) =>
      at(level, () => ({ type: BROKER, of: level === "a broker" ? "1" : "" }))
    ),
    at("a topic", (topic) => ({ type: TOPIC, of: topic })),
  ];
});

/** The nearest counts: the topic's own, the broker's own, that of all brokers. */
const precedence: Scenario = {
  api: "IncrementalAlterConfigs",
  name: "counts at once: the topic's own before the broker's before that of all",
  once: true,
  configs: ["message.max.bytes", "max.message.bytes"],
  topic: {},
  async play(side, version, topic) {
    const [setting, ofTopics] = ["message.max.bytes", "max.message.bytes"];
    const levels = [
      { type: BROKER, of: "", name: setting, value: "100" },
      { type: BROKER, of: "1", name: setting, value: "300" },
      { type: TOPIC, of: topic, name: ofTopics, value: "200" },
    ];
    const seen: unknown[] = [];
    const look = async () => {
      for (const size of [50, 150, 250, 350]) {
        seen.push(await produce(side, topic, batch(["a".repeat(size - 30)])));
      }
    };
    for (const operation of [SET, DELETE]) {
      for (const { type, of, name, value } of levels) {
        seen.push(await altered(side, version, { type, of }, [[[name, operation, value]]], [name]));
        await look();
      }
    }
    return seen;
  },
};

const restart: Scenario = {
  api: "IncrementalAlterConfigs",
  name: "what was set is there after a restart",
  stage: "restarts",
  once: true,
  topic: {},
  async play(side, version, topic) {
    const given: [type: number, of: string, name: string, value: string][] = [
      [BROKER, "", "message.max.bytes", "100"],
      [BROKER, "", "log.retention.ms", "86400002"],
      [BROKER, "1", "log.retention.ms", "86400001"],
      [BROKER, "1", "colour", "red"],
      [BROKER, "1", "num.io.threads", "16"],
      [TOPIC, topic, "segment.ms", "70000000"],
      [GROUP, "some-group", "consumer.session.timeout.ms", "50000"],
      [CLIENT_METRICS, "some-metrics", "interval.ms", "5000"],
    ];
    const answers = [];
    for (const [type, of, name, value] of given) {
      answers.push(await altered(side, version, { type, of }, [[[name, SET, value]]], [name]));
    }
    await side.restart();
    await side.untilLed([topic]);
    for (const [type, of, name] of given) answers.push(await described(side, { type, of }, [name]));
    answers.push(await described(side, { type: TOPIC, of: topic }, ["retention.ms"]));
    answers.push(await produce(side, topic, batch(["a".repeat(200)])));
    for (const [type, of, name] of given) {
      answers.push(await altered(side, version, { type, of }, [[[name, DELETE, null]]], [name]));
    }
    return answers;
  },
};

/** Time and size limits of all brokers, seen by what is left of a topic. */
const retention = (setting: string, value: string, ofTopics: string): Scenario => ({
  api: "IncrementalAlterConfigs",
  name: `counts at once: ${setting}`,
  stage: "ruled",
  once: true,
  configs: [setting, ofTopics],
  topic: {},
  async play(side, version, topic) {
    await side.append(topic, 0, batch(["old"], { timestamp: NOW - 7_200_000 }));
    const start = async () => {
      const partitions = [{ partitionIndex: 0, timestamp: -2 }];
      const { topics } = await side.ask("ListOffsets", 7, {
        replicaId: -1,
        topics: [{ name: topic, partitions }],
      });
      return topics[0].partitions[0].offset;
    };
    await pause(300);
    const before = await start();
    const all = { type: BROKER, of: "" };
    await altered(side, version, all, [[[setting, SET, value]]], [setting]);
    await side.until(async () => await start() > 0);
    await altered(side, version, all, [[[setting, DELETE, null]]], [setting]);
    await untilShown(side);
    return [before, await start()];
  },
});

export const CONFIG_EFFECTS: Scenario[] = [
  ...effects,
  precedence,
  restart,
  retention("log.retention.ms", "3600000", "retention.ms"),
  retention("log.retention.bytes", "0", "retention.bytes"),
];
