/**
 * ListOffsets in all its forms over logs of many shapes, OffsetForLeaderEpoch, and DeleteRecords
 * with what they leave behind.
 */
import type { RecordInput } from "../../../src/records/mod.ts";
import { batch, NOW, pause, type Scenario, type Side, type TopicOptions, utf8 } from "../side.ts";

type Records = Parameters<typeof batch>[0];
type Options = Parameters<typeof batch>[1];

/** A log, as it is made before it is asked. */
interface Shape {
  readonly configs?: TopicOptions["configs"];
  /** Batches in order. */
  readonly batches: readonly (readonly [records: Records, options?: Options])[];
  /** DeleteRecords up to here. */
  readonly deleted?: number;
}

const at = (...times: number[]): Partial<RecordInput>[] =>
  times.map((time) => ({ value: utf8("v"), timestamp: time < 0 ? time : NOW + time }));

const CODECS = ["gzip", "snappy", "lz4", "zstd"] as const;
/** Each batch that is a second younger gets a segment of its own. */
const ROLLING = { "segment.ms": "500" };
const ANY_TIME = { "message.timestamp.after.max.ms": "9223372036854775807" };

const SHAPES: Record<string, Shape> = {
  "in the order of time": { batches: [[at(0, 10, 20)], [at(30, 40)], [at(50)]] },
  "in no order": { batches: [[at(50, 10, 90)], [at(20, 90)], [at(5, 60, 70)]] },
  "all at one time": { batches: [[at(30, 30)], [at(30, 30, 30)]] },
  "without times": { batches: [[at(-1, -1)], [at(-1)]] },
  "with and without times": { batches: [[at(-1, -1)], [at(40, -1)], [at(-1)], [at(20)]] },
  "of the first of all times": {
    batches: [[[{ value: utf8("v"), timestamp: 0 }]], [at(10)]],
  },
  "of the future": { configs: ANY_TIME, batches: [[at(0)], [at(99_999_999)], [at(20)]] },
  ...Object.fromEntries(CODECS.map((codec) => [
    `packed by ${codec}`,
    { batches: [[at(0, 10, 20), { codec }], [at(50, 30), { codec }], [at(40, 50), { codec }]] },
  ])),
  "packed by the broker": {
    configs: { "compression.type": "zstd" },
    batches: [[at(0, 30, 20)], [at(50), { codec: "gzip" }], [at(10, 40), { codec: "zstd" }]],
  },
  "unpacked by the broker": {
    configs: { "compression.type": "uncompressed" },
    batches: [[at(0, 30, 20), { codec: "lz4" }], [at(50, 40), { codec: "gzip" }]],
  },
  "over segments": {
    configs: ROLLING,
    batches: [[at(0, 10)], [at(1000, 1010)], [at(2000, 2010)], [at(3000)]],
  },
  "over segments, the youngest in the middle": {
    configs: ROLLING,
    batches: [[at(0, 10)], [at(5000, 1010)], [at(6000)], [at(2000, 30)], [at(2600, 50)]],
  },
  "over packed segments": {
    configs: ROLLING,
    batches: [
      [at(0, 10), { codec: "lz4" }],
      [at(1000, 900, 1010), { codec: "gzip" }],
      [at(2000), { codec: "zstd" }],
    ],
  },
  "with a dense index": {
    configs: { "index.interval.bytes": "0" },
    batches: [[at(0)], [at(50, 20)], [at(10)], [at(60, 70)], [at(65)], [at(80)]],
  },
  "cut within a batch": { batches: [[at(0, 10, 20)], [at(30, 40)]], deleted: 1 },
  "cut at a batch": { batches: [[at(0, 10, 20)], [at(30, 40)]], deleted: 3 },
  "cut, the youngest is gone": { batches: [[at(10, 90, 20)], [at(30, 40)]], deleted: 2 },
  "cut within a packed batch": {
    batches: [[at(0, 90, 20), { codec: "zstd" }], [at(30, 40), { codec: "zstd" }]],
    deleted: 2,
  },
  "cut within segments": {
    configs: ROLLING,
    batches: [[at(0, 10)], [at(5000, 1010)], [at(6000)], [at(2000, 30)]],
    deleted: 3,
  },
  "cut to nothing": { batches: [[at(0, 10, 20)], [at(30, 40)]], deleted: 5 },
};

async function fill(side: Side, topic: string, { batches, deleted }: Shape): Promise<void> {
  for (const [records, options] of batches) await side.append(topic, 0, batch(records, options));
  if (deleted === undefined) return;
  const partitions = [{ partitionIndex: 0, offset: deleted }];
  await side.ask("DeleteRecords", 2, { topics: [{ name: topic, partitions }], timeoutMs: 5000 });
}

