/** Produce and InitProducerId: what is appended, what is refused, and how it is said. */
import { crc32c } from "../../../src/bytes/mod.ts";
import {
  batch,
  MISSING_ID,
  NOW,
  type Scenario,
  type Side,
  type TopicOptions,
  utf8,
} from "../side.ts";

/** How the topics are made that a scenario has for itself. */
const TOPICS: Record<string, TopicOptions> = {
  written: { partitions: 3 },
  compacted: { configs: { "cleanup.policy": "compact" } },
  stamped: { configs: { "message.timestamp.type": "LogAppendTime" } },
  repacked: { configs: { "compression.type": "gzip" } },
  small: { configs: { "max.message.bytes": "300" } },
  strict: {
    configs: {
      "message.timestamp.after.max.ms": "3600000",
      "message.timestamp.before.max.ms": "3600000",
    },
  },
  guarded: { configs: { "min.insync.replicas": "2" } },
};

/** Of their settings, those that show in the answers. */
const PROVEN: Record<string, string[]> = {
  compacted: ["cleanup.policy"],
  stamped: ["message.timestamp.type"],
  small: ["max.message.bytes"],
  strict: ["message.timestamp.after.max.ms", "message.timestamp.before.max.ms"],
  guarded: ["min.insync.replicas"],
};

interface Writes {
  /** One of {@link TOPICS}, or the name of a topic that is not the scenario's own. */
  topic?: string;
  partition?: number;
  body?: object;
  since?: number;
  until?: number;
}

const request = (side: Side, version: number, topic: string, parts: [number, any][]) => ({
  acks: -1,
  timeoutMs: 5000,
  topicData: [{
    ...side.named(topic, version, 13),
    partitionData: parts.map(([index, records]) => ({ index, records })),
  }],
});

/** One batch (or what should be one) to one partition. */
const write = (
  name: string,
  records: () => Uint8Array,
  { topic = "written", partition = 0, body, since, until }: Writes = {},
): Scenario => ({
  api: "Produce",
  name,
  since,
  until,
  topic: TOPICS[topic],
  together: topic in TOPICS,
  configs: PROVEN[topic],
  play: (side, version, own) =>
    side.ask("Produce", version, {
      ...request(side, version, topic in TOPICS ? own : topic, [[partition, records()]]),
      ...body,
    }),
});

/** A batch with some of its header's fields changed, and the checksum made right again. */
function changed(bytes: Uint8Array, change: (header: DataView) => void, sum = true): Uint8Array {
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  change(header);
  if (sum) header.setUint32(17, crc32c(bytes, 21));
  return bytes;
}

const joined = (...parts: Uint8Array[]): Uint8Array => {
  const all = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  parts.reduce((at, part) => (all.set(part, at), at + part.length), 0);
  return all;
};

/** Batches of one idempotent producer, one request each; answers in their order. */
const sequence = (
  name: string,
  steps: { baseSequence: number; producerEpoch?: number; count?: number }[],
): Scenario => ({
  api: "Produce",
  name,
  topic: {},
  together: true,
  async play(side, version, topic) {
    const answers = [];
    for (const { baseSequence, producerEpoch = 0, count = 1 } of steps) {
      const values = Array.from({ length: count }, (_, index) => `${baseSequence + index}`);
      const records = batch(values, { producerId: 4321, producerEpoch, baseSequence });
      answers.push(
        await side.ask("Produce", version, request(side, version, topic, [[0, records]])),
      );
    }
    return answers;
  },
});

const endOf = async (side: Side, name: string) => {
  const partitions = [{ partitionIndex: 0, timestamp: -1 }];
  const answer = await side.ask("ListOffsets", 7, {
    replicaId: -1,
    topics: [{ name, partitions }],
  });
  return answer.topics[0].partitions[0].offset;
};

/** acks=0: nothing is said. It is either written, or the connection is closed. */
const silent = (
  name: string,
  body: (side: Side, version: number, topic: string) => any,
  isWritten: boolean,
): Scenario => ({
  api: "Produce",
  name: `acks=0: ${name}`,
  topic: {},
  together: true,
  async play(side, version, topic) {
    const client = await side.client();
    await client.send("Produce", version, { ...body(side, version, topic), acks: 0 });
    if (!isWritten) return await client.untilHungUp();
    await side.until(async () => await endOf(side, topic) > 0);
    return await client.ask("Produce", version, body(side, version, topic));
  },
});