/** Where each of these times leads, and what there is besides. */
async function lookUps(side: Side, version: number, topic: string, times: readonly number[]) {
  const answers: Record<string, unknown> = {};
  for (const timestamp of times) {
    for (const isolationLevel of version >= 2 ? [0, 1] : [0]) {
      const partitions = [{ partitionIndex: 0, timestamp, currentLeaderEpoch: -1 }];
      const body = { replicaId: -1, isolationLevel, topics: [{ name: topic, partitions }] };
      const { topics } = await side.ask("ListOffsets", version, body);
      const label = timestamp < NOW - 100_000 ? timestamp : `now + ${timestamp - NOW}`;
      answers[`${label} (${isolationLevel})`] = topics[0].partitions[0];
    }
  }
  return answers;
}

const SPECIAL = [-1, -2, -3, -4, -5, -6];
const timesOf = ({ batches }: Shape): number[] => {
  const times = batches.flatMap(([records]) => records)
    .map((record) => (record as RecordInput).timestamp as number);
  const near = times.flatMap((time) => time < 0 ? [] : [time - 1, time, time + 1]);
  return [...new Set([...SPECIAL, 0, ...near.filter((time) => time >= 0)])];
};

const shaped = ([name, shape]: [string, Shape]): Scenario => ({
  api: "ListOffsets",
  name: `of a log ${name}`,
  since: 7,
  topic: { configs: shape.configs },
  async play(side, version, topic) {
    await fill(side, topic, shape);
    return await lookUps(side, version, topic, timesOf(shape));
  },
});

const epochs = (side: Side, version: number, topic: string) =>
  side.ask("OffsetForLeaderEpoch", version, {
    replicaId: -1,
    topics: [{
      topic,
      partitions: [-1, 0, 1, 7].map((leaderEpoch) => ({ partition: 0, leaderEpoch })),
    }],
  });

export const OFFSETS: Scenario[] = [
  ...Object.entries(SHAPES).map(shaped),
  {
    api: "ListOffsets",
    name: "of a log that the broker stamps",
    topic: { configs: { "message.timestamp.type": "LogAppendTime" } },
    configs: ["message.timestamp.type"],
    async play(side, version, topic) {
      const before = Date.now();
      await fill(side, topic, { batches: [[at(-5000, 9_999_999)]] });
      await pause(5); // or both have the same time
      await fill(side, topic, { batches: [[at(0), { codec: "gzip" }]] });
      const times = version >= 7 ? [-3] : [];
      const answers: any = await lookUps(side, version, topic, [
        ...times,
        -1,
        -2,
        before - 1000,
        before + 3_600_000,
      ]);
      return Object.values(answers).map(({ timestamp, ...rest }: any) => ({
        ...rest,
        timestamp: timestamp >= before && timestamp <= Date.now() ? "now" : timestamp,
      }));
    },
  },
  ...[-1, -2, -3, 1, 5].map((replicaId): Scenario => ({
    api: "ListOffsets",
    name: `as replica ${replicaId}`,
    async play(side, version) {
      const asked = version >= 7 ? [-1, -2, -3, NOW] : [-1, -2, NOW];
      const answers = [];
      for (const timestamp of asked) {
        const partitions = [{ partitionIndex: 0, timestamp, currentLeaderEpoch: -1 }];
        const topics = [{ name: "times", partitions }];
        answers.push(await side.ask("ListOffsets", version, { replicaId, topics }));
      }
      return answers;
    },
  })),
  ...[-1, 0, 1, 30_000].map((timeoutMs): Scenario => ({
    api: "ListOffsets",
    name: `within ${timeoutMs} ms`,
    since: 10,
    play: (side, version) =>
      side.ask("ListOffsets", version, {
        replicaId: -1,
        timeoutMs,
        topics: [{ name: "times", partitions: [{ partitionIndex: 0, timestamp: NOW }] }],
      }),
  })),
  ...[-2, 1, 7].map((isolationLevel): Scenario => ({
    api: "ListOffsets",
    name: `with isolation level ${isolationLevel}`,
    since: 2,
    play: (side, version) =>
      side.ask("ListOffsets", version, {
        replicaId: -1,
        isolationLevel,
        topics: [{ name: "times", partitions: [{ partitionIndex: 0, timestamp: -1 }] }],
      }),
  })),
  {
    api: "ListOffsets",
    name: "of many topics, some of them missing",
    play: (side, version) =>
      side.ask("ListOffsets", version, {
        replicaId: -1,
        topics: ["times", "nowhere", "cut", "__consumer_offsets", "", "orders"].map((name) => ({
          name,
          partitions: [0, 1].map((partitionIndex) => ({ partitionIndex, timestamp: -2 })),
        })),
      }),
  },
  {
    api: "ListOffsets",
    name: "of nothing",
    play: (side, version) => side.ask("ListOffsets", version, { replicaId: -1, topics: [] }),
  },
  {
    api: "ListOffsets",
    name: "of logs of all shapes, after a restart",
    stage: "shapes",
    once: true,
    async play(side, version, name) {
      const shapes = Object.entries(SHAPES);
      const topicOf = (index: number) => `${name}-${index}`;
      await side.topics(
        Object.fromEntries(shapes.map(([, { configs }], i) => [topicOf(i), { configs }])),
      );
      for (const [i, [, shape]] of shapes.entries()) await fill(side, topicOf(i), shape);
      await side.restart();
      await side.untilLed(shapes.map((_, i) => topicOf(i)));
      const answers: Record<string, unknown> = {};
      for (const [i, [what, shape]] of shapes.entries()) {
        await side.append(topicOf(i), 0, batch(at(12, 45, 85)));
        answers[what] = [
          await lookUps(side, version, topicOf(i), timesOf(shape)),
          await epochs(side, 4, topicOf(i)),
        ];
      }
      return answers;
    },
  },

  ...Object.entries({
    "an empty log": { batches: [] },
    "a log": { batches: [[at(0, 1)], [at(2)]] },
    "a log that was cut": { batches: [[at(0, 1)], [at(2)]], deleted: 1 },
    "a log that was cut to nothing": { batches: [[at(0, 1)], [at(2)]], deleted: 3 },
  } as Record<string, Shape>).map(([what, shape]): Scenario => ({
    api: "OffsetForLeaderEpoch",
    name: `of ${what}`,
    topic: {},
    async play(side, version, topic) {
      await fill(side, topic, shape);
      return await epochs(side, version, topic);
    },
  })),
  ...[-2, -1, 0, 1, 5].map((replicaId): Scenario => ({
    api: "OffsetForLeaderEpoch",
    name: `as replica ${replicaId}`,
    since: 3,
    play: (side, version) =>
      side.ask("OffsetForLeaderEpoch", version, {
        replicaId,
        topics: [{ topic: "orders", partitions: [{ partition: 0, leaderEpoch: 0 }] }],
      }),
  })),
  {
    api: "OffsetForLeaderEpoch",
    name: "one partition twice, a bad name, nothing",
    async play(side, version) {
      const twice = [{ partition: 0, leaderEpoch: 0 }, { partition: 0, leaderEpoch: 1 }];
      const topics = [{ topic: "orders", partitions: twice }, { topic: "a/b", partitions: twice }];
      return [
        await side.ask("OffsetForLeaderEpoch", version, { replicaId: -1, topics }),
        await side.ask("OffsetForLeaderEpoch", version, { replicaId: -1, topics: [] }),
      ];
    },
  },

  ...Object.entries({
    "one partition twice": (name: string) => [{
      name,
      partitions: [{ partitionIndex: 0, offset: 1 }, { partitionIndex: 0, offset: 2 }],
    }],
    "one topic twice": (name: string) =>
      [1, 2].map((offset) => ({ name, partitions: [{ partitionIndex: 0, offset }] })),
    "a name that no topic may have": () => [{
      name: "a/b",
      partitions: [{ partitionIndex: 0, offset: 1 }],
    }],
    "the metadata log": () => [{
      name: "__cluster_metadata",
      partitions: [{ partitionIndex: 0, offset: 1 }],
    }],
    "no partition": (name: string) => [{ name, partitions: [] }],
    "nothing": () => [],
  }).map(([what, topicsOf]): Scenario => ({
    api: "DeleteRecords",
    name: `of ${what}`,
    topic: {},
    async play(side, version, name) {
      await fill(side, name, { batches: [[at(0, 1)], [at(2, 3)]] });
      return await side.ask("DeleteRecords", version, { timeoutMs: 5000, topics: topicsOf(name) });
    },
  })),
  ...["compact", "compact,delete", "delete", ""].map((policy): Scenario => ({
    api: "DeleteRecords",
    name: `where cleanup.policy is "${policy}"`,
    configs: ["cleanup.policy"],
    topic: { configs: { "cleanup.policy": policy } },
    async play(side, version, name) {
      await side.append(name, 0, batch([{ key: utf8("k") }, { key: utf8("l") }]));
      const partitions = [{ partitionIndex: 0, offset: 1 }];
      return await side.ask("DeleteRecords", version, {
        timeoutMs: 0,
        topics: [{ name, partitions }],
      });
    },
  })),
  {
    api: "DeleteRecords",
    name: "and then fetched, appended to, and deleted again",
    topic: {},
    async play(side, _version, name) {
      const forget = (offset: number) => {
        const partitions = [{ partitionIndex: 0, offset }];
        return side.ask("DeleteRecords", 2, { timeoutMs: 5000, topics: [{ name, partitions }] });
      };
      const fetch = (fetchOffset: number) =>
        side.ask("Fetch", 12, {
          maxWaitMs: 0,
          minBytes: 0,
          maxBytes: 1_000_000,
          topics: [{
            topic: name,
            partitions: [{ partition: 0, fetchOffset, partitionMaxBytes: 1_000_000 }],
          }],
        });
      await fill(side, name, { batches: [[at(0, 1, 2)], [at(3, 4)]] });
      const answers = [await forget(1), await fetch(0), await fetch(1), await forget(-1)];
      await side.append(name, 0, batch(at(5)));
      return [...answers, await fetch(4), await fetch(5), await forget(6), await fetch(6)];
    },
  },
];