const one = () => batch(["one"]);
const init = (
  name: string,
  body: object,
  { since, stage }: Pick<Scenario, "since" | "stage"> = {},
): Scenario => ({
  api: "InitProducerId",
  name,
  since,
  stage,
  play: (side, version) =>
    side.ask("InitProducerId", version, {
      transactionalId: null,
      transactionTimeoutMs: 60_000,
      ...body,
    }),
});

export const PRODUCE: Scenario[] = [
  write("acks=all", () => batch(["a", "b", "c"])),
  write("acks=1", one, { body: { acks: 1 } }),
  write("acks=2", one, { body: { acks: 2 } }),
  write("acks=-2", one, { body: { acks: -2 } }),
  write(
    "keys and headers",
    () => batch([{ key: utf8("k"), value: null, headers: [{ key: "h", value: utf8("v") }] }]),
  ),
  ...(["gzip", "snappy", "lz4"] as const).map((codec) =>
    write(`packed by ${codec}`, () => batch(["x".repeat(500), "y"], { codec }))
  ),
  write("packed by zstd", () => batch(["x".repeat(500), "y"], { codec: "zstd" })),
  write("a missing topic", one, { topic: "nowhere" }),
  write("a missing partition", one, { partition: 9 }),
  write("a partition below zero", one, { partition: -1 }),
  write("a name that no topic may have", one, { topic: "a/b", until: 12 }),
  write("an internal topic", one, { topic: "__consumer_offsets" }),
  write("more in sync than there are replicas", one, { topic: "guarded" }),
  // Null instead of records is not played: Apache Kafka never answers it.
  write("no records", () => new Uint8Array(0)),
  write("two batches", () => joined(one(), one())),
  write("bytes behind the batch", () => joined(one(), new Uint8Array(5))),
  write("half a batch", () => one().slice(0, 40)),
  write("random bytes", () => new Uint8Array(100).fill(7)),
  write("magic 1", () => changed(one(), (header) => header.setInt8(16, 1))),
  write("magic 0", () => changed(one(), (header) => header.setInt8(16, 0))),
  write("magic 3", () => changed(one(), (header) => header.setInt8(16, 3))),
  write("a wrong checksum", () => changed(one(), (header) => header.setUint8(65, 99), false)),
  write("a base offset", () => changed(one(), (header) => header.setInt32(4, 7))),
  write("a length too large", () => changed(one(), (header) => header.setInt32(8, 1000))),
  write("a length too small", () => changed(one(), (header) => header.setInt32(8, 10))),
  write("a length below zero", () => changed(one(), (header) => header.setInt32(8, -1))),
  write("a count that lies", () => changed(one(), (header) => header.setInt32(57, 2))),
  write("a last offset that lies", () => changed(one(), (header) => header.setInt32(23, 4))),
  write(
    "count and last offset that lie",
    () => changed(one(), (header) => (header.setInt32(57, 5), header.setInt32(23, 4))),
  ),
  write("no record in the batch", () => changed(batch([]), (header) => header.setInt32(23, -1))),
  write(
    "a record that lies about its size",
    () => changed(one(), (header) => header.setInt8(61, 100)),
  ),
  write("unknown codec", () => changed(one(), (header) => header.setInt16(21, 5))),
  write("packed by gzip, but not really", () => changed(one(), (header) => header.setInt16(21, 1))),
  write("a control batch", () => batch(["one"], { isControl: true })),
  write(
    "stamped by the broker, it says",
    () => changed(one(), (header) => header.setInt16(21, 8)),
  ),
  write(
    "an idempotent batch without a sequence",
    () => batch(["one"], { producerId: 77, producerEpoch: 0, baseSequence: -1 }),
  ),
  write(
    "a transactional batch",
    () =>
      batch(["one"], { producerId: 78, producerEpoch: 0, baseSequence: 0, isTransactional: true }),
  ),
  write("too large", () => batch(["x".repeat(1000)]), { topic: "small" }),
  write("small enough", () => batch(["x".repeat(100)]), { topic: "small" }),
  write("small enough when packed", () => batch(["x".repeat(1000)], { codec: "gzip" }), {
    topic: "small",
  }),
  write(
    "no key for a compacted topic",
    () => batch([{ key: utf8("k") }, { key: null }, { key: utf8("l") }, { key: null }]),
    {
      topic: "compacted",
    },
  ),
  write("a key for a compacted topic", () => batch([{ key: utf8("k") }]), { topic: "compacted" }),
  write("a time in the future", () => batch(["soon", "late"], { timestamp: NOW + 7_200_000 }), {
    topic: "strict",
  }),
  write("a time long ago", () => batch(["then"], { timestamp: NOW - 100_000_000 }), {
    topic: "strict",
  }),
  write("no time", () => batch(["never"], { timestamp: -1 }), { topic: "strict" }),
  write("the broker's own time", one, { topic: "stamped" }),
  write("packed anew", () => batch(["x".repeat(100), "y"], { codec: "lz4" }), {
    topic: "repacked",
  }),
  write("outside of its transaction", one, { body: { transactionalId: "tx" } }),
  {
    api: "Produce",
    name: "an unknown topic id",
    since: 13,
    play: (side, version) => {
      const partitionData = [{ index: 0, records: one() }];
      const topicData = [{ topicId: MISSING_ID, partitionData }];
      return side.ask("Produce", version, { acks: 1, timeoutMs: 1000, topicData });
    },
  },
  {
    api: "Produce",
    name: "some good, some bad",
    topic: TOPICS.written,
    play: (side, version, own) =>
      side.ask("Produce", version, {
        acks: -1,
        timeoutMs: 5000,
        topicData: [{
          ...side.named("nowhere", version, 13),
          partitionData: [{ index: 0, records: one() }],
        }, {
          ...side.named(own, version, 13),
          partitionData: [
            { index: 2, records: one() },
            { index: 7, records: one() },
            { index: 1, records: changed(one(), (header) => header.setUint8(64, 9), false) },
          ],
        }],
      }),
  },
  {
    api: "Produce",
    name: "nothing at all",
    play: (side, version) =>
      side.ask("Produce", version, { acks: 1, timeoutMs: 1000, topicData: [] }),
  },
  sequence("a sequence", [{ baseSequence: 0, count: 2 }, { baseSequence: 2 }]),
  sequence("a duplicate", [{ baseSequence: 0, count: 2 }, { baseSequence: 0, count: 2 }]),
  sequence("an old duplicate", [
    ...[0, 1, 2, 3].map((baseSequence) => ({ baseSequence })),
    { baseSequence: 1 },
  ]),
  sequence("a duplicate that is too old", [
    ...[0, 1, 2, 3, 4, 5, 6].map((baseSequence) => ({ baseSequence })),
    { baseSequence: 0 },
  ]),
  sequence("a gap", [{ baseSequence: 0 }, { baseSequence: 2 }]),
  sequence("a first sequence that is none", [{ baseSequence: 5 }, { baseSequence: 6 }]),
  sequence("an overlap", [{ baseSequence: 0, count: 3 }, { baseSequence: 2, count: 3 }]),
  sequence("an old epoch", [{ baseSequence: 0, producerEpoch: 3 }, {
    baseSequence: 1,
    producerEpoch: 2,
  }]),
  sequence("a new epoch", [{ baseSequence: 0 }, { baseSequence: 0, producerEpoch: 1 }]),
  sequence("a new epoch in the middle", [{ baseSequence: 0 }, {
    baseSequence: 1,
    producerEpoch: 1,
  }]),
  sequence("around the end of sequences", [
    { baseSequence: 0x7ffffffe, count: 2 },
    { baseSequence: 0 },
  ]),
  silent("good", (side, version, topic) => request(side, version, topic, [[0, one()]]), true),
  silent(
    "a missing partition",
    (side, version, topic) => request(side, version, topic, [[8, one()]]),
    false,
  ),
  silent("a wrong checksum", (side, version, topic) => {
    const bad = changed(one(), (header) => header.setUint8(64, 9), false);
    return request(side, version, topic, [[0, bad]]);
  }, false),

  init("a new one", {}),
  init("a new one, whatever it had", { producerId: 5, producerEpoch: 3 }, { since: 3 }),
  init("an id without an epoch", { producerId: 5 }, { since: 3 }),
  init("an epoch without an id", { producerEpoch: 3 }, { since: 3 }),
  init("an empty transactional id", { transactionalId: "" }),
  init("a transactional id", { transactionalId: "tx" }, { stage: "restarts" }),
  init("no time for transactions", { transactionTimeoutMs: -1 }),
];
